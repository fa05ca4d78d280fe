// This file ends functions: return statements, deferred calls before them, and results.

package frontend

import (
	"go/ast"

	"github.com/stateful-entities/sfc/ir"
)

// returnStmt lowers return.
func (f *fn) returnStmt(s *ast.ReturnStmt) {
	if f.ownConstructor() {
		f.constructorReturn(s)
		return
	}
	res := f.scope.sig.Results()
	if len(s.Results) == 0 {
		f.leave()
		return
	}
	var ops []operand
	if len(s.Results) == 1 && res.Len() > 1 {
		names, list := f.callMulti(ast.Unparen(s.Results[0]).(*ast.CallExpr))
		for i := range names {
			ops = append(ops, f.convert(nameOf(names[i]), nil, list[i], res.At(i).Type(), len(f.pending)))
		}
	} else {
		for i, r := range s.Results {
			ops = append(ops, f.exprTo(r, res.At(i).Type()))
		}
	}
	if f.direct() {
		var values []ir.Expr
		for _, op := range ops {
			values = append(values, op())
		}
		f.flush()
		f.end(&ir.Return{Values: values, At: f.at})
		return
	}
	targets := make([]*target, len(ops))
	for i, v := range f.scope.results {
		targets[i] = &target{place: nameOf(v.name), typ: res.At(i).Type()}
	}
	f.storeAll(targets, ops)
	f.leave()
}

// direct says whether return can give its values without setting the result variables.
func (f *fn) direct() bool {
	if f.scope.exit != nil || f.scope.defers != nil {
		return false
	}
	for _, v := range f.scope.results {
		if v != nil && v.cell {
			return false
		}
	}
	return true
}

// leave goes to the deferred calls, out of a body lowered in place, or returns the result variables.
func (f *fn) leave() {
	f.flush()
	switch {
	case f.scope.defers != nil && !f.scope.defers.done:
		f.jump(f.scope.defers.head)
	case f.scope.exit != nil:
		f.jump(f.scope.exit)
	default:
		f.returnVars()
	}
}

func (f *fn) returnVars() {
	if f.ownConstructor() {
		f.constructorEnd()
		return
	}
	var values []ir.Expr
	for _, v := range f.scope.results {
		if v == nil {
			internal("result of %s has no variable", f.out.Name)
		}
		values = append(values, &ir.Name{Name: v.name})
	}
	f.end(&ir.Return{Values: values, At: f.at})
}

// finishScope ends the function's own body.
func (f *fn) finishScope(body *ast.BlockStmt) {
	f.at = f.line(body.Rbrace)
	if f.cur != nil {
		if f.scope.sig.Results().Len() == 0 {
			f.leave()
		} else {
			f.end(&ir.Unreachable{Why: "missing return"})
		}
	}
	if f.scope.defers != nil {
		f.chain()
		f.returnVars()
	}
}
