// This file lowers defer and recover: deferred calls become blocks that run at the exit, in reverse order.

package frontend

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/stateful-entities/sfc/ir"
)

// defers is what a body with defer statements keeps. Every block of the body unwinds to the head of the chain of
// deferred calls; each is disarmed before it runs, so that a panic in one goes on with the next.
type defers struct {
	entry *ir.Block // ends the preparations: what has to be initialised is added here
	slot  string
	head  *ir.Block
	sites []*site
	done  bool // the chain is complete: what follows unwinds outside

	order    string // with defers in loops: the sites in the order they were deferred (a list of int)
	closures string // … and the closures made for those in loops
}

// site is a defer statement outside loops.
type site struct {
	armed string
	run   func()
}

// unwind gives the edge for a block started now.
func (f *fn) unwind() *ir.Unwind {
	for s := f.scope; s != nil; s = s.outer {
		if s.defers != nil && !s.defers.done {
			return &ir.Unwind{To: s.defers.head.Name, Into: s.defers.slot}
		}
	}
	return nil
}

// prepareDefers sets up a body that has defer statements of its own.
func (f *fn) prepareDefers(body *ast.BlockStmt) {
	any, looped := defersIn(body, f.scope.backward)
	if !any {
		return
	}
	f.resultVars(body)
	if f.creates != nil && f.scope.outer == nil && f.parent == nil {
		f.constructorVars(body)
	}
	d := &defers{slot: f.temp(ir.Basic(ir.PanicKind)), head: f.newBlock()}
	if looped {
		ints, funcs := ir.ListType(ir.Basic(ir.Int)), ir.ListType(&ir.Type{Kind: ir.FuncKind})
		d.order, d.closures = f.temp(ints), f.temp(funcs)
		f.do(&ir.Set{Place: &ir.Name{Name: d.order}, To: &ir.Nil{Type: ints}})
		f.do(&ir.Set{Place: &ir.Name{Name: d.closures}, To: &ir.Nil{Type: funcs}})
	}
	d.entry = f.cur
	first := f.newBlock()
	f.jump(first)
	f.scope.defers = d
	f.start(first)
}

// defersIn says whether a body defers, and whether it does so in a loop.
func defersIn(body *ast.BlockStmt, backward bool) (any, looped bool) {
	var visit func(n ast.Node, loop bool)
	visit = func(n ast.Node, loop bool) {
		ast.Inspect(n, func(m ast.Node) bool {
			switch m := m.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ForStmt:
				if !loop {
					visit(m.Body, true)
					return false
				}
			case *ast.RangeStmt:
				if !loop {
					visit(m.Body, true)
					return false
				}
			case *ast.DeferStmt:
				any = true
				looped = looped || loop
			}
			return true
		})
	}
	visit(body, backward)
	return any, looped
}

// deferStmt saves the operands and arms the call.
func (f *fn) deferStmt(s *ast.DeferStmt) {
	d := f.scope.defers
	if f.scope.loopDepth > 0 || f.scope.backward {
		f.deferInLoop(s, d)
		return
	}
	f.noteDeferredMethod(s.Call)
	run := f.deferredCall(s.Call)
	st := &site{run: run}
	d.sites = append(d.sites, st)
	if d.order != "" {
		f.push(d.order, &ir.Lit{Type: ir.Basic(ir.Int), Value: int64(len(d.sites) - 1)})
		return
	}
	st.armed = f.temp(ir.Basic(ir.Bool))
	d.entry.Do = append(d.entry.Do, setBool(st.armed, false))
	f.do(setBool(st.armed, true))
}

func setBool(name string, v bool) *ir.Set {
	return &ir.Set{Place: &ir.Name{Name: name}, To: &ir.Lit{Type: ir.Basic(ir.Bool), Value: v}}
}

func (f *fn) push(list string, x ir.Expr) {
	f.do(&ir.Append{List: &ir.Name{Name: list}, Elems: []ir.Expr{x}, Into: list, At: f.at})
}

