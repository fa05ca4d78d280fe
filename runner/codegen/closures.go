// This file writes func values: one interface per func type, one struct per closure literal or function used by name,
// and the wrappers that carry them into the host library and back.

package codegen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// fnType is what is generated for one func type.
type fnType struct {
	t      *ir.Type
	id     string // the interface
	boxed  string // struct that holds such a value inside an interface value, so that a nil func is not a nil interface
	toGo   string // function that makes a Go func of such a value
	fromGo string // struct that makes such a value of a Go func

	needBox, needTo, needFrom bool
}

// fnType gives the identifiers of a func type.
func (g *gen) fnType(t *ir.Type) *fnType {
	key := t.String()
	ft := g.fnTypes[key]
	if ft == nil {
		id := g.global.pick(identifier(key))
		ft = &fnType{t: t, id: id, boxed: g.global.pick("box_" + id), toGo: g.global.pick("go_" + id), fromGo: g.global.pick("host_" + id)}
		g.fnTypes[key] = ft
	}
	return ft
}

// writeFnTypes declares the func types that were met, and what goes with them. Writing one may meet others.
func (g *gen) writeFnTypes(f *file) {
	written := map[string]bool{}
	for wrote := true; wrote; {
		wrote = false
		for _, key := range slices.Sorted(maps.Keys(g.fnTypes)) {
			ft := g.fnTypes[key]
			for _, part := range []struct {
				name   string
				needed bool
				write  func(*file, *fnType)
			}{{"type", true, g.writeFnType}, {"box", ft.needBox, g.writeBox}, {"to", ft.needTo, g.writeToGo}, {"from", ft.needFrom, g.writeFromGo}} {
				if id := part.name + " " + key; part.needed && !written[id] {
					written[id], wrote = true, true
					part.write(f, ft)
				}
			}
		}
	}
}

func (g *gen) writeFnType(f *file, ft *fnType) {
	g.use(f, runnerPath)
	f.linef("// %s is a func value of type %s.", ft.id, ft.t)
	f.linef("type %s interface {\nCall%s\n}\n", ft.id, g.threadSignature(f, ft.t))
}

func (g *gen) writeBox(f *file, ft *fnType) {
	f.linef("type %s struct {\n_ [0]func()\nF %s\n}\n", ft.boxed, ft.id)
}

// threadSignature is the signature of Call: the thread, then parameters a0, a1 …; a variadic one is a list.
func (g *gen) threadSignature(f *file, t *ir.Type) string {
	params := []string{"t *runner.Thread"}
	for i, p := range t.Params {
		params = append(params, fmt.Sprintf("a%d %s", i, g.goType(f, p)))
	}
	return "(" + strings.Join(params, ", ") + ")" + g.resultTypes(f, t.Results)
}

// hostSignature is the func type as the host library has it.
func (g *gen) hostSignature(f *file, t *ir.Type, named bool) string {
	var params, results []string
	for i, p := range t.Params {
		name := ""
		if named {
			name = fmt.Sprintf("a%d ", i)
		}
		if t.Variadic && i == len(t.Params)-1 {
			params = append(params, name+"..."+g.hostType(f, p.Elem))
		} else {
			params = append(params, name+g.hostType(f, p))
		}
	}
	for _, r := range t.Results {
		results = append(results, g.hostType(f, r))
	}
	out := "(" + strings.Join(params, ", ") + ")"
	switch len(results) {
	case 0:
		return out
	case 1:
		return out + " " + results[0]
	}
	return out + " (" + strings.Join(results, ", ") + ")"
}

// hostType spells a type as the host library sees it: func values are Go's own.
func (g *gen) hostType(f *file, t *ir.Type) string {
	if t.Kind == ir.FuncKind {
		return "func" + g.hostSignature(f, t, false)
	}
	return g.goType(f, t)
}

