// This file learns which slices, maps and pointers of a graph are reached by several paths.

package runner

import (
	"cmp"
	"slices"
	"unsafe"
)

// sharing is what Enc knows of the memory it has met.
//
// Pass one counts how often each pointer and map is met, and collects the windows that slices are onto arrays; then
// windows that overlap are merged to spans. Pass two gives each shared thing a number where it is first written.
// Addresses only say what is the same: no byte depends on their order.
type sharing struct {
	scan    bool
	numbers map[unsafe.Pointer]int32 // times met; then, once written, -1-number
	next    int32
	seen    map[unsafe.Pointer]uintptr // how far the elements behind a slice's start were looked at
	spans   []span
}

// sharedItem is how many plain items take as long as one that may be shared.
const sharedItem = 32

// span is the memory that overlapping slices see.
type span struct {
	lo, hi uintptr
	base   unsafe.Pointer // at lo
	elem   uintptr        // size of an element
	met    int
	number int32 // once written, -1-number
}

func (s *sharing) begin() {
	if s.numbers == nil {
		s.numbers = map[unsafe.Pointer]int32{}
		s.seen = map[unsafe.Pointer]uintptr{}
	}
	clear(s.numbers)
	clear(s.seen)
	clear(s.spans)
	s.spans = s.spans[:0]
	s.next = 0
	s.scan = true
}

// learned ends pass one: windows that overlap become one span.
func (s *sharing) learned() {
	s.scan = false
	if len(s.spans) < 2 {
		return
	}
	slices.SortFunc(s.spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi)) })
	out := s.spans[:1]
	for _, w := range s.spans[1:] {
		last := &out[len(out)-1]
		if w.lo >= last.hi {
			out = append(out, w)
			continue
		}
		last.hi = max(last.hi, w.hi)
		last.met += w.met
		if w.elem != last.elem {
			last.elem = 0 // slices of different types on one memory: refused where it is written
		}
	}
	s.spans = out
}

// window notes a slice in pass one. It says whether its elements are still to be looked at.
func (s *sharing) window(base unsafe.Pointer, size, elem uintptr) bool {
	lo := uintptr(base)
	s.spans = append(s.spans, span{lo: lo, hi: lo + size, base: base, elem: elem, met: 1})
	if s.seen[base] >= size {
		return false
	}
	s.seen[base] = size
	return true
}

// span finds the span that a slice sees a part of; nil if pass one did not meet it.
func (s *sharing) span(base unsafe.Pointer) *span {
	i, found := slices.BinarySearchFunc(s.spans, uintptr(base), func(sp span, lo uintptr) int { return cmp.Compare(sp.lo, lo) })
	if !found {
		i--
	}
	if i < 0 || s.spans[i].hi <= uintptr(base) {
		return nil
	}
	return &s.spans[i]
}

// meets says whether memory of s is memory of o too. Both have been learned.
func (s *sharing) meets(o *sharing) bool {
	for p := range s.numbers {
		if o.numbers[p] > 0 {
			return true
		}
	}
	for i, j := 0, 0; i < len(s.spans) && j < len(o.spans); {
		a, b := s.spans[i], o.spans[j]
		switch {
		case a.hi <= b.lo:
			i++
		case b.hi <= a.lo:
			j++
		default:
			return true
		}
	}
	return false
}

// number gives the next number of a shared thing.
func (s *sharing) number() int32 {
	s.next++
	return -s.next
}

// enterShared starts the thing at p. It says false if that was met before: then it is written as a reference.
func (e *Enc) enterShared(p unsafe.Pointer) bool {
	if e.inKey {
		e.fail("a map whose keys hold pointers: they have no order")
	}
	if !e.Graph {
		return true
	}
	n := e.share.numbers[p]
	switch {
	case e.share.scan:
		e.looked += sharedItem
		e.share.numbers[p] = n + 1
		return n == 0
	case n == 0:
		e.fail("memory that was not there when the encoding began")
	case n == 1:
		return true
	case n > 1:
		e.share.numbers[p] = e.share.number()
		e.tag(tagShareable)
		return true
	}
	e.tag(tagShared)
	e.Uint(uint64(-1 - n))
	return false
}
