// This file finds the bodies that requests and the initialisation reach, and the types that get into interfaces there.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// box is a conversion of a value to an interface in reached code.
type box struct {
	typ     types.Type
	at      ast.Node
	in      *body
	library bool // as an argument of a library call, which does not keep it
	panics  bool // as an argument of panic
	client  bool // by a client, which names the type

	instance bool // no conversion, but a type argument: what it can do, the generic code can ask for
}

// faceCall is a call of a method through an interface of the program.
type faceCall struct {
	method *types.Func
	face   *types.Interface
	at     ast.Node
	in     *body
}

// reach finds what runs: first from the requests, then from the initialisation, so that what both reach counts as run
// by a request.
func (c *checker) reach() {
	var queue []*body
	root := func(fn *types.Func) {
		if b := c.bodies[fn]; b != nil && !b.seen {
			b.seen = true
			queue = append(queue, b)
		}
	}
	for _, r := range c.surface.requests {
		root(r.fn.Origin())
	}
	c.clientTypes(root)
	c.follow(queue)
	for _, b := range append(slices.Clone(c.starts), c.waiting...) {
		b.init = true
	}
	c.follow(append(slices.DeleteFunc(slices.Clone(c.starts), func(b *body) bool { return b.seen }), c.waiting...))
	c.spreadRequests()
}

// clientTypes notes what clients bring into interfaces, and visits the methods that the gateway calls on its own.
func (c *checker) clientTypes(root func(*types.Func)) {
	for _, x := range c.surface.brought {
		if in := c.bodies[x.by.fn.Origin()]; in != nil {
			b := box{typ: x.typ, at: place(x.at), in: in, client: true}
			c.boxes = append(c.boxes, b)
			c.libraryMethods(b, func(to *body) {
				if to != nil {
					root(to.fn)
				}
			})
		}
	}
	for _, x := range c.surface.values {
		for _, sel := range c.surface.formMethods(x) {
			root(sel.Obj().(*types.Func).Origin())
		}
	}
}

// follow visits what the queue reaches. Initialisers wait until all that requests reach is known.
func (c *checker) follow(queue []*body) {
	for _, b := range queue {
		b.seen = true
	}
	for len(queue) > 0 {
		b := queue[0]
		queue = queue[1:]
		c.reached = append(c.reached, b)
		enter := func(to *body, at ast.Node, from *body) {
			switch {
			case to == nil || to.seen:
			case to.fn == nil:
				to.seen, to.init = true, true
				if from.init {
					queue = append(queue, to)
				} else {
					c.waiting = append(c.waiting, to)
				}
			default:
				to.seen, to.from, to.at, to.init = true, from, at, from.init
				queue = append(queue, to)
			}
		}
		boxes, calls := len(c.boxes), len(c.faceCalls)
		c.scan(b, func(to *body, at ast.Node) { enter(to, at, b) })
		for i, x := range c.boxes { // new types meet all calls, old types the new calls
			first := 0
			if i < boxes {
				first = calls
			}
			for _, call := range c.faceCalls[first:] {
				if m := c.implementation(x.typ, call); m != nil {
					enter(c.bodies[m], call.at, call.in)
				}
			}
			if i >= boxes {
				c.libraryMethods(x, func(to *body) { enter(to, x.at, x.in) })
			}
		}
	}
}

// spreadRequests marks what initialisation was found to reach first, and requests too.
func (c *checker) spreadRequests() {
	var spread func(b *body)
	spread = func(b *body) {
		if b == nil || !b.init || b.fn == nil {
			return
		}
		b.init = false
		for _, u := range b.calls {
			spread(c.bodies[u.fn])
		}
	}
	for _, b := range c.reached {
		if !b.init {
			for _, u := range b.calls {
				spread(c.bodies[u.fn])
			}
		}
	}
	for _, call := range c.faceCalls {
		for _, x := range c.boxes {
			if m := c.implementation(x.typ, call); m != nil && !call.in.init {
				spread(c.bodies[m])
			}
		}
	}
}

