// This file finds writes to package variables, directly or through what was read from them.

package frontend

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// A root is where memory comes from: a package variable, a parameter of the body (the receiver of a plain type
// included), or the state of entities.
type root any

// stateRoot is the state of the own entity.
var stateRoot root = "state"

type roots map[root]bool

// element is a root whose memory is not the value's own, but that of its elements: slices.Clone(lines) is new, the lines
// in it are not.
type element struct{ of root }

// elements gives the roots of a new value that holds values of the given roots.
func elements(rs roots) roots {
	out := roots{}
	for r := range rs {
		if _, ok := r.(element); !ok {
			r = element{r}
		}
		out[r] = true
	}
	return out
}

// inside gives the roots of what a value holds.
func inside(rs roots) roots {
	out := roots{}
	for r := range rs {
		if e, ok := r.(element); ok {
			r = e.of
		}
		out[r] = true
	}
	return out
}

// own drops the roots of elements: what remains is written by a write to the value's own memory.
func own(rs roots) roots {
	out := roots{}
	for r := range rs {
		if _, ok := r.(element); !ok {
			out[r] = true
		}
	}
	return out
}

// summary says what a body does with memory it is given: the roots it writes, with one place each, and those that its
// results may come from. A package variable can be written through another body's parameter, so summaries are computed
// until nothing changes.
type summary struct {
	writes  map[root]ast.Node
	returns roots
	locals  map[types.Object]roots // variables that hold memory from a root
}

// findWrites computes the summaries of all reached bodies.
func (c *checker) findWrites() {
	c.writes = map[*body]*summary{}
	for _, b := range c.reached {
		c.writes[b] = &summary{writes: map[root]ast.Node{}, returns: roots{}, locals: map[types.Object]roots{}}
	}
	for changed := true; changed; {
		changed = false
		for _, b := range c.reached {
			if c.flow(b) {
				changed = true
			}
		}
	}
}

// checkWrites reports the package variables that a body writes itself.
func (c *checker) checkWrites(b *body) {
	if b.init {
		return
	}
	written := map[*types.Var]ast.Node{}
	for r, at := range c.writes[b].writes {
		if v, ok := r.(*types.Var); ok && c.isPackageVar(v) && !isGenerator(v.Type()) {
			written[v] = at
		}
	}
	for _, v := range inSource(written) {
		c.refuse("SF1204", b, written[v], "writes to the package variable "+v.Name(), "it belongs to one process: it is not stored, not rolled back, and other machines have another one").
			WithRelated(c.position(place(v)), "declared here").
			WithHelp("keep what must be remembered in an entity: a field, or an entity of its own (`sfc.Get[Counter](\"visits\").Add(1)`)").
			WithHelp("variables that only initialisation sets are fine")
	}
}

// inSource gives variables in the order of their declarations.
func inSource[V any](m map[*types.Var]V) []*types.Var {
	return slices.SortedFunc(maps.Keys(m), func(a, b *types.Var) int { return cmp.Compare(a.Pos(), b.Pos()) })
}

func (c *checker) isPackageVar(v *types.Var) bool {
	return c.ours(v.Pkg()) && v.Parent() == v.Pkg().Scope()
}

// flow goes through a body once and says whether its summary grew.
func (c *checker) flow(b *body) bool {
	f := &flow{checker: c, b: b, sum: c.writes[b]}
	ast.Inspect(b.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			f.assign(n)
		case *ast.ValueSpec:
			if len(n.Values) == len(n.Names) {
				for i, v := range n.Values {
					f.bind(n.Names[i], f.of(v))
				}
			}
		case *ast.IncDecStmt:
			f.store(n.X, n)
		case *ast.RangeStmt:
			f.ranges(n)
		case *ast.ReturnStmt:
			for _, x := range n.Results {
				f.grow(f.sum.returns, f.of(x))
			}
		case *ast.CallExpr:
			f.call(n)
		case *ast.CompositeLit:
			f.literal(n)
		}
		return true
	})
	return f.changed
}

// flow is one pass over one body.
type flow struct {
	*checker
	b       *body
	sum     *summary
	changed bool
}

