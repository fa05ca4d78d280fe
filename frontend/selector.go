// This file lowers selections of fields: the way through embedded structs, and entities, whose fields are their own.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// selection is a field or method found behind an expression.
type selection struct {
	kind     types.SelectionKind
	obj      types.Object
	path     []int
	indirect bool
	recv     types.Type
}

// selection resolves x.f; in an instance of a generic function the type arguments decide.
func (f *fn) selection(e *ast.SelectorExpr) *selection {
	sel := f.pkg.TypesInfo.Selections[e]
	if sel == nil {
		return nil
	}
	recv := f.sub.apply(sel.Recv())
	if len(f.sub.args) == 0 {
		return &selection{sel.Kind(), sel.Obj(), sel.Index(), sel.Indirect() || isPtr(recv), recv}
	}
	obj, path, indirect := types.LookupFieldOrMethod(recv, true, f.pkg.Types, e.Sel.Name)
	if obj == nil {
		internal("no %s in %s", e.Sel.Name, recv)
	}
	return &selection{sel.Kind(), obj, path, indirect || isPtr(recv), recv}
}

func isPtr(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

func (f *fn) selector(e *ast.SelectorExpr) operand {
	sel := f.selection(e)
	if sel == nil { // package.Name
		switch o := f.pkg.TypesInfo.Uses[e.Sel].(type) {
		case *types.Var:
			return f.global(o, e)
		case *types.Func:
			return f.funcValue(e)
		}
		return f.unsupported("SF1511", e, "write it in another form: assign its parts to variables first", "%s is not supported here", e.Sel.Name)
	}
	if sel.kind != types.FieldVal {
		return f.methodValue(e, sel)
	}
	op, _ := f.walkFields(e, e.X, sel.recv, sel.path)
	return op
}

// walkFields selects along a path of fields, embedded ones included.
func (f *fn) walkFields(at ast.Node, x ast.Expr, t types.Type, path []int) (operand, types.Type) {
	op := f.base(x)
	own := f.isSelf(x) || f.draftBase(x) != nil
	for _, i := range path {
		if e := f.refTo(t); e != nil && !own {
			name := deref(t).Underlying().(*types.Struct).Field(i).Name()
			f.report("SF1112", at, accessor(e, name), "%s is a field of another entity (%s): only its own methods can see it", name, e.name)
			return func() ir.Expr { return &ir.Zero{Type: ir.Basic(ir.Any)} }, types.Typ[types.Int]
		}
		own = false
		op, t = f.field(op, t, i, at)
	}
	return op, t
}

// field selects one field of a struct or of what a pointer points to. A struct of the library says the field's type.
func (f *fn) field(x operand, t types.Type, i int, at ast.Node) (operand, types.Type) {
	v := deref(t).Underlying().(*types.Struct).Field(i)
	var it *ir.Type
	if n, ok := deref(t).(*types.Named); ok && f.by[n.Obj().Pkg()] == nil {
		it = f.typ(v.Type(), at)
	}
	return func() ir.Expr { return &ir.Field{X: x(), Name: v.Name(), Type: it} }, v.Type()
}

func accessor(e *entity, field string) string {
	name := field
	if !ast.IsExported(name) {
		name = string(name[0]-'a'+'A') + name[1:]
	}
	return "write an accessor: func (x *" + e.name + ") " + name + "() … { return x." + field + " }"
}
