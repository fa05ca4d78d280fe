// This file lowers func values: literals, functions, method values and method expressions; and literals called in place.

package frontend

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// funcLit makes a closure: the body is a function of its own, captured variables are its cells.
func (f *fn) funcLit(e *ast.FuncLit) operand {
	if callsRecover(f.pkg.TypesInfo, e.Body) {
		f.report("SF1511", e, "defer the literal where it stands: defer func() { … recover() … }()", "recover in a function value is not supported yet")
	}
	sig := f.typeOf(e).(*types.Signature)
	inner := f.closure(e)
	inner.scope = &scope{sig: sig, labels: map[string]*ir.Block{}, backward: jumpsBack(e.Body)}
	func() {
		defer inner.guard(e)
		inner.params(e.Type)
		inner.results(e.Type)
		inner.prepareDefers(e.Body)
		inner.block(e.Body.List)
		inner.finishScope(e.Body)
		inner.tidy()
	}()
	return f.makeClosure(inner, f.irType(e))
}

// closure starts a function inside this one.
func (f *fn) closure(n ast.Node) *fn {
	*f.lits++
	name := fmt.Sprintf("%s$%d", f.rootName(), *f.lits)
	out := &ir.Func{Name: name, File: f.out.File, At: f.line(n.Pos()), Entity: f.out.Entity, Self: f.out.Self}
	f.add(out)
	inner := newFn(f.compiler, f.pkg, out)
	inner.parent, inner.root, inner.sub, inner.cells, inner.names, inner.lits = f, f.root, f.sub, f.cells, f.names, f.lits
	inner.self, inner.entity, inner.inInit, inner.at = f.self, f.entity, f.inInit, f.at
	inner.start(inner.newBlock())
	return inner
}

func (f *fn) rootName() string {
	for f.parent != nil {
		f = f.parent
	}
	return f.out.Name
}

// makeClosure gives the func value of a lowered closure.
func (f *fn) makeClosure(inner *fn, t *ir.Type) operand {
	var cells []string
	for _, c := range inner.out.Captures {
		cells = append(cells, c.Name)
	}
	return func() ir.Expr {
		into := f.temp(t)
		f.do(&ir.Closure{Func: inner.out.Name, Cells: cells, Into: into, At: f.at})
		return &ir.Name{Name: into}
	}
}

// funcValue gives a declared function as a value; one of the library is wrapped.
func (f *fn) funcValue(e ast.Expr) operand {
	obj, targs := f.staticFunc(e)
	if obj == nil {
		return f.unsupported("SF1511", e, "use a function literal that does the same", "this func value is not supported")
	}
	sig := f.typeOf(e).Underlying().(*types.Signature)
	if f.by[obj.Pkg()] != nil {
		if d := f.decls[obj.Origin()]; d != nil && callsRecover(d.pkg.TypesInfo, d.decl.Body) {
			f.report("SF1511", e, "use a function literal that recovers where it is deferred: `defer func() { … recover() … }()`", "%s calls recover, and is not supported as a func value yet", obj.Name())
		}
		name := f.funcName(obj, targs)
		return func() ir.Expr { return &ir.FuncVal{Func: name} }
	}
	if obj.Pkg().Path() == sfcPath {
		return f.unsupported("SF1120", e, "call it: a function literal can do that where a value is needed", "sfc.%s can only be called", obj.Name())
	}
	t := f.irType(e)
	inner := f.closure(e)
	name := f.extern(obj, targs, sig, nil, e)
	inner.forward(t, func(args []ir.Expr, into []string) {
		inner.do(&ir.CallExtern{Extern: name, Args: args, Into: into, At: f.line(e.Pos())})
	})
	return f.makeClosure(inner, t)
}

// forward makes the body of a function that passes its parameters on.
func (f *fn) forward(t *ir.Type, emit func(args []ir.Expr, into []string)) {
	f.out.Variadic = t.Variadic
	var args []ir.Expr
	for i, p := range t.Params {
		name := f.unique(fmt.Sprintf("a%d", i+1))
		f.out.Params = append(f.out.Params, &ir.Local{Name: name, Type: p})
		args = append(args, &ir.Name{Name: name})
	}
	var into []string
	var values []ir.Expr
	for _, r := range t.Results {
		f.out.Results = append(f.out.Results, &ir.Local{Name: "_", Type: r})
		into = append(into, f.temp(r))
		values = append(values, &ir.Name{Name: into[len(into)-1]})
	}
	emit(args, into)
	f.end(&ir.Return{Values: values, At: f.out.At})
	f.tidy()
}

