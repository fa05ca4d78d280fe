// This file is sfc's side: a target that is an executable.

package external

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

// Backend is the target of an executable.
type Backend struct {
	path  string
	about description
}

var _ backends.Backend = (*Backend)(nil)

// nameForm is what a target may be called: it names files and folders.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// Find gives the target of a name, or nil if there is no executable for it on the path. One that does not answer as
// the protocol asks is an error.
func Find(name string) (*Backend, error) {
	if !nameForm.MatchString(name) {
		return nil, nil
	}
	file, err := exec.LookPath(Prefix + name)
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, nil
		}
		return nil, broken(name, err) // found by a relative path, which nobody meant
	}
	b := &Backend{path: file}
	if err := describe.ask(file, nil, &b.about); err != nil {
		return nil, broken(name, err)
	}
	if err := b.check(name); err != nil {
		return nil, broken(name, err)
	}
	return b, nil
}

func broken(name string, err error) error {
	return diag.List{diag.New("SF3005", diag.Position{}, "target %s: %v", name, err)}
}

// check refuses a description that says too little, or promises what nobody knows.
func (b *Backend) check(name string) error {
	a := &b.about
	if err := spoken(b.path, a.Protocol); err != nil {
		return err
	}
	if a.Name != name {
		return fmt.Errorf("%s calls itself %q", b.path, a.Name)
	}
	if a.Doc == "" || strings.ContainsFunc(a.Doc, unicode.IsControl) {
		return fmt.Errorf("%s describes itself with %q: want one line", b.path, a.Doc)
	}
	for _, f := range a.Features {
		if !backends.AllFeatures().Has(f) {
			return fmt.Errorf("%s promises %q, which is no feature (there are %v)", b.path, f, backends.AllFeatures())
		}
	}
	return nil
}

// Names lists the targets that have an executable on the path, sorted.
func Names() []string {
	var names []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // a path names folders that are not there
		}
		for _, e := range entries {
			file, found := strings.CutPrefix(e.Name(), Prefix)
			if runtime.GOOS == "windows" {
				file = strings.TrimSuffix(file, ".exe")
			}
			if found && nameForm.MatchString(file) {
				names = append(names, file)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(name string) bool {
		_, err := exec.LookPath(Prefix + name)
		return err != nil // a folder, or a file that cannot be executed
	})
}

// Path gives the executable.
func (b *Backend) Path() string { return b.path }

// Name is what follows sfc-backend- in the executable's name.
func (b *Backend) Name() string { return b.about.Name }

// Doc describes the target in the executable's words.
func (b *Backend) Doc() string { return b.about.Doc }

// Features are what the executable promises.
func (b *Backend) Features() backends.Features { return b.about.Features }

// Options are those that the executable takes.
func (b *Backend) Options() []string { return b.about.Options }

// Lower asks the executable for the bundle.
func (b *Backend) Lower(p *ir.Program, o backends.Options) (*backends.Bundle, error) {
	text, err := ir.Encode(p, ir.JSON)
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(request{
		Protocol: Protocol, Program: text, Tool: o.Tool, Limits: limits(o.Limits.OrDefault()), Options: o.Target,
		Module: o.Module, GoMod: string(o.GoMod), GoSum: string(o.GoSum), Library: o.Library,
	})
	if err != nil {
		return nil, err
	}
	var a answer
	if err := lower.ask(b.path, in, &a); err != nil {
		return nil, broken(b.Name(), err)
	}
	if err := spoken(b.path, a.Protocol); err != nil {
		return nil, broken(b.Name(), err)
	}
	if len(a.Problems) > 0 {
		return nil, b.refusal(a.Problems)
	}
	bundle, err := a.bundle()
	if err != nil {
		return nil, broken(b.Name(), fmt.Errorf("`%s lower` %w", b.path, err))
	}
	return bundle, nil
}

// refusal makes findings of an executable's problems.
func (b *Backend) refusal(problems []Problem) error {
	var l diag.List
	for _, p := range problems {
		d := diag.New("SF3006", diag.Position{File: p.File, Line: max(p.Line, 0), Col: max(p.Col, 0)}, "target %s: %s", b.Name(), p.Message)
		for _, h := range p.Help {
			d.WithHelp("%s", h)
		}
		l.Add(d)
	}
	return l
}

// bundle takes the files of an answer, if all of them stay in the bundle's folder.
func (a *answer) bundle() (*backends.Bundle, error) {
	b := &backends.Bundle{Files: map[string][]byte{}}
	for name, text := range a.Files {
		b.Files[name] = []byte(text)
	}
	for name, bytes := range a.Binary {
		if _, twice := b.Files[name]; twice {
			return nil, fmt.Errorf("gives the file %q twice", name)
		}
		b.Files[name] = bytes
	}
	if len(b.Files) == 0 {
		return nil, errors.New("gives neither files nor problems")
	}
	for name := range b.Files {
		if why := badName(name); why != "" {
			return nil, fmt.Errorf("gives a file %q: %s", name, why)
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, file := b.Files[dir]; file {
				return nil, fmt.Errorf("gives the files %q and %q: one cannot be a folder too", dir, name)
			}
		}
	}
	return b, nil
}

// badName says why a bundle cannot have a file of this name, "" if it can.
func badName(name string) string {
	first, _, _ := strings.Cut(name, "/")
	switch {
	case name == "" || name == "." || path.Clean(name) != name || path.IsAbs(name) || strings.ContainsRune(name, '\\') || !filepath.IsLocal(filepath.FromSlash(name)):
		return "want a path below the bundle's folder, with slashes"
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return "it has blanks or control characters"
	case first == ".bundle" || first == ".built" || first == "bin":
		return "sfc keeps its own there"
	}
	return ""
}
