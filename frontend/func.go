// This file builds one function: its variables, its blocks, and the reads that wait for the calls of a statement.

package frontend

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stateful-entities/sfc/ir"
)

// fn is a function under construction. A closure has one of its own; a literal that is deferred or called where it
// stands is lowered in place, as an inner scope of the same fn.
type fn struct {
	*compiler
	pkg    *packages.Package
	out    *ir.Func
	root   ast.Node // the declaration that is lowered
	parent *fn      // the function around a closure
	sub    substitution
	vars   map[types.Object]*variable
	cells  map[types.Object]bool // variables that closures share or whose address is taken
	names  map[string]int        // shared by a function and its closures
	lits   *int                  // closures made so far, shared likewise
	temps  int

	cur     *ir.Block
	blocks  int
	pending []*pendingRead

	self        types.Object          // the own receiver of an entity method
	entity      *entity               // whose method this is
	creates     *entity               // what this constructor creates
	drafts      map[types.Object]bool // variables that hold drafts …
	sure        map[types.Object]bool // … and never nil
	surelyDraft map[string]bool
	inInit      bool // package variables may be set

	scope *scope
	loops []*loop   // innermost last
	label string    // label of the statement that follows
	next  *ir.Block // where fallthrough goes
	at    int

	inlined []*declaration // deferred functions being lowered in place
}

// scope is a body with its own results, defers and return: a function's, or that of a literal lowered in place.
type scope struct {
	outer     *scope
	results   []*variable
	sig       *types.Signature
	draft     *variable // a constructor's first result, while it is a draft
	ref       *variable // … and when it is a reference
	named     bool
	exit      *ir.Block // where return goes, if the function does not end there
	deferred  bool      // a deferred body: recover reads the slot of the scope around
	defers    *defers
	labels    map[string]*ir.Block
	loopDepth int // loops around the present statement, in this scope
	backward  bool
}

// variable is a Go variable in its function.
type variable struct {
	name  string
	typ   *ir.Type
	cell  bool
	draft bool
	ctx   bool
}

// operand is what remains of an expression once its calls have been emitted: build it where it is consumed.
type operand func() ir.Expr

// pendingRead is a read that has its place among the calls: it is put into a temporary if one follows.
type pendingRead struct {
	build operand
	typ   *ir.Type
	temp  string
	done  bool
}

func lowerDecl(c *compiler, d *declaration, out *ir.Func, targs []types.Type, recv *entity) {
	f := newFn(c, d.pkg, out)
	sig := d.obj.Signature()
	f.sub = c.substitute(sig, targs)
	if recv != nil {
		f.entity = recv
		out.Entity = recv.name
	}
	f.creates = f.constructor(d)
	if f.creates != nil {
		out.Creates = f.creates.name
	}
	f.body(d.decl, d.decl.Recv, d.decl.Type, d.decl.Body, sig)
}

func newFn(c *compiler, p *packages.Package, out *ir.Func) *fn {
	return &fn{
		compiler: c, pkg: p, out: out, vars: map[types.Object]*variable{}, names: map[string]int{}, lits: new(int),
		cells: map[types.Object]bool{}, drafts: map[types.Object]bool{}, sure: map[types.Object]bool{}, surelyDraft: map[string]bool{},
	}
}

func (c *compiler) substitute(sig *types.Signature, targs []types.Type) substitution {
	s := substitution{c: c, args: map[*types.TypeParam]types.Type{}}
	params := sig.TypeParams()
	if sig.RecvTypeParams().Len() > 0 {
		params = sig.RecvTypeParams()
	}
	for i := range params.Len() {
		if i < len(targs) {
			s.args[params.At(i)] = targs[i]
		}
	}
	return s
}

// guard turns a broken invariant into a finding at the statement being lowered.
func (f *fn) guard(n ast.Node) {
	if r := recover(); r != nil {
		if f.diags.Refused() { // most likely a consequence of what has been reported
			return
		}
		f.report("SF9001", n, "", "lowering %s: %v", f.out.Name, r)
	}
}

