// This file writes calls of the host library: what they cost, how func values go over, and where debug output goes.

package codegen

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

func (w *body) callExtern(in *ir.CallExtern) {
	x := w.p.Extern(in.Extern)
	w.at(in.At)
	if x == nil {
		w.fail(w.fn.f, in.At, "extern %q is not declared", in.Extern)
		return
	}
	steps, bytes := w.cost(x, x.Steps), w.cost(x, x.Bytes)
	often := measuredOften(steps, bytes)
	block := (steps.uses || bytes.uses) && w.hoistsAny(in.Args) || len(often) > 0
	if block {
		w.stmt(in.At, "{")
	}
	var args []string
	if block {
		args = w.hoist(in.At, in.Args)
		if x.Method && w.simple(in.Args[0]) {
			args[0] = w.typed(in.Args[0]).in(operandPrec)
		}
	} else {
		for i, a := range in.Args {
			if x.Method && i == 0 {
				args = append(args, w.typed(a).in(operandPrec))
			} else {
				args = append(args, w.argument(x, a))
			}
		}
	}
	for _, m := range often {
		v := w.temp()
		w.stmt(in.At, v+" := "+fillArgs([]string{m}, args))
		steps, bytes = steps.replace(m, v), bytes.replace(m, v)
	}
	w.charge(in.At, "t.Spend", steps.before(args))
	w.charge(in.At, "t.Charge", bytes.before(args))
	w.externCall(in, x, args, steps, bytes)
	if x.Calls {
		w.stmt(in.At, "t.Guard()")
	}
	if block {
		w.stmt(in.At, "}")
	}
}

// argument writes one argument: of a generic function Go reads the types off the arguments, so they are exact there.
func (w *body) argument(x *ir.Extern, e ir.Expr) string {
	if strings.HasSuffix(x.Name, "]") || x.Twin != "" {
		return w.typed(e).s
	}
	return w.expr(e)
}

// externCall writes the call itself.
func (w *body) externCall(in *ir.CallExtern, x *ir.Extern, args []string, steps, bytes cost) {
	hosted := make([]string, len(args))
	for i, a := range args {
		hosted[i] = a
		if i < len(x.Params) {
			hosted[i] = w.toHost(x.Params[i], a)
		}
	}
	call := w.debugCall(x, hosted)
	if call == "" {
		call = w.hostCall(x, hosted)
	}
	after := steps.after != "" || bytes.after != ""
	carried := false
	for _, r := range x.Results {
		is, _ := w.isFunc(r)
		carried = carried || is
	}
	if !after && !carried {
		w.stmt(in.At, w.assign(in.Into)+call)
		return
	}
	w.stmt(in.At, "{")
	var temps, carry, left []string
	for i, r := range x.Results {
		v := w.temp()
		temps = append(temps, v)
		carry = append(carry, w.fromHost(r, v))
		left = append(left, "_")
		if i < len(in.Into) {
			left[i] = w.target(in.Into[i])
		}
	}
	w.stmt(in.At, strings.Join(temps, ", ")+" := "+call)
	w.charge(in.At, "t.Spend", steps.ofResult(temps[0], args))
	w.charge(in.At, "t.Charge", bytes.ofResult(temps[0], args))
	w.stmt(in.At, strings.Join(left, ", ")+" = "+strings.Join(carry, ", "), "}")
}

// hostCall writes the call of the function, method or twin.
func (w *body) hostCall(x *ir.Extern, args []string) string {
	if x.Variadic && len(args) > 0 {
		args[len(args)-1] += "..."
	}
	if strings.HasPrefix(x.Twin, "t.") {
		return x.Twin + "(" + strings.Join(args, ", ") + ")"
	}
	if x.Twin != "" {
		return w.runner(x.Twin) + "(" + strings.Join(append([]string{"t"}, args...), ", ") + ")"
	}
	importPath, id, typeArgs := hostName(x.Name, x.Method)
	if x.Method {
		return args[0] + "." + id + "(" + strings.Join(args[1:], ", ") + ")"
	}
	return w.use(w.out, importPath) + "." + id + w.typeArgs(w.out, typeArgs) + "(" + strings.Join(args, ", ") + ")"
}

