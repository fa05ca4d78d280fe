// This file defines what a call of the library does with memory, by the effects that its declaration states.

package alias

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// row is the parsed form of ir.Extern.Effects. Nothing set: it only reads, and its results are new at every depth.
type row struct {
	writes   []int       // memory that the argument points to, one level
	deep     []int       // anything reachable from the argument
	spare    []int       // behind the length of the slice
	permutes []int       // the order of the slice's elements
	keeps    map[int]int // argument kept inside argument
	shares   []int       // a result may share memory with the argument
	elements []int       // a result is new memory with the argument's elements
	calls    bool        // may call functions and methods that it is given
}

func (a *analysis) row(name string) *row {
	if r := a.rows[name]; r != nil {
		return r
	}
	e := a.externs[name]
	r := &row{keeps: map[int]int{}, calls: e.Calls}
	for _, clause := range strings.Fields(e.Effects) {
		first, second, _ := strings.Cut(clause[1:], ">")
		i, err := strconv.Atoi(first)
		if err != nil {
			continue // refused by the verifier
		}
		switch clause[0] {
		case 'w':
			r.writes = append(r.writes, i)
		case 'W':
			r.deep = append(r.deep, i)
		case 's':
			r.spare = append(r.spare, i)
		case 'p':
			r.permutes = append(r.permutes, i)
		case 'k':
			r.keeps[i], _ = strconv.Atoi(second)
		case 'r':
			r.shares = append(r.shares, i)
		case 'e':
			r.elements = append(r.elements, i)
		}
	}
	a.rows[name] = r
	return r
}

func (a *analysis) extern(in *instance, o *op) { a.libraryCall(in, o, a.row(o.name)) }

// libraryCall moves what the library may move.
func (a *analysis) libraryCall(in *instance, o *op, r *row) {
	src := &set{}
	for _, v := range o.args {
		src.add(reach(a.all(in, v)))
	}
	if r.calls || o.kind == opCallFace {
		for _, v := range o.args {
			a.callBack(in, o, v, src)
		}
		for p := range src.all() {
			if p.o.box {
				a.callMethods(in, o, p, src)
			}
		}
	}
	arg := func(i int) *set {
		if i < len(o.args) {
			return a.all(in, o.args[i])
		}
		return nil
	}
	for _, i := range r.writes {
		for p := range unboxed(arg(i)).all() {
			a.fillAt(p, src)
		}
	}
	for _, i := range r.deep {
		for p := range reach(arg(i)).all() {
			for _, l := range a.inner(p.o.typ) {
				a.putMem(p.o, l.path, a.decoded(fmt.Sprintf("dec:%d:%p", in.id, o), l.typ))
			}
			a.fillAt(pointer{o: p.o}, src)
		}
	}
	for i, to := range r.keeps {
		kept := reach(arg(i))
		for p := range arg(to).all() {
			a.fillAt(p, kept)
			a.putMem(p.o, p.path, kept) // the library's own memory
		}
	}
	a.libraryResults(in, o, r, arg)
}

// fillAt puts what fits into the places behind a pointer.
func (a *analysis) fillAt(p pointer, src *set) {
	at := a.types.at(p.o.typ, p.path)
	for _, l := range a.inner(at) {
		r := a.fitting(src, l.typ)
		r.remove(p)
		a.putMem(p.o, p.path+l.path, r)
	}
}

func (a *analysis) libraryResults(in *instance, o *op, r *row, arg func(int) *set) {
	shared, elements := &set{}, &set{}
	for _, i := range r.shares {
		shared.add(reach(arg(i)))
	}
	for _, i := range r.elements {
		elements.add(arg(i))
	}
	for i, v := range o.dsts {
		if v == nil {
			continue
		}
		for _, l := range a.types.leaves(v.typ) {
			n := a.libraryObject(fmt.Sprintf("ext:%d:%p:%d:%s", in.id, o, i, l.path), l.typ)
			a.put(in, v, l.path, one(pointer{o: n}))
			a.put(in, v, l.path, a.fitting(shared, l.typ))
			if n.kind == library || n.box {
				a.putMem(n, "", shared)
				a.putMem(n, "", reach(elements))
				continue
			}
			a.fill(n, shared)
			a.contents(in, one(pointer{o: n}), elements)
			for p := range elements.all() { // of maps
				for _, part := range []string{"{k}", "{v}"} {
					for rest, s := range p.o.under(p.path + part) {
						a.putMem(n, part+rest, s)
						a.putMem(n, "[]"+rest, s)
					}
				}
			}
			for _, x := range a.inner(n.typ) {
				a.putMem(n, x.path, a.decoded(fmt.Sprintf("ext:%d:%p", in.id, o), x.typ))
			}
		}
	}
}

