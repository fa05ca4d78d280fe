// This file checks what the library, and whoever makes JSON of values, calls back: functions that are given to the library,
// and methods that it calls on its own.

package frontend

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// checkCallback refuses handing the library a function that reaches another entity.
func (c *checker) checkCallback(b *body, call *ast.CallExpr) {
	fn, ok := typeutil.Callee(b.info(), call).(*types.Func)
	if !ok || !c.foreign(fn.Pkg()) || !isStandard(fn.Pkg().Path()) {
		return
	}
	for _, a := range call.Args {
		t := b.info().TypeOf(a)
		if t == nil {
			continue
		}
		if _, ok := t.Underlying().(*types.Signature); !ok {
			continue
		}
		if at := c.functionLeaves(b, a); at != nil {
			c.refuse("SF1506", b, a, "gives "+shortName(externName(fn))+" a function that reaches another entity", "the call may have to wait, and the library in between cannot be put aside").
				WithRelated(c.position(at), "here it leaves").
				WithHelp("fetch the values first, then sort or search those")
		}
	}
}

// functionLeaves finds where a literal or a named function leaves for another entity. What variables hold is known in the
// finished program (handedOver).
func (c *checker) functionLeaves(b *body, x ast.Expr) ast.Node {
	switch x := ast.Unparen(x).(type) {
	case *ast.FuncLit:
		return c.literalLeaves(b, x)
	case *ast.Ident, *ast.SelectorExpr:
		id, ok := x.(*ast.Ident)
		if !ok {
			id = x.(*ast.SelectorExpr).Sel
		}
		if fn, ok := b.info().Uses[id].(*types.Func); ok {
			if fn.Signature().Recv() != nil && c.entityOf(fn.Signature().Recv().Type()) != nil {
				return x // a method value of an entity
			}
			if to := c.bodies[fn.Origin()]; to != nil {
				return c.bodyLeaves(to)
			}
			return nil
		}
	}
	return nil
}

// literalLeaves finds where a function literal leaves for another entity, itself or through what it calls.
func (c *checker) literalLeaves(b *body, lit *ast.FuncLit) ast.Node {
	var at ast.Node
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || at != nil {
			return at == nil
		}
		if c.leaves(b, call) {
			at = call
			return false
		}
		if fn, ok := typeutil.Callee(b.info(), call).(*types.Func); ok {
			if to := c.bodies[fn.Origin()]; to != nil {
				at = c.bodyLeaves(to)
			} else if c.faceLeaves(fn) {
				at = call
			}
		}
		return at == nil
	})
	return at
}

// bodyLeaves finds where a body leaves for another entity, itself or through what it may call.
func (c *checker) bodyLeaves(b *body) ast.Node {
	return c.within(b, map[*body]bool{}, func(b *body) ast.Node {
		if b.away != nil {
			return b.away
		}
		if e := c.creates(b); e != nil {
			return b.node.(*ast.FuncDecl).Name
		}
		for _, call := range c.faceCalls {
			if call.in == b && c.faceLeaves(call.method) {
				return call.at
			}
		}
		return nil
	})
}

// bodyAsks finds where a body asks for what belongs to a request, the time or random numbers, likewise.
func (c *checker) bodyAsks(b *body) ast.Node {
	return c.within(b, map[*body]bool{}, func(b *body) ast.Node { return b.asks })
}

// within asks about a body and all that it may call, and gives the first answer.
func (c *checker) within(b *body, seen map[*body]bool, ask func(*body) ast.Node) ast.Node {
	if b == nil || seen[b] {
		return nil
	}
	seen[b] = true
	if at := ask(b); at != nil {
		return at
	}
	for _, u := range b.calls {
		if at := c.within(c.bodies[u.fn], seen, ask); at != nil {
			return at
		}
	}
	for _, call := range c.faceCalls {
		if call.in != b {
			continue
		}
		for _, x := range c.boxes {
			m := c.implementation(x.typ, call)
			if m == nil || c.refTo(x.typ) != nil {
				continue
			}
			if at := c.within(c.bodies[m], seen, ask); at != nil {
				return at
			}
		}
	}
	return nil
}

