// This file hands rewritten packages to the Go tool.

package plain

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

//go:embed world/clock.go world/error.go world/fields.go world/input.go world/memory.go world/order.go world/output.go
//go:embed world/panic.go world/request.go world/serve.go world/world.go
var worldFiles embed.FS

// Folders that are added to the user's module. They exist in the overlay only.
const (
	worldDir = "sfc_plain_world"
	mainDir  = "sfc_plain_main"
	addName  = "sfc_plain_added.go"
)

// ownError takes the place of world/error.go in a module that does not know package sfc.
const ownError = `package world

// Error has the fields of sfc.Error.
type Error struct {
	Code, Message, Entity, Method, At string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }
`

// ownOutput keeps answers apart from what programs print. It is a file of package world, which all rewritten packages
// import, so that it comes before their initialisation; the overlay for tests does not have it.
const ownOutput = `package world

import "os"

// Answers was the standard output; what programs print goes to stderr.
var Answers = takeOutput()

func takeOutput() *os.File {
	out := os.Stdout
	os.Stdout = os.Stderr
	return out
}
`

// Options say what Build makes.
type Options struct {
	Dir      string   // a folder of the module
	Patterns []string // the programs: packages of the module, as the Go tool names them
	Out      string   // the executable
}

// Build makes an executable that answers requests to one or more programs: lines of JSON, as world.Serve describes
// them. The user's folders are not written to. The error holds the Go tool's own text, or the packages' errors.
func Build(ctx context.Context, o Options) error {
	s, err := load(o.Dir, false, o.Patterns)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sfc-plain-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	v := overlay{source: s, dir: dir, Replace: map[string]string{}}
	at := s.mainFolder()
	err = errors.Join(v.rewriteAll(), v.hideTests(),
		v.add(filepath.Join(s.module.Dir, worldDir, "answers.go"), []byte(ownOutput)),
		v.add(filepath.Join(s.module.Dir, at, "main.go"), s.mainText()))
	if err != nil {
		return err
	}
	file, err := v.write()
	if err != nil {
		return err
	}
	out, err := filepath.Abs(o.Out)
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, "go", "build", "-overlay", file, "-o", out, "./"+filepath.ToSlash(at))
	c.Dir = s.module.Dir
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, text)
	}
	return nil
}

// Overlay makes an overlay file for `go test`, with which the packages' tests run against a world of entities. Remove
// deletes it.
func Overlay(dir string, patterns []string) (file string, remove func() error, err error) {
	s, err := load(dir, true, patterns)
	if err != nil {
		return "", nil, err
	}
	temp, err := os.MkdirTemp("", "sfc-plain-")
	if err != nil {
		return "", nil, err
	}
	remove = func() error { return os.RemoveAll(temp) }
	v := overlay{source: s, dir: temp, Replace: map[string]string{}}
	if err = v.rewriteAll(); err == nil {
		file, err = v.write()
	}
	if err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return file, remove, nil
}

// overlay is a set of replaced files.
type overlay struct {
	*source
	dir     string
	Replace map[string]string
}

func (v *overlay) add(path string, text []byte) error {
	to := filepath.Join(v.dir, fmt.Sprintf("%d.go", len(v.Replace)))
	v.Replace[path] = to
	return os.WriteFile(to, text, 0o600)
}

func (v *overlay) write() (file string, err error) {
	text, err := json.Marshal(struct{ Replace map[string]string }{v.Replace})
	if err != nil {
		return "", err
	}
	file = filepath.Join(v.dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

func (v *overlay) rewriteAll() error {
	worldPath := path.Join(v.module.Path, worldDir)
	wanted := map[string]bool{}
	for _, p := range v.all {
		for _, f := range p.Syntax {
			text, err := v.rewrite(p, f, worldPath, wanted)
			if err != nil {
				return err
			}
			if err := v.add(p.Fset.Position(f.FileStart).Filename, []byte(text)); err != nil {
				return err
			}
		}
	}
	for _, p := range v.all {
		if strings.HasSuffix(p.Name, "_test") {
			continue
		}
		text, err := v.added(p, worldPath, wanted)
		if err != nil {
			return err
		}
		folder := filepath.Dir(p.Fset.Position(p.Syntax[0].FileStart).Filename)
		if err := v.add(filepath.Join(folder, addName), text); err != nil {
			return err
		}
	}
	return v.addWorld()
}

// hideTests takes away test files, which would still name package main.
func (v *overlay) hideTests() error {
	for _, p := range v.all {
		tests, err := filepath.Glob(filepath.Join(filepath.Dir(p.GoFiles[0]), "*_test.go"))
		if err != nil {
			return err
		}
		for _, path := range tests {
			v.Replace[path] = ""
		}
	}
	return nil
}

func (v *overlay) addWorld() error {
	files, err := worldFiles.ReadDir("world")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := worldFiles.ReadFile("world/" + f.Name())
		if err != nil {
			return err
		}
		if f.Name() == "error.go" && !v.hasSfc {
			text = []byte(ownError)
		}
		if err := v.add(filepath.Join(v.module.Dir, worldDir, f.Name()), text); err != nil {
			return err
		}
	}
	return nil
}

// mainFolder is where package main goes: in the deepest folder that holds all programs, so that it may import those
// that are internal.
func (s *source) mainFolder() string {
	var common []string
	for i, p := range s.roots {
		parts := strings.Split(strings.Trim(strings.TrimPrefix(p.PkgPath, s.module.Path), "/"), "/")
		if i == 0 {
			common = parts
		}
		n := 0
		for n < len(common) && n < len(parts) && common[n] == parts[n] {
			n++
		}
		common = common[:n]
	}
	return filepath.Join(filepath.Join(common...), mainDir)
}

func (s *source) mainText() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\n\t%q\n", path.Join(s.module.Path, worldDir))
	for _, p := range s.roots {
		fmt.Fprintf(&b, "\t_ %q\n", p.PkgPath)
	}
	b.WriteString(")\n\nfunc main() {\n\terr := world.Serve(os.Stdin, world.Answers, []world.Program{\n")
	for _, p := range s.roots {
		fmt.Fprintf(&b, "\t\t{Path: %q, Packages: %#v},\n", p.PkgPath, s.program(p))
	}
	b.WriteString("\t})\n\tif err != nil {\n\t\tfmt.Fprintln(os.Stderr, err)\n\t\tos.Exit(1)\n\t}\n}\n")
	return []byte(b.String())
}
