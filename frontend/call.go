// This file lowers calls: of functions, methods, constructors, entities, interfaces, func values and the library.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// prepared is a call whose operands have been hoisted: it can run now, or be deferred with its operands saved.
type prepared struct {
	args    []operand // receiver or func value first, where there is one
	types   []*ir.Type
	results []*ir.Type
	emit    func(args []ir.Expr, into []string)
	recover bool // calls recover itself: must be lowered in place if deferred
}

func (p *prepared) arg(op operand, t *ir.Type) {
	p.args = append(p.args, op)
	p.types = append(p.types, t)
}

// callValue lowers a call or conversion that gives one value.
func (f *fn) callValue(e *ast.CallExpr) operand {
	if f.pkg.TypesInfo.Types[e.Fun].IsType() {
		return f.conversion(e)
	}
	if b := f.builtinName(e); b != "" {
		if op, ok := f.builtinValue(b, e); ok {
			return op
		}
	}
	if op, ok := f.intrinsic(e); ok {
		return op
	}
	p := f.prepare(e)
	if len(p.results) != 1 {
		internal("call of %s gives %d values, not one", exprText(e.Fun), len(p.results))
	}
	names := f.run(p, nil)
	return nameOf(names[0])
}

// callMulti lowers a call that gives any number of values and names them.
func (f *fn) callMulti(e *ast.CallExpr) ([]string, []types.Type) {
	p := f.prepare(e)
	names := f.run(p, nil)
	var list []types.Type
	switch t := f.typeOf(e).(type) {
	case *types.Tuple:
		for v := range t.Variables() {
			list = append(list, v.Type())
		}
	default:
		if len(names) == 1 {
			list = append(list, t)
		}
	}
	return names, list
}

// callStmt lowers a call whose values are dropped.
func (f *fn) callStmt(e *ast.CallExpr) {
	if b := f.builtinName(e); b != "" && f.builtinStmt(b, e) {
		return
	}
	if op, ok := f.intrinsic(e); ok {
		f.do(&ir.Eval{X: op(), At: f.at})
		return
	}
	p := f.prepare(e)
	into := make([]string, len(p.results))
	for i := range into {
		into[i] = "_"
	}
	f.run(p, into)
}

// run builds the operands of a call and emits it; without targets it makes temporaries for its results.
func (f *fn) run(p *prepared, into []string) []string {
	args := make([]ir.Expr, len(p.args))
	for i, a := range p.args {
		args[i] = a()
	}
	f.flush()
	if into == nil {
		for _, t := range p.results {
			into = append(into, f.temp(t))
		}
	}
	p.emit(args, into)
	return into
}

func (f *fn) builtinName(e *ast.CallExpr) string {
	if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
		if b, ok := f.pkg.TypesInfo.Uses[id].(*types.Builtin); ok {
			return b.Name()
		}
	}
	return ""
}

// staticFunc gives the function that an expression names, with its type arguments.
func (f *fn) staticFunc(e ast.Expr) (*types.Func, []types.Type) {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		if f.pkg.TypesInfo.Selections[e] != nil {
			return nil, nil
		}
		id = e.Sel
	case *ast.IndexExpr:
		return f.staticFunc(e.X)
	case *ast.IndexListExpr:
		return f.staticFunc(e.X)
	default:
		return nil, nil
	}
	obj, ok := f.pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok {
		return nil, nil
	}
	var targs []types.Type
	if inst, ok := f.pkg.TypesInfo.Instances[id]; ok {
		for a := range inst.TypeArgs.Types() {
			targs = append(targs, f.sub.apply(a))
		}
	}
	return obj, targs
}

