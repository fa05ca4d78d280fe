// This file collects the facts that the rules are stated in: writes, what is in state, who runs during a call.

package alias

// event is a write to an object in an instance.
type event struct {
	in    *instance
	at    *op
	val   *value // the pointer it writes through
	o     *object
	path  string // inside the object
	mem   bool
	spare bool // behind the length of a slice only
}

// holder is a frame that waits in a call.
type holder struct {
	in *instance
	at *op
}

// facts are what the rules look at, once pointers do not move any more.
type facts struct {
	a        *analysis
	state    *objects // reached from an entity or a package variable
	writes   map[*object][]*event
	holders  map[*object][]holder // the frames that wait and still look at it
	liveAt   map[liveKey]*objects
	families map[*object]*objects
	entities *objects // reached from the state of an entity; made when asked for
	afters   map[afterKey]bool
	calls    map[[2]*instance][]*op
	cut      *objects // of which a shorter slice is somewhere; made when asked for
}

type liveKey struct {
	in *instance
	at *op
}

func (a *analysis) facts() *facts {
	f := &facts{a: a, writes: map[*object][]*event{}, holders: map[*object][]holder{}, afters: map[afterKey]bool{}, calls: map[[2]*instance][]*op{}, liveAt: map[liveKey]*objects{}, families: map[*object]*objects{}}
	roots := &set{}
	for _, o := range a.objects {
		if o.kind == entity || o.kind == global {
			roots.put(pointer{o: o})
		}
	}
	f.state = a.objectsOf(reach(roots))
	for _, in := range a.insts {
		for _, k := range in.f.blocks {
			for _, o := range k.ops {
				f.collect(in, o)
			}
		}
	}
	for _, in := range a.insts {
		for _, k := range in.f.blocks {
			for _, o := range k.ops {
				if in.called[o] == nil {
					continue
				}
				for x := range f.heldDuring(in, o).all() {
					f.holders[x] = append(f.holders[x], holder{in, o})
				}
			}
		}
	}
	return f
}

// heldDuring gives what a frame still looks at while it waits in a call.
func (f *facts) heldDuring(in *instance, o *op) *objects {
	live := f.liveObjects(in, o)
	if !in.back[o] {
		return live
	}
	given := &set{} // the library looks at its arguments again after it called back
	for _, v := range o.args {
		given.add(f.a.all(in, v))
	}
	all := f.a.objectsOf(reach(given))
	all.bits.UnionWith(&live.bits)
	return all
}

// collect notes the writes of one operation.
func (f *facts) collect(in *instance, o *op) {
	add := func(v *value, s *set, spare, deep bool) {
		for p := range s.all() {
			if p.o.kind == function || p.o.kind == library || p.o.box && !deep {
				continue
			}
			e := &event{in: in, at: o, val: v, o: p.o, path: p.path, mem: p.mem || deep, spare: spare && !p.short}
			in.events = append(in.events, e)
			f.writes[p.o] = append(f.writes[p.o], e)
		}
	}
	switch o.kind {
	case opStore, opMapSet, opMapDel, opClear, opListCopy:
		add(o.args[0], f.a.get(in, o.args[0], ""), false, false)
	case opAppend:
		if len(o.args) > 1 {
			add(o.args[0], f.a.get(in, o.args[0], ""), true, false)
		}
	case opExtern:
		r := f.a.row(o.name)
		each := func(is []int, give func(v *value)) {
			for _, i := range is {
				if i < len(o.args) && o.args[i] != nil {
					give(o.args[i])
				}
			}
		}
		each(r.writes, func(v *value) { add(v, unboxed(f.a.all(in, v)), false, false) })
		each(r.permutes, func(v *value) { add(v, unboxed(f.a.all(in, v)), false, false) })
		each(r.deep, func(v *value) { add(v, reach(f.a.all(in, v)), false, true) })
		each(r.spare, func(v *value) { add(v, f.a.all(in, v), true, false) })
		for _, to := range r.keeps {
			each([]int{to}, func(v *value) { add(v, unboxed(f.a.all(in, v)), false, false) })
		}
	}
}

// leads gives all instances that may run while in runs, itself included.
func (in *instance) leads() map[*instance]bool {
	if in.leadsTo != nil {
		return in.leadsTo
	}
	in.leadsTo = map[*instance]bool{}
	var walk func(x *instance)
	walk = func(x *instance) {
		if in.leadsTo[x] {
			return
		}
		in.leadsTo[x] = true
		for c := range x.own {
			walk(c)
		}
		for c := range x.invoked {
			walk(c)
		}
	}
	walk(in)
	return in.leadsTo
}

// during says whether to may run during the call at.
func during(in *instance, at *op, to *instance) bool {
	for c := range in.called[at] {
		if c.leads()[to] {
			return true
		}
	}
	return false
}

// callsTo gives the calls of in during which to may run.
func (f *facts) callsTo(in, to *instance) []*op {
	k := [2]*instance{in, to}
	calls, ok := f.calls[k]
	if !ok {
		f.a.spend(1 + len(in.called))
		for at := range in.called {
			if during(in, at, to) {
				calls = append(calls, at)
			}
		}
		f.calls[k] = calls
	}
	return calls
}

// family gives an object and all copies made of it, directly and indirectly.
func (f *facts) family(o *object) *objects {
	if m := f.families[o]; m != nil {
		return m
	}
	m := &objects{a: f.a}
	var walk func(o *object)
	walk = func(o *object) {
		if m.has(o) {
			return
		}
		m.put(o)
		f.a.spend(1 + len(o.copies))
		for _, e := range o.copies {
			walk(e.to)
		}
	}
	walk(o)
	f.families[o] = m
	return m
}

// waiting finds a frame that waits for in and still looks at o.
func (f *facts) waiting(o *object, in *instance) (holder, bool) {
	f.a.spend(len(f.holders[o]))
	for _, h := range f.holders[o] {
		if during(h.in, h.at, in) {
			return h, true
		}
	}
	return holder{}, false
}
