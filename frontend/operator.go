// This file lowers operators, and conditions to branches.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

var unaryOps = map[token.Token]string{token.SUB: "neg", token.NOT: "not", token.XOR: "inv"}

func (f *fn) unary(e *ast.UnaryExpr) operand {
	switch e.Op {
	case token.ADD:
		return f.expr(e.X)
	case token.AND:
		return f.address(e)
	case token.ARROW:
		return f.unsupported("SF1202", e, "call a method where you would have sent", "a receive waits for another goroutine, and there is none")
	}
	x := f.opened(e.X)
	op := unaryOps[e.Op]
	return f.closed(func() ir.Expr { return &ir.Unary{Op: op, X: x()} }, f.typeOf(e))
}

var binaryOps = map[token.Token]string{
	token.ADD: "add", token.SUB: "sub", token.MUL: "mul", token.QUO: "div", token.REM: "rem",
	token.AND: "and", token.OR: "or", token.XOR: "xor", token.AND_NOT: "andnot", token.SHL: "shl", token.SHR: "shr",
	token.EQL: "eq", token.NEQ: "ne", token.LSS: "lt", token.LEQ: "le", token.GTR: "gt", token.GEQ: "ge",
	token.LAND: "land", token.LOR: "lor",
}

func (f *fn) binary(e *ast.BinaryExpr) operand {
	switch e.Op {
	case token.LAND, token.LOR:
		return f.logical(e)
	case token.EQL, token.NEQ:
		return f.asType(f.equality(e), e)
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		t := f.plain(f.operandType(e))
		x := f.exprTo(e.X, t)
		y := f.exprTo(e.Y, t)
		return f.asType(f.op(binaryOps[e.Op], x, y), e)
	case token.SHL, token.SHR:
		x := f.exprTo(e.X, f.plain(f.typeOf(e)))
		y := f.shiftCount(e.Y)
		return f.closed(f.op(binaryOps[e.Op], x, y), f.typeOf(e))
	}
	t := f.plain(f.typeOf(e))
	x := f.exprTo(e.X, t)
	y := f.exprTo(e.Y, t)
	return f.closed(f.op(binaryOps[e.Op], x, y), f.typeOf(e))
}

func (f *fn) op(op string, x, y operand) operand {
	return func() ir.Expr {
		a := x()
		return &ir.Binary{Op: op, X: a, Y: y()}
	}
}

// shiftCount lowers the right side of a shift: an untyped constant is a uint.
func (f *fn) shiftCount(e ast.Expr) operand {
	t := f.plain(f.typeOf(e))
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil {
		t = types.Typ[types.Uint]
	}
	return f.exprTo(e, t)
}

// asType converts a comparison's bool where Go gives it a declared type.
func (f *fn) asType(op operand, e ast.Expr) operand {
	t := f.irType(e)
	if t.Kind == ir.Bool {
		return op
	}
	return func() ir.Expr { return &ir.Convert{X: op(), To: t} }
}

// operandType is the type in which two operands are compared.
func (f *fn) operandType(e *ast.BinaryExpr) types.Type {
	x, y := f.typeOf(e.X), f.typeOf(e.Y)
	if types.IsInterface(y) && !types.IsInterface(x) || isUntyped(x) {
		x = y
	}
	return types.Default(x)
}

func isUntyped(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}

func (f *fn) equality(e *ast.BinaryExpr) operand {
	x, y := e.X, e.Y
	if f.isNil(x) {
		x, y = y, x
	}
	if f.isNil(y) {
		op := f.base(x)
		return func() ir.Expr {
			var c ir.Expr = &ir.IsNil{X: op()}
			if e.Op == token.NEQ {
				c = &ir.Unary{Op: "not", X: c}
			}
			return c
		}
	}
	return f.compare(binaryOps[e.Op], e.X, e.Y, f.operandType(e))
}

