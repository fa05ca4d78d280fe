// This file lowers expressions: calls are emitted where they stand, reads wait until they are consumed.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// value lowers an expression whose value is consumed at once.
func (f *fn) value(e ast.Expr) ir.Expr { return f.expr(e)() }

// valueTo lowers an expression as a value of a type.
func (f *fn) valueTo(e ast.Expr, to types.Type) ir.Expr { return f.exprTo(e, to)() }

// exprTo lowers an expression that is assigned to a type.
func (f *fn) exprTo(e ast.Expr, to types.Type) operand {
	mark := len(f.pending)
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil && !types.IsInterface(to) && isBasic(to) {
		return f.constant(tv.Value, to, e)
	}
	if f.isNil(e) {
		t := f.typ(to, e)
		return func() ir.Expr { return &ir.Nil{Type: t} }
	}
	return f.convert(f.expr(e), e, f.typeOf(e), to, mark)
}

func isBasic(t types.Type) bool {
	_, ok := t.Underlying().(*types.Basic)
	return ok
}

func (f *fn) isNil(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	_, ok = f.pkg.TypesInfo.Uses[id].(*types.Nil)
	return ok
}

// convert makes the implicit conversion of an assignment explicit.
func (f *fn) convert(op operand, e ast.Expr, from, to types.Type, mark int) operand {
	if types.Identical(from, to) {
		return op
	}
	it := f.typ(to, e)
	if types.IsInterface(to) {
		if b, ok := from.(*types.Basic); ok && b.Kind() == types.UntypedNil {
			return func() ir.Expr { return &ir.Nil{Type: it} }
		}
		if types.IsInterface(from) {
			if f.typ(from, e).Equal(it) {
				return op
			}
			return func() ir.Expr { return &ir.Convert{X: op(), To: it} }
		}
		from = types.Default(from)
		f.boxes(from, e)
		if s, ok := deref(from).(*types.Struct); ok && types.NewMethodSet(types.NewPointer(s)).Len() > 0 {
			f.report("SF1511", e, "declare the type: `type name struct { … }`", "a struct type without a name that embeds methods cannot get into an interface yet: give it a name")
		}
		box := func() ir.Expr { return &ir.Box{X: op(), To: it} }
		if f.copiedToBox(e, from) {
			return f.seq(mark, it, box)
		}
		return box
	}
	if f.typ(from, e).Equal(it) {
		return op
	}
	return func() ir.Expr { return &ir.Convert{X: op(), To: it} }
}

// copiedToBox says whether the compiler copies an operand into memory before it makes an interface value of it: then
// it is read in its place among the calls. (Variables and other places are read late.)
func (f *fn) copiedToBox(e ast.Expr, from types.Type) bool {
	if e == nil || f.pkg.TypesInfo.Types[e].Value != nil || f.isPlace(e) {
		return false
	}
	switch u := from.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsBoolean != 0 || u.Kind() == types.Int8 || u.Kind() == types.Uint8 || u.Info()&types.IsComplex != 0
	case *types.Slice:
		return false
	case *types.Struct, *types.Array:
		return true
	}
	return true
}

// isPlace says whether an expression denotes memory.
func (f *fn) isPlace(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		_, ok := f.object(e).(*types.Var)
		return ok
	case *ast.StarExpr:
		return true
	case *ast.SelectorExpr:
		if sel := f.selection(e); sel != nil && sel.kind == types.FieldVal {
			return sel.indirect || f.isPlace(e.X)
		}
		_, ok := f.pkg.TypesInfo.Uses[e.Sel].(*types.Var)
		return ok
	case *ast.IndexExpr:
		switch f.typeOf(e.X).Underlying().(type) {
		case *types.Slice, *types.Pointer:
			return true
		case *types.Array:
			return f.isPlace(e.X)
		}
	}
	return false
}

// copied lowers an operand that the compiler puts into memory before the runtime looks at it.
func (f *fn) copied(e ast.Expr, to types.Type) operand {
	mark := len(f.pending)
	op := f.exprTo(e, to)
	if f.isPlace(e) || f.pkg.TypesInfo.Types[e].Value != nil || f.isNil(e) {
		return op
	}
	return f.seq(mark, f.typ(to, e), op)
}

