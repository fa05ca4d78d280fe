// This file finds declarations by name and answers questions about types that need the program.

package ir

import (
	"maps"
	"slices"
	"strings"
)

// index finds the positions of declarations by name. It is a cache: an answer is checked against the program, and the
// index is made anew when the program has changed.
type index struct {
	types, entities, vars, externs, funcs map[string]int
}

func (p *Program) makeIndex() *index {
	ix := &index{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}}
	for i, d := range p.Types {
		ix.types[d.Name] = i
	}
	for i, d := range p.Entities {
		ix.entities[d.Name] = i
	}
	for i, d := range p.Vars {
		ix.vars[d.Name] = i
	}
	for i, d := range p.Externs {
		ix.externs[d.Name] = i
	}
	for i, d := range p.Funcs {
		ix.funcs[d.Name] = i
	}
	return ix
}

// find gives the declaration of a name, or nil.
func find[D any](p *Program, list []*D, name string, positions func(*index) map[string]int, nameOf func(*D) string) *D {
	ix := p.index.Load()
	if ix != nil {
		if i, ok := positions(ix)[name]; ok && i < len(list) && nameOf(list[i]) == name {
			return list[i]
		}
	}
	for _, d := range list {
		if nameOf(d) == name {
			p.index.Store(p.makeIndex())
			return d
		}
	}
	return nil
}

// Func gives the function of a name, or nil. Lookups are safe for concurrent use while nobody changes the program.
func (p *Program) Func(name string) *Func {
	return find(p, p.Funcs, name, func(ix *index) map[string]int { return ix.funcs }, func(d *Func) string { return d.Name })
}

// Type gives the declared type of a name, or nil.
func (p *Program) Type(name string) *TypeDef {
	return find(p, p.Types, name, func(ix *index) map[string]int { return ix.types }, func(d *TypeDef) string { return d.Name })
}

// Entity gives the entity type of a name, or nil.
func (p *Program) Entity(name string) *Entity {
	return find(p, p.Entities, name, func(ix *index) map[string]int { return ix.entities }, func(d *Entity) string { return d.Name })
}

// Var gives the package variable of a name, or nil.
func (p *Program) Var(name string) *Var {
	return find(p, p.Vars, name, func(ix *index) map[string]int { return ix.vars }, func(d *Var) string { return d.Name })
}

// Extern gives the extern of a name, or nil.
func (p *Program) Extern(name string) *Extern {
	return find(p, p.Externs, name, func(ix *index) map[string]int { return ix.externs }, func(d *Extern) string { return d.Name })
}

