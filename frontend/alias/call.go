// This file defines calls: own calls, invokes with their copies, creations, and the library.

package alias

import (
	"fmt"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

func (a *analysis) call(in *instance, o *op) {
	switch o.kind {
	case opCall:
		self := a.get(in, in.f.self, "")
		if o.recv != nil {
			self = a.get(in, o.recv, "")
		}
		a.apply(in, o, o.fn, self, nil, o.args, false)
	case opInvoke:
		a.apply(in, o, o.fn, one(pointer{o: a.entities[o.fn.Entity]}), nil, o.args, true)
	case opCallFace:
		a.callFace(in, o)
	case opCallFunc:
		for p := range a.get(in, o.args[0], "").all() {
			switch p.o.kind {
			case function:
				a.apply(in, o, p.o.fn.fn, fromMemory(p.o.at("self")), p.o, o.args[1:], false)
			case library: // calls its function arguments with what it was made of
				a.callIterator(in, o, p.o)
			}
		}
	case opExtern:
		a.extern(in, o)
	}
}

func (a *analysis) callFace(in *instance, o *op) {
	opaque := false
	for p := range a.get(in, o.args[0], "").all() {
		if !p.o.box || p.o.opaque {
			opaque = true
			continue
		}
		f := a.method(p.o.typ, o.name)
		if f == nil {
			continue
		}
		if p.o.typ.Kind == ir.RefKind {
			a.apply(in, o, f, one(pointer{o: a.entities[f.Entity]}), nil, o.args[1:], true)
			continue
		}
		callee := a.apply(in, o, f, nil, nil, append([]*value{nil}, o.args[1:]...), false)
		a.receive(callee, p)
	}
	if opaque { // the library's own method
		a.libraryCall(in, o, &row{})
	}
}

// receive gives a method of a plain type its receiver out of a box.
func (a *analysis) receive(callee *instance, box pointer) {
	if len(callee.f.params) == 0 || callee.f.params[0] == nil {
		return
	}
	p := callee.f.params[0]
	if box.o.typ.Kind == ir.PtrKind && a.types.shape(p.typ) != ptrShape { // promoted to the pointer's method set
		a.load(callee, p, box.o.at(""), "", p.typ)
		return
	}
	for _, l := range a.types.leaves(p.typ) {
		a.put(callee, p, l.path, fromMemory(box.o.at(l.path)))
	}
}

func note(m map[*instance][]*op, callee *instance, o *op) bool {
	for _, x := range m[callee] {
		if x == o {
			return false
		}
	}
	m[callee] = append(m[callee], o)
	return true
}

func (in *instance) calls(o *op, callee *instance) {
	if in.called[o] == nil {
		in.called[o] = map[*instance]bool{}
	}
	in.called[o][callee] = true
}

// own records a call inside the activation.
func (a *analysis) own(in *instance, o *op, f *ir.Func) *instance {
	callee := a.instance(f, in, o)
	if note(in.own, callee, o) {
		callee.incoming = append(callee.incoming, callSite{in, o})
	}
	in.calls(o, callee)
	a.raise(in, callee.raises)
	return callee
}

// raise notes what an instance, or one that it calls, panics with.
func (a *analysis) raise(in *instance, s *set) {
	if in.raises.add(s) {
		a.changed = true
	}
	if a.panics.add(s) {
		a.changed = true
	}
}

// apply passes arguments and takes results; an invoke copies both, and what the callee panics with.
func (a *analysis) apply(in *instance, o *op, f *ir.Func, self *set, closure *object, args []*value, invoke bool) *instance {
	var callee *instance
	if invoke {
		callee = a.instance(f, nil, o)
		note(in.invoked, callee, o)
		in.calls(o, callee)
		a.raise(in, a.copies(a.cross(in, o, callee, true), callee.raises, "the panic of "+f.Name))
	} else {
		callee = a.own(in, o, f)
	}
	a.put(callee, callee.f.self, "", self)
	if closure != nil {
		a.bind(callee, closure)
	}
	for i, v := range args {
		if v == nil || i >= len(callee.f.params) || callee.f.params[i] == nil {
			continue
		}
		p := callee.f.params[i]
		for _, l := range a.types.leaves(p.typ) {
			s := a.get(in, v, l.path)
			if invoke {
				s = a.copies(a.cross(in, o, callee, false), s, fmt.Sprintf("argument %q of %s", f.Params[i].Name, f.Name))
			}
			a.put(callee, p, l.path, s)
		}
	}
	a.takeResults(in, o, callee, invoke)
	return callee
}

func (a *analysis) takeResults(in *instance, o *op, callee *instance, invoke bool) {
	for i, v := range o.dsts {
		if v == nil {
			continue
		}
		for _, r := range callee.f.returns() {
			if i >= len(r.args) || r.args[i] == nil {
				continue
			}
			for _, l := range a.types.leaves(v.typ) {
				s := a.get(callee, r.args[i], l.path)
				if invoke {
					s = a.copies(a.cross(in, o, callee, true), s, "the result of "+callee.f.fn.Name)
				}
				a.put(in, v, l.path, s)
			}
		}
	}
}

func (f *form) returns() []*op {
	var out []*op
	for _, k := range f.blocks {
		if n := len(k.ops); n > 0 && k.ops[n-1].kind == opReturn {
			out = append(out, k.ops[n-1])
		}
	}
	return out
}

// bind gives a closure's body its captured cells.
func (a *analysis) bind(callee *instance, closure *object) {
	for i, c := range callee.f.captures {
		a.put(callee, c, "", fromMemory(closure.at(cellPath(i))))
	}
}

// create copies a draft into the entity.
func (a *analysis) create(in *instance, o *op) {
	e := a.entities[o.name]
	x := a.cross(in, o, nil, false)
	for p := range a.get(in, o.args[0], "").all() {
		for rest, s := range p.o.under(p.path) {
			what := "the new " + o.name
			if rest != "" {
				what += "'s " + strings.TrimPrefix(rest, ".")
			}
			a.putMem(e, rest, a.copies(x, s, what))
		}
	}
}

func (a *analysis) cross(in *instance, o *op, callee *instance, result bool) *crossing {
	k := crossKey{o, callee, result}
	if in.crosses[k] == nil {
		in.crosses[k] = &crossing{in: in, at: o, callee: callee, result: result, copies: map[pointer]pointer{}}
	}
	return in.crosses[k]
}

func (a *analysis) copies(x *crossing, s *set, what string) *set {
	r := &set{}
	for p := range s.all() {
		to, ok := x.copies[p]
		if !ok {
			to = a.copyOf(x, p, what)
			x.copies[p] = to
		}
		r.put(to)
	}
	return r
}

// copyOf is the copy that a crossing makes of what a pointer leads to: one object per original class and crossing place.
func (a *analysis) copyOf(x *crossing, p pointer, what string) pointer {
	if p.o.kind == function || p.o.kind == library {
		return p
	}
	if p.o.box && !p.o.opaque && len(a.types.leaves(p.o.typ)) == 0 { // a number or text: nothing that could be shared
		return p
	}
	key := fmt.Sprintf("copy:%d:%d:%p:%v", p.o.class.id, x.in.id, x.at, x.result)
	t, path := p.o.typ, p.path
	if p.o.kind == entity { // a part of the state: the copy is of that part
		key, t, path = key+p.path, a.types.at(p.o.typ, p.path), ""
	}
	o := a.byKey[key]
	if o == nil {
		o = a.object(key, copied, t)
		o.box, o.opaque = p.o.box, p.o.opaque
		if p.o.kind != entity {
			o.class = p.o.class
		}
	}
	k := [2]int{p.o.id, o.id}
	if a.edgeKeys[k] == nil {
		e := &edge{x: x, from: p.o, to: o, what: what}
		a.edgeKeys[k] = e
		a.edges = append(a.edges, e)
		p.o.copies = append(p.o.copies, e)
		a.changed = true
	}
	return pointer{o: o, path: path, short: p.short}
}

// copyContents keeps the contents of copies up with their originals.
func (a *analysis) copyContents() {
	for i := 0; i < len(a.edges); i++ {
		e := a.edges[i]
		if e.from.kind == entity {
			continue // an interior pointer: its contents are copied where it is loaded
		}
		if e.version == e.from.version {
			continue
		}
		e.version = e.from.version
		for path, s := range e.from.under("") {
			a.putMem(e.to, path, a.copies(e.x, s, e.what))
		}
	}
}
