// This file lowers range loops over integers, strings, slices, arrays, pointers to arrays and maps.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

func (f *fn) rangeStmt(s *ast.RangeStmt, label string) {
	switch t := f.typeOf(s.X).Underlying().(type) {
	case *types.Basic:
		if t.Info()&types.IsString != 0 {
			f.rangeString(s, label)
		} else {
			f.rangeInt(s, label)
		}
	case *types.Slice:
		f.rangeList(s, label, t.Elem())
	case *types.Array:
		f.rangeArray(s, label, t)
	case *types.Pointer:
		f.rangeArray(s, label, t.Elem().Underlying().(*types.Array))
	case *types.Map:
		f.rangeMap(s, label, t)
	case *types.Chan:
		f.report("SF1202", s, "collect in a slice, or call a method where you would have sent", "channels cannot be suspended and moved")
	default:
		f.report("SF1504", s, "loop over a slice that the function fills", "range over a function is not supported yet")
	}
}

// counter is the hidden index of a loop.
type counter struct {
	name string
	typ  *ir.Type
}

func (f *fn) counter(t *ir.Type, unsigned bool) counter {
	c := counter{f.temp(t), t}
	f.do(&ir.Set{Place: &ir.Name{Name: c.name}, To: c.lit(0, unsigned), At: f.at})
	return c
}

func (c counter) lit(n int64, unsigned bool) *ir.Lit {
	if unsigned {
		return &ir.Lit{Type: c.typ, Value: uint64(n)}
	}
	return &ir.Lit{Type: c.typ, Value: n}
}

func (c counter) read() ir.Expr { return &ir.Name{Name: c.name} }

// counted makes `for i := 0; i < n; i++` around a body that has the index.
func (f *fn) counted(s *ast.RangeStmt, label string, c counter, n ir.Expr, unsigned bool, each func(next *ir.Block)) {
	head, body, post, after := f.newBlock(), f.newBlock(), f.newBlock(), f.newBlock()
	f.goOn(head)
	f.end(&ir.If{Cond: &ir.Binary{Op: "lt", X: c.read(), Y: n}, Then: body.Name, Else: after.Name, At: f.at})
	f.start(body)
	each(post)
	f.enter(label, after, post)
	f.block(s.Body.List)
	f.leaveLoop()
	f.fallTo(post)
	f.start(post)
	f.at = f.line(s.Pos())
	f.do(&ir.Set{Place: c.read(), To: &ir.Binary{Op: "add", X: c.read(), Y: c.lit(1, unsigned)}, At: f.at})
	f.jump(head)
	f.start(after)
}

// wanted says whether a range variable is there and not blank.
func wanted(e ast.Expr) bool {
	if e == nil {
		return false
	}
	id, ok := e.(*ast.Ident)
	return !ok || id.Name != "_"
}

// iterate sets key and value of an iteration.
func (f *fn) iterate(s *ast.RangeStmt, key, value operand, kt, vt types.Type) {
	var targets []*target
	var ops []operand
	add := func(e ast.Expr, op operand, t types.Type) {
		if !wanted(e) || op == nil {
			return
		}
		if v := f.defines(e); s.Tok == token.DEFINE && v != nil {
			targets = append(targets, &target{typ: f.sub.apply(v.Type()), node: e})
		} else {
			targets = append(targets, f.target(e))
		}
		ops = append(ops, f.convert(op, nil, t, targets[len(targets)-1].typ, len(f.pending)))
	}
	add(s.Key, key, kt)
	add(s.Value, value, vt)
	for _, t := range targets {
		if v := f.defines(t.node); s.Tok == token.DEFINE && v != nil {
			t.fresh = f.declare(v, t.node.(*ast.Ident), t.typ)
		}
	}
	f.storeAll(targets, ops)
}

