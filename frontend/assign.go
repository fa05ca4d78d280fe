// This file lowers assignments, declarations and returns.

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

// store is an assignment that is ready to be emitted.
type store struct {
	place    ir.Expr
	m, k     ir.Expr
	to       ir.Expr
	blank    bool
	fresh    *variable
	typ      *ir.Type
	elemType *ir.Type
}

func (f *fn) emitStore(s *store) {
	switch {
	case s.blank:
		if !noEffect(s.to) {
			f.do(&ir.Eval{X: s.to, At: f.at})
		}
	case s.m != nil:
		f.do(&ir.MapSet{Map: s.m, Key: s.k, To: s.to, At: f.at})
	case s.fresh != nil:
		f.setVar(s.fresh, s.to, true)
	default:
		if n, ok := s.place.(*ir.Name); ok {
			if x, ok := s.to.(*ir.Name); ok && x.Name == n.Name {
				return // x = x
			}
		}
		f.do(&ir.Set{Place: s.place, To: s.to, At: f.at})
	}
}

func noEffect(e ir.Expr) bool {
	switch e := e.(type) {
	case *ir.Name, *ir.Lit, *ir.Nil, *ir.Zero, *ir.FuncVal, *ir.Global, *ir.Request:
		return true
	case *ir.Box:
		return noEffect(e.X)
	}
	return false
}

func (f *fn) build(t *target, to ir.Expr) *store {
	s := &store{to: to, blank: t.blank, fresh: t.fresh}
	if t.typ != nil && !t.blank && t.fresh == nil {
		s.typ = f.storeType(t)
	}
	if t.m != nil {
		s.m, s.k = t.m(), t.k()
	} else if t.place != nil {
		s.place = t.place()
	}
	return s
}

