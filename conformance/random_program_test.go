// This file writes random entity programs that do little but share, copy and write memory.

package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomProgram gives a package of three entity types with two methods each, and requests for it.
func randomProgram(r *rand.Rand, name string) (source, calls string) {
	g := &generator{r: r}
	g.signatures()
	g.text.WriteString(header(name))
	for _, e := range []string{"A", "B", "C"} {
		g.entity(e)
	}
	return g.text.String(), g.requests()
}

// memoryTypes are the types that the programs pass around; sums gives a function that looks at all of such a value.
var (
	memoryTypes = []string{"[]int", "*P", "[]*P", "map[string][]int", "R", "any"}
	fields      = map[string][]string{"[]int": {"xs", "ys"}, "*P": {"p"}, "[]*P": {"ps"}, "map[string][]int": {"m"}, "R": {"r"}, "any": {"a"}}
	sums        = map[string]string{"[]int": "sI", "*P": "sP", "[]*P": "sL", "map[string][]int": "sM", "R": "sR", "any": "sA"}
	jsonOf      = map[string]string{
		"[]int": "[1,2]", "*P": `{"N":1,"Xs":[2]}`, "[]*P": `[{"N":3,"Xs":[]}]`, "map[string][]int": `{"k":[4]}`,
		"R": `{"Xs":[1],"P":{"N":2}}`, "any": `{"$type":"R","$value":{"Xs":[1,2],"P":{"N":2}}}`,
	}
	receivers = map[string]string{"A": "x", "B": "y", "C": "z"}
)

func header(name string) string {
	return "package " + name + `

import (
	"slices"
	"sort"
)

type P struct {
	N  int
	Xs []int
	Q  *P
}

type R struct {
	Xs []int
	P  *P
}

func sI(xs []int) (n int) {
	for i, x := range xs {
		n = n*3 + x + i
	}
	return
}

func sP(p *P) (n int) {
	for d := 0; p != nil && d < 3; d, p = d+1, p.Q {
		n = n*5 + p.N + sI(p.Xs)
	}
	return
}

func sL(ps []*P) (n int) {
	for _, p := range ps {
		n = n*7 + sP(p)
	}
	return
}

func sM(m map[string][]int) (n int) { return sI(m["k"]) + 11*sI(m["j"]) + len(m) }
func sR(r R) int                    { return sI(r.Xs)*13 + sP(r.P) }

func sA(a any) int {
	switch x := a.(type) {
	case []int:
		return sI(x)
	case *P:
		return sP(x)
	case R:
		return sR(x)
	case []*P:
		return sL(x)
	}
	return 0
}

func putA(a any, v int) {
	switch x := a.(type) {
	case []int:
		put(x, v)
	case *P:
		if x != nil {
			x.N = v
		}
	case R:
		put(x.Xs, v)
	}
}

func put(xs []int, v int) {
	if len(xs) > 0 {
		xs[0] = v
	}
}

func clone(xs []int) []int { return slices.Clone(xs) }

func inc(p *P) *P {
	if p != nil {
		p.N++
	}
	return p
}

func id(xs []int) []int { return xs }
func wrap(xs []int) *P  { return &P{Xs: xs} }
func half(xs []int) []int { return xs[:len(xs)/2] }

func xsOf(p *P) []int {
	if p == nil {
		return nil
	}
	return p.Xs
}

func qOf(p *P) *P {
	if p == nil {
		return nil
	}
	return p.Q
}

func first(ps []*P) *P {
	if len(ps) == 0 {
		return nil
	}
	return ps[0]
}

func asI(a any) []int { x, _ := a.([]int); return x }
func sorted(xs []int) { sort.Ints(xs) }
`
}

type signature struct {
	params []string
	result string
}

type generator struct {
	r    *rand.Rand
	text strings.Builder
	sigs map[string]signature
	n    int

	// of the method that is being written
	e    string
	vars map[string][]string
}

func (g *generator) out(format string, args ...any) { fmt.Fprintf(&g.text, format, args...) }
func (g *generator) pick(of []string) string        { return of[g.r.IntN(len(of))] }
func (g *generator) chance(p float64) bool          { return g.r.Float64() < p }

func (g *generator) signatures() {
	g.sigs = map[string]signature{}
	for _, e := range []string{"A", "B", "C"} {
		for k := range 2 {
			s := signature{result: g.pick(append([]string{"int", "", ""}, memoryTypes...))}
			for range g.r.IntN(3) {
				s.params = append(s.params, g.pick(memoryTypes))
			}
			g.sigs[fmt.Sprintf("%s.M%d", e, k)] = s
		}
	}
}

