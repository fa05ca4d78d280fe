// This file moves pointers through instances of functions until nothing changes any more.

package alias

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// globalKey begins the key of the object of a package variable.
const globalKey = "var:"

// slot is a leaf of a value.
type slot struct {
	value int
	path  string
}

// instance is a function in a calling context: the chain of own calls up to the activation's root.
type instance struct {
	id       int
	f        *form
	parent   *instance
	vals     map[slot]*set
	own      map[*instance][]*op // callees in the same activation, with the calls
	invoked  map[*instance][]*op // callees in other activations
	called   map[*op]map[*instance]bool
	back     map[*op]bool // library calls that call back
	crosses  map[crossKey]*crossing
	events   []*event
	leadsTo  map[*instance]bool
	incoming []callSite // own calls of it
	raises   *set       // what may come out of it as a panic
	setup    bool       // it runs while package variables are set, and not otherwise
}

type callSite struct {
	in *instance
	at *op
}

type crossKey struct {
	at     *op
	callee *instance
	result bool
}

// crossing is a place where values are copied: arguments or results of one call, or a creation.
type crossing struct {
	in     *instance
	at     *op
	callee *instance // nil at a creation
	result bool
	copies map[pointer]pointer // of what crossed
}

// giver is the instance that gives the originals.
func (x *crossing) giver() *instance {
	if x.result {
		return x.callee
	}
	return x.in
}

// edge is one object that crosses.
type edge struct {
	x        *crossing
	from, to *object
	what     string
	version  int // of the original, when its contents were copied last
}

// analysis holds the abstract state of one program.
type analysis struct {
	p        *ir.Program
	types    *types
	funcs    map[string]*ir.Func
	externs  map[string]*ir.Extern
	scopes   map[*ir.Func]*ir.Scope
	forms    map[*ir.Func]*form
	values   int
	entities map[string]*object
	*numbering
	objects  []*object
	byKey    map[string]*object
	insts    []*instance
	instKeys map[string]*instance
	edges    []*edge
	edgeKeys map[[2]int]*edge
	panics   *set // of all instances: what recover may give
	rows     map[string]*row
	changed  bool
	setup    bool // package variables are being set
	contexts int  // how many instances are told apart
}

// newAnalysis prepares an analysis that may tell apart so many instances and do so much work.
func newAnalysis(p *ir.Program, contexts, limit int) *analysis {
	a := &analysis{
		p: p, contexts: contexts, numbering: &numbering{numbers: map[pointer]int{}, limit: limit}, types: newTypes(p), funcs: map[string]*ir.Func{}, externs: map[string]*ir.Extern{},
		scopes: map[*ir.Func]*ir.Scope{}, forms: map[*ir.Func]*form{}, entities: map[string]*object{},
		byKey: map[string]*object{}, instKeys: map[string]*instance{}, edgeKeys: map[[2]int]*edge{},
		panics: &set{}, rows: map[string]*row{},
	}
	for _, f := range p.Funcs {
		a.funcs[f.Name] = f
	}
	for _, e := range p.Externs {
		a.externs[e.Name] = e
	}
	for _, e := range p.Entities {
		a.entities[e.Name] = a.object("entity:"+e.Name, entity, ir.NamedType(e.Name))
	}
	return a
}

// run analyses the setting of package variables, then everything that requests can start.
func (a *analysis) run() {
	if f := a.funcs[a.p.Init]; f != nil {
		a.setup = true
		a.instance(f, nil, nil)
		a.settle()
		for _, o := range a.objects {
			o.init = o.kind == allocated
		}
		a.setup = false
	}
	for _, f := range a.p.Funcs {
		if !f.Exported && !(f.Entity != "" && len(f.Captures) == 0) {
			continue
		}
		in := a.instance(f, nil, nil)
		if in.f.self != nil {
			a.put(in, in.f.self, "", one(pointer{o: a.entities[f.Entity]}))
		}
		if !f.Exported {
			continue
		}
		for i, p := range in.f.params {
			if p == nil {
				continue
			}
			for _, l := range a.types.leaves(p.typ) {
				a.put(in, p, l.path, a.fromOutside(fmt.Sprintf("arg:%s:%d", f.Name, i), l.typ))
			}
		}
	}
	a.settle()
}