// intrinsic lowers what stands in the IR as an expression or terminator of its own.
func (f *fn) intrinsic(e *ast.CallExpr) (operand, bool) {
	if obj, targs := f.staticFunc(e.Fun); obj != nil && obj.Pkg() != nil {
		switch obj.Pkg().Path() + "." + obj.Name() {
		case "time.Now":
			return func() ir.Expr { return &ir.Request{What: "now"} }, true
		case sfcPath + ".Get":
			return f.makeRef(e, targs), true
		case sfcPath + ".Exists":
			return f.exists(e), true
		}
		return nil, false
	}
	sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil, false
	}
	if f.isContextVar(sel.X) && sel.Sel.Name == "Err" {
		return func() ir.Expr { return &ir.Nil{Type: ir.Basic(ir.Error)} }, true
	}
	if sel.Sel.Name == "Key" && len(e.Args) == 0 && f.refTo(f.typeOf(sel.X)) != nil && !f.isSelf(sel.X) && f.draftBase(sel.X) == nil {
		t := f.irType(e)
		x := f.expr(sel.X)
		return f.now(func() ir.Expr { return &ir.KeyOf{X: x()} }, t), true
	}
	return nil, false
}

func (f *fn) isContextVar(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	o := f.object(id)
	return o != nil && isContext(o.Type())
}

func (f *fn) makeRef(e *ast.CallExpr, targs []types.Type) operand {
	en := f.entityOf(targs[0])
	if en == nil {
		return f.unsupported("SF1120", e, "name a type that is marked //sfc:entity: `sfc.Get[Item](key)`", "sfc.Get needs an entity type, and %s is none", targs[0])
	}
	key, _, _ := types.LookupFieldOrMethod(types.NewPointer(en.obj.Type()), true, en.pkg.Types, "Key")
	to := key.(*types.Func).Signature().Results().At(0).Type()
	from := f.typeOf(e.Args[0])
	if !types.ConvertibleTo(types.Default(from), to) || isStringType(from) != isStringType(to) {
		return f.unsupported("SF1120", e.Args[0], "convert the key: `sfc.Get[T](K(key))` where K is the type that Key returns", "the key of a %s is of type %s, not %s", en.name, to, from)
	}
	t := f.irType(e)
	op := f.conversionTo(e.Args[0], to)
	return f.now(func() ir.Expr { return &ir.RefTo{Entity: en.name, Key: op()} }, t)
}

func (f *fn) exists(e *ast.CallExpr) operand {
	if f.refTo(f.typeOf(e.Args[0])) == nil {
		return f.unsupported("SF1120", e, "pass a pointer to an entity type: `sfc.Exists(sfc.Get[Item](key))`", "sfc.Exists needs a reference to an entity")
	}
	x := f.expr(e.Args[0])
	on := x()
	f.flush()
	into, then := f.temp(ir.Basic(ir.Bool)), f.newBlock()
	f.end(&ir.Exists{On: on, Into: into, Then: then.Name, At: f.at})
	f.start(then)
	return nameOf(into)
}

// prepare resolves the callee and hoists its operands.
func (f *fn) prepare(e *ast.CallExpr) *prepared {
	if b := f.builtinName(e); b != "" {
		return f.prepareBuiltin(b, e)
	}
	fun := ast.Unparen(e.Fun)
	if lit, ok := fun.(*ast.FuncLit); ok {
		return f.prepareLiteral(lit, e)
	}
	sig := f.typeOf(e.Fun).Underlying().(*types.Signature)
	if obj, targs := f.staticFunc(fun); obj != nil {
		return f.prepareStatic(obj, targs, sig, e)
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if s := f.selection(sel); s != nil && s.kind == types.MethodVal {
			return f.prepareMethod(sel, s, sig, e)
		} else if s != nil && s.kind == types.MethodExpr {
			return f.prepareMethodExpr(sel, s, sig, e)
		}
	}
	p := f.newCall(sig, e)
	fn := f.expr(e.Fun)
	p.arg(fn, f.irType(e.Fun))
	f.args(p, sig, e, true)
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.CallFunc{Fn: args[0], Args: args[1:], Into: into, At: f.at})
	}
	return p
}

func (f *fn) newCall(sig *types.Signature, e ast.Node) *prepared {
	p := &prepared{}
	for v := range sig.Results().Variables() {
		p.results = append(p.results, f.typ(v.Type(), e))
	}
	return p
}

