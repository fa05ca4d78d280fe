// This file translates the IR's instructions, terminators and expressions into the form.

package alias

import (
	"github.com/stateful-entities/sfc/ir"
)

func (b *builder) instr(i ir.Instr) {
	switch i := i.(type) {
	case *ir.Set:
		b.at = i.At
		b.set(i.Place, b.expr(i.To))
	case *ir.NewCell:
		b.at = i.At
		o := b.emit(&op{kind: opAlloc, typ: b.types[i.Local], args: []*value{b.expr(i.To)}})
		b.cur.vars[i.Local] = b.result(o, ir.PtrType(b.types[i.Local]))
	case *ir.Eval:
		b.at = i.At
		b.expr(i.X)
	case *ir.Call:
		b.at = i.At
		o := &op{kind: opCall, fn: b.a.funcs[i.Func], name: i.Func}
		if i.On != nil {
			o.recv = b.expr(i.On)
		}
		o.args = b.exprs(i.Args)
		b.targets(o, i.Into, b.a.results(i.Func))
	case *ir.CallFace:
		b.at = i.At
		t := b.a.typeOf(b.f.fn, i.Recv)
		o := &op{kind: opCallFace, name: i.Method, typ: t, accept: i.Copy, args: append([]*value{b.expr(i.Recv)}, b.exprs(i.Args)...)}
		b.targets(o, i.Into, b.a.methodResults(t, i.Method))
	case *ir.CallFunc:
		b.at = i.At
		t, _ := b.a.types.under(b.a.typeOf(b.f.fn, i.Fn))
		o := &op{kind: opCallFunc, args: append([]*value{b.expr(i.Fn)}, b.exprs(i.Args)...)}
		b.targets(o, i.Into, t.Results)
	case *ir.CallExtern:
		b.at = i.At
		e := b.a.externs[i.Extern]
		o := &op{kind: opExtern, name: i.Extern, args: b.exprs(i.Args)}
		for _, x := range i.Args {
			o.argTypes = append(o.argTypes, b.a.typeOf(b.f.fn, x))
		}
		b.targets(o, i.Into, e.Results)
	case *ir.Append:
		b.at = i.At
		t := b.a.typeOf(b.f.fn, i.List)
		o := &op{kind: opAppend, typ: t, args: []*value{b.expr(i.List)}}
		if i.Spread != nil {
			o.spread = true
			o.args = append(o.args, b.expr(i.Spread))
		}
		o.args = append(o.args, b.exprs(i.Elems)...)
		b.assign(i.Into, b.result(b.emit(o), t))
	case *ir.Copy:
		b.at = i.At
		b.emit(&op{kind: opListCopy, args: []*value{b.expr(i.Dst), b.expr(i.Src)}})
	case *ir.Clear:
		b.at = i.At
		b.emit(&op{kind: opClear, args: []*value{b.expr(i.X)}})
	case *ir.MapSet:
		b.at = i.At
		b.emit(&op{kind: opMapSet, args: []*value{b.expr(i.Map), b.expr(i.Key), b.expr(i.To)}})
	case *ir.MapGet:
		b.at = i.At
		b.assign(i.Into[0], b.mapGet(i.Map, i.Key))
	case *ir.MapDel:
		b.at = i.At
		b.emit(&op{kind: opMapDel, args: []*value{b.expr(i.Map), b.expr(i.Key)}})
	case *ir.Keys:
		b.at = i.At
		u, _ := b.a.types.under(b.a.typeOf(b.f.fn, i.Map))
		o := &op{kind: opMapKeys, args: []*value{b.expr(i.Map)}}
		b.targets(o, i.Into, []*ir.Type{ir.ListType(u.Key), ir.ListType(u.Elem)})
	case *ir.Assert:
		b.at = i.At
		b.assign(i.Into[0], b.yield(&op{kind: opAssert, typ: i.Type, args: []*value{b.expr(i.X)}}, i.Type))
	case *ir.New:
		b.at = i.At
		var init *value
		if i.To != nil {
			init = b.expr(i.To)
		}
		o := b.emit(&op{kind: opAlloc, typ: i.Type, args: []*value{init}})
		b.assign(i.Into, b.result(o, ir.PtrType(i.Type)))
	case *ir.MakeList:
		b.at = i.At
		b.expr(i.Len)
		if i.Cap != nil {
			b.expr(i.Cap)
		}
		b.assign(i.Into, b.result(b.emit(&op{kind: opList, typ: i.Type, room: i.Cap != nil}), i.Type))
	case *ir.List:
		b.at = i.At
		o := &op{kind: opList, typ: i.Type, args: b.exprs(i.Elems)}
		b.assign(i.Into, b.result(b.emit(o), i.Type))
	case *ir.ListOf:
		b.at = i.At
		b.expr(i.X)
		b.assign(i.Into, b.result(b.emit(&op{kind: opList, typ: i.Type}), i.Type))
	case *ir.MakeMap:
		b.at = i.At
		b.assign(i.Into, b.result(b.emit(&op{kind: opList, typ: i.Type}), i.Type))
	case *ir.Closure:
		b.at = i.At
		o := &op{kind: opClosure, fn: b.a.funcs[i.Func]}
		for _, c := range i.Cells {
			o.args = append(o.args, b.read(c, b.cur))
		}
		b.assign(i.Into, b.result(b.emit(o), b.a.funcType(i.Func)))
	case *ir.Recover:
		b.at = i.At
		b.assign(i.Into, b.result(b.emit(&op{kind: opRecover}), ir.Basic(ir.Any)))
	case *ir.Print:
		b.at = i.At
		b.emit(&op{kind: opUse, args: b.exprs(i.Args)})
	default:
		panic("alias: unknown instruction") // the verifier knows every kind
	}
}