func (a *analysis) settle() {
	for a.changed = true; a.changed; {
		a.changed = false
		for i := 0; i < len(a.insts); i++ {
			in := a.insts[i]
			before := a.work
			for _, k := range in.f.blocks {
				a.spend(len(k.ops))
				for _, o := range k.ops {
					a.step(in, o)
				}
			}
			in.f.work += a.work - before
		}
		a.copyContents()
	}
}

func (a *analysis) object(key string, kind objectKind, t *ir.Type) *object {
	o := a.byKey[key]
	if o == nil {
		o = &object{id: len(a.objects), in: a.numbering, kind: kind, typ: t}
		o.class = o
		a.byKey[key] = o
		a.objects = append(a.objects, o)
		a.changed = true
	}
	return o
}

func (a *analysis) instance(f *ir.Func, from *instance, site *op) *instance {
	key, setup := f.Name, a.setup
	if from != nil {
		setup = from.setup
	}
	switch {
	case from != nil:
		for p := from; p != nil; p = p.parent { // recursion: the instance that is running already
			if p.f.fn == f {
				return p
			}
		}
		if len(a.insts) >= a.contexts {
			from = nil
			break
		}
		key = fmt.Sprintf("%s<%d:%p", f.Name, from.id, site)
	case site != nil && len(a.insts) < a.contexts:
		key = fmt.Sprintf("%s@%p", f.Name, site) // one per place that invokes
	}
	in := a.instKeys[key]
	if in == nil {
		in = &instance{
			id: len(a.insts), f: a.form(f), parent: from, vals: map[slot]*set{}, own: map[*instance][]*op{},
			invoked: map[*instance][]*op{}, called: map[*op]map[*instance]bool{}, back: map[*op]bool{}, raises: &set{}, crosses: map[crossKey]*crossing{}, setup: setup,
		}
		a.instKeys[key] = in
		a.insts = append(a.insts, in)
		a.changed = true
	}
	in.setup = in.setup && setup
	return in
}

func (a *analysis) form(f *ir.Func) *form {
	if a.forms[f] == nil {
		a.forms[f] = a.build(f)
	}
	return a.forms[f]
}

func (a *analysis) typeOf(f *ir.Func, e ir.Expr) *ir.Type {
	t, err := a.scope(f).TypeOf(e)
	if err != nil {
		panic("alias: the program is not verified: " + err.Error())
	}
	return t
}

func (a *analysis) scope(f *ir.Func) *ir.Scope {
	if a.scopes[f] == nil {
		a.scopes[f] = ir.NewScope(a.p, f)
	}
	return a.scopes[f]
}

func (a *analysis) results(fn string) []*ir.Type {
	var out []*ir.Type
	for _, r := range a.funcs[fn].Results {
		out = append(out, r.Type)
	}
	return out
}

func (a *analysis) funcType(fn string) *ir.Type {
	f := a.funcs[fn]
	t := &ir.Type{Kind: ir.FuncKind, Variadic: f.Variadic, Results: a.results(fn)}
	for _, p := range f.Params {
		t.Params = append(t.Params, p.Type)
	}
	return t
}

// methodResults gives the result types of a method of an interface type.
func (a *analysis) methodResults(t *ir.Type, method string) []*ir.Type {
	u, d := a.types.under(t)
	if d == nil {
		if u.Kind == ir.Error {
			return []*ir.Type{ir.Basic(ir.String)}
		}
		return nil
	}
	for _, s := range d.Iface {
		if s.Name == method {
			return s.Type.Results
		}
	}
	return nil
}

func (a *analysis) isHostVar(name string) bool { return strings.HasPrefix(name, "go:") }

func (a *analysis) get(in *instance, v *value, path string) *set {
	if v == nil {
		return nil
	}
	return in.vals[slot{v.id, path}]
}

