// This file pays for text that is compared or hashed: one operation of Go may look at megabytes.

package runner

import "reflect"

// Weighed gives back text that is about to be compared by order, or to be the key of a map.
func Weighed[S ~string](t *Thread, s S) S {
	if len(s) >= moved {
		t.weigh(len(s))
	}
	return s
}

// SameText is a == b. Go looks at texts of one length only.
func SameText[S ~string](t *Thread, a, b S) bool {
	if len(a) >= moved && len(a) == len(b) {
		t.weigh(len(a))
	}
	return a == b
}

// weighed is how many bytes a step compares or hashes: they may have to come from memory.
const weighed = moved / 2

// weigh pays for looking at bytes.
func (t *Thread) weigh(bytes int) { t.Spend(int64(bytes / weighed)) }

// Compared is a cost: the bytes that are looked at where all elements of a list, all entries of a map, or a value itself
// are compared or hashed. It pays for looking at them once, and a value that is nested too deeply is a [Stop].
func Compared(t *Thread, v any) int64 {
	if list, ok := v.([]string); ok {
		t.Spend(int64(len(list)) / 8)
		return Sum(int64(16*len(list)), Total(list))
	}
	if v == nil {
		return 0
	}
	before := t.Budget
	size := t.look(reflect.ValueOf(v))
	return Sum(size, (before-t.Budget)*weighed)
}

// look pays for what comparing takes beside looking at the memory of a list's elements, a map's entries or a value, whose
// size it gives.
func (t *Thread) look(x reflect.Value) int64 {
	ty := x.Type()
	switch x.Kind() {
	case reflect.Slice:
		if heavy(ty.Elem()) {
			t.Spend(int64(x.Len()))
			for i := range x.Len() {
				t.checkLevels(x.Index(i), 0)
			}
		}
		return Product(int64(x.Len()), int64(ty.Elem().Size()))
	case reflect.Map:
		if heavy(ty.Elem()) || heavy(ty.Key()) {
			t.Spend(int64(x.Len()))
			for it := x.MapRange(); it.Next(); {
				t.checkLevels(it.Key(), 0)
				t.checkLevels(it.Value(), 0)
			}
		}
		return Product(int64(x.Len()), int64(ty.Key().Size()+ty.Elem().Size()))
	}
	t.checkLevels(x, 0)
	return int64(ty.Size())
}

// heavy says whether it takes more to compare values of a type than their size tells.
func heavy(ty reflect.Type) bool {
	switch ty.Kind() {
	case reflect.String, reflect.Interface:
		return true
	case reflect.Array:
		return heavy(ty.Elem())
	case reflect.Struct:
		for i := range ty.NumField() {
			if heavy(ty.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