// expr lowers an expression: its calls are emitted now, in order; the operand is what is left to read.
func (f *fn) expr(e ast.Expr) operand {
	if tv, ok := f.pkg.TypesInfo.Types[e]; ok && tv.Value != nil {
		if t := f.typeOf(e); isBasic(t) {
			return f.constant(tv.Value, t, e)
		}
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return f.expr(e.X)
	case *ast.Ident:
		return f.ident(e)
	case *ast.BasicLit:
		return f.constant(f.pkg.TypesInfo.Types[e].Value, f.typeOf(e), e)
	case *ast.FuncLit:
		return f.funcLit(e)
	case *ast.CompositeLit:
		return f.composite(e)
	case *ast.SelectorExpr:
		return f.selector(e)
	case *ast.IndexExpr:
		return f.index(e)
	case *ast.IndexListExpr:
		return f.funcValue(e)
	case *ast.SliceExpr:
		return f.slice(e)
	case *ast.TypeAssertExpr:
		return f.assertion(e)
	case *ast.CallExpr:
		return f.callValue(e)
	case *ast.StarExpr:
		return f.star(e)
	case *ast.UnaryExpr:
		return f.unary(e)
	case *ast.BinaryExpr:
		return f.binary(e)
	}
	return f.unsupported("SF1511", e, "write it in another form: assign its parts to variables first", "this expression is not supported")
}

func (f *fn) ident(e *ast.Ident) operand {
	switch o := f.object(e).(type) {
	case *types.Nil:
		t := f.irType(e)
		return func() ir.Expr { return &ir.Nil{Type: t} }
	case *types.Func:
		return f.funcValue(e)
	case *types.Var:
		return f.variable(o, e)
	}
	return f.unsupported("SF1511", e, "write it in another form: assign its parts to variables first", "%s is not supported here", e.Name)
}

func (f *fn) variable(o *types.Var, e ast.Expr) operand {
	if f.self != nil && o == f.self {
		self := f.out.Self
		return func() ir.Expr { return &ir.Name{Name: self} }
	}
	if o.Parent() == o.Pkg().Scope() {
		return f.global(o, e)
	}
	v := f.lookup(o)
	if v == nil {
		internal("variable %s is not declared", o.Name())
	}
	if v.ctx {
		return f.unsupported("SF1511", e, "take from it what is needed, `deadline, ok := ctx.Deadline()`, and keep that", "the context can be passed on as the first argument, and asked for Deadline and Err; nothing else")
	}
	if v.draft {
		f.report("SF1117", e, "return it first; whoever calls the constructor gets the reference", "%s is a draft: it becomes an entity when the constructor returns it, and cannot be stored or passed on before", o.Name())
	}
	return nameOf(v.name)
}

// global reads a package variable.
func (f *fn) global(o *types.Var, e ast.Expr) operand {
	if f.varDecls[o] == nil {
		full := o.Pkg().Path() + "." + o.Name()
		if row := Lookup(full); !row.Allowed {
			return f.unsupported(row.Code, e, row.Instead, "%s is not allowed: %s", full, row.Why)
		}
		t := f.typ(o.Type(), e)
		return func() ir.Expr {
			g := &ir.Global{Name: "go:" + full}
			if t.Kind != ir.Error {
				g.Type = t
			}
			return g
		}
	}
	name := f.varName(o, e)
	return func() ir.Expr { return &ir.Global{Name: name} }
}

// draftBase gives the draft that an expression names, or nil.
func (f *fn) draftBase(e ast.Expr) *variable {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	o := f.object(id)
	if o == nil {
		return nil
	}
	for g := f; g != nil; g = g.parent {
		if v := g.vars[o]; v != nil {
			if v.draft && g != f {
				return f.lookup(o)
			}
			if v.draft {
				return v
			}
			return nil
		}
	}
	return nil
}

// base lowers the left side of a selector, where own receiver and drafts may stand for their fields.
func (f *fn) base(e ast.Expr) operand {
	if v := f.draftBase(e); v != nil {
		return nameOf(v.name)
	}
	return f.expr(e)
}

// selection is a field or method found behind an expression.
type selection struct {
	kind     types.SelectionKind
	obj      types.Object
	path     []int
	indirect bool
	recv     types.Type
}

