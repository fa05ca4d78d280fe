// This file lowers expressions: calls are emitted where they stand, reads wait until they are consumed.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// value lowers an expression whose value is consumed at once.
func (f *fn) value(e ast.Expr) ir.Expr { return f.expr(e)() }

// expr lowers an expression: its calls are emitted now, in order; the operand is what is left to read.
func (f *fn) expr(e ast.Expr) operand {
	if tv, ok := f.pkg.TypesInfo.Types[e]; ok && tv.Value != nil {
		if t := f.typeOf(e); isBasic(t) {
			return f.constant(tv.Value, t, e)
		}
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return f.expr(e.X)
	case *ast.Ident:
		return f.ident(e)
	case *ast.BasicLit:
		return f.constant(f.pkg.TypesInfo.Types[e].Value, f.typeOf(e), e)
	case *ast.FuncLit:
		return f.funcLit(e)
	case *ast.CompositeLit:
		return f.composite(e)
	case *ast.SelectorExpr:
		return f.selector(e)
	case *ast.IndexExpr:
		return f.index(e)
	case *ast.IndexListExpr:
		return f.funcValue(e)
	case *ast.SliceExpr:
		return f.slice(e)
	case *ast.TypeAssertExpr:
		return f.assertion(e)
	case *ast.CallExpr:
		return f.callValue(e)
	case *ast.StarExpr:
		return f.star(e)
	case *ast.UnaryExpr:
		return f.unary(e)
	case *ast.BinaryExpr:
		return f.binary(e)
	}
	return f.unsupported("SF1511", e, "write it in another form: assign its parts to variables first", "this expression is not supported")
}

func (f *fn) ident(e *ast.Ident) operand {
	switch o := f.object(e).(type) {
	case *types.Nil:
		t := f.irType(e)
		return func() ir.Expr { return &ir.Nil{Type: t} }
	case *types.Func:
		return f.funcValue(e)
	case *types.Var:
		return f.variable(o, e)
	}
	return f.unsupported("SF1511", e, "write it in another form: assign its parts to variables first", "%s is not supported here", e.Name)
}

func (f *fn) variable(o *types.Var, e ast.Expr) operand {
	if f.self != nil && o == f.self {
		self := f.out.Self
		return func() ir.Expr { return &ir.Name{Name: self} }
	}
	if o.Parent() == o.Pkg().Scope() {
		return f.global(o, e)
	}
	v := f.lookup(o)
	if v == nil {
		internal("variable %s is not declared", o.Name())
	}
	if v.ctx {
		return f.unsupported("SF1511", e, "take from it what is needed, `deadline, ok := ctx.Deadline()`, and keep that", "the context can be passed on as the first argument, and asked for Deadline and Err; nothing else")
	}
	if v.draft {
		f.report("SF1117", e, "return it first; whoever calls the constructor gets the reference", "%s is a draft: it becomes an entity when the constructor returns it, and cannot be stored or passed on before", o.Name())
	}
	return nameOf(v.name)
}

// global reads a package variable.
func (f *fn) global(o *types.Var, e ast.Expr) operand {
	if f.varDecls[o] == nil {
		full := o.Pkg().Path() + "." + o.Name()
		if row := Lookup(full); !row.Allowed {
			return f.unsupported(row.Code, e, row.Instead, "%s is not allowed: %s", full, row.Why)
		}
		t := f.typ(o.Type(), e)
		return func() ir.Expr {
			g := &ir.Global{Name: "go:" + full}
			if t.Kind != ir.Error {
				g.Type = t
			}
			return g
		}
	}
	name := f.varName(o, e)
	return func() ir.Expr { return &ir.Global{Name: name} }
}

// draftBase gives the draft that an expression names, or nil.
func (f *fn) draftBase(e ast.Expr) *variable {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	o := f.object(id)
	if o == nil {
		return nil
	}
	for g := f; g != nil; g = g.parent {
		if v := g.vars[o]; v != nil {
			if v.draft && g != f {
				return f.lookup(o)
			}
			if v.draft {
				return v
			}
			return nil
		}
	}
	return nil
}

// base lowers the left side of a selector, where own receiver and drafts may stand for their fields.
func (f *fn) base(e ast.Expr) operand {
	if v := f.draftBase(e); v != nil {
		return nameOf(v.name)
	}
	return f.expr(e)
}

func (f *fn) star(e *ast.StarExpr) operand {
	if en := f.refTo(f.typeOf(e.X)); en != nil {
		return f.unsupported("SF1110", e, "pass the reference itself, or copy the fields that are needed into a plain struct", "*%s would be a copy of an entity of type %s", exprText(e.X), en.name)
	}
	x := f.expr(e.X)
	return func() ir.Expr { return &ir.Deref{X: x()} }
}

// address lowers &x.
func (f *fn) address(e *ast.UnaryExpr) operand {
	if lit, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
		if en := f.entityOf(f.typeOf(lit)); en != nil && f.refTo(f.typeOf(lit)) == nil {
			f.report("SF1108", e, "call a constructor, a function that returns &"+en.name+"{…}", "an entity of type %s can only be built in a constructor, and returned from it", en.name)
			return func() ir.Expr { return &ir.Zero{Type: ir.Basic(ir.Any)} }
		}
		return f.newComposite(lit, f.typeOf(lit))
	}
	return f.addressOf(e.X)
}

// addressOf gives the address of a place.
func (f *fn) addressOf(x ast.Expr) operand {
	if id, ok := ast.Unparen(x).(*ast.Ident); ok {
		if o, ok := f.object(id).(*types.Var); ok && f.varDecls[o] != nil {
			return f.unsupported("SF1204", x, "copy the variable first: `x := variable; p := &x`", "the address of package variable %s would let it be written", id.Name)
		}
	}
	op := f.expr(x)
	return func() ir.Expr {
		p := op()
		if d, ok := p.(*ir.Deref); ok {
			return d.X
		}
		return &ir.Addr{X: p}
	}
}

func exprText(e ast.Expr) string { return types.ExprString(e) }
