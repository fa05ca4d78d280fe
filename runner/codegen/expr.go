// This file writes expressions.

package codegen

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// code is the text of an expression.
type code struct {
	s     string
	prec  int  // Go's precedence of the outermost operator: 1–5 binary, 6 unary, 7 operand
	konst bool // Go sees a constant, which it would check and fold at compile time
	bare  bool // an untyped constant: its type comes from where it stands
}

const (
	unaryPrec   = 6
	operandPrec = 7
)

func operand(s string) code { return code{s: s, prec: operandPrec} }

// in gives the text for a place that needs at least a precedence.
func (c code) in(prec int) string {
	if c.prec < prec {
		return "(" + c.s + ")"
	}
	return c.s
}

// expr gives the text of an expression where its type is known from the place (assignment, argument, element).
func (w *body) expr(e ir.Expr) string { return w.code(e).s }

// value is expr where Go takes an untyped nil too: in assignments, arguments, elements and results.
func (w *body) value(e ir.Expr) string {
	switch e := e.(type) {
	case *ir.Nil:
		return w.nilOr(e.Type, e)
	case *ir.Zero:
		return w.nilOr(e.Type, e)
	}
	return w.expr(e)
}

func (w *body) nilOr(t *ir.Type, e ir.Expr) string {
	switch u := w.underlying(t); {
	case u.Kind == ir.FuncKind && t.Kind == ir.NamedKind:
	case u.Kind == ir.ListKind, u.Kind == ir.MapKind, u.Kind == ir.PtrKind, u.Kind == ir.FuncKind, ir.IsInterface(w.p, u):
		return "nil"
	case u.Kind == ir.RefKind:
		return `""`
	}
	return w.expr(e)
}

// typed gives the text of an expression with its exact type.
func (w *body) typed(e ir.Expr) code {
	c := w.code(e)
	if c.bare {
		return code{s: w.conversion(w.typeOf(w.fn, e), c.s), prec: operandPrec, konst: true}
	}
	return c
}

// hidden gives an expression of which Go does not know that it is constant, so that what would be an error of the Go
// compiler (overflow, division by zero, an index out of range) happens when it runs, as the program says.
func (w *body) hidden(e ir.Expr) code {
	c := w.typed(e)
	if c.konst {
		return operand(w.runner("Hide") + "(" + c.s + ")")
	}
	return c
}

// conversion spells T(x).
func (w *body) conversion(t *ir.Type, x string) string {
	s := w.goType(w.out, t)
	if strings.HasPrefix(s, "*") || strings.HasPrefix(s, "func") || strings.HasPrefix(s, "<-") {
		s = "(" + s + ")"
	}
	return s + "(" + x + ")"
}

// runner spells a function of the runner.
func (w *body) runner(name string) string { return w.use(w.out, runnerPath) + "." + name }

// code writes an expression.
func (w *body) code(e ir.Expr) code {
	switch e := e.(type) {
	case *ir.Name:
		return w.name(e)
	case *ir.Lit:
		return w.lit(e)
	case *ir.Nil:
		return w.zero(e.Type)
	case *ir.Zero:
		return w.zero(e.Type)
	case *ir.Global:
		return w.globalVar(e)
	case *ir.FuncVal:
		return operand("fv_" + w.funcs[e.Func].id + "{}")
	case *ir.Unary:
		return w.unary(e)
	case *ir.Binary:
		return w.binary(e)
	case *ir.Field:
		return operand(w.base(e.X) + "." + e.Name)
	case *ir.Index:
		return w.index(e)
	case *ir.Slice:
		return w.slice(e)
	case *ir.Len:
		return w.length("len", e.X)
	case *ir.Cap:
		return w.length("cap", e.X)
	case *ir.Deref:
		return code{s: "*" + w.code(e.X).in(unaryPrec), prec: unaryPrec}
	case *ir.Addr:
		return w.addr(e)
	case *ir.Convert:
		return w.convert(e)
	case *ir.Box:
		return w.box(e)
	case *ir.IsNil:
		return w.isNil(e)
	case *ir.StructLit:
		return w.structLit(e)
	case *ir.ArrayLit:
		return w.arrayLit(e)
	case *ir.RefTo:
		return w.refTo(e)
	case *ir.KeyOf:
		return w.keyOf(e)
	case *ir.Request:
		return w.request(e)
	case *ir.Panicking:
		return code{s: w.home(e.Slot) + " != nil", prec: 3}
	}
	w.fail(w.fn.f, w.line, "unknown expression %T", e)
	return operand("nil")
}