func (a *analysis) put(in *instance, v *value, path string, s *set) {
	if v == nil || s.empty() {
		return
	}
	k := slot{v.id, path}
	if in.vals[k] == nil {
		in.vals[k] = &set{}
	}
	if in.vals[k].add(s) {
		a.changed = true
	}
}

// all gives the pointers of every leaf of a value.
func (a *analysis) all(in *instance, v *value) *set {
	out := &set{}
	if v != nil {
		for _, l := range a.types.leaves(v.typ) {
			out.add(a.get(in, v, l.path))
		}
	}
	return out
}

func (a *analysis) putMem(o *object, path string, s *set) {
	if s.empty() {
		return
	}
	at := o.at(path)
	if at == nil {
		at = &set{}
		o.mem = append(o.mem, &held{path, at})
	}
	if at.add(throughLocals(s)) {
		o.version++
		a.changed = true
	}
}

// move copies the leaves of type t from one value to another.
func (a *analysis) move(in *instance, dst *value, dp string, src *value, sp string, t *ir.Type) {
	if dst == nil || src == nil {
		return
	}
	for _, l := range a.types.leaves(t) {
		a.put(in, dst, dp+l.path, a.get(in, src, sp+l.path))
	}
}

func (a *analysis) load(in *instance, dst *value, from *set, sub string, t *ir.Type) {
	if dst == nil {
		return
	}
	for p := range from.all() {
		for _, l := range a.types.leaves(t) {
			a.put(in, dst, l.path, fromMemory(p.o.at(p.path+sub+l.path)))
			if p.path+sub != "" && a.types.shape(p.o.typ) == hostShape { // a field that the library fills
				a.put(in, dst, l.path, fromMemory(a.fitting(reach(one(pointer{o: p.o})), l.typ)))
			}
		}
	}
}

func (a *analysis) store(in *instance, to *set, sub string, src *value, t *ir.Type) {
	if src == nil {
		return
	}
	for p := range to.all() {
		for _, l := range a.types.leaves(t) {
			a.putMem(p.o, p.path+sub+l.path, a.get(in, src, l.path))
		}
	}
}

// place is a user's line in an instance.
func (in *instance) place(o *op) Place {
	return Place{File: in.f.fn.File, Line: o.at, Func: in.f.fn.Name}
}

func (a *analysis) fresh(in *instance, o *op, t *ir.Type) *object {
	return a.object(fmt.Sprintf("new:%d:%p", in.id, o), allocated, t)
}

