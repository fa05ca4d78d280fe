// This file prepares and makes calls: of functions, literals and func values.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// prepared is a call whose operands have been hoisted: it can run now, or be deferred with its operands saved.
type prepared struct {
	args    []operand // receiver or func value first, where there is one
	types   []*ir.Type
	results []*ir.Type
	emit    func(args []ir.Expr, into []string)
	recover bool // calls recover itself: must be lowered in place if deferred
	names   *namedArgs
}

func (p *prepared) arg(op operand, t *ir.Type) {
	p.args = append(p.args, op)
	p.types = append(p.types, t)
}

// callValue lowers a call or conversion that gives one value.
func (f *fn) callValue(e *ast.CallExpr) operand {
	if f.pkg.TypesInfo.Types[e.Fun].IsType() {
		return f.conversion(e)
	}
	if b := f.builtinName(e); b != "" {
		if op, ok := f.builtinValue(b, e); ok {
			return op
		}
	}
	if op, ok := f.intrinsic(e); ok {
		return op
	}
	p := f.prepare(e)
	if len(p.results) != 1 {
		internal("call of %s gives %d values, not one", exprText(e.Fun), len(p.results))
	}
	names := f.run(p, nil)
	return nameOf(names[0])
}

// callMulti lowers a call that gives any number of values and names them.
func (f *fn) callMulti(e *ast.CallExpr) ([]string, []types.Type) {
	p := f.prepare(e)
	names := f.run(p, nil)
	var list []types.Type
	switch t := f.typeOf(e).(type) {
	case *types.Tuple:
		for v := range t.Variables() {
			list = append(list, v.Type())
		}
	default:
		if len(names) == 1 {
			list = append(list, t)
		}
	}
	return names, list
}

// callStmt lowers a call whose values are dropped.
func (f *fn) callStmt(e *ast.CallExpr) {
	if b := f.builtinName(e); b != "" && f.builtinStmt(b, e) {
		return
	}
	if op, ok := f.intrinsic(e); ok {
		f.do(&ir.Eval{X: op(), At: f.at})
		return
	}
	p := f.prepare(e)
	into := make([]string, len(p.results))
	for i := range into {
		into[i] = "_"
	}
	f.run(p, into)
}

// run builds the operands of a call and emits it; without targets it makes temporaries for its results.
func (f *fn) run(p *prepared, into []string) []string {
	args := make([]ir.Expr, len(p.args))
	for i, a := range p.args {
		args[i] = a()
	}
	f.flush()
	if into == nil {
		for _, t := range p.results {
			into = append(into, f.temp(t))
		}
	}
	p.emit(args, into)
	return into
}

func (f *fn) builtinName(e *ast.CallExpr) string {
	if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
		if b, ok := f.pkg.TypesInfo.Uses[id].(*types.Builtin); ok {
			return b.Name()
		}
	}
	return ""
}

// staticFunc gives the function that an expression names, with its type arguments.
func (f *fn) staticFunc(e ast.Expr) (*types.Func, []types.Type) {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		if f.pkg.TypesInfo.Selections[e] != nil {
			return nil, nil
		}
		id = e.Sel
	case *ast.IndexExpr:
		return f.staticFunc(e.X)
	case *ast.IndexListExpr:
		return f.staticFunc(e.X)
	default:
		return nil, nil
	}
	obj, ok := f.pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok {
		return nil, nil
	}
	var targs []types.Type
	if inst, ok := f.pkg.TypesInfo.Instances[id]; ok {
		for a := range inst.TypeArgs.Types() {
			targs = append(targs, f.sub.apply(a))
		}
	}
	return obj, targs
}

// prepare resolves the callee and hoists its operands.
func (f *fn) prepare(e *ast.CallExpr) *prepared {
	if b := f.builtinName(e); b != "" {
		return f.prepareBuiltin(b, e)
	}
	fun := ast.Unparen(e.Fun)
	if lit, ok := fun.(*ast.FuncLit); ok {
		return f.prepareLiteral(lit, e)
	}
	sig := f.typeOf(e.Fun).Underlying().(*types.Signature)
	if obj, targs := f.staticFunc(fun); obj != nil {
		return f.prepareStatic(obj, targs, sig, e)
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if s := f.selection(sel); s != nil && s.kind == types.MethodVal {
			return f.prepareMethod(sel, s, sig, e)
		} else if s != nil && s.kind == types.MethodExpr {
			return f.prepareMethodExpr(sel, s, sig, e)
		}
	}
	p := f.newCall(sig, e)
	fn := f.expr(e.Fun)
	p.arg(fn, f.irType(e.Fun))
	f.args(p, sig, e, true)
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.CallFunc{Fn: args[0], Args: args[1:], Into: into, At: f.at})
	}
	return p
}

func (f *fn) newCall(sig *types.Signature, e ast.Node) *prepared {
	p := &prepared{}
	for v := range sig.Results().Variables() {
		p.results = append(p.results, f.typ(v.Type(), e))
	}
	return p
}

func (f *fn) prepareStatic(obj *types.Func, targs []types.Type, sig *types.Signature, e *ast.CallExpr) *prepared {
	p := f.newCall(sig, e)
	switch {
	case obj.Pkg().Path() == sfcPath:
		return f.prepareDelete(e)
	case f.by[obj.Pkg()] == nil:
		p.names = f.namedArgs(obj, sig, e)
		f.args(p, sig, e, false)
		name := f.extern(obj, targs, sig, nil, e)
		p.emit = func(args []ir.Expr, into []string) {
			f.do(&ir.CallExtern{Extern: name, Args: args, Into: into, At: f.at})
		}
		return p
	}
	f.args(p, sig, e, true)
	name := f.funcName(obj, targs)
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.Call{Func: name, Args: args, Into: into, At: f.at})
	}
	f.recovering(p, obj, e)
	return p
}

// recovering notes that a callee calls recover: deferred, it has to be lowered in place.
func (f *fn) recovering(p *prepared, obj *types.Func, e *ast.CallExpr) {
	if d := f.decls[obj.Origin()]; d != nil && callsRecover(d.pkg.TypesInfo, d.decl.Body) {
		p.recover = true
	}
}
