// This file lowers the arguments of calls, and declares the library functions that are called.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

func variables(t *types.Tuple) []*types.Var {
	var list []*types.Var
	for v := range t.Variables() {
		list = append(list, v)
	}
	return list
}

// args hoists the arguments: a leading context is not one of ours, a variadic tail becomes a list.
func (f *fn) args(p *prepared, sig *types.Signature, e *ast.CallExpr, ours bool) {
	params := variables(sig.Params())
	args := e.Args
	if ours && len(params) > 0 && isContext(params[0].Type()) {
		params = params[1:]
		if len(args) > 0 {
			f.contextArg(args[0])
			args = args[1:]
		}
	}
	if len(args) == 1 && len(params) != 0 {
		if t, ok := f.typeOf(args[0]).(*types.Tuple); ok {
			f.tupleArgs(p, params, sig.Variadic(), args[0], t)
			return
		}
	}
	fixed := len(params)
	if sig.Variadic() && !e.Ellipsis.IsValid() {
		fixed--
	}
	for i := range fixed {
		t := params[i].Type()
		op, ok := p.names.argument(f, args[i])
		if !ok {
			op = f.exprTo(args[i], t)
		}
		p.arg(op, f.typ(t, args[i]))
	}
	if fixed == len(params) {
		return
	}
	list := params[fixed].Type()
	elem := list.Underlying().(*types.Slice).Elem()
	var tail []operand
	for _, a := range args[fixed:] {
		op, ok := p.names.argument(f, a)
		if !ok {
			op = f.exprTo(a, elem)
		}
		tail = append(tail, op)
	}
	p.arg(f.variadic(list, tail, e), f.typ(list, e))
}

func (f *fn) variadic(list types.Type, tail []operand, n ast.Node) operand {
	t := f.typ(list, n)
	if len(tail) == 0 {
		return func() ir.Expr { return &ir.Nil{Type: t} }
	}
	return func() ir.Expr {
		elems := make([]ir.Expr, len(tail))
		for i, op := range tail {
			elems[i] = op()
		}
		into := f.temp(t)
		f.do(&ir.List{Type: t, Elems: elems, Into: into, At: f.at})
		return &ir.Name{Name: into}
	}
}

// tupleArgs passes the results of one call as the arguments of another.
func (f *fn) tupleArgs(p *prepared, params []*types.Var, variadic bool, e ast.Expr, t *types.Tuple) {
	names, list := f.callMulti(ast.Unparen(e).(*ast.CallExpr))
	fixed := len(params)
	if variadic {
		fixed--
	}
	for i := range fixed {
		to := params[i].Type()
		p.arg(f.convert(nameOf(names[i]), nil, list[i], to, len(f.pending)), f.typ(to, e))
	}
	if !variadic {
		return
	}
	to := params[fixed].Type()
	elem := to.Underlying().(*types.Slice).Elem()
	var tail []operand
	for i := fixed; i < len(names); i++ {
		tail = append(tail, f.convert(nameOf(names[i]), nil, list[i], elem, len(f.pending)))
	}
	p.arg(f.variadic(to, tail, e), f.typ(to, e))
}

// contextArg: what is passed as a context is the request's, or a background one; it means nothing to the callee.
func (f *fn) contextArg(e ast.Expr) {
	if f.isContextVar(e) || f.isNil(e) {
		return
	}
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		if obj, _ := f.staticFunc(call.Fun); obj != nil && obj.Pkg().Path() == "context" && (obj.Name() == "Background" || obj.Name() == "TODO") {
			return
		}
	}
	f.report("SF1511", e, "pass on the parameter itself; deadlines belong to the request", "only the context that came with the request can be passed on")
}

// extern declares a function of the library with the types it is used with, and gives its name.
func (f *fn) extern(obj *types.Func, targs []types.Type, sig *types.Signature, recv types.Type, n ast.Node) string {
	base := externName(obj)
	name := "go:" + base + f.compiler.names.arguments(targs)
	row := Lookup(base)
	if !row.Allowed {
		f.report(row.Code, n, row.Instead, "%s is not allowed: %s", base, row.Why)
		return name
	}
	if f.externs[name] {
		return name
	}
	f.externs[name] = true
	x := &ir.Extern{
		Name: name, Variadic: sig.Variadic(), Method: recv != nil, Effects: row.Effects, Calls: row.Calls, Debug: row.Debug,
		Steps: row.Steps, Bytes: row.Bytes, Twin: row.Twin,
	}
	if recv != nil {
		x.Params = append(x.Params, f.typ(recv, n))
	}
	for v := range sig.Params().Variables() {
		x.Params = append(x.Params, f.typ(v.Type(), n))
	}
	for v := range sig.Results().Variables() {
		x.Results = append(x.Results, f.typ(v.Type(), n))
	}
	f.prog.Externs = append(f.prog.Externs, x)
	return name
}