// faceLeaves says whether a call of an interface method can reach an entity.
func (c *checker) faceLeaves(m *types.Func) bool {
	recv := m.Signature().Recv()
	if recv == nil || m.Name() == "Key" {
		return false
	}
	face, ok := recv.Type().Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for _, x := range c.boxes {
		if c.refTo(x.typ) != nil && types.Implements(x.typ, face) {
			return true
		}
	}
	return false
}

// checkCallbacks refuses methods that are called by others than the program, and that reach another entity or ask for
// what only a request has.
func (c *checker) checkCallbacks() {
	reported := map[*body]bool{}
	for _, x := range c.surface.values {
		for _, sel := range c.surface.formMethods(x) {
			m := sel.Obj().(*types.Func)
			to := c.bodies[m.Origin()]
			if c.throughReference(x.typ, sel.Index()) {
				c.alone(to, m, place(x.typ.Obj()), place(x.at), reported)
				continue
			}
			c.callback(to, place(x.at), reported)
		}
	}
	for _, x := range c.boxes {
		if x.instance || c.meetsLibrary(x) {
			c.libraryMethods(x, func(to *body) { c.callback(to, x.at, reported) })
		}
	}
}

// callback checks one method that the library calls, or that is called where values become JSON and JSON becomes values.
func (c *checker) callback(to *body, at ast.Node, reported map[*body]bool) {
	if to == nil || reported[to] {
		return
	}
	if leaves := c.bodyLeaves(to); leaves != nil {
		c.alone(to, to.fn, leaves, at, reported)
		return
	}
	asks := c.bodyAsks(to)
	if asks == nil {
		return
	}
	reported[to] = true
	c.declared("SF1211", to.node.(*ast.FuncDecl).Name, "%s asks for the time or for a random number, but it is called on its own, where no request is known", to.name).
		WithRelated(c.position(asks), "here it asks").
		WithRelated(c.position(at), "by this it gets called").
		WithHelp("ask in the method that makes the value, and keep the answer in it")
}

// alone reports a method that reaches another entity.
func (c *checker) alone(to *body, m *types.Func, leaves, at ast.Node, reported map[*body]bool) {
	if reported[to] {
		return
	}
	reported[to] = true
	c.declared("SF1209", place(m), "%s reaches another entity, but it is called by the library, or by what reads and writes JSON, which cannot be put aside meanwhile", c.nameOf(m)).
		WithRelated(c.position(leaves), "here it leaves").
		WithRelated(c.position(at), "by this it gets called").
		WithHelp("fetch the values first and keep them in the value that is printed, compared or encoded")
}

// meetsLibrary says whether a boxed value can get to a library call: it is an argument of one, or of an interface type
// that one is given.
func (c *checker) meetsLibrary(x box) bool {
	if x.library {
		return true
	}
	for _, face := range c.libraryFaces() {
		if types.Implements(x.typ, face) {
			return true
		}
	}
	return false
}

// libraryFaces gives the interface types of the values that reached code hands to the library.
func (c *checker) libraryFaces() []*types.Interface {
	if c.faces != nil {
		return c.faces
	}
	c.faces = []*types.Interface{}
	for _, b := range c.reached {
		ast.Inspect(b.node, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fn, ok := typeutil.Callee(b.info(), call).(*types.Func)
			if !ok || !c.foreign(fn.Pkg()) {
				return true
			}
			for _, a := range call.Args {
				t := b.info().TypeOf(a)
				if s, ok := t.Underlying().(*types.Slice); ok && call.Ellipsis.IsValid() {
					t = s.Elem()
				}
				if face, ok := t.Underlying().(*types.Interface); ok {
					c.faces = append(c.faces, face)
				}
			}
			return true
		})
	}
	return c.faces
}