// body lowers a declared function.
func (f *fn) body(n ast.Node, recv *ast.FieldList, typ *ast.FuncType, body *ast.BlockStmt, sig *types.Signature) {
	defer f.guard(n)
	f.cells, f.root = capturedVars(f.pkg.TypesInfo, n), n
	if f.creates != nil {
		f.drafts = f.draftVars(body)
	}
	f.start(f.newBlock())
	f.scope = &scope{sig: f.sub.signature(sig), labels: map[string]*ir.Block{}, backward: jumpsBack(body)}
	f.receiver(recv)
	f.params(typ)
	f.results(typ)
	f.prepareDefers(body)
	f.block(body.List)
	f.finishScope(body)
	f.tidy()
}

func (s substitution) signature(sig *types.Signature) *types.Signature {
	return types.NewSignatureType(nil, nil, nil, s.tuple(sig.Params()), s.tuple(sig.Results()), sig.Variadic())
}

func (f *fn) receiver(recv *ast.FieldList) {
	if recv == nil || len(recv.List) == 0 {
		return
	}
	var obj types.Object
	name := "_"
	if names := recv.List[0].Names; len(names) > 0 {
		obj, name = f.pkg.TypesInfo.Defs[names[0]], names[0].Name
	}
	if f.entity != nil {
		if name == "_" {
			name = "self"
		}
		f.self = obj
		f.out.Self = f.unique(name)
		return
	}
	t := f.pkg.TypesInfo.TypeOf(recv.List[0].Type)
	f.param(obj, name, f.sub.apply(t), recv.List[0])
}

func (f *fn) params(typ *ast.FuncType) {
	first := true
	for _, field := range typ.Params.List {
		t := f.pkg.TypesInfo.TypeOf(field.Type)
		if e, ok := field.Type.(*ast.Ellipsis); ok {
			t = types.NewSlice(f.pkg.TypesInfo.TypeOf(e.Elt))
			f.out.Variadic = true
		}
		names := field.Names
		if len(names) == 0 {
			names = []*ast.Ident{{Name: "_", NamePos: field.Pos()}}
		}
		for _, name := range names {
			obj := f.pkg.TypesInfo.Defs[name]
			if first && isContext(t) {
				if obj != nil {
					f.vars[obj] = &variable{name: name.Name, ctx: true}
				}
			} else {
				f.param(obj, name.Name, f.sub.apply(t), name)
			}
			first = false
		}
	}
}

// param declares a parameter; one that must be a cell is copied into a variable first.
func (f *fn) param(obj types.Object, name string, t types.Type, n ast.Node) {
	it := f.typ(t, n)
	if name == "_" {
		name = fmt.Sprintf("_%d", len(f.out.Params)+1)
	}
	p := &ir.Local{Name: f.unique(name), Type: it}
	f.out.Params = append(f.out.Params, p)
	if obj == nil {
		return
	}
	if !f.cells[obj] {
		f.vars[obj] = &variable{name: p.Name, typ: it}
		return
	}
	v := f.local(name, it, true)
	f.vars[obj] = v
	f.do(&ir.NewCell{Local: v.name, To: &ir.Name{Name: p.Name}, At: f.at})
}

// results declares the results; named ones, and all of a function with defers, are variables.
func (f *fn) results(typ *ast.FuncType) {
	i := 0
	sig := f.scope.sig
	if typ.Results == nil {
		return
	}
	for _, field := range typ.Results.List {
		names := field.Names
		if len(names) == 0 {
			names = []*ast.Ident{nil}
		}
		for _, name := range names {
			f.result(name, sig.Results().At(i).Type(), field)
			i++
		}
	}
}

func (f *fn) result(name *ast.Ident, t types.Type, n ast.Node) {
	it := f.typ(t, n)
	shown := "_"
	if name != nil && name.Name != "_" {
		shown = name.Name
	}
	if f.scope.exit == nil { // the function's own
		f.out.Results = append(f.out.Results, &ir.Local{Name: shown, Type: it})
	}
	if name == nil {
		f.scope.results = append(f.scope.results, nil)
		return
	}
	f.scope.named = true
	obj := f.pkg.TypesInfo.Defs[name]
	v := f.declare(obj, name, t)
	f.scope.results = append(f.scope.results, v)
	f.setVar(v, f.zero(v.typ), true)
}

