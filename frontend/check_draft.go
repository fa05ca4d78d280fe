// This file checks constructors: a draft may be filled and returned, nothing else.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/stateful-entities/sfc/internal/diag"
)

// creates gives the entity type that a body constructs: it returns *T, or *T and an error, and builds a T.
func (c *checker) creates(b *body) *entity {
	d, ok := b.node.(*ast.FuncDecl)
	if !ok || d.Recv != nil || d.Body == nil {
		return nil
	}
	res := b.fn.Signature().Results()
	if res.Len() == 0 || res.Len() > 2 || res.Len() == 2 && !isError(res.At(1).Type()) {
		return nil
	}
	e := c.refTo(res.At(0).Type())
	if e == nil {
		return nil
	}
	found := false
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		if x, ok := n.(ast.Expr); ok && c.builds(b.info(), x) == e {
			found = true
		}
		return !found
	})
	if !found {
		return nil
	}
	return e
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// builds gives the entity type that &T{…} or new(T) builds.
func (c *checker) builds(info *types.Info, x ast.Expr) *entity {
	switch x := ast.Unparen(x).(type) {
	case *ast.UnaryExpr:
		if lit, ok := ast.Unparen(x.X).(*ast.CompositeLit); ok && x.Op == token.AND && c.refTo(info.TypeOf(lit)) == nil {
			return c.entityOf(info.TypeOf(lit))
		}
	case *ast.CallExpr:
		if isBuiltin(info, x, "new") && len(x.Args) == 1 && info.Types[x.Args[0]].IsType() && c.refTo(info.TypeOf(x.Args[0])) == nil {
			return c.entityOf(info.TypeOf(x.Args[0]))
		}
	}
	return nil
}

// drafts gives the variables of a constructor that hold its draft.
func (c *checker) drafts(b *body) map[types.Object]bool {
	if b.draftsKnown {
		return b.draftVars
	}
	b.draftsKnown = true
	e := c.creates(b)
	if e == nil {
		return nil
	}
	b.draftVars = map[types.Object]bool{}
	note := func(lhs, rhs ast.Expr) {
		if id, ok := ast.Unparen(lhs).(*ast.Ident); ok && c.builds(b.info(), rhs) == e {
			if o := b.info().ObjectOf(id); o != nil {
				b.draftVars[o] = true
			}
		}
	}
	ast.Inspect(b.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i := range n.Lhs {
					note(n.Lhs[i], n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i, v := range n.Values {
				if len(n.Values) == len(n.Names) {
					note(n.Names[i], v)
				}
			}
		}
		return true
	})
	return b.draftVars
}

// checkDrafts refuses every use of a draft but filling it, calling its own methods, and returning it.
func (c *checker) checkDrafts(b *body) {
	drafts := c.drafts(b)
	if len(drafts) == 0 {
		return
	}
	e := c.creates(b)
	walk(b.node, func(n ast.Node, above []ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || !drafts[b.info().Uses[id]] {
			return true
		}
		switch up := parent(above).(type) {
		case *ast.SelectorExpr:
			c.checkDraftMethod(b, up, e, above)
			return true
		case *ast.ReturnStmt:
			if ast.Unparen(up.Results[0]) == id && !insideLiteral(above) {
				return true
			}
		case *ast.BinaryExpr:
			if up.Op == token.EQL || up.Op == token.NEQ {
				return true
			}
		case *ast.AssignStmt:
			if c.draftAssignment(b, id, up, e) {
				return true
			}
		}
		c.refuseEscape(b, id, e, "hands the new "+e.obj.Name()+" on before returning it")
		return true
	})
}

// draftAssignment says whether an assignment only binds a draft to its variable, or nil to it, or drops it.
func (c *checker) draftAssignment(b *body, id *ast.Ident, a *ast.AssignStmt, e *entity) bool {
	if len(a.Lhs) != len(a.Rhs) {
		return false
	}
	for i := range a.Lhs {
		if ast.Unparen(a.Lhs[i]) == id {
			return c.builds(b.info(), a.Rhs[i]) == e || b.info().Types[a.Rhs[i]].IsNil()
		}
		if ast.Unparen(a.Rhs[i]) == id {
			blank, ok := a.Lhs[i].(*ast.Ident)
			return ok && blank.Name == "_"
		}
	}
	return false
}

// checkDraftMethod refuses calling a method on a draft that lets its receiver out.
func (c *checker) checkDraftMethod(b *body, sel *ast.SelectorExpr, e *entity, above []ast.Node) {
	s := b.info().Selections[sel]
	if s == nil || s.Kind() != types.MethodVal {
		return
	}
	called := false
	for i := len(above) - 1; i >= 0; i-- {
		if call, ok := above[i].(*ast.CallExpr); ok {
			called = ast.Unparen(call.Fun) == sel
			break
		}
	}
	if !called {
		c.refuseEscape(b, sel.Sel, e, "makes a method value of the new "+e.obj.Name())
		return
	}
	to := c.bodies[s.Obj().(*types.Func).Origin()]
	if at := c.receiverEscapes(to, map[*body]bool{}); at != nil {
		c.refuseEscape(b, sel.Sel, e, "calls "+to.name+" on the new "+e.obj.Name()+", which hands it on").
			WithRelated(c.position(at), "here")
	}
}

// receiverEscapes finds where a method uses its receiver as a reference: passes, stores or returns it.
func (c *checker) receiverEscapes(b *body, seen map[*body]bool) ast.Node {
	if b == nil || b.self == nil || seen[b] {
		return nil
	}
	seen[b] = true
	var at ast.Node
	walk(b.node, func(n ast.Node, above []ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || at != nil || b.info().Uses[id] != b.self {
			return at == nil
		}
		switch up := parent(above).(type) {
		case *ast.SelectorExpr:
			if s := b.info().Selections[up]; s != nil && s.Kind() == types.MethodVal {
				at = c.receiverEscapes(c.bodies[s.Obj().(*types.Func).Origin()], seen)
			}
			return true
		case *ast.BinaryExpr:
			return true
		}
		at = id
		return true
	})
	return at
}

func (c *checker) refuseEscape(b *body, n ast.Node, e *entity, what string) *diag.Diagnostic {
	return c.refuse("SF1117", b, n, what, "until a constructor returns it, it is a draft without identity: a reference to it would name an entity that does not exist").
		WithHelp("return the draft and let the caller pass it on")
}
