// This file compares two versions of a program: what stored state and clients would notice.

package ir

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Change is one difference between two versions of a program that stored state or a client can notice.
type Change struct {
	Where    string // "entity type User, field Balance"
	What     string
	Breaking bool // state of the old version cannot be read, or a request to it is not answered as before
}

// String gives "where: what".
func (c Change) String() string { return c.Where + ": " + c.What }

// Diff lists what has changed between two versions in the state of entity types and in exported signatures; bodies do
// not count. Compatible are: a new field (it is zero in old state), a wider number, a removed field of state, a field
// that names the one it was, a new entity type or function. It reports in the order of the old program, new things last.
func Diff(old, new *Program) []Change {
	d := &differ{old: old, new: new}
	if old.ID != new.ID {
		d.breaks("program", "is %q, was %q: another program", new.ID, old.ID)
	}
	for _, e := range old.Entities {
		d.at("entity type "+e.Name, func() { d.entity(e) })
	}
	d.boxed()
	for _, f := range old.Funcs {
		if f.Exported {
			d.at("function "+f.Name, func() { d.signature(f, new.Func(f.Name)) })
		}
	}
	for _, e := range new.Entities {
		if old.Entity(e.Name) == nil {
			d.fine("entity type "+e.Name, "is new")
		}
	}
	for _, f := range new.Funcs {
		if g := old.Func(f.Name); f.Exported && (g == nil || !g.Exported) {
			d.fine("function "+f.Name, "is new")
		}
	}
	return d.changes
}

// mode says whose eyes see a type.
type mode uint8

const (
	inState mode = iota // fields by name; what is absent is zero, what is unknown is dropped
	inParam             // JSON of clients that know the old version
	inResult
)

// differ collects changes.
type differ struct {
	old, new *Program
	where    []string
	changes  []Change
	faces    bool            // the old state may hold values behind interfaces
	seen     map[string]bool // pairs of declared types at hand or done
}

// at runs a comparison at a place.
func (d *differ) at(where string, compare func()) {
	d.where = append(d.where, where)
	compare()
	d.where = d.where[:len(d.where)-1]
}

func (d *differ) note(breaking bool, format string, args ...any) {
	d.changes = append(d.changes, Change{strings.Join(d.where, ", "), fmt.Sprintf(format, args...), breaking})
}

func (d *differ) fine(where, format string, args ...any) {
	d.at(where, func() { d.note(false, format, args...) })
}

func (d *differ) breaks(where, format string, args ...any) {
	d.at(where, func() { d.note(true, format, args...) })
}

// entity compares the state of an entity type, and how its keys are made.
func (d *differ) entity(e *Entity) {
	to := d.new.Entity(e.Name)
	if to == nil {
		d.note(true, "is gone: its entities would be lost")
		return
	}
	before, err1 := KeyType(d.old, e.Name)
	after, err2 := KeyType(d.new, e.Name)
	switch {
	case err1 != nil || err2 != nil: // Verify's business
	case keyKind(d.old, before) != keyKind(d.new, after):
		d.note(true, "keys are of type %s, were of type %s", spelledFor(d.new, after), spelledFor(d.old, before))
	case keyText(d.old, e) != keyText(d.new, to):
		d.note(true, "the key is computed in another way: stored entities would be found under other keys")
	}
	d.seen = map[string]bool{}
	d.types(NamedType(e.Name), NamedType(e.Name), inState)
}

// keyKind says whether keys are text or numbers.
func keyKind(p *Program, t *Type) bool {
	u := Underlying(p, t)
	return u != nil && u.Kind == String
}

// keyText is the key function without what has no meaning; a field counts under the name it had before.
func keyText(p *Program, e *Entity) string {
	f := p.Func(e.Key)
	if f == nil {
		return ""
	}
	c := clone(reflect.ValueOf(f)).Interface().(*Func)
	c.Name, c.Exported = "", false
	canonicalize(c)
	was := map[string]string{}
	fields, _ := Fields(p, NamedType(e.Name))
	for _, fd := range fields {
		if fd.Was != "" {
			was[fd.Name] = fd.Was
		}
	}
	WalkExprs(c, func(x Expr) {
		if fx, ok := x.(*Field); ok && was[fx.Name] != "" {
			fx.Name = was[fx.Name]
		}
	})
	c.Results[0].Type = Basic(Invalid) // compared by kind
	pr := &printer{}
	pr.function(c)
	return pr.b.String()
}