func (f *flow) grow(to, from roots) {
	for r := range from {
		if !to[r] {
			to[r] = true
			f.changed = true
		}
	}
}

func (f *flow) write(rs roots, at ast.Node) {
	for r := range rs {
		if f.sum.writes[r] == nil {
			f.sum.writes[r] = at
			f.changed = true
		}
	}
}

// writeAll notes that a call writes what an argument leads to.
func (f *flow) writeAll(rs roots, arg ast.Expr, at ast.Node) {
	if rs[stateRoot] {
		f.writesState(f.b.info().TypeOf(arg))
	}
	f.write(rs, at)
}

func (f *flow) bind(lhs ast.Expr, from roots) {
	id, ok := ast.Unparen(lhs).(*ast.Ident)
	if !ok || len(from) == 0 {
		return
	}
	o := f.b.info().ObjectOf(id)
	if o == nil || !carries(o.Type(), map[types.Type]bool{}) {
		return
	}
	if f.sum.locals[o] == nil {
		f.sum.locals[o] = roots{}
	}
	f.grow(f.sum.locals[o], from)
}

func (f *flow) assign(n *ast.AssignStmt) {
	for i, lhs := range n.Lhs {
		from := f.of(n.Rhs[min(i, len(n.Rhs)-1)])
		f.bind(lhs, from)
		if base := baseName(lhs); base != lhs {
			f.bind(base, elements(from))
			if f.intoState(lhs, base) {
				f.keep(from, n)
			}
		}
		if n.Tok != token.DEFINE {
			f.store(lhs, n)
		}
	}
}

// baseName gives the variable that a place lies in: x of x.f[i], or the place itself.
func baseName(place ast.Expr) ast.Expr {
	for x := ast.Unparen(place); ; {
		switch e := x.(type) {
		case *ast.SelectorExpr:
			x = ast.Unparen(e.X)
		case *ast.IndexExpr:
			x = ast.Unparen(e.X)
		case *ast.StarExpr:
			x = ast.Unparen(e.X)
		case *ast.Ident:
			return e
		default:
			return place
		}
	}
}

// intoState says whether an assignment goes into the state of an entity: of the own one, or of a draft.
func (f *flow) intoState(lhs, base ast.Expr) bool {
	id, ok := base.(*ast.Ident)
	return f.ownField(f.b, lhs) != nil || ok && f.drafts(f.b)[f.b.info().ObjectOf(id)]
}

// keep notes that memory of package variables gets into state: their own, or only that of their elements.
func (f *flow) keep(from roots, at ast.Node) {
	for r := range from {
		e, partly := r.(element)
		if partly {
			r = e.of
		}
		v, ok := r.(*types.Var)
		if !ok || !f.isPackageVar(v) {
			continue
		}
		if old := f.kept[v]; old == nil || old.partly && !partly {
			f.kept[v] = &keptVar{f.b, at, partly}
		}
	}
}

// literal notes what the literal of a draft keeps.
func (f *flow) literal(n *ast.CompositeLit) {
	if f.entityOf(f.b.info().TypeOf(n)) == nil {
		return
	}
	for _, x := range n.Elts {
		if kv, ok := x.(*ast.KeyValueExpr); ok {
			x = kv.Value
		}
		f.keep(f.of(x), x)
	}
}

// keptVar is where a package variable gets into state.
type keptVar struct {
	in     *body
	at     ast.Node
	partly bool // only what its elements lead to
}

// checkKept refuses package variables whose memory is kept in state and, by its type, may be written there.
func (c *checker) checkKept() {
	for _, v := range inSource(c.kept) {
		k := c.kept[v]
		written := c.holdsWritten(v.Type(), map[types.Type]bool{})
		if k.partly {
			written = false
			eachPart(v.Type(), func(p types.Type) { written = written || c.holdsWritten(p, map[types.Type]bool{}) })
		}
		if k.in.init || !written {
			continue
		}
		c.refuse("SF1204", k.in, k.at, "keeps the memory of the package variable "+v.Name()+" in state", "methods write to state, and would write to the variable").
			WithRelated(c.position(place(v)), "declared here").
			WithHelp("keep a copy: `slices.Clone(%s)`, `maps.Clone(%s)`, or a copying function where pointers are nested", v.Name(), v.Name())
	}
}

