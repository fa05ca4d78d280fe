// This file defines the verifier: what must hold in a program before anybody may rely on it. Here are the declarations.

package ir

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Verify checks a program, whoever made it: names, types, control flow, definite assignment, the rules of receivers,
// cells, panic slots, keys and state, and the derived facts that it states. An error is of type Problems and lists what
// is wrong in the order of the program, up to a limit; it names function, block and instruction, and the line of the file
// that the program was read from.
func Verify(p *Program) error {
	v := &verifier{p: p}
	v.program()
	for _, d := range p.Types {
		v.typeDef(d)
	}
	for _, e := range p.Entities {
		v.entity(e)
	}
	for _, d := range p.Vars {
		v.in(d, func() { v.name(d.Name); v.valueType(d.Type) })
	}
	for _, x := range p.Externs {
		v.extern(x)
	}
	for _, f := range p.Funcs {
		v.in(f, func() { v.function(f) })
	}
	if len(v.errs) == 0 {
		v.facts()
	}
	if len(v.errs) > 0 {
		return v.errs
	}
	return nil
}

// verifier walks over a program and collects what is wrong.
type verifier struct {
	p     *Program
	where place
	at    any // the innermost thing that may have a position
	errs  Problems

	s     *Scope         // of the function at hand
	types map[Expr]*Type // its expressions that have been checked
	depth int            // of the expression at hand
}

func (v *verifier) fail(format string, args ...any) {
	if len(v.errs) >= maxErrors {
		return
	}
	e := &Problem{Where: v.where.String(), Message: fmt.Sprintf(format, args...)}
	if pos, ok := v.p.positions[v.at]; ok {
		e.File, e.Line, e.Col = v.p.source, pos.line, pos.col
	}
	v.errs = append(v.errs, e)
}

// in runs a check inside a declaration or block.
func (v *verifier) in(x any, check func()) {
	old := v.at
	back := v.where.enter(x)
	if _, ok := v.p.positions[x]; ok {
		v.at = x
	}
	check()
	back()
	v.at = old
}

func (v *verifier) program() {
	if v.p.IR != Version {
		v.fail("format %q is not %s", v.p.IR, Version)
	}
	if v.p.ID == "" {
		v.fail("the program has no id")
	} else {
		v.name(v.p.ID)
	}
	if !isIdentifier(v.p.Name) {
		v.fail("the program's name %q is no identifier", v.p.Name)
	}
	if v.p.Version < 1 {
		v.fail("version %d: versions begin with 1", v.p.Version)
	}
	unique(v, "type", v.p.Types, func(d *TypeDef) string { return d.Name })
	unique(v, "entity type", v.p.Entities, func(d *Entity) string { return d.Name })
	unique(v, "variable", v.p.Vars, func(d *Var) string { return d.Name })
	unique(v, "extern", v.p.Externs, func(d *Extern) string { return d.Name })
	unique(v, "function", v.p.Funcs, func(d *Func) string { return d.Name })
	v.ranks()
	if v.p.Init != "" {
		f := v.p.Func(v.p.Init)
		switch {
		case f == nil:
			v.fail("init function %q is not declared", v.p.Init)
		case len(f.Params)+len(f.Results)+len(f.Captures) > 0 || f.Entity != "" || f.Exported:
			v.fail("init function %q must be a plain function without parameters and results, and not exported", v.p.Init)
		}
	}
}

// unique checks that no two declarations of a list have one name.
func unique[D any](v *verifier, what string, list []*D, name func(*D) string) {
	seen := map[string]bool{}
	for _, d := range list {
		if seen[name(d)] {
			v.in(d, func() { v.fail("%s %q is declared twice", what, name(d)) })
		}
		seen[name(d)] = true
	}
}

