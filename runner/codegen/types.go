// This file writes types: how a type is spelled in Go, and the declarations of the program's own.

package codegen

import (
	"fmt"
	"go/token"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// goType spells a type in a file.
func (g *gen) goType(f *file, t *ir.Type) string {
	if t.Kind == ir.ListKind && t.Elem.Kind == ir.U8 {
		return "[]byte" // vet wants methods as MarshalJSON to say so
	}
	return ir.Spell(t, func(t *ir.Type) string {
		switch t.Kind {
		case ir.RefKind:
			return g.refID(t.Name)
		case ir.FuncKind:
			return g.fnType(t).id
		case ir.Time:
			return g.use(f, "time") + ".Time"
		case ir.Duration:
			return g.use(f, "time") + ".Duration"
		case ir.Host:
			importPath, name, args := hostName(t.Name, false)
			return g.use(f, importPath) + "." + name + g.typeArgs(f, args)
		case ir.NamedKind:
			return g.types[t.Name]
		case ir.PanicKind:
			return "*" + g.use(f, runnerPath) + ".Panic"
		}
		return ""
	})
}

// hostName splits go:strings.Builder, or go:slices.Sort[list int], into import path, name and type arguments; of a
// method (go:strings.Builder.WriteString, go:math/big.Int.Add) the name is the method's.
func hostName(name string, method bool) (importPath, id, args string) {
	name = strings.TrimPrefix(name, "go:")
	if i := strings.IndexByte(name, '['); i >= 0 && strings.HasSuffix(name, "]") {
		name, args = name[:i], name[i+1:len(name)-1]
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return name, "", args
	}
	importPath, id = name[:slash+dot], name[slash+dot+1:]
	if method {
		id = id[strings.LastIndexByte(id, '.')+1:]
	}
	return importPath, id, args
}

// typeArgs spells the type arguments of an instance: `list int, string` gives [[]int, string].
func (g *gen) typeArgs(f *file, args string) string {
	if args == "" {
		return ""
	}
	var list []string
	for _, a := range ir.TypeArgs(args) {
		t, err := ir.ParseType(a)
		if err != nil {
			g.errs = append(g.errs, fmt.Errorf("type argument %q: %w", a, err))
			return ""
		}
		list = append(list, g.goType(f, t))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// isFunc says whether values of a type are func values, and whether by a declared name: those are wrapped in a struct
// that carries the name and its methods.
func (g *gen) isFunc(t *ir.Type) (is, named bool) {
	return g.underlying(t).Kind == ir.FuncKind, t.Kind == ir.NamedKind
}

// sizeOf estimates the bytes of a value of a type; only limits depend on it.
func (g *gen) sizeOf(t *ir.Type) int { return g.sizeIn(t, 0) }

func (g *gen) sizeIn(t *ir.Type, depth int) int {
	u := g.underlying(t)
	switch u.Kind {
	case ir.Bool, ir.I8, ir.U8:
		return 1
	case ir.I16, ir.U16:
		return 2
	case ir.I32, ir.U32, ir.F32:
		return 4
	case ir.C128, ir.String, ir.Any, ir.Error, ir.RefKind, ir.FuncKind:
		return 16
	case ir.ListKind, ir.Time:
		return 24
	case ir.Host:
		return 64
	case ir.ArrayKind:
		return saturate(u.Len, g.sizeIn(u.Elem, depth))
	case ir.NamedKind:
		d := g.p.Type(u.Name)
		if d == nil || d.IsInterface() || depth > len(g.p.Types) {
			return 16
		}
		sum := 0
		for _, f := range d.Struct {
			sum = min(sum+max(8, g.sizeIn(f.Type, depth+1)), maxSize)
		}
		return sum
	}
	return 8
}

const maxSize = 1 << 48

func saturate(n, size int) int {
	if size > 0 && n > maxSize/size {
		return maxSize
	}
	return n * size
}

// writeTypes writes the declarations of types.go.
func (g *gen) writeTypes() {
	f := g.file("types.go")
	for _, e := range g.p.Entities {
		g.writeRef(f, e)
	}
	for _, d := range g.p.Types {
		g.writeType(f, d)
	}
	for _, v := range g.p.Vars {
		f.linef("var %s %s\n", g.varID[v.Name], g.goType(f, v.Type))
	}
	g.writeFnTypes(f)
	f.lines(g.weighing...)
}

// writeRef declares the reference type of an entity type. It has the entity's methods, so that interfaces hold it as
// they hold the pointer in the source; they are never called, because a call on a reference is an invoke.
func (g *gen) writeRef(f *file, e *ir.Entity) {
	g.use(f, runnerPath)
	id, state := g.refID(e.Name), g.types[e.Name]
	f.linef("// %s is a reference to the %s of its key; \"\" is nil.", id, e.Name)
	f.linef("type %s string\n", id)
	f.linef("func (%s) EntityType() *runner.EntityType { return &%s }", id, g.descID(e.Name))
	f.linef("func (r %s) RefKey() string { return string(r) }\n", id)
	for _, m := range g.methodsOf(ir.RefType(e.Name)) {
		if m.name == "EntityType" || m.name == "RefKey" {
			g.fail(m.f, m.f.At, "a method of an entity cannot be named %s", m.name)
			continue
		}
		f.linef("func (%s) %s%s { panic(%q) }", id, m.name, g.signature(f, m.t), m.f.Name+" is called by the host library")
	}
	f.lines("")
	if !g.selfRefs[e.Name] {
		return
	}
	f.linef("// %s is the own receiver as a value: the reference to the entity that runs.", g.types["self "+e.Name])
	f.linef("func %s(t *runner.Thread, x *%s) %s {\nif x == nil {\nreturn \"\"\n}\nreturn %s(t.SelfKey())\n}\n", g.types["self "+e.Name], state, id, id)
}

// method is one of a concrete type's method set, as Go names and types it.
type method struct {
	name string
	f    *ir.Func
	t    *ir.Type // without the receiver
}

// methodsOf gives the method set of a concrete type, by name.
func (g *gen) methodsOf(t *ir.Type) []method {
	found := map[string]bool{}
	var list []method
	add := func(name string) {
		if f, ft := ir.MethodOf(g.p, t, name); f != nil && !found[name] {
			found[name] = true
			list = append(list, method{g.methodName(name, g.packageOf(t)), f, ft})
		}
	}
	base := t
	if t.Kind == ir.PtrKind {
		base = t.Elem
	}
	if d := g.p.Type(base.Name); d != nil {
		for _, m := range d.Methods {
			add(m.Name)
		}
	}
	if t.Kind == ir.RefKind {
		for _, fn := range g.order {
			if name, ok := strings.CutPrefix(fn.f.Name, t.Name+"."); ok && fn.f.Entity == t.Name && !strings.ContainsAny(name, ".$[") {
				add(name)
			}
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return list
}

// packageOf gives the import path that a type's unexported methods belong to.
func (g *gen) packageOf(t *ir.Type) string {
	if t.Kind == ir.PtrKind {
		t = t.Elem
	}
	if d := g.p.Type(t.Name); d != nil && d.Package != "" {
		return d.Package
	}
	return g.p.ID
}

// methodName gives a method's name in this package: unexported ones of other packages get theirs, so that the methods
// of two packages never satisfy each other's interfaces.
func (g *gen) methodName(name, pkg string) string {
	if token.IsExported(name) || pkg == "" || pkg == g.p.ID {
		return name
	}
	return name + "_" + identifier(pkg)
}

// signature spells parameters and results in Go's way, without names.
func (g *gen) signature(f *file, t *ir.Type) string {
	var params []string
	for i, p := range t.Params {
		if t.Variadic && i == len(t.Params)-1 {
			params = append(params, "..."+g.goType(f, p.Elem))
		} else {
			params = append(params, g.goType(f, p))
		}
	}
	return "(" + strings.Join(params, ", ") + ")" + g.resultTypes(f, t.Results)
}

func (g *gen) resultTypes(f *file, results []*ir.Type) string {
	switch len(results) {
	case 0:
		return ""
	case 1:
		return " " + g.goType(f, results[0])
	}
	var list []string
	for _, r := range results {
		list = append(list, g.goType(f, r))
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// writeType declares a type and its methods.
func (g *gen) writeType(f *file, d *ir.TypeDef) {
	eq := " "
	if d.Alias {
		eq = " = "
	}
	head := "type " + g.types[d.Name] + eq
	switch {
	case d.IsStruct():
		f.lines(head + g.structType(f, d) + "\n")
	case d.IsInterface():
		f.lines(head + "interface {")
		for _, s := range d.Iface {
			f.lines(g.methodName(s.Name, s.Package) + g.signature(f, s.Type))
		}
		f.lines("}\n")
	default:
		if is, _ := g.isFunc(d.Is); is && d.Is.Kind == ir.FuncKind {
			f.linef("%sstruct{ F %s }\n", head, g.goType(f, d.Is))
		} else {
			f.lines(head + g.goType(f, d.Is) + "\n")
		}
	}
	if g.p.Entity(d.Name) == nil && !d.Alias && !d.IsInterface() {
		g.writeMethods(f, d)
	}
}

func (g *gen) structType(f *file, d *ir.TypeDef) string {
	var b strings.Builder
	b.WriteString("struct {\n")
	for _, fd := range d.Struct {
		b.WriteString(g.field(f, d, fd))
		if fd.Tag != "" {
			b.WriteString(" " + quoteTag(fd.Tag))
		}
		b.WriteByte('\n')
	}
	b.WriteString("}")
	return b.String()
}

func quoteTag(tag string) string {
	if strconv.CanBackquote(tag) {
		return "`" + tag + "`"
	}
	return strconv.Quote(tag)
}

// field spells a struct field. An embedded type whose identifier is not the field's name is embedded through an alias of
// that name; an embedded reference is an ordinary field, because its promoted methods are the frontend's wrappers.
func (g *gen) field(f *file, d *ir.TypeDef, fd *ir.FieldDef) string {
	t := g.goType(f, fd.Type)
	if !fd.Embedded || fd.Type.Kind == ir.RefKind {
		return fd.Name + " " + t
	}
	name := strings.TrimPrefix(t, "*")
	if name[strings.LastIndexByte(name, '.')+1:] == fd.Name {
		return t
	}
	star := t[:len(t)-len(name)]
	key := "embed " + fd.Name + " " + name
	if g.types[key] == "" {
		if g.global.has(fd.Name) {
			g.errs = append(g.errs, fmt.Errorf("%s: type %s: embedded field %q: the name is taken by another declaration of the program", d.At, d.Name, fd.Name))
			return fd.Name + " " + t
		}
		g.global.reserve(fd.Name)
		g.types[key] = fd.Name
		f.linef("type %s = %s\n", fd.Name, name)
	}
	return star + fd.Name
}

// writeMethods declares the Go methods of a plain type. Generated code does not need them: the host library and Go's own
// interface checks do. They run on a thread of their own; one that would leave the entity exists for checks only.
func (g *gen) writeMethods(f *file, d *ir.TypeDef) {
	if u := g.underlying(ir.NamedType(d.Name)); u.Kind == ir.PtrKind {
		return
	}
	for _, m := range d.Methods {
		fn := g.funcs[m.Func]
		if fn == nil || len(fn.f.Params) == 0 {
			continue
		}
		ft := ir.FuncType(fn.f)
		ft.Params = ft.Params[1:]
		star := ""
		if m.Pointer {
			star = "*"
		}
		name := g.methodName(m.Name, g.packageOf(ir.NamedType(d.Name)))
		head := fmt.Sprintf("func (x %s%s) %s", star, g.types[d.Name], name)
		if fn.suspends() {
			f.linef("%s%s { panic(%q) }\n", head, g.signature(f, ft), m.Func+" calls other entities: the host library cannot call it")
			continue
		}
		g.use(f, runnerPath)
		args := []string{"t", "x"}
		if m.Pointer != (fn.f.Params[0].Type.Kind == ir.PtrKind) {
			args[1] = map[bool]string{true: "*x", false: "&x"}[m.Pointer]
		}
		var params []string
		for i, p := range ft.Params {
			spread := ""
			t := g.goType(f, p)
			if ft.Variadic && i == len(ft.Params)-1 {
				spread, t = "...", g.goType(f, p.Elem)
			}
			params = append(params, fmt.Sprintf("a%d %s%s", i, spread, t))
			args = append(args, fmt.Sprintf("a%d", i))
		}
		call := fmt.Sprintf("%s(%s)", fn.id, strings.Join(args, ", "))
		if len(ft.Results) > 0 {
			call = "return " + call
		}
		f.linef("%s(%s)%s {\nt := runner.Called()\ndefer t.Release()\n%s\n}\n", head, strings.Join(params, ", "), g.resultTypes(f, ft.Results), call)
	}
}

// implementers gives the concrete types that a method call on an interface may meet: references, declared types and
// pointers to them, in the program's order.
func (g *gen) implementers(iface *ir.Type, name string) []*ir.Type {
	var list []*ir.Type
	add := func(t *ir.Type) {
		if f, _ := ir.MethodOf(g.p, t, name); f != nil && (g.underlying(iface).Kind == ir.Host || ir.Implements(g.p, t, iface)) {
			list = append(list, t)
		}
	}
	for _, e := range g.p.Entities {
		add(ir.RefType(e.Name))
	}
	for _, d := range g.p.Types {
		if d.IsInterface() || d.Alias || g.p.Entity(d.Name) != nil {
			continue
		}
		add(ir.NamedType(d.Name))
		add(ir.PtrType(ir.NamedType(d.Name)))
	}
	return list
}

// hasMemory says whether a value of a type may reach slices, maps, pointers or the like, which must be copied when it
// crosses an invoke.
func (g *gen) hasMemory(t *ir.Type) bool { return g.memory(t, nil) }

func (g *gen) memory(t *ir.Type, path []string) bool {
	u := g.underlying(t)
	switch u.Kind {
	case ir.ListKind, ir.MapKind, ir.PtrKind, ir.FuncKind, ir.Any, ir.Error, ir.Host:
		return true
	case ir.ArrayKind:
		return g.memory(u.Elem, path)
	case ir.NamedKind:
		d := g.p.Type(u.Name)
		if d.IsInterface() {
			return true
		}
		if slices.Contains(path, u.Name) {
			return false
		}
		for _, f := range d.Struct {
			if g.memory(f.Type, append(path, u.Name)) {
				return true
			}
		}
	}
	return false
}