// boxed compares the types that values behind interfaces in state may have: they are stored by their names.
func (d *differ) boxed() {
	if !d.faces {
		return
	}
	done := map[string]bool{}
	for _, f := range d.old.Funcs {
		s := NewScope(d.old, f)
		WalkExprs(f, func(x Expr) {
			b, ok := x.(*Box)
			if !ok {
				return
			}
			t, err := s.TypeOf(b.X)
			if err != nil || done[t.String()] {
				return
			}
			done[t.String()] = true
			d.at("type "+Spelled(d.old, t)+" behind an interface in state", func() { d.dynamic(t) })
		})
	}
}

func (d *differ) dynamic(t *Type) {
	base := t
	for base.Kind == PtrKind || base.Kind == ListKind {
		base = base.Elem
	}
	if base.Kind == NamedKind && d.new.Type(base.Name) == nil {
		d.note(true, "is gone")
		return
	}
	d.seen = map[string]bool{}
	d.types(t, t, inState)
}

// types compares an old and a new type.
func (d *differ) types(from, to *Type, m mode) {
	f, t := Underlying(d.old, from), Underlying(d.new, to)
	if f == nil || t == nil {
		return
	}
	if from.Kind == NamedKind && to.Kind == NamedKind {
		pair := from.Name + "\x00" + to.Name
		if d.seen[pair] {
			return // types may contain themselves
		}
		d.seen[pair] = true
	}
	if m == inState && IsInterface(d.old, f) {
		d.faces = true
	}
	switch {
	case f.Kind == NamedKind && t.Kind == NamedKind:
		d.named(f, t, m)
	case f.Kind != t.Kind:
		d.kinds(from, to, f.Kind, t.Kind)
	case f.Kind == RefKind && f.Name != t.Name, f.Kind == Host && f.Name != t.Name, f.Kind == ArrayKind && f.Len != t.Len:
		d.change(from, to)
	default:
		d.parts(f, t, m)
	}
}

// change says that a value has a type of the new program now, and had one of the old.
func (d *differ) change(from, to *Type) {
	d.note(true, "is of type %s, was of type %s", spelledFor(d.new, to), spelledFor(d.old, from))
}

// spelledFor is Spelled, with what is behind the name of a type that is no struct: that may be all that has changed.
func spelledFor(p *Program, t *Type) string {
	text := Spelled(p, t)
	if u := Underlying(p, t); t.Kind == NamedKind && u != nil && u.Kind != NamedKind {
		return text + " (" + Spelled(p, u) + ")"
	}
	return text
}

// kinds compares types of different kinds: only a wider number holds all that the old one did.
func (d *differ) kinds(from, to *Type, f, t Kind) {
	if widens(f, t) {
		d.note(false, "widened from %s to %s", spelledFor(d.old, from), spelledFor(d.new, to))
		return
	}
	d.change(from, to)
}

// widens says whether every value of one kind is a value of another, written the same way.
func widens(f, t Kind) bool {
	switch {
	case f == Duration || t == Duration:
		return false
	case isSigned(f) && isSigned(t), isUnsigned(f) && isUnsigned(t):
		return sizeOf(f) <= sizeOf(t)
	case isUnsigned(f) && isSigned(t):
		return sizeOf(f) < sizeOf(t)
	}
	return f == F32 && t == F64 || f == C64 && t == C128
}

// parts compares the types inside two types of one kind.
func (d *differ) parts(f, t *Type, m mode) {
	switch f.Kind {
	case ListKind, ArrayKind:
		d.at("elements", func() { d.types(f.Elem, t.Elem, m) })
	case MapKind:
		d.at("keys", func() { d.types(f.Key, t.Key, m) })
		d.at("values", func() { d.types(f.Elem, t.Elem, m) })
	case PtrKind:
		d.types(f.Elem, t.Elem, m)
	}
}