// ranks: all absent (0), or all different.
func (v *verifier) ranks() {
	byRank := map[int]string{}
	some := false
	for _, e := range v.p.Entities {
		some = some || e.Rank != 0
	}
	for _, e := range v.p.Entities {
		v.in(e, func() {
			if other, ok := byRank[e.Rank]; ok && some {
				v.fail("rank %d is the rank of %q too", e.Rank, other)
			}
			if e.Rank < 0 {
				v.fail("rank %d is negative", e.Rank)
			}
		})
		byRank[e.Rank] = e.Name
	}
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// name checks a name of the program's own making: not empty, one word, printable.
func (v *verifier) name(s string) {
	if s == "" {
		v.fail("a name is empty")
		return
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		v.fail("name %q is not printable", s)
	}
}

// use says in what place a type stands.
type use uint8

const (
	inValue use = iota // may be stored: fields, elements, variables
	inLocal            // a variable of a function: also a panic slot, or a pointer to a draft
)

// valueType checks a type that may stand anywhere.
func (v *verifier) valueType(t *Type) bool { return v.typ(t, inValue, 0) }

// typ checks that a type is well formed, its names declared, and that entity types stand behind references only.
func (v *verifier) typ(t *Type, u use, depth int) bool {
	switch {
	case t == nil || t.Kind == Invalid:
		v.fail("a type is missing")
		return false
	case depth > maxTypeDepth:
		v.fail("a type is nested deeper than %d", maxTypeDepth)
		return false
	}
	switch t.Kind {
	case ListKind:
		return v.typ(t.Elem, inValue, depth+1)
	case ArrayKind:
		return v.typ(t.Elem, inValue, depth+1)
	case MapKind:
		ok := v.typ(t.Key, inValue, depth+1) && v.typ(t.Elem, inValue, depth+1)
		if ok && !v.comparable(t.Key) {
			v.fail("map key of type %s: its values cannot be compared", t.Key)
			return false
		}
		return ok
	case PtrKind:
		if u == inLocal && t.Elem != nil && t.Elem.Kind == NamedKind && v.p.Entity(t.Elem.Name) != nil {
			return v.p.Type(t.Elem.Name) != nil
		}
		return v.typ(t.Elem, inValue, depth+1)
	case RefKind:
		if v.p.Entity(t.Name) == nil {
			v.fail("entity type %q is not declared", t.Name)
			return false
		}
	case FuncKind:
		ok := true
		for _, e := range append(slices.Clone(t.Params), t.Results...) {
			ok = v.typ(e, inValue, depth+1) && ok
		}
		if t.Variadic && (len(t.Params) == 0 || t.Params[len(t.Params)-1].Kind != ListKind) {
			v.fail("a variadic function's last parameter is a list")
			ok = false
		}
		return ok
	case PanicKind:
		if u != inLocal || depth > 0 {
			v.fail("a panic slot is a local: nothing else is of type panic")
			return false
		}
	case Host:
		if !IsHostName(t.Name) {
			v.fail("host type %q does not begin with its host: go:strings.Builder", t.Name)
			return false
		}
	case NamedKind:
		switch {
		case v.p.Type(t.Name) == nil:
			v.fail("type %q is not declared", t.Name)
			return false
		case v.p.Entity(t.Name) != nil:
			v.fail("entity type %q stands as a value: write ref %s", t.Name, t.Name)
			return false
		}
	}
	return true
}

// comparable says whether two values of a type can be compared; interfaces can, at run time.
func (v *verifier) comparable(t *Type) bool { return v.comparableIn(t, map[string]bool{}) }

func (v *verifier) comparableIn(t *Type, seen map[string]bool) bool {
	u := Underlying(v.p, t)
	if u == nil {
		return false
	}
	switch u.Kind {
	case ListKind, MapKind, FuncKind, PanicKind:
		return false
	case ArrayKind:
		return v.comparableIn(u.Elem, seen)
	case NamedKind:
		if seen[u.Name] {
			return true
		}
		seen[u.Name] = true
		fields, _ := Fields(v.p, u)
		for _, f := range fields {
			if !v.comparableIn(f.Type, seen) {
				return false
			}
		}
	}
	return true
}

func (v *verifier) typeDef(d *TypeDef) {
	v.in(d, func() {
		if t, err := ParseType(d.Name); err != nil || t.Kind != NamedKind || t.Name != d.Name {
			v.fail("%q cannot be the name of a type: it is a word of the type syntax, or no name", d.Name)
		}
		v.definition(d)
		v.structFields(d)
		v.methods(d)
		v.interfaceSigs(d)
	})
}

// definition checks that a type is exactly one of: another type, a struct, an interface.
func (v *verifier) definition(d *TypeDef) {
	n := 0
	for _, is := range []bool{d.Is != nil, len(d.Struct) > 0, len(d.Iface) > 0, d.Empty != ""} {
		if is {
			n++
		}
	}
	switch {
	case n != 1:
		v.fail("a type is one of is, struct, interface, or empty")
	case d.Empty != "" && d.Empty != "struct" && d.Empty != "interface":
		v.fail("empty is \"struct\" or \"interface\", not %q", d.Empty)
	case d.Is != nil && d.Alias:
		v.fail("an alias is of a struct or an interface: write the type itself")
	case d.Is != nil && v.typ(d.Is, inValue, 0):
		if Underlying(v.p, NamedType(d.Name)) == nil {
			v.fail("type %q is declared by way of itself", d.Name)
		} else if v.holdsItself(d) {
			v.fail("type %q holds itself by value", d.Name)
		}
	case v.holdsItself(d):
		v.fail("struct %q holds itself by value", d.Name)
	}
}

// holdsItself says whether a value of a type would contain another one.
func (v *verifier) holdsItself(d *TypeDef) bool {
	seen := map[string]bool{}
	var holds func(t *Type) bool
	inside := func(e *TypeDef) bool {
		if e.Is != nil {
			return holds(e.Is)
		}
		return slices.ContainsFunc(e.Struct, func(f *FieldDef) bool { return holds(f.Type) })
	}
	holds = func(t *Type) bool {
		for t != nil && t.Kind == ArrayKind {
			t = t.Elem
		}
		if t == nil || t.Kind != NamedKind {
			return false
		}
		if t.Name == d.Name {
			return true
		}
		e := v.p.Type(t.Name)
		if e == nil || seen[t.Name] {
			return false
		}
		seen[t.Name] = true
		return inside(e)
	}
	return inside(d)
}

func (v *verifier) structFields(d *TypeDef) {
	seen := map[string]bool{"_": false}
	for _, f := range d.Struct {
		v.in(f, func() {
			v.name(f.Name)
			if seen[f.Name] {
				v.fail("field %q is declared twice", f.Name)
			}
			v.valueType(f.Type)
		})
		seen[f.Name] = f.Name != "_"
	}
}

// methods checks that every method of a concrete type names a function whose receiver is of that type.
func (v *verifier) methods(d *TypeDef) {
	if len(d.Methods) > 0 && d.IsInterface() {
		v.fail("an interface has no methods of its own: list them under interface")
	}
	for _, m := range d.Methods {
		v.in(m, func() {
			f := v.p.Func(m.Func)
			recv := NamedType(d.Name)
			if m.Pointer {
				recv = PtrType(recv)
			}
			switch {
			case f == nil:
				v.fail("method %q: function %q is not declared", m.Name, m.Func)
			case v.p.Entity(d.Name) != nil:
				if f.Entity != d.Name || f.Self == "" {
					v.fail("method %q: function %q is no method of entity type %q", m.Name, m.Func, d.Name)
				}
			case f.Self != "" || len(f.Captures) > 0 || len(f.Params) == 0 || !f.Params[0].Type.Equal(recv):
				v.fail("method %q: the first parameter of function %q is not the receiver, of type %s", m.Name, m.Func, recv)
			}
		})
	}
	unique(v, "method", d.Methods, func(m *Method) string { return m.Name })
}

func (v *verifier) interfaceSigs(d *TypeDef) {
	for i, s := range d.Iface {
		v.in(s, func() {
			v.name(s.Name)
			if v.valueType(s.Type) && s.Type.Kind != FuncKind {
				v.fail("method %q is of type %s, not a func type", s.Name, s.Type)
			}
			if i > 0 && (d.Iface[i-1].Name > s.Name || d.Iface[i-1].Name == s.Name && d.Iface[i-1].Package >= s.Package) {
				v.fail("method %q: the methods of an interface are sorted by name, each once", s.Name)
			}
		})
	}
}

func (v *verifier) extern(x *Extern) {
	v.in(x, func() {
		if !IsHostName(x.Name) {
			v.fail("an extern's name begins with its host: go:strings.Fields")
		}
		for _, t := range append(slices.Clone(x.Params), x.Results...) {
			v.valueType(t)
		}
		if x.Method && len(x.Params) == 0 {
			v.fail("a method's first parameter is its receiver")
		}
		if n := len(x.Params); x.Variadic && (n == 0 || x.Params[n-1] == nil || x.Params[n-1].Kind != ListKind) {
			v.fail("a variadic extern's last parameter is a list")
		}
	})
}

// entity checks an entity type: its state and its key function.
func (v *verifier) entity(e *Entity) {
	v.in(e, func() {
		if !isIdentifier(e.Name) {
			v.fail("an entity type's name is an identifier")
		}
		d := v.p.Type(e.Name)
		if d == nil || !d.IsStruct() || d.Alias {
			v.fail("entity type %q needs a struct type of its name", e.Name)
			return
		}
		for _, f := range d.Struct {
			if bad := v.notState(f.Type, map[string]bool{}); bad != nil {
				v.fail("field %q: a value of type %s cannot be in state", f.Name, bad)
			}
		}
		v.key(e)
	})
}

// notState gives a type inside t that cannot be in state: a func; what an interface holds is known at run time only.
func (v *verifier) notState(t *Type, seen map[string]bool) *Type {
	if t == nil {
		return nil
	}
	switch t.Kind {
	case FuncKind, PanicKind:
		return t
	case ListKind, ArrayKind, PtrKind:
		return v.notState(t.Elem, seen)
	case MapKind:
		if bad := v.notState(t.Key, seen); bad != nil {
			return bad
		}
		return v.notState(t.Elem, seen)
	case NamedKind:
		d := v.p.Type(t.Name)
		if d == nil || seen[t.Name] {
			return nil
		}
		seen[t.Name] = true
		if bad := v.notState(d.Is, seen); bad != nil {
			return bad
		}
		for _, f := range d.Struct {
			if bad := v.notState(f.Type, seen); bad != nil {
				return bad
			}
		}
	}
	return nil
}

// key checks the shape of a key function, and that no method that can be asked for assigns a field it reads.
func (v *verifier) key(e *Entity) {
	f := v.p.Func(e.Key)
	if f == nil {
		v.fail("key function %q is not declared", e.Key)
		return
	}
	if f.Entity != e.Name || f.Self == "" || len(f.Params) > 0 || len(f.Results) != 1 || len(f.Captures) > 0 {
		v.fail("key function %q is not a method of %s without parameters and with one result", e.Key, e.Name)
		return
	}
	u := Underlying(v.p, f.Results[0].Type)
	if u == nil || u.Kind != String && (!isInteger(u.Kind) || u.Kind == Duration) {
		v.fail("key function %q gives %s: a key is a string or an integer", e.Key, f.Results[0].Type)
	}
	fields := map[string]bool{}
	s := NewScope(v.p, f)
	WalkExprs(f, func(x Expr) {
		if fx, ok := x.(*Field); ok && s.IsSelf(fx.X) {
			fields[fx.Name] = true
		}
	})
	for _, m := range v.p.Funcs {
		if m.Entity == e.Name && m.Self != "" && m.Exported {
			v.keyKept(m, fields)
		}
	}
}

// keyKept checks that a method does not assign the fields that make the key.
func (v *verifier) keyKept(f *Func, fields map[string]bool) {
	s := NewScope(v.p, f)
	for _, b := range f.Blocks {
		for _, i := range b.Do {
			set, ok := i.(*Set)
			if !ok {
				continue
			}
			if fx, ok := set.Place.(*Field); ok && s.IsSelf(fx.X) && fields[fx.Name] {
				v.fail("method %q assigns field %q, which is part of the key", f.Name, fx.Name)
			}
		}
	}
}

// facts checks what a program states about itself against what Analyze finds.
func (v *verifier) facts() {
	x := Analyze(v.p)
	if v.p.Init != "" && x.Func(v.p.Init).Suspends {
		v.fail("init function %q reaches another entity", v.p.Init)
	}
	for _, e := range v.p.Entities {
		v.in(e, func() {
			if k := x.Func(e.Key); k.Suspends || k.Effects == Writes {
				v.fail("key function %q must only read the entity's own state", e.Key)
			}
		})
	}
	if len(v.p.Edges) > 0 && !sameEdges(v.p.Edges, x.Edges) {
		v.fail("the dataflow edges are not those of the functions")
	}
	v.assignedVars(x)
	v.callBacks(x)
	for _, f := range v.p.Funcs {
		v.in(f, func() { v.funcFacts(f, x.Func(f.Name)) })
	}
}

func sameEdges(a, b []*Edge) bool {
	set := func(list []*Edge) map[Edge]bool {
		m := map[Edge]bool{}
		for _, e := range list {
			m[*e] = true
		}
		return m
	}
	sa, sb := set(a), set(b)
	for e := range sa {
		if !sb[e] {
			return false
		}
	}
	return len(sa) == len(sb)
}

// funcFacts: stated effects may be stronger than those found, since Analyze may get sharper; the rest is exact.
func (v *verifier) funcFacts(f *Func, facts *FuncFacts) {
	if f.Suspends && !facts.Suspends {
		v.fail("stated to suspend, but it cannot reach another entity")
	}
	if f.Recursive && !facts.Recursive {
		v.fail("stated to be recursive, but it is not")
	}
	switch {
	case f.Effects != "" && f.Effects != Reads && f.Effects != Writes:
		v.fail("effects %q: want %q or %q", f.Effects, Reads, Writes)
	case f.Effects == Reads && facts.Effects == Writes:
		v.fail("stated to only read, but it may write")
	}
	for _, b := range f.Blocks {
		if want := facts.Live[b.Name]; len(b.Live) > 0 && !sameNames(b.Live, want) {
			v.in(b, func() { v.fail("live is [%s], not [%s]", strings.Join(want, ", "), strings.Join(b.Live, ", ")) })
		}
	}
}

func sameNames(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// assignedVars: package variables are assigned by the init function and what only it reaches.
func (v *verifier) assignedVars(x *Facts) {
	onlyInit := map[*Func]bool{}
	all := func(how) bool { return true }
	if f := v.p.Func(v.p.Init); f != nil {
		for _, g := range x.graph.reach(f, all) {
			onlyInit[g] = true
		}
	}
	for _, f := range v.p.Funcs {
		if f.Exported || f.Self != "" {
			for _, g := range x.graph.reach(f, all) {
				delete(onlyInit, g)
			}
		}
	}
	for _, f := range v.p.Funcs {
		for _, b := range f.Blocks {
			for n, i := range b.Do {
				set, ok := i.(*Set)
				if !ok || onlyInit[f] {
					continue
				}
				if g, ok := rootOf(set.Place).(*Global); ok {
					v.in(f, func() {
						v.in(b, func() {
							v.where.instr, v.at = n+1, i
							v.fail("variable %q is assigned outside initialisation", g.Name)
						})
					})
				}
			}
		}
	}
}

// callBacks: a function that the host library calls back cannot leave the entity. What is checked here are the
// functions that a call names, by a local that holds them or at once.
func (v *verifier) callBacks(x *Facts) {
	for _, f := range v.p.Funcs {
		held := funcsHeld(f)
		for _, b := range f.Blocks {
			for n, i := range b.Do {
				c, ok := i.(*CallExtern)
				if !ok {
					continue
				}
				for _, name := range handedOver(c, held) {
					if x.Func(name).Suspends {
						v.in(f, func() {
							v.in(b, func() {
								v.step(i, n+1, false, func() { v.fail("function %q reaches another entity: %s cannot call it back", name, c.Extern) })
							})
						})
					}
				}
			}
		}
	}
}

// funcsHeld gives the functions that the locals of a function hold as func values.
func funcsHeld(f *Func) map[string][]string {
	held := map[string][]string{}
	for _, b := range f.Blocks {
		for _, i := range b.Do {
			switch i := i.(type) {
			case *Closure:
				held[i.Into] = append(held[i.Into], i.Func)
			case *Set:
				place, isName := i.Place.(*Name)
				value, isFunc := i.To.(*FuncVal)
				if isName && isFunc {
					held[place.Name] = append(held[place.Name], value.Func)
				}
			}
		}
	}
	return held
}

// handedOver gives the functions among the arguments of a call.
func handedOver(c *CallExtern, held map[string][]string) []string {
	var list []string
	for _, a := range c.Args {
		for {
			conv, ok := a.(*Convert)
			if !ok {
				break
			}
			a = conv.X
		}
		switch a := a.(type) {
		case *Name:
			list = append(list, held[a.Name]...)
		case *FuncVal:
			list = append(list, a.Func)
		}
	}
	return list
}

// rootOf gives the variable that a place is a part of, as long as no pointer is followed.
func rootOf(place Expr) Expr {
	for {
		switch x := place.(type) {
		case *Field:
			place = x.X
		case *Index:
			place = x.X
		default:
			return place
		}
	}
}
