// This file lowers composite literals.

package frontend

import (
	"go/ast"
	"go/constant"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// composite lowers T{…}: structs and arrays are values, slices are allocated late, maps entry by entry.
func (f *fn) composite(e *ast.CompositeLit) operand {
	t := f.typeOf(e)
	if p, ok := t.Underlying().(*types.Pointer); ok { // &T elided inside another literal
		if en := f.refTo(t); en != nil {
			f.report("SF1108", e, "call a constructor, a function that returns &"+en.name+"{…}", "an entity of type %s can only be built in a constructor, and returned from it", en.name)
			return func() ir.Expr { return &ir.Zero{Type: ir.Basic(ir.Any)} }
		}
		op, it := f.newComposite(e, p.Elem()), f.typ(t, e)
		if it.Kind == ir.PtrKind {
			return op
		}
		return func() ir.Expr { return &ir.Convert{X: op(), To: it} } // a declared pointer type
	}
	if en := f.entityOf(t); en != nil {
		return f.unsupported("SF1109", e, "declare it as a pointer, which is a reference to the entity", "an entity of type %s cannot be a value: use a pointer, which is a reference to it", en.name)
	}
	return f.compositeOf(e, t)
}

func (f *fn) compositeOf(e *ast.CompositeLit, t types.Type) operand {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return f.structLit(e, t, u)
	case *types.Array:
		return f.arrayLit(e, t, u.Elem())
	case *types.Slice:
		return f.sliceLit(e, t, u.Elem())
	case *types.Map:
		return f.mapLit(e, t, u)
	}
	return f.unsupported("SF1511", e, "declare a type for it, or fill it element by element", "a literal of type %s is not supported", t)
}

// newComposite lowers &T{…}: the operands are hoisted, the allocation is late.
func (f *fn) newComposite(e *ast.CompositeLit, t types.Type) operand {
	op := f.compositeOf(e, t)
	return f.alloc(f.typ(t, e), op)
}

func (f *fn) alloc(t *ir.Type, op operand) operand {
	return func() ir.Expr {
		to := op()
		into := f.temp(ir.PtrType(t))
		f.do(&ir.New{Type: t, To: to, Into: into, At: f.at})
		return &ir.Name{Name: into}
	}
}

func (f *fn) structLit(e *ast.CompositeLit, t types.Type, u *types.Struct) operand {
	it := f.typ(t, e)
	if en := f.entityOf(t); en != nil {
		it = ir.NamedType(en.name)
	}
	type field struct {
		name string
		op   operand
	}
	var fields []field
	for i, x := range e.Elts {
		v := u.Field(i % max(u.NumFields(), 1))
		if kv, ok := x.(*ast.KeyValueExpr); ok {
			name := kv.Key.(*ast.Ident).Name
			for j := range u.NumFields() {
				if u.Field(j).Name() == name {
					v = u.Field(j)
				}
			}
			x = kv.Value
		}
		op := f.exprTo(x, v.Type())
		if v.Name() != "_" {
			fields = append(fields, field{v.Name(), op})
		}
	}
	return func() ir.Expr {
		lit := &ir.StructLit{Type: it}
		for _, fd := range fields {
			lit.Fields = append(lit.Fields, &ir.FieldTo{Name: fd.name, To: fd.op()})
		}
		return lit
	}
}

// elements hoists the elements of an array or slice literal and gives their places.
func (f *fn) elements(e *ast.CompositeLit, elem types.Type) (ops []operand, at []int, length int) {
	next := 0
	for _, x := range e.Elts {
		if kv, ok := x.(*ast.KeyValueExpr); ok {
			n, _ := constant.Int64Val(constant.ToInt(f.pkg.TypesInfo.Types[kv.Key].Value))
			next, x = int(n), kv.Value
		}
		ops = append(ops, f.exprTo(x, elem))
		at = append(at, next)
		next++
		length = max(length, next)
	}
	return ops, at, length
}

func (f *fn) arrayLit(e *ast.CompositeLit, t, elem types.Type) operand {
	it := f.typ(t, e)
	ops, at, _ := f.elements(e, elem)
	return func() ir.Expr {
		lit := &ir.ArrayLit{Type: it}
		for _, op := range ops {
			lit.Elems = append(lit.Elems, op())
		}
		for i, n := range at {
			if i != n {
				lit.At = at
			}
		}
		return lit
	}
}

func (f *fn) sliceLit(e *ast.CompositeLit, t, elem types.Type) operand {
	it := f.typ(f.plain(t), e)
	ops, at, length := f.elements(e, elem)
	return f.closed(func() ir.Expr {
		elems := make([]ir.Expr, len(ops))
		for i, op := range ops {
			elems[i] = op()
		}
		into := f.temp(it)
		if dense(at) {
			f.do(&ir.List{Type: it, Elems: elems, Into: into, At: f.at})
			return &ir.Name{Name: into}
		}
		f.do(&ir.MakeList{Type: it, Len: &ir.Lit{Type: ir.Basic(ir.Int), Value: int64(length)}, Into: into, At: f.at})
		for i, x := range elems {
			f.do(&ir.Set{Place: &ir.Index{X: &ir.Name{Name: into}, I: &ir.Lit{Type: ir.Basic(ir.Int), Value: int64(at[i])}}, To: x, At: f.at})
		}
		return &ir.Name{Name: into}
	}, t)
}

func dense(at []int) bool {
	for i, n := range at {
		if i != n {
			return false
		}
	}
	return true
}

// mapLit lowers a map literal: its entries are evaluated and stored one after another.
func (f *fn) mapLit(e *ast.CompositeLit, t types.Type, u *types.Map) operand {
	it := f.typ(t, e)
	into := f.temp(it)
	f.effect(&ir.MakeMap{Type: it, Into: into, At: f.at})
	for _, x := range e.Elts {
		kv := x.(*ast.KeyValueExpr)
		k := f.mapKey(kv.Key, u)
		v := f.exprTo(kv.Value, u.Elem())
		key, val := k(), v()
		f.effect(&ir.MapSet{Map: &ir.Name{Name: into}, Key: key, To: val, At: f.line(kv.Pos())})
	}
	return nameOf(into)
}
