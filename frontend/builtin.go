// This file lowers the builtin functions and explicit conversions.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// builtinValue lowers a builtin that gives a value.
func (f *fn) builtinValue(name string, e *ast.CallExpr) (operand, bool) {
	if len(e.Args) == 1 {
		if _, ok := f.typeOf(e.Args[0]).(*types.Tuple); ok {
			return f.unsupported("SF1511", e, "take the results first: `a, b := f()`, then use them", "%s of a call with several results is not supported yet", name), true
		}
	}
	mark := len(f.pending)
	t := f.irType(e)
	switch name {
	case "len", "cap":
		return f.length(name, e, mark, t), true
	case "append":
		return f.appendCall(e), true
	case "make":
		return f.makeCall(e), true
	case "new":
		return f.newCallValue(e, t), true
	case "min", "max":
		return f.extreme(name, e), true
	case "copy":
		dst, src := f.opened(e.Args[0]), f.copySource(e.Args[1])
		d, s := dst(), src()
		into := f.temp(ir.Basic(ir.Int))
		f.effect(&ir.Copy{Dst: d, Src: s, Into: into, At: f.at})
		return nameOf(into), true
	case "recover":
		return f.recoverValue(e), true
	case "complex", "real", "imag":
		return f.unsupported("SF1507", e, "compute with the real and the imaginary part, two floats in a struct", "complex numbers are not supported yet"), true
	}
	return nil, false
}

func (f *fn) length(name string, e *ast.CallExpr, mark int, t *ir.Type) operand {
	x := f.opened(e.Args[0])
	if p, ok := f.typeOf(e.Args[0]).Underlying().(*types.Pointer); ok { // the length of the array behind it
		n := p.Elem().Underlying().(*types.Array).Len()
		return f.now(func() ir.Expr { f.do(&ir.Eval{X: x(), At: f.at}); return &ir.Lit{Type: t, Value: n} }, t)
	}
	return f.seq(mark, t, func() ir.Expr {
		if name == "cap" {
			if a, ok := f.typeOf(e.Args[0]).Underlying().(*types.Array); ok {
				return &ir.Lit{Type: t, Value: a.Len()}
			}
			return &ir.Cap{X: x()}
		}
		return &ir.Len{X: x()}
	})
}

func (f *fn) appendCall(e *ast.CallExpr) operand {
	list := f.plain(f.typeOf(e))
	t := f.typ(list, e)
	base := f.exprTo(e.Args[0], list)
	elem := list.Underlying().(*types.Slice).Elem()
	var elems []operand
	var spread operand
	for _, a := range e.Args[1:] {
		if e.Ellipsis.IsValid() {
			spread = f.opened(a)
			if f.isNil(a) {
				spread = f.exprTo(a, list)
			}
		} else {
			elems = append(elems, f.exprTo(a, elem))
		}
	}
	into := f.temp(t)
	i := &ir.Append{List: base(), Into: into, At: f.at}
	for _, op := range elems {
		i.Elems = append(i.Elems, op())
	}
	if spread != nil {
		i.Spread = spread()
	}
	f.effect(i)
	return f.closed(nameOf(into), f.typeOf(e))
}

func (f *fn) makeCall(e *ast.CallExpr) operand {
	t := f.typ(f.plain(f.typeOf(e)), e)
	var sizes []operand
	for _, a := range e.Args[1:] {
		sizes = append(sizes, f.indexValue(a))
	}
	var built []ir.Expr
	for _, s := range sizes {
		built = append(built, s())
	}
	f.flush()
	into := f.temp(t)
	switch f.typeOf(e).Underlying().(type) {
	case *types.Slice:
		i := &ir.MakeList{Type: t, Len: built[0], Into: into, At: f.at}
		if len(built) > 1 {
			i.Cap = built[1]
		}
		f.do(i)
	case *types.Map:
		f.do(&ir.MakeMap{Type: t, Into: into, At: f.at})
	default:
		return f.unsupported("SF1202", e, "collect in a slice, or call a method where you would have sent", "channels cannot be suspended and moved")
	}
	return f.closed(nameOf(into), f.typeOf(e))
}

func (f *fn) newCallValue(e *ast.CallExpr, t *ir.Type) operand {
	elem := f.typeOf(e).Underlying().(*types.Pointer).Elem()
	if en := f.refTo(f.typeOf(e)); en != nil {
		f.report("SF1108", e, "call a constructor, a function that returns &"+en.name+"{…}", "an entity of type %s can only be built in a constructor, and returned from it", en.name)
		return func() ir.Expr { return &ir.Zero{Type: ir.Basic(ir.Any)} }
	}
	i := &ir.New{Type: f.typ(elem, e), At: f.at}
	if !f.pkg.TypesInfo.Types[e.Args[0]].IsType() {
		i.To = f.valueTo(e.Args[0], elem)
	}
	i.Into = f.temp(t)
	f.effect(i)
	return nameOf(i.Into)
}