func (b *builder) term(t ir.Term) {
	switch t := t.(type) {
	case *ir.If:
		b.at = t.At
		b.expr(t.Cond)
	case *ir.Switch:
		b.at = t.At
		b.expr(t.X)
	case *ir.Return:
		b.at = t.At
		b.emit(&op{kind: opReturn, args: b.exprs(t.Values)})
	case *ir.Panic:
		b.at = t.At
		b.emit(&op{kind: opPanic, args: []*value{b.expr(t.X)}})
	case *ir.Invoke:
		b.at = t.At
		b.expr(t.On)
		o := &op{kind: opInvoke, name: t.Method, fn: b.a.funcs[t.Method], args: b.exprs(t.Args), accept: t.Copy}
		b.targets(o, t.Into, b.a.results(t.Method))
	case *ir.Create:
		b.at = t.At
		o := &op{kind: opCreate, args: []*value{b.expr(t.Draft)}, accept: t.Copy}
		u, _ := b.a.types.under(b.a.typeOf(b.f.fn, t.Draft))
		o.name = u.Elem.Name
		b.emit(o)
	case *ir.Destroy:
		b.at = t.At
		b.expr(t.On)
	case *ir.Exists:
		b.at = t.At
		b.expr(t.On)
	}
}

// set assigns to a place.
func (b *builder) set(place ir.Expr, v *value) {
	if n, ok := place.(*ir.Name); ok {
		b.assign(n.Name, v)
		return
	}
	if root, path, ok := b.inLocal(place); ok { // a part of a struct or array variable
		t := b.types[root]
		if len(b.a.types.leaves(t)) == 0 {
			return
		}
		o := &op{kind: opUpdate, typ: t, path: path, args: []*value{b.read(root, b.cur), v}}
		o.argTypes = []*ir.Type{t, b.a.typeOf(b.f.fn, place)}
		b.cur.vars[root] = b.result(b.emit(o), t)
		return
	}
	t := b.a.typeOf(b.f.fn, place)
	b.emit(&op{kind: opStore, args: []*value{b.place(place), v}, typ: t})
}

// inLocal says whether a place is a part of a struct or array variable that is not a cell.
func (b *builder) inLocal(e ir.Expr) (root, path string, ok bool) {
	switch e := e.(type) {
	case *ir.Name:
		return e.Name, "", !b.cells[e.Name] && e.Name != b.f.fn.Self
	case *ir.Field:
		if b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) != structShape || b.isSelf(e.X) {
			return "", "", false
		}
		root, path, ok = b.inLocal(e.X)
		return root, path + "." + e.Name, ok
	case *ir.Index:
		if b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) != arrayShape {
			return "", "", false
		}
		root, path, ok = b.inLocal(e.X)
		b.expr(e.I)
		return root, path + "[]", ok
	}
	return "", "", false
}