// selection resolves x.f; in an instance of a generic function the type arguments decide.
func (f *fn) selection(e *ast.SelectorExpr) *selection {
	sel := f.pkg.TypesInfo.Selections[e]
	if sel == nil {
		return nil
	}
	recv := f.sub.apply(sel.Recv())
	if len(f.sub.args) == 0 {
		return &selection{sel.Kind(), sel.Obj(), sel.Index(), sel.Indirect() || isPtr(recv), recv}
	}
	obj, path, indirect := types.LookupFieldOrMethod(recv, true, f.pkg.Types, e.Sel.Name)
	if obj == nil {
		internal("no %s in %s", e.Sel.Name, recv)
	}
	return &selection{sel.Kind(), obj, path, indirect || isPtr(recv), recv}
}

func isPtr(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

func (f *fn) selector(e *ast.SelectorExpr) operand {
	sel := f.selection(e)
	if sel == nil { // package.Name
		switch o := f.pkg.TypesInfo.Uses[e.Sel].(type) {
		case *types.Var:
			return f.global(o, e)
		case *types.Func:
			return f.funcValue(e)
		}
		return f.unsupported("SF1511", e, "write it in another form: assign its parts to variables first", "%s is not supported here", e.Sel.Name)
	}
	if sel.kind != types.FieldVal {
		return f.methodValue(e, sel)
	}
	op, _ := f.walkFields(e, e.X, sel.recv, sel.path)
	return op
}

// walkFields selects along a path of fields, embedded ones included.
func (f *fn) walkFields(at ast.Node, x ast.Expr, t types.Type, path []int) (operand, types.Type) {
	op := f.base(x)
	own := f.isSelf(x) || f.draftBase(x) != nil
	for _, i := range path {
		if e := f.refTo(t); e != nil && !own {
			name := deref(t).Underlying().(*types.Struct).Field(i).Name()
			f.report("SF1112", at, accessor(e, name), "%s is a field of another entity (%s): only its own methods can see it", name, e.name)
			return func() ir.Expr { return &ir.Zero{Type: ir.Basic(ir.Any)} }, types.Typ[types.Int]
		}
		own = false
		op, t = f.field(op, t, i, at)
	}
	return op, t
}

// field selects one field of a struct or of what a pointer points to. A struct of the library says the field's type.
func (f *fn) field(x operand, t types.Type, i int, at ast.Node) (operand, types.Type) {
	v := deref(t).Underlying().(*types.Struct).Field(i)
	var it *ir.Type
	if n, ok := deref(t).(*types.Named); ok && f.by[n.Obj().Pkg()] == nil {
		it = f.typ(v.Type(), at)
	}
	return func() ir.Expr { return &ir.Field{X: x(), Name: v.Name(), Type: it} }, v.Type()
}

func accessor(e *entity, field string) string {
	name := field
	if !ast.IsExported(name) {
		name = string(name[0]-'a'+'A') + name[1:]
	}
	return "write an accessor: func (x *" + e.name + ") " + name + "() … { return x." + field + " }"
}

func (f *fn) star(e *ast.StarExpr) operand {
	if en := f.refTo(f.typeOf(e.X)); en != nil {
		return f.unsupported("SF1110", e, "pass the reference itself, or copy the fields that are needed into a plain struct", "*%s would be a copy of an entity of type %s", exprText(e.X), en.name)
	}
	x := f.expr(e.X)
	return func() ir.Expr { return &ir.Deref{X: x()} }
}

var unaryOps = map[token.Token]string{token.SUB: "neg", token.NOT: "not", token.XOR: "inv"}

func (f *fn) unary(e *ast.UnaryExpr) operand {
	switch e.Op {
	case token.ADD:
		return f.expr(e.X)
	case token.AND:
		return f.address(e)
	case token.ARROW:
		return f.unsupported("SF1202", e, "call a method where you would have sent", "a receive waits for another goroutine, and there is none")
	}
	x := f.expr(e.X)
	op := unaryOps[e.Op]
	return func() ir.Expr { return &ir.Unary{Op: op, X: x()} }
}

// address lowers &x.
func (f *fn) address(e *ast.UnaryExpr) operand {
	if lit, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
		if en := f.entityOf(f.typeOf(lit)); en != nil && f.refTo(f.typeOf(lit)) == nil {
			f.report("SF1108", e, "call a constructor, a function that returns &"+en.name+"{…}", "an entity of type %s can only be built in a constructor, and returned from it", en.name)
			return func() ir.Expr { return &ir.Zero{Type: ir.Basic(ir.Any)} }
		}
		return f.newComposite(lit, f.typeOf(lit))
	}
	return f.addressOf(e.X)
}