func (f *fn) storeType(t *target) *ir.Type {
	if t.draft != nil {
		return t.draft.typ
	}
	return f.typ(t.typ, t.node)
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

// storeAll assigns one after another; what a later one reads and an earlier one may change is read before.
func (f *fn) storeAll(targets []*target, ops []operand) {
	var stores []*store
	for i, t := range targets {
		stores = append(stores, f.build(t, ops[i]()))
	}
	f.flush()
	if len(stores) > 1 {
		f.readEarly(stores)
	}
	for _, s := range stores {
		f.emitStore(s)
	}
}

// readEarly puts into temporaries what an earlier assignment of the list may change (as gc's ascompatee decides).
func (f *fn) readEarly(stores []*store) {
	assigned := map[string]bool{}
	all, memory := false, false
	save := func(x ir.Expr, t *ir.Type) ir.Expr {
		if x == nil || !all && !touched(x, assigned, memory, f.isCell) {
			return x
		}
		if t == nil {
			t = f.exprType(x)
		}
		name := f.temp(t)
		f.do(&ir.Set{Place: &ir.Name{Name: name}, To: x, At: f.at})
		return &ir.Name{Name: name}
	}
	for _, s := range stores {
		if s.m != nil {
			s.m, s.k = save(s.m, nil), save(s.k, nil)
		} else if s.place != nil {
			s.place = f.savePlace(s.place, save)
		}
		switch s.to.(type) {
		case *ir.Lit, *ir.Nil, *ir.Zero:
		default:
			s.to = save(s.to, nil)
		}
		name := ""
		switch {
		case s.blank:
			continue
		case s.fresh != nil:
			if !s.fresh.cell {
				continue // nothing before it can read a new variable
			}
			continue
		default:
			if n, ok := rootName(s.place); ok {
				name = n
			}
		}
		switch {
		case name == "" || f.isCell(name):
			memory = true
		case f.isResult(name) && f.scope.defers != nil:
			all = true
		default:
			assigned[name] = true
		}
	}
}

// savePlace saves the parts of a place that are read before it is assigned.
func (f *fn) savePlace(p ir.Expr, save func(ir.Expr, *ir.Type) ir.Expr) ir.Expr {
	switch p := p.(type) {
	case *ir.Field:
		if f.isPointerExpr(p.X) {
			return &ir.Field{X: save(p.X, nil), Name: p.Name, Type: p.Type}
		}
		return &ir.Field{X: f.savePlace(p.X, save), Name: p.Name, Type: p.Type}
	case *ir.Index:
		if t := ir.Underlying(f.view(), f.exprType(p.X)); t != nil && t.Kind == ir.ArrayKind {
			i := save(p.I, nil)
			return &ir.Index{X: f.savePlace(p.X, save), I: i}
		}
		x := save(p.X, nil)
		return &ir.Index{X: x, I: save(p.I, nil)}
	case *ir.Deref:
		return &ir.Deref{X: save(p.X, nil)}
	}
	return p
}

func (f *fn) isPointerExpr(x ir.Expr) bool {
	if n, ok := x.(*ir.Name); ok && n.Name == f.out.Self {
		return false
	}
	t := ir.Underlying(f.view(), f.exprType(x))
	return t != nil && t.Kind == ir.PtrKind
}

// rootName gives the variable that a place is a part of, if it is one.
func rootName(p ir.Expr) (string, bool) {
	n, ok := p.(*ir.Name)
	if ok {
		return n.Name, true
	}
	return "", false
}

func (f *fn) isCell(name string) bool {
	for _, list := range [][]*ir.Local{f.out.Captures, f.out.Locals} {
		for _, l := range list {
			if l.Name == name {
				return l.Cell
			}
		}
	}
	return false
}

func (f *fn) isResult(name string) bool {
	for _, r := range f.scope.results {
		if r != nil && r.name == name {
			return true
		}
	}
	return false
}

// view is the program as far as it is declared, to ask for types of expressions.
func (f *fn) view() *ir.Program {
	p := &ir.Program{ID: f.prog.ID, Entities: f.prog.Entities, Vars: f.prog.Vars, Externs: f.prog.Externs, Funcs: f.prog.Funcs}
	for _, d := range f.compiler.names.order {
		p.Types = append(p.Types, d.def)
	}
	return p
}

func (f *fn) exprType(x ir.Expr) *ir.Type {
	t, err := ir.NewScope(f.view(), f.out).TypeOf(x)
	if err != nil {
		internal("type of an operand: %v", err)
	}
	return t
}

// touched says whether an expression may read what has been assigned.
func touched(x ir.Expr, assigned map[string]bool, memory bool, cell func(string) bool) bool {
	hit := false
	ir.WalkExpr(x, func(e ir.Expr) bool {
		switch e := e.(type) {
		case *ir.Name:
			hit = hit || assigned[e.Name] || memory && cell(e.Name)
		case *ir.Lit, *ir.Nil, *ir.Zero, *ir.FuncVal, *ir.Unary, *ir.Convert, *ir.Box, *ir.Request:
		case *ir.Binary:
			hit = hit || memory && ir.IsComparison(e.Op)
		default:
			hit = hit || memory
		}
		return !hit
	})
	return hit
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
		y = f.exprTo(r, t.typ)
	}
	var old operand
	if t.m != nil {
		old = func() ir.Expr { a := t.m(); return &ir.Index{X: a, I: t.k()} }
	} else {
		old = t.place
	}
	x := f.op(binaryOps[op], old, y)()
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

// returnStmt lowers return.
func (f *fn) returnStmt(s *ast.ReturnStmt) {
	if f.ownConstructor() {
		f.constructorReturn(s)
		return
	}
	res := f.scope.sig.Results()
	if len(s.Results) == 0 {
		f.leave()
		return
	}
	var ops []operand
	if len(s.Results) == 1 && res.Len() > 1 {
		names, list := f.callMulti(ast.Unparen(s.Results[0]).(*ast.CallExpr))
		for i := range names {
			ops = append(ops, f.convert(nameOf(names[i]), nil, list[i], res.At(i).Type(), len(f.pending)))
		}
	} else {
		for i, r := range s.Results {
			ops = append(ops, f.exprTo(r, res.At(i).Type()))
		}
	}
	if f.direct() {
		var values []ir.Expr
		for _, op := range ops {
			values = append(values, op())
		}
		f.flush()
		f.end(&ir.Return{Values: values, At: f.at})
		return
	}
	targets := make([]*target, len(ops))
	for i, v := range f.scope.results {
		targets[i] = &target{place: nameOf(v.name), typ: res.At(i).Type()}
	}
	f.storeAll(targets, ops)
	f.leave()
}

// direct says whether return can give its values without setting the result variables.
func (f *fn) direct() bool {
	if f.scope.exit != nil || f.scope.defers != nil {
		return false
	}
	for _, v := range f.scope.results {
		if v != nil && v.cell {
			return false
		}
	}
	return true
}

// leave goes to the deferred calls, out of a body lowered in place, or returns the result variables.
func (f *fn) leave() {
	f.flush()
	switch {
	case f.scope.defers != nil && !f.scope.defers.done:
		f.jump(f.scope.defers.head)
	case f.scope.exit != nil:
		f.jump(f.scope.exit)
	default:
		f.returnVars()
	}
}

func (f *fn) returnVars() {
	if f.ownConstructor() {
		f.constructorEnd()
		return
	}
	var values []ir.Expr
	for _, v := range f.scope.results {
		if v == nil {
			internal("result of %s has no variable", f.out.Name)
		}
		values = append(values, &ir.Name{Name: v.name})
	}
	f.end(&ir.Return{Values: values, At: f.at})
}

// finishScope ends the function's own body.
func (f *fn) finishScope(body *ast.BlockStmt) {
	f.at = f.line(body.Rbrace)
	if f.cur != nil {
		if f.scope.sig.Results().Len() == 0 {
			f.leave()
		} else {
			f.end(&ir.Unreachable{Why: "missing return"})
		}
	}
	if f.scope.defers != nil {
		f.chain()
		f.returnVars()
	}
}