func (f *fn) rangeInt(s *ast.RangeStmt, label string) {
	t := f.typeOf(s.X)
	if wanted(s.Key) {
		if kt := f.typeOf(s.Key); kt != nil {
			t = kt
		}
	}
	t = types.Default(t)
	if p := f.plain(t); p != t {
		f.report("SF1511", s, "loop over a number: `for i := range int(m)`", "a range over the library type %s is not supported yet", t)
		t = p
	}
	it := f.typ(t, s.X)
	n := f.valueTo(s.X, t)
	f.flush()
	if _, ok := n.(*ir.Lit); !ok {
		name := f.temp(it)
		f.do(&ir.Set{Place: &ir.Name{Name: name}, To: n, At: f.at})
		n = &ir.Name{Name: name}
	}
	unsigned := t.Underlying().(*types.Basic).Info()&types.IsUnsigned != 0
	c := f.counter(it, unsigned)
	f.counted(s, label, c, n, unsigned, func(*ir.Block) { f.iterate(s, nameOf(c.name), nil, t, nil) })
}

var intType = types.Typ[types.Int]

func (f *fn) rangeList(s *ast.RangeStmt, label string, elem types.Type) {
	it := f.typ(f.plain(f.typeOf(s.X)), s.X)
	x := f.opened(s.X)()
	f.flush()
	list := f.temp(it)
	f.do(&ir.Set{Place: &ir.Name{Name: list}, To: x, At: f.at})
	n := f.temp(ir.Basic(ir.Int))
	f.do(&ir.Set{Place: &ir.Name{Name: n}, To: &ir.Len{X: &ir.Name{Name: list}}, At: f.at})
	c := f.counter(ir.Basic(ir.Int), false)
	f.counted(s, label, c, &ir.Name{Name: n}, false, func(*ir.Block) {
		f.iterate(s, nameOf(c.name), func() ir.Expr { return &ir.Index{X: &ir.Name{Name: list}, I: c.read()} }, intType, elem)
	})
}

// rangeArray: an array is copied if its elements are wanted, a pointer to one is not.
func (f *fn) rangeArray(s *ast.RangeStmt, label string, t *types.Array) {
	n := &ir.Lit{Type: ir.Basic(ir.Int), Value: t.Len()}
	var array operand
	switch {
	case wanted(s.Value):
		x := f.value(s.X)
		f.flush()
		name := f.temp(f.irType(s.X))
		f.do(&ir.Set{Place: &ir.Name{Name: name}, To: x, At: f.at})
		array = nameOf(name)
	case f.needsInstr(s.X):
		x := f.value(s.X)
		f.flush()
		if !noEffect(x) {
			f.do(&ir.Eval{X: x, At: f.at})
		}
	}
	c := f.counter(ir.Basic(ir.Int), false)
	f.counted(s, label, c, n, false, func(*ir.Block) {
		var value operand
		if array != nil {
			value = func() ir.Expr { return &ir.Index{X: array(), I: c.read()} }
		}
		f.iterate(s, nameOf(c.name), value, intType, t.Elem())
	})
}

// rangeString decodes one rune after another.
func (f *fn) rangeString(s *ast.RangeStmt, label string) {
	str, i32, integer := ir.Basic(ir.String), ir.Basic(ir.I32), ir.Basic(ir.Int)
	x := f.value(s.X)
	f.flush()
	if !f.irType(s.X).Equal(str) {
		x = &ir.Convert{X: x, To: str}
	}
	text := f.temp(str)
	f.do(&ir.Set{Place: &ir.Name{Name: text}, To: x, At: f.at})
	const decode = "go:unicode/utf8.DecodeRuneInString"
	f.declareExtern(decode, []*ir.Type{str}, []*ir.Type{i32, integer})
	r, size := f.temp(i32), f.temp(integer)
	c := f.counter(integer, false)
	head, body, post, after := f.newBlock(), f.newBlock(), f.newBlock(), f.newBlock()
	f.goOn(head)
	f.end(&ir.If{Cond: &ir.Binary{Op: "lt", X: c.read(), Y: &ir.Len{X: &ir.Name{Name: text}}}, Then: body.Name, Else: after.Name, At: f.at})
	f.start(body)
	f.do(&ir.CallExtern{Extern: decode, Args: []ir.Expr{&ir.Slice{X: &ir.Name{Name: text}, Lo: c.read()}}, Into: []string{r, size}, At: f.at})
	f.iterate(s, nameOf(c.name), nameOf(r), intType, types.Typ[types.Rune])
	f.enter(label, after, post)
	f.block(s.Body.List)
	f.leaveLoop()
	f.fallTo(post)
	f.start(post)
	f.do(&ir.Set{Place: c.read(), To: &ir.Binary{Op: "add", X: c.read(), Y: &ir.Name{Name: size}}, At: f.at})
	f.jump(head)
	f.start(after)
}