// resultVars gives unnamed results a variable each, for a body whose return is not its end.
func (f *fn) resultVars(n ast.Node) {
	for i, v := range f.scope.results {
		if v == nil {
			it := f.typ(f.scope.sig.Results().At(i).Type(), n)
			v := &variable{name: f.temp(it), typ: it}
			f.scope.results[i] = v
			f.do(&ir.Set{Place: &ir.Name{Name: v.name}, To: f.zero(it), At: f.at})
		}
	}
}

// unique gives a name that no other variable of the function has.
func (f *fn) unique(name string) string {
	f.names[name]++
	if n := f.names[name]; n > 1 {
		for {
			next := fmt.Sprintf("%s.%d", name, n)
			if f.names[next] == 0 {
				f.names[next] = 1
				return next
			}
			n++
		}
	}
	return name
}

// local adds a variable.
func (f *fn) local(name string, t *ir.Type, cell bool) *variable {
	if name == "_" {
		name = "blank"
	}
	v := &variable{name: f.unique(name), typ: t, cell: cell}
	f.out.Locals = append(f.out.Locals, &ir.Local{Name: v.name, Type: t, Cell: cell})
	return v
}

// temp adds a temporary and gives its name.
func (f *fn) temp(t *ir.Type) string {
	for {
		f.temps++
		name := fmt.Sprintf("t%d", f.temps)
		if f.names[name] == 0 {
			f.names[name] = 1
			f.out.Locals = append(f.out.Locals, &ir.Local{Name: name, Type: t, Temp: true})
			return name
		}
	}
}

// declare makes the variable of a Go variable, named by an identifier.
func (f *fn) declare(obj types.Object, name *ast.Ident, t types.Type) *variable {
	it := f.varType(obj, t, name)
	v := f.local(name.Name, it, obj != nil && f.cells[obj])
	v.draft = obj != nil && f.drafts[obj]
	f.surelyDraft[v.name] = v.draft && f.sure[obj]
	if obj != nil {
		f.vars[obj] = v
	}
	return v
}

func (f *fn) varType(obj types.Object, t types.Type, n ast.Node) *ir.Type {
	if obj != nil && f.drafts[obj] {
		return f.draftType()
	}
	return f.typ(t, n)
}

func (f *fn) draftType() *ir.Type {
	f.refType()
	return ir.PtrType(ir.NamedType(f.creates.name))
}

// refType declares the created entity's type and gives the type of references to it.
func (f *fn) refType() *ir.Type {
	return f.typ(types.NewPointer(f.creates.obj.Type()), nil)
}

// lookup finds a variable, capturing it if it belongs to a function around.
func (f *fn) lookup(obj types.Object) *variable {
	if v := f.vars[obj]; v != nil {
		return v
	}
	if f.parent == nil {
		return nil
	}
	v := f.parent.lookup(obj)
	if v == nil || v.ctx {
		return v
	}
	if !v.cell {
		internal("captured variable %s is no cell", v.name)
	}
	captured := &variable{name: v.name, typ: v.typ, cell: true, draft: v.draft}
	f.vars[obj] = captured
	f.out.Captures = append(f.out.Captures, &ir.Local{Name: v.name, Type: v.typ, Cell: true})
	return captured
}

// setVar assigns a variable; fresh makes a new cell of one that is shared.
func (f *fn) setVar(v *variable, x ir.Expr, fresh bool) {
	if v.cell && fresh {
		f.do(&ir.NewCell{Local: v.name, To: x, At: f.at})
		return
	}
	f.do(&ir.Set{Place: &ir.Name{Name: v.name}, To: x, At: f.at})
}

func (f *fn) newBlock() *ir.Block {
	f.blocks++
	return &ir.Block{Name: fmt.Sprintf("b%d", f.blocks-1)}
}

// start makes a block the present one.
func (f *fn) start(b *ir.Block) {
	if f.scope != nil {
		b.Unwind = f.unwind()
	}
	f.out.Blocks = append(f.out.Blocks, b)
	f.cur = b
}

// do appends an instruction.
func (f *fn) do(i ir.Instr) {
	if f.cur == nil {
		f.start(f.newBlock()) // nothing leads here: dropped at the end
	}
	f.cur.Do = append(f.cur.Do, i)
}

// end ends the present block.
func (f *fn) end(t ir.Term) {
	if f.cur == nil {
		f.start(f.newBlock())
	}
	f.cur.End = t
	f.cur = nil
}

func (f *fn) jump(b *ir.Block) { f.end(&ir.Jump{To: b.Name}) }