// Block gives the block of a name, or nil.
func (f *Func) Block(name string) *Block {
	for _, b := range f.Blocks {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// IsStruct says whether the definition is of a struct type.
func (d *TypeDef) IsStruct() bool { return d.Is == nil && (len(d.Struct) > 0 || d.Empty == "struct") }

// IsInterface says whether the definition is of an interface type.
func (d *TypeDef) IsInterface() bool {
	return d.Is == nil && (len(d.Iface) > 0 || d.Empty == "interface")
}

// Underlying gives the type behind declared names: a type of another kind, or a declared type that is itself a struct
// or an interface (see Fields and Sigs). An undeclared name, or one that is declared by way of itself, gives nil.
func Underlying(p *Program, t *Type) *Type {
	for n := 0; t != nil && t.Kind == NamedKind; n++ {
		d := p.Type(t.Name)
		if d == nil || n > len(p.Types) {
			return nil
		}
		if d.IsStruct() || d.IsInterface() {
			return t
		}
		t = d.Is
	}
	return t
}

// Fields gives the fields of a struct type, and whether it is one.
func Fields(p *Program, t *Type) ([]*FieldDef, bool) {
	u := Underlying(p, t)
	if u == nil || u.Kind != NamedKind {
		return nil, false
	}
	d := p.Type(u.Name)
	return d.Struct, d.IsStruct()
}

// FieldOf gives a field of a struct type, or nil.
func FieldOf(p *Program, t *Type, name string) *FieldDef {
	fields, _ := Fields(p, t)
	for _, f := range fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

var errorSigs = []*Sig{{Name: "Error", Type: &Type{Kind: FuncKind, Results: []*Type{Basic(String)}}}}

// Sigs gives the method set of an interface type (any and error included), and whether it is one.
func Sigs(p *Program, t *Type) ([]*Sig, bool) {
	u := Underlying(p, t)
	switch {
	case u == nil:
		return nil, false
	case u.Kind == Any:
		return nil, true
	case u.Kind == Error:
		return errorSigs, true
	case u.Kind != NamedKind:
		return nil, false
	}
	d := p.Type(u.Name)
	return d.Iface, d.IsInterface()
}

// IsInterface says whether a type is an interface: any, error or a declared one.
func IsInterface(p *Program, t *Type) bool {
	_, ok := Sigs(p, t)
	return ok
}

// FuncType gives the type of a function as a value; the receiver of a plain type's method is its first parameter, the
// own receiver of an entity's method is not among them.
func FuncType(f *Func) *Type {
	t := &Type{Kind: FuncKind, Variadic: f.Variadic}
	for _, l := range f.Params {
		t.Params = append(t.Params, l.Type)
	}
	for _, l := range f.Results {
		t.Results = append(t.Results, l.Type)
	}
	return t
}

// MethodOf gives the function that a method name selects on a concrete type (`T`, `ptr T` or `ref E`), or nil, and its
// type without the receiver. For a reference the function is an entity's method: calling it is an invoke.
func MethodOf(p *Program, t *Type, name string) (*Func, *Type) {
	if t == nil {
		return nil, nil
	}
	base := t
	if t.Kind == PtrKind {
		base = t.Elem
	}
	d := p.Type(base.Name)
	switch {
	case t.Kind == RefKind:
		if f := boundMethod(p, d, name, true); f != nil {
			return f, FuncType(f)
		}
		if f := p.Func(t.Name + "." + name); f != nil && f.Entity == t.Name && f.Self != "" {
			return f, FuncType(f)
		}
		return nil, nil
	case base.Kind != NamedKind || p.Entity(base.Name) != nil:
		return nil, nil
	}
	f := boundMethod(p, d, name, t.Kind == PtrKind)
	if f == nil || len(f.Params) == 0 {
		return nil, nil
	}
	ft := FuncType(f)
	ft.Params = ft.Params[1:]
	return f, ft
}

// boundMethod finds a method in a definition's list; pointer says whether those of *T count.
func boundMethod(p *Program, d *TypeDef, name string, pointer bool) *Func {
	if d == nil {
		return nil
	}
	for _, m := range d.Methods {
		if m.Name == name && (pointer || !m.Pointer) {
			return p.Func(m.Func)
		}
	}
	return nil
}

// Implements says whether a type has all methods of an interface type. Types of the host library, time and duration
// are taken at the frontend's word: their methods are not part of the program.
func Implements(p *Program, t, iface *Type) bool {
	want, ok := Sigs(p, iface)
	if !ok || t == nil {
		return false
	}
	if have, ok := Sigs(p, t); ok {
		return hasSigs(have, want)
	}
	if len(want) == 0 || isHost(p, t) {
		return true
	}
	for _, s := range want {
		f, ft := MethodOf(p, t, s.Name)
		if f == nil || !ft.Equal(s.Type) || s.Package != "" && s.Package != packageOf(p, t) {
			return false
		}
	}
	return true
}

func hasSigs(have, want []*Sig) bool {
	for _, w := range want {
		found := false
		for _, h := range have {
			found = found || h.Name == w.Name && h.Package == w.Package && h.Type.Equal(w.Type)
		}
		if !found {
			return false
		}
	}
	return true
}

// IsHostName says whether a name is of a host's library: go:io.EOF.
func IsHostName(name string) bool { return hostOf(name) != "" }

// hostOf gives the host that a name is of: go.
func hostOf(name string) string {
	host, _, found := strings.Cut(name, ":")
	if !found || strings.ContainsFunc(host, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return ""
	}
	return host
}

// Hosts gives the hosts whose libraries a program needs, sorted: a backend runs it if it runs on one that is all of
// them. A program without externs, host types and host variables needs none.
func Hosts(p *Program) []string {
	hosts := map[string]bool{}
	for _, x := range p.Externs {
		hosts[hostOf(x.Name)] = true
	}
	for _, f := range p.Funcs {
		for _, list := range [][]*Local{f.Params, f.Results, f.Captures, f.Locals} {
			for _, l := range list {
				hostsIn(l.Type, hosts)
			}
		}
		WalkExprs(f, func(e Expr) {
			if g, ok := e.(*Global); ok {
				hosts[hostOf(g.Name)] = true
			}
		})
	}
	for _, d := range p.Types {
		hostsIn(d.Is, hosts)
		for _, f := range d.Struct {
			hostsIn(f.Type, hosts)
		}
	}
	delete(hosts, "")
	return slices.Sorted(maps.Keys(hosts))
}

// hostsIn notes the hosts of the types in a type.
func hostsIn(t *Type, hosts map[string]bool) {
	if t == nil {
		return
	}
	if t.Kind == Host {
		hosts[hostOf(t.Name)] = true
	}
	hostsIn(t.Key, hosts)
	hostsIn(t.Elem, hosts)
	for _, u := range append(slices.Clone(t.Params), t.Results...) {
		hostsIn(u, hosts)
	}
}

// isHost says whether a type's methods are the host library's.
func isHost(p *Program, t *Type) bool {
	if t.Kind == PtrKind {
		t = t.Elem
	}
	return t.Kind == Host || t.Kind == Time || t.Kind == Duration
}

// packageOf gives the import path that qualifies a type's unexported methods: the program's own one is written as the
// program's id.
func packageOf(p *Program, t *Type) string {
	if t.Kind == PtrKind {
		t = t.Elem
	}
	if d := p.Type(t.Name); d != nil && d.Package != "" {
		return d.Package
	}
	return p.ID
}
