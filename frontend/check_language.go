// This file refuses the constructs of Go that a request cannot have: concurrency, addresses, unordered ranges.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// checkLanguage checks one body.
func (c *checker) checkLanguage(b *body) {
	if d, ok := b.node.(*ast.FuncDecl); ok && d.Body == nil {
		c.refuse("SF1004", b, d.Name, "has no Go body", "sfc compiles bodies, and assembly, C or linked code has none to read").
			WithHelp("write it in Go, or use the standard library (math/bits, encoding/binary)")
		return
	}
	walk(b.node, func(n ast.Node, above []ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			c.refuse("SF1201", b, n, "starts a goroutine", "a request runs in one thread, so that it can be repeated and taken back as a whole").
				WithHelp("call the function: without `go` it does the same, in a fixed order").
				WithHelp("or let the client send a second request for what may happen later")
		case *ast.SelectStmt:
			c.refuse("SF1203", b, n, "waits in a select", "which case comes first would differ from run to run, and a request has no goroutines or timers to wait for").
				WithHelp("ask in a fixed order, with if or switch")
		case *ast.SendStmt:
			c.refuseChannel(b, n, "sends to a channel", above)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				c.refuseChannel(b, n, "receives from a channel", above)
			}
		case *ast.ChanType:
			c.refuseChannel(b, n, "uses a channel", above)
			return false
		case *ast.CallExpr:
			c.checkBuiltin(b, n, above)
		case *ast.RangeStmt:
			c.checkRange(b, n)
		case *ast.Ident:
			c.checkAddressType(b, n)
		case *ast.AssignStmt:
			c.checkAppends(b, n)
		}
		return true
	})
	c.checkLooseAppends(b)
	c.checkWrites(b)
}

// refuseChannel reports a channel operation, unless the select around it is reported.
func (c *checker) refuseChannel(b *body, n ast.Node, what string, above []ast.Node) {
	for _, a := range above {
		if clause, ok := a.(*ast.CommClause); ok && clause.Comm != nil && clause.Comm.Pos() <= n.Pos() && n.End() <= clause.Comm.End() {
			return
		}
	}
	c.refuse("SF1202", b, n, what, "channels connect goroutines, and a request has only one thread").
		WithHelp("collect in a slice and return it, or call a method where you would have sent")
}

func (c *checker) checkBuiltin(b *body, call *ast.CallExpr, above []ast.Node) {
	if isBuiltin(b.info(), call, "close") {
		c.refuseChannel(b, call, "closes a channel", above)
	}
}

func (c *checker) checkRange(b *body, n *ast.RangeStmt) {
	t := b.info().TypeOf(n.X)
	if t == nil {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Chan:
		c.refuseChannel(b, n.X, "ranges over a channel", nil)
	case *types.Map:
		c.refuseOrder(b, n.X, u, "ranges over a map with pointer keys")
	}
}

// checkOrder refuses the functions of package maps that go through a map whose keys have no order.
func (c *checker) checkOrder(b *body, id *ast.Ident, row Row) {
	inst, ok := b.info().Instances[id]
	if !ok || !strings.HasPrefix(row.Name, "maps.") || row.Twin == "" {
		return
	}
	if m, ok := inst.Type.(*types.Signature).Params().At(0).Type().Underlying().(*types.Map); ok {
		c.refuseOrder(b, id, m, "calls "+row.Name+" with a map with pointer keys")
	}
}

func (c *checker) refuseOrder(b *body, n ast.Node, m *types.Map, what string) {
	if !c.holdsPointer(m.Key(), map[types.Type]bool{}) {
		return
	}
	c.refuse("SF1205", b, n, what, "only the addresses could order them, and those differ from run to run").
		WithHelp("key the map by something that the object contains").
		WithHelp("or keep the objects in a slice beside the map, and range over that")
}

// holdsPointer says whether a value contains a pointer to plain data.
func (c *checker) holdsPointer(t types.Type, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if seen[t] {
		return false
	}
	seen[t] = true
	if p, ok := t.(*types.TypeParam); ok {
		return slices.ContainsFunc(c.instancesOf(p), func(i instance) bool { return c.holdsPointer(i.typ, seen) })
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return c.refTo(t) == nil
	case *types.Chan:
		return true
	case *types.Array, *types.Struct:
		if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && !c.ours(n.Obj().Pkg()) {
			return false
		}
		found := false
		eachPart(t, func(p types.Type) { found = found || c.holdsPointer(p, seen) })
		return found
	case *types.Interface:
		for _, x := range c.boxes {
			if !x.library && !x.instance && types.Implements(x.typ, u) && c.holdsPointer(x.typ, seen) {
				return true
			}
		}
	}
	return false
}

// checkAddressType refuses uintptr.
func (c *checker) checkAddressType(b *body, id *ast.Ident) {
	if o, ok := b.info().Uses[id].(*types.TypeName); ok && o.Pkg() == nil && o.Name() == "uintptr" {
		c.refuse("SF1206", b, id, "uses uintptr", "it holds an address, and addresses mean nothing after a restart or on another machine").
			WithHelp("use int or uint64 for numbers")
	}
}

// checkAppends warns of `y = append(u.xs, …)` where y is not u.xs.
func (c *checker) checkAppends(b *body, a *ast.AssignStmt) {
	if len(a.Lhs) != len(a.Rhs) {
		return
	}
	for i, x := range a.Rhs {
		call, ok := ast.Unparen(x).(*ast.CallExpr)
		if !ok || !isBuiltin(b.info(), call, "append") {
			continue
		}
		if types.ExprString(unslice(call.Args[0])) == types.ExprString(ast.Unparen(a.Lhs[i])) {
			b.assignedBack(call)
		}
	}
}

// unslice gives xs for xs[i:j].
func unslice(x ast.Expr) ast.Expr {
	for {
		s, ok := ast.Unparen(x).(*ast.SliceExpr)
		if !ok {
			return ast.Unparen(x)
		}
		x = s.X
	}
}

func (b *body) assignedBack(call *ast.CallExpr) {
	if b.grown == nil {
		b.grown = map[*ast.CallExpr]bool{}
	}
	b.grown[call] = true
}

// checkLooseAppends warns of the appends to slices of state whose result goes elsewhere.
func (c *checker) checkLooseAppends(b *body) {
	ast.Inspect(b.node, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !isBuiltin(b.info(), call, "append") || b.grown[call] || c.ownField(b, call.Args[0]) == nil {
			return true
		}
		if s, ok := ast.Unparen(call.Args[0]).(*ast.SliceExpr); ok && s.Slice3 {
			return true
		}
		c.refuse("SF1208", b, call, "appends to "+types.ExprString(call.Args[0])+" without assigning the result back to it",
			"whether the two share memory afterwards is chance in Go, and never so at the start of a request").
			WithHelp("copy first: `append(slices.Clone(%s), …)`", types.ExprString(call.Args[0])).AsWarning()
		return true
	})
}
