// This file finds interface variables whose dynamic type gc knows.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"
)

// devirtualized says whether gc calls a method of this receiver directly, by way of a type assertion, which copies the
// value before the arguments' calls: a local variable that is only ever assigned values of one type, not of pointer
// shape. (Measured; without it the receiver is read after the calls.)
func (f *fn) devirtualized(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok || f.root == nil {
		return false
	}
	o := f.object(id)
	var t types.Type
	known, defined := true, false
	assigned := func(rhs ast.Expr) {
		rt := f.concrete(rhs)
		if rt == nil || t != nil && !types.Identical(t, rt) {
			known = false
		}
		t = rt
	}
	each := func(lhs []ast.Expr, rhs []ast.Expr) {
		for i, l := range lhs {
			if x, ok := ast.Unparen(l).(*ast.Ident); ok && f.object(x) == o {
				defined = defined || f.pkg.TypesInfo.Defs[x] != nil
				if len(rhs) == len(lhs) {
					assigned(rhs[i])
				} else if len(rhs) > 0 {
					known = false
				}
			}
		}
	}
	ast.Inspect(f.root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			each(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			var names []ast.Expr
			for _, x := range n.Names {
				names = append(names, x)
			}
			each(names, n.Values)
		case *ast.RangeStmt:
			each([]ast.Expr{n.Key, n.Value}, []ast.Expr{nil})
		case *ast.UnaryExpr:
			if x, ok := ast.Unparen(n.X).(*ast.Ident); ok && n.Op == token.AND && f.object(x) == o {
				known = false
			}
		}
		return known
	})
	return known && defined && t != nil && !pointerShaped(t)
}

// concrete gives the dynamic type of a value that is assigned to an interface, or nil.
func (f *fn) concrete(e ast.Expr) types.Type {
	if e == nil {
		return nil
	}
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && f.pkg.TypesInfo.Types[call.Fun].IsType() && types.IsInterface(f.typeOf(call)) {
		return f.concrete(call.Args[0])
	}
	if t := f.typeOf(e); t != nil && !types.IsInterface(t) && !f.isNil(e) {
		return types.Default(t)
	}
	return nil
}
