// This file checks what the state of entities is made of, and what their keys are computed from.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/stateful-entities/sfc/internal/diag"
)

// checkStates refuses fields that cannot be stored.
func (c *checker) checkStates() {
	for _, e := range c.sortedEntities() {
		w := &stateWalk{checker: c, entity: e, seen: map[types.Type]bool{}}
		s := e.obj.Type().Underlying().(*types.Struct)
		for f := range s.Fields() {
			w.field, w.path = f, e.obj.Name()+"."+f.Name()
			w.visit(f.Type())
		}
	}
}

// stateWalk looks at one entity's fields. Path is how the present type is reached, for the message.
type stateWalk struct {
	*checker
	entity *entity
	field  *types.Var // the field, of the entity or of what it holds, at which a finding is reported
	path   string
	seen   map[types.Type]bool
}

func (w *stateWalk) visit(t types.Type) {
	t = types.Unalias(t)
	if w.refTo(t) != nil || w.seen[t] {
		return
	}
	switch t := t.(type) {
	case *types.Named:
		w.seen[t] = true
		w.named(t)
	case *types.Signature:
		w.refuse("SF1113", "is a func, and code cannot be stored", "store what the function decides by (a kind, a number) and choose the function in a method")
	case *types.Chan:
		w.refuse("SF1114", "is a channel, which connects goroutines of one process", "use a slice as the queue: append to send, take the first to receive")
	case *types.Basic:
		if t.Kind() == types.UnsafePointer || t.Kind() == types.Uintptr {
			w.refuse("SF1206", "holds an address of memory, which means nothing after a restart", "store the value itself, or an index")
		}
	case *types.Interface:
		w.dynamic(t)
	case *types.Struct:
		w.fields(t)
	default:
		eachPart(t, w.visit)
	}
}

func (w *stateWalk) fields(s *types.Struct) {
	field, path := w.field, w.path
	for f := range s.Fields() {
		w.path = path + "." + f.Name()
		if w.ours(f.Pkg()) {
			w.field = f
		}
		w.visit(f.Type())
	}
	w.field, w.path = field, path
}

func (w *stateWalk) named(t *types.Named) {
	pkg := t.Obj().Pkg()
	if pkg == nil || w.entities[t.Origin().Obj()] != nil {
		return // error; an entity as a value is reported where it stands
	}
	if w.ours(pkg) {
		w.visit(t.Underlying())
		return
	}
	full := pkg.Path() + "." + t.Obj().Name()
	if pkg.Path() == "sync" || pkg.Path() == "sync/atomic" {
		w.refuse("SF1116", "is "+article(pkg.Name())+"."+t.Obj().Name()+", but a request runs as if alone: there is nobody to lock out",
			"delete the field and the calls on it; the code between Lock and Unlock keeps its meaning")
		return
	}
	save, _ := LookupType(full)
	if full == "context.Context" {
		save = SaveNone // a constant of the request, only as the first parameter
	}
	switch save {
	case SaveText, SaveBinary, SaveBuiltin, SaveIface:
	case SaveValue:
		w.visit(t.Underlying())
	default:
		w.refuse("SF1115", "is "+article(pkg.Name())+"."+t.Obj().Name()+", whose contents sfc cannot store",
			"store what it is made from (a string, a slice, a number) and make it in the method that needs it")
	}
}

// dynamic looks at the types that reached code puts into interfaces of this kind.
func (w *stateWalk) dynamic(face *types.Interface) {
	for _, b := range w.boxes {
		if b.library || b.instance || w.seen[b.typ] || !types.Implements(b.typ, face) {
			continue
		}
		switch b.typ.Underlying().(type) {
		case *types.Signature, *types.Chan:
			w.seen[b.typ] = true
			w.refuse("SF1113", "can hold a "+b.typ.String()+", which cannot be stored", "keep functions and channels out of interface values that are stored").
				WithRelated(w.position(b.at), "put into an interface here")
		}
	}
}

func (w *stateWalk) refuse(code, what, help string) *diag.Diagnostic {
	w.badFields[w.field] = true
	return w.declared(code, place(w.field), "%s %s", w.path, what).WithHelp("%s", help)
}

// checkKeys refuses Key methods that do more than read, and writes to what they read.
func (c *checker) checkKeys() {
	for _, e := range c.sortedEntities() {
		o, _, _ := types.LookupFieldOrMethod(types.NewPointer(e.obj.Type()), true, e.obj.Pkg(), "Key")
		m, ok := o.(*types.Func)
		if !ok || c.bodies[m.Origin()] == nil {
			continue
		}
		fields := map[*types.Var]bool{}
		c.keyFields(c.bodies[m.Origin()], fields, map[*body]bool{})
		for _, b := range c.reached {
			if b.entity == e {
				c.checkKeyWrites(b, fields)
			}
		}
	}
}