// name reads a variable; the own receiver as a value is the reference to the running entity.
func (w *body) name(e *ir.Name) code {
	if w.fn.scope.IsSelf(e) {
		w.selfRefs[w.fn.f.Entity] = true
		return operand(fmt.Sprintf("%s(t, %s)", w.types["self "+w.fn.f.Entity], w.self()))
	}
	if l := w.fn.scope.Local(e.Name); l != nil && l.Cell {
		return code{s: "*" + w.home(e.Name), prec: unaryPrec}
	}
	return operand(w.home(e.Name))
}

// base gives what a field is selected from: the own state, a pointer or a struct value.
func (w *body) base(e ir.Expr) string {
	if w.fn.scope.IsSelf(e) {
		return w.self()
	}
	return w.code(e).in(operandPrec)
}

func (w *body) lit(e *ir.Lit) code {
	switch v := e.Value.(type) {
	case bool:
		return code{s: strconv.FormatBool(v), prec: operandPrec, konst: true, bare: true}
	case string:
		return code{s: strconv.Quote(v), prec: operandPrec, konst: true, bare: true}
	case int64:
		return number(strconv.FormatInt(v, 10))
	case uint64:
		return number(strconv.FormatUint(v, 10))
	case float64:
		return w.float(e.Type, v)
	case complex128:
		re, im := w.float(ir.Basic(ir.F64), real(v)), w.float(ir.Basic(ir.F64), imag(v))
		c := code{s: fmt.Sprintf("complex(%s, %s)", re.s, im.s), prec: operandPrec, konst: re.konst && im.konst, bare: re.konst && im.konst}
		if !c.konst {
			c.s = w.conversion(e.Type, c.s)
		}
		return c
	}
	w.fail(w.fn.f, w.line, "literal of type %s has a value of Go type %T", e.Type, e.Value)
	return operand("0")
}

func number(s string) code {
	if strings.HasPrefix(s, "-") {
		return code{s: s, prec: unaryPrec, konst: true, bare: true}
	}
	return code{s: s, prec: operandPrec, konst: true, bare: true}
}

// float writes a floating-point literal; what Go has no constant for is made by package math.
func (w *body) float(t *ir.Type, v float64) code {
	call := ""
	switch {
	case math.IsNaN(v):
		call = "NaN()"
	case math.IsInf(v, 0):
		call = fmt.Sprintf("Inf(%d)", map[bool]int{true: 1, false: -1}[v > 0])
	case v == 0 && math.Signbit(v):
		call = "Copysign(0, -1)"
	default:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return number(s)
	}
	call = w.use(w.out, "math") + "." + call
	if t.Kind == ir.F64 {
		return operand(call)
	}
	return operand(w.conversion(t, call))
}

