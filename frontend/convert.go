// This file converts values where they are assigned, passed or returned, and asserts what interfaces hold.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// valueTo lowers an expression as a value of a type.
func (f *fn) valueTo(e ast.Expr, to types.Type) ir.Expr { return f.exprTo(e, to)() }

// exprTo lowers an expression that is assigned to a type.
func (f *fn) exprTo(e ast.Expr, to types.Type) operand {
	mark := len(f.pending)
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil && !types.IsInterface(to) && isBasic(to) {
		return f.constant(tv.Value, to, e)
	}
	if f.isNil(e) {
		t := f.typ(to, e)
		return func() ir.Expr { return &ir.Nil{Type: t} }
	}
	return f.convert(f.expr(e), e, f.typeOf(e), to, mark)
}

func isBasic(t types.Type) bool {
	_, ok := t.Underlying().(*types.Basic)
	return ok
}

func (f *fn) isNil(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	_, ok = f.pkg.TypesInfo.Uses[id].(*types.Nil)
	return ok
}

// convert makes the implicit conversion of an assignment explicit.
func (f *fn) convert(op operand, e ast.Expr, from, to types.Type, mark int) operand {
	if types.Identical(from, to) {
		return op
	}
	it := f.typ(to, e)
	if types.IsInterface(to) {
		if b, ok := from.(*types.Basic); ok && b.Kind() == types.UntypedNil {
			return func() ir.Expr { return &ir.Nil{Type: it} }
		}
		if types.IsInterface(from) {
			if f.typ(from, e).Equal(it) {
				return op
			}
			return func() ir.Expr { return &ir.Convert{X: op(), To: it} }
		}
		from = types.Default(from)
		f.boxes(from, e)
		if s, ok := deref(from).(*types.Struct); ok && types.NewMethodSet(types.NewPointer(s)).Len() > 0 {
			f.report("SF1511", e, "declare the type: `type name struct { … }`", "a struct type without a name that embeds methods cannot get into an interface yet: give it a name")
		}
		box := func() ir.Expr { return &ir.Box{X: op(), To: it} }
		if f.copiedToBox(e, from) {
			return f.seq(mark, it, box)
		}
		return box
	}
	if f.typ(from, e).Equal(it) {
		return op
	}
	return func() ir.Expr { return &ir.Convert{X: op(), To: it} }
}

// copiedToBox says whether the compiler copies an operand into memory before it makes an interface value of it: then
// it is read in its place among the calls. (Variables and other places are read late.)
func (f *fn) copiedToBox(e ast.Expr, from types.Type) bool {
	if e == nil || f.pkg.TypesInfo.Types[e].Value != nil || f.isPlace(e) {
		return false
	}
	switch u := from.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsBoolean != 0 || u.Kind() == types.Int8 || u.Kind() == types.Uint8 || u.Info()&types.IsComplex != 0
	case *types.Slice:
		return false
	case *types.Struct, *types.Array:
		return true
	}
	return true
}

// isPlace says whether an expression denotes memory.
func (f *fn) isPlace(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		_, ok := f.object(e).(*types.Var)
		return ok
	case *ast.StarExpr:
		return true
	case *ast.SelectorExpr:
		if sel := f.selection(e); sel != nil && sel.kind == types.FieldVal {
			return sel.indirect || f.isPlace(e.X)
		}
		_, ok := f.pkg.TypesInfo.Uses[e.Sel].(*types.Var)
		return ok
	case *ast.IndexExpr:
		switch f.typeOf(e.X).Underlying().(type) {
		case *types.Slice, *types.Pointer:
			return true
		case *types.Array:
			return f.isPlace(e.X)
		}
	}
	return false
}

// copied lowers an operand that the compiler puts into memory before the runtime looks at it.
func (f *fn) copied(e ast.Expr, to types.Type) operand {
	mark := len(f.pending)
	op := f.exprTo(e, to)
	if f.isPlace(e) || f.pkg.TypesInfo.Types[e].Value != nil || f.isNil(e) {
		return op
	}
	return f.seq(mark, f.typ(to, e), op)
}

// assertion lowers x.(T) with one result.
func (f *fn) assertion(e *ast.TypeAssertExpr) operand {
	x := f.expr(e.X)
	t := f.irType(e)
	f.asserts(e.X, f.typeOf(e))
	if !f.possible(e.X, f.typeOf(e)) {
		return f.unsupported("SF1501", e, "move the code for this type into a function that is not generic", "%s can never hold in this instance: it is not supported yet", exprText(e))
	}
	emit := func() ir.Expr {
		v := x()
		into := f.temp(t)
		f.do(&ir.Assert{X: v, Type: t, Into: []string{into}, At: f.at})
		return &ir.Name{Name: into}
	}
	if pointerShaped(f.typeOf(e)) {
		return emit // gc reads it late
	}
	v := x()
	f.flush()
	x = func() ir.Expr { return v }
	r := emit()
	return nameOf(r.(*ir.Name).Name)
}

// asserts notes that a type is taken out of an interface with methods: the verifier then wants to see its methods.
func (f *fn) asserts(x ast.Expr, t types.Type) {
	if face, ok := f.typeOf(x).Underlying().(*types.Interface); ok && !face.Empty() && !types.IsInterface(t) {
		f.boxes(t, x)
	}
}

// possible says whether an interface can hold a type: in an instance of a generic function it may not.
func (f *fn) possible(x ast.Expr, t types.Type) bool {
	face, ok := f.typeOf(x).Underlying().(*types.Interface)
	return !ok || types.IsInterface(t) || types.Implements(t, face)
}

func pointerShaped(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Signature:
		return true
	case *types.Struct:
		return u.NumFields() == 1 && pointerShaped(u.Field(0).Type())
	case *types.Array:
		return u.Len() == 1 && pointerShaped(u.Elem())
	}
	return false
}
