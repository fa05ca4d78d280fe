// This file writes terminators.

package codegen

import (
	"fmt"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// term writes the end of the i-th block.
func (w *body) term(i int, b *ir.Block) {
	split := w.splits[splitKey{b.Name, len(b.Do)}]
	w.pay(ir.Line(b.End), w.ofTerm(b.End))
	switch t := b.End.(type) {
	case *ir.Jump:
		w.jump(i, t.To)
	case *ir.If:
		w.branch(i, t)
	case *ir.Switch:
		w.switchTo(i, t)
	case *ir.Return:
		w.ret(t)
	case *ir.Panic:
		w.stmt(t.At, "panic("+w.expr(t.X)+")")
	case *ir.Repanic:
		w.use(w.out, runnerPath)
		w.out.same("runner.Rethrow("+w.home(t.Slot)+")", `panic("unreachable")`)
	case *ir.Invoke:
		to := w.funcs[t.Method]
		first := []string{"t"}
		if to.onDraft && to.suspends() {
			first = append(first, "nil")
		}
		w.suspend(t.At, split, fmt.Sprintf("t.Invoke(%s(%s), &%s, %s)", to.maker(), w.args(first, t.Args), w.descID(to.f.Entity), w.refText(t.On)))
		w.resume(t.At, split, t.Into, []*fun{to})
		w.jump(i, t.Then)
	case *ir.Create:
		w.create(split, t)
		w.jump(i, t.Then)
	case *ir.Destroy:
		w.suspend(t.At, split, fmt.Sprintf("t.Delete(&%s, %s)", w.descID(w.typeOf(w.fn, t.On).Name), w.refText(t.On)))
		w.out.same(w.contLabel(split) + ":")
		w.jump(i, t.Then)
	case *ir.Exists:
		w.suspend(t.At, split, fmt.Sprintf("t.Exists(&%s, %s)", w.descID(w.typeOf(w.fn, t.On).Name), w.refText(t.On)))
		w.out.same(w.contLabel(split) + ":")
		if into := w.target(t.Into); into != "_" {
			w.stmt(t.At, into+" = t.Found")
		}
		w.jump(i, t.Then)
	case *ir.Unreachable:
		w.out.same(fmt.Sprintf("panic(%q)", "unreachable: "+t.Why))
	default:
		w.fail(w.fn.f, w.line, "unknown terminator %T", t)
	}
}

// refText gives the key of a reference as a string.
func (w *body) refText(e ir.Expr) string {
	if w.fn.scope.IsSelf(e) {
		return "string(" + w.code(e).s + ")"
	}
	return "string(" + w.expr(e) + ")"
}

// create turns a draft into an entity. The reference is made before, from the draft's key, because Step gets nothing
// but its frame back; if the creation fails, nobody looks at it.
func (w *body) create(split int, t *ir.Create) {
	entity := w.typeOf(w.fn, t.Draft).Elem.Name
	draft := w.expr(t.Draft)
	if into := w.target(t.Into); into != "_" {
		w.stmt(t.At, fmt.Sprintf("%s = %s(%s.Key(%s))", into, w.refID(entity), w.descID(entity), draft))
	}
	w.suspend(t.At, split, fmt.Sprintf("t.Create(&%s, %s)", w.descID(entity), draft))
	w.out.same(w.contLabel(split) + ":")
}

func (w *body) branch(i int, t *ir.If) {
	c := w.code(t.Cond)
	switch {
	case t.Then == t.Else:
		w.stmt(t.At, "_ = "+w.typed(t.Cond).s)
		w.jump(i, t.Then)
	case w.isNext(i, t.Then):
		w.stmt(t.At, "if "+w.not(t.Cond, c)+" {")
		w.goTo(i, t.Else)
		w.out.same("}")
	default:
		w.stmt(t.At, "if "+condition(c)+" {")
		w.goTo(i, t.Then)
		w.out.same("}")
		w.jump(i, t.Else)
	}
}

// condition gives a condition in the form that a statement takes: composite literals in parentheses.
func condition(c code) string {
	if strings.Contains(c.s, "{") {
		return "(" + c.s + ")"
	}
	return c.s
}

// not writes the negation of a condition.
func (w *body) not(e ir.Expr, c code) string {
	if u, ok := e.(*ir.Unary); ok && u.Op == "not" {
		return condition(w.code(u.X))
	}
	if b, ok := e.(*ir.Binary); ok {
		k := w.underlying(w.typeOf(w.fn, b.X)).Kind
		if inverse := map[string]string{"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}[b.Op]; inverse != "" &&
			(b.Op == "eq" || b.Op == "ne" || k != ir.F32 && k != ir.F64) { // NaN: not less is not greater or equal
			return condition(w.code(&ir.Binary{Op: inverse, X: b.X, Y: b.Y}))
		}
	}
	if n, ok := e.(*ir.IsNil); ok {
		if s := w.code(n).s; strings.Count(s, "==") == 1 {
			return condition(operand(strings.Replace(s, "==", "!=", 1)))
		}
	}
	return condition(operand("!" + c.in(operandPrec)))
}

func (w *body) switchTo(i int, t *ir.Switch) {
	x := w.typed(t.X)
	if x.konst {
		x = w.hidden(t.X)
	}
	w.stmt(t.At, "switch "+condition(x)+" {")
	for _, c := range t.Cases {
		w.out.same("case " + w.lit(c.Is).s + ":")
		w.goTo(i, c.To)
	}
	w.out.same("}")
	w.jump(i, t.Default)
}

// ret ends the function.
func (w *body) ret(t *ir.Return) {
	if w.form == stepping {
		w.assignResults(t, "f.")
		w.out.same("f.pc = runner.Done", "return runner.Return")
		return
	}
	if w.form == unwinding {
		w.assignResults(t, "")
		w.out.same("return true")
		return
	}
	if w.steps == prepaid {
		w.stmt(t.At, "t.Budget += steps")
	}
	if w.fn.facts.Recursive {
		w.stmt(t.At, fmt.Sprintf("t.Up(%d)", w.units()))
	}
	if len(t.Values) == 0 {
		w.out.same("return")
		return
	}
	w.stmt(t.At, "return "+w.args(nil, t.Values))
}

func (w *body) assignResults(t *ir.Return, prefix string) {
	if len(t.Values) == 0 {
		return
	}
	var left []string
	for i := range t.Values {
		left = append(left, prefix+w.results[i])
	}
	w.stmt(t.At, strings.Join(left, ", ")+" = "+w.args(nil, t.Values))
}