// implementation gives the method of a type of the program that an interface call reaches, if it implements it.
func (c *checker) implementation(t types.Type, call faceCall) *types.Func {
	if types.IsInterface(t) || !types.Implements(t, call.face) {
		return nil
	}
	o, _, _ := types.LookupFieldOrMethod(t, true, call.method.Pkg(), call.method.Name())
	m, _ := o.(*types.Func)
	if m == nil {
		return nil
	}
	return m.Origin()
}

// libraryNames are the methods that the standard library calls on values it is given.
var libraryNames = map[string]bool{
	"String": true, "Error": true, "GoString": true, "Format": true, "Len": true, "Less": true, "Swap": true, "Push": true,
	"Pop": true, "MarshalJSON": true, "UnmarshalJSON": true, "MarshalText": true, "UnmarshalText": true,
	"MarshalBinary": true, "UnmarshalBinary": true, "Write": true, "WriteString": true, "WriteByte": true, "Is": true,
	"As": true, "Unwrap": true, "LogValue": true, "Int63": true, "Uint64": true, "Seed": true, "Timeout": true,
}

// libraryMethods visits the methods that the library may call on a value, and on what it holds.
func (c *checker) libraryMethods(x box, visit func(*body)) {
	seen := map[types.Type]bool{}
	var look func(t types.Type)
	look = func(t types.Type) {
		t = types.Unalias(t)
		if seen[t] {
			return
		}
		seen[t] = true
		if n, ok := deref(t).(*types.Named); ok {
			if !c.ours(n.Obj().Pkg()) {
				return
			}
			for m := range n.Origin().Methods() {
				if libraryNames[m.Name()] && c.entityOf(n) == nil {
					visit(c.bodies[m.Origin()])
				}
			}
			if c.entityOf(n) != nil {
				return
			}
		}
		eachPart(t, look)
	}
	look(x.typ)
}

// eachPart calls f with the types that a value of type t directly holds or points to.
func eachPart(t types.Type, f func(types.Type)) {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		f(u.Elem())
	case *types.Slice:
		f(u.Elem())
	case *types.Array:
		f(u.Elem())
	case *types.Map:
		f(u.Key())
		f(u.Elem())
	case *types.Struct:
		for v := range u.Fields() {
			f(v.Type())
		}
	}
}

// scan looks through one body for what it reaches: functions it names, variables, interface calls, boxes.
func (c *checker) scan(b *body, visit func(to *body, at ast.Node)) {
	info := b.info()
	results := []*types.Tuple{}
	if b.fn != nil {
		results = append(results, b.fn.Signature().Results())
	}
	walk(b.node, func(n ast.Node, above []ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			switch o := info.Uses[n].(type) {
			case *types.Func:
				c.mention(b, o.Origin(), n, visit)
			case *types.Var:
				if init := c.inits[o]; init != nil && init != b {
					visit(init, n)
				}
			}
			c.instanceOf(b, n)
		case *ast.CallExpr:
			c.scanCall(b, n)
		}
		c.boxesOf(b, n, above, results)
		return true
	})
}

// instanceOf notes the type arguments of a generic function or type of the program.
func (c *checker) instanceOf(b *body, id *ast.Ident) {
	c.noteInstance(b.info(), id)
	inst, ok := b.info().Instances[id]
	if o := b.info().Uses[id]; !ok || o == nil || !c.ours(o.Pkg()) {
		return
	}
	for t := range inst.TypeArgs.Types() {
		if _, open := t.(*types.TypeParam); !open && !types.IsInterface(t) {
			c.boxes = append(c.boxes, box{typ: t, at: id, in: b, instance: true})
		}
	}
}

// mention follows a function that is named, called or not.
func (c *checker) mention(b *body, fn *types.Func, n ast.Node, visit func(*body, ast.Node)) {
	if to := c.bodies[fn]; to != nil {
		b.calls = append(b.calls, use{fn, n})
		visit(to, n)
		return
	}
	if b.asks == nil && c.foreign(fn.Pkg()) && strings.HasPrefix(Lookup(externName(fn)).Twin, "t.") {
		b.asks = n
	}
	recv := fn.Signature().Recv()
	if recv == nil {
		return
	}
	if face, ok := recv.Type().Underlying().(*types.Interface); ok {
		c.faceCalls = append(c.faceCalls, faceCall{fn, face, n, b})
	}
}