// libraryObject is a new object that the library makes for a leaf of a result.
func (a *analysis) libraryObject(key string, t *ir.Type) *object {
	u, _ := a.types.under(t)
	o := a.object(key, allocated, t)
	switch a.types.shape(t) {
	case ptrShape:
		o.typ = u.Elem
	case funcShape:
		o.kind = library
	case ifaceShape:
		o.box, o.opaque = true, true
	case listShape:
		o.room = true
	}
	return o
}

// decoded is a fresh tree that the library puts into a place of type t.
func (a *analysis) decoded(key string, t *ir.Type) *set {
	k := key + ":" + t.String()
	if o := a.byKey[k]; o != nil {
		return one(pointer{o: o})
	}
	o := a.libraryObject(k, t)
	if !o.box && o.kind != library {
		for _, l := range a.inner(o.typ) {
			a.putMem(o, l.path, a.decoded(key, l.typ))
		}
	}
	return one(pointer{o: o})
}

// callBack: the library calls a func value with pieces of what it was given.
func (a *analysis) callBack(in *instance, o *op, v *value, src *set) {
	for p := range a.all(in, v).all() {
		if p.o.kind != function {
			continue
		}
		callee := a.own(in, o, p.o.fn.fn)
		in.back[o] = true
		a.put(callee, callee.f.self, "", fromMemory(p.o.at("self")))
		a.bind(callee, p.o)
		a.giveAny(callee, 0, src)
		a.takeAny(callee, src)
	}
}

func (a *analysis) giveAny(callee *instance, from int, src *set) {
	for i, p := range callee.f.params {
		if i < from || p == nil {
			continue
		}
		for _, l := range a.types.leaves(p.typ) {
			a.put(callee, p, l.path, fromMemory(a.fitting(src, l.typ)))
		}
	}
}

func (a *analysis) takeAny(callee *instance, src *set) {
	for _, r := range callee.f.returns() {
		for _, v := range r.args {
			src.add(reach(a.all(callee, v)))
		}
	}
}

// libraryMethods are the methods that library code looks for behind interfaces.
const libraryMethods = " String Error Less Swap Len Push Pop MarshalJSON UnmarshalJSON MarshalText UnmarshalText Format GoString Write Read Is As Unwrap "

func (a *analysis) callMethods(in *instance, o *op, box pointer, src *set) {
	t := box.o.typ
	if t == nil || t.Kind == ir.RefKind {
		return
	}
	n := t
	if n.Kind == ir.PtrKind {
		n = n.Elem
	}
	d := a.types.defs[n.Name]
	if n.Kind != ir.NamedKind || d == nil {
		return
	}
	for _, m := range d.Methods {
		f := a.method(t, m.Name)
		if f == nil || !strings.Contains(libraryMethods, " "+m.Name+" ") {
			continue
		}
		callee := a.own(in, o, f)
		in.back[o] = true
		a.receive(callee, box)
		a.giveAny(callee, 1, src)
		a.takeAny(callee, src)
	}
}

// callIterator: a func value of the library calls its function arguments with what it was made of.
func (a *analysis) callIterator(in *instance, o *op, made *object) {
	src := reach(made.at(""))
	for _, v := range o.args[1:] {
		a.callBack(in, o, v, src)
	}
	for _, v := range o.dsts {
		if v == nil {
			continue
		}
		for _, l := range a.types.leaves(v.typ) {
			a.put(in, v, l.path, a.fitting(src, l.typ))
		}
	}
}
