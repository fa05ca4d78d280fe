// This file walks the memory of entities: snapshots that are restored in place, and copies of graphs.

package world

import (
	"cmp"
	"io"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// clean gives a value that may be read and written, also if it was found in an unexported field.
func clean(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	if v.CanInterface() {
		return v
	}
	// Only fields of values that are not addressable come here: a copy of the whole pointer will do.
	p := v.UnsafePointer()
	return reflect.NewAt(v.Type(), unsafe.Pointer(&p)).Elem()
}

// addressable gives a value that may be changed: a copy, if need be.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// opaque says of which pointers the target is left alone: references, places, compiled expressions, and what belongs to
// the runtime, such as the types of values that errors of the library hold.
func opaque(t reflect.Type) bool {
	if _, isRef := w.types[t]; isRef {
		return true
	}
	if t == reflect.TypeFor[*time.Location]() || t == reflect.TypeFor[*regexp.Regexp]() {
		return true
	}
	home := t.Elem().PkgPath()
	return home == "reflect" || home == "runtime" || strings.HasPrefix(home, "internal/")
}

// place is a piece of memory as the walk has met it.
type place struct {
	at  unsafe.Pointer
	of  reflect.Type
	len int
}

// snapshot holds a shallow copy of every piece of memory that entities reach. Sharing and cycles need no care: each
// piece is put back where it was.
type snapshot struct {
	live map[identity]any
	seen map[place]bool
	back []func()
}

// takeSnapshot also clips every slice of state to its length: at the start of a request no capacity is left over.
func takeSnapshot() *snapshot {
	s := &snapshot{live: clone(w.live), seen: map[place]bool{}}
	for _, object := range w.live {
		s.target(reflect.ValueOf(object))
	}
	return s
}

func (s *snapshot) restore() {
	w.live = s.live
	clear(w.running)
	for _, put := range s.back {
		put()
	}
}

func (s *snapshot) first(at unsafe.Pointer, of reflect.Type, n int) bool {
	p := place{at, of, n}
	if at == nil || s.seen[p] {
		return false
	}
	s.seen[p] = true
	return true
}

// target takes what a pointer points to.
func (s *snapshot) target(p reflect.Value) {
	if !s.first(p.UnsafePointer(), p.Type(), 1) {
		return
	}
	v := p.Elem()
	s.walk(v)
	saved := reflect.New(v.Type()).Elem()
	saved.Set(v)
	s.back = append(s.back, func() { v.Set(saved) })
}

// walk visits an addressable value and says whether it changed it.
func (s *snapshot) walk(v reflect.Value) (changed bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !opaque(v.Type()) {
			s.target(v)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			changed = s.walk(clean(v.Field(i))) || changed
		}
	case reflect.Array:
		for i := range v.Len() {
			changed = s.walk(v.Index(i)) || changed
		}
	case reflect.Slice:
		return s.slice(v)
	case reflect.Map:
		s.entries(v)
	case reflect.Interface:
		if v.IsNil() {
			return false
		}
		inner := addressable(v.Elem())
		if changed = s.walk(inner); changed {
			v.Set(inner)
		}
	}
	return changed
}

func (s *snapshot) slice(v reflect.Value) (changed bool) {
	if v.Cap() > v.Len() {
		v.Set(v.Slice3(0, v.Len(), v.Len()))
		changed = true
	}
	if v.Len() == 0 || !s.first(v.UnsafePointer(), v.Type(), v.Len()) {
		return changed
	}
	for i := range v.Len() {
		s.walk(v.Index(i))
	}
	saved, elems := reflect.MakeSlice(v.Type(), v.Len(), v.Len()), v.Slice(0, v.Len())
	reflect.Copy(saved, elems)
	s.back = append(s.back, func() { reflect.Copy(elems, saved) })
	return changed
}

func (s *snapshot) entries(v reflect.Value) {
	if !s.first(v.UnsafePointer(), v.Type(), 1) {
		return
	}
	type entry struct{ k, v reflect.Value }
	var saved []entry
	for it := v.MapRange(); it.Next(); {
		key, value := it.Key(), addressable(it.Value())
		s.walk(addressable(key))
		if s.walk(value) {
			v.SetMapIndex(key, value)
		}
		saved = append(saved, entry{key, value})
	}
	m := reflect.New(v.Type()).Elem()
	m.Set(v)
	s.back = append(s.back, func() {
		m.Clear()
		for _, e := range saved {
			m.SetMapIndex(e.k, e.v)
		}
	})
}

// sentinels are the errors that keep their identity wherever they go.
var sentinels = map[error]bool{
	io.EOF: true, io.ErrUnexpectedEOF: true, io.ErrShortBuffer: true, strconv.ErrSyntax: true, strconv.ErrRange: true,
}

// Sentinel registers a package variable of type error.
func Sentinel(err error) {
	if err != nil && reflect.TypeOf(err).Comparable() {
		sentinels[err] = true
	}
}

// copier copies values as one graph: what they share, the copies share.
type copier struct {
	done   map[place]reflect.Value
	arrays []*array
	seen   map[place]bool
}

// array is memory that one or more slices look at.
type array struct {
	elem     reflect.Type
	from, to uintptr
	first    reflect.Value // a slice that begins at from
	copied   reflect.Value // the copy, a slice
}