// step applies one operation in one instance.
func (a *analysis) step(in *instance, o *op) {
	arg := func(i int) *set { return a.get(in, o.args[i], "") }
	switch o.kind {
	case opAlloc:
		n := a.fresh(in, o, o.typ)
		a.store(in, one(pointer{o: n}), "", o.args[0], o.typ)
		a.put(in, o.dst, "", one(pointer{o: n}))
	case opList:
		n := a.fresh(in, o, o.typ)
		n.room = o.room
		u, _ := a.types.under(o.typ)
		for _, x := range o.args {
			a.store(in, one(pointer{o: n}), "[]", x, u.Elem)
		}
		a.put(in, o.dst, "", one(pointer{o: n}))
	case opBox:
		n := a.fresh(in, o, o.typ)
		n.box = true
		a.store(in, one(pointer{o: n}), "", o.args[0], o.typ)
		a.put(in, o.dst, "", one(pointer{o: n}))
	case opClosure, opFunc:
		a.closure(in, o)
	case opGlobal:
		a.put(in, o.dst, "", one(pointer{o: a.object(globalKey+o.name, global, o.typ)}))
	case opHostVar:
		n := a.object(globalKey+o.name, global, o.typ)
		n.box = a.types.shape(o.typ) == ifaceShape
		n.opaque, n.init = n.box, true
		a.put(in, o.dst, "", one(pointer{o: n}))
	case opPhi:
		for _, x := range o.args {
			a.move(in, o.dst, "", x, "", o.typ)
		}
	case opCopy:
		a.move(in, o.dst, "", o.args[0], "", o.dst.typ)
	case opStruct:
		for i, x := range o.args {
			a.move(in, o.dst, o.paths[i], x, "", o.argTypes[i])
		}
	case opUpdate:
		a.move(in, o.dst, "", o.args[0], "", o.typ)
		a.move(in, o.dst, o.path, o.args[1], "", o.argTypes[1])
	case opPart:
		a.move(in, o.dst, "", o.args[0], o.path, o.dst.typ)
	case opFieldPtr:
		a.put(in, o.dst, "", extend(arg(0), "."+o.name))
	case opElemPtr:
		a.put(in, o.dst, "", extend(arg(0), "[]"))
	case opSlice:
		r := &set{}
		for p := range arg(0).all() {
			p.short = p.short && !o.whole || o.short
			r.put(p)
		}
		a.put(in, o.dst, "", r)
	case opLoad:
		a.load(in, o.dst, arg(0), "", o.dst.typ)
	case opElems:
		u, _ := a.types.under(o.dst.typ)
		for p := range arg(0).all() {
			for _, l := range a.types.leaves(u.Elem) {
				a.put(in, o.dst, "[]"+l.path, fromMemory(p.o.at(p.path+"[]"+l.path)))
			}
		}
	case opStore:
		a.store(in, arg(0), "", o.args[1], o.typ)
	case opMapSet:
		for p := range arg(0).all() {
			if u, _ := a.types.under(a.types.at(p.o.typ, p.path)); u != nil && u.Kind == ir.MapKind {
				a.store(in, one(p), "{k}", o.args[1], u.Key)
				a.store(in, one(p), "{v}", o.args[2], u.Elem)
			}
		}
	case opMapGet:
		a.load(in, o.dst, arg(0), "{v}", o.dst.typ)
	case opMapKeys:
		a.mapKeys(in, o)
	case opAppend:
		a.append(in, o)
	case opListCopy:
		a.contents(in, arg(0), a.get(in, o.args[1], ""))
	case opAssert:
		a.assert(in, o)
	case opPanic:
		a.raise(in, a.all(in, o.args[0]))
	case opRecover:
		a.put(in, o.dst, "", a.recovered(in))
	case opCall, opInvoke, opCallFace, opCallFunc, opExtern:
		a.call(in, o)
	case opCreate:
		a.create(in, o)
	}
}

// recovered is what recover may give: the panic is one of a function whose deferred call runs, so of a caller in this
// activation.
func (a *analysis) recovered(in *instance) *set {
	if len(a.insts) >= a.contexts { // callers are not told apart
		return a.panics
	}
	out := &set{}
	for ; in != nil; in = in.parent {
		out.add(in.raises)
	}
	return out
}

func extend(s *set, path string) *set {
	r := &set{}
	for p := range s.all() {
		p.path += path
		p.short = false
		r.put(p)
	}
	return r
}

func (a *analysis) closure(in *instance, o *op) {
	var n *object
	if o.kind == opFunc {
		n = a.object("func:"+o.fn.Name, function, nil)
	} else {
		n = a.fresh(in, o, nil)
	}
	n.kind, n.fn = function, a.form(o.fn)
	for i, c := range o.args {
		a.putMem(n, cellPath(i), a.get(in, c, ""))
	}
	if n.fn.self != nil {
		a.putMem(n, "self", a.get(in, in.f.self, ""))
	}
	a.put(in, o.dst, "", one(pointer{o: n}))
}

// cellPath is where a func value holds a captured variable.
func cellPath(i int) string { return "cell" + strconv.Itoa(i) }

// contents copies elements from one set of lists to another.
func (a *analysis) contents(_ *instance, to, from *set) {
	for p := range from.all() {
		for rest, s := range p.o.under(p.path + "[]") {
			for q := range to.all() {
				a.putMem(q.o, q.path+"[]"+rest, s)
			}
		}
	}
}

