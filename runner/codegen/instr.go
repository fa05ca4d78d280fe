// This file writes instructions.

package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// instr writes the j-th instruction of a block.
func (w *body) instr(b *ir.Block, j int, in ir.Instr) {
	w.pay(ir.Line(in), w.ofInstr(in))
	switch in := in.(type) {
	case *ir.Set:
		w.set(in)
	case *ir.NewCell:
		w.newCell(in)
	case *ir.Eval:
		w.stmt(in.At, "_ = "+w.typed(in.X).s)
	case *ir.Call:
		w.call(b, j, in)
	case *ir.CallFace:
		w.callFace(b, j, in)
	case *ir.CallFunc:
		w.callFunc(b, j, in)
	case *ir.CallExtern:
		w.callExtern(in)
	case *ir.Append:
		w.appendTo(in)
	case *ir.Copy:
		fn := "Copy"
		if w.underlying(w.typeOf(w.fn, in.Src)).Kind == ir.String {
			fn = "CopyText"
		}
		call := fmt.Sprintf("%s(t, %s, %s)", w.runner(fn), w.expr(in.Dst), w.typed(in.Src).s)
		if into := w.target(in.Into); into != "_" {
			call = into + " = " + call
		}
		w.stmt(in.At, call)
	case *ir.Clear:
		fn := "ClearList"
		if w.underlying(w.typeOf(w.fn, in.X)).Kind == ir.MapKind {
			fn = "ClearMap"
		}
		w.stmt(in.At, fmt.Sprintf("%s(t, %s)", w.runner(fn), w.expr(in.X)))
	case *ir.MapSet:
		w.mapSet(in)
	case *ir.MapGet:
		w.stmt(in.At, fmt.Sprintf("%s = %s[%s]", w.targets(in.Into), w.code(in.Map).in(operandPrec), w.mapKey(in.Key)))
	case *ir.MapDel:
		w.mapDel(in)
	case *ir.Keys:
		w.keys(in)
	case *ir.Assert:
		w.assert(in)
	case *ir.New:
		w.newVar(in)
	case *ir.MakeList:
		w.makeList(in)
	case *ir.List:
		w.list(in)
	case *ir.ListOf:
		w.listOf(in)
	case *ir.MakeMap:
		w.stmt(in.At, "t.Charge(48)", w.target(in.Into)+" = make("+w.goType(w.out, in.Type)+")")
	case *ir.Closure:
		w.makeClosure(in)
	case *ir.Recover:
		w.stmt(in.At, w.target(in.Into)+" = "+w.home(in.Slot)+".Recover()", w.home(in.Slot)+" = nil")
	case *ir.Print:
		w.print(in)
	default:
		w.fail(w.fn.f, w.line, "unknown instruction %T", in)
	}
}

// stmt writes lines that belong to a line of the user's.
func (w *body) stmt(at int, lines ...string) {
	if p := w.at(at); p.line > 0 {
		w.out.write(p, lines...)
	} else {
		w.out.lines(lines...)
	}
}

// targets gives the left side of an assignment.
func (w *body) targets(into []string) string {
	var list []string
	for _, n := range into {
		list = append(list, w.target(n))
	}
	return strings.Join(list, ", ")
}

// assign gives "a, b = " for the results of a call, or nothing if all are dropped.
func (w *body) assign(into []string) string {
	left := w.targets(into)
	if strings.Trim(left, "_, ") == "" {
		return ""
	}
	return left + " = "
}

func (w *body) set(in *ir.Set) {
	if n, ok := in.Place.(*ir.Name); ok {
		switch to := w.target(n.Name); {
		case to == "_":
			w.stmt(in.At, "_ = "+w.typed(in.To).s)
		default:
			w.store(in.At, to, w.value(in.To))
		}
		return
	}
	w.store(in.At, w.code(in.Place).in(unaryPrec), w.value(in.To))
}

// store assigns; a variable assigned to itself is only read, as vet wants it.
func (w *body) store(at int, place, value string) {
	if place == value {
		w.stmt(at, "_ = "+value)
		return
	}
	w.stmt(at, place+" = "+value)
}