// addressOf gives the address of a place.
func (f *fn) addressOf(x ast.Expr) operand {
	if id, ok := ast.Unparen(x).(*ast.Ident); ok {
		if o, ok := f.object(id).(*types.Var); ok && f.varDecls[o] != nil {
			return f.unsupported("SF1204", x, "copy the variable first: `x := variable; p := &x`", "the address of package variable %s would let it be written", id.Name)
		}
	}
	op := f.expr(x)
	return func() ir.Expr {
		p := op()
		if d, ok := p.(*ir.Deref); ok {
			return d.X
		}
		return &ir.Addr{X: p}
	}
}

var binaryOps = map[token.Token]string{
	token.ADD: "add", token.SUB: "sub", token.MUL: "mul", token.QUO: "div", token.REM: "rem",
	token.AND: "and", token.OR: "or", token.XOR: "xor", token.AND_NOT: "andnot", token.SHL: "shl", token.SHR: "shr",
	token.EQL: "eq", token.NEQ: "ne", token.LSS: "lt", token.LEQ: "le", token.GTR: "gt", token.GEQ: "ge",
	token.LAND: "land", token.LOR: "lor",
}

func (f *fn) binary(e *ast.BinaryExpr) operand {
	switch e.Op {
	case token.LAND, token.LOR:
		return f.logical(e)
	case token.EQL, token.NEQ:
		return f.asType(f.equality(e), e)
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		t := f.operandType(e)
		x := f.exprTo(e.X, t)
		y := f.exprTo(e.Y, t)
		return f.asType(f.op(binaryOps[e.Op], x, y), e)
	case token.SHL, token.SHR:
		x := f.exprTo(e.X, f.typeOf(e))
		y := f.shiftCount(e.Y)
		return f.op(binaryOps[e.Op], x, y)
	}
	t := f.typeOf(e)
	x := f.exprTo(e.X, t)
	y := f.exprTo(e.Y, t)
	return f.op(binaryOps[e.Op], x, y)
}

func (f *fn) op(op string, x, y operand) operand {
	return func() ir.Expr {
		a := x()
		return &ir.Binary{Op: op, X: a, Y: y()}
	}
}

// shiftCount lowers the right side of a shift: an untyped constant is a uint.
func (f *fn) shiftCount(e ast.Expr) operand {
	t := f.typeOf(e)
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil {
		t = types.Typ[types.Uint]
	}
	return f.exprTo(e, t)
}

// asType converts a comparison's bool where Go gives it a declared type.
func (f *fn) asType(op operand, e ast.Expr) operand {
	t := f.irType(e)
	if t.Kind == ir.Bool {
		return op
	}
	return func() ir.Expr { return &ir.Convert{X: op(), To: t} }
}

// operandType is the type in which two operands are compared.
func (f *fn) operandType(e *ast.BinaryExpr) types.Type {
	x, y := f.typeOf(e.X), f.typeOf(e.Y)
	if types.IsInterface(y) && !types.IsInterface(x) || isUntyped(x) {
		x = y
	}
	return types.Default(x)
}

func isUntyped(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}

func (f *fn) equality(e *ast.BinaryExpr) operand {
	x, y := e.X, e.Y
	if f.isNil(x) {
		x, y = y, x
	}
	if f.isNil(y) {
		op := f.base(x)
		return func() ir.Expr {
			var c ir.Expr = &ir.IsNil{X: op()}
			if e.Op == token.NEQ {
				c = &ir.Unary{Op: "not", X: c}
			}
			return c
		}
	}
	return f.compare(binaryOps[e.Op], e.X, e.Y, f.operandType(e))
}

func (f *fn) compare(op string, x, y ast.Expr, t types.Type) operand {
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array:
		a := f.copied(x, t)
		b := f.copied(y, t)
		return f.op(op, a, b)
	}
	a := f.exprTo(x, t)
	b := f.exprTo(y, t)
	return f.op(op, a, b)
}