func (a *analysis) append(in *instance, o *op) {
	old := a.get(in, o.args[0], "")
	n := a.fresh(in, o, o.typ)
	n.room = true
	grown := one(pointer{o: n})
	a.put(in, o.dst, "", old)
	a.put(in, o.dst, "", grown)
	a.contents(in, grown, old)
	if o.spread {
		added := a.get(in, o.args[1], "")
		a.contents(in, grown, added)
		a.contents(in, old, added)
		return
	}
	u, _ := a.types.under(o.typ)
	for _, x := range o.args[1:] {
		a.store(in, grown, "[]", x, u.Elem)
		a.store(in, old, "[]", x, u.Elem)
	}
}

func (a *analysis) mapKeys(in *instance, o *op) {
	for i, part := range []string{"{k}", "{v}"} {
		if i >= len(o.dsts) || o.dsts[i] == nil {
			continue
		}
		n := a.object(fmt.Sprintf("new:%d:%p:%d", in.id, o, i), allocated, o.dsts[i].typ)
		for p := range a.get(in, o.args[0], "").all() {
			for rest, s := range p.o.under(p.path + part) {
				a.putMem(n, "[]"+rest, s)
			}
		}
		a.put(in, o.dsts[i], "", one(pointer{o: n}))
	}
}

func (a *analysis) assert(in *instance, o *op) {
	if o.dst == nil {
		return
	}
	from := a.get(in, o.args[0], "")
	if a.types.shape(o.typ) == ifaceShape {
		a.put(in, o.dst, "", from)
		return
	}
	held := &set{}
	for p := range from.all() {
		switch {
		case p.o.opaque:
			a.fromLibrary(in, o, p)
		case p.o.box && p.o.typ.Equal(o.typ):
			held.put(p)
		}
	}
	a.load(in, o.dst, held, "", o.typ)
}

// fromLibrary: an interface value made by the library may hold any value of the asserted type, made of what it was given.
func (a *analysis) fromLibrary(in *instance, o *op, p pointer) {
	ls := a.types.leaves(o.typ)
	if len(ls) != 1 || ls[0].path != "" {
		for _, l := range ls {
			a.put(in, o.dst, l.path, a.fitting(reach(one(p)), l.typ))
		}
		return
	}
	t := o.typ
	if u, _ := a.types.under(t); u.Kind == ir.PtrKind {
		t = u.Elem
	}
	n := a.object(fmt.Sprintf("dyn:%d:%s", p.o.id, o.typ), allocated, t)
	a.put(in, o.dst, "", one(pointer{o: n, mem: true}))
	a.putMem(p.o, "", one(pointer{o: n}))
	a.fill(n, reach(one(p)))
	a.put(in, o.dst, "", a.fitting(reach(one(p)), o.typ))
	for _, part := range []string{"[]", "{v}"} { // trees of any
		if at := a.types.at(n.typ, part); at != nil && a.types.shape(at) == ifaceShape {
			a.putMem(n, part, one(p))
		}
	}
}

// fill puts everything that fits into the places of a new object of the library; one of a library type may hold anything.
func (a *analysis) fill(o *object, src *set) {
	if o.typ != nil && a.types.shape(o.typ) == hostShape {
		a.putMem(o, "", src)
	}
	for _, l := range a.inner(o.typ) {
		a.putMem(o, l.path, a.fitting(src, l.typ))
	}
}

// inner lists the leaves inside an object with contents of type t.
func (a *analysis) inner(t *ir.Type) []leaf {
	if t == nil {
		return nil
	}
	u, _ := a.types.under(t)
	var out []leaf
	part := func(pre string, t *ir.Type) {
		for _, l := range a.types.leaves(t) {
			out = append(out, leaf{pre + l.path, l.typ})
		}
	}
	switch a.types.shape(t) {
	case listShape:
		part("[]", u.Elem)
	case mapShape:
		part("{k}", u.Key)
		part("{v}", u.Elem)
	default:
		part("", t)
	}
	return out
}

func (a *analysis) fitting(src *set, t *ir.Type) *set {
	r := &set{}
	for p := range src.all() {
		if a.types.fits(p, t) {
			r.put(p)
		}
	}
	return r
}