// extreme lowers min and max: comparisons for integers and strings, the library's functions for floats (NaN, -0).
func (f *fn) extreme(name string, e *ast.CallExpr) operand {
	goType := f.plain(f.typeOf(e))
	t := f.typ(goType, e)
	var ops []operand
	for _, a := range e.Args {
		ops = append(ops, f.exprTo(a, goType))
	}
	var built []ir.Expr
	for _, op := range ops {
		built = append(built, op())
	}
	f.flush()
	names := make([]string, len(built))
	for i, x := range built { // all operands are read before any is compared
		names[i] = f.temp(t)
		f.do(&ir.Set{Place: &ir.Name{Name: names[i]}, To: x, At: f.at})
	}
	r := names[0]
	for _, next := range names[1:] {
		if goType.Underlying().(*types.Basic).Info()&types.IsFloat != 0 {
			f.extremeFloat(name, r, next, t)
		} else {
			f.extremeOrdered(name, r, next)
		}
	}
	return f.closed(nameOf(r), f.typeOf(e))
}

func (f *fn) extremeOrdered(name, r, next string) {
	op := "lt"
	if name == "max" {
		op = "gt"
	}
	take, after := f.newBlock(), f.newBlock()
	f.end(&ir.If{Cond: &ir.Binary{Op: op, X: &ir.Name{Name: next}, Y: &ir.Name{Name: r}}, Then: take.Name, Else: after.Name, At: f.at})
	f.start(take)
	f.do(&ir.Set{Place: &ir.Name{Name: r}, To: &ir.Name{Name: next}, At: f.at})
	f.goOn(after)
}

func (f *fn) extremeFloat(name, r, next string, t *ir.Type) {
	f64 := ir.Basic(ir.F64)
	extern := "go:math.Min"
	if name == "max" {
		extern = "go:math.Max"
	}
	f.declareExtern(extern, []*ir.Type{f64, f64}, []*ir.Type{f64})
	wide := func(n string) ir.Expr {
		if t.Kind == ir.F64 {
			return &ir.Name{Name: n}
		}
		return &ir.Convert{X: &ir.Name{Name: n}, To: f64}
	}
	into := f.temp(f64)
	f.do(&ir.CallExtern{Extern: extern, Args: []ir.Expr{wide(r), wide(next)}, Into: []string{into}, At: f.at})
	var x ir.Expr = &ir.Name{Name: into}
	if t.Kind != ir.F64 {
		x = &ir.Convert{X: x, To: t}
	}
	f.do(&ir.Set{Place: &ir.Name{Name: r}, To: x, At: f.at})
}

// declareExtern declares a function of the library that the lowering itself needs.
func (c *compiler) declareExtern(name string, params, results []*ir.Type) {
	if c.externs[name] {
		return
	}
	c.externs[name] = true
	row := Lookup(name[len("go:"):])
	c.prog.Externs = append(c.prog.Externs, &ir.Extern{Name: name, Params: params, Results: results, Effects: row.Effects, Steps: row.Steps, Bytes: row.Bytes, Twin: row.Twin})
}

func (f *fn) copySource(e ast.Expr) operand {
	if f.isNil(e) {
		t := ir.ListType(ir.Basic(ir.U8))
		return func() ir.Expr { return &ir.Nil{Type: t} }
	}
	return f.opened(e)
}

// builtinStmt lowers a builtin that stands as a statement, and has no form of its own as a call.
func (f *fn) builtinStmt(name string, e *ast.CallExpr) bool {
	if len(e.Args) > 0 {
		if _, ok := f.typeOf(e.Args[0]).(*types.Tuple); ok {
			return false
		}
	}
	switch name {
	case "panic":
		x := f.valueTo(e.Args[0], anyType)
		f.flush()
		f.end(&ir.Panic{X: x, At: f.at})
		return true
	case "copy":
		dst, src := f.opened(e.Args[0]), f.copySource(e.Args[1])
		d, s := dst(), src()
		f.effect(&ir.Copy{Dst: d, Src: s, At: f.at})
		return true
	}
	return false
}

var anyType = types.Universe.Lookup("any").Type()

