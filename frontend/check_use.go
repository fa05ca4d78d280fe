// This file checks how reached code uses entity types: where they are built, copied, dereferenced, looked into.

package frontend

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// checkEntityUse checks one body.
func (c *checker) checkEntityUse(b *body) {
	info := b.info()
	walk(b.node, func(n ast.Node, above []ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if o, ok := info.Uses[n].(*types.TypeName); ok && c.entities[o] != nil {
				c.checkTypeMention(b, n, c.entities[o], above)
			}
		case *ast.StarExpr:
			c.checkDeref(b, n)
		case *ast.CompositeLit:
			if e := c.entityOf(info.TypeOf(n)); n.Type == nil && e != nil {
				c.refuseBuild(b, n, e)
			}
		case *ast.CallExpr:
			c.checkConversion(b, n)
			c.checkSfcCall(b, n)
			c.checkCrossing(b, n)
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				c.checkReceiverWrite(b, x)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				c.checkReceiverWrite(b, n.X)
			}
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				c.checkReceiverWrite(b, n.Key)
				c.checkReceiverWrite(b, n.Value)
			}
		case *ast.SelectorExpr:
			c.checkForeignField(b, n, above)
		}
		return true
	})
}

// checkTypeDeclarations refuses entity types as values in the types that the packages declare.
func (c *checker) checkTypeDeclarations() {
	for _, p := range c.all {
		for _, f := range p.Syntax {
			for _, d := range f.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.TYPE {
					continue
				}
				for _, s := range g.Specs {
					c.checkTypeSpec(p.TypesInfo, s.(*ast.TypeSpec))
				}
			}
		}
	}
}

func (c *checker) checkTypeSpec(info *types.Info, s *ast.TypeSpec) {
	walk(s, func(n ast.Node, above []ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		o, ok := info.Uses[id].(*types.TypeName)
		if !ok || c.entities[o] == nil {
			return true
		}
		_, up := qualified(id, above)
		if _, ok := up.(*ast.StarExpr); ok || up == s && s.Assign.IsValid() {
			return true
		}
		c.declared("SF1109", id, "%s stands as a value in type %s; two copies of an entity would be two states under one key", o.Name(), s.Name.Name).
			WithHelp("write *%s, a reference", o.Name())
		return true
	})
}

// qualified gives the whole name that an identifier ends (pkg.Item), and what stands around it.
func qualified(id *ast.Ident, above []ast.Node) (name, up ast.Node) {
	if sel, ok := parent(above).(*ast.SelectorExpr); ok && sel.Sel == id {
		for i := len(above) - 1; i >= 0; i-- {
			if above[i] == sel {
				return sel, parent(above[:i])
			}
		}
	}
	return id, parent(above)
}

// checkTypeMention looks at what stands around the name of an entity type: *T is a reference, everything else a value.
func (c *checker) checkTypeMention(b *body, id *ast.Ident, e *entity, above []ast.Node) {
	name, up := qualified(id, above)
	switch up := up.(type) {
	case *ast.StarExpr:
		return
	case *ast.CompositeLit:
		if ast.Unparen(up.Type) == name {
			c.checkBuild(b, up, e, above)
			return
		}
	case *ast.CallExpr:
		if isBuiltin(b.info(), up, "new") {
			c.checkBuild(b, up, e, above)
			return
		}
	case *ast.IndexExpr:
		if isSfc(b.info(), up.X, "Get") {
			return
		}
	case *ast.Field:
		if d, ok := b.node.(*ast.FuncDecl); ok && d.Recv != nil && d.Recv.List[0] == up {
			return // a value receiver, reported with the type
		}
	case *ast.SelectorExpr:
		return // a method expression
	}
	c.refuse("SF1109", b, id, fmt.Sprintf("uses %s as a value", e.obj.Name()), "two copies of an entity would be two states under one key").
		WithHelp("write *%s, a reference", e.obj.Name())
}

func isBuiltin(info *types.Info, call *ast.CallExpr, name string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || id.Name != name {
		return false
	}
	_, ok = info.Uses[id].(*types.Builtin)
	return ok
}