// holdsWritten says whether a value holds memory of a type that is written in state somewhere.
func (c *checker) holdsWritten(t types.Type, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if seen[t] || c.refTo(t) != nil {
		return false
	}
	seen[t] = true
	if c.stateWrites[types.TypeString(t.Underlying(), nil)] {
		return true
	}
	found := false
	eachPart(t, func(p types.Type) { found = found || c.holdsWritten(p, seen) })
	return found
}

// writesState notes a write to state through memory of a type.
func (f *flow) writesState(t types.Type) {
	if t == nil {
		return
	}
	if name := types.TypeString(t.Underlying(), nil); !f.stateWrites[name] {
		f.stateWrites[name], f.changed = true, true
	}
}

func (f *flow) ranges(n *ast.RangeStmt) {
	from := inside(f.of(n.X))
	for _, x := range []ast.Expr{n.Key, n.Value} {
		if x != nil {
			f.bind(x, from)
			if n.Tok == token.ASSIGN {
				f.store(x, n)
			}
		}
	}
}

// store notes an assignment to a place: to a package variable, or to memory that a place leads to. One step through a
// pointer, slice or map reaches the value's own memory, more steps that of its elements.
func (f *flow) store(place ast.Expr, at ast.Node) {
	steps := 0
	var last types.Type // what the last step went through, nearest to the place
	step := func(t types.Type) {
		if steps++; steps == 1 {
			last = t
		}
	}
	for x := ast.Unparen(place); ; {
		switch e := x.(type) {
		case *ast.Ident:
			switch v, ok := f.b.info().ObjectOf(e).(*types.Var); {
			case ok && f.isPackageVar(v):
				f.write(roots{v: true}, at)
			case ok && v == f.b.self:
				if steps > 1 { // the first is the receiver itself
					f.writesState(last)
				}
			default:
				if steps > 0 && inside(f.of(e))[stateRoot] {
					f.writesState(last)
				}
				f.reach(e, steps, at)
			}
			return
		case *ast.SelectorExpr:
			if f.b.info().Selections[e] == nil { // pkg.Var
				x = e.Sel
				continue
			}
			if t := f.b.info().TypeOf(e.X); isPointer(t) {
				step(t)
			}
			x = ast.Unparen(e.X)
		case *ast.IndexExpr:
			if t := f.b.info().TypeOf(e.X); t != nil {
				if _, isArray := t.Underlying().(*types.Array); !isArray {
					step(t)
				}
			}
			x = ast.Unparen(e.X)
		case *ast.StarExpr:
			step(f.b.info().TypeOf(e.X))
			x = ast.Unparen(e.X)
		case *ast.SliceExpr:
			x = ast.Unparen(e.X)
		default:
			f.reach(x, steps, at)
			return
		}
	}
}

// reach notes a write that is a number of steps away from a value.
func (f *flow) reach(x ast.Expr, steps int, at ast.Node) {
	switch steps {
	case 0:
	case 1:
		f.write(own(f.of(x)), at)
	default:
		f.write(inside(f.of(x)), at)
	}
}

