// This file names a program's declarations and decides, before any code is written, what each function becomes.

package codegen

import (
	"slices"

	"github.com/stateful-entities/sfc/ir"
)

// fun is what becomes of one function: a plain Go function, a frame, or both.
type fun struct {
	f     *ir.Func
	facts *ir.FuncFacts
	scope *ir.Scope
	id    string // identifier of the plain function; f_id is the frame, fn_id its descriptor

	framed  bool // has a frame: it suspends, or it is requested or invoked
	made    bool // generated code makes such frames: it is invoked, or called where it suspends
	closure bool // is made a func value by a Closure instruction
	value   bool // is used as a func value by name
	onDraft bool // is called on a draft
	calls   bool // calls other functions: a call of it costs a step
}

func (f *fun) suspends() bool { return f.facts.Suspends }
func (f *fun) frame() string  { return "f_" + f.id }
func (f *fun) desc() string   { return "fn_" + f.id }
func (f *fun) maker() string  { return "new_" + f.id }
func (f *fun) clo() string    { return "cl_" + f.id }

// prepare fills in everything that the writers look up.
func (g *gen) prepare() {
	facts := ir.Analyze(g.p)
	g.hash, g.facts = ir.Hash(g.p), facts
	g.nameTypes()
	for _, v := range g.p.Vars {
		g.varID[v.Name] = g.global.pick(identifier(v.Name))
	}
	for _, f := range g.p.Funcs {
		fn := &fun{f: f, facts: facts.Func(f.Name), scope: ir.NewScope(g.p, f)}
		fn.id = g.global.pick(identifier(f.Name), "f_", "fn_", "new_", "cl_", "fv_")
		g.funcs[f.Name] = fn
		g.order = append(g.order, fn)
	}
	for _, fn := range g.order {
		g.findRoles(fn)
	}
	g.findDrafts()
	g.findFrames()
	g.nameImports()
}

// nameTypes takes identifiers for types, first those that are Go's and the runner's.
func (g *gen) nameTypes() {
	g.global.avoids = ir.TakenName
	g.global.reserve(predeclared...)
	g.global.reserve("Program", "program", "runner")
	g.imports[runnerPath] = "runner"
	for _, own := range []bool{true, false} { // the package's own types keep their names
		for _, d := range g.p.Types {
			name := d.Name
			if d.Local != "" && d.Package == "" {
				name = d.Local
			}
			if plain := identifier(d.Name) == d.Name; plain == own {
				g.types[d.Name] = g.global.pick(identifier(name))
			}
		}
	}
	for _, e := range g.p.Entities {
		g.types["ref "+e.Name] = g.global.pick(g.types[e.Name] + "Ref")
		g.types["desc "+e.Name] = g.global.pick("t_" + g.types[e.Name])
		g.types["self "+e.Name] = g.global.pick("self_" + g.types[e.Name])
	}
}

// findRoles notes how a function's text uses others.
func (g *gen) findRoles(fn *fun) {
	for _, b := range fn.f.Blocks {
		for _, i := range b.Do {
			switch i := i.(type) {
			case *ir.Call:
				fn.calls = true
				if i.On != nil {
					g.funcs[i.Func].onDraft = true
				}
			case *ir.CallFace, *ir.CallFunc:
				fn.calls = true
			case *ir.Closure:
				g.funcs[i.Func].closure = true
			}
		}
		if ir.IsSplit(b.End) {
			fn.calls = true
		}
	}
	ir.WalkExprs(fn.f, func(e ir.Expr) {
		if v, ok := e.(*ir.FuncVal); ok {
			g.funcs[v.Func].value = true
		}
	})
}

