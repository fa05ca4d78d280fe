// This file bounds comparisons of interface values: Go recurses into what they hold, and a Go stack that passes its limit
// ends the process.

package runner

import "reflect"

// Equal is a == b of interface values.
func Equal(t *Thread, a, b any) bool {
	ty := reflect.TypeOf(a)
	if ty != reflect.TypeOf(b) {
		return false
	}
	if ty != nil && (contains(ty.Kind()) || ty.Kind() == reflect.String) {
		t.checkLevels(reflect.ValueOf(a), 0)
	}
	return a == b
}

// Flat gives back a value that holds interfaces and is about to be compared, or to be the key of a map.
func Flat[T any](t *Thread, v T) T {
	t.checkLevels(reflect.ValueOf(&v).Elem(), 0)
	return v
}

// checkLevels pays for the comparison or the hash of a value that is inside others on so many levels.
func (t *Thread) checkLevels(v reflect.Value, level int) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() >= moved {
			t.weigh(v.Len())
		}
	case reflect.Interface:
		if v = v.Elem(); v.IsValid() && (contains(v.Kind()) || v.Kind() == reflect.String) {
			if level >= maxNesting {
				t.stop(exceeded("levels of nesting", maxNesting))
			}
			t.Spend(1)
			t.checkLevels(v, level+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			t.checkLevels(v.Field(i), level)
		}
	case reflect.Array:
		if size := int(v.Type().Size()); size >= moved {
			t.weigh(size)
		}
		if heavy(v.Type().Elem()) {
			t.Spend(int64(v.Len()))
			for i := range v.Len() {
				t.checkLevels(v.Index(i), level)
			}
		}
	}
}

// contains says whether values of a kind contain others that are compared with them.
func contains(k reflect.Kind) bool { return k == reflect.Struct || k == reflect.Array }
