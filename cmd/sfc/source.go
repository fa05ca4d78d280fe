// This file turns what a verb is given, a package or an IR file, into a program.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	module   *module.Module // the user's; nil for an IR file outside a module
	config   *module.Config
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

// load compiles a package or reads an IR file. previous gives the program before, once the new one's place is known;
// it may be nil.
func load(arg string, previous func(*source) (*ir.Program, error)) (*source, error) {
	s := &source{isIR: isIRFile(arg), dir: arg}
	if s.isIR {
		s.dir = filepath.Dir(arg)
	}
	if !s.isIR && !isFolder(arg) { // an import path
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
	if s.isIR {
		return s, s.read(arg)
	}
	return s, s.compile(arg, previous)
}

func isFolder(arg string) bool {
	info, err := os.Stat(arg)
	return err == nil && info.IsDir()
}

// compile compiles a package.
func (s *source) compile(arg string, previous func(*source) (*ir.Program, error)) error {
	o := frontend.Options{Pattern: arg, Pure: s.config.Pure}
	if isFolder(arg) { // may lie in another module than the working directory
		o.Dir, o.Pattern = arg, "."
	} else if strings.HasPrefix(arg, ".") || filepath.IsAbs(arg) {
		return diag.List{diag.New("SF0001", diag.Position{}, "there is no folder %q", arg)}
	}
	result, err := frontend.Compile(o)
	if err != nil {
		return err
	}
	s.program, s.warnings = result.Program, result.Warnings
	if previous != nil {
		before, err := previous(s)
		if err != nil {
			return err
		}
		if before != nil {
			o.Previous = before
			if result, err = frontend.Compile(o); err != nil {
				return err
			}
			s.program, s.warnings = result.Program, result.Warnings
		}
	}
	return s.verify(s.program.ID)
}

// read reads an IR file.
func (s *source) read(file string) error {
	p, err := readIR(file)
	if err != nil {
		return err
	}
	s.program = p
	return s.verify(file)
}

func readIR(file string) (*ir.Program, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, diag.List{diag.New("SF2001", diag.Position{}, "%v", err)}
	}
	p, err := ir.Decode(text, file)
	return p, irProblems("SF2001", file, err)
}

// verify checks the program, brings its blocks into order, and completes its derived facts.
func (s *source) verify(file string) error {
	if err := ir.Verify(s.program); err != nil {
		return irProblems("SF2002", file, err)
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

// name is PROGRAM in .sfc/PROGRAM: the package's path below the module with dots, or the IR file's program.
func (s *source) name() string {
	if !s.isIR && s.module != nil {
		if below, ok := strings.CutPrefix(s.program.ID, s.module.Path+"/"); ok {
			return strings.ReplaceAll(below, "/", ".")
		}
	}
	return s.program.Name
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

// previousIn reads the program that a bundle in a folder was made of; nil if there is none.
func previousIn(dir string) (*ir.Program, error) {
	file := filepath.Join(dir, "program.ir.json")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	p, err := readIR(file)
	if err != nil {
		return nil, fmt.Errorf("the program before: %w", err)
	}
	return p, nil
}