func (f *fn) prepareStatic(obj *types.Func, targs []types.Type, sig *types.Signature, e *ast.CallExpr) *prepared {
	p := f.newCall(sig, e)
	switch {
	case obj.Pkg().Path() == sfcPath:
		return f.prepareDelete(e)
	case f.by[obj.Pkg()] == nil:
		f.args(p, sig, e, false)
		name := f.extern(obj, targs, sig, nil, e)
		p.emit = func(args []ir.Expr, into []string) {
			f.do(&ir.CallExtern{Extern: name, Args: args, Into: into, At: f.at})
		}
		return p
	}
	f.args(p, sig, e, true)
	name := f.funcName(obj, targs)
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.Call{Func: name, Args: args, Into: into, At: f.at})
	}
	f.recovering(p, obj, e)
	return p
}

func (f *fn) prepareDelete(e *ast.CallExpr) *prepared {
	p := &prepared{}
	if f.refTo(f.typeOf(e.Args[0])) == nil {
		f.report("SF1120", e, "pass a pointer to an entity type: `sfc.Delete(item)`", "sfc.Delete needs a reference to an entity")
	}
	p.arg(f.expr(e.Args[0]), f.irType(e.Args[0]))
	p.emit = func(args []ir.Expr, _ []string) {
		then := f.newBlock()
		f.end(&ir.Destroy{On: args[0], Then: then.Name, At: f.at})
		f.start(then)
	}
	return p
}

// recovering notes that a callee calls recover: deferred, it has to be lowered in place.
func (f *fn) recovering(p *prepared, obj *types.Func, e *ast.CallExpr) {
	if d := f.decls[obj.Origin()]; d != nil && callsRecover(d.pkg.TypesInfo, d.decl.Body) {
		p.recover = true
	}
}

// prepareMethod lowers x.M(…) by what x is: the own receiver, a draft, another entity, an interface or plain data.
func (f *fn) prepareMethod(sel *ast.SelectorExpr, s *selection, sig *types.Signature, e *ast.CallExpr) *prepared {
	m := s.obj.(*types.Func)
	p := f.newCall(sig, e)
	if f.isContextVar(sel.X) {
		return f.prepareContext(m, p, sel)
	}
	own := f.isSelf(sel.X)
	draft := f.draftBase(sel.X)
	if (own || draft != nil) && len(s.path) == 1 {
		return f.prepareOwn(p, m, draft, sig, e)
	}
	if en := f.refTo(s.recv); en != nil && !own && draft == nil {
		return f.prepareInvoke(p, f.expr(sel.X), s.recv, en, m, sig, e)
	}
	x, t := f.base(sel.X), s.recv
	for i, index := range s.path[:len(s.path)-1] {
		if en := f.refTo(t); en != nil && (i > 0 || !own && draft == nil) {
			return f.prepareInvoke(p, x, t, en, m, sig, e)
		}
		x, t = f.field(x, t, index, e)
	}
	if en := f.refTo(t); en != nil {
		return f.prepareInvoke(p, x, t, en, m, sig, e)
	}
	if types.IsInterface(t) {
		return f.prepareFace(p, x, t, m, sig, e)
	}
	return f.preparePlain(p, x, t, m, sig, e)
}

func (f *fn) prepareContext(m *types.Func, p *prepared, sel *ast.SelectorExpr) *prepared {
	if m.Name() != "Deadline" {
		f.report("SF1511", sel, "what else a request needs can be a parameter", "of a context only Deadline and Err can be used")
		p.emit = func([]ir.Expr, []string) {}
		return p
	}
	p.emit = func(_ []ir.Expr, into []string) {
		if len(into) != 2 {
			return
		}
		set := func(name string, x ir.Expr) {
			if name != "_" {
				f.do(&ir.Set{Place: &ir.Name{Name: name}, To: x, At: f.at})
			}
		}
		set(into[0], &ir.Request{What: "deadline"})
		set(into[1], &ir.Binary{Op: "ne", X: &ir.Request{What: "deadline"}, Y: &ir.Zero{Type: ir.Basic(ir.Time)}})
	}
	return p
}

