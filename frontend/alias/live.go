// This file decides what a frame still looks at after an operation, and in which order operations can run.

package alias

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
func (f *facts) liveObjects(in *instance, o *op) map[*object]bool {
	k := liveKey{in, o}
	if m, ok := f.liveAt[k]; ok {
		return m
	}
	roots := set{}
	for v := range in.f.liveAfter(o) {
		roots.add(f.a.all(in, v))
	}
	m := map[*object]bool{}
	for p := range reach(roots) {
		m[p.o] = true
	}
	f.liveAt[k] = m
	return m
}

// follows says whether b may run after a in one run of the function, on a way that does not pass def.
func follows(a, b, def *op) bool {
	return reaches(a, def, func(o *op) bool { return o == b }, nil)
}

// reachesEnd says whether the end of block k may be reached after a, not passing def.
func reachesEnd(a *op, k *block, def *op) bool {
	return reaches(a, def, func(*op) bool { return false }, k)
}

func reaches(a, def *op, hit func(*op) bool, end *block) bool {
	seen := map[*block]bool{}
	var scan func(k *block, from int) bool
	scan = func(k *block, from int) bool {
		for _, o := range k.ops[from:] {
			if hit(o) {
				return true
			}
			if def != nil && o == def {
				return false
			}
		}
		if end == k {
			return true
		}
		for _, s := range k.succs {
			if !seen[s] {
				seen[s] = true
				if scan(s, 0) {
					return true
				}
			}
		}
		return false
	}
	return scan(a.block, a.index+1)
}

// aliveSince says whether the pointer v, used by u, may have led to the same concrete object already when x ran: some
// link of its way back to the allocation is used after x without having been defined anew.
func aliveSince(x, u *op, v *value, seen map[*value]bool) bool {
	if v == nil || seen[v] {
		return false
	}
	seen[v] = true
	if follows(x, u, v.def) {
		return true
	}
	d := v.def
	if d == nil {
		return false // a parameter: the callers are asked
	}
	back := func(vs ...*value) bool {
		for _, w := range vs {
			if aliveSince(x, d, w, seen) {
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
			if reachesEnd(x, p, w.def) {
				return true
			}
			if w.def != nil && len(p.ops) > 0 && aliveSince(x, p.ops[len(p.ops)-1], w, seen) {
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
