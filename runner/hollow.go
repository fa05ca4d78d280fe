// This file pays for walks over maps that were large: Go keeps the room of entries that are gone, and walks over it.

package runner

import "unsafe"

// hollowFrom is how many entries a map must have had for its empty room to be worth paying for.
const hollowFrom = 4096

// Shrinks notes that entries are about to go from a map.
func Shrinks[M ~map[K]V, K comparable, V any](t *Thread, m M) {
	if len(m) >= hollowFrom {
		t.shrinks(mapAddress(m), len(m))
	}
}

func mapAddress[M ~map[K]V, K comparable, V any](m M) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&m))
}

func (t *Thread) shrinks(p unsafe.Pointer, entries int) {
	if t.hollow == nil {
		t.hollow = map[unsafe.Pointer]int{}
	}
	t.hollow[p] = max(t.hollow[p], entries)
}

// Slots is a cost: the entries that a map has, or had when it had the most.
func Slots[M ~map[K]V, K comparable, V any](t *Thread, m M) int64 {
	return int64(max(len(m), t.slots(mapAddress(m))))
}

// slots is how many entries a map had before some went; 0 if it was never large.
func (t *Thread) slots(p unsafe.Pointer) int {
	if t.hollow == nil {
		return 0
	}
	return t.hollow[p]
}

// walk pays for the empty room in a map that is about to be walked over.
func (t *Thread) walk(p unsafe.Pointer) {
	if n := t.slots(p); n > 0 {
		t.Spend(int64(n) / 16)
	}
}