func (w *body) newCell(in *ir.NewCell) {
	l := w.fn.scope.Local(in.Local)
	if !w.read[in.Local] && !w.kept[in.Local] {
		w.stmt(in.At, "_ = "+w.typed(in.To).s)
		return
	}
	v := w.temp()
	w.stmt(in.At, "{", fmt.Sprintf("var %s %s = %s", v, w.goType(w.out, l.Type), w.value(in.To)),
		fmt.Sprintf("t.Charge(%d)", max(8, w.sizeOf(l.Type))), w.home(in.Local)+" = &"+v, "}")
}

// args writes arguments. First is put before them.
func (w *body) args(first []string, args []ir.Expr) string {
	for _, a := range args {
		first = append(first, w.value(a))
	}
	return strings.Join(first, ", ")
}

func (w *body) call(b *ir.Block, j int, in *ir.Call) {
	to := w.funcs[in.Func]
	if to.suspends() {
		first := []string{"t"}
		if to.onDraft {
			first = append(first, "nil")
			switch {
			case in.On != nil:
				first[1] = w.expr(in.On)
			case w.fn.onDraft:
				first[1] = "f.draft"
			}
		}
		w.suspend(in.At, w.splits[splitKey{b.Name, j}], fmt.Sprintf("t.Call(%s(%s))", to.maker(), w.args(first, in.Args)))
		w.resume(in.At, w.splits[splitKey{b.Name, j}], in.Into, []*fun{to})
		return
	}
	first := []string{"t"}
	switch {
	case in.On != nil:
		first = append(first, w.expr(in.On))
	case to.f.Self != "":
		first = append(first, w.self())
	}
	w.stmt(in.At, w.assign(in.Into)+fmt.Sprintf("%s(%s)", to.id, w.args(first, in.Args)))
}

// suspend leaves Step, to go on at a continuation.
func (w *body) suspend(at, split int, op string) {
	w.stmt(at, fmt.Sprintf("f.pc = %d", split), "return "+op)
}

// resume is the continuation of a call: it takes the results out of the frame that returned, which may be of several
// functions.
func (w *body) resume(at, split int, into []string, callees []*fun) {
	w.out.same(fmt.Sprintf("%s:", w.contLabel(split)))
	callees = slices.CompactFunc(callees, func(a, b *fun) bool { return a == b }) // T and *T share their methods
	left := w.assign(into)
	take := func(frame string) string {
		var list []string
		for i := range into {
			list = append(list, fmt.Sprintf("%s.r%d", frame, i))
		}
		return left + strings.Join(list, ", ")
	}
	switch {
	case left == "":
	case len(callees) == 1 && len(into) == 1:
		w.stmt(at, take(fmt.Sprintf("t.Ret.(*%s)", callees[0].frame())))
	case len(callees) == 1:
		ret := w.temp()
		w.stmt(at, "{", fmt.Sprintf("%s := t.Ret.(*%s)", ret, callees[0].frame()), take(ret), "}")
	default:
		ret := w.temp()
		lines := []string{fmt.Sprintf("switch %s := t.Ret.(type) {", ret)}
		for _, c := range callees {
			lines = append(lines, fmt.Sprintf("case *%s:", c.frame()), take(ret))
		}
		w.stmt(at, append(lines, "}")...)
	}
	w.stmt(at, "t.Free(t.Ret)")
}

// contLabel is the label of a continuation.
func (w *body) contLabel(split int) string {
	key := fmt.Sprintf("\x00cont%d", split)
	if w.labels[key] == "" {
		w.labels[key] = w.marks.pick(fmt.Sprintf("c%d", split))
	}
	return w.labels[key]
}

// oneCase is one way that a dynamic call can go.
type oneCase struct {
	typ    string // Go type of the case
	callee *fun
	op     string // what Step returns, if the call suspends
	call   string // the call, if it does not
}

// dispatch is a dynamic call: on what, by which variable the cases name it, how it may go, and what is done for every
// other dynamic type.
type dispatch struct {
	subject, bound string
	cases          []oneCase
	before         []string // lines of it
	fallback       []string // the call, and lines behind it
	inBlock        bool     // a brace is open
}

