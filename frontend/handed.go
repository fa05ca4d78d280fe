// This file refuses what would leave for another entity from inside the library: it looks at the finished program, where
// generic functions have their types and every func value and boxed value is in sight.

package frontend

import (
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

// handedOver refuses library calls that are given functions that reach another entity, and values whose methods do.
func (c *compiler) handedOver() {
	h := &handOver{c: c, facts: ir.Analyze(c.prog), seen: map[string]bool{}}
	for _, f := range c.prog.Funcs {
		h.function(f)
	}
}

type handOver struct {
	c     *compiler
	facts *ir.Facts
	seen  map[string]bool // types, with the kind of interface they were boxed into
}

func (h *handOver) function(f *ir.Func) {
	scope := ir.NewScope(h.c.prog, f)
	known := heldFunctions(scope, f)
	for _, b := range f.Blocks {
		for _, i := range b.Do {
			if call, ok := i.(*ir.CallExtern); ok {
				h.arguments(scope, call, known)
			}
		}
	}
	ir.WalkExprs(f, func(e ir.Expr) {
		box, ok := e.(*ir.Box)
		if !ok {
			return
		}
		if t, err := scope.TypeOf(box.X); err == nil {
			h.boxed(t, box.To)
		}
	})
}

// arguments checks the func values that a library call is given.
func (h *handOver) arguments(scope *ir.Scope, call *ir.CallExtern, known map[string][]string) {
	for _, a := range call.Args {
		t, err := scope.TypeOf(a)
		if err != nil || h.underlying(t) != ir.FuncKind {
			continue
		}
		for _, name := range h.functions(scope, a, known) {
			if f := h.c.prog.Func(name); h.facts.Func(name).Suspends {
				to, _, _ := strings.Cut(strings.TrimPrefix(call.Extern, "go:"), "[")
				h.report("SF1506", scope.Func.File, call.At, "%s is given a function that reaches another entity: the call may have to wait, and the library in between cannot be put aside", shortName(to)).
					WithRelated(diag.Position{File: h.c.source(f.File), Line: f.At}, "this one").
					WithHelp("fetch the values first, then sort or search those")
				break
			}
		}
	}
}

// functions gives those that a func value may be: the ones its variable is known to hold, else all of its type.
func (h *handOver) functions(scope *ir.Scope, e ir.Expr, known map[string][]string) []string {
	for {
		conv, ok := e.(*ir.Convert)
		if !ok {
			break
		}
		e = conv.X
	}
	switch e := e.(type) {
	case *ir.FuncVal:
		return []string{e.Func}
	case *ir.Name:
		if names, ok := known[e.Name]; ok {
			return names
		}
	}
	var names []string
	for _, f := range h.facts.Callees(scope, &ir.CallFunc{Fn: e}) {
		names = append(names, f.Name)
	}
	return names
}

// heldFunctions gives the functions that locals hold which are assigned closures and named functions only.
func heldFunctions(scope *ir.Scope, f *ir.Func) map[string][]string {
	held := map[string][]string{}
	unknown := map[string]bool{}
	for _, l := range slices.Concat(f.Params, f.Captures) {
		unknown[l.Name] = true
	}
	for _, b := range f.Blocks {
		for _, i := range b.Do {
			name, into := "", ""
			switch i := i.(type) {
			case *ir.Closure:
				name, into = i.Func, i.Into
			case *ir.Set:
				place, isName := i.Place.(*ir.Name)
				value, isFunc := i.To.(*ir.FuncVal)
				if isName && isFunc {
					name, into = value.Func, place.Name
				}
			}
			if into != "" && !scope.Local(into).Cell {
				held[into] = append(held[into], name)
				continue
			}
			for _, d := range scope.Defs(i) {
				unknown[d] = true
			}
		}
		for _, d := range scope.TermDefs(b.End) {
			unknown[d] = true
		}
	}
	for name := range unknown {
		delete(held, name)
	}
	return held
}

// Methods that are called on values of interface types: on errors, also where a request ends with one; on anything that
// is printed, compared or encoded.
var (
	errorMethods = []string{"Error", "Is", "As", "Unwrap"}
	valueMethods = append([]string{"String", "GoString", "Format", "MarshalJSON", "MarshalText", "MarshalBinary", "UnmarshalJSON", "UnmarshalText", "UnmarshalBinary", "LogValue"}, errorMethods...)
)

// boxed checks the methods of a type whose values are converted to an interface type that the library knows.
func (h *handOver) boxed(t, face *ir.Type) {
	if t.Kind == ir.RefKind && face.Kind == ir.Error {
		if f, _ := ir.MethodOf(h.c.prog, t, "Error"); f != nil && !h.seen["method "+f.Name] {
			h.seen["method "+f.Name] = true
			h.report("SF1209", f.File, f.At, "%s belongs to an entity that may be elsewhere, but a reference to it is used as an error, whose text the library may ask for", f.Name).
				WithHelp("return an error of plain data that names the entity, and take the text from its method before")
		}
		return
	}
	names := errorMethods
	if d := h.c.prog.Type(face.Name); d != nil && h.foreign(d.Package) {
		names = nil // sort.Interface
	} else if sigs, ok := ir.Sigs(h.c.prog, face); ok && face.Kind == ir.NamedKind && !slices.ContainsFunc(sigs, func(s *ir.Sig) bool { return s.Name == "Error" }) {
		return
	}
	if face.Kind == ir.Any {
		names = valueMethods
	}
	h.methods(t, names)
}

// methods checks the methods of a type, and of what its values hold, that have one of some names; nil: those of any name
// that the library calls.
func (h *handOver) methods(t *ir.Type, names []string) {
	key := t.String()
	if names == nil {
		key = "host " + key
	} else if len(names) == len(errorMethods) {
		key = "error " + key
	}
	if h.seen[key] {
		return
	}
	h.seen[key] = true
	switch t.Kind {
	case ir.ListKind, ir.ArrayKind, ir.PtrKind:
		h.methods(t.Elem, names)
	case ir.MapKind:
		h.methods(t.Key, names)
		h.methods(t.Elem, names)
	case ir.NamedKind:
		d := h.c.prog.Type(t.Name)
		if d == nil || h.c.prog.Entity(t.Name) != nil {
			return
		}
		for _, m := range d.Methods {
			if names == nil && libraryNames[m.Name] || slices.Contains(names, m.Name) {
				h.method(m)
			}
		}
		if d.Is != nil {
			h.methods(d.Is, names)
		}
		for _, f := range d.Struct {
			h.methods(f.Type, names)
		}
	}
}

func (h *handOver) method(m *ir.Method) {
	f := h.c.prog.Func(m.Func)
	if f == nil || !h.facts.Func(f.Name).Suspends || h.seen["method "+f.Name] {
		return
	}
	h.seen["method "+f.Name] = true
	h.report("SF1209", f.File, f.At, "%s reaches another entity, but it may be called by the library, which cannot be put aside meanwhile", f.Name).
		WithHelp("fetch the values first and keep them in the value that is printed, compared or encoded")
}

// foreign says whether a package is the library's.
func (h *handOver) foreign(pkg string) bool {
	return pkg != "" && !slices.ContainsFunc(h.c.all, func(p *packages.Package) bool { return p.PkgPath == pkg })
}

func (h *handOver) underlying(t *ir.Type) ir.Kind {
	if u := ir.Underlying(h.c.prog, t); u != nil {
		return u.Kind
	}
	return ir.Invalid
}

func (h *handOver) report(code, file string, line int, format string, args ...any) *diag.Diagnostic {
	d := diag.New(code, diag.Position{File: h.c.source(file), Line: line}, format, args...)
	h.c.diags.Add(d)
	return d
}
