// This file writes the text of one generated file: lines that belong to a user's line, and glue that belongs to none.

package codegen

import (
	"bytes"
	"fmt"
	"go/format"
	"path"
	"sort"
	"strconv"
	"strings"
)

// file is one generated file under construction.
type file struct {
	name    string
	body    bytes.Buffer
	imports map[string]string // import path to the name it has in this package
	at      place             // where the compiler takes the next line of body to be
}

// place is a line of a user's file. The zero place is the generated file itself.
type place struct {
	file string
	line int
}

// glueLine stands for a directive that leads back to the generated file: its line is known after formatting only.
const glueLine = "//line :1"

// lines writes lines of glue.
func (f *file) lines(lines ...string) {
	f.move(place{})
	f.write(place{}, lines...)
}

// linef writes one line of glue.
func (f *file) linef(form string, args ...any) { f.lines(fmt.Sprintf(form, args...)) }

// write writes lines that all belong to one place.
func (f *file) write(at place, lines ...string) {
	for _, text := range lines {
		for _, line := range strings.Split(text, "\n") {
			if !quiet(line) {
				f.move(at)
			}
			f.body.WriteString(line)
			f.body.WriteByte('\n')
			if f.at.file != "" {
				f.at.line++
			}
		}
	}
}

// quiet says whether a line cannot panic, so that nobody asks where it is.
func quiet(line string) bool {
	return line == "{" || line == "}" || line == "default:" || strings.HasPrefix(line, "f.pc = ") || strings.HasPrefix(line, "t.Free(") ||
		strings.HasPrefix(line, "case ") || line == "if steps--; steps < 0 {"
}

// same writes lines without a place of their own: labels and jumps, which cannot panic.
func (f *file) same(lines ...string) {
	for _, line := range lines {
		f.body.WriteString(line)
		f.body.WriteByte('\n')
		if f.at.file != "" {
			f.at.line++
		}
	}
}

// append adds the text of a body that began as glue.
func (f *file) append(body *file) {
	f.move(place{})
	f.body.Write(body.body.Bytes())
	f.at = body.at
}

func (f *file) move(at place) {
	if at.line == 0 {
		at = place{}
	}
	if f.at == at {
		return
	}
	if at.file == "" {
		f.body.WriteString(glueLine + "\n")
	} else {
		fmt.Fprintf(&f.body, "//line %s:%d\n", at.file, at.line)
	}
	f.at = at
}

// text gives the formatted file.
func (f *file) text(header, pkg string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header)
	fmt.Fprintf(&b, "\npackage %s\n\n", pkg)
	if len(f.imports) > 0 {
		b.WriteString("import (\n")
		own := false
		for _, p := range f.importOrder() {
			if strings.Contains(p, ".") && !own {
				b.WriteByte('\n')
				own = true
			}
			if f.imports[p] == path.Base(p) {
				fmt.Fprintf(&b, "%q\n", p)
			} else {
				fmt.Fprintf(&b, "%s %q\n", f.imports[p], p)
			}
		}
		b.WriteString(")\n\n")
	}
	b.Write(f.body.Bytes())
	out, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("generated file %s does not parse: %w\n%s", f.name, err, numbered(b.Bytes()))
	}
	return f.restore(out), nil
}

// importOrder gives the import paths as gofmt orders groups: the standard library first.
func (f *file) importOrder() []string {
	var all []string
	for p := range f.imports {
		all = append(all, p)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := strings.Contains(all[i], "."), strings.Contains(all[j], ".")
		if a != b {
			return b
		}
		return all[i] < all[j]
	})
	return all
}

// restore gives the directives that lead back to the generated file their lines.
func (f *file) restore(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		if string(bytes.TrimSpace(line)) == glueLine {
			lines[i] = []byte("//line " + f.name + ":" + strconv.Itoa(i+2))
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

func numbered(text []byte) string {
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = fmt.Sprintf("%4d %s", i+1, lines[i])
	}
	return strings.Join(lines, "\n")
}