// zero writes the zero value of a type.
func (w *body) zero(t *ir.Type) code {
	if is, named := w.isFunc(t); is {
		if named {
			return operand(w.goType(w.out, t) + "{}")
		}
		return operand(w.conversion(t, "nil"))
	}
	u := w.underlying(t)
	switch {
	case u.Kind == ir.Bool:
		return code{s: "false", prec: operandPrec, konst: true, bare: true}
	case u.Kind == ir.String, u.Kind == ir.RefKind:
		return code{s: w.conversion(t, `""`), prec: operandPrec, konst: true}
	case u.Kind >= ir.Int && u.Kind <= ir.C128, u.Kind == ir.Duration:
		return code{s: "0", prec: operandPrec, konst: true, bare: true}
	case u.Kind == ir.Time, u.Kind == ir.ArrayKind:
		return operand(w.goType(w.out, t) + "{}")
	case u.Kind == ir.Host:
		return code{s: "*new(" + w.goType(w.out, t) + ")", prec: unaryPrec}
	case u.Kind == ir.NamedKind && !ir.IsInterface(w.p, u):
		return operand(w.goType(w.out, t) + "{}")
	}
	return operand(w.conversion(t, "nil"))
}

func (w *body) globalVar(e *ir.Global) code {
	if ir.IsHostName(e.Name) {
		importPath, id, _ := hostName(e.Name, false)
		return operand(w.use(w.out, importPath) + "." + id)
	}
	return operand(w.varID[e.Name])
}

func (w *body) unary(e *ir.Unary) code {
	op := map[string]string{"neg": "-", "not": "!", "inv": "^"}[e.Op]
	x := w.code(e.X)
	if x.konst && e.Op != "not" {
		x = w.hidden(e.X)
	}
	return code{s: op + x.in(operandPrec), prec: unaryPrec, konst: x.konst}
}

var binaryOps = map[string]struct {
	op   string
	prec int
}{
	"lor": {"||", 1}, "land": {"&&", 2},
	"eq": {"==", 3}, "ne": {"!=", 3}, "lt": {"<", 3}, "le": {"<=", 3}, "gt": {">", 3}, "ge": {">=", 3},
	"add": {"+", 4}, "sub": {"-", 4}, "or": {"|", 4}, "xor": {"^", 4},
	"mul": {"*", 5}, "div": {"/", 5}, "rem": {"%", 5}, "and": {"&", 5}, "andnot": {"&^", 5}, "shl": {"<<", 5}, "shr": {">>", 5},
}

func (w *body) binary(e *ir.Binary) code {
	op := binaryOps[e.Op]
	t := w.underlying(w.typeOf(w.fn, e.X))
	if e.Op == "add" && t.Kind == ir.String {
		return w.concat(e)
	}
	if e.Op == "shl" || e.Op == "shr" {
		return w.shift(e, t)
	}
	x, y := w.code(e.X), w.code(e.Y)
	switch {
	case e.Op == "land" || e.Op == "lor":
		return code{s: x.in(op.prec) + " " + op.op + " " + y.in(op.prec+1), prec: op.prec}
	case x.konst && y.konst:
		x, y = w.hidden(e.X), w.hidden(e.Y)
	case y.konst && (e.Op == "div" || e.Op == "rem") && isZero(e.Y):
		y = w.hidden(e.Y)
	}
	isOrder := op.prec == 3 && e.Op != "eq" && e.Op != "ne"
	switch {
	case op.prec == 3 && !isOrder && w.weightOf(t) != flat && !x.konst && !y.konst:
		return w.equality(e, t)
	case isOrder && t.Kind == ir.String && !x.konst && !y.konst:
		x = operand(w.weighed(e.X))
	case e.Op == "mul" && t.Kind == ir.C128:
		return w.complexCall("ComplexProduct", e)
	case e.Op == "div" && (t.Kind == ir.C64 || t.Kind == ir.C128):
		return w.complexCall("ComplexQuotient", e)
	}
	isFloat := t.Kind == ir.F32 || t.Kind == ir.F64 || t.Kind == ir.C64 || t.Kind == ir.C128
	if isFloat && (e.Op == "add" || e.Op == "sub") {
		x, y = w.rounded(e.X, x), w.rounded(e.Y, y)
	}
	s := x.in(op.prec) + " " + op.op + " " + y.in(op.prec+1)
	if op.prec == 3 && strings.Contains(s, "{") {
		s = "(" + s + ")" // composite literals in conditions
		return operand(s)
	}
	return code{s: s, prec: op.prec}
}