// rangeMap goes through a sorted snapshot of the keys, and passes over those deleted since.
func (f *fn) rangeMap(s *ast.RangeStmt, label string, t *types.Map) {
	x := f.value(s.X)
	f.flush()
	kt, vt := f.typ(t.Key(), s.X), f.typ(t.Elem(), s.X)
	m := f.temp(f.irType(s.X))
	f.do(&ir.Set{Place: &ir.Name{Name: m}, To: x, At: f.at})
	keys := f.temp(ir.ListType(kt))
	into := []string{keys}
	odd := mayDiffer(t.Key(), map[types.Type]bool{})
	if odd {
		into = append(into, f.temp(ir.ListType(vt)))
	}
	f.do(&ir.Keys{Map: &ir.Name{Name: m}, Into: into, At: f.at})
	value, ok := "_", f.temp(ir.Basic(ir.Bool))
	if wanted(s.Value) {
		value = f.temp(vt)
	}
	c := f.counter(ir.Basic(ir.Int), false)
	f.counted(s, label, c, &ir.Len{X: &ir.Name{Name: keys}}, false, func(next *ir.Block) {
		key := func() ir.Expr { return &ir.Index{X: &ir.Name{Name: keys}, I: c.read()} }
		visit := f.newBlock()
		if odd {
			f.unequalKey(m, into[1], value, key, c, visit, next)
		}
		f.do(&ir.MapGet{Map: &ir.Name{Name: m}, Key: key(), Into: []string{value, ok}, At: f.at})
		f.end(&ir.If{Cond: &ir.Name{Name: ok}, Then: visit.Name, Else: next.Name, At: f.at})
		f.start(visit)
		f.iterate(s, key, nameOf(value), t.Key(), t.Elem())
	})
}

// unequalKey handles a key that is not equal to itself: no lookup finds it, so its value is that of the snapshot, and
// it is gone only when the map has been cleared.
func (f *fn) unequalKey(m, values, value string, key operand, c counter, visit, next *ir.Block) {
	odd, there, even := f.newBlock(), f.newBlock(), f.newBlock()
	f.end(&ir.If{Cond: &ir.Binary{Op: "eq", X: key(), Y: key()}, Then: even.Name, Else: odd.Name, At: f.at})
	f.start(odd)
	f.end(&ir.If{Cond: &ir.Binary{Op: "eq", X: &ir.Len{X: &ir.Name{Name: m}}, Y: c.lit(0, false)}, Then: next.Name, Else: there.Name, At: f.at})
	f.start(there)
	if value != "_" {
		f.do(&ir.Set{Place: &ir.Name{Name: value}, To: &ir.Index{X: &ir.Name{Name: values}, I: c.read()}, At: f.at})
	}
	f.jump(visit)
	f.start(even)
}

// mayDiffer says whether a key of this type may differ from itself: it holds a float or an interface.
func mayDiffer(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&(types.IsFloat|types.IsComplex) != 0
	case *types.Interface:
		return true
	case *types.Array:
		return mayDiffer(u.Elem(), seen)
	case *types.Struct:
		for v := range u.Fields() {
			if mayDiffer(v.Type(), seen) {
				return true
			}
		}
	}
	return false
}
