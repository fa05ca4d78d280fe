// This file lowers constructors: what they build is a draft, which becomes an entity when they return it.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// ownConstructor says whether a return here is the constructor's own, not that of a literal inside.
func (f *fn) ownConstructor() bool {
	return f.creates != nil && f.parent == nil && f.scope.outer == nil
}

// constructorVars gives a constructor with defers a variable for its draft and one for a reference: it creates the
// entity after the deferred calls have run.
func (f *fn) constructorVars(n ast.Node) {
	if v := f.scope.results[0]; v != nil && v.draft {
		f.scope.draft = v
		return
	}
	t := f.draftType()
	f.scope.draft = &variable{name: f.temp(t), typ: t, draft: true}
	f.do(&ir.Set{Place: &ir.Name{Name: f.scope.draft.name}, To: &ir.Nil{Type: t}})
	f.scope.ref = f.scope.results[0]
}

// constructorReturn lowers return in a constructor.
func (f *fn) constructorReturn(s *ast.ReturnStmt) {
	if len(s.Results) == 0 {
		f.leave()
		return
	}
	res := f.scope.sig.Results()
	if len(s.Results) == 1 && res.Len() > 1 { // another constructor's results
		names, list := f.callMulti(ast.Unparen(s.Results[0]).(*ast.CallExpr))
		ref := nameOf(names[0])
		err := f.convert(nameOf(names[1]), nil, list[1], res.At(1).Type(), len(f.pending))
		f.constructed(nil, ref, err, s)
		return
	}
	draft, ref := f.firstResult(s.Results[0], res.At(0).Type())
	var err operand
	if len(s.Results) == 2 {
		err = f.exprTo(s.Results[1], res.At(1).Type())
	}
	f.constructed(draft, ref, err, s)
}

// firstResult lowers what a constructor returns: a draft or a reference.
func (f *fn) firstResult(e ast.Expr, t types.Type) (draft, ref operand) {
	if v := f.draftBase(e); v != nil {
		return nameOf(v.name), nil
	}
	if f.buildsEntity(e) == f.creates {
		return f.draftValue(e), nil
	}
	return nil, f.exprTo(e, t)
}

// constructed ends a constructor, or sets its variables if deferred calls have to run first.
func (f *fn) constructed(draft, ref, err operand, s *ast.ReturnStmt) {
	var d, r, x ir.Expr
	if draft != nil {
		d = draft()
	} else {
		r = ref()
	}
	if err != nil {
		x = err()
	}
	f.flush()
	if f.scope.defers != nil || f.scope.results[0] != nil {
		f.setResults(d, r, x, s)
		f.leave()
		return
	}
	if x != nil && d != nil {
		if _, ok := x.(*ir.Nil); !ok { // read before the entity is created
			t := f.temp(ir.Basic(ir.Error))
			f.do(&ir.Set{Place: &ir.Name{Name: t}, To: x, At: f.at})
			x = &ir.Name{Name: t}
		}
	}
	if d == nil {
		f.end(&ir.Return{Values: present(r, x), At: f.at})
		return
	}
	f.create(d, x, s)
}

func present(list ...ir.Expr) []ir.Expr {
	var out []ir.Expr
	for _, x := range list {
		if x != nil {
			out = append(out, x)
		}
	}
	return out
}

// setResults sets the result variables of a constructor with defers or named results.
func (f *fn) setResults(d, r, x ir.Expr, s *ast.ReturnStmt) {
	set := func(v *variable, x ir.Expr) {
		if v != nil && x != nil {
			f.do(&ir.Set{Place: &ir.Name{Name: v.name}, To: x, At: f.at})
		}
	}
	named := f.scope.results[0]
	if len(f.scope.results) > 1 && x != nil {
		t := f.temp(ir.Basic(ir.Error))
		f.do(&ir.Set{Place: &ir.Name{Name: t}, To: x, At: f.at})
		x = &ir.Name{Name: t}
	}
	switch {
	case named != nil && named.draft && d != nil:
		set(named, d)
	case named != nil && named.draft:
		if _, ok := r.(*ir.Nil); !ok {
			f.report("SF1117", s, "leave the result unnamed", "a named result that holds a draft cannot return another entity: leave it unnamed")
		}
		set(named, &ir.Zero{Type: named.typ})
	case d != nil && f.scope.draft == nil:
		f.report("SF1117", s, "leave the result unnamed, or assign it and return without values", "a constructor with a named result builds the entity in it: assign the result and return")
	case d != nil:
		set(f.scope.draft, d)
	default:
		if f.scope.draft != nil {
			set(f.scope.draft, &ir.Zero{Type: f.scope.draft.typ})
		}
		set(f.scope.results[0], r)
	}
	if len(f.scope.results) > 1 {
		set(f.scope.results[1], x)
	}
}