// deferredCall hoists and saves the operands; what it gives back lowers the call itself, at the exit.
func (f *fn) deferredCall(e *ast.CallExpr) func() {
	at := f.at
	if lit, ok := ast.Unparen(e.Fun).(*ast.FuncLit); ok {
		sig := f.typeOf(lit).(*types.Signature)
		p := &prepared{}
		f.args(p, sig, e, true)
		args := f.save(p)
		return func() {
			into := drops(sig.Results().Len())
			f.inline(lit.Type, lit.Body, sig, args, into, true)
		}
	}
	p := f.prepare(e)
	args := f.save(p)
	if p.recover {
		return func() { f.inlineDeferred(e, args) }
	}
	return func() {
		f.at = at
		p.emit(args, drops(len(p.results)))
	}
}

func drops(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "_"
	}
	return list
}

// save puts the operands of a deferred call into temporaries.
func (f *fn) save(p *prepared) []ir.Expr {
	args := make([]ir.Expr, len(p.args))
	for i, a := range p.args {
		args[i] = a()
	}
	f.flush()
	for i, x := range args {
		switch x.(type) {
		case *ir.Lit, *ir.Nil, *ir.FuncVal:
			continue
		}
		name := f.temp(p.types[i])
		f.do(&ir.Set{Place: &ir.Name{Name: name}, To: x, At: f.at})
		args[i] = &ir.Name{Name: name}
	}
	return args
}

// inlineDeferred lowers a deferred function that calls recover in place of its call, so that it finds the slot.
func (f *fn) inlineDeferred(e *ast.CallExpr, args []ir.Expr) {
	var obj *types.Func
	own := false
	if o, targs := f.staticFunc(e.Fun); o != nil && len(targs) == 0 {
		obj = o
	} else if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && f.isSelf(sel.X) {
		if s := f.selection(sel); s != nil && len(s.path) == 1 {
			obj, own = s.obj.(*types.Func), true
		}
	}
	d := f.decls[obj]
	if obj == nil || d == nil || d.pkg != f.pkg || slices.Contains(f.inlined, d) {
		f.report("SF1511", e, "defer a function literal that calls recover itself", "%s calls recover, and cannot be deferred in this form yet", exprText(e.Fun))
		return
	}
	for v := range capturedVars(d.pkg.TypesInfo, d.decl) {
		f.cells[v] = true
	}
	self := f.self
	if own && len(d.decl.Recv.List[0].Names) > 0 {
		f.self = d.pkg.TypesInfo.Defs[d.decl.Recv.List[0].Names[0]]
	}
	f.inlined = append(f.inlined, d)
	f.inline(d.decl.Type, d.decl.Body, obj.Signature(), args, drops(obj.Signature().Results().Len()), true)
	f.inlined = f.inlined[:len(f.inlined)-1]
	f.self = self
}

// noteDeferredMethod remembers methods deferred through an interface: none of them may call recover.
func (f *fn) noteDeferredMethod(e *ast.CallExpr) {
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok {
		if s := f.selection(sel); s != nil && s.kind == types.MethodVal && types.IsInterface(s.recv) {
			if f.deferred[sel.Sel.Name] == nil {
				f.deferred[sel.Sel.Name] = sel
			}
		}
	}
}

// deferInLoop makes a closure of the call and its saved operands.
func (f *fn) deferInLoop(s *ast.DeferStmt, d *defers) {
	f.noteDeferredMethod(s.Call)
	if lit, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit); ok && callsRecover(f.pkg.TypesInfo, lit.Body) {
		f.report("SF1511", s, "put the body of the loop into a function of its own, which defers and recovers", "recover in a function deferred in a loop is not supported yet")
		return
	}
	t := &ir.Type{Kind: ir.FuncKind}
	var p *prepared
	if lit, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit); ok { // a value of its own, not lowered in place
		sig := f.typeOf(lit).(*types.Signature)
		p = f.newCall(sig, s.Call)
		p.arg(f.funcLit(lit), f.irType(lit))
		f.args(p, sig, s.Call, true)
		p.emit = nil
	} else {
		p = f.prepare(s.Call)
	}
	if p.recover {
		f.report("SF1511", s, "put the body of the loop into a function of its own, which defers and recovers", "a function that calls recover cannot be deferred in a loop yet")
		return
	}
	var cells []*variable
	built := make([]ir.Expr, len(p.args))
	for i, a := range p.args {
		built[i] = a()
	}
	f.flush()
	for i, x := range built {
		v := f.local("saved", p.types[i], true)
		f.do(&ir.NewCell{Local: v.name, To: x, At: f.at})
		cells = append(cells, v)
	}
	inner := f.closure(s)
	inner.scope = &scope{labels: map[string]*ir.Block{}}
	f.lowerDeferred(inner, p, cells, s)
	op := f.makeClosure(inner, t)
	f.push(d.closures, op())
	f.push(d.order, &ir.Lit{Type: ir.Basic(ir.Int), Value: int64(-1)})
}

