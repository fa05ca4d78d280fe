// This file refuses what initialisation may not do: ask for what only a request has.

package frontend

import (
	"go/ast"
	"strings"
)

// findInitial finds the bodies that initialisation runs, also those that requests run too.
func (c *checker) findInitial() {
	c.initial = map[*body]bool{}
	var spread func(b *body)
	spread = func(b *body) {
		if b == nil || c.initial[b] {
			return
		}
		c.initial[b] = true
		for _, u := range b.calls {
			spread(c.bodies[u.fn])
		}
		for _, call := range c.faceCalls {
			if call.in != b {
				continue
			}
			for _, x := range c.boxes {
				if m := c.implementation(x.typ, call); m != nil {
					spread(c.bodies[m])
				}
			}
		}
	}
	for _, b := range c.reached {
		if b.init {
			spread(b)
		}
	}
}

// checkInitial refuses library functions whose results belong to a request, the time and random numbers, where
// initialisation calls them: package variables would differ from process to process.
func (c *checker) checkInitial(b *body, n ast.Node, row Row, above []ast.Node) {
	if !c.initial[b] || !strings.HasPrefix(row.Twin, "t.") || runsLater(b, above) {
		return
	}
	code, why, keep := "SF1302", "whose time it could be", "the time"
	if strings.HasPrefix(row.Name, "math/rand") {
		code, why, keep = "SF1307", "whose id could seed it", "the number"
	}
	c.refuse(code, b, n, "calls "+shortName(row.Name)+" while the program is initialised",
		"there is no request yet "+why+", and package variables are the same in every process").
		WithHelp("call it in a method or function that is requested, and keep %s in an entity", keep)
}

// runsLater says whether a name stands in a function literal that is a value of its own, or is such a value itself:
// not called here, and not given to a function that may call it. In init functions everything counts as run.
func runsLater(b *body, above []ast.Node) bool {
	if b.fn != nil && b.node.(*ast.FuncDecl).Name.Name == "init" {
		return false
	}
	value := true // what stands below is only mentioned
	for i := len(above) - 1; i >= 0; i-- {
		switch up := above[i].(type) {
		case *ast.CallExpr:
			value = false
		case *ast.FuncLit:
			switch parent(above[:i]).(type) {
			case *ast.ReturnStmt, *ast.ValueSpec, *ast.KeyValueExpr, *ast.CompositeLit:
				return true
			}
			value = false
		case ast.Stmt:
			_, returned := up.(*ast.ReturnStmt)
			if value && returned {
				return true
			}
			value = false
		case *ast.ValueSpec, *ast.CompositeLit:
			if value {
				return true
			}
		}
	}
	return false
}