func isSfc(info *types.Info, x ast.Expr, name string) bool {
	var id *ast.Ident
	switch x := ast.Unparen(x).(type) {
	case *ast.SelectorExpr:
		id = x.Sel
	case *ast.Ident:
		id = x
	default:
		return false
	}
	fn, ok := info.Uses[id].(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg().Path() == sfcPath && fn.Name() == name
}

// checkBuild allows &T{…} and new(T) where a constructor makes its draft.
func (c *checker) checkBuild(b *body, built ast.Node, e *entity, above []ast.Node) {
	for i := len(above) - 1; i >= 0; i-- {
		if above[i] != built {
			continue
		}
		up := parent(above[:i])
		if u, ok := up.(*ast.UnaryExpr); ok && u.Op == token.AND {
			built, above = u, above[:i]
			for j := len(above) - 1; j >= 0; j-- {
				if above[j] == u {
					above = above[:j]
					break
				}
			}
		} else if _, isLit := built.(*ast.CompositeLit); isLit {
			c.refuseBuild(b, built, e)
			return
		} else {
			above = above[:i]
		}
		break
	}
	if c.creates(b) != e || insideLiteral(above) {
		c.refuseBuild(b, built, e)
		return
	}
	if !draftPlace(parent(above), built) {
		c.refuseEscape(b, built, e, "hands a new "+e.obj.Name()+" on before returning it")
	}
}

func insideLiteral(above []ast.Node) bool {
	for _, n := range above {
		if _, ok := n.(*ast.FuncLit); ok {
			return true
		}
	}
	return false
}

// draftPlace says whether a new draft stands where it is bound to a variable or returned.
func draftPlace(up, built ast.Node) bool {
	switch up := up.(type) {
	case *ast.ReturnStmt:
		return ast.Unparen(up.Results[0]) == built
	case *ast.AssignStmt:
		if len(up.Lhs) != len(up.Rhs) {
			return false
		}
		for i, x := range up.Rhs {
			if ast.Unparen(x) == built {
				_, ok := ast.Unparen(up.Lhs[i]).(*ast.Ident)
				return ok
			}
		}
	case *ast.ValueSpec:
		return true
	}
	return false
}

func (c *checker) refuseBuild(b *body, n ast.Node, e *entity) {
	name := e.obj.Name()
	d := c.refuse("SF1108", b, n, "builds "+article(name), "an entity comes into being when a constructor returns it; this would be an object without identity, stored nowhere")
	if made := c.constructorOf(e); made != nil {
		d.WithHelp("call the constructor %s", c.nameOf(made))
	} else {
		d.WithHelp("write a constructor and call it: `func New%s(…) *%s { return &%s{…} }`", title(name), name, name)
	}
	d.WithHelp("to name one that exists: `sfc.Get[%s](key)`", name)
	d.WithHelp("or take //sfc:entity away from %s, if it is only a part of something else", name)
}

// article puts "a" or "an" before a name.
func article(name string) string {
	if strings.ContainsRune("aeiouAEIO", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// constructorOf finds a function of the module that creates an entity type, NewT first.
func (c *checker) constructorOf(e *entity) *types.Func {
	for _, name := range append([]string{"New" + e.obj.Name()}, e.obj.Pkg().Scope().Names()...) {
		if fn, ok := e.obj.Pkg().Scope().Lookup(name).(*types.Func); ok && c.bodies[fn] != nil && c.creates(c.bodies[fn]) == e {
			return fn
		}
	}
	return nil
}

// checkDeref refuses *t of an entity.
func (c *checker) checkDeref(b *body, n *ast.StarExpr) {
	tv := b.info().Types[n]
	if tv.IsType() || c.entityOf(tv.Type) == nil || c.refTo(tv.Type) != nil {
		return
	}
	c.refuse("SF1110", b, n, "copies or overwrites a whole "+c.entityOf(tv.Type).obj.Name(), "the state of an entity is read and written by its own methods, field by field").
		WithHelp("copy the fields that you mean, in a method of %s", c.entityOf(tv.Type).obj.Name())
}

// checkConversion refuses making a reference out of another pointer.
func (c *checker) checkConversion(b *body, call *ast.CallExpr) {
	tv := b.info().Types[call.Fun]
	if !tv.IsType() || len(call.Args) != 1 || c.refTo(tv.Type) == nil {
		return
	}
	arg := b.info().TypeOf(call.Args[0])
	if arg == types.Typ[types.UntypedNil] || types.Identical(arg, tv.Type) {
		return
	}
	c.refuse("SF1109", b, call, "makes a reference out of another pointer", "a reference is a type and a key, not an address").
		WithHelp("`sfc.Get[%s](key)` makes a reference", c.refTo(tv.Type).obj.Name())
}

func (c *checker) checkReceiverWrite(b *body, x ast.Expr) {
	if x == nil || !c.isSelf(b, x) {
		return
	}
	c.refuse("SF1111", b, x, "assigns to its own receiver "+b.self.Name(), "calls on the receiver are local calls and its fields are the state, so it always means the same entity").
		WithHelp("use a variable of its own: `other := …`; calls on it go to that entity")
}

// checkForeignField refuses a selection that looks into an entity other than the own receiver or a draft.
func (c *checker) checkForeignField(b *body, sel *ast.SelectorExpr, above []ast.Node) {
	s := b.info().Selections[sel]
	if s == nil || s.Kind() != types.FieldVal {
		return
	}
	t := s.Recv()
	for step, i := range s.Index() {
		e := c.entityOf(t)
		u, ok := deref(t).Underlying().(*types.Struct)
		if !ok {
			return
		}
		field := u.Field(i)
		if e != nil && (step > 0 || !c.ownBase(b, sel)) {
			if step == len(s.Index())-1 || c.entityOf(field.Type()) == nil {
				c.refuseField(b, sel, e, s.Obj().(*types.Var), isWritten(sel, above))
				return
			}
		}
		t = field.Type()
	}
}

// isWritten says whether a selection is the target of an assignment, or a part of one.
func isWritten(sel ast.Expr, above []ast.Node) bool {
	x := ast.Node(sel)
	for i := len(above) - 1; i >= 0; i-- {
		switch up := above[i].(type) {
		case *ast.ParenExpr, *ast.SelectorExpr, *ast.StarExpr:
		case *ast.IndexExpr:
			if up.X != x {
				return false
			}
		case *ast.AssignStmt:
			for _, l := range up.Lhs {
				if l == x {
					return true
				}
			}
			return false
		case *ast.IncDecStmt:
			return true
		default:
			return false
		}
		x = above[i]
	}
	return false
}

func (c *checker) refuseField(b *body, sel *ast.SelectorExpr, e *entity, f *types.Var, written bool) {
	name, recv := e.obj.Name(), receiverName(e)
	typ := types.TypeString(f.Type(), types.RelativeTo(e.obj.Pkg()))
	verb := "reads"
	if written {
		verb = "writes"
	}
	d := c.refuse("SF1112", b, sel.Sel, fmt.Sprintf("%s %s.%s, a field of another entity", verb, name, f.Name()),
		"that entity may live on another machine; only its own methods see its fields")
	if written {
		d.WithHelp("give %s a method that does it: `func (%s *%s) Set%s(v %s) { %s.%s = v }`, better one that says what happens",
			name, recv, name, title(f.Name()), typ, recv, f.Name())
		return
	}
	if m := c.accessor(e, f); m != nil {
		d.WithHelp("call %s()", m.Name())
		return
	}
	d.WithHelp("give %s an accessor and call it: `func (%s *%s) %s() %s { return %s.%s }`", name, recv, name, accessorName(f), typ, recv, f.Name())
	if b.entity == nil {
		d.WithHelp("or make %s a method of %s", b.name, name)
	}
}

func accessorName(f *types.Var) string {
	if f.Exported() {
		return "Get" + f.Name()
	}
	return title(f.Name())
}

// accessor finds a method of the entity that only returns the field.
func (c *checker) accessor(e *entity, f *types.Var) *types.Func {
	for m := range e.obj.Type().(*types.Named).Methods() {
		b := c.bodies[m]
		if b == nil || m.Signature().Params().Len() > 0 {
			continue
		}
		list := b.node.(*ast.FuncDecl).Body.List
		if len(list) != 1 {
			continue
		}
		if r, ok := list[0].(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			if sel, ok := ast.Unparen(r.Results[0]).(*ast.SelectorExpr); ok && c.isSelf(b, sel.X) && b.info().ObjectOf(sel.Sel) == f {
				return m
			}
		}
	}
	return nil
}

// checkSfcCall checks the arguments of sfc.Get, sfc.Exists and sfc.Delete.
func (c *checker) checkSfcCall(b *body, call *ast.CallExpr) {
	info := b.info()
	fun := ast.Unparen(call.Fun)
	if ix, ok := fun.(*ast.IndexExpr); ok && isSfc(info, ix.X, "Get") {
		c.checkGet(b, call, ix)
		return
	}
	for _, name := range []string{"Exists", "Delete"} {
		if !isSfc(info, fun, name) || len(call.Args) != 1 {
			continue
		}
		t := info.TypeOf(call.Args[0])
		if c.refTo(t) == nil && !types.IsInterface(t) && t != types.Typ[types.UntypedNil] {
			c.refuse("SF1120", b, call.Args[0], fmt.Sprintf("gives sfc.%s a value of type %s", name, c.typeName(t)), "it takes a reference: a pointer to an entity type").
				WithHelp("`sfc.%s(sfc.Get[T](key))`", name)
		}
	}
}

func (c *checker) checkGet(b *body, call *ast.CallExpr, ix *ast.IndexExpr) {
	t := b.info().TypeOf(ix.Index)
	e := c.entityOf(t)
	if e == nil || c.refTo(t) != nil {
		d := c.refuse("SF1120", b, ix.Index, "asks sfc.Get for a "+c.typeName(t), "it takes the entity type itself")
		if e != nil {
			d.WithHelp("`sfc.Get[%s](key)`, without the star", e.obj.Name())
		} else {
			d.WithHelp("mark the type with //sfc:entity, if it is one")
		}
		return
	}
	o, _, _ := types.LookupFieldOrMethod(types.NewPointer(e.obj.Type()), true, e.obj.Pkg(), "Key")
	key, ok := o.(*types.Func)
	if !ok || key.Signature().Results().Len() != 1 || len(call.Args) != 1 {
		return
	}
	want := key.Signature().Results().At(0).Type()
	got := b.info().Types[call.Args[0]]
	if types.IsInterface(got.Type) || !sameKey(want, got.Type) {
		c.refuse("SF1120", b, call.Args[0], fmt.Sprintf("gives sfc.Get[%s] a key of type %s", e.obj.Name(), c.typeName(got.Type)),
			fmt.Sprintf("%s.Key returns %s", e.obj.Name(), c.typeName(want))).
			WithHelp("convert it: `sfc.Get[%s](%s(…))`", e.obj.Name(), c.typeName(want))
	}
}

// sameKey says whether a value can be the key of a Key method's type: strings with strings, integers with integers.
func sameKey(want, got types.Type) bool {
	w, ok1 := want.Underlying().(*types.Basic)
	g, ok2 := got.Underlying().(*types.Basic)
	return ok1 && ok2 && w.Info()&(types.IsString|types.IsInteger) == g.Info()&(types.IsString|types.IsInteger)
}

func (c *checker) typeName(t types.Type) string {
	return types.TypeString(types.Default(t), func(p *types.Package) string {
		if p == c.main.Types {
			return ""
		}
		return p.Name()
	})
}

// checkCrossing refuses calls of other entities with functions or channels among arguments or results.
func (c *checker) checkCrossing(b *body, call *ast.CallExpr) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || !c.leaves(b, call) {
		return
	}
	sig, ok := b.info().TypeOf(sel).(*types.Signature)
	if !ok {
		return
	}
	for _, tuple := range []*types.Tuple{sig.Params(), sig.Results()} {
		for v := range tuple.Variables() {
			if what := c.holdsFunc(v.Type(), map[types.Type]bool{}); what != "" {
				c.refuse("SF1210", b, call, "calls "+c.callName(b, sel)+" with a "+what, "what crosses a call to another entity is copied and may travel; code and channels cannot").
					WithHelp("pass what the function decides by, or return the data and decide here")
				return
			}
		}
	}
}

func (c *checker) callName(b *body, sel *ast.SelectorExpr) string {
	if fn, ok := b.info().ObjectOf(sel.Sel).(*types.Func); ok {
		return c.nameOf(fn)
	}
	return sel.Sel.Name
}

// holdsFunc says whether a value holds a func or a channel: the word for it, or "".
func (c *checker) holdsFunc(t types.Type, seen map[types.Type]bool) string {
	t = types.Unalias(t)
	if seen[t] || c.refTo(t) != nil {
		return ""
	}
	seen[t] = true
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && !c.ours(n.Obj().Pkg()) {
		return ""
	}
	switch t.Underlying().(type) {
	case *types.Signature:
		return "func"
	case *types.Chan:
		return "channel"
	}
	what := ""
	eachPart(t, func(p types.Type) {
		if what == "" {
			what = c.holdsFunc(p, seen)
		}
	})
	return what
}
