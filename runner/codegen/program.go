// This file writes program.go of a generated package: the descriptors of entity types, functions and dynamic types.

package codegen

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// noteDyn notes a concrete type that an interface value may hold.
func (g *gen) noteDyn(t *ir.Type) {
	if u := g.underlying(t); u.Kind == ir.PanicKind || ir.IsInterface(g.p, t) {
		return
	}
	g.dyn[t.String()] = t
}

// dynTypes gives the types behind interfaces: those that are boxed or asserted, all that have methods, and, if a request
// can bring an interface value, all that it can name.
func (g *gen) dynTypes() []*ir.Type {
	open := g.takesInterfaces()
	for _, d := range g.p.Types {
		if d.IsInterface() || d.Alias || g.p.Entity(d.Name) != nil || len(d.Methods) == 0 && !open {
			continue
		}
		g.noteDyn(ir.NamedType(d.Name))
		if g.underlying(ir.NamedType(d.Name)).Kind != ir.PtrKind {
			g.noteDyn(ir.PtrType(ir.NamedType(d.Name)))
		}
	}
	for _, e := range g.p.Entities {
		g.noteDyn(ir.RefType(e.Name))
	}
	for _, x := range g.p.Externs {
		if strings.HasPrefix(x.Name, "go:encoding/json.") { // what it reads into an `any`
			g.noteDyn(ir.ListType(ir.Basic(ir.Any)))
			g.noteDyn(ir.MapType(ir.Basic(ir.String), ir.Basic(ir.Any)))
		}
	}
	var keys []string
	for key, t := range g.dyn {
		if !knownToRunner(t) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	var list []*ir.Type
	for _, key := range keys {
		list = append(list, g.dyn[key])
	}
	return list
}

// takesInterfaces says whether the arguments of a request may hold an interface value.
func (g *gen) takesInterfaces() bool {
	seen := map[string]bool{}
	var holds func(t *ir.Type) bool
	holds = func(t *ir.Type) bool {
		if t.Kind == ir.NamedKind {
			if seen[t.Name] {
				return false
			}
			seen[t.Name] = true
		}
		u := g.underlying(t)
		if ir.IsInterface(g.p, u) {
			return true
		}
		switch u.Kind {
		case ir.ListKind, ir.ArrayKind, ir.PtrKind:
			return holds(u.Elem)
		case ir.MapKind:
			return holds(u.Key) || holds(u.Elem)
		case ir.NamedKind:
			return slices.ContainsFunc(g.p.Type(u.Name).Struct, func(f *ir.FieldDef) bool { return holds(f.Type) })
		}
		return false
	}
	for _, fn := range g.order {
		if fn.f.Exported && slices.ContainsFunc(fn.f.Params, func(l *ir.Local) bool { return holds(l.Type) }) {
			return true
		}
	}
	return false
}

// knownToRunner says whether the runner has the codec of a type behind an interface itself.
func knownToRunner(t *ir.Type) bool {
	return t.Kind >= ir.Bool && t.Kind <= ir.String || t.Kind == ir.Time || t.Kind == ir.Duration
}

// writeProgram writes the function Program. Nothing is initialised before it is called: generated functions and
// descriptors refer to each other.
func (g *gen) writeProgram() {
	f := g.file("program.go")
	g.use(f, runnerPath)
	sync := g.use(f, "sync")
	f.lines("// Program describes this package to the runner. Its first call sets the package variables.",
		"func Program() *runner.Program { return program() }\n",
		"var program = "+sync+".OnceValue(func() *runner.Program {")
	if g.p.Init != "" {
		f.linef("%s(runner.Callback())", g.funcs[g.p.Init].id)
	}
	for i, e := range g.p.Entities {
		g.writeEntity(f, i, e)
	}
	var funcs []string
	for _, fn := range g.order {
		if fn.framed {
			g.writeFunc(f, len(funcs), fn)
			funcs = append(funcs, "&"+fn.desc())
		}
	}
	f.linef("p := &runner.Program{ID: %q, Name: %q, Version: %d, Hash: %q}", g.p.ID, g.p.Name, g.p.Version, g.hash)
	if len(g.p.Entities) > 0 {
		f.lines("p.Types = []*runner.EntityType{")
		for _, e := range g.p.Entities {
			f.linef("&%s,", g.descID(e.Name))
		}
		f.lines("}")
	}
	if len(funcs) > 0 {
		f.linef("p.Funcs = []*runner.Func{\n%s,\n}", strings.Join(funcs, ",\n"))
	}
	g.writeDyn(f)
	g.writeTypeNames(f)
	for _, v := range g.p.Vars {
		if g.underlying(v.Type).Kind == ir.Error {
			f.linef("if %s != nil {\np.Sentinels = append(p.Sentinels, runner.Sentinel{Name: %q, Value: %s})\n}", g.varID[v.Name], v.Name, g.varID[v.Name])
		}
	}
	f.lines("return p", "})")
	for _, e := range g.p.Entities {
		f.linef("\nvar %s runner.EntityType", g.descID(e.Name))
	}
}

func (g *gen) writeEntity(f *file, i int, e *ir.Entity) {
	state := ir.NamedType(e.Name)
	id := g.types[e.Name]
	key := g.funcs[e.Key]
	keyType := key.f.Results[0].Type
	call := fmt.Sprintf("%s(runner.Callback(), state.(*%s))", key.id, id)
	intKey := g.underlying(keyType).Kind != ir.String
	switch {
	case intKey:
		call = "runner.IntKey(" + call + ")"
	case keyType.Kind != ir.String:
		call = "string(" + call + ")"
	}
	f.linef("%s = runner.EntityType{\nName: %q,\nID: %d,\nRank: %d,\nIntKey: %t,\nGraph: %t,", g.descID(e.Name), e.Name, i, g.facts.Ranks[e.Name], intKey, g.keepsSharing(e.Name))
	if intKey {
		f.linef("CheckInt: runner.CheckIntKey[%s],", g.goType(f, g.underlying(keyType)))
	}
	f.linef("New: func() any { return new(%s) },", id)
	f.linef("Key: func(state any) string { return %s },", call)
	f.linef("Enc: func(e *runner.Enc, state any) { %s(e, state.(*%s)) },", g.putFunc(state, true), id)
	f.linef("Dec: func(d *runner.Dec) any {\nv := new(%s)\n%s(d, v)\nreturn v\n},\n}", id, g.fillFunc(state, true))
}

func (g *gen) writeFunc(f *file, id int, fn *fun) {
	f.linef("%s = runner.Func{\nName: %q,\nID: %d,", fn.desc(), fn.f.Name, id)
	if fn.f.Self != "" && fn.f.Entity != "" {
		f.linef("Entity: &%s,", g.descID(fn.f.Entity))
	}
	if fn.f.Creates != "" {
		f.linef("Creates: &%s,", g.descID(fn.f.Creates))
	}
	var params []string
	copyArgs, copyResults := false, false
	for _, p := range fn.f.Params {
		params = append(params, fmt.Sprintf("%q", p.Name))
		copyArgs = copyArgs || g.hasMemory(p.Type)
	}
	if len(params) > 0 {
		f.linef("Params: []string{%s},", strings.Join(params, ", "))
	}
	hasError := false
	for _, r := range fn.f.Results {
		copyResults = copyResults || g.hasMemory(r.Type)
		hasError = r.Type.Kind == ir.Error
	}
	f.linef("Results: %d,", len(fn.f.Results))
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"Exported", fn.f.Exported}, {"Variadic", fn.f.Variadic}, {"HasError", hasError}, {"Writes", fn.facts.Effects == ir.Writes},
		{"ReadOnly", fn.facts.ReadOnly}, {"CopyArgs", copyArgs}, {"CopyResults", copyResults},
	} {
		if flag.set {
			f.linef("%s: true,", flag.name)
		}
	}
	if fn.f.File != "" {
		f.linef("File: %q,\nLine: %d,", fn.f.File, fn.f.At)
	}
	f.linef("New: func() runner.Frame { return new(%s) },", fn.frame())
	f.linef("Zero: func(f runner.Frame) { *f.(*%s) = %s{} },\n}", fn.frame(), fn.frame())
}