// dispatch writes a dynamic call: a type switch with direct calls and suspensions, then the continuation of the latter.
// fallback is the call for every other dynamic type; a nil interface panics there as in Go.
func (w *body) dispatch(b *ir.Block, j, at int, d dispatch, into []string) {
	left := w.assign(into)
	end := func() {
		if d.inBlock { // before the first label: Go forbids jumps into blocks
			w.out.same("}")
		}
	}
	subject, bound, cases, fallback := d.subject, d.bound, d.cases, d.fallback
	if len(cases) == 0 {
		w.stmt(at, d.before...)
		w.stmt(at, left+fallback[0])
		w.stmt(at, fallback[1:]...)
		end()
		return
	}
	split, suspends := w.splits[splitKey{b.Name, j}]
	join := ""
	if suspends && w.form == stepping {
		join = w.marks.pick(fmt.Sprintf("j%d", split))
	}
	lines := []string{fmt.Sprintf("switch %s := %s.(type) {", bound, subject)}
	var callees []*fun
	joined := false
	for _, c := range cases {
		lines = append(lines, "case "+c.typ+":")
		if c.op != "" {
			lines = append(lines, fmt.Sprintf("f.pc = %d", split), "return "+c.op)
			callees = append(callees, c.callee)
			continue
		}
		lines = append(lines, left+c.call)
		if join != "" {
			lines, joined = append(lines, "goto "+join), true
		}
	}
	lines = append(lines, "default:")
	if !usesBound(cases, bound) {
		lines[0] = fmt.Sprintf("switch %s.(type) {", subject)
	}
	lines = append(lines, d.before...)
	lines = append(lines, left+fallback[0])
	lines = append(lines, fallback[1:]...)
	if join != "" {
		lines, joined = append(lines, "goto "+join), true
	}
	w.stmt(at, append(lines, "}")...)
	end()
	if len(callees) > 0 {
		w.resume(at, split, into, callees)
	}
	if joined {
		w.out.same(join + ":")
	}
}

func usesBound(cases []oneCase, bound string) bool {
	for _, c := range cases {
		if strings.Contains(c.op+c.call, bound) {
			return true
		}
	}
	return false
}

// hoist writes arguments that are not simple into temporaries, so that they are evaluated once and first.
func (w *body) hoist(at int, args []ir.Expr) []string {
	var list []string
	for _, a := range args {
		if w.simple(a) {
			list = append(list, w.expr(a))
			continue
		}
		v := w.temp()
		w.stmt(at, v+" := "+w.typed(a).s)
		list = append(list, v)
	}
	return list
}

func (w *body) callFace(b *ir.Block, j int, in *ir.CallFace) {
	iface := w.typeOf(w.fn, in.Recv)
	u := w.underlying(iface)
	hoisted := w.hoistsAny(append([]ir.Expr{in.Recv}, in.Args...))
	if hoisted {
		w.stmt(in.At, "{")
	}
	subject := w.hoist(in.At, []ir.Expr{in.Recv})[0]
	if w.simple(in.Recv) {
		subject = w.code(in.Recv).in(operandPrec) // a cell is *x
	}
	args := w.hoist(in.At, in.Args)
	var cases []oneCase
	bound := w.temp()
	for _, t := range w.implementers(iface, in.Method) {
		cases = append(cases, w.faceCase(t, in.Method, bound, args))
	}
	name := w.methodName(in.Method, w.sigPackage(iface, in.Method))
	spread := ""
	if w.variadicMethod(iface, in.Method) {
		spread = "..."
	}
	fallback := []string{fmt.Sprintf("%s.%s(%s%s)", subject, name, strings.Join(args, ", "), spread)}
	var before []string
	if u.Kind == ir.Error || u.Kind == ir.Host || w.mayBeHost(iface) {
		fallback = append(fallback, "t.Guard()")
		before = append(before, fmt.Sprintf("%s(t, %s)", w.runner("Tells"), subject))
	}
	if u.Kind == ir.Host {
		subject = "any(" + subject + ")"
	}
	w.dispatch(b, j, in.At, dispatch{subject, bound, cases, before, fallback, hoisted}, in.Into)
}

