// This file encodes and decodes lists, maps and pointers.

package runner

import (
	"bytes"
	"slices"
	"unsafe"
)

// EncList writes a slice. Nil and empty differ. In a graph, slices that see one array go on doing so.
func EncList[T any](e *Enc, xs []T, elem func(*Enc, T)) {
	encSlice(e, xs, func(e *Enc, all []T) {
		e.Array(len(all))
		for _, x := range all {
			elem(e, x)
		}
	})
}

// Bytes writes a slice of bytes as a byte string. Nil and empty differ.
func (e *Enc) Bytes(b []byte) {
	encSlice(e, b, func(e *Enc, all []byte) {
		e.head(majorBytes, uint64(len(all)))
		e.bytes(all...)
	})
}

func encSlice[T any](e *Enc, xs []T, array func(*Enc, []T)) {
	size := unsafe.Sizeof(*new(T))
	extent := cap(xs)
	if e.clip {
		extent = len(xs)
	}
	e.enter()
	switch {
	case xs == nil:
		e.Nil()
	case !e.Graph || extent == 0 || size == 0:
		array(e, xs)
	case e.inKey:
		e.fail("a map whose keys hold pointers: they have no order")
	case e.share.scan:
		e.looked += sharedItem
		if base := unsafe.SliceData(xs); e.share.window(unsafe.Pointer(base), uintptr(extent)*size, size) {
			array(e, xs[:extent])
		}
	default:
		encWindow(e, xs, extent, array)
	}
	e.leave()
}

// encWindow writes a slice of a graph: its array, or a reference to it, and what part of it the slice sees.
func encWindow[T any](e *Enc, xs []T, extent int, array func(*Enc, []T)) {
	base, size := unsafe.Pointer(unsafe.SliceData(xs)), unsafe.Sizeof(*new(T))
	sp := e.share.span(base)
	if sp == nil {
		e.fail("memory that was not there when the encoding began")
	}
	if sp.elem != size {
		e.fail("slices of different types on one array")
	}
	offset, total := int((uintptr(base)-sp.lo)/size), int((sp.hi-sp.lo)/size)
	part := offset != 0 || len(xs) != total || extent != total
	if part {
		e.tag(tagWindow)
		e.Array(4)
	}
	switch {
	case sp.number < 0:
		e.tag(tagShared)
		e.Uint(uint64(-1 - sp.number))
	default:
		if sp.met > 1 {
			sp.number = e.share.number()
			e.tag(tagShareable)
		}
		array(e, unsafe.Slice((*T)(sp.base), total))
	}
	if part {
		e.Uint(uint64(offset))
		e.Uint(uint64(len(xs)))
		e.Uint(uint64(extent))
	}
}

// EncPtr writes a pointer and what it points to. What to writes must not be nil, nor begin with a tag of sharing: it would
// be read as the pointer's own.
func EncPtr[T any](e *Enc, p *T, to func(*Enc, *T)) {
	if p == nil {
		e.Nil()
		return
	}
	e.enter()
	if unsafe.Sizeof(*p) == 0 || e.enterShared(unsafe.Pointer(p)) {
		to(e, p)
	}
	e.leave()
}

// EncMap writes a map, its pairs in the order of the encoded keys. Nil and empty differ.
func EncMap[K comparable, V any](e *Enc, m map[K]V, key func(*Enc, K), value func(*Enc, V)) {
	if m == nil {
		e.Nil()
		return
	}
	e.enter()
	if e.t != nil {
		e.t.walk(mapAddress(m))
	}
	if e.enterShared(mapAddress(m)) {
		if e.scanning() {
			for k, v := range m {
				encKey(e, k, key)
				value(e, v)
			}
		} else {
			e.Map(len(m))
			for _, p := range sortedPairs(e, m, key, value) {
				e.bytes(p.key...)
				value(e, p.value)
			}
		}
	}
	e.leave()
}

func encKey[K comparable](e *Enc, k K, key func(*Enc, K)) {
	before := e.inKey
	e.inKey = true
	key(e, k)
	e.inKey = before
}

// pair is an entry of a map with its key encoded.
type pair[V any] struct {
	key   []byte
	value V
}

