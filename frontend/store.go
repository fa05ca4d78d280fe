// This file stores values: what of the places, and of the values still to be stored, is read before.

package frontend

import "github.com/stateful-entities/sfc/ir"

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