// methodValue lowers x.M and T.M as values.
func (f *fn) methodValue(e *ast.SelectorExpr, s *selection) operand {
	t := f.irType(e)
	m := s.obj.(*types.Func)
	sig := f.typeOf(e).Underlying().(*types.Signature)
	if d := f.decls[m.Origin()]; d != nil && callsRecover(d.pkg.TypesInfo, d.decl.Body) {
		f.report("SF1511", e, "use a function literal that recovers where it is deferred: `defer func() { … recover() … }()`", "%s calls recover, and is not supported as a func value yet", m.Name())
	}
	if f.isContextVar(e.X) || f.draftBase(e.X) != nil {
		return f.unsupported("SF1117", e, "call it in a function literal: `func() { x.M() }`", "a method value of %s is not possible here", exprText(e.X))
	}
	if s.kind == types.MethodExpr {
		return f.methodExpr(e, s, t, sig)
	}
	inner := f.closure(e)
	if f.isSelf(e.X) {
		inner.forwardCall(t, func(args []ast.Expr) *prepared {
			return inner.prepareMethod(e, s, plainSig(sig), &ast.CallExpr{Fun: e})
		})
		return f.makeClosure(inner, t)
	}
	return f.boundMethod(e, s, m, t, sig, inner)
}

// boundMethod evaluates the receiver now and keeps it in a cell.
func (f *fn) boundMethod(e *ast.SelectorExpr, s *selection, m *types.Func, t *ir.Type, sig *types.Signature, inner *fn) operand {
	recv, rt := f.base(e.X), s.recv
	for _, index := range s.path[:len(s.path)-1] {
		if f.refTo(rt) != nil && !f.isSelf(e.X) {
			break
		}
		recv, rt = f.field(recv, rt, index, e)
	}
	en := f.refTo(rt)
	if en == nil && !types.IsInterface(rt) {
		recv, rt = f.receiverArg(recv, rt, isPtr(m.Signature().Recv().Type()), e)
	}
	it := f.typ(rt, e)
	cell := f.local("bound", it, true)
	inner.out.Captures = append(inner.out.Captures, &ir.Local{Name: cell.name, Type: it, Cell: true})
	inner.forwardCall(t, func([]ast.Expr) *prepared {
		p := inner.newCall(sig, e)
		call := &ast.CallExpr{Fun: e}
		x := nameOf(cell.name)
		switch {
		case en != nil:
			return inner.prepareInvoke(p, x, rt, en, m, plainSig(sig), call)
		case types.IsInterface(rt):
			return inner.prepareFace(p, x, rt, m, plainSig(sig), call)
		}
		return inner.preparePlain(p, x, rt, m, plainSig(sig), call)
	})
	made := f.makeClosure(inner, t)
	return func() ir.Expr {
		x := recv()
		f.do(&ir.NewCell{Local: cell.name, To: x, At: f.at})
		if types.IsInterface(rt) {
			f.nilCheck(cell.name)
		}
		return made()
	}
}

// nilCheck panics as a method value of a nil interface does.
func (f *fn) nilCheck(name string) {
	bad, good := f.newBlock(), f.newBlock()
	f.end(&ir.If{Cond: &ir.IsNil{X: &ir.Name{Name: name}}, Then: bad.Name, Else: good.Name, At: f.at})
	f.start(bad)
	f.do(&ir.Eval{X: &ir.Deref{X: &ir.Nil{Type: ir.PtrType(ir.Basic(ir.Int))}}, At: f.at})
	f.goOn(good)
}

// plainSig is a signature whose parameters forwardCall passes by itself.
func plainSig(sig *types.Signature) *types.Signature {
	return types.NewSignatureType(nil, nil, nil, nil, sig.Results(), false)
}