// logical lowers && and ||: in blocks if the right side has anything that must not run in vain.
func (f *fn) logical(e *ast.BinaryExpr) operand {
	t := f.irType(e)
	mark := len(f.pending)
	if !f.needsInstr(e.Y) {
		x := f.exprTo(e.X, f.typeOf(e))
		y := f.exprTo(e.Y, f.typeOf(e))
		return f.seq(mark, t, f.op(binaryOps[e.Op], x, y))
	}
	f.flush()
	r := f.temp(t)
	set := func(x ast.Expr) {
		v := f.valueTo(x, f.typeOf(e))
		f.flush()
		f.do(&ir.Set{Place: &ir.Name{Name: r}, To: v, At: f.at})
	}
	set(e.X)
	right, after := f.newBlock(), f.newBlock()
	cond := ir.Expr(&ir.Name{Name: r})
	if t.Kind != ir.Bool {
		cond = &ir.Convert{X: cond, To: ir.Basic(ir.Bool)}
	}
	if e.Op == token.LAND {
		f.end(&ir.If{Cond: cond, Then: right.Name, Else: after.Name, At: f.at})
	} else {
		f.end(&ir.If{Cond: cond, Then: after.Name, Else: right.Name, At: f.at})
	}
	f.start(right)
	set(e.Y)
	f.goOn(after)
	return nameOf(r)
}

// cond branches on an expression; && and || with calls become blocks.
func (f *fn) cond(e ast.Expr, yes, no *ir.Block) {
	if f.needsInstr(e) && f.pkg.TypesInfo.Types[e].Value == nil {
		switch x := ast.Unparen(e).(type) {
		case *ast.BinaryExpr:
			if x.Op == token.LAND || x.Op == token.LOR {
				mid := f.newBlock()
				if x.Op == token.LAND {
					f.cond(x.X, mid, no)
				} else {
					f.cond(x.X, yes, mid)
				}
				f.start(mid)
				f.cond(x.Y, yes, no)
				return
			}
		case *ast.UnaryExpr:
			if x.Op == token.NOT {
				f.cond(x.X, no, yes)
				return
			}
		}
	}
	f.branch(f.valueTo(e, types.Typ[types.Bool]), yes, no)
}

func (f *fn) branch(c ir.Expr, yes, no *ir.Block) {
	if u, ok := c.(*ir.Unary); ok && u.Op == "not" {
		f.branch(u.X, no, yes)
		return
	}
	f.end(&ir.If{Cond: c, Then: yes.Name, Else: no.Name, At: f.at})
}