func (b *builder) isSelf(e ir.Expr) bool {
	n, ok := e.(*ir.Name)
	return ok && b.f.fn.Self != "" && n.Name == b.f.fn.Self
}

// place gives a pointer to an addressable place.
func (b *builder) place(e ir.Expr) *value {
	t := b.a.typeOf(b.f.fn, e)
	switch e := e.(type) {
	case *ir.Name:
		if b.cells[e.Name] {
			return b.read(e.Name, b.cur)
		}
		if b.isSelf(e) {
			return b.f.self
		}
	case *ir.Global:
		return b.result(b.emit(&op{kind: opGlobal, name: e.Name, typ: t}), ir.PtrType(t))
	case *ir.Deref:
		return b.expr(e.X)
	case *ir.Field:
		base := b.f.self
		if !b.isSelf(e.X) {
			if b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) == ptrShape {
				base = b.expr(e.X)
			} else {
				base = b.place(e.X)
			}
		}
		return b.result(b.emit(&op{kind: opFieldPtr, name: e.Name, args: []*value{base}}), ir.PtrType(t))
	case *ir.Index:
		var base *value
		if b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) == arrayShape {
			base = b.place(e.X)
		} else {
			base = b.expr(e.X)
		}
		b.expr(e.I)
		return b.result(b.emit(&op{kind: opElemPtr, args: []*value{base}}), ir.PtrType(t))
	}
	// A value that has no address (a call's struct result): its own variable.
	o := b.emit(&op{kind: opAlloc, typ: t, args: []*value{b.expr(e)}})
	return b.result(o, ir.PtrType(t))
}

func (b *builder) load(ptr *value, t *ir.Type) *value {
	return b.yield(&op{kind: opLoad, typ: t, args: []*value{ptr}}, t)
}

func (b *builder) exprs(es []ir.Expr) []*value {
	out := make([]*value, len(es))
	for i, e := range es {
		out[i] = b.expr(e)
	}
	return out
}

// mapGet is a look at a map's element.
func (b *builder) mapGet(m, k ir.Expr) *value {
	u, _ := b.a.types.under(b.a.typeOf(b.f.fn, m))
	mv, kv := b.expr(m), b.expr(k)
	if kv != nil {
		b.emit(&op{kind: opCompare, typ: u, args: []*value{mv, kv}})
	}
	return b.yield(&op{kind: opMapGet, typ: u, args: []*value{mv}}, u.Elem)
}