func (g *generator) entity(e string) {
	g.out(`
//sfc:entity
type %[1]s struct {
	id     string
	h      int
	xs, ys []int
	p      *P
	ps     []*P
	m      map[string][]int
	r      R
	a      any
}

func New%[1]s(id string) *%[1]s {
	return &%[1]s{id: id, xs: []int{1, 2}, ys: []int{3, 4, 5}, p: &P{N: 6, Xs: []int{7}}, m: map[string][]int{"k": {8}}}
}

func (s *%[1]s) Key() string { return s.id }
`, e)
	for k := range 2 {
		g.method(e, k)
	}
}

func (g *generator) method(e string, k int) {
	s := g.sigs[fmt.Sprintf("%s.M%d", e, k)]
	g.e, g.vars = e, map[string][]string{}
	params := "x *A, y *B, z *C, d int"
	for i, t := range s.params {
		params += fmt.Sprintf(", q%d %s", i, t)
		g.vars[t] = append(g.vars[t], fmt.Sprintf("q%d", i))
	}
	g.out("\nfunc (s *%s) M%d(%s) %s {\n", e, k, params, s.result)
	for range 2 + g.r.IntN(4) {
		g.statement(0)
	}
	switch s.result {
	case "":
	case "int":
		t := g.pick(memoryTypes)
		g.out("return %s(%s)\n", sums[t], g.value(t, 0))
	default:
		g.out("return %s\n", g.value(s.result, 0))
	}
	g.out("}\n")
}

func (g *generator) fresh() string {
	g.n++
	return fmt.Sprintf("v%d", g.n)
}

// value writes an expression of a memory type.
func (g *generator) value(t string, depth int) string {
	var c []func() string
	add := func(weight int, f func() string) {
		for range weight {
			c = append(c, f)
		}
	}
	if vs := g.vars[t]; len(vs) > 0 {
		add(4, func() string { return g.pick(vs) })
	}
	add(2, func() string { return "s." + g.pick(fields[t]) })
	deeper := depth < 2
	v := func(t string) string { return g.value(t, depth+1) }
	of := func(t string) string { return g.pick(g.vars[t]) }
	has := func(t string) bool { return len(g.vars[t]) > 0 }
	switch t {
	case "[]int":
		add(1, func() string { return fmt.Sprintf("[]int{%d, %d}", 1+g.r.IntN(9), 1+g.r.IntN(9)) })
		if deeper {
			for _, f := range []string{"clone", "id", "half"} {
				add(1, func() string { return f + "(" + v(t) + ")" })
			}
			add(1, func() string { return fmt.Sprintf("append(%s, %d)", v(t), 1+g.r.IntN(9)) })
			if has("*P") {
				add(1, func() string { return "xsOf(" + of("*P") + ")" })
			}
			if has("map[string][]int") {
				add(1, func() string { return of("map[string][]int") + `["k"]` })
			}
		}
		if has("R") {
			add(2, func() string { return of("R") + ".Xs" })
		}
		if has("any") {
			add(2, func() string { return "asI(" + of("any") + ")" })
		}
	case "*P":
		add(1, func() string { return fmt.Sprintf("&P{N: %d}", 1+g.r.IntN(9)) })
		if deeper {
			add(1, func() string { return "wrap(" + v("[]int") + ")" })
			add(1, func() string { return "inc(" + v("*P") + ")" })
			add(1, func() string { return "first(" + v("[]*P") + ")" })
		}
		if has("*P") {
			add(1, func() string { return "qOf(" + of("*P") + ")" })
		}
		if has("R") {
			add(2, func() string { return of("R") + ".P" })
		}
	case "[]*P":
		if deeper {
			add(1, func() string { return "[]*P{" + v("*P") + "}" })
			add(1, func() string { return "append(" + v(t) + ", " + v("*P") + ")" })
		}
	case "map[string][]int":
		if deeper {
			add(1, func() string { return `map[string][]int{"k": ` + v("[]int") + "}" })
		}
	case "R":
		if deeper {
			add(2, func() string { return "R{" + v("[]int") + ", " + v("*P") + "}" })
		}
	case "any":
		if deeper {
			add(3, func() string { return v(g.pick([]string{"[]int", "*P", "R", "[]*P"})) })
		}
	}
	return c[g.r.IntN(len(c))]()
}

