// This file finds what of a program clients can reach: its requests, the types of which they give and see values, and
// the types that they can name for an interface.

package frontend

import (
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// surface is what clients can reach.
type surface struct {
	*loaded
	entities
	requests []request
	omitted  []Omission
	values   []clientValue
	brought  []brought

	seen typeutil.Map // types that were visited → whether as ones that clients give
}

// request is an exported function of the program's package, or an exported method of an entity type.
type request struct {
	fn     *types.Func
	name   string
	entity *entity // nil for a function
}

// clientValue is a type of the program of which values are written or read as JSON, where it may have a say in its form.
type clientValue struct {
	typ  *types.Named
	at   *types.Var // the parameter, result or field by which it gets there
	zero bool       // a field of it is left out when zero
}

// brought is a type that clients can name where an interface is wanted: T or *T, whichever implements it.
type brought struct {
	typ types.Type
	at  *types.Var // the parameter
	by  request
}

func findSurface(l *loaded, es entities) *surface {
	s := &surface{loaded: l, entities: es}
	s.findRequests()
	for _, r := range s.requests {
		for v := range r.fn.Signature().Params().Variables() {
			s.visit(v.Type(), v, &r)
		}
	}
	for _, r := range s.requests {
		for v := range r.fn.Signature().Results().Variables() {
			s.visit(v.Type(), v, nil)
		}
	}
	for _, e := range s.sortedEntities() {
		if t, ok := e.obj.Type().Underlying().(*types.Struct); ok {
			s.fields(t, nil)
		}
	}
	return s
}

func (s *surface) findRequests() {
	scope := s.main.Types.Scope()
	for _, name := range scope.Names() {
		f, ok := scope.Lookup(name).(*types.Func)
		if ok && f.Exported() && s.requestable(f.Name(), f.Signature()) {
			s.requests = append(s.requests, request{fn: f, name: f.Name()})
		}
	}
	for _, e := range s.sortedEntities() {
		set := types.NewMethodSet(types.NewPointer(e.obj.Type()))
		for i := range set.Len() {
			m := set.At(i).Obj().(*types.Func)
			name := e.name + "." + m.Name()
			switch {
			case !m.Exported() || !s.requestable(name, m.Signature()):
			case s.throughReference(e.obj.Type(), set.At(i).Index()):
				s.omit(name, "belongs to another entity or an interface that is embedded")
			case s.by[m.Pkg()] == nil && !Lookup(externName(m)).Allowed:
				s.omit(name, "belongs to a library type that is embedded, and is not allowed in requests")
			default:
				s.requests = append(s.requests, request{fn: m, name: name, entity: e})
			}
		}
	}
}

func (s *surface) omit(name, why string) { s.omitted = append(s.omitted, Omission{name, why}) }

// requestable says whether JSON can call a function of this signature, and notes why not.
func (s *surface) requestable(name string, sig *types.Signature) bool {
	if sig.TypeParams().Len() > 0 {
		s.omit(name, "is generic")
		return false
	}
	return s.sayable(name, "parameter", sig.Params()) && s.sayable(name, "result", sig.Results())
}

func (s *surface) sayable(name, what string, list *types.Tuple) bool {
	for v := range list.Variables() {
		if s.noJSON(v.Type(), map[types.Type]bool{}) != nil {
			s.omit(name, fmt.Sprintf("has a %s of type %s, which has no JSON form", what, types.TypeString(v.Type(), types.RelativeTo(s.main.Types))))
			return false
		}
	}
	return true
}

// noJSON gives the part of a type that JSON cannot carry, or nil.
func (s *surface) noJSON(t types.Type, seen map[types.Type]bool) types.Type {
	t = types.Unalias(t)
	if seen[t] {
		return nil
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		if s.entityOf(t) != nil || s.by[t.Obj().Pkg()] == nil {
			return nil
		}
	case *types.Signature, *types.Chan:
		return t
	}
	var bad types.Type
	eachPart(t, func(part types.Type) {
		if bad == nil {
			bad = s.noJSON(part, seen)
		}
	})
	if bad == nil {
		switch u := t.Underlying().(type) {
		case *types.Signature, *types.Chan:
			return u
		}
	}
	return bad
}

// visit notes what a value of a type shows. by is the request to which clients give it, nil if they only see it.
func (s *surface) visit(t types.Type, at *types.Var, by *request) {
	t = types.Unalias(t)
	if given, again := s.seen.At(t).(bool); again && (given || by == nil) {
		return
	}
	s.seen.Set(t, by != nil)
	if n, ok := t.(*types.Named); ok {
		switch {
		case s.entityOf(n) != nil || s.by[n.Obj().Pkg()] == nil && !types.IsInterface(n):
			return
		case !types.IsInterface(n):
			s.show(n, at, false)
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Interface:
		if by != nil {
			s.bring(u, at, by)
		}
	case *types.Struct:
		s.fields(u, by)
	default:
		eachPart(t, func(part types.Type) { s.visit(part, at, by) })
	}
}

func (s *surface) fields(t *types.Struct, by *request) {
	for i := range t.NumFields() {
		f := t.Field(i)
		s.visit(f.Type(), f, by)
		n, ok := deref(f.Type()).(*types.Named)
		_, options, _ := strings.Cut(reflect.StructTag(t.Tag(i)).Get("json"), ",")
		if ok && slices.Contains(strings.Split(options, ","), "omitzero") && s.entityOf(n) == nil && s.by[n.Obj().Pkg()] != nil {
			s.show(n, f, true)
		}
	}
}

func (s *surface) show(t *types.Named, at *types.Var, zero bool) {
	s.values = append(s.values, clientValue{t, at, zero})
}

// bring notes the types that implement an interface with methods. An empty one takes what the program puts into
// interfaces anyway.
func (s *surface) bring(face *types.Interface, at *types.Var, by *request) {
	if face.NumMethods() == 0 {
		return
	}
	for _, p := range s.all {
		for _, name := range p.Types.Scope().Names() {
			o, ok := p.Types.Scope().Lookup(name).(*types.TypeName)
			if !ok || o.IsAlias() || types.IsInterface(o.Type()) {
				continue
			}
			n, ok := o.Type().(*types.Named)
			if !ok || n.TypeParams().Len() > 0 || s.entityOf(n) == nil && !s.readable(n, map[types.Type]bool{}) {
				continue
			}
			t := types.Type(n)
			if s.entityOf(n) != nil || !types.Implements(t, face) {
				t = types.NewPointer(n)
			}
			if types.Implements(t, face) {
				s.brought = append(s.brought, brought{t, at, *by})
				s.visit(t, at, by)
			}
		}
	}
}

// readable says whether values of a type can be made from JSON: none of its parts is a func, a channel or a library
// type that the codec cannot store.
func (s *surface) readable(t types.Type, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if seen[t] {
		return true
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Signature, *types.Chan:
		return false
	case *types.Named:
		pkg := t.Obj().Pkg()
		if pkg == nil || s.entityOf(t) != nil || types.IsInterface(t) {
			return true
		}
		if s.by[pkg] == nil {
			save, _ := LookupType(pkg.Path() + "." + t.Obj().Name())
			return save != SaveNone && save != SaveRefused
		}
	}
	switch t.Underlying().(type) {
	case *types.Signature, *types.Chan:
		return false
	}
	ok := true
	eachPart(t, func(part types.Type) { ok = ok && s.readable(part, seen) })
	return ok
}

// formSignatures are the methods by which a type has a say in its JSON form, with their signatures.
var formSignatures = map[string]*types.Signature{
	"MarshalJSON": marshals, "MarshalText": marshals, "UnmarshalJSON": unmarshals, "UnmarshalText": unmarshals,
	"IsZero": signature(nil, []types.Type{types.Typ[types.Bool]}),
}

var (
	byteSlice  = types.NewSlice(types.Typ[types.Byte])
	errorType  = types.Universe.Lookup("error").Type()
	marshals   = signature(nil, []types.Type{byteSlice, errorType})
	unmarshals = signature([]types.Type{byteSlice}, []types.Type{errorType})
)

func signature(params, results []types.Type) *types.Signature {
	tuple := func(list []types.Type) *types.Tuple {
		var vars []*types.Var
		for _, t := range list {
			vars = append(vars, types.NewParam(0, nil, "", t))
		}
		return types.NewTuple(vars...)
	}
	return types.NewSignatureType(nil, nil, nil, tuple(params), tuple(results), false)
}

// formMethods gives the program's own methods by which the type has a say, promoted ones included, as selections on *T.
// Those of an embedded library type need no mention: Go promotes them in the generated code too.
func (s *surface) formMethods(x clientValue) []*types.Selection {
	var list []*types.Selection
	set := types.NewMethodSet(types.NewPointer(x.typ))
	for i := range set.Len() {
		sel := set.At(i)
		m := sel.Obj().(*types.Func)
		want := formSignatures[m.Name()]
		if want == nil || (m.Name() == "IsZero") != x.zero || s.by[m.Pkg()] == nil || !types.Identical(m.Signature(), want) {
			continue
		}
		list = append(list, sel)
	}
	return list
}