func isPointer(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// of gives the roots that the memory of a value may come from.
func (f *flow) of(x ast.Expr) roots { return f.rootsIn(f.b, f.sum, x) }

// rootsOf gives the roots of an expression of a reached body.
func (c *checker) rootsOf(b *body, x ast.Expr) roots { return c.rootsIn(b, c.writes[b], x) }

func (c *checker) rootsIn(b *body, sum *summary, x ast.Expr) roots {
	info := b.info()
	t := info.TypeOf(x)
	if t == nil || !carries(t, map[types.Type]bool{}) {
		if _, ok := t.(*types.Tuple); !ok {
			return nil
		}
	}
	out := roots{}
	add := func(rs roots) {
		for r := range rs {
			out[r] = true
		}
	}
	switch e := ast.Unparen(x).(type) {
	case *ast.Ident:
		add(c.rootsOfName(b, sum, e))
	case *ast.SelectorExpr:
		if c.isSelf(b, e.X) {
			if s := info.Selections[e]; s != nil && s.Kind() == types.FieldVal {
				out[stateRoot] = true
			}
			return out
		}
		if _, ok := info.Uses[e.Sel].(*types.Var); ok && info.Selections[e] == nil {
			return c.rootsOfName(b, sum, e.Sel)
		}
		add(inside(c.placeRoots(b, sum, e.X)))
	case *ast.IndexExpr:
		add(inside(c.placeRoots(b, sum, e.X)))
	case *ast.SliceExpr:
		add(c.placeRoots(b, sum, e.X))
	case *ast.StarExpr:
		add(inside(c.rootsIn(b, sum, e.X)))
	case *ast.TypeAssertExpr:
		add(c.rootsIn(b, sum, e.X))
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			add(c.placeRoots(b, sum, e.X))
		}
	case *ast.CompositeLit:
		for _, v := range e.Elts {
			if kv, ok := v.(*ast.KeyValueExpr); ok {
				v = kv.Value
			}
			add(elements(c.rootsIn(b, sum, v)))
		}
	case *ast.CallExpr:
		add(c.callRoots(b, sum, e))
	}
	return out
}

// placeRoots gives the roots of the variable that a place lies in, whatever its own type is.
func (c *checker) placeRoots(b *body, sum *summary, x ast.Expr) roots {
	switch e := ast.Unparen(x).(type) {
	case *ast.Ident:
		return c.rootsOfName(b, sum, e)
	case *ast.SelectorExpr:
		if c.isSelf(b, e.X) {
			return roots{stateRoot: true}
		}
		if _, ok := b.info().Uses[e.Sel].(*types.Var); ok && b.info().Selections[e] == nil {
			return c.rootsOfName(b, sum, e.Sel)
		}
		return c.placeRoots(b, sum, e.X)
	case *ast.IndexExpr:
		return c.placeRoots(b, sum, e.X)
	case *ast.SliceExpr:
		return c.placeRoots(b, sum, e.X)
	}
	return c.rootsIn(b, sum, x)
}

func (c *checker) rootsOfName(b *body, sum *summary, id *ast.Ident) roots {
	v, ok := b.info().ObjectOf(id).(*types.Var)
	if !ok {
		return nil
	}
	if c.isPackageVar(v) {
		return roots{v: true}
	}
	out := roots{}
	for r := range sum.locals[v] {
		out[r] = true
	}
	if isParameter(b, v) && v != b.self {
		out[v] = true
	}
	return out
}

func isParameter(b *body, v *types.Var) bool {
	if b.fn == nil {
		return false
	}
	sig := b.fn.Signature()
	if sig.Recv() == v {
		return true
	}
	for p := range sig.Params().Variables() {
		if p == v {
			return true
		}
	}
	return false
}

// arguments gives the receiver (nil if there is none) and the arguments of a call, as a function counts them.
func (c *checker) arguments(b *body, call *ast.CallExpr) []ast.Expr {
	var list []ast.Expr
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if s := b.info().Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			list = append(list, sel.X)
		}
	}
	return append(list, call.Args...)
}

// callee gives the body that a call runs in this activation, and the object of each of its parameters.
func (c *checker) callee(b *body, call *ast.CallExpr) (*body, []*types.Var) {
	fn, ok := typeutil.Callee(b.info(), call).(*types.Func)
	if !ok || c.leaves(b, call) {
		return nil, nil
	}
	to := c.bodies[fn.Origin()]
	if to == nil || c.writes[to] == nil {
		return nil, nil
	}
	sig := to.fn.Signature()
	var params []*types.Var
	if r := sig.Recv(); r != nil {
		params = append(params, r)
	}
	for p := range sig.Params().Variables() {
		params = append(params, p)
	}
	return to, params
}

// argument gives the parameter that argument i goes to.
func argument(params []*types.Var, i int) *types.Var {
	if len(params) == 0 {
		return nil
	}
	return params[min(i, len(params)-1)]
}

