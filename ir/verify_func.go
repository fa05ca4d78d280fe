// This file verifies functions: declarations, control flow and definite assignment.

package ir

import "slices"

// maxIrreducible is the number of blocks above which a control-flow graph must be reducible: others take the host's
// compiler minutes.
const maxIrreducible = 500

func (v *verifier) function(f *Func) {
	v.s, v.types = NewScope(v.p, f), map[Expr]*Type{}
	v.name(f.Name)
	if f.File != "" {
		v.name(f.File)
	}
	v.signature(f)
	v.variables(f)
	if !v.graph(f) {
		return
	}
	for _, b := range f.Blocks {
		v.in(b, func() { v.block(b) })
	}
	v.assignment(f)
	if len(f.Blocks) > maxIrreducible && !reducible(f) {
		v.fail("an irreducible control-flow graph of %d blocks: more than %d are refused", len(f.Blocks), maxIrreducible)
	}
}

// signature checks what a function is: a method, a constructor, a closure.
func (v *verifier) signature(f *Func) {
	if f.Entity != "" && v.p.Entity(f.Entity) == nil {
		v.fail("entity type %q is not declared", f.Entity)
	}
	if f.Self != "" && f.Entity == "" {
		v.fail("an own receiver needs an entity type")
	}
	if f.Self != "" && v.s.Local(f.Self) != nil {
		v.fail("%q is the own receiver and a local", f.Self)
	}
	if f.Exported && len(f.Captures) > 0 {
		v.fail("a closure cannot be exported")
	}
	if f.Entity != "" && f.Self == "" && len(f.Captures) == 0 && f.Exported {
		v.fail("a method needs its own receiver's name")
	}
	if n := len(f.Params); f.Variadic && (n == 0 || f.Params[n-1].Type == nil || f.Params[n-1].Type.Kind != ListKind) {
		v.fail("a variadic function's last parameter is a list")
	}
	if f.Creates == "" {
		return
	}
	ref := RefType(f.Creates)
	switch n := len(f.Results); {
	case v.p.Entity(f.Creates) == nil:
		v.fail("entity type %q is not declared", f.Creates)
	case f.Self != "":
		v.fail("a constructor is no method")
	case n < 1 || n > 2 || !f.Results[0].Type.Equal(ref) || n == 2 && !f.Results[1].Type.Equal(Basic(Error)):
		v.fail("a constructor gives %s, or %s and an error", ref, ref)
	}
}

// variables checks names, types and cells.
func (v *verifier) variables(f *Func) {
	seen := map[string]bool{}
	each := func(list []*Local, what string, check func(*Local)) {
		for _, l := range list {
			v.name(l.Name)
			if seen[l.Name] {
				v.fail("%s %q is declared twice", what, l.Name)
			}
			seen[l.Name] = l.Name != "_"
			if v.typ(l.Type, inLocal, 0) {
				check(l)
			}
		}
	}
	each(f.Params, "parameter", func(l *Local) {
		if l.Cell {
			v.fail("parameter %q is a cell: copy it into one", l.Name)
		}
		if l.Type.Kind == PanicKind {
			v.fail("parameter %q is a panic slot: that is a local", l.Name)
		}
	})
	each(f.Captures, "capture", func(l *Local) {
		if !l.Cell || l.Name == "_" {
			v.fail("capture %q is no cell", l.Name)
		}
	})
	each(f.Locals, "local", func(l *Local) {
		if l.Name == "_" {
			v.fail("a local cannot be called _")
		}
		if l.Cell && l.Type.Kind == PanicKind {
			v.fail("local %q is a panic slot and a cell", l.Name)
		}
	})
	for _, r := range f.Results {
		if v.valueType(r.Type) && r.Cell {
			v.fail("result %q is a cell", r.Name)
		}
	}
}

// graph checks that blocks have names of their own, that every target is there, and every block is reached.
func (v *verifier) graph(f *Func) bool {
	if len(f.Blocks) == 0 {
		v.fail("the function has no blocks")
		return false
	}
	before := len(v.errs)
	names := map[string]bool{}
	for _, b := range f.Blocks {
		v.in(b, func() {
			v.name(b.Name)
			if names[b.Name] {
				v.fail("block %q is declared twice", b.Name)
			}
			if b.End == nil {
				v.fail("the block has no end")
			}
		})
		names[b.Name] = true
	}
	for _, b := range f.Blocks {
		v.in(b, func() {
			targets := Successors(b.End)
			if b.Unwind != nil {
				targets = append(targets, b.Unwind.To)
			}
			for _, to := range targets {
				if !names[to] {
					v.fail("block %q is not declared", to)
				}
			}
		})
	}
	if len(v.errs) > before {
		return false
	}
	reached := map[*Block]bool{}
	for _, b := range postorder(f) {
		reached[b] = true
	}
	for _, b := range f.Blocks {
		if !reached[b] {
			v.in(b, func() { v.fail("the block cannot be reached") })
		}
	}
	return true
}

