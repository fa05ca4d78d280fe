// This file lowers assignments and declarations.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// target is the left side of an assignment, its calls hoisted: a place, an entry of a map, or nothing.
type target struct {
	blank bool
	place operand // nil for an entry
	m, k  operand
	fresh *variable // a variable that is declared here
	typ   types.Type
	draft *variable
	node  ast.Expr
}

// target hoists the operands of a left side.
func (f *fn) target(e ast.Expr) *target {
	e = ast.Unparen(e)
	if id, ok := e.(*ast.Ident); ok {
		if id.Name == "_" {
			return &target{blank: true, node: e}
		}
		return f.targetName(id)
	}
	t := &target{typ: f.typeOf(e), node: e}
	f.notPackageVar(e)
	if x, ok := e.(*ast.IndexExpr); ok {
		if m, ok := f.typeOf(x.X).Underlying().(*types.Map); ok {
			t.m = f.expr(x.X)
			t.k = f.mapKey(x.Index, m)
			return t
		}
	}
	if s, ok := e.(*ast.StarExpr); ok {
		if en := f.refTo(f.typeOf(s.X)); en != nil {
			f.report("SF1111", e, "write a method that sets the fields that should change", "an entity of type %s cannot be overwritten as a whole: assign its fields", en.name)
		}
	}
	t.place = f.expr(e)
	return t
}

func (f *fn) targetName(id *ast.Ident) *target {
	o := f.object(id)
	t := &target{typ: f.sub.apply(o.Type()), node: id}
	if o == f.self && o != nil {
		f.report("SF1111", id, "use a variable of its own: `other := …`", "%s is the entity itself and cannot be assigned", id.Name)
		t.blank = true
		return t
	}
	if v, ok := o.(*types.Var); ok && v.Parent() == v.Pkg().Scope() {
		if !f.inInit {
			f.report("SF1204", id, "keep it in the state of an entity", "package variable %s is written after initialisation", id.Name)
		}
		name := f.varName(v, id)
		t.place = func() ir.Expr { return &ir.Global{Name: name} }
		return t
	}
	v := f.lookup(o)
	if v == nil {
		internal("variable %s is not declared", id.Name)
	}
	if v.draft {
		t.draft = v
	}
	t.place = nameOf(v.name)
	return t
}

// notPackageVar refuses a write below a package variable, which is a constant of the program.
func (f *fn) notPackageVar(e ast.Expr) {
	if f.inInit {
		return
	}
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SelectorExpr:
			if f.pkg.TypesInfo.Selections[x] == nil {
				e = x.Sel
			} else {
				e = x.X
			}
		case *ast.Ident:
			if v, ok := f.object(x).(*types.Var); ok && f.varDecls[v] != nil {
				f.report("SF1204", x, "keep it in the state of an entity", "package variable %s is written after initialisation", x.Name)
			}
			return
		default:
			return
		}
	}
}

// assignStmt lowers =, := and op=.
func (f *fn) assignStmt(s *ast.AssignStmt) {
	switch {
	case s.Tok != token.ASSIGN && s.Tok != token.DEFINE:
		f.opAssign(s.Lhs[0], s.Rhs[0], assignOps[s.Tok])
	case len(s.Lhs) == len(s.Rhs):
		f.assignEach(s)
	default:
		f.assignMulti(s.Lhs, s.Rhs[0], s.Tok == token.DEFINE)
	}
}

var assignOps = map[token.Token]token.Token{
	token.ADD_ASSIGN: token.ADD, token.SUB_ASSIGN: token.SUB, token.MUL_ASSIGN: token.MUL, token.QUO_ASSIGN: token.QUO,
	token.REM_ASSIGN: token.REM, token.AND_ASSIGN: token.AND, token.OR_ASSIGN: token.OR, token.XOR_ASSIGN: token.XOR,
	token.SHL_ASSIGN: token.SHL, token.SHR_ASSIGN: token.SHR, token.AND_NOT_ASSIGN: token.AND_NOT,
}

// defines gives the variable that := declares for an identifier, or nil if it assigns an old one.
func (f *fn) defines(e ast.Expr) *types.Var {
	if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
		v, _ := f.pkg.TypesInfo.Defs[id].(*types.Var)
		return v
	}
	return nil
}

func (f *fn) assignEach(s *ast.AssignStmt) {
	targets := make([]*target, len(s.Lhs))
	for i, l := range s.Lhs {
		if v := f.defines(l); s.Tok == token.DEFINE && v != nil {
			targets[i] = &target{typ: f.sub.apply(v.Type()), node: l}
		} else {
			targets[i] = f.target(l)
		}
	}
	ops := make([]operand, len(s.Rhs))
	for i, r := range s.Rhs {
		ops[i] = f.assigned(targets[i], s.Lhs[i], r)
	}
	for i, l := range s.Lhs { // a new variable is in scope after the right sides
		if v := f.defines(l); s.Tok == token.DEFINE && v != nil {
			targets[i].fresh = f.declare(v, l.(*ast.Ident), targets[i].typ)
		}
	}
	f.storeAll(targets, ops)
}

// assigned lowers a right side for its target; a draft variable takes what builds an entity.
func (f *fn) assigned(t *target, l, r ast.Expr) operand {
	if t.blank {
		if tv := f.pkg.TypesInfo.Types[r]; tv.IsNil() {
			return func() ir.Expr { return &ir.Nil{Type: ir.Basic(ir.Any)} }
		}
		return f.exprTo(r, types.Default(f.typeOf(r)))
	}
	id, _ := ast.Unparen(l).(*ast.Ident)
	if id == nil || f.object(id) == nil || !f.isDraft(f.object(id)) {
		return f.exprTo(r, t.typ)
	}
	return f.draftValue(r)
}