// mayBeHost says whether a value of the host library may stand behind an interface: all its methods are exported.
func (w *body) mayBeHost(iface *ir.Type) bool {
	sigs, _ := ir.Sigs(w.p, iface)
	for _, s := range sigs {
		if s.Package != "" {
			return false
		}
	}
	return true
}

// hoistsAny says whether hoist writes temporaries for one of the expressions.
func (w *body) hoistsAny(list []ir.Expr) bool {
	for _, e := range list {
		if !w.simple(e) {
			return true
		}
	}
	return false
}

func (w *body) sigPackage(iface *ir.Type, name string) string {
	sigs, _ := ir.Sigs(w.p, iface)
	for _, s := range sigs {
		if s.Name == name {
			return s.Package
		}
	}
	return ""
}

func (w *body) variadicMethod(iface *ir.Type, name string) bool {
	sigs, _ := ir.Sigs(w.p, iface)
	for _, s := range sigs {
		if s.Name == name {
			return s.Type.Variadic
		}
	}
	return false
}

// faceCase is the way of one dynamic type.
func (w *body) faceCase(t *ir.Type, name, bound string, args []string) oneCase {
	m, _ := ir.MethodOf(w.p, t, name)
	to := w.funcs[m.Name]
	c := oneCase{typ: w.goType(w.out, t), callee: to}
	if t.Kind == ir.RefKind {
		first := []string{"t"}
		if to.onDraft && to.suspends() {
			first = append(first, "nil")
		}
		c.op = fmt.Sprintf("t.Invoke(%s(%s), &%s, string(%s))", to.maker(), strings.Join(append(first, args...), ", "), w.descID(t.Name), bound)
		return c
	}
	recv := bound
	if t.Kind == ir.PtrKind && m.Params[0].Type.Kind != ir.PtrKind {
		recv = "*" + bound
	}
	all := strings.Join(append([]string{"t", recv}, args...), ", ")
	if to.suspends() {
		c.op = fmt.Sprintf("t.Call(%s(%s))", to.maker(), all)
	} else {
		c.call = fmt.Sprintf("%s(%s)", to.id, all)
	}
	return c
}

// callFunc calls a func value. Closures that suspend are told apart by type; Call of all others is an ordinary method.
func (w *body) callFunc(b *ir.Block, j int, in *ir.CallFunc) {
	t := w.typeOf(w.fn, in.Fn)
	fn := w.code(in.Fn)
	if is, named := w.isFunc(t); is && named {
		fn = operand(fn.in(operandPrec) + ".F")
	}
	if !w.facts.Suspending(w.fn.scope, in) {
		w.stmt(in.At, w.assign(in.Into)+fmt.Sprintf("%s.Call(%s)", fn.in(operandPrec), w.args([]string{"t"}, in.Args)))
		return
	}
	w.stmt(in.At, "{")
	subject := w.temp()
	w.stmt(in.At, subject+" := "+fn.s)
	args := w.hoist(in.At, in.Args)
	bound := w.temp()
	var cases []oneCase
	for _, f := range w.facts.Callees(w.fn.scope, in) {
		to := w.funcs[f.Name]
		if !to.suspends() {
			continue
		}
		if to.closure {
			first := []string{"t", bound}
			cases = append(cases, oneCase{typ: "*" + to.clo(), callee: to, op: fmt.Sprintf("t.Call(%s(%s))", to.maker(), strings.Join(append(first, args...), ", "))})
		}
		if to.value {
			cases = append(cases, oneCase{typ: "fv_" + to.id, callee: to, op: fmt.Sprintf("t.Call(%s(%s))", to.maker(), strings.Join(append([]string{"t"}, args...), ", "))})
		}
	}
	fallback := []string{fmt.Sprintf("%s.Call(%s)", subject, strings.Join(append([]string{"t"}, args...), ", "))}
	w.dispatch(b, j, in.At, dispatch{subject, bound, cases, nil, fallback, true}, in.Into)
}

