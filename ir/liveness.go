// This file finds the variables that are alive across each split point.

package ir

import "math/bits"

// varSet is a set of a function's variables, by place in declaration order.
type varSet []uint64

func (v varSet) add(i int)      { v[i/64] |= 1 << (i % 64) }
func (v varSet) has(i int) bool { return v[i/64]&(1<<(i%64)) != 0 }
func (v varSet) clone() varSet  { c := make(varSet, len(v)); copy(c, v); return c }
func (v varSet) minus(w varSet) {
	for i := range v {
		v[i] &^= w[i]
	}
}
func (v varSet) union(w varSet) bool {
	changed := false
	for i := range v {
		if n := v[i] | w[i]; n != v[i] {
			v[i], changed = n, true
		}
	}
	return changed
}

// liveness computes, for one function, the variables alive at the start of each block.
type liveness struct {
	s      *Scope
	names  []string // in declaration order
	blocks map[string]int
	in     []varSet
}

func newLiveness(s *Scope) *liveness {
	l := &liveness{s: s, names: make([]string, len(s.order)), blocks: map[string]int{}}
	for n, i := range s.order {
		l.names[i] = n
	}
	for i, b := range s.Func.Blocks {
		l.blocks[b.Name] = i
		l.in = append(l.in, l.empty())
	}
	l.solve()
	return l
}

func (l *liveness) empty() varSet { return make(varSet, (len(l.names)+63)/64) }

func (l *liveness) set(names []string) varSet {
	v := l.empty()
	for _, n := range names {
		if i, ok := l.s.order[n]; ok {
			v.add(i)
		}
	}
	return v
}

// list gives the names of a set in declaration order.
func (l *liveness) list(v varSet) []string {
	var names []string
	for w, word := range v {
		for ; word != 0; word &= word - 1 {
			names = append(names, l.names[w*64+bits.TrailingZeros64(word)])
		}
	}
	return names
}

// solve repeats the backward flow until nothing grows.
func (l *liveness) solve() {
	type flow struct{ gen, kill varSet }
	flows := make([]flow, len(l.in))
	for i, b := range l.s.Func.Blocks {
		gen, kill := l.empty(), l.empty()
		l.back(b, gen, kill)
		flows[i] = flow{gen, kill}
	}
	for changed := true; changed; {
		changed = false
		for i := len(l.in) - 1; i >= 0; i-- {
			b := l.s.Func.Blocks[i]
			in := l.out(b)
			in.minus(flows[i].kill)
			in.union(flows[i].gen)
			in.union(l.unwinding(b))
			changed = l.in[i].union(in) || changed
		}
	}
}

// back summarizes a block: what it reads before it assigns it, and what it assigns.
func (l *liveness) back(b *Block, gen, kill varSet) {
	step := func(defs, uses []string) {
		d, u := l.set(defs), l.set(uses)
		gen.minus(d)
		kill.union(d)
		gen.union(u)
	}
	step(l.s.TermDefs(b.End), l.s.TermUses(b.End))
	for i := len(b.Do) - 1; i >= 0; i-- {
		step(l.s.Defs(b.Do[i]), l.s.Uses(b.Do[i]))
	}
}

// out is what the successors of a block need, by its terminator.
func (l *liveness) out(b *Block) varSet {
	v := l.empty()
	for _, to := range Successors(b.End) {
		if i, ok := l.blocks[to]; ok {
			v.union(l.in[i])
		}
	}
	return v
}

// unwinding is what the unwind edge of a block needs; it may be taken at every point of the block.
func (l *liveness) unwinding(b *Block) varSet {
	if b.Unwind == nil {
		return l.empty()
	}
	i, ok := l.blocks[b.Unwind.To]
	if !ok {
		return l.empty()
	}
	v := l.in[i].clone()
	v.minus(l.set([]string{b.Unwind.Into}))
	return v
}

// across is what must be kept while a step runs that may suspend: what is needed after it but not assigned by it, the
// cells that take its results, and what the unwind edge needs.
func (l *liveness) across(b *Block, after varSet, defs, targets []string) varSet {
	v := after.clone()
	v.minus(l.set(defs))
	v.union(l.set(l.s.cells(targets)))
	v.union(l.unwinding(b))
	return v
}

// findLive fills in a function's split points and the live variables of the blocks that follow its terminators.
func (x *Facts) findLive(s *Scope) {
	facts := x.funcs[s.Func.Name]
	facts.Live = map[string][]string{}
	if !facts.Suspends {
		return
	}
	l := newLiveness(s)
	follow := map[string]varSet{}
	for _, b := range s.Func.Blocks {
		var splits []*Split // from the block's end to its start
		live := l.out(b)
		if IsSplit(b.End) {
			v := l.across(b, live, s.TermDefs(b.End), TermTargets(b.End))
			splits = append(splits, &Split{b, len(b.Do), l.list(v)})
			for _, to := range Successors(b.End) {
				if follow[to] == nil {
					follow[to] = l.empty()
				}
				follow[to].union(v)
			}
		}
		live.minus(l.set(s.TermDefs(b.End)))
		live.union(l.set(s.TermUses(b.End)))
		live.union(l.unwinding(b))
		for i := len(b.Do) - 1; i >= 0; i-- {
			in := b.Do[i]
			if x.Suspending(s, in) {
				splits = append(splits, &Split{b, i, l.list(l.across(b, live, s.Defs(in), Targets(in)))})
			}
			live.minus(l.set(s.Defs(in)))
			live.union(l.set(s.Uses(in)))
			live.union(l.unwinding(b))
		}
		for i := len(splits) - 1; i >= 0; i-- {
			facts.Splits = append(facts.Splits, splits[i])
		}
	}
	for to, v := range follow {
		facts.Live[to] = l.list(v)
	}
}