// constructorEnd creates the entity from the variables and returns.
func (f *fn) constructorEnd() {
	var x ir.Expr
	if len(f.scope.results) > 1 {
		x = &ir.Name{Name: f.scope.results[1].name}
	}
	draft := f.scope.draft
	if draft == nil && f.scope.results[0].draft {
		draft = f.scope.results[0]
	}
	if draft == nil {
		f.end(&ir.Return{Values: present(&ir.Name{Name: f.scope.results[0].name}, x), At: f.at})
		return
	}
	f.create(&ir.Name{Name: draft.name}, x, nil)
}

// create turns a draft into an entity and returns the reference; a draft that may be nil is looked at first.
func (f *fn) create(d, x ir.Expr, s *ast.ReturnStmt) {
	if n, ok := d.(*ir.Name); ok && !f.isTempName(n.Name) || s == nil {
		none, some := f.newBlock(), f.newBlock()
		f.end(&ir.If{Cond: &ir.IsNil{X: d}, Then: none.Name, Else: some.Name, At: f.at})
		f.start(none)
		var r ir.Expr = &ir.Nil{Type: f.refType()}
		if f.scope.ref != nil {
			r = &ir.Name{Name: f.scope.ref.name}
		}
		f.end(&ir.Return{Values: present(r, x), At: f.at})
		f.start(some)
	}
	into, then := f.temp(f.refType()), f.newBlock()
	accept := s != nil && f.accepts(s)
	f.end(&ir.Create{Draft: d, Into: into, Then: then.Name, Copy: accept, At: f.at})
	f.start(then)
	f.end(&ir.Return{Values: present(&ir.Name{Name: into}, x), At: f.at})
}

func (f *fn) isTempName(name string) bool {
	if f.surelyDraft[name] {
		return true
	}
	for _, l := range f.out.Locals {
		if l.Name == name {
			return l.Temp
		}
	}
	return false
}

// constructor gives the entity type that a function creates: it returns *T or (*T, error) and builds a T.
func (f *fn) constructor(d *declaration) *entity {
	res := d.obj.Signature().Results()
	if d.decl.Recv != nil || res.Len() == 0 || res.Len() > 2 {
		return nil
	}
	if res.Len() == 2 && res.At(1).Type().String() != "error" {
		return nil
	}
	e := f.refTo(res.At(0).Type())
	if e == nil {
		return nil
	}
	builds := false
	ast.Inspect(d.decl.Body, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok && f.buildsEntity(x) == e {
			builds = true
		}
		return true
	})
	if !builds {
		return nil
	}
	return e
}

// buildsEntity gives the entity type that an expression builds: &T{…} or new(T).
func (f *fn) buildsEntity(x ast.Expr) *entity {
	switch x := ast.Unparen(x).(type) {
	case *ast.UnaryExpr:
		if lit, ok := ast.Unparen(x.X).(*ast.CompositeLit); ok && x.Op == token.AND {
			if t := f.pkg.TypesInfo.TypeOf(lit); f.refTo(t) == nil {
				return f.entityOf(t)
			}
		}
	case *ast.CallExpr:
		if id, ok := ast.Unparen(x.Fun).(*ast.Ident); ok && len(x.Args) == 1 {
			if b, ok := f.pkg.TypesInfo.Uses[id].(*types.Builtin); ok && b.Name() == "new" && f.pkg.TypesInfo.Types[x.Args[0]].IsType() {
				if t := f.pkg.TypesInfo.TypeOf(x.Args[0]); f.refTo(t) == nil {
					return f.entityOf(t)
				}
			}
		}
	}
	return nil
}

// draftVars finds the local variables of a constructor that hold drafts.
func (f *fn) draftVars(body *ast.BlockStmt) map[types.Object]bool {
	vars := map[types.Object]bool{}
	nilled := map[types.Object]bool{}
	note := func(lhs, rhs ast.Expr) {
		id, ok := ast.Unparen(lhs).(*ast.Ident)
		if !ok || f.object(id) == nil {
			return
		}
		o := f.object(id)
		if f.buildsEntity(rhs) == f.creates {
			vars[o] = true
			f.sure[o] = f.sure[o] || f.pkg.TypesInfo.Defs[id] != nil
		} else {
			nilled[o] = true
		}
	}
	defer func() {
		for o := range nilled {
			delete(f.sure, o)
		}
	}()
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i := range n.Lhs {
					note(n.Lhs[i], n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i, v := range n.Values {
				if i < len(n.Names) {
					note(n.Names[i], v)
				}
			}
		}
		return true
	})
	return vars
}
