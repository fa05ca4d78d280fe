// This file lowers indices, slices and keys of maps.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

func (f *fn) index(e *ast.IndexExpr) operand {
	if tv := f.pkg.TypesInfo.Types[e.Index]; tv.IsType() { // instance of a generic function
		return f.funcValue(e)
	}
	if m, ok := f.typeOf(e.X).Underlying().(*types.Map); ok {
		mark := len(f.pending)
		x := f.expr(e.X)
		k := f.mapKey(e.Index, m)
		read := func() ir.Expr {
			a := x()
			return &ir.Index{X: a, I: k()}
		}
		if f.bytesKey(e.Index) {
			return f.seq(mark, f.irType(e), read)
		}
		return read
	}
	x := f.opened(e.X)
	i := f.indexValue(e.Index)
	return func() ir.Expr {
		a := x()
		return &ir.Index{X: a, I: i()}
	}
}

// indexValue lowers an index or a length: an untyped constant is an int.
func (f *fn) indexValue(e ast.Expr) operand {
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil && isUntyped(tv.Type) {
		return f.exprTo(e, types.Typ[types.Int])
	}
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil && !isInteger(tv.Type) {
		return f.exprTo(e, types.Typ[types.Int])
	}
	return f.opened(e)
}

func isInteger(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

// mapKey lowers a key: one that the runtime takes by address is copied in its place among the calls.
func (f *fn) mapKey(e ast.Expr, m *types.Map) operand {
	key := f.sub.apply(m.Key())
	if fastKey(key, f.sub.apply(m.Elem())) {
		return f.exprTo(e, key)
	}
	return f.copied(e, key)
}

var gcSizes = types.SizesFor("gc", "amd64")

// fastKey says whether gc's runtime takes the key of a map by value.
func fastKey(key, elem types.Type) bool {
	if gcSizes.Sizeof(elem) > 128 {
		return false
	}
	switch u := key.Underlying().(type) {
	case *types.Basic:
		size := gcSizes.Sizeof(u)
		return u.Info()&types.IsString != 0 || u.Info()&types.IsInteger != 0 && (size == 4 || size == 8)
	case *types.Pointer:
		return true
	}
	return false
}

// bytesKey says whether a key holds string(bytes), which gc does not copy, so that the map is read at once.
func (f *fn) bytesKey(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if f.pkg.TypesInfo.Types[e.Fun].IsType() && len(e.Args) == 1 && isStringType(f.typeOf(e)) {
			s, ok := f.typeOf(e.Args[0]).Underlying().(*types.Slice)
			return ok && types.Identical(s.Elem().Underlying(), types.Typ[types.Uint8])
		}
	case *ast.CompositeLit:
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			if f.bytesKey(x) {
				return true
			}
		}
	}
	return false
}

func isStringType(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func (f *fn) slice(e *ast.SliceExpr) operand {
	mark := len(f.pending)
	var x operand
	if _, ok := f.typeOf(e.X).Underlying().(*types.Array); ok {
		x = f.addressOf(e.X)
	} else {
		x = f.opened(e.X)
	}
	bound := func(e ast.Expr) operand {
		if e == nil {
			return func() ir.Expr { return nil }
		}
		return f.indexValue(e)
	}
	lo, hi, limit := bound(e.Low), bound(e.High), bound(e.Max)
	goType := f.typeOf(e)
	t := f.typ(f.plain(goType), e)
	plain := t
	if u, ok := f.typeOf(e.X).Underlying().(*types.Basic); ok && u.Info()&types.IsUntyped != 0 {
		plain = ir.Basic(ir.String)
	}
	return f.closed(f.seq(mark, plain, func() ir.Expr {
		a := x()
		b := lo()
		c := hi()
		return &ir.Slice{X: a, Lo: b, Hi: c, Max: limit()}
	}), goType)
}