// keyFields collects the fields that a Key method reads, its own helper methods included.
func (c *checker) keyFields(b *body, fields map[*types.Var]bool, seen map[*body]bool) {
	if seen[b] {
		return
	}
	seen[b] = true
	info := b.info()
	walk(b.node, func(n ast.Node, above []ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if s := info.Selections[n]; s != nil && s.Kind() == types.FieldVal && c.isSelf(b, n.X) {
				fields[s.Obj().(*types.Var)] = true
			}
		case *ast.CallExpr:
			c.checkKeyCall(b, n, fields, seen)
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, x := range n.Lhs {
					if f := c.ownField(b, x); f != nil {
						c.keyDoes(b, n, "writes "+f.Name())
					}
				}
			}
		case *ast.IncDecStmt:
			if f := c.ownField(b, n.X); f != nil {
				c.keyDoes(b, n, "writes "+f.Name())
			}
		}
		return true
	})
}

func (c *checker) checkKeyCall(b *body, call *ast.CallExpr, fields map[*types.Var]bool, seen map[*body]bool) {
	fn, ok := typeutil.Callee(b.info(), call).(*types.Func)
	if !ok {
		return
	}
	if c.leaves(b, call) {
		c.keyDoes(b, call, "calls another entity")
		return
	}
	if to := c.bodies[fn.Origin()]; to != nil {
		c.keyFields(to, fields, seen)
		return
	}
	if row := Lookup(externName(fn)); row.Twin != "" {
		c.keyDoes(b, call, "calls "+row.Name+", which differs from request to request")
	}
}

func (c *checker) keyDoes(b *body, n ast.Node, what string) {
	c.declared("SF1119", n, "%s %s; a key is computed from the entity's own fields, the same at all times", b.name, what).
		WithHelp("compute it in the constructor, store it in a field, and return that")
}

// isSelf says whether an expression is the own receiver of a body.
func (c *checker) isSelf(b *body, x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && b.self != nil && b.info().ObjectOf(id) == b.self
}

// ownField gives the field of the own receiver that a place lies in: u.f, u.f.g, u.f[i].
func (c *checker) ownField(b *body, x ast.Expr) *types.Var {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			if c.isSelf(b, e.X) {
				if s := b.info().Selections[e]; s != nil && s.Kind() == types.FieldVal {
					return s.Obj().(*types.Var)
				}
				return nil
			}
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.SliceExpr:
			x = e.X
		default:
			return nil
		}
	}
}

// checkKeyWrites refuses assignments to key fields in methods, other than those that only drafts call.
func (c *checker) checkKeyWrites(b *body, fields map[*types.Var]bool) {
	if b.fn.Name() == "Key" || c.onlyOnDrafts(b, map[*body]bool{}) {
		return
	}
	report := func(x ast.Expr) {
		f := c.ownField(b, x)
		if f == nil || !fields[f] {
			return
		}
		c.refuse("SF1107", b, x, "sets "+f.Name(), "Key reads it, and an entity cannot change its identity").
			WithHelp("set it in the constructor only; what users may change is a field of its own").
			WithHelp("or make a new entity under the new key and delete the old one: `sfc.Delete(%s)`", receiverName(b.entity))
	}
	ast.Inspect(b.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				report(x)
			}
		case *ast.IncDecStmt:
			report(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				report(n.X)
			}
		case *ast.RangeStmt:
			if n.Key != nil && n.Tok == token.ASSIGN {
				report(n.Key)
			}
			if n.Value != nil && n.Tok == token.ASSIGN {
				report(n.Value)
			}
		}
		return true
	})
}

// onlyOnDrafts says whether a method is called by constructors on their drafts only, or by methods of which that holds.
func (c *checker) onlyOnDrafts(b *body, seen map[*body]bool) bool {
	if b.fn == nil || b.fn.Exported() {
		return false
	}
	if seen[b] {
		return true
	}
	seen[b] = true
	called := false
	for _, caller := range c.reached {
		for _, u := range caller.calls {
			if u.fn != b.fn {
				continue
			}
			called = true
			if caller.self != nil && c.onlyOnDrafts(caller, seen) {
				continue
			}
			if !c.calledOnDraft(caller, u.at) {
				return false
			}
		}
	}
	return called
}

func (c *checker) calledOnDraft(b *body, at ast.Node) bool {
	on := false
	ast.Inspect(b.node, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel == at {
			id, isID := ast.Unparen(sel.X).(*ast.Ident)
			on = isID && c.drafts(b)[b.info().ObjectOf(id)]
		}
		return true
	})
	return on
}
