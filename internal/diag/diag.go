// This file defines a diagnostic and the list that a phase collects and returns as its error.

// Package diag holds what sfc has to say about a program: findings with a code, a position, a reason and a way out.
//
// A phase makes a [List], adds every finding it has, and returns [List.Err]. Three forms are written by [Write]:
// a boxed one with the source line for people at a terminal, `file:line:col: message (SF1203)` for editors and logs,
// and JSON for programs. Each code stands in [Codes] and has a long text ([Explain]).
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a source file. Line and Col count from 1, Col and EndCol in bytes; EndCol is the first
// column after the marked text on the same line. Zero means unknown.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Col    int    `json:"col,omitempty"`
	EndCol int    `json:"endCol,omitempty"`
}

// String gives file:line:col, without what is unknown.
func (p Position) String() string {
	s := p.File
	if p.Line > 0 {
		s = join(s, p.Line)
		if p.Col > 0 {
			s = join(s, p.Col)
		}
	}
	return s
}

func join(s string, n int) string {
	if s == "" {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s:%d", s, n)
}

// Related is another place that a diagnostic speaks of: a step of a reason chain, or the other end of a conflict.
type Related struct {
	Pos     Position `json:"pos"`
	Message string   `json:"message"`
}

// Diagnostic is one finding. Message stands alone: lower case, no full stop, it names the thing.
// Help is what to write instead, one proposal an element.
type Diagnostic struct {
	Code    string    `json:"code"`
	Warning bool      `json:"warning,omitempty"` // does not refuse the program
	Pos     Position  `json:"pos"`
	Message string    `json:"message"`
	Related []Related `json:"related,omitempty"`
	Help    []string  `json:"help,omitempty"`

	usual bool // Help is the code's own
}

// New makes an error diagnostic, with the usual way out of its code, if it has one.
func New(code string, pos Position, format string, args ...any) *Diagnostic {
	d := &Diagnostic{Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)}
	if help := usualHelp(code); help != "" {
		d.Help, d.usual = []string{help}, true
	}
	return d
}

// WithRelated adds another place and gives the diagnostic back.
func (d *Diagnostic) WithRelated(pos Position, format string, args ...any) *Diagnostic {
	d.Related = append(d.Related, Related{Pos: pos, Message: fmt.Sprintf(format, args...)})
	return d
}

// WithHelp adds a way out, in place of the usual one, and gives the diagnostic back.
func (d *Diagnostic) WithHelp(format string, args ...any) *Diagnostic {
	if d.usual {
		d.Help, d.usual = nil, false
	}
	d.Help = append(d.Help, fmt.Sprintf(format, args...))
	return d
}

// AsWarning marks the diagnostic as one that does not refuse the program.
func (d *Diagnostic) AsWarning() *Diagnostic {
	d.Warning = true
	return d
}

// Error gives the plain one-line form: file:line:col: message (SF1203).
func (d *Diagnostic) Error() string {
	s := d.Message + " (" + d.Code + ")"
	if d.Warning {
		s = "warning: " + s
	}
	if p := d.Pos.String(); p != "" {
		s = p + ": " + s
	}
	return s
}

// List is a collection of diagnostics. The zero value is empty. It is an error, but see [List.Err].
type List []*Diagnostic

// Add appends diagnostics; one with the code and position of an earlier one is dropped.
func (l *List) Add(ds ...*Diagnostic) {
	for _, d := range ds {
		if !l.has(d) {
			*l = append(*l, d)
		}
	}
}

func (l *List) has(d *Diagnostic) bool {
	return slices.ContainsFunc(*l, func(e *Diagnostic) bool { return e.Code == d.Code && e.Pos == d.Pos && d.Pos != Position{} })
}

// Sort orders by file, line, column and code.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b *Diagnostic) int {
		return cmp.Or(
			strings.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			strings.Compare(a.Code, b.Code),
		)
	})
}

// Refused says whether at least one diagnostic is an error.
func (l List) Refused() bool {
	return slices.ContainsFunc(l, func(d *Diagnostic) bool { return !d.Warning })
}

// Err gives the list, sorted, as an error if it refuses the program, else nil.
func (l List) Err() error {
	if !l.Refused() {
		return nil
	}
	l.Sort()
	return l
}

// Error gives one plain line a diagnostic.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Of gives the diagnostics that an error holds: a list, a single one, or, for any other error, one of code SF9001.
func Of(err error) List {
	if err == nil {
		return nil
	}
	if l, ok := errors.AsType[List](err); ok {
		return l
	}
	if d, ok := errors.AsType[*Diagnostic](err); ok {
		return List{d}
	}
	return List{New("SF9001", Position{}, "%v", err)}
}