// equality compares values that are, or contain, texts or interface values.
func (w *body) equality(e *ir.Binary, t *ir.Type) code {
	compare := ""
	switch {
	case ir.IsInterface(w.p, t):
		compare = "Equal"
	case t.Kind == ir.String:
		compare = "SameText"
	default:
		return operand(fmt.Sprintf("(%s %s %s)", w.weighed(e.X), binaryOps[e.Op].op, w.code(e.Y).in(4)))
	}
	call := w.runner(compare) + "(t, " + w.expr(e.X) + ", " + w.expr(e.Y) + ")"
	if e.Op == "ne" {
		return code{s: "!" + call, prec: unaryPrec}
	}
	return operand(call)
}

// mapKey writes a key that is looked up, stored or deleted.
func (w *body) mapKey(e ir.Expr) string {
	if w.weightOf(w.typeOf(w.fn, e)) == flat {
		return w.expr(e)
	}
	return w.weighed(e)
}

// complexCall writes an operation on complex numbers that rounds its products. Those of complex64 are exact in
// complex128, in which Go computes them too.
func (w *body) complexCall(name string, e *ir.Binary) code {
	wide := func(x ir.Expr) string { return "complex128(" + w.expr(x) + ")" }
	return operand(w.conversion(w.typeOf(w.fn, e), w.runner(name)+"("+wide(e.X)+", "+wide(e.Y)+")"))
}

// rounded keeps the compiler from fusing a product into a sum: x*y + z is rounded twice, on every machine.
func (w *body) rounded(e ir.Expr, c code) code {
	inner := e
	for u, ok := inner.(*ir.Unary); ok; u, ok = inner.(*ir.Unary) {
		inner = u.X
	}
	if b, ok := inner.(*ir.Binary); ok && b.Op == "mul" {
		return operand(w.conversion(w.typeOf(w.fn, e), c.s))
	}
	return c
}

func isZero(e ir.Expr) bool {
	switch e := e.(type) {
	case *ir.Zero:
		return true
	case *ir.Lit:
		return e.Value == int64(0) || e.Value == uint64(0) || e.Value == float64(0)
	}
	return false
}

func (w *body) shift(e *ir.Binary, t *ir.Type) code {
	op := binaryOps[e.Op]
	x, y := w.code(e.X), w.code(e.Y)
	if x.konst {
		x = w.hidden(e.X)
	}
	if y.konst && !smallCount(e.Y, w.sizeOf(t)*8) {
		y = w.hidden(e.Y)
	}
	return code{s: x.in(op.prec) + " " + op.op + " " + y.in(op.prec+1), prec: op.prec}
}

// smallCount says whether a shift count is a literal that the compiler and vet take as it is.
func smallCount(e ir.Expr, width int) bool {
	l, ok := e.(*ir.Lit)
	if !ok {
		return false
	}
	switch v := l.Value.(type) {
	case int64:
		return v >= 0 && v < int64(width)
	case uint64:
		return v < uint64(width)
	}
	return false
}

// concat writes a chain of string additions as one allocation that is charged before.
func (w *body) concat(e *ir.Binary) code {
	t := w.typeOf(w.fn, e)
	var parts []string
	var add func(e ir.Expr)
	add = func(x ir.Expr) {
		if b, ok := x.(*ir.Binary); ok && b.Op == "add" {
			add(b.X)
			add(b.Y)
			return
		}
		c := w.typed(x)
		if t.Kind == ir.String && c.konst {
			c = w.code(x)
		}
		parts = append(parts, c.s)
	}
	add(e)
	if t.Kind == ir.NamedKind {
		return operand(fmt.Sprintf("%s[%s](t, %s)", w.runner("Concat"), w.goType(w.out, t), strings.Join(parts, ", ")))
	}
	return operand(fmt.Sprintf("%s(t, %s)", w.runner("Concat"), strings.Join(parts, ", ")))
}