// lowerDeferred fills the closure of a call deferred in a loop. The call is prepared again, for the closure's own
// blocks; its operands are the saved ones.
func (f *fn) lowerDeferred(inner *fn, p *prepared, cells []*variable, s *ast.DeferStmt) {
	var args []ir.Expr
	for _, c := range cells {
		inner.out.Captures = append(inner.out.Captures, &ir.Local{Name: c.name, Type: c.typ, Cell: true})
		args = append(args, &ir.Name{Name: c.name})
	}
	if p.emit == nil {
		inner.do(&ir.CallFunc{Fn: args[0], Args: args[1:], Into: drops(len(p.results)), At: f.at})
	} else {
		f.emitIn(inner, func() { p.emit(args, drops(len(p.results))) })
	}
	inner.end(&ir.Return{At: f.at})
	inner.tidy()
}

// emitIn lets a call prepared in this function be emitted into the blocks of another.
func (f *fn) emitIn(inner *fn, emit func()) {
	cur, blocks, out, scope, temps := f.cur, f.blocks, f.out, f.scope, f.temps
	f.cur, f.blocks, f.out, f.scope, f.temps = inner.cur, inner.blocks, inner.out, inner.scope, inner.temps
	emit()
	inner.cur, inner.blocks, inner.temps = f.cur, f.blocks, f.temps
	f.cur, f.blocks, f.out, f.scope, f.temps = cur, blocks, out, scope, temps
}

// chain ends a body that defers: it runs the deferred calls and goes on outside, or panics on.
func (f *fn) chain() {
	d := f.scope.defers
	if d == nil {
		return
	}
	locals, firstBlock := len(f.out.Locals), len(f.out.Blocks)
	f.start(d.head)
	if d.order != "" {
		f.chainInOrder(d)
	} else {
		for i := len(d.sites) - 1; i >= 0; i-- {
			st := d.sites[i]
			run, next := f.newBlock(), f.newBlock()
			f.end(&ir.If{Cond: &ir.Name{Name: st.armed}, Then: run.Name, Else: next.Name})
			f.start(run)
			f.do(setBool(st.armed, false))
			st.run()
			if f.cur != nil {
				f.jump(next)
			}
			f.start(next)
		}
	}
	d.done = true
	after, again, exit := f.newBlock(), f.newBlock(), f.scope.exit
	if exit == nil {
		exit = f.newBlock()
	}
	f.goOn(after)
	f.end(&ir.If{Cond: &ir.Panicking{Slot: d.slot}, Then: again.Name, Else: exit.Name})
	f.start(again)
	f.end(&ir.Repanic{Slot: d.slot})
	f.start(exit)
	f.initialiseEarly(d, locals, firstBlock)
}