// declare writes a variable that is used.
func (g *generator) declare(t, value string) {
	v := g.fresh()
	g.out("var %s %s = %s\n_ = %s\n", v, t, value, v)
	g.vars[t] = append(g.vars[t], v)
}

func (g *generator) statement(depth int) {
	t := g.pick(memoryTypes)
	switch x := g.r.Float64(); {
	case x < .2:
		g.declare(t, g.value(t, 0))
	case x < .32:
		g.out("s.%s = %s\n", g.pick(fields[t]), g.value(t, 0))
	case x < .40 && len(g.vars[t]) > 0:
		g.out("%s = %s\n", g.pick(g.vars[t]), g.value(t, 0))
	case x < .44 && len(g.vars["*P"]) > 0:
		g.out("if %s == (%s) {\ns.h++\n}\n", g.pick(g.vars["*P"]), g.value("*P", 0))
	case x < .58:
		g.write()
	case x < .68:
		g.out("s.h = s.h*31 + %s(%s)\n", sums[t], g.value(t, 0))
	case x < .92 || depth >= 2:
		g.call()
	default:
		saved := map[string][]string{}
		for t, vs := range g.vars {
			saved[t] = append([]string(nil), vs...)
		}
		g.out("%s {\n", g.pick([]string{"for range 2", "if s.h%2 == 0"}))
		for range 1 + g.r.IntN(2) {
			g.statement(depth + 1)
		}
		g.out("}\n")
		g.vars = saved
	}
}

// write writes to memory that may be shared.
func (g *generator) write() {
	w := []string{
		fmt.Sprintf("put(%s, %d)", g.value("[]int", 0), 10+g.r.IntN(90)),
		fmt.Sprintf("inc(%s)", g.value("*P", 0)),
		fmt.Sprintf("putA(%s, %d)", g.value("any", 0), 10+g.r.IntN(90)),
		fmt.Sprintf("for _, e := range %s {\nif e != nil {\ne.N++\n}\n}", g.value("[]*P", 1)),
		fmt.Sprintf("copy(%s, %s)", g.value("[]int", 0), g.value("[]int", 0)),
		fmt.Sprintf("sorted(%s)", g.value("[]int", 0)),
		fmt.Sprintf("slices.Reverse(%s)", g.value("[]int", 0)),
	}
	if vs := g.vars["*P"]; len(vs) > 0 {
		v := g.pick(vs)
		w = append(w,
			fmt.Sprintf("if %s != nil {\n%s.Xs = %s\n}", v, v, g.value("[]int", 0)),
			fmt.Sprintf("if %s != nil {\n%s.Q = %s\n}", v, v, g.value("*P", 0)))
	}
	if vs := g.vars["map[string][]int"]; len(vs) > 0 {
		v := g.pick(vs)
		w = append(w, fmt.Sprintf("if %s != nil {\n%s[%q] = %s\n}", v, v, g.pick([]string{"k", "j"}), g.value("[]int", 0)))
	}
	g.out("%s\n", g.pick(w))
}

// call writes a call of an entity.
func (g *generator) call() {
	e := g.pick([]string{"A", "B", "C"})
	recv := receivers[e]
	if g.chance(.1) { // an own call
		e, recv = g.e, "s"
	}
	k := g.r.IntN(2)
	s := g.sigs[fmt.Sprintf("%s.M%d", e, k)]
	args := []string{"x", "y", "z", "d-1"}
	for _, t := range s.params {
		args = append(args, g.value(t, 0))
	}
	call := fmt.Sprintf("%s.M%d(%s)", recv, k, strings.Join(args, ", "))
	switch s.result {
	case "":
		g.out("if d > 0 {\n%s\n}\n", call)
	case "int":
		g.out("if d > 0 {\ns.h += %s\n}\n", call)
	default:
		v := g.fresh()
		g.out("var %s %s\nif d > 0 {\n%s = %s\n}\n_ = %s\n", v, s.result, v, call, v)
		g.vars[s.result] = append(g.vars[s.result], v)
	}
}

func (g *generator) requests() string {
	var b strings.Builder
	b.WriteString("NewA a\nNewB b\nNewC c\n")
	for range 6 {
		e := g.pick([]string{"A", "B", "C"})
		k := g.r.IntN(2)
		fmt.Fprintf(&b, "%s/%s M%d a b c %d", e, strings.ToLower(e), k, 1+g.r.IntN(3))
		for _, t := range g.sigs[fmt.Sprintf("%s.M%d", e, k)].params {
			b.WriteString(" " + jsonOf[t])
		}
		b.WriteByte('\n')
	}
	return b.String()
}