func (c *checker) callRoots(b *body, sum *summary, call *ast.CallExpr) roots {
	out := roots{}
	args := c.arguments(b, call)
	to, params := c.callee(b, call)
	if to != nil {
		for r := range c.writes[to].returns {
			inner, isElement := r, false
			if e, ok := r.(element); ok {
				inner, isElement = e.of, true
			}
			v, ok := inner.(*types.Var)
			if !ok || c.isPackageVar(v) {
				out[r] = true
				continue
			}
			for i, a := range args {
				if argument(params, i) == v {
					from := c.placeRoots(b, sum, a)
					if isElement {
						from = elements(from)
					}
					maps.Copy(out, from)
				}
			}
		}
		return out
	}
	if b.info().Types[call.Fun].IsType() && len(call.Args) == 1 {
		return c.rootsIn(b, sum, call.Args[0])
	}
	if isBuiltin(b.info(), call, "append") {
		for i, a := range call.Args {
			from := c.rootsIn(b, sum, a)
			switch {
			case i > 0 && call.Ellipsis.IsValid():
				from = elements(inside(from))
			case i > 0:
				from = elements(from)
			}
			maps.Copy(out, from)
		}
		return out
	}
	if fn, ok := typeutil.Callee(b.info(), call).(*types.Func); ok && fn.Pkg() != nil && !c.ours(fn.Pkg()) {
		effects := Lookup(externName(fn)).Effects
		for i, a := range args {
			if hasClause(effects, "r", i, fn) {
				maps.Copy(out, c.placeRoots(b, sum, a))
			} else if hasClause(effects, "e", i, fn) {
				maps.Copy(out, elements(inside(c.placeRoots(b, sum, a))))
			}
		}
	}
	return out
}

// hasClause says whether an effects text has one of the given clauses for argument i.
func hasClause(effects, letters string, i int, fn *types.Func) bool {
	n := fn.Signature().Params().Len() - 1
	if fn.Signature().Recv() != nil {
		n++
	}
	i = min(i, max(n, 0))
	for _, clause := range strings.Fields(effects) {
		arg, _, _ := strings.Cut(clause[1:], ">")
		if strings.IndexByte(letters, clause[0]) >= 0 && arg == string(rune('0'+i)) {
			return true
		}
	}
	return false
}

// call notes what a call writes.
func (f *flow) call(call *ast.CallExpr) {
	args := f.arguments(f.b, call)
	if to, params := f.callee(f.b, call); to != nil {
		for r := range f.writes[to].writes {
			if v, ok := r.(*types.Var); ok && !f.isPackageVar(v) {
				for i, a := range args {
					if argument(params, i) == v {
						f.writeAll(inside(f.placeRoots(f.b, f.sum, a)), a, call)
					}
				}
			}
		}
		return
	}
	for _, name := range []string{"delete", "clear", "copy"} {
		if isBuiltin(f.b.info(), call, name) {
			f.writeAll(own(f.of(call.Args[0])), call.Args[0], call)
		}
	}
	if fn, ok := typeutil.Callee(f.b.info(), call).(*types.Func); ok && fn.Pkg() != nil && !f.ours(fn.Pkg()) {
		effects := Lookup(externName(fn)).Effects
		for i, a := range args {
			if hasClause(effects, "W", i, fn) {
				f.writeAll(inside(f.placeRoots(f.b, f.sum, a)), a, call)
			} else if hasClause(effects, "wps", i, fn) {
				f.writeAll(own(f.placeRoots(f.b, f.sum, a)), a, call)
			}
		}
	}
}

// carries says whether a value can lead to memory that is shared: it is or holds a pointer, slice, map, func, interface.
func carries(t types.Type, seen map[types.Type]bool) bool {
	if t == nil {
		return false
	}
	t = types.Unalias(t)
	if seen[t] {
		return false
	}
	seen[t] = true
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Slice, *types.Map, *types.Chan, *types.Signature, *types.Interface:
		return true
	case *types.Array:
		return carries(u.Elem(), seen)
	case *types.Struct:
		for v := range u.Fields() {
			if carries(v.Type(), seen) {
				return true
			}
		}
	}
	return false
}