// debugCall writes debug output against the target's log, or gives "" for a function that is none.
func (w *body) debugCall(x *ir.Extern, args []string) string {
	if !x.Debug {
		return ""
	}
	importPath, id, _ := hostName(x.Name, x.Method)
	if x.Variadic && len(args) > 0 {
		args[len(args)-1] += "..."
	}
	list := strings.Join(args, ", ")
	switch {
	case importPath == "fmt" && strings.HasPrefix(id, "Print"):
		return fmt.Sprintf("%s.F%s(t.Debug(), %s)", w.use(w.out, "fmt"), strings.ToLower(id[:1])+id[1:], list)
	case importPath == "log" && strings.HasPrefix(id, "Print"):
		return fmt.Sprintf("%s.New(t.Debug(), \"\", 0).%s(%s)", w.use(w.out, "log"), id, list)
	case importPath == "log/slog" && !x.Method:
		slog := w.use(w.out, "log/slog")
		return fmt.Sprintf("%s.New(%s.NewTextHandler(t.Debug(), nil)).%s(%s)", slog, slog, id, list)
	}
	return ""
}

// cost is what a library call costs by the library table: a sum of products, of which those with `result` are charged
// after the call. "#i" stands for argument i.
type cost struct {
	terms []string // before
	after string
	uses  bool // names arguments
}

func (w *body) charge(at int, fn, amount string) {
	if amount != "" {
		w.stmt(at, fn+"("+amount+")")
	}
}

// measuredOften gives the measurements of arguments that stand in two costs more than once: each is made once.
func measuredOften(steps, bytes cost) (often []string) {
	all := strings.Join(append(append([]string{steps.after, bytes.after}, steps.terms...), bytes.terms...), " ")
	for _, m := range measurement.FindAllString(all, -1) {
		if strings.Count(all, m) > 1 && !slices.Contains(often, m) {
			often = append(often, m)
		}
	}
	return often
}

// measurement is what walks a whole argument.
var measurement = regexp.MustCompile(`runner\.(Size|Nested|Compared)\(t, #\d+#\)`)

func (c cost) replace(old, new string) cost {
	c.terms = slices.Clone(c.terms)
	for i := range c.terms {
		c.terms[i] = strings.ReplaceAll(c.terms[i], old, new)
	}
	c.after = strings.ReplaceAll(c.after, old, new)
	return c
}

// before gives the amount to charge before a call, or "".
func (c cost) before(args []string) string { return fillArgs(c.terms, args) }

func fillArgs(terms []string, args []string) string {
	out := ""
	for _, t := range terms {
		for i := len(args) - 1; i >= 0; i-- {
			t = strings.ReplaceAll(t, "#"+strconv.Itoa(i)+"#", args[i])
		}
		if out == "" {
			out = t
		} else {
			out = "runner.Sum(" + out + ", " + t + ")"
		}
	}
	return out
}

// ofResult gives the amount to charge after a call, or "".
func (c cost) ofResult(result string, args []string) string {
	return strings.ReplaceAll(fillArgs([]string{c.after}, args), "#result#", result)
}

// cost reads the notation of the library table: terms joined by +, factors by *, each term with an optional /integer.
func (w *body) cost(x *ir.Extern, text string) cost {
	var c cost
	if strings.TrimSpace(text) == "" {
		return c
	}
	for _, term := range strings.Split(text, "+") {
		code := w.costTerm(x, strings.TrimSpace(term))
		switch {
		case strings.Contains(code, "#result#"):
			if c.after != "" {
				code = w.runner("Sum") + "(" + c.after + ", " + code + ")"
			}
			c.after = code
			c.uses = c.uses || strings.Count(code, "#") > strings.Count(code, "#result#")*2
		default:
			c.terms = append(c.terms, code)
			c.uses = c.uses || strings.Contains(code, "#")
		}
	}
	if len(c.terms) > 1 {
		w.use(w.out, runnerPath)
	}
	return c
}