func (w *body) index(e *ir.Index) code {
	t := w.typeOf(w.fn, e.X)
	u := w.underlying(t)
	x := w.code(e.X)
	if x.konst {
		x = w.hidden(e.X)
	}
	if u.Kind == ir.MapKind {
		return operand(x.in(operandPrec) + "[" + w.mapKey(e.I) + "]")
	}
	i := w.code(e.I)
	if i.konst && (u.Kind != ir.ListKind || !natural(e.I)) {
		if !(u.Kind == ir.ArrayKind && inRange(e.I, u.Len)) {
			i = w.hidden(e.I)
		}
	}
	return operand(x.in(operandPrec) + "[" + i.s + "]")
}

func natural(e ir.Expr) bool { return inRange(e, math.MaxInt) }

func inRange(e ir.Expr, n int) bool {
	switch e := e.(type) {
	case *ir.Zero:
		return n > 0
	case *ir.Lit:
		switch v := e.Value.(type) {
		case int64:
			return v >= 0 && v < int64(n)
		case uint64:
			return v < uint64(n)
		}
	}
	return false
}

func (w *body) slice(e *ir.Slice) code {
	x := w.code(e.X)
	if x.konst {
		x = w.hidden(e.X)
	}
	consts := 0
	for _, b := range []ir.Expr{e.Lo, e.Hi, e.Max} {
		if b != nil && w.code(b).konst {
			consts++
		}
	}
	plain := consts <= 1 && w.underlying(w.typeOf(w.fn, e.X)).Kind == ir.ListKind
	bound := func(b ir.Expr) string {
		if b == nil {
			return ""
		}
		if c := w.code(b); c.konst && !(plain && natural(b)) {
			return w.hidden(b).s
		}
		return w.expr(b)
	}
	s := x.in(operandPrec) + "[" + bound(e.Lo) + ":" + bound(e.Hi)
	if e.Max != nil {
		s += ":" + bound(e.Max)
	}
	return operand(s + "]")
}

func (w *body) length(fn string, e ir.Expr) code {
	c := w.code(e)
	// len of an array, or of a constant string, is a constant of Go.
	return code{s: fn + "(" + c.s + ")", prec: operandPrec, konst: c.konst || w.underlying(w.typeOf(w.fn, e)).Kind == ir.ArrayKind}
}

func (w *body) addr(e *ir.Addr) code {
	if n, ok := e.X.(*ir.Name); ok {
		if l := w.fn.scope.Local(n.Name); l != nil && l.Cell {
			return operand(w.home(n.Name))
		}
	}
	return code{s: "&" + w.code(e.X).in(unaryPrec), prec: unaryPrec}
}

func (w *body) convert(e *ir.Convert) code {
	from, to := w.typeOf(w.fn, e.X), e.To
	uf, ut := w.underlying(from), w.underlying(to)
	if ut.Kind == ir.FuncKind {
		return w.convertFunc(e.X, from, to)
	}
	x := w.typed(e.X)
	if x.konst && !ir.IsInterface(w.p, to) {
		x = w.hidden(e.X)
	}
	switch {
	case ut.Kind == ir.String && uf.Kind == ir.ListKind:
		return operand(w.conversion(to, fmt.Sprintf("%s(t, %s)", w.runner("Text"), x.s)))
	case ut.Kind == ir.String && uf.Kind != ir.String && uf.Kind != ir.Host:
		s := fmt.Sprintf("%s(%s)", w.runner("RuneText"), x.s)
		if to.Kind == ir.String {
			return operand(s)
		}
		return operand(w.conversion(to, s))
	}
	return operand(w.conversion(to, x.s))
}