func sortedPairs[K comparable, V any](e *Enc, m map[K]V, key func(*Enc, K), value func(*Enc, V)) []pair[V] {
	pairs := make([]pair[V], 0, len(m))
	keys := newEnc(e.p)
	keys.limit, keys.depth, keys.inKey = e.limit, e.depth, true
	for k, v := range m {
		start := len(keys.buf)
		key(keys, k)
		pairs = append(pairs, pair[V]{keys.buf[start:len(keys.buf):len(keys.buf)], v})
	}
	slices.SortFunc(pairs, func(a, b pair[V]) int {
		if c := bytes.Compare(a.key, b.key); c != 0 {
			return c
		}
		return compareEncoded(e, a.value, b.value, value) // NaN keys: equal encodings, but different keys
	})
	return pairs
}

// compareEncoded orders values by their encodings as trees.
func compareEncoded[V any](e *Enc, a, b V, value func(*Enc, V)) int {
	ea, eb := newEnc(e.p), newEnc(e.p)
	ea.limit, ea.depth, eb.limit, eb.depth = e.limit, e.depth, e.limit, e.depth
	value(ea, a)
	value(eb, b)
	e.looked += len(ea.buf) + len(eb.buf)
	e.look()
	return bytes.Compare(ea.buf, eb.buf)
}

// DecList reads what EncList wrote.
func DecList[T any](d *Dec, elem func(*Dec) T) []T {
	return decSlice(d, func(d *Dec, keep func([]T)) {
		n := d.count(majorArray, 1)
		all := make([]T, n, d.reserve(n, unsafe.Sizeof(*new(T))))
		keep(all)
		for i := range all {
			all[i] = elem(d)
		}
	})
}

// Bytes reads a byte string, or nil.
func (d *Dec) Bytes() []byte {
	return decSlice(d, func(d *Dec, keep func([]byte)) {
		n := d.count(majorBytes, 1)
		d.reserve(n, 1)
		keep(append(make([]byte, 0, n), d.take(n)...))
	})
}

// decSlice reads a slice of any form. The function array reads an array's elements: it gives the slice to keep before
// it reads them, so that they can refer to it.
func decSlice[T any](d *Dec, array func(d *Dec, keep func([]T))) []T {
	if d.Nil() {
		return nil
	}
	d.enter()
	defer d.leave()
	if !d.isTag(tagWindow) {
		return decArray(d, array)
	}
	d.tag()
	d.ArrayOf(4)
	all := decArray(d, array)
	offset, length, capacity := d.Uint(), d.Uint(), d.Uint()
	total := uint64(len(all))
	if offset > total || capacity > total-offset || length > capacity {
		d.fail("window %d:%d:%d of an array of %d", offset, length, capacity, total)
	}
	return all[offset : offset+length : offset+capacity]
}

func decArray[T any](d *Dec, array func(d *Dec, keep func([]T))) []T {
	var all []T
	d.shareable(
		func(slot int) {
			array(d, func(xs []T) { all = xs; d.define(slot, xs) })
		},
		func(old any) bool { xs, ok := old.([]T); all = xs; return ok })
	return all
}

// DecPtr reads what EncPtr wrote. It makes the variable first and has it filled in place, so that cycles work.
func DecPtr[T any](d *Dec, fill func(*Dec, *T)) *T {
	if d.Nil() {
		return nil
	}
	d.enter()
	var p *T
	d.shareable(
		func(slot int) {
			d.reserve(1, unsafe.Sizeof(*p))
			p = new(T)
			d.define(slot, p)
			fill(d, p)
		},
		func(old any) bool { q, ok := old.(*T); p = q; return ok })
	d.leave()
	return p
}

// DecMap reads what EncMap wrote. Keys out of order are an error, and so are equal ones.
func DecMap[K comparable, V any](d *Dec, key func(*Dec) K, value func(*Dec) V) map[K]V {
	if d.Nil() {
		return nil
	}
	d.enter()
	var m map[K]V
	d.shareable(
		func(slot int) {
			n := d.count(majorMap, 2)
			d.reserve(n, unsafe.Sizeof(*new(K))+unsafe.Sizeof(*new(V)))
			m = make(map[K]V, n)
			d.define(slot, m)
			decPairs(d, m, n, key, value)
		},
		func(old any) bool { q, ok := old.(map[K]V); m = q; return ok })
	d.leave()
	return m
}

func decPairs[K comparable, V any](d *Dec, m map[K]V, n int, key func(*Dec) K, value func(*Dec) V) {
	var last []byte
	for i := range n {
		start := d.i
		k := key(d)
		this := d.b[start:d.i]
		if c := bytes.Compare(last, this); i > 0 && (c > 0 || c == 0 && k == k) {
			d.fail("map key at byte %d out of order", start)
		}
		last = this
		m[k] = value(d)
	}
}