// scanCall notes whether a call leaves for another entity.
func (c *checker) scanCall(b *body, call *ast.CallExpr) {
	if b.away == nil && c.leaves(b, call) {
		b.away = call
	}
}

// leaves says whether a call itself goes to another entity: an invoke, sfc.Exists, sfc.Delete.
func (c *checker) leaves(b *body, call *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(b.info(), call).(*types.Func)
	if !ok {
		return false
	}
	if fn.Pkg() != nil && fn.Pkg().Path() == sfcPath {
		return fn.Name() == "Exists" || fn.Name() == "Delete"
	}
	recv := fn.Signature().Recv()
	if recv == nil || fn.Name() == "Key" || c.entityOf(recv.Type()) == nil {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return !ok || !c.ownBase(b, sel)
}

// ownBase says whether a selection is made on the own receiver, or on a draft in a constructor.
func (c *checker) ownBase(b *body, sel *ast.SelectorExpr) bool {
	if s := b.info().Selections[sel]; s != nil && c.passesReference(s) {
		return false
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return false
	}
	o := b.info().ObjectOf(id)
	return o != nil && (o == b.self || c.drafts(b)[o])
}

// passesReference says whether a selection goes through an embedded reference to an entity.
func (c *checker) passesReference(s *types.Selection) bool {
	t := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		u, ok := deref(t).Underlying().(*types.Struct)
		if !ok {
			return false
		}
		t = u.Field(i).Type()
		if c.entityOf(t) != nil {
			return true
		}
	}
	return false
}

// boxesOf notes the conversions to interfaces that a node makes.
func (c *checker) boxesOf(b *body, n ast.Node, above []ast.Node, results []*types.Tuple) {
	info := b.info()
	to := func(dst types.Type, x ast.Expr) { c.box(b, dst, x, false) }
	switch n := n.(type) {
	case *ast.AssignStmt:
		if len(n.Lhs) == len(n.Rhs) {
			for i := range n.Lhs {
				if n.Tok == token.ASSIGN {
					to(info.TypeOf(n.Lhs[i]), n.Rhs[i])
				}
			}
		}
	case *ast.ValueSpec:
		for _, v := range n.Values {
			if n.Type != nil {
				to(info.TypeOf(n.Type), v)
			}
		}
	case *ast.ReturnStmt:
		res := c.resultsOf(b, above, results)
		if res != nil && res.Len() == len(n.Results) {
			for i, x := range n.Results {
				to(res.At(i).Type(), x)
			}
		}
	case *ast.CompositeLit:
		c.boxElements(b, n)
	case *ast.SendStmt:
		if ch, ok := info.TypeOf(n.Chan).Underlying().(*types.Chan); ok {
			to(ch.Elem(), n.Value)
		}
	case *ast.IndexExpr:
		if t := info.TypeOf(n.X); t != nil {
			if m, ok := t.Underlying().(*types.Map); ok {
				to(m.Key(), n.Index)
			}
		}
	case *ast.CallExpr:
		c.boxArguments(b, n)
	}
}

func (c *checker) resultsOf(b *body, above []ast.Node, own []*types.Tuple) *types.Tuple {
	for i := len(above) - 1; i >= 0; i-- {
		if lit, ok := above[i].(*ast.FuncLit); ok {
			return b.info().TypeOf(lit).(*types.Signature).Results()
		}
	}
	if len(own) > 0 {
		return own[0]
	}
	return nil
}

func (c *checker) boxElements(b *body, lit *ast.CompositeLit) {
	t := b.info().TypeOf(lit)
	if t == nil {
		return
	}
	for i, e := range lit.Elts {
		key, value := ast.Expr(nil), e
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			key, value = kv.Key, kv.Value
		}
		switch u := deref(t).Underlying().(type) {
		case *types.Struct:
			if f := structField(u, key, i); f != nil {
				c.box(b, f.Type(), value, false)
			}
		case *types.Slice:
			c.box(b, u.Elem(), value, false)
		case *types.Array:
			c.box(b, u.Elem(), value, false)
		case *types.Map:
			c.box(b, u.Key(), key, false)
			c.box(b, u.Elem(), value, false)
		}
	}
}