// convertFunc converts between a func type and a declared type of it, which is a struct around it.
func (w *body) convertFunc(e ir.Expr, from, to *ir.Type) code {
	x := w.code(e)
	if from.Kind == ir.NamedKind && to.Kind == ir.NamedKind {
		return operand(w.conversion(to, x.s))
	}
	if from.Kind == ir.NamedKind {
		return operand(x.in(operandPrec) + ".F")
	}
	if to.Kind == ir.NamedKind {
		return operand(w.goType(w.out, to) + "{" + x.s + "}")
	}
	return x
}

// box makes an interface value. A func value is wrapped: a nil func in an interface is not a nil interface.
func (w *body) box(e *ir.Box) code {
	t := w.typeOf(w.fn, e.X)
	w.noteDyn(t)
	x := w.typed(e.X).s
	if t.Kind == ir.FuncKind {
		ft := w.fnType(t)
		ft.needBox = true
		x = fmt.Sprintf("%s{F: %s}", ft.boxed, x)
	}
	return operand(w.conversion(e.To, x))
}

func (w *body) isNil(e *ir.IsNil) code {
	if w.fn.scope.IsSelf(e.X) {
		return code{s: w.self() + " == nil", prec: 3}
	}
	t := w.typeOf(w.fn, e.X)
	x := w.code(e.X)
	if is, named := w.isFunc(t); is && named {
		return code{s: x.in(operandPrec) + ".F == nil", prec: 3}
	}
	if w.underlying(t).Kind == ir.RefKind {
		return code{s: x.in(4) + ` == ""`, prec: 3}
	}
	return code{s: x.in(4) + " == nil", prec: 3}
}

func (w *body) structLit(e *ir.StructLit) code {
	var parts []string
	for _, f := range e.Fields {
		parts = append(parts, f.Name+": "+w.value(f.To))
	}
	return operand(w.goType(w.out, e.Type) + "{" + strings.Join(parts, ", ") + "}")
}

func (w *body) arrayLit(e *ir.ArrayLit) code {
	var parts []string
	plain := e.At == nil || slices.IsSorted(e.At) && len(e.At) > 0 && e.At[len(e.At)-1] == len(e.At)-1
	for i, x := range e.Elems {
		s := w.value(x)
		if !plain {
			s = fmt.Sprintf("%d: %s", e.At[i], s)
		}
		parts = append(parts, s)
	}
	return operand(w.goType(w.out, e.Type) + "{" + strings.Join(parts, ", ") + "}")
}

// keyText gives the text form of a key value.
func (w *body) keyText(t *ir.Type, x code) string {
	if w.underlying(t).Kind == ir.String {
		if t.Kind == ir.String {
			return x.s
		}
		return "string(" + x.s + ")"
	}
	return "runner.IntKey(" + x.s + ")"
}

func (w *body) refTo(e *ir.RefTo) code {
	w.use(w.out, runnerPath)
	key := w.keyText(w.typeOf(w.fn, e.Key), w.typed(e.Key))
	return operand(fmt.Sprintf("%s(runner.CheckKey(%s))", w.refID(e.Entity), key))
}

// keyOf reads the key out of a reference; the nil reference has none, and Go would fault.
func (w *body) keyOf(e *ir.KeyOf) code {
	t := w.typeOf(w.fn, e)
	ref := w.expr(e.X)
	if w.underlying(t).Kind != ir.String {
		return operand(fmt.Sprintf("%s[%s](%s)", w.runner("IntKeyOf"), w.goType(w.out, t), ref))
	}
	key := fmt.Sprintf("%s(%s)", w.runner("KeyOf"), ref)
	if t.Kind == ir.String {
		return operand(key)
	}
	return operand(w.conversion(t, key))
}

func (w *body) request(e *ir.Request) code {
	switch e.What {
	case "now":
		return operand("t.Now()")
	case "deadline":
		return operand("t.Request().Deadline")
	}
	return operand("t.Request().ID")
}