func (f *fn) compare(op string, x, y ast.Expr, t types.Type) operand {
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array:
		a := f.copied(x, t)
		b := f.copied(y, t)
		return f.op(op, a, b)
	}
	a := f.exprTo(x, t)
	b := f.exprTo(y, t)
	return f.op(op, a, b)
}

// logical lowers && and ||: in blocks if the right side has anything that must not run in vain.
func (f *fn) logical(e *ast.BinaryExpr) operand {
	t := f.irType(e)
	mark := len(f.pending)
	if !f.needsInstr(e.Y) {
		x := f.exprTo(e.X, f.typeOf(e))
		y := f.exprTo(e.Y, f.typeOf(e))
		return f.seq(mark, t, f.op(binaryOps[e.Op], x, y))
	}
	f.flush()
	r := f.temp(t)
	set := func(x ast.Expr) {
		v := f.valueTo(x, f.typeOf(e))
		f.flush()
		f.do(&ir.Set{Place: &ir.Name{Name: r}, To: v, At: f.at})
	}
	set(e.X)
	right, after := f.newBlock(), f.newBlock()
	cond := ir.Expr(&ir.Name{Name: r})
	if t.Kind != ir.Bool {
		cond = &ir.Convert{X: cond, To: ir.Basic(ir.Bool)}
	}
	if e.Op == token.LAND {
		f.end(&ir.If{Cond: cond, Then: right.Name, Else: after.Name, At: f.at})
	} else {
		f.end(&ir.If{Cond: cond, Then: after.Name, Else: right.Name, At: f.at})
	}
	f.start(right)
	set(e.Y)
	f.goOn(after)
	return nameOf(r)
}

// cond branches on an expression; && and || with calls become blocks.
func (f *fn) cond(e ast.Expr, yes, no *ir.Block) {
	if f.needsInstr(e) && f.pkg.TypesInfo.Types[e].Value == nil {
		switch x := ast.Unparen(e).(type) {
		case *ast.BinaryExpr:
			if x.Op == token.LAND || x.Op == token.LOR {
				mid := f.newBlock()
				if x.Op == token.LAND {
					f.cond(x.X, mid, no)
				} else {
					f.cond(x.X, yes, mid)
				}
				f.start(mid)
				f.cond(x.Y, yes, no)
				return
			}
		case *ast.UnaryExpr:
			if x.Op == token.NOT {
				f.cond(x.X, no, yes)
				return
			}
		}
	}
	f.branch(f.valueTo(e, types.Typ[types.Bool]), yes, no)
}

func (f *fn) branch(c ir.Expr, yes, no *ir.Block) {
	if u, ok := c.(*ir.Unary); ok && u.Op == "not" {
		f.branch(u.X, no, yes)
		return
	}
	f.end(&ir.If{Cond: c, Then: yes.Name, Else: no.Name, At: f.at})
}

// needsInstr says whether an expression needs instructions, so that it cannot stand on the right of && in a tree.
func (f *fn) needsInstr(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || !f.isPureCall(n)
		case *ast.TypeAssertExpr, *ast.FuncLit, *ast.CompositeLit:
			found = true
		case *ast.SelectorExpr:
			if s := f.selection(n); s != nil && s.kind != types.FieldVal {
				if _, ok := f.pkg.TypesInfo.Types[n]; ok {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// isPureCall says whether a call expression is a constant, a conversion or a builtin that stays in the tree.
func (f *fn) isPureCall(e *ast.CallExpr) bool {
	if f.pkg.TypesInfo.Types[e].Value != nil {
		return true
	}
	if f.pkg.TypesInfo.Types[e.Fun].IsType() {
		_, slice := f.typeOf(e).Underlying().(*types.Slice)
		return !slice || !isBasic(f.typeOf(e.Args[0]))
	}
	if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
		if b, ok := f.pkg.TypesInfo.Uses[id].(*types.Builtin); ok {
			return b.Name() == "len" || b.Name() == "cap"
		}
	}
	return false
}