func (f *fn) isDraft(o types.Object) bool {
	for g := f; g != nil; g = g.parent {
		if g.drafts[o] {
			return true
		}
	}
	return false
}

// draftValue lowers what a draft variable can hold: a new entity, or nil.
func (f *fn) draftValue(r ast.Expr) operand {
	t := f.constructing()
	if f.isNil(r) {
		return func() ir.Expr { return &ir.Zero{Type: ir.PtrType(t)} }
	}
	switch x := ast.Unparen(r).(type) {
	case *ast.UnaryExpr:
		if lit, ok := ast.Unparen(x.X).(*ast.CompositeLit); ok && f.buildsEntity(r) != nil {
			return f.alloc(t, f.compositeOf(lit, f.typeOf(lit)))
		}
	case *ast.CallExpr:
		if f.buildsEntity(r) != nil {
			return f.alloc(t, func() ir.Expr { return &ir.Zero{Type: t} })
		}
	}
	return f.unsupported("SF1117", r, "use a variable each for the entity that is built and for the other one", "a variable that holds a draft cannot hold another entity too: use two variables")
}

func (f *fn) constructing() *ir.Type {
	g := f
	for g.creates == nil && g.parent != nil {
		g = g.parent
	}
	return g.draftType().Elem
}

// assignMulti lowers a, b = f(), m[k], x.(T).
func (f *fn) assignMulti(lhs []ast.Expr, rhs ast.Expr, define bool) {
	targets := make([]*target, len(lhs))
	for i, l := range lhs {
		if v := f.defines(l); define && v != nil {
			targets[i] = &target{typ: f.sub.apply(v.Type()), node: l}
		} else {
			targets[i] = f.target(l)
		}
	}
	names, list := f.multi(rhs, targets)
	ops := make([]operand, len(lhs))
	for i := range lhs {
		to := targets[i].typ
		if to == nil {
			to = list[i]
		}
		if targets[i].draft != nil {
			f.report("SF1117", targets[i].node, "use a variable each for the entity that is built and for the other one", "a variable that holds a draft cannot hold another entity too: use two variables")
		}
		ops[i] = f.convert(nameOf(names[i]), nil, list[i], to, len(f.pending))
	}
	for i, l := range lhs {
		if v := f.defines(l); define && v != nil {
			targets[i].fresh = f.declare(v, l.(*ast.Ident), targets[i].typ)
		}
	}
	f.storeAll(targets, ops)
}

// multi lowers an expression with several values into temporaries; those that nobody wants are dropped.
func (f *fn) multi(e ast.Expr, targets []*target) ([]string, []types.Type) {
	switch x := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		return f.callMulti(x)
	case *ast.IndexExpr:
		m := f.typeOf(x.X).Underlying().(*types.Map)
		mo, ko := f.expr(x.X), f.mapKey(x.Index, m)
		mx, kx := mo(), ko()
		into := []string{f.temp(f.typ(m.Elem(), e)), f.temp(ir.Basic(ir.Bool))}
		f.effect(&ir.MapGet{Map: mx, Key: kx, Into: into, At: f.at})
		return into, []types.Type{m.Elem(), types.Typ[types.Bool]}
	case *ast.TypeAssertExpr:
		op := f.expr(x.X)
		v := op()
		t := f.typeOf(x.Type)
		f.asserts(x.X, t)
		if !f.possible(x.X, t) {
			v = &ir.Convert{X: v, To: ir.Basic(ir.Any)}
		}
		into := []string{f.temp(f.typ(t, e)), f.temp(ir.Basic(ir.Bool))}
		f.effect(&ir.Assert{X: v, Type: f.typ(t, e), Into: into, At: f.at})
		return into, []types.Type{t, types.Typ[types.Bool]}
	}
	internal("several values of %T", e)
	return nil, nil
}

// opAssign lowers x op= y: the place is read and written after the calls of both sides.
func (f *fn) opAssign(l, r ast.Expr, op token.Token) {
	t := f.target(l)
	var y operand
	if op == token.SHL || op == token.SHR {
		y = f.shiftCount(r)
	} else {
		y = f.exprTo(r, f.plain(t.typ))
	}
	var old operand
	if t.m != nil {
		old = func() ir.Expr { a := t.m(); return &ir.Index{X: a, I: t.k()} }
	} else {
		old = t.place
	}
	x := f.operateOn(old, t.typ, func(old operand) operand { return f.op(binaryOps[op], old, y) })()
	f.flush()
	f.emitStore(f.build(t, x))
}

// declStmt lowers var declarations; constants and types need nothing.
func (f *fn) declStmt(d *ast.GenDecl) {
	if d.Tok != token.VAR {
		return
	}
	for _, s := range d.Specs {
		s := s.(*ast.ValueSpec)
		f.at = f.line(s.Pos())
		f.varSpec(s)
	}
}

func (f *fn) varSpec(s *ast.ValueSpec) {
	lhs := make([]ast.Expr, len(s.Names))
	for i, n := range s.Names {
		lhs[i] = n
	}
	switch {
	case len(s.Values) == 0:
		for _, n := range s.Names {
			if o := f.pkg.TypesInfo.Defs[n]; o != nil && n.Name != "_" {
				v := f.declare(o, n, f.sub.apply(o.Type()))
				f.setVar(v, f.zero(v.typ), true)
			}
		}
	case len(s.Values) == len(s.Names):
		if s.Type != nil { // the declared type, also for blanks
			f.typ(f.sub.apply(f.pkg.TypesInfo.TypeOf(s.Type)), s.Type)
		}
		f.assignEach(&ast.AssignStmt{Lhs: lhs, Tok: token.DEFINE, Rhs: s.Values})
	default:
		f.assignMulti(lhs, s.Values[0], true)
	}
}