func (w *body) appendTo(in *ir.Append) {
	into := w.target(in.Into)
	list := w.code(in.List)
	switch {
	case in.Spread != nil:
		if w.simple(in.Spread) {
			s := w.typed(in.Spread)
			w.stmt(in.At, fmt.Sprintf("%s = append(%s(t, %s, len(%s)), %s...)", into, w.runner("Room"), list.s, s.s, s.s))
			return
		}
		l, v := w.temp(), w.temp()
		w.stmt(in.At, "{", l+" := "+w.typed(in.List).s, v+" := "+w.typed(in.Spread).s,
			fmt.Sprintf("%s = append(%s(t, %s, len(%s)), %s...)", into, w.runner("Room"), l, v, v), "}")
	case len(in.Elems) == 0:
		w.store(in.At, into, list.s)
	default:
		w.stmt(in.At, fmt.Sprintf("%s = append(%s)", into, w.args([]string{fmt.Sprintf("%s(t, %s, %d)", w.runner("Room"), list.s, len(in.Elems))}, in.Elems)))
	}
}

// mapSet writes m[k] = v and charges for an entry that is new.
func (w *body) mapSet(in *ir.MapSet) {
	t := w.underlying(w.typeOf(w.fn, in.Map))
	size := 16 + w.sizeOf(t.Key) + w.sizeOf(t.Elem)
	m, n := "", w.temp()
	lines := []string{"{"}
	if w.simple(in.Map) {
		m = w.code(in.Map).in(operandPrec)
	} else {
		m = w.temp()
		lines = append(lines, m+" := "+w.expr(in.Map))
	}
	w.stmt(in.At, append(lines, fmt.Sprintf("%s := len(%s)", n, m), fmt.Sprintf("%s[%s] = %s", m, w.mapKey(in.Key), w.value(in.To)),
		fmt.Sprintf("t.Charge(int64(len(%s)-%s) * %d)", m, n, min(size, 1<<20)), "}")...)
}

// mapDel writes delete(m, k), after which a large map is larger than it seems.
func (w *body) mapDel(in *ir.MapDel) {
	m := w.expr(in.Map)
	if !w.simple(in.Map) {
		m = w.temp()
		w.stmt(in.At, "{", m+" := "+w.expr(in.Map))
	}
	w.stmt(in.At, fmt.Sprintf("%s(t, %s)", w.runner("Shrinks"), m), fmt.Sprintf("delete(%s, %s)", m, w.mapKey(in.Key)))
	if !w.simple(in.Map) {
		w.stmt(in.At, "}")
	}
}

// keys takes the sorted snapshot of a map's keys.
func (w *body) keys(in *ir.Keys) {
	t := w.underlying(w.typeOf(w.fn, in.Map))
	m := w.expr(in.Map)
	size := w.sizeOf(t.Key)
	w.use(w.out, runnerPath)
	if len(in.Into) == 2 {
		size += w.sizeOf(t.Elem)
		w.stmt(in.At, fmt.Sprintf("t.Charge(int64(len(%s)) * %d)", m, max(1, size)), fmt.Sprintf("%s = runner.Entries(t, %s)", w.targets(in.Into), m))
		return
	}
	fn := "KeysOf"
	if u := w.underlying(t.Key); u.Kind == ir.String || u.Kind == ir.RefKind || u.Kind == ir.Duration || u.Kind >= ir.Int && u.Kind <= ir.F64 {
		fn = "SortedKeys"
	}
	w.stmt(in.At, fmt.Sprintf("t.Charge(int64(len(%s)) * %d)", m, max(1, size)), fmt.Sprintf("%s = runner.%s(t, %s)", w.targets(in.Into), fn, m))
}

func (w *body) assert(in *ir.Assert) {
	w.noteDyn(in.Type)
	x := w.code(in.X).in(operandPrec)
	if in.Type.Kind == ir.FuncKind {
		ft := w.fnType(in.Type)
		ft.needBox = true
		v := w.temp()
		if len(in.Into) == 1 {
			w.stmt(in.At, fmt.Sprintf("%s = %s.(%s).F", w.target(in.Into[0]), x, ft.boxed))
			return
		}
		ok := w.temp()
		w.stmt(in.At, "{", fmt.Sprintf("%s, %s := %s.(%s)", v, ok, x, ft.boxed), fmt.Sprintf("%s = %s.F, %s", w.targets(in.Into), v, ok), "}")
		return
	}
	w.stmt(in.At, fmt.Sprintf("%s = %s.(%s)", w.targets(in.Into), x, w.goType(w.out, in.Type)))
}