// findDrafts follows drafts: a method that is called on one passes it on to the methods that it calls on its own receiver.
// A closure cannot: it asks the thread for the receiver, which knows entities only.
func (g *gen) findDrafts() {
	for changed := true; changed; {
		changed = false
		for _, fn := range g.order {
			for _, c := range ownCalls(fn) {
				if to := g.funcs[c.Func]; fn.onDraft && !to.onDraft {
					to.onDraft, changed = true, true
				}
			}
		}
	}
	for _, fn := range g.order {
		if !fn.onDraft {
			continue
		}
		for _, b := range fn.f.Blocks {
			for _, i := range b.Do {
				if c, ok := i.(*ir.Closure); ok && g.funcs[c.Func].f.Self != "" {
					g.fail(fn.f, c.At, "a closure over the receiver in a method that is called on an entity under construction")
				}
			}
		}
	}
}

// ownCalls gives the calls of methods on the function's own receiver.
func ownCalls(fn *fun) []*ir.Call {
	var list []*ir.Call
	for _, b := range fn.f.Blocks {
		for _, i := range b.Do {
			if c, ok := i.(*ir.Call); ok && c.On == nil && fn.scope.Program.Func(c.Func).Self != "" {
				list = append(list, c)
			}
		}
	}
	return list
}

// findFrames decides who gets a frame.
func (g *gen) findFrames() {
	for _, fn := range g.order {
		fn.framed = fn.framed || fn.f.Exported || fn.suspends()
		for _, name := range fn.facts.Calls {
			if to := g.funcs[name]; to != nil && to.suspends() {
				to.made = true
			}
		}
		for _, b := range fn.f.Blocks {
			for _, i := range b.Do {
				if c, ok := i.(*ir.CallFace); ok {
					for _, t := range g.implementers(g.typeOf(fn, c.Recv), c.Method) {
						if t.Kind == ir.RefKind {
							m, _ := ir.MethodOf(g.p, t, c.Method)
							g.funcs[m.Name].framed, g.funcs[m.Name].made = true, true
						}
					}
				}
			}
			if v, ok := b.End.(*ir.Invoke); ok {
				g.funcs[v.Method].framed, g.funcs[v.Method].made = true, true
			}
		}
	}
}

// nameImports gives every package of the host library that the program names its identifier, so that locals avoid it.
func (g *gen) nameImports() {
	for _, x := range g.p.Externs {
		importPath, _, _ := hostName(x.Name, x.Method)
		g.importID(importPath)
	}
	var visit func(t *ir.Type)
	visit = func(t *ir.Type) {
		if t == nil {
			return
		}
		if t.Kind == ir.Host {
			importPath, _, _ := hostName(t.Name, false)
			g.importID(importPath)
		}
		visit(t.Key)
		visit(t.Elem)
		for _, u := range slices.Concat(t.Params, t.Results) {
			visit(u)
		}
	}
	for _, d := range g.p.Types {
		visit(d.Is)
		for _, f := range d.Struct {
			visit(f.Type)
		}
	}
	for _, fn := range g.order {
		for _, l := range slices.Concat(fn.f.Params, fn.f.Results, fn.f.Captures, fn.f.Locals) {
			visit(l.Type)
		}
		ir.WalkExprs(fn.f, func(e ir.Expr) {
			if v, ok := e.(*ir.Global); ok && ir.IsHostName(v.Name) {
				importPath, _, _ := hostName(v.Name, false)
				g.importID(importPath)
			}
		})
	}
	for _, importPath := range []string{"time", "math", "fmt", "strconv", "log/slog", "sync", "unsafe"} {
		g.importID(importPath)
	}
}

// typeOf gives the type of an expression; the program is verified, so that it has one.
func (g *gen) typeOf(fn *fun, e ir.Expr) *ir.Type {
	t, err := fn.scope.TypeOf(e)
	if err != nil {
		g.fail(fn.f, 0, "%v", err)
		return ir.Basic(ir.Any)
	}
	return t
}

func (g *gen) underlying(t *ir.Type) *ir.Type {
	if u := ir.Underlying(g.p, t); u != nil {
		return u
	}
	return t
}

// entityRef gives the identifiers of an entity type's reference and descriptor.
func (g *gen) refID(entity string) string  { return g.types["ref "+entity] }
func (g *gen) descID(entity string) string { return g.types["desc "+entity] }
