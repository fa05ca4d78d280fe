// This file finds out what a function of the program is given for a parameter of an interface type: what a helper hands
// on to the library is then known by its callers, and not by everything that is ever put into an interface.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"
)

// callSite is a call of a function of the program, by name.
type callSite struct {
	in   *body
	call *ast.CallExpr
}

// callers knows where the functions of the program are called.
type callers struct {
	sites map[*types.Func][]callSite
	other map[*types.Func]bool        // called in other ways too: as a value, through an interface, by the library
	bad   map[*types.Var]bool         // variables that a body assigns, shares or hands on to who knows whom
	each  map[*types.Var]*types.Var   // the variables of loops over a slice: the slice
	whole map[*types.Var][]*types.Var // slices that are spread into variadic calls: the parameters that share them
}

// findCallers looks through the reached bodies.
func (c *checker) findCallers() *callers {
	f := &callers{sites: map[*types.Func][]callSite{}, other: map[*types.Func]bool{}, bad: map[*types.Var]bool{}, whole: map[*types.Var][]*types.Var{}, each: map[*types.Var]*types.Var{}}
	for _, b := range c.reached {
		walk(b.node, func(n ast.Node, above []ast.Node) bool {
			if loop, ok := n.(*ast.RangeStmt); ok {
				f.noteLoop(b.info(), loop)
			}
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			switch o := b.info().Uses[id].(type) {
			case *types.Func:
				if call := calledBy(id, above); call != nil && !isMethodExpression(b.info(), call) {
					f.sites[o.Origin()] = append(f.sites[o.Origin()], callSite{b, call})
				} else {
					f.other[o.Origin()] = true
				}
			case *types.Var:
				if to := c.spreadInto(b, id, above); to != nil {
					f.whole[o] = append(f.whole[o], to)
				} else if !c.onlyRead(b, id, o, above) {
					f.bad[o] = true
				}
			}
			return true
		})
	}
	for _, call := range c.faceCalls {
		for _, x := range c.boxes {
			if m := c.implementation(x.typ, call); m != nil {
				f.other[m] = true
			}
		}
	}
	f.spreadBad()
	return f
}

// noteLoop remembers which slice a loop takes its values from.
func (f *callers) noteLoop(info *types.Info, loop *ast.RangeStmt) {
	value, ok := loop.Value.(*ast.Ident)
	over, ok2 := ast.Unparen(loop.X).(*ast.Ident)
	if !ok || !ok2 || loop.Tok != token.DEFINE {
		return
	}
	v, ok := info.Defs[value].(*types.Var)
	slice, ok2 := info.Uses[over].(*types.Var)
	if ok && ok2 {
		f.each[v] = slice
	}
}

// spreadBad marks the slices that a callee changes.
func (f *callers) spreadBad() {
	for changed := true; changed; {
		changed = false
		for v, shared := range f.whole {
			if !f.bad[v] && slices.ContainsFunc(shared, func(p *types.Var) bool { return f.bad[p] }) {
				f.bad[v], changed = true, true
			}
		}
	}
}

func isMethodExpression(info *types.Info, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && info.Selections[sel] != nil && info.Selections[sel].Kind() == types.MethodExpr
}

// spreadInto gives the parameter of a function of the program that gets a slice whole: f(xs...).
func (c *checker) spreadInto(b *body, id *ast.Ident, above []ast.Node) *types.Var {
	call, ok := parent(above).(*ast.CallExpr)
	if !ok || !call.Ellipsis.IsValid() || ast.Unparen(call.Args[len(call.Args)-1]) != id {
		return nil
	}
	fn, ok := typeutil.Callee(b.info(), call).(*types.Func)
	if !ok || c.bodies[fn.Origin()] == nil {
		return nil
	}
	params := fn.Origin().Signature().Params()
	return params.At(params.Len() - 1)
}

// calledBy gives the call whose function is named by an identifier, alone or selected.
func calledBy(id *ast.Ident, above []ast.Node) *ast.CallExpr {
	name, up := qualified(id, above)
	for {
		i := slices.Index(above, up)
		switch x := up.(type) {
		case *ast.IndexExpr:
			name, up = x, parent(above[:i])
		case *ast.IndexListExpr:
			name, up = x, parent(above[:i])
		case *ast.CallExpr:
			if ast.Unparen(x.Fun) == name {
				return x
			}
			return nil
		default:
			return nil
		}
	}
}

// onlyRead says whether a mention of a variable leaves it, and the elements of a slice, as they are: it is read, or, if
// it is a slice, counted, gone through, or spread into the arguments of a library function.
func (c *checker) onlyRead(b *body, id *ast.Ident, v *types.Var, above []ast.Node) bool {
	up := parent(above)
	if _, ok := v.Type().Underlying().(*types.Slice); !ok {
		switch up := up.(type) {
		case *ast.AssignStmt:
			return !slices.ContainsFunc(up.Lhs, func(x ast.Expr) bool { return ast.Unparen(x) == id })
		case *ast.UnaryExpr:
			return up.Op != token.AND
		case *ast.RangeStmt:
			return up.Key != id && up.Value != id
		}
		return true
	}
	switch up := up.(type) {
	case *ast.CallExpr:
		if isBuiltin(b.info(), up, "len") {
			return true
		}
		fn, ok := typeutil.Callee(b.info(), up).(*types.Func)
		return ok && up.Ellipsis.IsValid() && ast.Unparen(up.Args[len(up.Args)-1]) == id && c.foreign(fn.Pkg())
	case *ast.RangeStmt:
		return ast.Unparen(up.X) == id
	case *ast.IndexExpr:
		i := slices.Index(above, ast.Node(up))
		switch at := parent(above[:i]).(type) {
		case *ast.AssignStmt:
			return !slices.ContainsFunc(at.Lhs, func(x ast.Expr) bool { return ast.Unparen(x) == up })
		case *ast.UnaryExpr:
			return at.Op != token.AND
		}
		return true
	}
	return false
}

