// This file pays for what a line of the user's moves, boxes, compares and hashes. One operation of Go takes a step's time
// only if its operands are small.

package codegen

import (
	"fmt"
	"slices"

	"github.com/stateful-entities/sfc/ir"
)

// Moving a value costs steps from a size of bulkFrom bytes on, one for perStep.
const (
	bulkFrom = 512
	perStep  = 256
)

// bulk is what a line takes beside its step, in bytes.
type bulk struct{ moved, boxed int }

// pay charges for it, before the line.
func (w *body) pay(at int, b bulk) {
	if b.moved >= bulkFrom {
		w.stmt(at, fmt.Sprintf("t.Spend(%d)", b.moved/perStep))
	}
	if b.boxed > 0 {
		w.stmt(at, fmt.Sprintf("t.Charge(%d)", b.boxed))
	}
}

// ofInstr is what an instruction moves and boxes.
func (w *body) ofInstr(in ir.Instr) (b bulk) {
	for i, e := range ir.Operands(in) {
		_, isSet := in.(*ir.Set)
		w.add(&b, e, isSet && i == 0)
	}
	switch in := in.(type) {
	case *ir.Assert:
		w.addType(&b, in.Type)
	case *ir.MapGet:
		w.addType(&b, w.underlying(w.typeOf(w.fn, in.Map)).Elem)
	case *ir.New:
		w.addType(&b, in.Type)
	case *ir.Call:
		b.moved *= 2 // to where the call expects them
		w.addResults(&b, w.funcs[in.Func].f)
	case *ir.CallFunc:
		for _, r := range w.underlying(w.typeOf(w.fn, in.Fn)).Results {
			w.addType(&b, r)
		}
	}
	return b
}

func (w *body) addResults(b *bulk, f *ir.Func) {
	for _, r := range f.Results {
		w.addType(b, r.Type)
	}
}

// ofTerm is what a terminator moves and boxes.
func (w *body) ofTerm(t ir.Term) (b bulk) {
	for _, e := range ir.TermOperands(t) {
		w.add(&b, e, false)
	}
	if in, ok := t.(*ir.Invoke); ok {
		w.addResults(&b, w.funcs[in.Method].f)
	}
	return b
}

// add adds what it takes to evaluate an expression, as a place or to its value.
func (w *body) add(b *bulk, e ir.Expr, place bool) {
	if e == nil {
		return
	}
	inside := false // the part that a value is selected from is not moved
	switch e := e.(type) {
	case *ir.Field, *ir.Len, *ir.Cap, *ir.Addr, *ir.IsNil:
		inside = true
	case *ir.Index:
		w.add(b, e.X, true)
		w.add(b, e.I, false)
		if !place {
			w.addType(b, w.typeOf(w.fn, e))
		}
		return
	case *ir.Slice:
		w.add(b, e.X, true)
		for _, bound := range []ir.Expr{e.Lo, e.Hi, e.Max} {
			w.add(b, bound, false)
		}
		return
	case *ir.Box:
		b.boxed += w.boxSize(e.X)
	}
	for _, x := range ir.SubExprs(e) {
		w.add(b, x, inside)
	}
	if !place {
		w.addType(b, w.typeOf(w.fn, e))
	}
}

func (w *body) addType(b *bulk, t *ir.Type) {
	if t == nil {
		return
	}
	if n := w.sizeOf(t); n >= bulkFrom {
		b.moved = min(b.moved+n, maxSize)
	}
}

// boxSize is what Go allocates to put a value into an interface: nothing for constants and for what is one pointer.
func (w *body) boxSize(e ir.Expr) int {
	if w.typed(e).konst {
		return 0
	}
	t := w.typeOf(w.fn, e)
	switch u := w.underlying(t); {
	case u.Kind == ir.PtrKind, u.Kind == ir.MapKind, ir.IsInterface(w.p, u):
		return 0
	}
	return max(8, w.sizeOf(t))
}

// ofVariables is what it takes to clear variables: at the start of a function.
func (w *body) ofVariables(list []*ir.Local) (b bulk) {
	for _, l := range list {
		if !l.Cell {
			w.addType(&b, l.Type)
		}
	}
	return b
}

// weight says what there is to look at where values of a type are compared or hashed, beside what they take in memory.
type weight uint8

const (
	flat   weight = iota // nothing
	text                 // texts
	nested               // what is behind interfaces
)

func (g *gen) weightOf(t *ir.Type) weight {
	u := g.underlying(t)
	switch {
	case u.Kind == ir.String:
		return text
	case ir.IsInterface(g.p, u):
		return nested
	case u.Kind == ir.ArrayKind:
		return g.weightOf(u.Elem)
	case u.Kind == ir.NamedKind:
		most := flat
		for _, f := range g.p.Type(u.Name).Struct {
			most = max(most, g.weightOf(f.Type))
		}
		return most
	}
	return flat
}

// weighed gives a value back and pays for looking at it: as the key of a map, or to compare it.
func (w *body) weighed(e ir.Expr) string {
	c := w.typed(e)
	if c.konst {
		return w.expr(e)
	}
	return w.weighedCall(w.out, w.typeOf(w.fn, e), c.s)
}

func (g *gen) weighedCall(f *file, t *ir.Type, x string) string {
	switch g.weightOf(t) {
	case nested:
		return g.use(f, runnerPath) + ".Flat(t, " + x + ")"
	case text:
		if g.underlying(t).Kind == ir.String {
			return g.use(f, runnerPath) + ".Weighed(t, " + x + ")"
		}
		return g.weigher(t) + "(t, " + x + ")"
	}
	return x
}

// weigher names the function that pays for the texts in values of a type, written at first use.
func (g *gen) weigher(t *ir.Type) string {
	key := t.String()
	if id, ok := g.weighers[key]; ok {
		return id
	}
	name := identifier(key)
	if t.Kind == ir.NamedKind {
		name = g.types[t.Name]
	}
	id := g.global.pick("weigh_" + name)
	g.weighers[key] = id
	f := g.file("types.go")
	g.use(f, runnerPath)
	body := []string{fmt.Sprintf("func %s(t *runner.Thread, x %s) %s {", id, g.goType(f, t), g.goType(f, t))}
	if u := g.underlying(t); u.Kind == ir.ArrayKind {
		body = append(body, "for i := range x {", g.weighedCall(f, u.Elem, "x[i]"), "}")
	} else {
		for _, field := range g.p.Type(u.Name).Struct {
			if field.Name != "_" && g.weightOf(field.Type) == text {
				body = append(body, g.weighedCall(f, field.Type, "x."+field.Name))
			}
		}
	}
	g.weighing = append(g.weighing, slices.Concat(body, []string{"return x", "}\n"})...)
	return id
}
