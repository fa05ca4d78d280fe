// This file lowers the calls that are constructs of the language: those of package sfc, and of a context.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// intrinsic lowers what stands in the IR as an expression or terminator of its own.
func (f *fn) intrinsic(e *ast.CallExpr) (operand, bool) {
	if obj, targs := f.staticFunc(e.Fun); obj != nil && obj.Pkg() != nil {
		switch obj.Pkg().Path() + "." + obj.Name() {
		case "time.Now":
			return func() ir.Expr { return &ir.Request{What: "now"} }, true
		case sfcPath + ".Get":
			return f.makeRef(e, targs), true
		case sfcPath + ".Exists":
			return f.exists(e), true
		}
		return nil, false
	}
	sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil, false
	}
	if f.isContextVar(sel.X) && sel.Sel.Name == "Err" {
		return func() ir.Expr { return &ir.Nil{Type: ir.Basic(ir.Error)} }, true
	}
	if sel.Sel.Name == "Key" && len(e.Args) == 0 && f.refTo(f.typeOf(sel.X)) != nil && !f.isSelf(sel.X) && f.draftBase(sel.X) == nil {
		t := f.irType(e)
		x := f.expr(sel.X)
		return f.now(func() ir.Expr { return &ir.KeyOf{X: x()} }, t), true
	}
	return nil, false
}

func (f *fn) isContextVar(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	o := f.object(id)
	return o != nil && isContext(o.Type())
}

func (f *fn) makeRef(e *ast.CallExpr, targs []types.Type) operand {
	en := f.entityOf(targs[0])
	if en == nil {
		return f.unsupported("SF1120", e, "name a type that is marked //sfc:entity: `sfc.Get[Item](key)`", "sfc.Get needs an entity type, and %s is none", targs[0])
	}
	key, _, _ := types.LookupFieldOrMethod(types.NewPointer(en.obj.Type()), true, en.pkg.Types, "Key")
	to := key.(*types.Func).Signature().Results().At(0).Type()
	from := f.typeOf(e.Args[0])
	if !types.ConvertibleTo(types.Default(from), to) || isStringType(from) != isStringType(to) {
		return f.unsupported("SF1120", e.Args[0], "convert the key: `sfc.Get[T](K(key))` where K is the type that Key returns", "the key of a %s is of type %s, not %s", en.name, to, from)
	}
	t := f.irType(e)
	op := f.conversionTo(e.Args[0], to)
	return f.now(func() ir.Expr { return &ir.RefTo{Entity: en.name, Key: op()} }, t)
}

func (f *fn) exists(e *ast.CallExpr) operand {
	if f.refTo(f.typeOf(e.Args[0])) == nil {
		return f.unsupported("SF1120", e, "pass a pointer to an entity type: `sfc.Exists(sfc.Get[Item](key))`", "sfc.Exists needs a reference to an entity")
	}
	x := f.expr(e.Args[0])
	on := x()
	f.flush()
	into, then := f.temp(ir.Basic(ir.Bool)), f.newBlock()
	f.end(&ir.Exists{On: on, Into: into, Then: then.Name, At: f.at})
	f.start(then)
	return nameOf(into)
}

func (f *fn) prepareDelete(e *ast.CallExpr) *prepared {
	p := &prepared{}
	if f.refTo(f.typeOf(e.Args[0])) == nil {
		f.report("SF1120", e, "pass a pointer to an entity type: `sfc.Delete(item)`", "sfc.Delete needs a reference to an entity")
	}
	p.arg(f.expr(e.Args[0]), f.irType(e.Args[0]))
	p.emit = func(args []ir.Expr, _ []string) {
		then := f.newBlock()
		f.end(&ir.Destroy{On: args[0], Then: then.Name, At: f.at})
		f.start(then)
	}
	return p
}
