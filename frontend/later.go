// This file refuses what no backend can keep yet: pointers into the middle of something, and func values or library
// types, where they are in state or alive across a call to another entity.

package frontend

import (
	"reflect"
	"strings"

	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

// later looks at the finished program: what is alive across a split point, and what crosses one.
func (c *compiler) later() {
	l := &laterCheck{c: c, facts: ir.Analyze(c.prog), inner: map[string]spot{}}
	for _, f := range c.prog.Funcs {
		l.interior(f)
	}
	for _, e := range c.prog.Entities {
		l.state(e)
	}
	for _, f := range c.prog.Funcs {
		if l.facts.Func(f.Name).Suspends {
			l.frame(f)
		}
	}
}

type spot struct {
	file string
	line int
}

type laterCheck struct {
	c     *compiler
	facts *ir.Facts
	inner map[string]spot // pointee types of which a pointer into the middle of something is made
}

func (l *laterCheck) report(code, file string, line int, format string, args ...any) *diag.Diagnostic {
	d := diag.New(code, diag.Position{File: l.c.source(file), Line: line}, format, args...)
	l.c.diags.Add(d)
	return d
}

// interior notes the types of which addresses of fields and elements are taken.
func (l *laterCheck) interior(f *ir.Func) {
	scope := ir.NewScope(l.c.prog, f)
	for _, b := range f.Blocks {
		note := func(line int, e ir.Expr) {
			ir.WalkExpr(e, func(e ir.Expr) bool {
				a, ok := e.(*ir.Addr)
				if !ok {
					return true
				}
				if _, whole := a.X.(*ir.Name); whole {
					return true
				}
				if t, err := scope.TypeOf(a.X); err == nil && l.inner[t.String()].file == "" {
					l.inner[t.String()] = spot{f.File, line}
				}
				return true
			})
		}
		for _, i := range b.Do {
			if s, ok := i.(*ir.Append); ok && s.Spread != nil {
				note(lineAt(i), s.Spread)
			}
			for _, e := range ir.Operands(i) {
				if !sliced(e) {
					note(lineAt(i), e)
				}
			}
		}
		for _, e := range ir.TermOperands(b.End) {
			note(lineAt(b.End), e)
		}
	}
}

// sliced: x[:] of an array takes its address for the moment.
func sliced(e ir.Expr) bool {
	_, ok := e.(*ir.Slice)
	return ok
}

// reaches says whether a value of a type can hold something, and by which type.
func (l *laterCheck) reaches(t *ir.Type, hit func(*ir.Type) bool, seen map[string]bool) *ir.Type {
	if t == nil || seen[t.String()] {
		return nil
	}
	seen[t.String()] = true
	if hit(t) {
		return t
	}
	var parts []*ir.Type
	if fields, ok := ir.Fields(l.c.prog, t); ok && t.Kind != ir.RefKind {
		for _, f := range fields {
			parts = append(parts, f.Type)
		}
	} else if t.Kind == ir.NamedKind {
		if u := ir.Underlying(l.c.prog, t); u != nil && u.Kind != ir.NamedKind {
			parts = append(parts, u)
		}
	}
	for _, p := range append(parts, t.Key, t.Elem) {
		if r := l.reaches(p, hit, seen); r != nil {
			return r
		}
	}
	return nil
}

func (l *laterCheck) pointsInside(t *ir.Type) bool {
	return t.Kind == ir.PtrKind && l.inner[t.Elem.String()].file != ""
}

func (l *laterCheck) state(e *ir.Entity) {
	if t := l.reaches(ir.NamedType(e.Name), l.pointsInside, map[string]bool{}); t != nil {
		at := l.inner[t.Elem.String()]
		l.report("SF1505", at.file, at.line, "a pointer into the middle of something (%s) could get into the state of %s", t.Elem, e.Name).
			WithHelp("point to the whole value, or keep the index")
	}
}

// frame looks at what is alive across the split points of a function.
func (l *laterCheck) frame(f *ir.Func) {
	scope := ir.NewScope(l.c.prog, f)
	split := l.facts.Func(f.Name)
	for _, s := range split.Splits {
		for _, name := range s.Live {
			v := scope.Local(name)
			if v == nil {
				continue
			}
			l.alive(f, v, splitLine(s))
		}
	}
}

// splitLine is the source line of a split point.
func splitLine(s *ir.Split) int {
	if s.Index < len(s.Block.Do) {
		return lineAt(s.Block.Do[s.Index])
	}
	return lineAt(s.Block.End)
}

// lineAt reads the field At that instructions and most terminators have.
func lineAt(x any) int {
	if at := reflect.ValueOf(x).Elem().FieldByName("At"); at.IsValid() && at.CanInt() {
		return int(at.Int())
	}
	return 0
}

func (l *laterCheck) alive(f *ir.Func, v *ir.Local, line int) {
	shown := v.Name
	if v.Temp {
		shown = "a value"
	}
	if t := l.reaches(v.Type, l.pointsInside, map[string]bool{}); t != nil {
		at := l.inner[t.Elem.String()]
		l.report("SF1505", f.File, line, "%s may point into the middle of something (%s) while another entity is called", shown, t.Elem).
			WithRelated(diag.Position{File: l.c.source(at.file), Line: at.line}, "such a pointer is made here").
			WithHelp("point to the whole value, or keep the index")
	}
	host := func(t *ir.Type) bool {
		if t.Kind != ir.Host {
			return false
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(t.Name, "go:"), "[")
		save, _ := LookupType(name)
		return save == SaveNone || save == SaveRefused
	}
	if t := l.reaches(v.Type, host, map[string]bool{}); t != nil {
		l.report("SF1508", f.File, line, "%s is of the library type %s, which cannot be kept while another entity is called", shown, strings.TrimPrefix(t.Name, "go:")).
			WithHelp("finish with it before the call, or make it again after")
	}
}
