// This file bounds how deeply a value is nested before the host library or Go itself walks it: they recurse, and a Go
// stack that passes its limit ends the process.

package runner

import (
	"reflect"
	"unsafe"
)

// Nested is [Size] of a value that a function shows, which is a [Stop] if it is nested too deeply. A list or map that
// contains itself is nested without end; one that leads to itself through a pointer is not, since package fmt does not
// follow pointers and encoding/json refuses such a value.
func Nested(t *Thread, v any) int64 {
	n := nesting{t: t}
	n.height(reflect.ValueOf(v), 0)
	return Size(t, v)
}

// nesting walks a value as deep as maxNesting. Heights are kept, so that values that share parts take no longer.
type nesting struct {
	t        *Thread
	pointers int               // followed on the way to where the walk is
	heights  map[enclosing]int // of what was walked; while it is walked, -1 - pointers
}

// enclosing is memory that contains values.
type enclosing struct {
	at  unsafe.Pointer
	len int
	typ reflect.Type
}

// height is how many levels of lists, maps, pointers and interfaces there are inside v, which is on a level itself.
func (n *nesting) height(v reflect.Value, level int) int {
	if level > maxNesting {
		n.tooDeep()
	}
	switch v.Kind() {
	case reflect.Slice:
		return n.parts(v, enclosing{v.UnsafePointer(), v.Len(), v.Type()}, v.Type().Elem(), level)
	case reflect.Map:
		return n.parts(v, enclosing{v.UnsafePointer(), 0, v.Type()}, v.Type(), level)
	case reflect.Pointer:
		return n.parts(v, enclosing{v.UnsafePointer(), 0, v.Type()}, v.Type().Elem(), level)
	case reflect.Interface:
		if !v.IsNil() {
			return n.height(v.Elem(), level+1) + 1
		}
	case reflect.Struct, reflect.Array:
		return n.inside(v, level)
	}
	return 0
}

// parts is height of what has an address.
func (n *nesting) parts(v reflect.Value, p enclosing, elem reflect.Type, level int) int {
	if v.IsNil() || !refers(elem.Kind()) || elem.Kind() == reflect.String {
		return 0
	}
	h, met := n.heights[p]
	switch {
	case met && h < 0:
		if -1-h == n.pointers {
			n.tooDeep()
		}
		return 0
	case met:
		if level+h > maxNesting {
			n.tooDeep()
		}
		return h
	}
	if n.heights == nil {
		n.heights = map[enclosing]int{}
	}
	n.heights[p] = -1 - n.pointers
	h = n.inside(v, level)
	n.heights[p] = h
	return h
}

// inside is height of what contains values.
func (n *nesting) inside(v reflect.Value, level int) int {
	most, step := 0, 1
	if k := v.Kind(); k == reflect.Struct || k == reflect.Array {
		step = 0
	}
	part := func(x reflect.Value) { most = max(most, n.height(x, level+step)+step) }
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if refers(v.Type().Elem().Kind()) {
			n.t.Spend(int64(v.Len()))
			for i := range v.Len() {
				part(v.Index(i))
			}
		}
	case reflect.Map:
		n.t.Spend(int64(v.Len()))
		for it := v.MapRange(); it.Next(); {
			part(it.Key())
			part(it.Value())
		}
	case reflect.Pointer:
		n.t.Spend(1)
		n.pointers++
		part(v.Elem())
		n.pointers--
	case reflect.Struct:
		for i := range v.NumField() {
			part(v.Field(i))
		}
	}
	return most
}

func (n *nesting) tooDeep() { n.t.stop(exceeded("levels of nesting", maxNesting)) }
