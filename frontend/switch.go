// This file lowers switch and type switch.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// switchStmt lowers an expression switch: a table of literals where it can be one, else comparisons in order.
func (f *fn) switchStmt(s *ast.SwitchStmt, label string) {
	if s.Init != nil {
		f.stmt(s.Init)
		f.at = f.line(s.Pos())
	}
	after := f.newBlock()
	clauses, bodies, fallback := f.clauses(s.Body, after)
	switch {
	case s.Tag == nil:
		f.condCases(clauses, bodies, fallback)
	default:
		f.tagCases(s.Tag, clauses, bodies, fallback)
	}
	f.enter(label, after, nil)
	outer := f.next
	for i, c := range clauses {
		f.next = after
		if i+1 < len(clauses) {
			f.next = bodies[i+1]
		}
		f.start(bodies[i])
		f.block(c.Body)
		f.fallTo(after)
	}
	f.next = outer
	f.leaveLoop()
	f.start(after)
}

// clauses gives each clause a block, and says where no clause fits.
func (f *fn) clauses(body *ast.BlockStmt, after *ir.Block) ([]*ast.CaseClause, []*ir.Block, *ir.Block) {
	var list []*ast.CaseClause
	var bodies []*ir.Block
	fallback := after
	for _, s := range body.List {
		c := s.(*ast.CaseClause)
		b := f.newBlock()
		list = append(list, c)
		bodies = append(bodies, b)
		if c.List == nil {
			fallback = b
		}
	}
	return list, bodies, fallback
}

func (f *fn) condCases(clauses []*ast.CaseClause, bodies []*ir.Block, fallback *ir.Block) {
	for i, c := range clauses {
		for _, e := range c.List {
			next := f.newBlock()
			f.at = f.line(e.Pos())
			f.cond(e, bodies[i], next)
			f.start(next)
		}
	}
	f.jump(fallback)
}

// tagCases compares a copy of the tag with one case after another.
func (f *fn) tagCases(tag ast.Expr, clauses []*ast.CaseClause, bodies []*ir.Block, fallback *ir.Block) {
	t := types.Default(f.typeOf(tag))
	x := f.valueTo(tag, t)
	f.flush()
	it := f.typ(t, tag)
	if sw := f.table(x, t, clauses, bodies, fallback); sw != nil {
		f.end(sw)
		return
	}
	var copied operand
	if _, ok := x.(*ir.Lit); ok {
		copied = func() ir.Expr { return x }
	} else {
		name := f.temp(it)
		f.do(&ir.Set{Place: &ir.Name{Name: name}, To: x, At: f.at})
		copied = nameOf(name)
	}
	for i, c := range clauses {
		for _, e := range c.List {
			next := f.newBlock()
			f.at = f.line(e.Pos())
			cond := f.caseTest(copied, t, e)
			f.flush()
			f.branch(cond, bodies[i], next)
			f.start(next)
		}
	}
	f.jump(fallback)
}

func (f *fn) caseTest(tag operand, t types.Type, e ast.Expr) ir.Expr {
	if f.isNil(e) {
		return &ir.IsNil{X: tag()}
	}
	et := types.Default(f.typeOf(e))
	common := t
	if types.IsInterface(et) && !types.IsInterface(t) {
		common = et
	}
	x := f.convert(tag, nil, t, common, len(f.pending))
	y := f.exprTo(e, common)
	return f.op("eq", x, y)()
}

// table makes a Switch of cases that are all literals of an integer or string type.
func (f *fn) table(x ir.Expr, t types.Type, clauses []*ast.CaseClause, bodies []*ir.Block, fallback *ir.Block) ir.Term {
	b, ok := t.Underlying().(*types.Basic)
	if !ok || b.Info()&(types.IsInteger|types.IsString) == 0 || f.typ(t, nil).Kind == ir.Host || f.typ(t, nil).Kind == ir.Duration {
		return nil
	}
	sw := &ir.Switch{X: x, Default: fallback.Name, At: f.at}
	seen := map[any]bool{}
	for i, c := range clauses {
		for _, e := range c.List {
			tv := f.pkg.TypesInfo.Types[e]
			if tv.Value == nil || types.IsInterface(f.typeOf(e)) {
				return nil
			}
			lit, ok := f.constant(tv.Value, t, e)().(*ir.Lit)
			if !ok || seen[lit.Value] {
				return nil
			}
			seen[lit.Value] = true
			sw.Cases = append(sw.Cases, &ir.Case{Is: lit, To: bodies[i].Name})
		}
	}
	if len(sw.Cases) == 0 {
		return nil
	}
	return sw
}

// typeSwitch lowers switch v := x.(type).
func (f *fn) typeSwitch(s *ast.TypeSwitchStmt, label string) {
	if s.Init != nil {
		f.stmt(s.Init)
		f.at = f.line(s.Pos())
	}
	var x ast.Expr
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		x = a.Rhs[0].(*ast.TypeAssertExpr).X
	case *ast.ExprStmt:
		x = a.X.(*ast.TypeAssertExpr).X
	}
	it := f.irType(x)
	v := f.value(x)
	f.flush()
	tag := f.temp(it)
	f.do(&ir.Set{Place: &ir.Name{Name: tag}, To: v, At: f.at})
	after := f.newBlock()
	clauses, bodies, fallback := f.clauses(s.Body, after)
	single := make([]string, len(clauses))
	for i, c := range clauses {
		for _, e := range c.List {
			f.at = f.line(e.Pos())
			single[i] = f.typeCase(x, tag, e, bodies[i])
		}
	}
	f.jump(fallback)
	f.enter(label, after, nil)
	for i, c := range clauses {
		f.start(bodies[i])
		f.at = f.line(c.Pos())
		f.caseVariable(c, tag, single[i])
		f.block(c.Body)
		f.fallTo(after)
	}
	f.leaveLoop()
	f.start(after)
}

// typeCase tests for one type and names the temporary that then has the value.
func (f *fn) typeCase(x ast.Expr, tag string, e ast.Expr, body *ir.Block) string {
	next := f.newBlock()
	if f.isNil(e) {
		f.end(&ir.If{Cond: &ir.IsNil{X: &ir.Name{Name: tag}}, Then: body.Name, Else: next.Name, At: f.at})
		f.start(next)
		return tag
	}
	t := f.irType(e)
	value, ok := f.temp(t), f.temp(ir.Basic(ir.Bool))
	var v ir.Expr = &ir.Name{Name: tag}
	f.asserts(x, f.typeOf(e))
	if !f.possible(x, f.typeOf(e)) {
		v = &ir.Convert{X: v, To: ir.Basic(ir.Any)}
	}
	f.do(&ir.Assert{X: v, Type: t, Into: []string{value, ok}, At: f.at})
	f.end(&ir.If{Cond: &ir.Name{Name: ok}, Then: body.Name, Else: next.Name, At: f.at})
	f.start(next)
	return value
}

// caseVariable declares the variable of a clause: of the case's type if there is one case, else the switched value.
func (f *fn) caseVariable(c *ast.CaseClause, tag, value string) {
	o, ok := f.pkg.TypesInfo.Implicits[c].(*types.Var)
	if !ok {
		return
	}
	if len(c.List) != 1 || f.isNil(c.List[0]) {
		value = tag
	}
	v := f.declare(o, &ast.Ident{Name: o.Name(), NamePos: c.Pos()}, f.sub.apply(o.Type()))
	f.setVar(v, &ir.Name{Name: value}, true)
}