// block checks the instructions of a block, its end and its unwind edge.
func (v *verifier) block(b *Block) {
	if b.Unwind != nil {
		v.slot(b.Unwind.Into)
	}
	for n, i := range b.Do {
		v.step(i, n+1, false, func() { v.instr(i) })
	}
	v.step(b.End, 0, true, func() { v.term(b.End) })
}

// step runs a check at an instruction or terminator.
func (v *verifier) step(x any, instr int, end bool, check func()) {
	old, at := v.where, v.at
	v.where.instr, v.where.end, v.where.at = instr, end, Line(x)
	if _, ok := v.p.positions[x]; ok {
		v.at = x
	}
	check()
	v.where, v.at = old, at
}

// slot checks that a name is a panic slot.
func (v *verifier) slot(name string) {
	if l := v.s.Local(name); l == nil || l.Type == nil || l.Type.Kind != PanicKind {
		v.fail("%q is no local of type panic", name)
	}
}

// assignment checks that every variable is assigned on every way to its uses. An unwind edge may leave a block before
// its first instruction. Panic slots begin empty; parameters and captures have values.
func (v *verifier) assignment(f *Func) {
	l := &liveness{s: v.s, names: make([]string, len(v.s.order))}
	entry := l.set(nil)
	for name, i := range v.s.order {
		if local := v.s.locals[name]; i < len(f.Params)+len(f.Captures) || local.Type != nil && local.Type.Kind == PanicKind {
			entry.add(i)
		}
	}
	in := map[string]varSet{f.Blocks[0].Name: entry}
	order := postorder(f)
	slices.Reverse(order)
	for changed := true; changed; {
		changed = false
		for _, b := range order {
			if in[b.Name] == nil {
				continue
			}
			if b.Unwind != nil {
				changed = meet(in, b.Unwind.To, in[b.Name]) || changed
			}
			out := in[b.Name].clone()
			for _, i := range b.Do {
				out.union(l.set(v.s.Defs(i)))
			}
			out.union(l.set(v.s.TermDefs(b.End)))
			for _, to := range Successors(b.End) {
				changed = meet(in, to, out) || changed
			}
		}
	}
	for _, b := range order {
		v.in(b, func() { v.usesAssigned(l, b, in[b.Name].clone()) })
	}
}

// meet keeps what is assigned on all ways to a block.
func meet(in map[string]varSet, to string, with varSet) bool {
	old := in[to]
	if old == nil {
		in[to] = with.clone()
		return true
	}
	changed := false
	for i := range old {
		n := old[i] & with[i]
		changed = changed || n != old[i]
		old[i] = n
	}
	return changed
}

// usesAssigned reports the uses in a block of what need not be assigned there, each variable once.
func (v *verifier) usesAssigned(l *liveness, b *Block, assigned varSet) {
	check := func(x any, instr int, end bool, uses, defs []string) {
		v.step(x, instr, end, func() {
			for _, name := range uses {
				if i, ok := v.s.order[name]; ok && !assigned.has(i) {
					v.fail("local %q may be used before it is assigned", name)
					assigned.add(i)
				}
			}
		})
		assigned.union(l.set(defs))
	}
	for n, i := range b.Do {
		check(i, n+1, false, v.s.Uses(i), v.s.Defs(i))
	}
	check(b.End, 0, true, v.s.TermUses(b.End), v.s.TermDefs(b.End))
}

// reducible says whether every edge that goes back in reverse postorder goes to a block that dominates its start: every
// loop has one way in. Dominators after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm".
func reducible(f *Func) bool {
	order := postorder(f)
	slices.Reverse(order)
	number := map[string]int{}
	for i, b := range order {
		number[b.Name] = i
	}
	edges := func(b *Block) []string {
		list := Successors(b.End)
		if b.Unwind != nil {
			list = append(slices.Clone(list), b.Unwind.To)
		}
		return list
	}
	preds := make([][]int, len(order))
	for i, b := range order {
		for _, to := range edges(b) {
			preds[number[to]] = append(preds[number[to]], i)
		}
	}
	idom := dominators(preds)
	for to, from := range preds {
		for _, n := range from {
			if n < to {
				continue
			}
			for n > to {
				n = idom[n]
			}
			if n != to {
				return false
			}
		}
	}
	return true
}

// dominators gives the immediate dominator of each block, by place in reverse postorder.
func dominators(preds [][]int) []int {
	idom := make([]int, len(preds))
	for i := range idom {
		idom[i] = -1
	}
	idom[0] = 0
	for changed := true; changed; {
		changed = false
		for b := 1; b < len(preds); b++ {
			best := -1
			for _, p := range preds[b] {
				switch {
				case idom[p] < 0:
				case best < 0:
					best = p
				default:
					best = meetDominators(idom, best, p)
				}
			}
			if best != idom[b] {
				idom[b], changed = best, true
			}
		}
	}
	return idom
}

func meetDominators(idom []int, a, b int) int {
	for a != b {
		for a > b {
			a = idom[a]
		}
		for b > a {
			b = idom[b]
		}
	}
	return a
}
