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