// chainInOrder runs deferred calls by the list of what was deferred, last first.
func (f *fn) chainInOrder(d *defers) {
	order, closures := &ir.Name{Name: d.order}, &ir.Name{Name: d.closures}
	last := func(x ir.Expr) ir.Expr {
		return &ir.Binary{Op: "sub", X: &ir.Len{X: x}, Y: &ir.Lit{Type: ir.Basic(ir.Int), Value: int64(1)}}
	}
	some, none := f.newBlock(), f.newBlock()
	f.end(&ir.If{Cond: &ir.Binary{Op: "eq", X: &ir.Len{X: order}, Y: &ir.Lit{Type: ir.Basic(ir.Int), Value: int64(0)}}, Then: none.Name, Else: some.Name})
	f.start(some)
	k := f.temp(ir.Basic(ir.Int))
	f.do(&ir.Set{Place: &ir.Name{Name: k}, To: &ir.Index{X: order, I: last(order)}})
	f.do(&ir.Set{Place: order, To: &ir.Slice{X: order, Hi: last(order)}})
	loop := f.newBlock()
	sw := &ir.Switch{X: &ir.Name{Name: k}, Default: loop.Name}
	blocks := make([]*ir.Block, len(d.sites))
	for i := range d.sites {
		blocks[i] = f.newBlock()
		sw.Cases = append(sw.Cases, &ir.Case{Is: &ir.Lit{Type: ir.Basic(ir.Int), Value: int64(i)}, To: blocks[i].Name})
	}
	f.end(sw)
	for i, st := range d.sites {
		f.start(blocks[i])
		st.run()
		if f.cur != nil {
			f.jump(d.head)
		}
	}
	f.start(loop)
	fn := f.temp(&ir.Type{Kind: ir.FuncKind})
	f.do(&ir.Set{Place: &ir.Name{Name: fn}, To: &ir.Index{X: closures, I: last(closures)}})
	f.do(&ir.Set{Place: closures, To: &ir.Slice{X: closures, Hi: last(closures)}})
	f.do(&ir.CallFunc{Fn: &ir.Name{Name: fn}, At: f.at})
	f.jump(d.head)
	f.start(none)
}

// initialiseEarly gives the variables that the chain uses a value from the start: an early panic reaches it before
// they are set (it then does not run what uses them).
func (f *fn) initialiseEarly(d *defers, locals, firstBlock int) {
	used := mentions(&ir.Func{Blocks: f.out.Blocks[firstBlock:]})
	set := map[string]bool{}
	for _, i := range d.entry.Do {
		switch i := i.(type) {
		case *ir.Set:
			if n, ok := i.Place.(*ir.Name); ok {
				set[n.Name] = true
			}
		case *ir.NewCell:
			set[i.Local] = true
		default:
			for _, name := range ir.Targets(i) {
				set[name] = true
			}
		}
	}
	for _, l := range f.out.Locals[:locals] {
		if l.Type.Kind == ir.PanicKind || used[l.Name] == 0 || set[l.Name] || f.setBefore(d.entry, l.Name) {
			continue
		}
		if l.Cell {
			d.entry.Do = append(d.entry.Do, &ir.NewCell{Local: l.Name, To: f.zero(l.Type)})
		} else {
			d.entry.Do = append(d.entry.Do, &ir.Set{Place: &ir.Name{Name: l.Name}, To: f.zero(l.Type)})
		}
	}
}

// setBefore says whether a block before the entry of a body sets a variable: it belongs to the code around it.
func (f *fn) setBefore(entry *ir.Block, name string) bool {
	for _, b := range f.out.Blocks {
		if b == entry {
			return false
		}
		for _, i := range b.Do {
			switch i := i.(type) {
			case *ir.Set:
				if n, ok := i.Place.(*ir.Name); ok && n.Name == name {
					return true
				}
			case *ir.NewCell:
				if i.Local == name {
					return true
				}
			}
			if slices.Contains(ir.Targets(i), name) {
				return true
			}
		}
		if b.End != nil && slices.Contains(ir.TermTargets(b.End), name) {
			return true
		}
	}
	return false
}

// recoverValue lowers recover(): it reads the slot of the body that deferred this one, and is nil elsewhere.
func (f *fn) recoverValue(e *ast.CallExpr) operand {
	if f.scope == nil || !f.scope.deferred || f.scope.outer == nil || f.scope.outer.defers == nil {
		return func() ir.Expr { return &ir.Nil{Type: ir.Basic(ir.Any)} }
	}
	into := f.temp(ir.Basic(ir.Any))
	f.effect(&ir.Recover{Slot: f.scope.outer.defers.slot, Into: into, At: f.at})
	return nameOf(into)
}
