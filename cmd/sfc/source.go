// This file turns what a verb is given, a package or an IR file, into a program.

package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/internal/module"
	"github.com/stateful-entities/sfc/ir"
)

// source is a program with where it comes from.
type source struct {
	program  *ir.Program
	warnings diag.List
	omitted  []frontend.Omission // exported, but cannot be requested
	module   *module.Module      // the user's; nil for an IR file outside a module
	config   *module.Config
	arg      string // as the user names it
	dir      string // of the package, or of the IR file; absolute
	isIR     bool
}

// isIRFile says whether an argument names an IR file and no package.
func isIRFile(arg string) bool {
	switch filepath.Ext(arg) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// earlier is the program before the one to compile.
type earlier struct {
	program *ir.Program // nil: there is none
	states  bool        // of it may be kept: they must be readable
	clients bool        // of it count: exported signatures must stay as they are
}

// load compiles a package or reads an IR file. before is asked for the program before, once the new one's place is
// known; it may be nil.
func load(arg string, before func(*source) (earlier, error)) (*source, error) {
	s := &source{isIR: isIRFile(arg), arg: arg, dir: arg}
	switch {
	case s.isIR:
		s.dir = filepath.Dir(arg)
	case !isFolder(arg): // an import path
		s.dir = "."
	}
	var err error
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return nil, err
	}
	if s.module, err = module.Find(s.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s.config = &module.Config{}
	if s.module != nil {
		if s.config, err = module.ReadConfig(s.module.Dir); err != nil {
			return nil, diag.List{diag.New("SF1003", diag.Position{File: filepath.Join(s.module.Dir, module.ConfigName)}, "%v", err)}
		}
	}
	if s.isIR { // its name is in it
		if s.program, err = readIR(arg); err != nil {
			return nil, err
		}
	}
	var old earlier
	if before != nil {
		if old, err = before(s); err != nil {
			return nil, err
		}
	}
	if !s.isIR {
		if err := s.compile(old.program); err != nil {
			return nil, err
		}
	}
	if err := s.verify(); err != nil {
		return nil, err
	}
	return s, s.follows(old)
}

func isFolder(arg string) bool {
	info, err := os.Stat(arg)
	return err == nil && info.IsDir()
}

// compile compiles a package.
func (s *source) compile(before *ir.Program) error {
	o := frontend.Options{Pattern: s.arg, Pure: s.config.Pure, Previous: before}
	if isFolder(s.arg) { // may lie in another module than the working directory
		o.Dir, o.Pattern = s.arg, "."
	} else if strings.Contains(s.arg, "...") {
		return diag.List{diag.New("SF0003", diag.Position{}, "%q names several packages; a program is one package", s.arg)}
	} else if strings.HasPrefix(s.arg, ".") || filepath.IsAbs(s.arg) {
		return diag.List{diag.New("SF0001", diag.Position{}, "there is no folder %q", s.arg)}
	}
	result, err := frontend.Compile(o)
	if err != nil {
		return err
	}
	s.program, s.warnings, s.omitted = result.Program, result.Warnings, result.Omitted
	return nil
}

// follows checks that the program may take the place of an earlier one.
func (s *source) follows(old earlier) error {
	if old.program == nil {
		return nil
	}
	if old.program.ID != s.program.ID {
		return diag.List{diag.New("SF2005", diag.Position{}, "the program before is %q, this one is %q", old.program.ID, s.program.ID)}
	}
	var l diag.List
	for _, c := range ir.Diff(old.program, s.program) {
		d := diag.New("SF2004", diag.Position{}, "%s", c)
		switch {
		case !c.Breaking, !old.states && !old.clients:
		case old.clients:
			l.Add(d)
		case strings.HasPrefix(c.Where, "function "):
			s.warnings.Add(d.AsWarning().WithHelp("clients of version %d will notice", old.program.Version))
		case s.lacks(strings.TrimPrefix(c.Where, "entity type ")): // only the target knows whether there are any
		default:
			l.Add(d.WithHelp("`sfc run --fresh` starts from nothing; `sfc explain SF2004` says what may change"))
		}
	}
	return l.Err()
}

// lacks says whether a name is that of no entity type.
func (s *source) lacks(name string) bool {
	return !strings.Contains(name, ", ") && s.program.Entity(name) == nil
}

// readIR reads an IR file.
func readIR(file string) (*ir.Program, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, diag.List{diag.New("SF2001", diag.Position{}, "%v", err)}
	}
	p, err := ir.Decode(text, file)
	if err != nil {
		return nil, irProblems("SF2001", file, err)
	}
	return p, nil
}

// verify checks the program, brings its blocks into order, and completes its derived facts.
func (s *source) verify() error {
	if err := ir.Verify(s.program); err != nil {
		return irProblems("SF2002", s.arg, err)
	}
	ir.Normalize(s.program)
	ir.Complete(s.program)
	return nil
}

// irProblems makes diagnostics of what ir finds.
func irProblems(code, file string, err error) error {
	if err == nil {
		return nil
	}
	var problems ir.Problems
	if !errors.As(err, &problems) {
		return diag.List{diag.New(code, diag.Position{File: file}, "%v", err)}
	}
	var l diag.List
	for _, p := range problems {
		text := p.Message
		if p.Where != "" {
			text = p.Where + ": " + text
		}
		name := p.File
		if name == "" {
			name = file
		}
		l.Add(diag.New(code, diag.Position{File: name, Line: p.Line, Col: p.Col}, "%s", text))
	}
	return l
}

// name is PROGRAM in .sfc/PROGRAM: the package's path below the module, with dots; the last element of the module's
// path for the package at its root; the program's name for an IR file.
func (s *source) name() string {
	if s.isIR || s.module == nil {
		return s.program.Name
	}
	below, ok := strings.CutPrefix(s.arg, s.module.Path+"/")
	if isFolder(s.arg) {
		rel, err := filepath.Rel(s.module.Dir, s.dir)
		below, ok = filepath.ToSlash(rel), err == nil && rel != "."
	}
	if !ok {
		below = path.Base(s.module.Path)
	}
	return strings.ReplaceAll(below, "/", ".")
}

// work is the folder .sfc beside the user's go.mod, or beside the IR file.
func (s *source) work() string {
	if s.module != nil {
		return filepath.Join(s.module.Dir, ".sfc")
	}
	return filepath.Join(s.dir, ".sfc")
}

// makeWork makes the folder .sfc, which version control ignores.
func (s *source) makeWork() error {
	if err := os.MkdirAll(s.work(), 0o755); err != nil {
		return err
	}
	ignore := filepath.Join(s.work(), ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return nil
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o644)
}

// earlierIn reads the program that a bundle in a folder was made of; states says whether some of it may be kept.
func earlierIn(dir string, states bool) (earlier, error) {
	file := filepath.Join(dir, "program.ir.json")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return earlier{}, nil
	}
	p, err := readIR(file)
	return earlier{program: p, states: states}, err
}
