// This file finds the variables that must be cells: shared with closures, or with their address taken.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"
)

// capturedVars gives the variables below a function that live on the heap. Literals lowered in place share nothing.
func capturedVars(info *types.Info, root ast.Node) map[types.Object]bool {
	c := &captures{info: info, owner: map[types.Object]ast.Node{}, cells: map[types.Object]bool{}, inPlace: literalsInPlace(info, root)}
	c.owners(root, root)
	c.visit(root, root)
	return c.cells
}

type captures struct {
	info    *types.Info
	owner   map[types.Object]ast.Node // the function or literal that declares a variable
	cells   map[types.Object]bool
	inPlace map[*ast.FuncLit]bool
}

func (c *captures) owners(n, fun ast.Node) {
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			if m != n {
				inner := ast.Node(m)
				if c.inPlace[m] {
					inner = fun
				}
				c.owners(m.Type, inner)
				c.owners(m.Body, inner)
				return false
			}
		case *ast.Ident:
			if v, ok := c.info.Defs[m].(*types.Var); ok {
				c.owner[v] = fun
			}
		case *ast.CaseClause:
			if v, ok := c.info.Implicits[m].(*types.Var); ok {
				c.owner[v] = fun
			}
		}
		return true
	})
}

func (c *captures) visit(n, fun ast.Node) {
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			if m != n {
				inner := ast.Node(m)
				if c.inPlace[m] {
					inner = fun
				}
				c.visit(m.Body, inner)
				return false
			}
		case *ast.Ident:
			if v, ok := c.info.Uses[m].(*types.Var); ok && c.owner[v] != nil && c.owner[v] != fun {
				c.cells[v] = true
			}
		case *ast.UnaryExpr:
			if m.Op == token.AND {
				c.addressed(m.X)
			}
		case *ast.SliceExpr:
			if _, ok := under(c.info.TypeOf(m.X)).(*types.Array); ok {
				c.addressed(m.X)
			}
		case *ast.SelectorExpr:
			c.method(m)
		}
		return true
	})
}

// method: x.M() with a pointer receiver takes the address of x.
func (c *captures) method(e *ast.SelectorExpr) {
	sel := c.info.Selections[e]
	if sel == nil || sel.Kind() != types.MethodVal {
		return
	}
	m := sel.Obj().(*types.Func)
	if r := m.Signature().Recv(); r == nil || !isPtr(r.Type()) {
		if _, ok := under(sel.Recv()).(*types.Interface); !ok {
			return
		}
	}
	t := sel.Recv()
	for _, i := range sel.Index()[:len(sel.Index())-1] {
		if isPtr(t) {
			return
		}
		s, ok := under(t).(*types.Struct)
		if !ok {
			return
		}
		t = s.Field(i).Type()
	}
	if !isPtr(t) && !types.IsInterface(t) {
		c.addressed(e.X)
	}
}

// addressed marks the variable whose memory an address points into.
func (c *captures) addressed(e ast.Expr) {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.Ident:
			if v, ok := c.info.Uses[x].(*types.Var); ok && c.owner[v] != nil {
				c.cells[v] = true
			}
			return
		case *ast.SelectorExpr:
			if sel := c.info.Selections[x]; sel == nil || isPtr(c.info.TypeOf(x.X)) {
				return
			}
			e = x.X
		case *ast.IndexExpr:
			if _, ok := under(c.info.TypeOf(x.X)).(*types.Array); !ok {
				return
			}
			e = x.X
		default:
			return
		}
	}
}

func under(t types.Type) types.Type {
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return t.Underlying()
}

// literalsInPlace finds the function literals that are called, or deferred outside loops, where they stand: they are
// lowered as part of the function around them.
func literalsInPlace(info *types.Info, root ast.Node) map[*ast.FuncLit]bool {
	set := map[*ast.FuncLit]bool{}
	ast.Inspect(root, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
			set[lit] = true
		}
		return true
	})
	var loops func(n ast.Node)
	loops = func(n ast.Node) { // deferred in a loop: a closure of its own
		ast.Inspect(n, func(m ast.Node) bool {
			switch m := m.(type) {
			case *ast.FuncLit:
				forgetDeferred(m.Body, set, jumpsBack(m.Body))
			case *ast.FuncDecl:
				if m.Body != nil {
					forgetDeferred(m.Body, set, jumpsBack(m.Body))
				}
			}
			return true
		})
	}
	loops(root)
	return set
}

func forgetDeferred(body ast.Node, set map[*ast.FuncLit]bool, inLoop bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return n == body
		case *ast.ForStmt:
			if !inLoop {
				forgetDeferred(n.Body, set, true)
			}
		case *ast.RangeStmt:
			if !inLoop {
				forgetDeferred(n.Body, set, true)
			}
		case *ast.DeferStmt:
			if lit, ok := ast.Unparen(n.Call.Fun).(*ast.FuncLit); ok && inLoop {
				delete(set, lit)
			}
		}
		return true
	})
}

// jumpsBack says whether a body has a goto to a label that stands before it.
func jumpsBack(body *ast.BlockStmt) bool {
	labels := map[string]token.Pos{}
	back := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.LabeledStmt:
			labels[n.Label.Name] = n.Pos()
		case *ast.BranchStmt:
			if pos, ok := labels[labelOf(n)]; ok && n.Tok == token.GOTO && pos < n.Pos() {
				back = true
			}
		}
		return true
	})
	return back
}

func labelOf(n *ast.BranchStmt) string {
	if n.Label == nil {
		return ""
	}
	return n.Label.Name
}