// named compares struct types field by field, and interfaces by their methods' names.
func (d *differ) named(f, t *Type, m mode) {
	before, ok1 := Fields(d.old, f)
	after, ok2 := Fields(d.new, t)
	if ok1 != ok2 {
		d.change(f, t)
		return
	}
	if !ok1 {
		return // interfaces: what counts is the values behind them
	}
	taken := map[string]bool{}
	for _, fd := range before {
		if key(fd, m) == "" {
			continue
		}
		to := match(fd, before, after, m)
		if to != nil {
			taken[to.Name] = true
			d.at("field "+fd.Name, func() { d.field(fd, to, m) })
		} else {
			d.at("field "+fd.Name, func() { d.note(m != inState, "is gone") })
		}
	}
	for _, fd := range after {
		if key(fd, m) != "" && !taken[fd.Name] {
			d.at("field "+fd.Name, func() { d.note(false, "is new: zero where it is absent") })
		}
		if m == inState && fd.Was != "" {
			d.at("field "+fd.Name, func() { d.renamed(fd, before, after) })
		}
	}
}

// renamed refuses directives that would do nothing where the author thinks that they rename. One that has done its work
// stays: states of the version before may be left.
func (d *differ) renamed(fd *FieldDef, before, after []*FieldDef) {
	old, source := fieldOf(before, fd.Name), fieldOf(before, fd.Was)
	switch {
	case old != nil && old.Was == fd.Was:
	case old != nil && source != nil:
		d.note(true, "says that it was %s, but the version before has both", fd.Was)
	case source != nil && fieldOf(after, fd.Was) != nil:
		d.note(true, "says that it was %s, but there is a field of that name still", fd.Was)
	case old == nil && source == nil:
		for _, gone := range before {
			if fieldOf(after, gone.Name) == nil && gone.Type.Equal(fd.Type) && !slices.ContainsFunc(after, func(a *FieldDef) bool { return a.Was == gone.Name }) {
				d.note(true, "says that it was %s, which the version before does not have: was it %s, which is gone?", fd.Was, gone.Name)
				return
			}
		}
	}
}

func fieldOf(fields []*FieldDef, name string) *FieldDef {
	for _, f := range fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// key is the name under which a field is seen; "" if it is not.
func key(f *FieldDef, m mode) string {
	if f.Name == "_" {
		return ""
	}
	if m == inState {
		return f.Name
	}
	name, _, _ := strings.Cut(reflect.StructTag(f.Tag).Get("json"), ",")
	switch {
	case name == "-":
		return ""
	case name != "":
		return name
	}
	return f.Name
}

// match finds the new field that takes an old one's place: of its name, or, in state, the one that says it was it.
func match(f *FieldDef, before, after []*FieldDef, m mode) *FieldDef {
	for _, a := range after {
		if key(a, m) == key(f, m) {
			return a
		}
	}
	if m != inState {
		return nil
	}
	for _, a := range after {
		isOld := slices.ContainsFunc(before, func(b *FieldDef) bool { return b.Name == a.Name })
		if a.Was == f.Name && !isOld {
			return a
		}
	}
	return nil
}

func (d *differ) field(from, to *FieldDef, m mode) {
	if from.Name != to.Name && m == inState {
		d.note(false, "is now called %s", to.Name)
	}
	d.types(from.Type, to.Type, m)
}

// signature compares what clients see of a function.
func (d *differ) signature(f, g *Func) {
	if g == nil || !g.Exported {
		d.note(true, "is gone, or not exported any more")
		return
	}
	if f.Creates != g.Creates {
		d.note(true, "creates %q, created %q", g.Creates, f.Creates)
	}
	if f.Variadic && !g.Variadic {
		d.note(true, "its last parameter is not variadic any more: requests may leave it out")
	}
	if len(f.Params) != len(g.Params) {
		d.note(true, "has %d parameters, had %d", len(g.Params), len(f.Params))
		return
	}
	for i, from := range f.Params {
		d.at("parameter "+from.Name, func() {
			if to := g.Params[i]; to.Name != from.Name {
				d.note(true, "is called %s: requests name their arguments", to.Name)
			}
			d.seen = map[string]bool{}
			d.types(from.Type, g.Params[i].Type, inParam)
		})
	}
	before, after := answers(f), answers(g)
	if len(before) != len(after) {
		d.note(true, "has %d results, had %d", len(after), len(before))
		return
	}
	for i := range before {
		d.at(fmt.Sprintf("result %d", i), func() {
			d.seen = map[string]bool{}
			d.types(before[i], after[i], inResult)
		})
	}
}

// answers gives the results that a client sees: a last error is not among them.
func answers(f *Func) []*Type {
	list := FuncType(f).Results
	if n := len(list); n > 0 && list[n-1].Kind == Error {
		return list[:n-1]
	}
	return list
}
