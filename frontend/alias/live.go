// This file decides what a frame still looks at after an operation, and in which order operations can run.

package alias

import "golang.org/x/tools/container/intsets"

// liveAfter gives the values that are used after an operation on some way through the function.
func (f *form) liveAfter(o *op) map[*value]bool {
	if f.live == nil {
		f.computeLive()
	}
	return f.live[o]
}

func (f *form) computeLive() {
	f.live = map[*op]map[*value]bool{}
	in := make([]map[*value]bool, len(f.blocks))
	for i := range in {
		in[i] = map[*value]bool{}
	}
	for changed := true; changed; {
		changed = false
		for i := len(f.blocks) - 1; i >= 0; i-- {
			now := f.backward(f.blocks[i], in, nil)
			if len(now) != len(in[i]) {
				in[i], changed = now, true
			}
		}
	}
	for _, k := range f.blocks {
		f.backward(k, in, f.live)
	}
}

// backward goes through a block from its end; it records what is live after each operation if record is set.
func (f *form) backward(k *block, in []map[*value]bool, record map[*op]map[*value]bool) map[*value]bool {
	live := map[*value]bool{}
	for _, s := range k.succs {
		for v := range in[s.index] {
			live[v] = true
		}
		for i, p := range s.preds {
			if p != k {
				continue
			}
			for _, o := range s.ops {
				if o.kind == opPhi && i < len(o.args) && o.args[i] != nil {
					live[o.args[i]] = true
				}
			}
		}
	}
	for i := len(k.ops) - 1; i >= 0; i-- {
		o := k.ops[i]
		if record != nil {
			f.in.spend(len(live))
			after := make(map[*value]bool, len(live))
			for v := range live {
				after[v] = true
			}
			if k.unwind != nil {
				for v := range in[k.unwind.index] {
					after[v] = true
				}
			}
			for _, v := range append([]*value{o.dst}, o.dsts...) { // its own results are not yet anybody's
				delete(after, v)
			}
			record[o] = after
		}
		delete(live, o.dst)
		for _, v := range o.dsts {
			delete(live, v)
		}
		if o.kind == opPhi {
			continue
		}
		for _, v := range o.args {
			if v != nil {
				live[v] = true
			}
		}
		if o.recv != nil {
			live[o.recv] = true
		}
	}
	return live
}

// liveObjects gives what a frame still reaches after an operation.
func (f *facts) liveObjects(in *instance, o *op) *objects {
	k := liveKey{in, o}
	if m, ok := f.liveAt[k]; ok {
		return m
	}
	roots := &set{}
	for v := range in.f.liveAfter(o) {
		roots.add(f.a.all(in, v))
	}
	m := f.a.objectsOf(reach(roots))
	f.liveAt[k] = m
	return m
}

// way is a run of the function from behind an operation that does not pass another.
type way struct {
	from, def *op
}

// entered gives the blocks that a way may enter at their beginning.
func (f *form) entered(w way) *intsets.Sparse {
	if known := f.ways[w]; known != nil {
		return known
	}
	out := &intsets.Sparse{}
	var enter func(k *block)
	enter = func(k *block) {
		for _, s := range k.succs {
			if out.Insert(s.index) && !holds(s, w.def) {
				enter(s)
			}
		}
	}
	if !behind(w.def, w.from) {
		enter(w.from.block)
	}
	f.in.spend(1 + out.Len())
	f.ways[w] = out
	return out
}

func holds(k *block, o *op) bool { return o != nil && o.block == k }

// behind says whether b stands behind a in its block.
func behind(b, a *op) bool { return b != nil && b.block == a.block && b.index > a.index }

// follows says whether b may run after a in one run of the function, on a way that does not pass def.
func (f *form) follows(a, b, def *op) bool {
	if behind(b, a) && !(behind(def, a) && def.index < b.index) {
		return true
	}
	return f.entered(way{a, def}).Has(b.block.index) && !(holds(b.block, def) && def.index < b.index)
}

// reachesEnd says whether the end of block k may be reached after a, not passing def.
func (f *form) reachesEnd(a *op, k *block, def *op) bool {
	if a.block == k && !behind(def, a) {
		return true
	}
	return f.entered(way{a, def}).Has(k.index) && !holds(k, def)
}

// span asks aliveSince.
type span struct {
	x, u *op
	v    *value
}

// aliveSince says whether the pointer v, used by u, may have led to the same concrete object already when x ran: some
// link of its way back to the allocation is used after x without having been defined anew.
func (f *form) aliveSince(x, u *op, v *value) bool {
	k := span{x, u, v}
	if known, ok := f.spans[k]; ok {
		return known
	}
	alive := f.linkSince(x, u, v, map[*value]bool{})
	f.spans[k] = alive
	return alive
}

func (f *form) linkSince(x, u *op, v *value, seen map[*value]bool) bool {
	if v == nil || seen[v] {
		return false
	}
	seen[v] = true
	f.in.spend(1)
	if f.follows(x, u, v.def) {
		return true
	}
	d := v.def
	if d == nil {
		return false // a parameter: the callers are asked
	}
	back := func(vs ...*value) bool {
		for _, w := range vs {
			if f.linkSince(x, d, w, seen) {
				return true
			}
		}
		return false
	}
	switch d.kind {
	case opPhi:
		for i, w := range d.args {
			if w == nil {
				continue
			}
			p := d.block.preds[i]
			if f.reachesEnd(x, p, w.def) {
				return true
			}
			if w.def != nil && len(p.ops) > 0 && f.linkSince(x, p.ops[len(p.ops)-1], w, seen) {
				return true
			}
		}
		return false
	case opAlloc, opList, opMapKeys:
		return false
	case opCopy, opPart, opFieldPtr, opElemPtr, opSlice, opBox, opStruct, opUpdate, opCall, opCallFunc, opCallFace, opInvoke, opExtern:
		return back(d.args...)
	case opAppend:
		return back(d.args[0])
	}
	return true // out of memory
}