func (f *fn) prepareOwn(p *prepared, m *types.Func, draft *variable, sig *types.Signature, e *ast.CallExpr) *prepared {
	name := f.funcName(m, nil)
	f.args(p, sig, e, true)
	if draft != nil {
		if d := f.decls[m]; d != nil && f.escapes(d, map[*types.Func]bool{}) {
			f.report("SF1117", e, "set the fields directly, or call it in a method after the entity is created", "%s lets its receiver out, which is a draft here: it becomes an entity when the constructor returns it", name)
		}
	}
	p.emit = func(args []ir.Expr, into []string) {
		call := &ir.Call{Func: name, Args: args, Into: into, At: f.at}
		if draft != nil {
			call.On = &ir.Name{Name: draft.name}
		}
		f.do(call)
	}
	f.recovering(p, m, e)
	return p
}

func (f *fn) prepareInvoke(p *prepared, on operand, t types.Type, en *entity, m *types.Func, sig *types.Signature, e *ast.CallExpr) *prepared {
	if f.inInit {
		f.report("SF1511", e, "call it in a method or function that is requested", "initialisation cannot call an entity: there are none yet")
	}
	p.arg(on, f.typ(t, e))
	f.args(p, sig, e, true)
	name := f.entityMethod(en, m.Name(), e)
	accept := f.accepts(e)
	p.emit = func(args []ir.Expr, into []string) {
		then := f.newBlock()
		f.end(&ir.Invoke{Method: name, On: args[0], Args: args[1:], Into: into, Then: then.Name, Copy: accept, At: f.at})
		f.start(then)
	}
	f.recovering(p, m, e)
	return p
}

// prepareFace calls through an interface. The receiver is read late, except where gc knows its type.
func (f *fn) prepareFace(p *prepared, x operand, t types.Type, m *types.Func, sig *types.Signature, e *ast.CallExpr) *prepared {
	it := f.typ(t, e)
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && f.devirtualized(sel.X) {
		x = f.seq(len(f.pending), it, x)
	}
	p.arg(x, it)
	f.args(p, sig, e, true)
	name, accept := m.Name(), f.accepts(e)
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.CallFace{Recv: args[0], Method: name, Args: args[1:], Into: into, Copy: accept, At: f.at})
	}
	return p
}

// preparePlain calls a method of plain data or of a type of the library; its receiver is the first argument.
func (f *fn) preparePlain(p *prepared, x operand, t types.Type, m *types.Func, sig *types.Signature, e *ast.CallExpr) *prepared {
	want := m.Signature().Recv().Type()
	recv, rt := f.receiverArg(x, t, isPtr(want), e)
	p.arg(recv, f.typ(rt, e))
	named, ok := deref(t).(*types.Named)
	if !ok {
		internal("method of %s", t)
	}
	if f.by[m.Pkg()] == nil {
		f.args(p, sig, e, false)
		if named.TypeArgs().Len() == 0 {
			sig = m.Signature() // who forwards a call has no arguments yet
		}
		name := f.extern(m, typeArgs(named), sig, rt, e)
		p.emit = func(args []ir.Expr, into []string) {
			f.do(&ir.CallExtern{Extern: name, Args: args, Into: into, At: f.at})
		}
		return p
	}
	f.args(p, sig, e, true)
	name := f.funcName(m, typeArgs(named))
	p.emit = func(args []ir.Expr, into []string) {
		f.do(&ir.Call{Func: name, Args: args, Into: into, At: f.at})
	}
	f.recovering(p, m, e)
	return p
}

// receiverArg takes the address of a receiver, or what it points to, as the method wants it.
func (f *fn) receiverArg(x operand, t types.Type, pointer bool, n ast.Node) (operand, types.Type) {
	has := isPtr(t)
	switch {
	case has && !pointer:
		return func() ir.Expr { return &ir.Deref{X: x()} }, deref(t)
	case !has && pointer:
		return func() ir.Expr {
			p := x()
			switch p := p.(type) {
			case *ir.Deref:
				return p.X
			case *ir.Global:
				f.report("SF1204", n, "give the method a value receiver, or copy the variable first", "a method with a pointer receiver could write package variable %s", p.Name)
			}
			return &ir.Addr{X: p}
		}, types.NewPointer(t)
	}
	return x, t
}

