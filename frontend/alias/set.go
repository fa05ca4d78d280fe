// This file defines sets of pointers and of objects: bit sets over numbers, so that going through one has one order.

package alias

import (
	"iter"

	"golang.org/x/tools/container/intsets"
)

// pointer is an object and a path inside it: ".f" a field, "[]" the elements, "{k}" and "{v}" of a map.
type pointer struct {
	o     *object
	path  string
	short bool // a slice cut below the length of its array: appending overwrites elements
	mem   bool // came out of memory, not through locals, parameters and results only
}

// numbering gives the pointers of one analysis numbers, in the order in which they come up: 2n for one that came through
// locals only, 2n+1 for the same out of memory. It also counts the work of the analysis.
type numbering struct {
	numbers map[pointer]int
	list    []pointer
	work    int // units: pointers looked at, and words of sets united
	limit   int
}

// exhausted is what spend panics with; [analysis.attempt] recovers it.
type exhausted struct{}

// spend counts work, and ends the attempt when there has been too much of it.
func (n *numbering) spend(units int) {
	n.work += units
	if n.work > n.limit {
		panic(exhausted{})
	}
}

func (n *numbering) number(p pointer) int {
	mem := 0
	if p.mem {
		p.mem, mem = false, 1
	}
	k, ok := n.numbers[p]
	if !ok {
		k = len(n.list)
		out := p
		out.mem = true
		n.list = append(n.list, p, out)
		n.numbers[p] = k
	}
	return k | mem
}

// set is a set of pointers. A nil set is empty, and must not be added to.
type set struct {
	in   *numbering
	bits intsets.Sparse
}

func one(p pointer) *set {
	s := &set{}
	s.put(p)
	return s
}

// put adds a pointer.
func (s *set) put(p pointer) (changed bool) {
	s.in = p.o.in
	return s.insert(s.in.number(p))
}

func (s *set) insert(number int) (changed bool) {
	s.in.spend(1)
	if s.bits.Insert(number) {
		s.in.spend(memoryUnits)
		return true
	}
	return false
}

// memoryUnits is what one more pointer in a set costs in units of work: it stays.
const memoryUnits = 4

// add adds all pointers of another set.
func (s *set) add(t *set) (changed bool) {
	if t.empty() {
		return false
	}
	s.in = t.in
	n := t.bits.Len()
	s.in.spend(1 + n/wordBits)
	old := s.bits.Len()
	if !s.bits.UnionWith(&t.bits) {
		return false
	}
	s.in.spend(memoryUnits * (s.bits.Len() - old))
	return true
}

const wordBits = 64

func (s *set) remove(p pointer) {
	if !s.empty() {
		s.bits.Remove(s.in.number(p))
	}
}

func (s *set) empty() bool { return s == nil || s.bits.IsEmpty() }

// numbers goes through the set as it is when it begins, in the order of numbers.
func (s *set) numbers() []int {
	if s.empty() {
		return nil
	}
	all := s.bits.AppendTo(nil)
	s.in.spend(len(all))
	return all
}

// all goes through the set as it is when it begins.
func (s *set) all() iter.Seq[pointer] {
	return func(yield func(pointer) bool) {
		for _, k := range s.numbers() {
			if !yield(s.in.list[k]) {
				return
			}
		}
	}
}

// fromMemory is the same pointers, marked as loaded.
func fromMemory(s *set) *set {
	if s.empty() {
		return nil
	}
	r := &set{in: s.in}
	for _, k := range s.numbers() {
		r.insert(k | 1)
	}
	return r
}

// throughLocals is the same pointers, not marked as loaded.
func throughLocals(s *set) *set {
	r := &set{in: s.in}
	for _, k := range s.numbers() {
		r.insert(k &^ 1)
	}
	return r
}

// objects is a set of objects. A nil set is empty.
type objects struct {
	a    *analysis
	bits intsets.Sparse
}

func (a *analysis) objectsOf(s *set) *objects {
	out := &objects{a: a}
	for p := range s.all() {
		out.put(p.o)
	}
	return out
}

func (s *objects) put(o *object) { s.bits.Insert(o.id) }

func (s *objects) has(o *object) bool { return s != nil && s.bits.Has(o.id) }

// all goes through the set in the order in which the objects were made.
func (s *objects) all() iter.Seq[*object] {
	return func(yield func(*object) bool) {
		if s == nil {
			return
		}
		ids := s.bits.AppendTo(nil)
		s.a.numbering.spend(len(ids))
		for _, id := range ids {
			if !yield(s.a.objects[id]) {
				return
			}
		}
	}
}

// meets says whether two sets have an object in common.
func (s *objects) meets(t *objects) bool {
	if s == nil || t == nil {
		return false
	}
	s.a.numbering.spend(1)
	return s.bits.Intersects(&t.bits)
}