// forwardCall makes a body that passes its parameters to a prepared call, after the call's own operands.
func (f *fn) forwardCall(t *ir.Type, prepare func([]ast.Expr) *prepared) {
	f.scope = &scope{labels: map[string]*ir.Block{}}
	p := prepare(nil)
	f.forward(t, func(args []ir.Expr, into []string) {
		var all []ir.Expr
		for _, a := range p.args {
			all = append(all, a())
		}
		f.flush()
		p.emit(append(all, args...), into)
	})
}

// methodExpr lowers T.M as a value: the receiver is the first parameter.
func (f *fn) methodExpr(e *ast.SelectorExpr, s *selection, t *ir.Type, sig *types.Signature) operand {
	m := s.obj.(*types.Func)
	if len(s.path) != 1 {
		return f.unsupported("SF1503", e, "use a function literal: `func(x T) { x.M() }`", "a method expression of a promoted method is not supported yet")
	}
	inner := f.closure(e)
	inner.scope = &scope{labels: map[string]*ir.Block{}}
	en := f.refTo(s.recv)
	rest := plainSig(sig)
	call := &ast.CallExpr{Fun: e}
	inner.forward(t, func(args []ir.Expr, into []string) {
		x := func() ir.Expr { return args[0] }
		var p *prepared
		switch {
		case en != nil:
			p = inner.prepareInvoke(inner.newCall(sig, e), x, s.recv, en, m, rest, call)
		case types.IsInterface(s.recv):
			p = inner.prepareFace(inner.newCall(sig, e), x, s.recv, m, rest, call)
		default:
			p = inner.preparePlain(inner.newCall(sig, e), x, s.recv, m, rest, call)
		}
		first := p.args[0]()
		inner.flush()
		p.emit(append([]ir.Expr{first}, args[1:]...), into)
	})
	return f.makeClosure(inner, t)
}

// prepareLiteral lowers a literal that is called where it stands, as part of this function.
func (f *fn) prepareLiteral(lit *ast.FuncLit, e *ast.CallExpr) *prepared {
	sig := f.typeOf(lit).(*types.Signature)
	p := f.newCall(sig, e)
	f.args(p, sig, e, true)
	p.emit = func(args []ir.Expr, into []string) { f.inline(lit.Type, lit.Body, sig, args, into, false) }
	p.recover = callsRecover(f.pkg.TypesInfo, lit.Body)
	return p
}

// inline lowers a body in place: it returns by a jump, and its results go to variables of this function.
func (f *fn) inline(typ *ast.FuncType, body *ast.BlockStmt, sig *types.Signature, args []ir.Expr, into []string, deferred bool) {
	outer, loops := f.scope, f.loops
	f.loops = nil
	f.scope = &scope{outer: outer, sig: f.sub.signature(sig), exit: f.newBlock(), deferred: deferred, labels: map[string]*ir.Block{}, backward: jumpsBack(body)}
	i := 0
	for _, field := range typ.Params.List {
		for _, name := range field.Names {
			obj := f.pkg.TypesInfo.Defs[name]
			if i == 0 && len(args) < sig.Params().Len() { // the context
				if obj != nil {
					f.vars[obj] = &variable{name: name.Name, ctx: true}
				}
				args = append([]ir.Expr{nil}, args...)
			} else {
				v := f.declare(obj, name, f.scope.sig.Params().At(i).Type())
				f.setVar(v, args[i], true)
			}
			i++
		}
	}
	f.results(typ)
	f.resultVars(typ)
	f.prepareDefers(body)
	f.block(body.List)
	if f.cur != nil {
		f.leave()
	}
	f.chain()
	scope := f.scope
	f.scope, f.loops = outer, loops
	if scope.defers == nil { // the chain ends in the exit
		f.start(scope.exit)
	}
	for i, name := range into {
		if name != "_" {
			f.do(&ir.Set{Place: &ir.Name{Name: name}, To: &ir.Name{Name: scope.results[i].name}, At: f.at})
		}
	}
}

// callsRecover says whether a body calls recover itself, not in a literal inside it.
func callsRecover(info *types.Info, body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok {
				if b, ok := info.Uses[id].(*types.Builtin); ok && b.Name() == "recover" {
					found = true
				}
			}
		}
		return !found
	})
	return found
}