func (w *body) costTerm(x *ir.Extern, term string) string {
	term, divisor, divided := strings.Cut(term, "/")
	out := ""
	for _, factor := range strings.Split(term, "*") {
		f := w.costFactor(x, strings.TrimSpace(factor))
		if out == "" {
			out = f
		} else {
			out = w.runner("Product") + "(" + out + ", " + f + ")"
		}
	}
	if divided {
		out += "/" + strings.TrimSpace(divisor)
	}
	return out
}

// costFactor is one factor; a text that is none of the notation's is an error of the library table.
func (w *body) costFactor(x *ir.Extern, f string) string {
	if _, err := strconv.ParseInt(f, 10, 64); err == nil {
		return f
	}
	if f == "result" {
		return "int64(len(#result#))"
	}
	name, rest, _ := strings.Cut(f, "(")
	digits, closed := strings.CutSuffix(rest, ")")
	i, err := strconv.Atoi(digits)
	if err != nil || !closed || i < 0 || i >= len(x.Params) {
		w.fail(w.fn.f, w.line, "extern %q: cost %q is not understood", x.Name, f)
		return "1"
	}
	arg := "#" + digits + "#"
	switch name {
	case "len":
		if ir.IsInterface(w.p, x.Params[i]) {
			return w.runner("Length") + "(" + arg + ")"
		}
		return "int64(len(" + arg + "))"
	case "sum":
		return w.runner("Total") + "(" + arg + ")"
	case "arg":
		return w.runner("Amount") + "(" + arg + ")"
	case "log":
		if ir.IsInterface(w.p, x.Params[i]) {
			return "int64(" + w.use(w.out, "math/bits") + ".Len(uint(" + w.runner("Length") + "(" + arg + "))))"
		}
		return "int64(" + w.use(w.out, "math/bits") + ".Len(uint(len(" + arg + "))))"
	case "size":
		return w.runner("Size") + "(t, " + arg + ")"
	case "deep":
		return w.runner("Nested") + "(t, " + arg + ")"
	case "flat":
		return w.compared(x.Params[i], arg)
	case "move":
		return fmt.Sprintf("int64(len(%s))*%d/%d", arg, w.elemSize(x.Params[i]), 2*perStep)
	case "slots":
		return w.runner("Slots") + "(t, " + arg + ")"
	case "pad":
		rest := "nil"
		if x.Variadic && i+1 < len(x.Params) {
			rest = fmt.Sprintf("#%d#", len(x.Params)-1)
		}
		return w.runner("Padding") + "(" + arg + ", " + rest + ")"
	}
	w.fail(w.fn.f, w.line, "extern %q: cost %q is not understood", x.Name, f)
	return "1"
}

// compared is the cost of comparing, or hashing, an argument or all that it holds.
func (w *body) compared(t *ir.Type, arg string) string {
	u := w.underlying(t)
	switch u.Kind {
	case ir.ListKind, ir.MapKind:
		if w.weightOf(u.Elem) == flat && (u.Kind == ir.ListKind || w.weightOf(u.Key) == flat) {
			return fmt.Sprintf("int64(len(%s))*%d", arg, w.elemSize(t))
		}
	case ir.Host:
	default:
		if w.weightOf(t) == flat {
			return strconv.Itoa(w.sizeOf(t))
		}
	}
	return w.runner("Compared") + "(t, " + arg + ")"
}

// elemSize is the size of an element of a list, or an entry of a map.
func (w *body) elemSize(t *ir.Type) int {
	u := w.underlying(t)
	size := 0
	if u.Elem != nil {
		size = w.sizeOf(u.Elem)
	}
	if u.Kind == ir.MapKind {
		size += w.sizeOf(u.Key)
	}
	return max(1, size)
}
