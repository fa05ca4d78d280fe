// This file lowers calls of methods: on the own receiver, on references, through interfaces, on plain values.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// prepareMethod lowers x.M(…) by what x is: the own receiver, a draft, another entity, an interface or plain data.
func (f *fn) prepareMethod(sel *ast.SelectorExpr, s *selection, sig *types.Signature, e *ast.CallExpr) *prepared {
	m := s.obj.(*types.Func)
	p := f.newCall(sig, e)
	if f.isContextVar(sel.X) {
		return f.prepareContext(m, p, sel)
	}
	own := f.isSelf(sel.X)
	draft := f.draftBase(sel.X)
	if (own || draft != nil) && len(s.path) == 1 {
		return f.prepareOwn(p, m, draft, sig, e)
	}
	if en := f.refTo(s.recv); en != nil && !own && draft == nil {
		return f.prepareInvoke(p, f.expr(sel.X), s.recv, en, m, sig, e)
	}
	x, t := f.base(sel.X), s.recv
	for i, index := range s.path[:len(s.path)-1] {
		if en := f.refTo(t); en != nil && (i > 0 || !own && draft == nil) {
			return f.prepareInvoke(p, x, t, en, m, sig, e)
		}
		x, t = f.field(x, t, index, e)
	}
	if en := f.refTo(t); en != nil {
		return f.prepareInvoke(p, x, t, en, m, sig, e)
	}
	if types.IsInterface(t) {
		return f.prepareFace(p, x, t, m, sig, e)
	}
	return f.preparePlain(p, x, t, m, sig, e)
}

func (f *fn) prepareContext(m *types.Func, p *prepared, sel *ast.SelectorExpr) *prepared {
	if m.Name() != "Deadline" {
		f.report("SF1511", sel, "what else a request needs can be a parameter", "of a context only Deadline and Err can be used")
		p.emit = func([]ir.Expr, []string) {}
		return p
	}
	p.emit = func(_ []ir.Expr, into []string) {
		if len(into) != 2 {
			return
		}
		set := func(name string, x ir.Expr) {
			if name != "_" {
				f.do(&ir.Set{Place: &ir.Name{Name: name}, To: x, At: f.at})
			}
		}
		set(into[0], &ir.Request{What: "deadline"})
		set(into[1], &ir.Binary{Op: "ne", X: &ir.Request{What: "deadline"}, Y: &ir.Zero{Type: ir.Basic(ir.Time)}})
	}
	return p
}

func (f *fn) prepareOwn(p *prepared, m *types.Func, draft *variable, sig *types.Signature, e *ast.CallExpr) *prepared {
	name := f.funcName(m, nil)
	f.args(p, sig, e, true)
	if draft != nil {
		if d := f.decls[m]; d != nil && f.escapes(d, map[*types.Func]bool{}) {
			f.report("SF1117", e, "set the fields directly, or call it in a method after the entity is created", "%s lets its receiver out, which is a draft here: it becomes an entity when the constructor returns it", name)
		}
	}
	p.emit = func(args []ir.Expr, into []string) {
		call := &ir.Call{Func: name, Args: args, Into: into, At: f.at}
		if draft != nil {
			call.On = &ir.Name{Name: draft.name}
		}
		f.do(call)
	}
	f.recovering(p, m, e)
	return p
}

func (f *fn) prepareInvoke(p *prepared, on operand, t types.Type, en *entity, m *types.Func, sig *types.Signature, e *ast.CallExpr) *prepared {
	if f.inInit {
		f.report("SF1511", e, "call it in a method or function that is requested", "initialisation cannot call an entity: there are none yet")
	}
	p.arg(on, f.typ(t, e))
	f.args(p, sig, e, true)
	name := f.entityMethod(en, m.Name(), e)
	accept := f.accepts(e)
	p.emit = func(args []ir.Expr, into []string) {
		then := f.newBlock()
		f.end(&ir.Invoke{Method: name, On: args[0], Args: args[1:], Into: into, Then: then.Name, Copy: accept, At: f.at})
		f.start(then)
	}
	f.recovering(p, m, e)
	return p
}

// prepareFace calls through an interface. The receiver is read late, except where gc knows its type.
func (f *fn) prepareFace(p *prepared, x operand, t types.Type, m *types.Func, sig *types.Signature, e *ast.CallExpr) *prepared {
	it := f.typ(t, e)
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && f.devirtualized(sel.X) {
		x = f.seq(len(f.pending), it, x)
	}
	p.arg(x, it)
	f.args(p, sig, e, true)
	name, accept := m.Name(), f.accepts(e)
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.CallFace{Recv: args[0], Method: name, Args: args[1:], Into: into, Copy: accept, At: f.at})
	}
	return p
}