// prepareMethodExpr lowers T.M(x, …).
func (f *fn) prepareMethodExpr(sel *ast.SelectorExpr, s *selection, sig *types.Signature, e *ast.CallExpr) *prepared {
	m := s.obj.(*types.Func)
	p := f.newCall(sig, e)
	rest := types.NewSignatureType(nil, nil, nil, types.NewTuple(variables(sig.Params())[1:]...), sig.Results(), sig.Variadic())
	call := &ast.CallExpr{Fun: e.Fun, Args: e.Args[1:], Ellipsis: e.Ellipsis, Lparen: e.Lparen, Rparen: e.Rparen}
	x := e.Args[0]
	en := f.refTo(s.recv)
	_, tuple := f.typeOf(x).(*types.Tuple)
	switch {
	case len(s.path) != 1 || tuple:
		p.emit = func([]ir.Expr, []string) {}
		f.report("SF1503", sel, "call the method on the value: `x.M(…)`", "this call of a method expression is not supported yet: write x.M(…)")
		return p
	case en != nil && f.isSelf(x):
		return f.prepareOwn(p, m, nil, rest, call)
	case en != nil && f.draftBase(x) != nil:
		return f.prepareOwn(p, m, f.draftBase(x), rest, call)
	case en != nil:
		return f.prepareInvoke(p, f.expr(x), s.recv, en, m, rest, call)
	case types.IsInterface(s.recv):
		return f.prepareFace(p, f.exprTo(x, s.recv), s.recv, m, rest, call)
	}
	return f.preparePlain(p, f.exprTo(x, s.recv), s.recv, m, rest, call)
}

func variables(t *types.Tuple) []*types.Var {
	var list []*types.Var
	for v := range t.Variables() {
		list = append(list, v)
	}
	return list
}

// args hoists the arguments: a leading context is not one of ours, a variadic tail becomes a list.
func (f *fn) args(p *prepared, sig *types.Signature, e *ast.CallExpr, ours bool) {
	params := variables(sig.Params())
	args := e.Args
	if ours && len(params) > 0 && isContext(params[0].Type()) {
		params = params[1:]
		if len(args) > 0 {
			f.contextArg(args[0])
			args = args[1:]
		}
	}
	if len(args) == 1 && len(params) != 0 {
		if t, ok := f.typeOf(args[0]).(*types.Tuple); ok {
			f.tupleArgs(p, params, sig.Variadic(), args[0], t)
			return
		}
	}
	fixed := len(params)
	if sig.Variadic() && !e.Ellipsis.IsValid() {
		fixed--
	}
	for i := range fixed {
		t := params[i].Type()
		p.arg(f.exprTo(args[i], t), f.typ(t, args[i]))
	}
	if fixed == len(params) {
		return
	}
	list := params[fixed].Type()
	elem := list.Underlying().(*types.Slice).Elem()
	var tail []operand
	for _, a := range args[fixed:] {
		tail = append(tail, f.exprTo(a, elem))
	}
	p.arg(f.variadic(list, tail, e), f.typ(list, e))
}

func (f *fn) variadic(list types.Type, tail []operand, n ast.Node) operand {
	t := f.typ(list, n)
	if len(tail) == 0 {
		return func() ir.Expr { return &ir.Nil{Type: t} }
	}
	return func() ir.Expr {
		elems := make([]ir.Expr, len(tail))
		for i, op := range tail {
			elems[i] = op()
		}
		into := f.temp(t)
		f.do(&ir.List{Type: t, Elems: elems, Into: into, At: f.at})
		return &ir.Name{Name: into}
	}
}