// given lists what callers put into a parameter of an interface type, or of a slice of one, if an expression is such a
// parameter or one of its elements. It says false if it is not known: then everything that gets into such an interface
// anywhere may be in it.
func (c *checker) given(b *body, x ast.Expr) ([]box, bool) {
	x = ast.Unparen(x)
	if at, ok := x.(*ast.IndexExpr); ok {
		x = ast.Unparen(at.X)
	}
	id, ok := x.(*ast.Ident)
	if !ok {
		return nil, false
	}
	v, ok := b.info().Uses[id].(*types.Var)
	if !ok || !holdsFaces(v.Type()) {
		return nil, false
	}
	g := &giving{checker: c, seen: map[*types.Var]bool{}}
	known := g.parameter(v)
	return g.boxes, known
}

// giving follows a parameter from callee to callers.
type giving struct {
	*checker
	seen  map[*types.Var]bool
	boxes []box
}

func (g *giving) parameter(v *types.Var) bool {
	if g.seen[v] {
		return true
	}
	g.seen[v] = true
	if g.callers == nil {
		g.callers = g.findCallers()
	}
	if slice := g.callers.each[v]; slice != nil {
		return !g.callers.bad[v] && g.parameter(slice)
	}
	fn, i := g.parameterOf(v)
	if fn == nil || g.callers.bad[v] || g.callers.other[fn] || g.libraryCalls(fn) {
		return false
	}
	if slices.ContainsFunc(g.surface.requests, func(r request) bool { return r.fn.Origin() == fn }) {
		if _, list := v.Type().Underlying().(*types.Slice); list {
			return false // clients may nest anything
		}
		for _, x := range g.surface.brought {
			if x.by.fn.Origin() == fn {
				return false
			}
		}
		if face, ok := v.Type().Underlying().(*types.Interface); !ok || face.NumMethods() == 0 {
			return false
		}
	}
	for _, s := range g.callers.sites[fn] {
		if !g.site(s, fn.Signature(), i) {
			return false
		}
	}
	return true
}

// parameterOf finds the function that declares a parameter.
func (c *checker) parameterOf(v *types.Var) (*types.Func, int) {
	if c.parameters == nil {
		c.parameters = map[*types.Var]parameter{}
		for fn := range c.bodies {
			i := 0
			for p := range fn.Signature().Params().Variables() {
				c.parameters[p] = parameter{fn, i}
				i++
			}
		}
	}
	p := c.parameters[v]
	return p.of, p.index
}

// parameter is the place of a parameter.
type parameter struct {
	of    *types.Func
	index int
}

// libraryCalls says whether the library may call a method on its own.
func (c *checker) libraryCalls(fn *types.Func) bool {
	return fn.Signature().Recv() != nil && libraryNames[fn.Name()]
}

// site looks at the arguments of one call that go to a parameter.
func (g *giving) site(s callSite, sig *types.Signature, i int) bool {
	last := sig.Params().Len() - 1
	args := s.call.Args
	if len(args) == 1 && last > 0 { // f(g()) with several results
		if _, tuple := s.in.info().TypeOf(args[0]).(*types.Tuple); tuple {
			return false
		}
	}
	switch {
	case !sig.Variadic() || i < last:
		return i < len(args) && g.argument(s.in, args[i])
	case s.call.Ellipsis.IsValid():
		return g.argument(s.in, args[len(args)-1])
	}
	for _, a := range args[min(i, len(args)):] {
		if !g.argument(s.in, a) {
			return false
		}
	}
	return true
}

// argument looks at one argument: a value of a known type, or a parameter of the caller.
func (g *giving) argument(b *body, a ast.Expr) bool {
	t := b.info().TypeOf(a)
	if t == nil || t == types.Typ[types.UntypedNil] {
		return true
	}
	if id, ok := ast.Unparen(a).(*ast.Ident); ok {
		if v, ok := b.info().Uses[id].(*types.Var); ok && holdsFaces(t) {
			return g.parameter(v)
		}
	}
	if holdsFaces(t) {
		return false
	}
	if _, open := types.Unalias(t).(*types.TypeParam); open {
		return false
	}
	g.boxes = append(g.boxes, box{typ: t, at: a, in: b})
	return true
}

// holdsFaces says whether a type is an interface, or a slice of one.
func holdsFaces(t types.Type) bool {
	if s, ok := t.Underlying().(*types.Slice); ok {
		t = s.Elem()
	}
	return types.IsInterface(t)
}