// writeDyn writes the table of types behind interfaces.
func (g *gen) writeDyn(f *file) {
	types := g.dynTypes()
	var lines []string
	entry := func(name, typ, zero, enc, dec string) {
		lines = append(lines, fmt.Sprintf("{\nName: %q,\nZero: %s,\nIs: func(v any) bool { _, ok := v.(%s); return ok },\nEnc: func(e *runner.Enc, v any) { %s },\nDec: func(d *runner.Dec) any { %s },\n},", name, zero, typ, enc, dec))
	}
	for _, t := range types {
		if t.Kind == ir.FuncKind {
			ft := g.fnType(t)
			ft.needBox = true
			entry(t.String(), ft.boxed, ft.boxed+"{}", fmt.Sprintf("e.Any(v.(%s).F)", ft.boxed), fmt.Sprintf("v, _ := d.Any().(%s); return %s{F: v}", ft.id, ft.boxed))
			continue
		}
		typ := g.goType(f, t)
		entry(t.String(), typ, "*new("+typ+")", fmt.Sprintf("%s(e, v.(%s))", g.encFunc(t, true), typ), fmt.Sprintf("return %s(d)", g.decFunc(t, true)))
	}
	for _, fn := range g.order {
		if fn.closure {
			c := g.cloCodec(fn)
			c.fill = true
			typ := "*" + fn.clo()
			entry("closure "+fn.f.Name, typ, "("+typ+")(nil)", fmt.Sprintf("runner.EncPtr(e, v.(%s), put_%s)", typ, c.id), fmt.Sprintf("return runner.DecPtr(d, fill_%s)", c.id))
		}
		if fn.value {
			typ := "fv_" + fn.id
			entry("func "+fn.f.Name, typ, typ+"{}", "e.Nil()", fmt.Sprintf("d.Nil(); return %s{}", typ))
		}
	}
	if len(lines) > 0 {
		f.linef("p.Dyn = []*runner.DynType{\n%s\n}", strings.Join(lines, "\n"))
	}
}