func (g *gen) writeToGo(f *file, ft *fnType) {
	f.linef("func %s(t *runner.Thread, f %s) func%s {", ft.toGo, ft.id, g.hostSignature(f, ft.t, false))
	f.lines("if f == nil {", "return nil", "}")
	f.linef("return func%s {", g.hostSignature(f, ft.t, true))
	args := []string{"t"}
	for i, p := range ft.t.Params {
		args = append(args, g.fromHost(p, fmt.Sprintf("a%d", i)))
	}
	g.writeCarried(f, "f.Call("+strings.Join(args, ", ")+")", ft.t.Results, g.toHost)
	f.lines("}", "}\n")
}

func (g *gen) writeFromGo(f *file, ft *fnType) {
	f.linef("type %s struct{ f func%s }\n", ft.fromGo, g.hostSignature(f, ft.t, false))
	f.linef("func (h %s) Call%s {", ft.fromGo, g.threadSignature(f, ft.t))
	var args []string
	for i, p := range ft.t.Params {
		a := g.toHost(p, fmt.Sprintf("a%d", i))
		if ft.t.Variadic && i == len(ft.t.Params)-1 {
			a += "..."
		}
		args = append(args, a)
	}
	g.writeCarried(f, "h.f("+strings.Join(args, ", ")+")", ft.t.Results, g.fromHost)
	f.lines("}\n")
}

// writeCarried returns a call's results, each carried over.
func (g *gen) writeCarried(f *file, call string, results []*ir.Type, carry func(*ir.Type, string) string) {
	if len(results) == 0 {
		f.lines(call)
		return
	}
	var vars, out []string
	plain := true
	for i, r := range results {
		v := fmt.Sprintf("r%d", i)
		vars, out = append(vars, v), append(out, carry(r, v))
		plain = plain && out[i] == v
	}
	if plain {
		f.lines("return " + call)
		return
	}
	f.linef("%s := %s", strings.Join(vars, ", "), call)
	f.lines("return " + strings.Join(out, ", "))
}

// toHost makes of a value what the host library takes: a func value becomes a Go func that runs on the thread t.
func (g *gen) toHost(t *ir.Type, expr string) string {
	is, named := g.isFunc(t)
	if !is {
		return expr
	}
	if named {
		expr += ".F"
	}
	ft := g.fnType(g.underlying(t))
	ft.needTo = true
	return fmt.Sprintf("%s(t, %s)", ft.toGo, expr)
}

// fromHost is the reverse of toHost. A nil Go func stays nil by panicking when it is called, as in Go.
func (g *gen) fromHost(t *ir.Type, expr string) string {
	is, named := g.isFunc(t)
	if !is {
		return expr
	}
	ft := g.fnType(g.underlying(t))
	ft.needFrom = true
	v := fmt.Sprintf("%s{%s}", ft.fromGo, expr)
	if named {
		return fmt.Sprintf("%s{%s}", g.types[t.Name], v)
	}
	return v
}

// writeClosure declares the struct of a closure literal: its cells. The body is its method Call.
func (g *gen) writeClosure(w *body) {
	fn, out := w.fn, g.fileOf(w.fn.f)
	if len(fn.f.Captures) == 0 {
		out.linef("type %s struct{ _ byte }\n", fn.clo()) // not of size 0: two closures are two values
		return
	}
	out.linef("type %s struct {", fn.clo())
	for _, c := range fn.f.Captures {
		out.linef("%s *%s", w.names[c.Name], g.goType(out, c.Type))
	}
	out.lines("}\n")
}

// writeFuncValue declares a function of the program as a func value.
func (g *gen) writeFuncValue(f *file, fn *fun) {
	t := ir.FuncType(fn.f)
	f.linef("type fv_%s struct{}\n", fn.id)
	f.linef("func (fv_%s) Call%s {", fn.id, g.threadSignature(f, t))
	if fn.suspends() {
		f.linef("panic(%q)", fn.f.Name+" calls other entities: the host library cannot call it")
	} else {
		args := []string{"t"}
		for i := range t.Params {
			args = append(args, fmt.Sprintf("a%d", i))
		}
		call := fmt.Sprintf("%s(%s)", fn.id, strings.Join(args, ", "))
		if len(t.Results) > 0 {
			call = "return " + call
		}
		f.lines(call)
	}
	f.lines("}\n")
}