// tupleArgs passes the results of one call as the arguments of another.
func (f *fn) tupleArgs(p *prepared, params []*types.Var, variadic bool, e ast.Expr, t *types.Tuple) {
	names, list := f.callMulti(ast.Unparen(e).(*ast.CallExpr))
	fixed := len(params)
	if variadic {
		fixed--
	}
	for i := range fixed {
		to := params[i].Type()
		p.arg(f.convert(nameOf(names[i]), nil, list[i], to, len(f.pending)), f.typ(to, e))
	}
	if !variadic {
		return
	}
	to := params[fixed].Type()
	elem := to.Underlying().(*types.Slice).Elem()
	var tail []operand
	for i := fixed; i < len(names); i++ {
		tail = append(tail, f.convert(nameOf(names[i]), nil, list[i], elem, len(f.pending)))
	}
	p.arg(f.variadic(to, tail, e), f.typ(to, e))
}

// contextArg: what is passed as a context is the request's, or a background one; it means nothing to the callee.
func (f *fn) contextArg(e ast.Expr) {
	if f.isContextVar(e) || f.isNil(e) {
		return
	}
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		if obj, _ := f.staticFunc(call.Fun); obj != nil && obj.Pkg().Path() == "context" && (obj.Name() == "Background" || obj.Name() == "TODO") {
			return
		}
	}
	f.report("SF1511", e, "pass on the parameter itself; deadlines belong to the request", "only the context that came with the request can be passed on")
}

// extern declares a function of the library with the types it is used with, and gives its name.
func (f *fn) extern(obj *types.Func, targs []types.Type, sig *types.Signature, recv types.Type, n ast.Node) string {
	base := externName(obj)
	name := "go:" + base + f.compiler.names.arguments(targs)
	row := Lookup(base)
	if !row.Allowed {
		f.report(row.Code, n, row.Instead, "%s is not allowed: %s", base, row.Why)
		return name
	}
	if f.externs[name] {
		return name
	}
	f.externs[name] = true
	x := &ir.Extern{
		Name: name, Variadic: sig.Variadic(), Method: recv != nil, Effects: row.Effects, Calls: row.Calls, Debug: row.Debug,
		Steps: row.Steps, Bytes: row.Bytes, Twin: row.Twin,
	}
	if recv != nil {
		x.Params = append(x.Params, f.typ(recv, n))
	}
	for v := range sig.Params().Variables() {
		x.Params = append(x.Params, f.typ(v.Type(), n))
	}
	for v := range sig.Results().Variables() {
		x.Results = append(x.Results, f.typ(v.Type(), n))
	}
	f.prog.Externs = append(f.prog.Externs, x)
	return name
}

// escapes says whether a method of an entity lets its receiver out of itself: it may then not be called on a draft.
func (c *compiler) escapes(d *declaration, seen map[*types.Func]bool) bool {
	if seen[d.obj] || d.decl.Recv == nil || len(d.decl.Recv.List[0].Names) == 0 {
		return false
	}
	seen[d.obj] = true
	self := d.pkg.TypesInfo.Defs[d.decl.Recv.List[0].Names[0]]
	allowed := map[*ast.Ident]bool{}
	out := false
	ast.Inspect(d.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && d.pkg.TypesInfo.Uses[id] == self {
				allowed[id] = true
				sel := d.pkg.TypesInfo.Selections[n]
				if sel != nil && sel.Kind() == types.MethodVal {
					if len(sel.Index()) > 1 {
						return true
					}
					callee := c.decls[sel.Obj().(*types.Func)]
					out = out || callee == nil || c.escapes(callee, seen)
				}
			}
		case *ast.BinaryExpr:
			if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && d.pkg.TypesInfo.Types[n.Y].IsNil() {
				allowed[id] = true
			}
		case *ast.FuncLit:
			out = out || usesObject(d.pkg.TypesInfo, n, self)
		case *ast.Ident:
			if d.pkg.TypesInfo.Uses[n] == self && !allowed[n] {
				out = true
			}
		}
		return !out
	})
	return out
}

func usesObject(info *types.Info, n ast.Node, o types.Object) bool {
	found := false
	ast.Inspect(n, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok && info.Uses[id] == o {
			found = true
		}
		return !found
	})
	return found
}
