// This file bounds how deeply a value is nested, and how long the walk is, before the host library or Go itself walks it:
// they recurse, and a Go stack that passes its limit ends the process; and what is reached by two paths they walk twice.

package runner

import (
	"reflect"
	"unsafe"
)

// Nested is the memory that a value would take, in bytes, if nothing in it were shared: how long it takes to walk it by
// all paths. A value that is nested too deeply is a [Stop]. A list or map that contains itself is nested without end; one
// that leads to itself through a pointer is not, since package fmt does not follow pointers and encoding/json refuses
// such a value.
func Nested(t *Thread, v any) int64 {
	t.Spend(2)
	if v == nil {
		return 0
	}
	n := nesting{t: t}
	x := reflect.ValueOf(v)
	return Sum(int64(x.Type().Size()), n.measure(x, 0).weight)
}

// Tells pays for a method of the host library, as Error of what errors.Join gives, that may walk the whole value and make
// a text of it.
func Tells(t *Thread, v any) {
	n := Nested(t, v)
	t.Spend(n / 8)
	t.Charge(Product(n, 2))
}

// nesting walks a value as deep as maxNesting. What is learned of memory is kept, so that values that share parts take no
// longer.
type nesting struct {
	t        *Thread
	pointers int // followed on the way to where the walk is
	known    map[enclosing]extent
}

// extent is what is learned of a value.
type extent struct {
	height int   // levels of lists, maps, pointers and interfaces inside; while it is walked, -1 - pointers
	weight int64 // bytes that it refers to, by all paths
}

// enclosing is memory that contains values.
type enclosing struct {
	at  unsafe.Pointer
	len int
	typ reflect.Type
}

// measure looks into v, which is on a level itself.
func (n *nesting) measure(v reflect.Value, level int) extent {
	if level > maxNesting {
		n.tooDeep()
	}
	switch v.Kind() {
	case reflect.String:
		return extent{0, int64(v.Len())}
	case reflect.Slice:
		own := Product(int64(v.Len()), int64(v.Type().Elem().Size()))
		return n.parts(v, enclosing{v.UnsafePointer(), v.Len(), v.Type()}, own, refers(v.Type().Elem().Kind()), level)
	case reflect.Map:
		own := Product(int64(v.Len()), int64(v.Type().Key().Size()+v.Type().Elem().Size()))
		return n.parts(v, enclosing{v.UnsafePointer(), 0, v.Type()}, own, true, level)
	case reflect.Pointer:
		return n.parts(v, enclosing{v.UnsafePointer(), 0, v.Type()}, int64(v.Type().Elem().Size()), refers(v.Type().Elem().Kind()), level)
	case reflect.Interface:
		if !v.IsNil() {
			n.t.Spend(1) // what it holds has no address: it is walked again where it is met again
			x := n.measure(v.Elem(), level+1)
			return extent{x.height + 1, Sum(int64(v.Elem().Type().Size()), x.weight)}
		}
	case reflect.Struct, reflect.Array:
		return n.inside(v, level)
	}
	return extent{}
}

// parts is measure of what has an address and takes own bytes there.
func (n *nesting) parts(v reflect.Value, p enclosing, own int64, more bool, level int) extent {
	if v.IsNil() || !more {
		return extent{0, own}
	}
	x, met := n.known[p]
	switch {
	case met && x.height < 0:
		if -1-x.height == n.pointers {
			n.tooDeep()
		}
		return extent{}
	case met:
		if level+x.height > maxNesting {
			n.tooDeep()
		}
		return x
	}
	if n.known == nil {
		n.known = map[enclosing]extent{}
	}
	n.t.Spend(4)
	n.known[p] = extent{height: -1 - n.pointers}
	x = n.inside(v, level)
	x.weight = Sum(own, x.weight)
	n.known[p] = x
	return x
}

// inside is measure of what contains values.
func (n *nesting) inside(v reflect.Value, level int) (all extent) {
	step := 1
	if k := v.Kind(); k == reflect.Struct || k == reflect.Array {
		step = 0
	}
	part := func(x reflect.Value) {
		if refers(x.Kind()) {
			e := n.measure(x, level+step)
			all = extent{max(all.height, e.height+step), Sum(all.weight, e.weight)}
		}
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if refers(v.Type().Elem().Kind()) {
			n.t.Spend(int64(v.Len()))
			for i := range v.Len() {
				part(v.Index(i))
			}
		}
	case reflect.Map:
		n.t.walk(v.UnsafePointer())
		n.t.Spend(int64(v.Len()))
		for it := v.MapRange(); it.Next(); {
			part(it.Key())
			part(it.Value())
		}
	case reflect.Pointer:
		n.pointers++
		part(v.Elem())
		n.pointers--
	case reflect.Struct:
		for i := range v.NumField() {
			part(v.Field(i))
		}
	}
	return all
}

func (n *nesting) tooDeep() { n.t.stop(exceeded("levels of nesting", maxNesting)) }