// copyAll replaces what each pointer points to by a copy.
func copyAll(pointers []any) {
	c := &copier{done: map[place]reflect.Value{}, seen: map[place]bool{}}
	for _, p := range pointers {
		c.look(reflect.ValueOf(p).Elem())
	}
	c.merge()
	for _, p := range pointers {
		v := reflect.ValueOf(p).Elem()
		v.Set(c.copy(v))
	}
}

// keeps says whether a pointer's target is never copied.
func keeps(v reflect.Value) bool {
	if v.IsNil() || opaque(v.Type()) {
		return true
	}
	if err, ok := v.Interface().(error); ok {
		_, isRuntime := err.(runtime.Error)
		return isRuntime || sentinels[err]
	}
	return false
}

// look collects the slices of a graph, so that windows of one array stay windows of one array.
func (c *copier) look(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if p := (place{v.UnsafePointer(), v.Type(), 1}); !keeps(v) && !c.seen[p] {
			c.seen[p] = true
			c.look(v.Elem())
		}
	case reflect.Struct:
		v = addressable(v)
		for i := range v.NumField() {
			c.look(clean(v.Field(i)))
		}
	case reflect.Array:
		for i := range v.Len() {
			c.look(v.Index(i))
		}
	case reflect.Slice:
		p := place{v.UnsafePointer(), v.Type(), v.Len()}
		if v.Len() == 0 || c.seen[p] {
			return
		}
		c.seen[p] = true
		c.arrays = append(c.arrays, &array{elem: v.Type().Elem(), from: v.Pointer(), to: end(v), first: v})
		for i := range v.Len() {
			c.look(v.Index(i))
		}
	case reflect.Map:
		if p := (place{v.UnsafePointer(), v.Type(), 1}); v.Len() > 0 && !c.seen[p] {
			c.seen[p] = true
			for it := v.MapRange(); it.Next(); {
				c.look(it.Key())
				c.look(it.Value())
			}
		}
	case reflect.Interface:
		if !v.IsNil() {
			c.look(v.Elem())
		}
	}
}

func end(v reflect.Value) uintptr { return v.Pointer() + uintptr(v.Len())*v.Type().Elem().Size() }

// merge joins windows that overlap.
func (c *copier) merge() {
	slices.SortStableFunc(c.arrays, func(a, b *array) int { return cmp.Compare(a.from, b.from) })
	var merged []*array
	for _, a := range c.arrays {
		if n := len(merged); n > 0 && merged[n-1].elem == a.elem && a.from < merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, a.to)
		} else {
			merged = append(merged, a)
		}
	}
	c.arrays = merged
}

func (c *copier) copy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		return c.pointer(v)
	case reflect.Struct, reflect.Array, reflect.Interface:
		n := reflect.New(v.Type()).Elem()
		n.Set(v)
		c.inside(n)
		return n
	case reflect.Slice:
		return c.slice(v)
	case reflect.Map:
		return c.entries(v)
	}
	return v
}

// inside copies what an addressable value holds, in place.
func (c *copier) inside(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			c.inside(clean(v.Field(i)))
		}
	case reflect.Array:
		for i := range v.Len() {
			c.inside(v.Index(i))
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(c.copy(v.Elem()))
		}
	case reflect.Pointer, reflect.Slice, reflect.Map:
		v.Set(c.copy(v))
	}
}

func (c *copier) pointer(v reflect.Value) reflect.Value {
	if keeps(v) {
		return v
	}
	p := place{v.UnsafePointer(), v.Type(), 1}
	if n, ok := c.done[p]; ok {
		return n
	}
	n := reflect.New(v.Type().Elem())
	if n.Type() != v.Type() {
		n = n.Convert(v.Type())
	}
	c.done[p] = n
	n.Elem().Set(v.Elem())
	c.inside(n.Elem())
	return n
}

func (c *copier) slice(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	if v.Len() == 0 {
		return reflect.MakeSlice(v.Type(), 0, 0)
	}
	i := slices.IndexFunc(c.arrays, func(a *array) bool {
		return a.elem == v.Type().Elem() && a.from <= v.Pointer() && end(v) <= a.to
	})
	a := c.arrays[i]
	size := v.Type().Elem().Size()
	if !a.copied.IsValid() {
		n := a.first.Len()
		if size > 0 {
			n = int((a.to - a.from) / size)
		}
		whole := reflect.NewAt(reflect.ArrayOf(n, a.elem), a.first.UnsafePointer()).Elem().Slice(0, n)
		a.copied = reflect.MakeSlice(reflect.SliceOf(a.elem), n, n)
		reflect.Copy(a.copied, whole)
		for i := range n {
			c.inside(a.copied.Index(i))
		}
	}
	from := 0
	if size > 0 {
		from = int((v.Pointer() - a.from) / size)
	}
	return a.copied.Slice3(from, from+v.Len(), from+v.Len()).Convert(v.Type())
}

func (c *copier) entries(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	p := place{v.UnsafePointer(), v.Type(), 1}
	if n, ok := c.done[p]; ok {
		return n
	}
	n := reflect.MakeMapWithSize(v.Type(), v.Len())
	c.done[p] = n
	for it := v.MapRange(); it.Next(); {
		n.SetMapIndex(c.copy(it.Key()), c.copy(it.Value()))
	}
	return n
}