// goOn jumps to a block and makes it the present one.
func (f *fn) goOn(b *ir.Block) {
	f.jump(b)
	f.start(b)
}

// seq keeps the place of a read among the calls of its statement: its parts are what was read since mark.
func (f *fn) seq(mark int, t *ir.Type, build operand) operand {
	p := &pendingRead{build: build, typ: t}
	f.pending = append(f.pending[:min(mark, len(f.pending))], p)
	return func() ir.Expr {
		if p.temp != "" {
			return &ir.Name{Name: p.temp}
		}
		p.done = true
		return p.build()
	}
}

// flush puts the reads that wait into temporaries: something that may change what they read comes next.
func (f *fn) flush() {
	list := f.pending
	f.pending = nil
	for _, p := range list {
		if !p.done {
			x := p.build()
			p.temp = f.temp(p.typ)
			f.do(&ir.Set{Place: &ir.Name{Name: p.temp}, To: x, At: f.at})
		}
	}
}

// effect appends an instruction that has its place among the calls.
func (f *fn) effect(i ir.Instr) {
	f.flush()
	f.do(i)
}

// now builds an operand into a temporary, at once.
func (f *fn) now(op operand, t *ir.Type) operand {
	x := op()
	if _, ok := x.(*ir.Lit); ok {
		return op
	}
	f.flush()
	name := f.temp(t)
	f.do(&ir.Set{Place: &ir.Name{Name: name}, To: x, At: f.at})
	return nameOf(name)
}

func nameOf(name string) operand { return func() ir.Expr { return &ir.Name{Name: name} } }

func (f *fn) typeOf(e ast.Expr) types.Type { return f.sub.apply(f.pkg.TypesInfo.TypeOf(e)) }

func (f *fn) irType(e ast.Expr) *ir.Type { return f.typ(f.typeOf(e), e) }

func (f *fn) zero(t *ir.Type) ir.Expr {
	if t.Kind == ir.PtrKind && t.Elem.Kind == ir.NamedKind && f.isEntityName(t.Elem.Name) {
		return &ir.Zero{Type: t} // no draft
	}
	switch t.Kind {
	case ir.ListKind, ir.MapKind, ir.PtrKind, ir.RefKind, ir.FuncKind, ir.Any, ir.Error:
		return &ir.Nil{Type: t}
	case ir.Bool:
		return &ir.Lit{Type: t, Value: false}
	case ir.String:
		return &ir.Lit{Type: t, Value: ""}
	case ir.Int, ir.I8, ir.I16, ir.I32, ir.I64:
		return &ir.Lit{Type: t, Value: int64(0)}
	}
	return &ir.Zero{Type: t}
}

// unsupported reports a construct that cannot be lowered yet, and gives a value so that the rest is looked at too.
func (f *fn) unsupported(code string, n ast.Node, help, format string, args ...any) operand {
	f.report(code, n, help, format, args...)
	return func() ir.Expr { return &ir.Zero{Type: ir.Basic(ir.Any)} }
}

func (f *fn) object(id *ast.Ident) types.Object {
	if o := f.pkg.TypesInfo.Uses[id]; o != nil {
		return o
	}
	return f.pkg.TypesInfo.Defs[id]
}

// isSelf says whether an expression is the own receiver of an entity method.
func (f *fn) isSelf(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && f.self != nil && f.object(id) == f.self
}

func (f *fn) line(pos token.Pos) int { return f.fset.Position(pos).Line }

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

// tidy gives blocks their names in the order they are reached, and drops what nothing leads to or nothing reads.
func (f *fn) tidy() {
	if f.cur != nil {
		f.end(&ir.Unreachable{Why: "the end of the function is not reached"})
	}
	thread(f.out)
	prune(f.out)
	forward(f.out)
	f.dropUnused()
}

// dropUnused removes temporaries that no instruction mentions any more.
func (f *fn) dropUnused() {
	used := mentions(f.out)
	f.out.Locals = slices.DeleteFunc(f.out.Locals, func(l *ir.Local) bool { return used[l.Name] == 0 && (l.Temp || strings.HasPrefix(l.Name, "blank")) })
}

func (c *compiler) isEntityName(name string) bool {
	for _, e := range c.entities {
		if e.name == name {
			return true
		}
	}
	return false
}