// expr gives the value of an expression; nil if it carries no memory.
func (b *builder) expr(e ir.Expr) *value {
	switch e := e.(type) {
	case nil, *ir.Lit, *ir.Zero, *ir.Nil, *ir.Request, *ir.Panicking:
		return nil
	case *ir.Name:
		if b.isSelf(e) {
			return nil // the reference
		}
		if b.cells[e.Name] {
			return b.load(b.read(e.Name, b.cur), b.types[e.Name])
		}
		if len(b.a.types.leaves(b.types[e.Name])) == 0 {
			return nil
		}
		return b.read(e.Name, b.cur)
	case *ir.Global:
		t := b.a.typeOf(b.f.fn, e)
		if b.a.isHostVar(e.Name) {
			return b.yield(&op{kind: opHostVar, name: e.Name, typ: t}, t)
		}
		return b.load(b.place(e), t)
	case *ir.FuncVal:
		return b.result(b.emit(&op{kind: opFunc, fn: b.a.funcs[e.Func]}), b.a.funcType(e.Func))
	case *ir.Unary:
		b.expr(e.X)
		return nil
	case *ir.Binary:
		x, y := b.expr(e.X), b.expr(e.Y)
		if (e.Op == "eq" || e.Op == "ne") && (x != nil || y != nil) {
			b.emit(&op{kind: opCompare, args: []*value{x, y}})
		}
		return nil
	case *ir.Field, *ir.Index, *ir.Deref:
		return b.access(e)
	case *ir.Slice:
		return b.slice(e)
	case *ir.Len: // looks at no element of a list
		v := b.expr(e.X)
		if b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) == mapShape {
			b.emit(&op{kind: opUse, args: []*value{v}})
		}
		return nil
	case *ir.Cap:
		b.emit(&op{kind: opCap, args: []*value{b.expr(e.X)}})
		return nil
	case *ir.Addr:
		return b.place(e.X)
	case *ir.Convert:
		return b.convert(e)
	case *ir.Box:
		t := b.a.typeOf(b.f.fn, e.X)
		return b.result(b.emit(&op{kind: opBox, typ: t, args: []*value{b.expr(e.X)}}), e.To)
	case *ir.IsNil: // looks at nothing
		b.expr(e.X)
		return nil
	case *ir.StructLit:
		o := &op{kind: opStruct}
		for _, f := range e.Fields {
			o.args = append(o.args, b.expr(f.To))
			o.argTypes = append(o.argTypes, b.a.typeOf(b.f.fn, f.To))
			o.paths = append(o.paths, "."+f.Name)
		}
		return b.yield(o, e.Type)
	case *ir.ArrayLit:
		o := &op{kind: opStruct}
		for _, x := range e.Elems {
			o.args = append(o.args, b.expr(x))
			o.argTypes = append(o.argTypes, b.a.typeOf(b.f.fn, x))
			o.paths = append(o.paths, "[]")
		}
		return b.yield(o, e.Type)
	case *ir.RefTo:
		b.expr(e.Key)
		return nil
	case *ir.KeyOf:
		b.expr(e.X)
		return nil
	}
	panic("alias: unknown expression") // the verifier knows every kind
}

// access reads a field, an element, or through a pointer.
func (b *builder) access(e ir.Expr) *value {
	t := b.a.typeOf(b.f.fn, e)
	switch e := e.(type) {
	case *ir.Field:
		if !b.isSelf(e.X) && b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) == structShape && !b.inMemory(e.X) {
			return b.yield(&op{kind: opPart, path: "." + e.Name, args: []*value{b.expr(e.X)}}, t)
		}
	case *ir.Index:
		switch b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) {
		case mapShape:
			return b.mapGet(e.X, e.I)
		case arrayShape:
			v := b.expr(e.X)
			b.expr(e.I)
			return b.yield(&op{kind: opPart, path: "[]", args: []*value{v}}, t)
		case plain: // a string
			b.expr(e.X)
			b.expr(e.I)
			return nil
		}
	}
	return b.load(b.place(e), t)
}

// inMemory says whether a struct lies where a pointer or the own state leads: a field of it can be read alone.
func (b *builder) inMemory(e ir.Expr) bool {
	switch e := e.(type) {
	case *ir.Deref:
		return true
	case *ir.Field:
		return b.isSelf(e.X) || b.a.types.shape(b.a.typeOf(b.f.fn, e.X)) == ptrShape || b.inMemory(e.X)
	}
	return false
}

func (b *builder) slice(e *ir.Slice) *value {
	v := b.expr(e.X)
	for _, i := range []ir.Expr{e.Lo, e.Hi, e.Max} {
		b.expr(i)
	}
	if v == nil {
		return nil
	}
	o := &op{kind: opSlice, args: []*value{v}, whole: e.Max != nil}
	o.short = e.Hi != nil && e.Max == nil
	return b.result(b.emit(o), b.a.typeOf(b.f.fn, e))
}

func (b *builder) convert(e *ir.Convert) *value {
	v := b.expr(e.X)
	if v == nil {
		return nil
	}
	from, to := b.a.types.shape(b.a.typeOf(b.f.fn, e.X)), b.a.types.shape(e.To)
	switch {
	case from == listShape && to == arrayShape:
		return b.yield(&op{kind: opElems, args: []*value{v}}, e.To)
	case from == listShape && to == ptrShape:
		return b.result(b.emit(&op{kind: opCopy, args: []*value{v}}), e.To)
	}
	return b.yield(&op{kind: opCopy, args: []*value{v}}, e.To)
}
