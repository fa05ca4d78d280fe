// This file refuses assignments to package variables; writes to what they hold are found by package alias.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// checkWrites looks at the assignments of a body that requests run.
func (c *checker) checkWrites(b *body) {
	if b.init {
		return
	}
	seen := map[*types.Var]bool{}
	assigned := func(x ast.Expr, at ast.Node) {
		if v := c.assignedVar(b, x); v != nil && !seen[v] && !isGenerator(v.Type()) {
			seen[v] = true
			c.refuse("SF1204", b, at, "writes to the package variable "+v.Name(), "it belongs to one process: it is not stored, not rolled back, and other machines have another one").
				WithRelated(c.position(place(v)), "declared here").
				WithHelp("keep what must be remembered in an entity: a field, or an entity of its own (`sfc.Get[Counter](\"visits\").Add(1)`)").
				WithHelp("variables that only initialisation sets are fine")
		}
	}
	ast.Inspect(b.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, x := range n.Lhs {
					assigned(x, n)
				}
			}
		case *ast.IncDecStmt:
			assigned(n.X, n)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				assigned(n.Key, n)
				assigned(n.Value, n)
			}
		}
		return true
	})
}

// assignedVar gives the package variable that a place is a part of, or is reached through: config in config.limits[i].
func (c *checker) assignedVar(b *body, x ast.Expr) *types.Var {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			if v, ok := b.info().Uses[e].(*types.Var); ok && c.isPackageVar(v) {
				return v
			}
			return nil
		case *ast.SelectorExpr:
			if b.info().Selections[e] == nil { // pkg.Var
				x = e.Sel
			} else {
				x = e.X
			}
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		default:
			return nil
		}
	}
}

func (c *checker) isPackageVar(v *types.Var) bool {
	return c.ours(v.Pkg()) && v.Parent() == v.Pkg().Scope()
}

// hasClause says whether an effects text has one of the given clauses for argument i.
func hasClause(effects, letters string, i int, fn *types.Func) bool {
	n := fn.Signature().Params().Len() - 1
	if fn.Signature().Recv() != nil {
		n++
	}
	i = min(i, max(n, 0))
	for _, clause := range strings.Fields(effects) {
		arg, _, _ := strings.Cut(clause[1:], ">")
		if strings.IndexByte(letters, clause[0]) >= 0 && arg == string(rune('0'+i)) {
			return true
		}
	}
	return false
}