func (w *body) newVar(in *ir.New) {
	charge := fmt.Sprintf("t.Charge(%d)", max(8, w.sizeOf(in.Type)))
	into := w.target(in.Into)
	if in.To == nil {
		w.stmt(in.At, charge, fmt.Sprintf("%s = new(%s)", into, w.goType(w.out, in.Type)))
		return
	}
	if _, ok := in.To.(*ir.StructLit); ok && into != "_" {
		w.stmt(in.At, charge, into+" = &"+w.expr(in.To))
		return
	}
	v := w.temp()
	w.stmt(in.At, charge, "{", fmt.Sprintf("var %s %s = %s", v, w.goType(w.out, in.Type), w.value(in.To)), into+" = &"+v, "}")
}

func (w *body) makeList(in *ir.MakeList) {
	asInt := func(e ir.Expr) string {
		c := w.code(e)
		if w.typeOf(w.fn, e).Kind == ir.Int {
			return c.s
		}
		if c.konst {
			c = w.hidden(e)
		}
		return "int(" + c.s + ")"
	}
	n := asInt(in.Len)
	c := n
	if in.Cap != nil {
		c = asInt(in.Cap)
	}
	w.stmt(in.At, fmt.Sprintf("%s = %s[%s](t, %s, %s)", w.target(in.Into), w.runner("MakeList"), w.goType(w.out, in.Type), n, c))
}

func (w *body) list(in *ir.List) {
	size := saturate(len(in.Elems), w.sizeOf(w.underlying(in.Type).Elem))
	t := w.goType(w.out, in.Type)
	if size > 0 {
		w.stmt(in.At, fmt.Sprintf("t.Charge(%d)", size))
	}
	w.stmt(in.At, fmt.Sprintf("%s = %s{%s}", w.target(in.Into), t, w.args(nil, in.Elems)))
}

func (w *body) listOf(in *ir.ListOf) {
	factor := w.sizeOf(w.underlying(in.Type).Elem)
	x := w.typed(in.X).s
	if w.simple(in.X) {
		w.stmt(in.At, fmt.Sprintf("t.Charge(int64(len(%s)) * %d)", x, factor), w.target(in.Into)+" = "+w.conversion(in.Type, x))
		return
	}
	v := w.temp()
	w.stmt(in.At, "{", v+" := "+x, fmt.Sprintf("t.Charge(int64(len(%s)) * %d)", v, factor), w.target(in.Into)+" = "+w.conversion(in.Type, v), "}")
}

func (w *body) makeClosure(in *ir.Closure) {
	to := w.funcs[in.Func]
	var parts []string
	names := w.captureNames(to)
	for i, c := range in.Cells {
		parts = append(parts, names[i]+": "+w.home(c))
	}
	w.stmt(in.At, fmt.Sprintf("t.Charge(%d)", 16+8*len(in.Cells)), fmt.Sprintf("%s = &%s{%s}", w.target(in.Into), to.clo(), strings.Join(parts, ", ")))
}

// captureNames gives the field names of a closure's struct: newBody hands them out by the function's text alone.
func (g *gen) captureNames(to *fun) []string {
	w := g.newBody(to, g.fileOf(to.f))
	var list []string
	for _, c := range to.f.Captures {
		list = append(list, w.names[c.Name])
	}
	return list
}

// print writes to the target's log.
func (w *body) print(in *ir.Print) {
	fmtID := w.use(w.out, "fmt")
	var args, verbs []string
	for _, a := range in.Args {
		args = append(args, w.typed(a).s)
		verbs = append(verbs, "%v")
	}
	form := strings.Join(verbs, "")
	if in.Line {
		form = strings.Join(verbs, " ") + "\\n"
	}
	w.stmt(in.At, fmt.Sprintf("%s.Fprintf(t.Debug(), %s)", fmtID, strings.Join(append([]string{`"` + form + `"`}, args...), ", ")), "t.Guard()")
}
