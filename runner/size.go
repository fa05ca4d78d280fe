// This file measures values for the costs of library calls.

package runner

import (
	"math"
	"reflect"
	"slices"
	"unsafe"
)

// Size is the memory that a value takes, in bytes, with all that it refers to; what is reached twice counts once. Looking
// costs steps: two, some for each slice, map and pointer, and one for each element that may refer to more.
func Size(t *Thread, v any) int64 {
	t.Spend(2)
	m := meter{t: t}
	if v != nil {
		m.total = int64(reflect.TypeOf(v).Size())
		m.look(reflect.ValueOf(v))
	}
	for len(m.todo) > 0 {
		v := m.todo[len(m.todo)-1]
		m.todo = m.todo[:len(m.todo)-1]
		m.look(v)
	}
	return m.total
}

// meter walks a value with a list of what is left to look at, since the value may be deeper than the stack.
type meter struct {
	t     *Thread
	total int64
	first [8]unsafe.Pointer // what was met first; most values have no more
	few   int               // of those
	seen  map[unsafe.Pointer]bool
	todo  []reflect.Value
}

func (m *meter) look(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		m.total += int64(v.Len())
	case reflect.Slice:
		if !m.met(v.UnsafePointer()) {
			m.total += int64(v.Len()) * int64(v.Type().Elem().Size())
			m.items(v)
		}
	case reflect.Array:
		m.items(v)
	case reflect.Struct:
		for i := range v.NumField() {
			m.later(v.Field(i))
		}
	case reflect.Map:
		if m.met(v.UnsafePointer()) {
			return
		}
		m.t.walk(v.UnsafePointer())
		m.total += int64(v.Len()) * int64(v.Type().Key().Size()+v.Type().Elem().Size())
		for it := v.MapRange(); it.Next(); {
			m.t.Spend(1)
			m.later(it.Key())
			m.later(it.Value())
		}
	case reflect.Pointer:
		if !m.met(v.UnsafePointer()) {
			m.total += int64(v.Type().Elem().Size())
			m.later(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			m.t.Spend(1)
			m.total += int64(v.Elem().Type().Size())
			m.later(v.Elem())
		}
	}
}

// later adds what may refer to something.
func (m *meter) later(v reflect.Value) {
	if refers(v.Kind()) {
		m.todo = append(m.todo, v)
	}
}

// refers says whether a value of a kind may refer to memory, or contain what does.
func refers(k reflect.Kind) bool {
	switch k {
	case reflect.String, reflect.Slice, reflect.Array, reflect.Struct, reflect.Map, reflect.Pointer, reflect.Interface:
		return true
	}
	return false
}

// met says whether the memory at p was looked at before.
func (m *meter) met(p unsafe.Pointer) bool {
	if p == nil || slices.Contains(m.first[:m.few], p) || m.seen[p] {
		return true
	}
	if m.few < len(m.first) {
		m.first[m.few] = p
		m.few++
		m.t.Spend(1)
		return false
	}
	if m.seen == nil {
		m.seen = map[unsafe.Pointer]bool{}
	}
	m.seen[p] = true
	m.t.Spend(4)
	return false
}

// items adds the elements of a list that refer to something.
func (m *meter) items(v reflect.Value) {
	if refers(v.Type().Elem().Kind()) {
		m.t.Spend(int64(v.Len()))
		for i := range v.Len() {
			m.todo = append(m.todo, v.Index(i))
		}
	}
}

// maxPadding is the largest width or precision that package fmt obeys.
const maxPadding = 1_000_000

// Padding bounds what the widths and precisions in a format of package fmt may add to its result, in bytes. A star
// counts as the largest integer among the arguments.
func Padding(format string, args []any) int64 {
	var total int64
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		var n int64
		for i++; i < len(format); i++ {
			c := format[i]
			switch {
			case c >= '0' && c <= '9':
				n = min(n*10+int64(c-'0'), maxPadding)
				continue
			case c == '*':
				total += largestInt(args)
				continue
			case c == '.' || c == '[' || c == ']':
				total, n = total+n, 0
				continue
			case c == '+' || c == '-' || c == '#' || c == ' ':
				continue
			}
			break
		}
		total += n
	}
	return total
}

func largestInt(args []any) int64 {
	var most uint64
	for _, a := range args {
		switch v := reflect.ValueOf(a); {
		case a == nil:
		case v.CanInt():
			most = max(most, uint64(max(v.Int(), -v.Int())))
		case v.CanUint():
			most = max(most, v.Uint())
		}
	}
	return int64(min(most, maxPadding, math.MaxInt64))
}
