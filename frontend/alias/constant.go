// This file finds writes to what package variables hold: it is constant once initialisation has run.

package alias

import (
	"maps"
	"slices"
	"strings"
)

// constants gives the writes of requests to package variables and to all that they lead to.
func (f *facts) constants() []Finding {
	var out []Finding
	holders := f.variables()
	for _, in := range f.a.insts {
		if in.setup {
			continue
		}
		for _, w := range in.events {
			if v := holders[w.o]; v != "" && !w.spare {
				out = append(out, Finding{Kind: Constant, At: in.place(w.at), What: v, Chain: in.chain(), State: f.state.has(w.o) && f.inEntity(w.o)})
			}
		}
	}
	return out
}

// variables names a package variable for each object that one leads to since initialisation.
func (f *facts) variables() map[*object]string {
	out := map[*object]string{}
	for _, name := range slices.Sorted(maps.Keys(f.a.byKey)) {
		variable, ok := strings.CutPrefix(name, globalKey)
		g := f.a.byKey[name]
		if !ok || g.kind != global || f.a.isHostVar(variable) {
			continue
		}
		for p := range reach(one(pointer{o: g})).all() {
			if (p.o == g || p.o.init) && out[p.o] == "" {
				out[p.o] = variable
			}
		}
	}
	return out
}

// inEntity says whether the state of an entity leads to an object, or to a copy of it.
func (f *facts) inEntity(o *object) bool {
	if f.entities == nil {
		roots := &set{}
		for _, e := range f.a.entities {
			roots.put(pointer{o: e})
		}
		f.entities = f.a.objectsOf(reach(roots))
		for x := range f.entities.all() {
			f.entities.put(x.class)
		}
	}
	return f.entities.has(o)
}

// chain gives the calls that lead to an instance, the request's first.
func (in *instance) chain() []Place {
	var steps []Place
	for ; in.parent != nil; in = in.parent {
		calls := in.parent.own[in]
		if len(calls) == 0 {
			break
		}
		steps = append(steps, in.parent.place(calls[0]))
	}
	slices.Reverse(steps)
	return steps
}

// stateCaps gives the places that ask for the capacity of what the state of an entity holds.
func (f *facts) stateCaps() []Finding {
	var out []Finding
	for _, in := range f.a.insts {
		for _, k := range in.f.blocks {
			for _, o := range k.ops {
				if o.kind == opCap && f.fromState(in, o.args[0]) {
					out = append(out, Finding{Kind: StateCap, At: in.place(o), Chain: in.chain()})
				}
			}
		}
	}
	return out
}

// fromState says whether a slice may have come out of the state of an entity: one that the program stores there, or one
// that an earlier version of it has stored.
func (f *facts) fromState(in *instance, v *value) bool {
	for p := range f.a.get(in, v, "").all() {
		if p.mem && f.inEntity(p.o) {
			return true
		}
	}
	for v != nil && v.def != nil && (v.def.kind == opSlice || v.def.kind == opCopy) {
		v = v.def.args[0]
	}
	if v == nil || v.def == nil || v.def.kind != opLoad {
		return false
	}
	for p := range f.a.get(in, v.def.args[0], "").all() {
		if p.o.kind == entity {
			return true
		}
	}
	return false
}