// preparePlain calls a method of plain data or of a type of the library; its receiver is the first argument.
func (f *fn) preparePlain(p *prepared, x operand, t types.Type, m *types.Func, sig *types.Signature, e *ast.CallExpr) *prepared {
	want := m.Signature().Recv().Type()
	recv, rt := f.receiverArg(x, t, isPtr(want), e)
	p.arg(recv, f.typ(rt, e))
	named, ok := deref(t).(*types.Named)
	if !ok {
		internal("method of %s", t)
	}
	if f.by[m.Pkg()] == nil {
		p.names = f.namedArgs(m, sig, e)
		f.args(p, sig, e, false)
		if named.TypeArgs().Len() == 0 {
			sig = m.Signature() // who forwards a call has no arguments yet
		}
		name := f.extern(m, typeArgs(named), sig, rt, e)
		p.emit = func(args []ir.Expr, into []string) {
			f.do(&ir.CallExtern{Extern: name, Args: args, Into: into, At: f.at})
		}
		return p
	}
	f.args(p, sig, e, true)
	name := f.funcName(m, typeArgs(named))
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.Call{Func: name, Args: args, Into: into, At: f.at})
	}
	f.recovering(p, m, e)
	return p
}

// receiverArg takes the address of a receiver, or what it points to, as the method wants it.
func (f *fn) receiverArg(x operand, t types.Type, pointer bool, n ast.Node) (operand, types.Type) {
	has := isPtr(t)
	switch {
	case has && !pointer:
		return func() ir.Expr { return &ir.Deref{X: x()} }, deref(t)
	case !has && pointer:
		return func() ir.Expr {
			p := x()
			switch p := p.(type) {
			case *ir.Deref:
				return p.X
			case *ir.Global:
				f.report("SF1204", n, "give the method a value receiver, or copy the variable first", "a method with a pointer receiver could write package variable %s", p.Name)
			}
			return &ir.Addr{X: p}
		}, types.NewPointer(t)
	}
	return x, t
}

// prepareMethodExpr lowers T.M(x, …).
func (f *fn) prepareMethodExpr(sel *ast.SelectorExpr, s *selection, sig *types.Signature, e *ast.CallExpr) *prepared {
	m := s.obj.(*types.Func)
	p := f.newCall(sig, e)
	rest := types.NewSignatureType(nil, nil, nil, types.NewTuple(variables(sig.Params())[1:]...), sig.Results(), sig.Variadic())
	call := &ast.CallExpr{Fun: e.Fun, Args: e.Args[1:], Ellipsis: e.Ellipsis, Lparen: e.Lparen, Rparen: e.Rparen}
	x := e.Args[0]
	en := f.refTo(s.recv)
	_, tuple := f.typeOf(x).(*types.Tuple)
	switch {
	case len(s.path) != 1 || tuple:
		p.emit = func([]ir.Expr, []string) {}
		f.report("SF1503", sel, "call the method on the value: `x.M(…)`", "this call of a method expression is not supported yet: write x.M(…)")
		return p
	case en != nil && f.isSelf(x):
		return f.prepareOwn(p, m, nil, rest, call)
	case en != nil && f.draftBase(x) != nil:
		return f.prepareOwn(p, m, f.draftBase(x), rest, call)
	case en != nil:
		return f.prepareInvoke(p, f.expr(x), s.recv, en, m, rest, call)
	case types.IsInterface(s.recv):
		return f.prepareFace(p, f.exprTo(x, s.recv), s.recv, m, rest, call)
	}
	return f.preparePlain(p, f.exprTo(x, s.recv), s.recv, m, rest, call)
}

// escapes says whether a method of an entity lets its receiver out of itself: it may then not be called on a draft.
func (c *compiler) escapes(d *declaration, seen map[*types.Func]bool) bool {
	if seen[d.obj] || d.decl.Recv == nil || len(d.decl.Recv.List[0].Names) == 0 {
		return false
	}
	seen[d.obj] = true
	self := d.pkg.TypesInfo.Defs[d.decl.Recv.List[0].Names[0]]
	allowed := map[*ast.Ident]bool{}
	out := false
	ast.Inspect(d.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && d.pkg.TypesInfo.Uses[id] == self {
				allowed[id] = true
				sel := d.pkg.TypesInfo.Selections[n]
				if sel != nil && sel.Kind() == types.MethodVal {
					if len(sel.Index()) > 1 {
						return true
					}
					callee := c.decls[sel.Obj().(*types.Func)]
					out = out || callee == nil || c.escapes(callee, seen)
				}
			}
		case *ast.BinaryExpr:
			if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && d.pkg.TypesInfo.Types[n.Y].IsNil() {
				allowed[id] = true
			}
		case *ast.FuncLit:
			out = out || usesObject(d.pkg.TypesInfo, n, self)
		case *ast.Ident:
			if d.pkg.TypesInfo.Uses[n] == self && !allowed[n] {
				out = true
			}
		}
		return !out
	})
	return out
}

func usesObject(info *types.Info, n ast.Node, o types.Object) bool {
	found := false
	ast.Inspect(n, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok && info.Uses[id] == o {
			found = true
		}
		return !found
	})
	return found
}
