// This file gives maps an order.

package world

import (
	"cmp"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Entry is one step of a range over a map.
type Entry[K comparable, V any] struct {
	m   map[K]V
	key K
	nan V // the value of a key that is not equal to itself: it cannot be looked up
}

// Entries takes a sorted snapshot of a map's keys.
func Entries[M ~map[K]V, K comparable, V any](m M) []Entry[K, V] {
	entries := make([]Entry[K, V], 0, len(m))
	for k, v := range m {
		e := Entry[K, V]{m: m, key: k}
		if k != k {
			e.nan = v
		}
		entries = append(entries, e)
	}
	slices.SortStableFunc(entries, func(a, b Entry[K, V]) int {
		return compare(reflect.ValueOf(&a.key).Elem(), reflect.ValueOf(&b.key).Elem())
	})
	return entries
}

// Get reads the entry; false if it was deleted meanwhile.
func (e Entry[K, V]) Get() (key K, value V, present bool) {
	if e.key == e.key {
		value, present = e.m[e.key]
		return e.key, value, present
	}
	for k := range e.m { // only clear takes such keys away, and it takes all
		if k != k {
			return e.key, e.nan, true
		}
	}
	return key, value, false
}

// compare orders keys: false before true, numbers by value (NaN first), strings by bytes, references by key, structs
// and arrays element by element, interface values by type name and then value.
func compare(a, b reflect.Value) int {
	switch {
	case a.Kind() == reflect.Bool:
		return cmp.Compare(strconv.FormatBool(a.Bool()), strconv.FormatBool(b.Bool()))
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	}
	switch a.Kind() {
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Complex(), b.Complex()
		return cmp.Or(cmp.Compare(real(x), real(y)), cmp.Compare(imag(x), imag(y)))
	case reflect.String:
		return strings.Compare(a.String(), b.String())
	case reflect.Array:
		for i := range a.Len() {
			if c := compare(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if c := compare(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
	case reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return cmp.Compare(btoi(!a.IsNil()), btoi(!b.IsNil()))
		}
		if c := strings.Compare(a.Elem().Type().String(), b.Elem().Type().String()); c != 0 {
			return c
		}
		return compare(a.Elem(), b.Elem())
	case reflect.Pointer:
		return compareRefs(a, b)
	}
	return 0
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareRefs orders references by key, nil first.
func compareRefs(a, b reflect.Value) int {
	if a.IsNil() || b.IsNil() {
		return cmp.Compare(btoi(!a.IsNil()), btoi(!b.IsNil()))
	}
	of, known := w.types[a.Type()]
	if !known {
		return cmp.Compare(a.Pointer(), b.Pointer())
	}
	x, y := w.ids[clean(a).Interface()].key, w.ids[clean(b).Interface()].key
	if !of.intKey {
		return strings.Compare(x, y)
	}
	i, _ := strconv.ParseFloat(x, 64)
	j, _ := strconv.ParseFloat(y, 64)
	if i != j && math.Abs(i) < 1<<53 {
		return cmp.Compare(i, j)
	}
	p, _ := strconv.ParseInt(x, 10, 64)
	q, _ := strconv.ParseInt(y, 10, 64)
	return cmp.Compare(p, q)
}

// All is maps.All in order.
func All[M ~map[K]V, K comparable, V any](m M) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, e := range Entries(m) {
			if k, v, ok := e.Get(); ok && !yield(k, v) {
				return
			}
		}
	}
}

// Keys is maps.Keys in order.
func Keys[M ~map[K]V, K comparable, V any](m M) iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range All(m) {
			if !yield(k) {
				return
			}
		}
	}
}

// Values is maps.Values in the order of the keys.
func Values[M ~map[K]V, K comparable, V any](m M) iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, v := range All(m) {
			if !yield(v) {
				return
			}
		}
	}
}

// DeleteFunc is maps.DeleteFunc in order.
func DeleteFunc[M ~map[K]V, K comparable, V any](m M, del func(K, V) bool) {
	for k, v := range All(m) {
		if del(k, v) {
			delete(m, k)
		}
	}
}