// prepareBuiltin lowers a builtin called as a statement or deferred.
func (f *fn) prepareBuiltin(name string, e *ast.CallExpr) *prepared {
	p := &prepared{}
	if len(e.Args) == 1 && name != "print" && name != "println" {
		if _, ok := f.typeOf(e.Args[0]).(*types.Tuple); ok {
			f.report("SF1511", e, "take the results first: `a, b := f()`, then use them", "%s of a call with several results is not supported yet", name)
			p.emit = func([]ir.Expr, []string) {}
			return p
		}
	}
	switch name {
	case "delete":
		m := f.typeOf(e.Args[0]).Underlying().(*types.Map)
		p.arg(f.expr(e.Args[0]), f.irType(e.Args[0]))
		p.arg(f.copied(e.Args[1], m.Key()), f.typ(m.Key(), e))
		p.emit = func(a []ir.Expr, _ []string) { f.do(&ir.MapDel{Map: a[0], Key: a[1], At: f.at}) }
	case "clear":
		p.arg(f.opened(e.Args[0]), f.typ(f.plain(f.typeOf(e.Args[0])), e))
		p.emit = func(a []ir.Expr, _ []string) { f.do(&ir.Clear{X: a[0], At: f.at}) }
	case "print", "println":
		f.printArgs(p, e)
		p.emit = func(a []ir.Expr, _ []string) { f.do(&ir.Print{Args: a, Line: name == "println", At: f.at}) }
	case "panic":
		p.arg(f.exprTo(e.Args[0], anyType), ir.Basic(ir.Any))
		p.emit = func(a []ir.Expr, _ []string) { f.end(&ir.Panic{X: a[0], At: f.at}) }
	case "copy":
		p.arg(f.opened(e.Args[0]), f.typ(f.plain(f.typeOf(e.Args[0])), e))
		p.arg(f.copySource(e.Args[1]), f.typ(f.plain(f.typeOf(e.Args[1])), e))
		p.emit = func(a []ir.Expr, _ []string) { f.do(&ir.Copy{Dst: a[0], Src: a[1], At: f.at}) }
	case "recover":
		p.results = []*ir.Type{ir.Basic(ir.Any)}
		p.emit = func(_ []ir.Expr, into []string) {
			x := f.recoverValue(e)()
			if len(into) == 1 && into[0] != "_" {
				f.do(&ir.Set{Place: &ir.Name{Name: into[0]}, To: x, At: f.at})
			}
		}
	default:
		f.report("SF1511", e, "write it in another form", "builtin %s is not supported", name)
		p.emit = func([]ir.Expr, []string) {}
	}
	return p
}

func (f *fn) printArgs(p *prepared, e *ast.CallExpr) {
	if len(e.Args) == 1 {
		if _, ok := f.typeOf(e.Args[0]).(*types.Tuple); ok {
			names, list := f.callMulti(ast.Unparen(e.Args[0]).(*ast.CallExpr))
			for i := range names {
				p.arg(nameOf(names[i]), f.typ(list[i], e))
			}
			return
		}
	}
	for _, a := range e.Args {
		t := types.Default(f.typeOf(a))
		p.arg(f.exprTo(a, t), f.typ(t, a))
	}
}

// conversion lowers T(x).
func (f *fn) conversion(e *ast.CallExpr) operand { return f.conversionTo(e.Args[0], f.typeOf(e)) }

func (f *fn) conversionTo(x ast.Expr, to types.Type) operand {
	mark := len(f.pending)
	if tv := f.pkg.TypesInfo.Types[x]; tv.Value != nil && isBasic(to) {
		if from := f.typeOf(x); isStringType(from) == isStringType(to) && numericAlike(from, to) {
			return f.constant(tv.Value, to, x)
		}
	}
	if f.isNil(x) {
		return f.exprTo(x, to)
	}
	from := types.Default(f.typeOf(x))
	if types.IsInterface(to) {
		return f.convert(f.exprTo(x, from), x, from, to, mark)
	}
	if p := f.plain(from); p != from && !types.Identical(from, to) {
		from = p
	}
	op := f.exprTo(x, from)
	it := f.typ(to, x)
	if _, ok := to.Underlying().(*types.Slice); ok && isStringType(from) {
		v := op()
		f.flush()
		list := f.typ(f.plain(to), x)
		into := f.temp(list)
		f.do(&ir.ListOf{X: v, Type: list, Into: into, At: f.at})
		return f.closed(nameOf(into), to)
	}
	if _, ok := to.Underlying().(*types.Pointer); ok {
		if _, ok := from.Underlying().(*types.Slice); ok {
			return f.unsupported("SF1505", x, "copy the elements: `[4]int(s)` is an array of its own", "a pointer to the array behind a slice is not supported yet")
		}
	}
	if f.typ(from, x).Equal(it) {
		if b, ok := to.Underlying().(*types.Basic); !ok || b.Info()&types.IsFloat == 0 {
			return op
		}
	}
	return func() ir.Expr { return &ir.Convert{X: op(), To: it} }
}

// numericAlike says whether a constant can be converted by giving its literal the other type.
func numericAlike(from, to types.Type) bool {
	a, b := from.Underlying().(*types.Basic), to.Underlying().(*types.Basic)
	return a.Info()&types.IsFloat == 0 || b.Info()&types.IsInteger == 0 || a.Info()&types.IsUntyped != 0
}
