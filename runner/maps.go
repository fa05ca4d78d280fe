// This file orders the keys of maps, so that iteration is the same everywhere.

package runner

import (
	"cmp"
	"iter"
	"math/bits"
	"reflect"
	"slices"
	"sort"
	"unsafe"
)

// SortedKeys gives a map's keys in ascending order, NaNs first.
func SortedKeys[K cmp.Ordered, V any](t *Thread, m map[K]V) []K {
	t.walk(mapAddress(m))
	if len(m) == 0 {
		return nil
	}
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	paySorting(t, keys)
	slices.Sort(keys)
	return keys
}

// paySorting pays for sorting keys, and for what that looks at of long ones.
func paySorting[K comparable](t *Thread, keys []K) {
	if len(keys) < 2 {
		return
	}
	each := int64(bits.Len(uint(len(keys))))
	t.Spend(int64(len(keys)) * each / 4)
	if ty := reflect.TypeFor[K](); heavy(ty) || ty.Size() >= moved {
		t.Spend(Product(Compared(t, keys)/weighed, each))
	}
}

// KeysOf gives the keys of a map of any key type in the order of [CompareKeys].
func KeysOf[K comparable, V any](t *Thread, m map[K]V) []K {
	keys, _ := Entries(t, m)
	return keys
}

// Entries gives keys and values of a map in the order of [CompareKeys]. Unlike a lookup it finds the values of NaN
// keys; those of equal NaN keys are in the order of the values.
func Entries[K comparable, V any](t *Thread, m map[K]V) ([]K, []V) {
	t.walk(mapAddress(m))
	if len(m) == 0 {
		return nil, nil
	}
	keys, values := make([]K, 0, len(m)), make([]V, 0, len(m))
	for k, v := range m {
		keys, values = append(keys, k), append(values, v)
	}
	paySorting(t, keys)
	sort.Sort(entries[K, V]{keys, values, keyOrder[K]()})
	return keys, values
}

// entries sorts keys, and the values with them.
type entries[K comparable, V any] struct {
	keys   []K
	values []V
	order  func(a, b *K) int
}

func (e entries[K, V]) Len() int { return len(e.keys) }

func (e entries[K, V]) Less(i, j int) bool {
	c := e.order(&e.keys[i], &e.keys[j])
	if c == 0 {
		c = compareValues(reflect.ValueOf(&e.values[i]).Elem(), reflect.ValueOf(&e.values[j]).Elem())
	}
	return c < 0
}

func (e entries[K, V]) Swap(i, j int) {
	e.keys[i], e.keys[j] = e.keys[j], e.keys[i]
	e.values[i], e.values[j] = e.values[j], e.values[i]
}

// MapsKeys is maps.Keys in the order of KeysOf.
func MapsKeys[M ~map[K]V, K comparable, V any](t *Thread, m M) iter.Seq[K] {
	return slices.Values(KeysOf(t, map[K]V(m)))
}

// MapsValues is maps.Values in the order of the keys.
func MapsValues[M ~map[K]V, K comparable, V any](t *Thread, m M) iter.Seq[V] {
	_, values := Entries(t, map[K]V(m))
	return slices.Values(values)
}

// MapsAll is maps.All in the order of the keys.
func MapsAll[M ~map[K]V, K comparable, V any](t *Thread, m M) iter.Seq2[K, V] {
	keys, values := Entries(t, map[K]V(m))
	return func(yield func(K, V) bool) {
		for i, k := range keys {
			if !yield(k, values[i]) {
				return
			}
		}
	}
}

// MapsDeleteFunc is maps.DeleteFunc in the order of the keys. As in Go, no delete reaches a NaN key.
func MapsDeleteFunc[M ~map[K]V, K comparable, V any](t *Thread, m M, del func(K, V) bool) {
	keys, values := Entries(t, map[K]V(m))
	Shrinks(t, m)
	for i, k := range keys {
		if del(k, values[i]) {
			delete(m, k)
		}
	}
}

// CompareKeys orders keys of one type: false before true, numbers by value with NaNs first, strings by bytes, arrays
// and structs element by element, interface values by the name of their type and then by value. Pointers have no
// order that is the same everywhere: they are a [Stop].
func CompareKeys[K comparable](a, b K) int {
	c, ok := compare(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem(), 0)
	if !ok {
		raise(Stop{Code: "Unimplemented", Message: "keys of type " + reflect.TypeFor[K]().String() + " have no order"})
	}
	return c
}

// keyOrder is CompareKeys of a type, without reflection for the types that most maps have.
func keyOrder[K comparable]() func(a, b *K) int {
	switch reflect.TypeFor[K]().Kind() {
	case reflect.String:
		return func(a, b *K) int { return cmp.Compare(*(*string)(unsafe.Pointer(a)), *(*string)(unsafe.Pointer(b))) }
	case reflect.Int, reflect.Int64:
		return func(a, b *K) int { return cmp.Compare(*(*int64)(unsafe.Pointer(a)), *(*int64)(unsafe.Pointer(b))) }
	}
	return func(a, b *K) int { return CompareKeys(*a, *b) }
}

// compareValues orders values as far as they have an order.
func compareValues(a, b reflect.Value) int {
	c, _ := compare(a, b, 0)
	return c
}

// compare orders two values that are inside others on so many levels.
func compare(a, b reflect.Value, level int) (c int, ok bool) {
	switch {
	case a.Kind() == reflect.Bool:
		return cmp.Compare(btoi(a.Bool()), btoi(b.Bool())), true
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int()), true
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint()), true
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float()), true
	case a.CanComplex():
		x, y := a.Complex(), b.Complex()
		return cmp.Or(cmp.Compare(real(x), real(y)), cmp.Compare(imag(x), imag(y))), true
	case a.Kind() == reflect.String:
		return cmp.Compare(a.String(), b.String()), true
	case a.Kind() == reflect.Array:
		return compareParts(a.Len(), a.Index, b.Index, level)
	case a.Kind() == reflect.Struct:
		return compareParts(a.NumField(), a.Field, b.Field, level)
	case a.Kind() == reflect.Interface:
		return compareDynamic(a, b, level)
	}
	return 0, false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareParts(n int, a, b func(int) reflect.Value, level int) (int, bool) {
	for i := range n {
		if c, ok := compare(a(i), b(i), level); c != 0 || !ok {
			return c, ok
		}
	}
	return 0, true
}

func compareDynamic(a, b reflect.Value, level int) (int, bool) {
	if level > maxNesting {
		raise(exceeded("levels of nesting", maxNesting))
	}
	if a.IsNil() || b.IsNil() {
		return btoi(!a.IsNil()) - btoi(!b.IsNil()), true
	}
	a, b = a.Elem(), b.Elem()
	if a.Type() != b.Type() {
		return cmp.Compare(a.Type().String(), b.Type().String()), true
	}
	return compare(a, b, level+1)
}
