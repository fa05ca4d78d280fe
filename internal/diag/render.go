// This file writes diagnostics: boxed with source lines, plain, or as JSON.

package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Format is the form in which diagnostics are written.
type Format uint8

// The forms. Plain is `file:line:col: message (SF1203)`, then indented lines for related places and help.
const (
	Plain Format = iota
	Boxed
	JSON
)

// Options say how to write.
type Options struct {
	Format Format
	Color  bool
	Base   string                            // file names below it are shown relative to it
	Read   func(file string) ([]byte, error) // source for the snippets; nil: os.ReadFile
}

// Terminal gives the options that fit a stream: boxed on a terminal (coloured unless NO_COLOR is set), else plain.
func Terminal(f *os.File) Options {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return Options{Format: Plain}
	}
	return Options{Format: Boxed, Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Write writes the diagnostics in order of position.
func Write(w io.Writer, l List, o Options) error {
	l = append(List(nil), l...)
	l.Sort()
	p := &printer{Options: o, lines: map[string][]string{}}
	switch o.Format {
	case JSON:
		return p.json(w, l)
	case Boxed:
		for _, d := range l {
			p.boxed(d)
		}
		p.summary(l)
	default:
		for _, d := range l {
			p.plain(d)
		}
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

type printer struct {
	Options
	out   bytes.Buffer
	lines map[string][]string // source lines by file; nil if it cannot be read
}

func (p *printer) json(w io.Writer, l List) error {
	shown := make([]Diagnostic, len(l))
	for i, d := range l {
		shown[i] = *d
		shown[i].Pos = p.rel(d.Pos)
		shown[i].Related = append([]Related(nil), d.Related...)
		for j := range shown[i].Related {
			shown[i].Related[j].Pos = p.rel(shown[i].Related[j].Pos)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Diagnostics []Diagnostic `json:"diagnostics"`
	}{shown})
}

func (p *printer) plain(d *Diagnostic) {
	shown := *d
	shown.Pos = p.rel(d.Pos)
	fmt.Fprintln(&p.out, shown.Error())
	for _, r := range d.Related {
		fmt.Fprintf(&p.out, "\t%s\n", p.line(r))
	}
	for _, h := range d.Help {
		fmt.Fprintf(&p.out, "\thelp: %s\n", h)
	}
}

// line writes a related place in one line.
func (p *printer) line(r Related) string {
	if at := p.rel(r.Pos).String(); at != "" {
		return at + ": " + r.Message
	}
	return r.Message
}

// boxed writes the form of rustc: head, place, marked source line, related places with theirs, help.
func (p *printer) boxed(d *Diagnostic) {
	kind, color := "error", red
	if d.Warning {
		kind, color = "warning", yellow
	}
	fmt.Fprintf(&p.out, "%s: %s\n", p.paint(color, kind+"["+d.Code+"]"), p.paint(bold, d.Message))
	width := p.gutter(d)
	if d.Pos.File != "" {
		fmt.Fprintf(&p.out, "%*s%s %s\n", width, "", p.paint(blue, "-->"), p.rel(d.Pos))
		p.snippet(d.Pos, width, color, "")
	}
	for _, r := range d.Related {
		if !p.snippetOf(d, r, width) {
			fmt.Fprintf(&p.out, "%*s %s %s\n", width, "", p.paint(blue, "="), p.line(r))
		}
	}
	for _, h := range d.Help {
		fmt.Fprintf(&p.out, "%s: %s\n", p.paint(green, "help"), h)
	}
	p.out.WriteByte('\n')
}

// snippetOf shows a related place with its source line, if there is one.
func (p *printer) snippetOf(d *Diagnostic, r Related, width int) bool {
	if p.source(r.Pos) == "" {
		return false
	}
	if r.Pos.File != d.Pos.File {
		fmt.Fprintf(&p.out, "%*s%s %s\n", width, "", p.paint(blue, ":::"), p.rel(r.Pos))
	}
	p.snippet(r.Pos, width, blue, r.Message)
	return true
}

// snippet writes a source line and marks the columns of pos under it, with a note behind the mark.
func (p *printer) snippet(pos Position, width int, color, note string) {
	line := p.source(pos)
	if line == "" {
		return
	}
	bar := p.paint(blue, "|")
	fmt.Fprintf(&p.out, "%s %s %s\n", p.paint(blue, fmt.Sprintf("%*d", width, pos.Line)), bar, expand(line))
	from := min(max(pos.Col-1, 0), len(line))
	to := min(max(pos.EndCol-1, from+1), max(len(line), from+1))
	mark := "^"
	if note != "" {
		mark = "-"
	}
	marked := strings.Repeat(mark, max(1, utf8.RuneCountInString(expand(line[from:min(to, len(line))]))))
	if note != "" {
		marked += " " + note
	}
	fmt.Fprintf(&p.out, "%*s %s %s%s\n", width, "", bar, blank(expand(line[:from])), p.paint(color, marked))
}

func expand(s string) string { return strings.ReplaceAll(s, "\t", "    ") }

func blank(s string) string { return strings.Repeat(" ", utf8.RuneCountInString(s)) }

// gutter is the width of the widest line number that the diagnostic shows.
func (p *printer) gutter(d *Diagnostic) int {
	n := d.Pos.Line
	for _, r := range d.Related {
		n = max(n, r.Pos.Line)
	}
	return len(fmt.Sprint(n))
}

func (p *printer) summary(l List) {
	errs := 0
	for _, d := range l {
		if !d.Warning {
			errs++
		}
	}
	if errs == 0 {
		return
	}
	s := "s"
	if errs == 1 {
		s = ""
	}
	code := l[0].Code
	fmt.Fprintf(&p.out, "%d error%s; `sfc explain %s` says more\n", errs, s, code)
}

// source gives the text of the line of a position, "" if it is not known.
func (p *printer) source(pos Position) string {
	if pos.File == "" || pos.Line <= 0 {
		return ""
	}
	lines, ok := p.lines[pos.File]
	if !ok {
		read := p.Read
		if read == nil {
			read = os.ReadFile
		}
		if text, err := read(pos.File); err == nil {
			lines = strings.Split(string(text), "\n")
		}
		p.lines[pos.File] = lines
	}
	if pos.Line > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[pos.Line-1], "\r")
}

func (p *printer) rel(pos Position) Position {
	if p.Base == "" {
		return pos
	}
	if r, err := filepath.Rel(p.Base, pos.File); err == nil && filepath.IsLocal(r) {
		pos.File = r
	}
	return pos
}

const (
	bold   = "1"
	red    = "1;31"
	green  = "1;32"
	yellow = "1;33"
	blue   = "1;34"
)

func (p *printer) paint(color, s string) string {
	if !p.Color {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}