// needsInstr says whether an expression needs instructions, so that it cannot stand on the right of && in a tree.
func (f *fn) needsInstr(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || !f.isPureCall(n)
		case *ast.TypeAssertExpr, *ast.FuncLit, *ast.CompositeLit:
			found = true
		case *ast.SelectorExpr:
			if s := f.selection(n); s != nil && s.kind != types.FieldVal {
				if _, ok := f.pkg.TypesInfo.Types[n]; ok {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// isPureCall says whether a call expression is a constant, a conversion or a builtin that stays in the tree.
func (f *fn) isPureCall(e *ast.CallExpr) bool {
	if f.pkg.TypesInfo.Types[e].Value != nil {
		return true
	}
	if f.pkg.TypesInfo.Types[e.Fun].IsType() {
		_, slice := f.typeOf(e).Underlying().(*types.Slice)
		return !slice || !isBasic(f.typeOf(e.Args[0]))
	}
	if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
		if b, ok := f.pkg.TypesInfo.Uses[id].(*types.Builtin); ok {
			return b.Name() == "len" || b.Name() == "cap"
		}
	}
	return false
}

func (f *fn) index(e *ast.IndexExpr) operand {
	if tv := f.pkg.TypesInfo.Types[e.Index]; tv.IsType() { // instance of a generic function
		return f.funcValue(e)
	}
	if m, ok := f.typeOf(e.X).Underlying().(*types.Map); ok {
		mark := len(f.pending)
		x := f.expr(e.X)
		k := f.mapKey(e.Index, m)
		read := func() ir.Expr {
			a := x()
			return &ir.Index{X: a, I: k()}
		}
		if f.bytesKey(e.Index) {
			return f.seq(mark, f.irType(e), read)
		}
		return read
	}
	x := f.expr(e.X)
	i := f.indexValue(e.Index)
	return func() ir.Expr {
		a := x()
		return &ir.Index{X: a, I: i()}
	}
}

// indexValue lowers an index or a length: an untyped constant is an int.
func (f *fn) indexValue(e ast.Expr) operand {
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil && isUntyped(tv.Type) {
		return f.exprTo(e, types.Typ[types.Int])
	}
	if tv := f.pkg.TypesInfo.Types[e]; tv.Value != nil && !isInteger(tv.Type) {
		return f.exprTo(e, types.Typ[types.Int])
	}
	return f.expr(e)
}

func isInteger(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

// mapKey lowers a key: one that the runtime takes by address is copied in its place among the calls.
func (f *fn) mapKey(e ast.Expr, m *types.Map) operand {
	key := f.sub.apply(m.Key())
	if fastKey(key, f.sub.apply(m.Elem())) {
		return f.exprTo(e, key)
	}
	return f.copied(e, key)
}

var gcSizes = types.SizesFor("gc", "amd64")

// fastKey says whether gc's runtime takes the key of a map by value.
func fastKey(key, elem types.Type) bool {
	if gcSizes.Sizeof(elem) > 128 {
		return false
	}
	switch u := key.Underlying().(type) {
	case *types.Basic:
		size := gcSizes.Sizeof(u)
		return u.Info()&types.IsString != 0 || u.Info()&types.IsInteger != 0 && (size == 4 || size == 8)
	case *types.Pointer:
		return true
	}
	return false
}

// bytesKey says whether a key holds string(bytes), which gc does not copy, so that the map is read at once.
func (f *fn) bytesKey(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if f.pkg.TypesInfo.Types[e.Fun].IsType() && len(e.Args) == 1 && isStringType(f.typeOf(e)) {
			s, ok := f.typeOf(e.Args[0]).Underlying().(*types.Slice)
			return ok && types.Identical(s.Elem().Underlying(), types.Typ[types.Uint8])
		}
	case *ast.CompositeLit:
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			if f.bytesKey(x) {
				return true
			}
		}
	}
	return false
}

func isStringType(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func (f *fn) slice(e *ast.SliceExpr) operand {
	mark := len(f.pending)
	var x operand
	if _, ok := f.typeOf(e.X).Underlying().(*types.Array); ok {
		x = f.addressOf(e.X)
	} else {
		x = f.expr(e.X)
	}
	bound := func(e ast.Expr) operand {
		if e == nil {
			return func() ir.Expr { return nil }
		}
		return f.indexValue(e)
	}
	lo, hi, limit := bound(e.Low), bound(e.High), bound(e.Max)
	t := f.irType(e)
	plain := t
	if u, ok := f.typeOf(e.X).Underlying().(*types.Basic); ok && u.Info()&types.IsUntyped != 0 {
		plain = ir.Basic(ir.String)
	}
	return f.seq(mark, plain, func() ir.Expr {
		a := x()
		b := lo()
		c := hi()
		return &ir.Slice{X: a, Lo: b, Hi: c, Max: limit()}
	})
}

// assertion lowers x.(T) with one result.
func (f *fn) assertion(e *ast.TypeAssertExpr) operand {
	x := f.expr(e.X)
	t := f.irType(e)
	f.asserts(e.X, f.typeOf(e))
	if !f.possible(e.X, f.typeOf(e)) {
		return f.unsupported("SF1501", e, "move the code for this type into a function that is not generic", "%s can never hold in this instance: it is not supported yet", exprText(e))
	}
	emit := func() ir.Expr {
		v := x()
		into := f.temp(t)
		f.do(&ir.Assert{X: v, Type: t, Into: []string{into}, At: f.at})
		return &ir.Name{Name: into}
	}
	if pointerShaped(f.typeOf(e)) {
		return emit // gc reads it late
	}
	v := x()
	f.flush()
	x = func() ir.Expr { return v }
	r := emit()
	return nameOf(r.(*ir.Name).Name)
}

// asserts notes that a type is taken out of an interface with methods: the verifier then wants to see its methods.
func (f *fn) asserts(x ast.Expr, t types.Type) {
	if face, ok := f.typeOf(x).Underlying().(*types.Interface); ok && !face.Empty() && !types.IsInterface(t) {
		f.boxes(t, x)
	}
}

// possible says whether an interface can hold a type: in an instance of a generic function it may not.
func (f *fn) possible(x ast.Expr, t types.Type) bool {
	face, ok := f.typeOf(x).Underlying().(*types.Interface)
	return !ok || types.IsInterface(t) || types.Implements(t, face)
}

func pointerShaped(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Signature:
		return true
	case *types.Struct:
		return u.NumFields() == 1 && pointerShaped(u.Field(0).Type())
	case *types.Array:
		return u.Len() == 1 && pointerShaped(u.Elem())
	}
	return false
}

func exprText(e ast.Expr) string { return types.ExprString(e) }
