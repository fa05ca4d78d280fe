// This file reports where copying at a call to another entity would show, and what else package alias finds.

package frontend

import (
	"fmt"
	"path"
	"strings"

	"github.com/stateful-entities/sfc/frontend/alias"
	"github.com/stateful-entities/sfc/internal/diag"
)

// checkCopies refuses what would give other answers than plain Go because arguments, results and new states are copied,
// and what the library would show of values that may reach it.
func (c *compiler) checkCopies() {
	r := alias.Check(c.prog)
	var l diag.List
	for _, f := range r.Findings {
		l = append(l, copyDiagnostic(f)) // not Add: several objects may cross on one line
	}
	c.diags = append(c.diags, c.placed(l)...)
	if !l.Refused() {
		c.diags = append(c.diags, c.confirm(r)...)
	}
}

const sentinelHelp = "an error keeps its identity if a package variable of type error holds it: `var ErrX error = …`"

func copyDiagnostic(f alias.Finding) *diag.Diagnostic {
	at := lineOf(f.At)
	switch f.Kind {
	case alias.Identity:
		if f.State {
			return diag.New("SF1404", at, "compares pointers of which one may be a copy: states hold copies of what the package variable %q leads to", f.What).
				WithHelp("compare the values, or a field that tells them apart").
				WithHelp("or keep a name or number in the state instead of the pointer").
				WithHelp(sentinelHelp)
		}
		return diag.New("SF1404", at, "compares pointers of which one may be a copy (%s)", f.What).
			WithRelated(lineOf(f.Write), "%s is a copy: it crosses a call to another entity here", f.What).
			WithHelp("compare a key or the values").
			WithHelp("or accept the copy: put `//sfc:copy` on the line of that call").
			WithHelp(sentinelHelp)
	case alias.Capacity:
		return diag.New("SF1405", at, "cap of a slice that may be a copy (%s): a copy has no spare capacity", f.What).
			WithRelated(lineOf(f.Write), "%s crosses a call to another entity here", f.What).
			WithHelp("use len, or keep the capacity in a variable of its own")
	case alias.StateCap:
		return along(f, "SF1207", "asks for the cap of a slice of state: spare room is not stored: it would depend on when the entity was last loaded").
			WithHelp("use len, or keep the limit in a field of its own")
	case alias.Key:
		return along(f, "SF1107", "sets what the key of %s is made of: an entity cannot change its identity", f.What).
			WithHelp("set it in the constructor only; what users may change is a field of its own").
			WithHelp("or make a new entity under the new key and delete the old one with sfc.Delete")
	case alias.Constant:
		d := along(f, "SF1204", "writes to what the package variable %s holds: it belongs to one process: it is not stored, not rolled back, and other machines have another one", f.What)
		if f.State {
			return d.WithHelp("it is kept in state: keep a copy there, by `slices.Clone`, `maps.Clone` or a copying function where pointers are nested")
		}
		return d.WithHelp("write to a copy: `slices.Clone`, `maps.Clone`, or a copying function where pointers are nested").
			WithHelp("keep what must be remembered in an entity: a field, or an entity of its own (`sfc.Get[Counter](\"visits\").Add(1)`)")
	case alias.Raised:
		return along(f, "SF1309", "panics with a reference to %s, whose text is its own: if nobody recovers it, an entity that may be elsewhere would have to be asked", f.What).
			WithHelp("panic with its key, or with a text")
	case alias.TooLarge:
		return diag.New("SF1406", at, "%s and what it calls move too many pointers, slices and maps into each other and across calls to other entities to find out where copies would show", inWords(f.At.Func)).
			WithHelp("hand other entities plain values: numbers, text, keys, structs without pointers").
			WithHelp("or take functions that call each other apart: give results back instead of linking arguments, and keep recovered values out of what is stored")
	case alias.Room:
		return diag.New("SF1405", at, "%s is a copy without the room behind its length, and %s appends to it while the shorter slice stays in use", f.What, inWords(f.Write.Func)).
			WithRelated(lineOf(f.Write), "appended here: in plain Go a second append from the same length may write to the same place").
			WithHelp("append to `slices.Clone(xs)`, or replace the slice by the longer one: `xs = append(xs, …)`").
			WithHelp("or accept the copy: put `//sfc:copy` on this line")
	case alias.Kept:
		return diag.New("SF1402", at, "%s is a copy, but %s writes to the original later", f.What, inWords(f.Write.Func)).
			WithRelated(lineOf(f.Write), "written here: plain Go shows this to %s, a call to another entity cannot", looker(f)).
			WithRelated(lineOf(f.Other), "%s", otherSide(f)).
			WithHelp("give away a copy: `slices.Clone`, `maps.Clone`, or a copying method where pointers are nested").
			WithHelp("or keep a reference to the owner and ask again").
			WithHelp("or accept the copy: put `//sfc:copy` on this line")
	}
	return diag.New("SF1401", at, "%s is a copy, but %s writes to it", f.What, inWords(f.Write.Func)).
		WithRelated(lineOf(f.Write), "written here: plain Go shows this to %s, a call to another entity cannot", looker(f)).
		WithRelated(lineOf(f.Other), "%s", otherSide(f)).
		WithHelp("return the new value and assign it").
		WithHelp("or give away a copy: `slices.Clone`, `maps.Clone`, or a copying method where pointers are nested").
		WithHelp("or accept the copy: put `//sfc:copy` on this line")
}

// along begins a diagnostic with the calls that lead to its place.
func along(f alias.Finding, code, format string, args ...any) *diag.Diagnostic {
	root, calls, which := f.At.Func, "", ""
	for i, c := range f.Chain {
		calls += fmt.Sprintf(" calls %s (%s:%d)", inWords(f.Callee(i)), path.Base(c.File), c.Line)
		root, which = f.Chain[0].Func, ", which"
	}
	root, _, _ = strings.Cut(root, "$") // a literal is a part of its function
	d := diag.New(code, lineOf(f.At), "%s%s%s %s", root, calls, which, fmt.Sprintf(format, args...))
	for i, c := range f.Chain {
		d.WithRelated(lineOf(c), "%s calls %s", inWords(c.Func), inWords(f.Callee(i)))
	}
	return d
}

// inWords names a function; a function literal by the function it is in.
func inWords(fn string) string {
	if outer, _, ok := strings.Cut(fn, "$"); ok {
		return "a function literal in " + outer
	}
	return fn
}

func looker(f alias.Finding) string {
	if f.Giver {
		return "the receiver"
	}
	return "the giver"
}

func otherSide(f alias.Finding) string {
	if f.State {
		return "the other side keeps it in state"
	}
	return "still in use here"
}

// lineOf is the position of a line; the analysis works on the IR, which knows no columns.
func lineOf(p alias.Place) diag.Position { return diag.Position{File: p.File, Line: p.Line} }