func structField(s *types.Struct, key ast.Expr, i int) *types.Var {
	id, ok := key.(*ast.Ident)
	if !ok {
		if i < s.NumFields() {
			return s.Field(i)
		}
		return nil
	}
	for f := range s.Fields() {
		if f.Name() == id.Name {
			return f
		}
	}
	return nil
}

func (c *checker) boxArguments(b *body, call *ast.CallExpr) {
	info := b.info()
	fun := info.Types[call.Fun]
	if fun.IsType() {
		if len(call.Args) == 1 {
			c.box(b, fun.Type, call.Args[0], false)
		}
		return
	}
	if fun.IsBuiltin() {
		c.boxBuiltin(b, call)
		return
	}
	sig, ok := info.TypeOf(call.Fun).Underlying().(*types.Signature)
	if !ok {
		return
	}
	fn, _ := typeutil.Callee(info, call).(*types.Func)
	library := fn != nil && fn.Pkg() != nil && !c.ours(fn.Pkg())
	for i, a := range call.Args {
		n := i
		if library && fn.Signature().Recv() != nil {
			n++
		}
		keeps := library && c.keeps(b, fn, n, a)
		c.box(b, paramType(sig, i, call.Ellipsis.IsValid()), a, library && !keeps)
	}
}

func (c *checker) boxBuiltin(b *body, call *ast.CallExpr) {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || len(call.Args) == 0 {
		return
	}
	switch id.Name {
	case "append":
		if s, ok := b.info().TypeOf(call.Args[0]).Underlying().(*types.Slice); ok && !call.Ellipsis.IsValid() {
			for _, a := range call.Args[1:] {
				c.box(b, s.Elem(), a, false)
			}
		}
	case "panic":
		c.boxPanic(b, call.Args[0])
	}
}

// keeps says whether a library call keeps an argument, or gives it back: fmt.Errorf does so with errors.
func (c *checker) keeps(b *body, fn *types.Func, i int, a ast.Expr) bool {
	row := Lookup(externName(fn))
	if !hasClause(row.Effects, "kre", i, fn) {
		return false
	}
	errorType := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	return row.Name != "fmt.Errorf" || types.Implements(b.info().TypeOf(a), errorType)
}

// boxPanic notes what panic is given; a recovered value that is panicked again adds nothing.
func (c *checker) boxPanic(b *body, x ast.Expr) {
	before := len(c.boxes)
	c.box(b, types.NewInterfaceType(nil, nil), x, false)
	for i := range c.boxes[before:] {
		c.boxes[before+i].panics = true
	}
	t := b.info().TypeOf(x)
	if t == nil || !types.IsInterface(t) {
		return
	}
	if id, ok := ast.Unparen(x).(*ast.Ident); ok {
		if n := c.narrowed(b)[b.info().ObjectOf(id)]; n != nil && n.panics {
			return
		}
	}
	c.panicsFaces = append(c.panicsFaces, t.Underlying().(*types.Interface))
}

// paramType gives the type of the parameter that an argument goes to.
func paramType(sig *types.Signature, i int, spread bool) types.Type {
	n := sig.Params().Len()
	if sig.Variadic() && i >= n-1 {
		t := sig.Params().At(n - 1).Type()
		if s, ok := t.Underlying().(*types.Slice); ok && !spread {
			return s.Elem()
		}
		return t
	}
	if i < n {
		return sig.Params().At(i).Type()
	}
	return nil
}

func (c *checker) box(b *body, dst types.Type, x ast.Expr, library bool) {
	if dst == nil || x == nil || !types.IsInterface(dst) {
		return
	}
	if _, ok := dst.(*types.TypeParam); ok {
		return
	}
	t := b.info().TypeOf(x)
	if t == nil || t == types.Typ[types.UntypedNil] {
		return
	}
	if _, open := t.(*types.TypeParam); !open && types.IsInterface(t) {
		return
	}
	c.boxes = append(c.boxes, box{typ: t, at: x, in: b, library: library})
}
