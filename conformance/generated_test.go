// This file compiles cases to Go and builds one executable of all of them.

package conformance_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner/codegen"
)

// generated is the executable of the programs that were compiled, and why others were not.
type generated struct {
	path   string
	failed map[string]string // by case
}

// compileCases compiles each case in the module dir, two at a time.
func compileCases(dir string, cases []*testCase) (programs map[string]*ir.Program, failed map[string]string) {
	programs, failed = map[string]*ir.Program{}, map[string]string{}
	var (
		wait  sync.WaitGroup
		guard sync.Mutex
		slots = make(chan struct{}, 2)
	)
	for _, c := range cases {
		wait.Add(1)
		go func() {
			defer wait.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			p, err := compile(dir, c.name)
			guard.Lock()
			defer guard.Unlock()
			if err != nil {
				failed[c.name] = "frontend: " + err.Error()
				return
			}
			programs[c.name] = p
		}()
	}
	wait.Wait()
	return programs, failed
}

// compile also writes the program as text and reads it back: what runs is what any other tool would read.
func compile(dir, name string) (*ir.Program, error) {
	r, err := frontend.Compile(frontend.Options{Dir: dir, Pattern: "./" + name})
	if err != nil {
		return nil, err
	}
	text, err := ir.Encode(r.Program, ir.YAML)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	p, err := ir.Decode(text, name+".yaml")
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if ir.Hash(p) != ir.Hash(r.Program) {
		return nil, fmt.Errorf("the program that was read back has another hash")
	}
	return p, sameCode(r.Program, p)
}

// sameCode says whether two programs give the same generated code, byte for byte.
func sameCode(p, q *ir.Program) error {
	a, err := codegen.Generate(p, codegen.Options{Tool: "sfc test"})
	if err != nil {
		return nil // reported where the code is needed
	}
	b, err := codegen.Generate(q, codegen.Options{Tool: "sfc test"})
	if err != nil {
		return err
	}
	if !maps.EqualFunc(a, b, bytes.Equal) {
		return errors.New("the program that was read back gives other generated code")
	}
	return nil
}

// A variant is generated code under a name, which may differ from a case's.
type variant struct {
	name  string
	files map[string][]byte
}

func generate(name string, p *ir.Program) (variant, error) {
	files, err := codegen.Generate(p, codegen.Options{Tool: "sfc test"})
	return variant{name, files}, err
}

// What the Go tool says of packages that do not compile, and of one that cannot be imported.
var (
	packageFailed = regexp.MustCompile(`(?m)^# generated/(\S+)\n((?:[^#].*\n?)*)`)
	notImportable = regexp.MustCompile(`import "generated/(\S+)" (is a program, not an importable package)`)
)

// buildGenerated builds one executable of all variants. Those that do not compile are left out and named.
func buildGenerated(t testing.TB, variants []variant) generated {
	dir := newModule(t, "generated")
	g := generated{path: filepath.Join(dir, "all-programs"), failed: map[string]string{}}
	for _, v := range variants {
		for name, text := range v.files {
			write(t, filepath.Join(dir, v.name, name), string(text))
		}
	}
	if keep := os.Getenv("SFC_KEEP"); keep != "" { // an empty folder, to look at the code in
		require.NoError(t, os.CopyFS(keep, os.DirFS(dir)))
	}
	for {
		writeMain(t, dir, variants, g.failed)
		c := exec.Command("go", "build", "-o", g.path, ".")
		c.Dir = dir
		text, err := c.CombinedOutput()
		if err == nil {
			return g
		}
		bad := append(packageFailed.FindAllStringSubmatch(string(text), -1), notImportable.FindAllStringSubmatch(string(text), -1)...)
		require.NotEmpty(t, bad, "go build: %s", text)
		for _, m := range bad {
			g.failed[m[1]] = "generated code does not compile:\n" + m[2]
		}
	}
}

func writeMain(t testing.TB, dir string, variants []variant, failed map[string]string) {
	var imports, entries strings.Builder
	for i, v := range variants {
		if _, bad := failed[v.name]; bad {
			continue
		}
		fmt.Fprintf(&imports, "\tp%d %q\n", i, "generated/"+v.name)
		fmt.Fprintf(&entries, "\t\t%q: p%d.Program,\n", v.name, i)
	}
	write(t, filepath.Join(dir, "main.go"), `package main

import (
	"fmt"
	"os"

	"github.com/stateful-entities/sfc/conformance/driver"
	"github.com/stateful-entities/sfc/runner"
`+imports.String()+`)

func main() {
	if err := driver.Serve(os.Stdin, os.Stdout, map[string]func() *runner.Program{
`+entries.String()+`	}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`)
}

// generateAll compiles and builds all cases.
func generateAll(t testing.TB, dir string, cases []*testCase) generated {
	programs, failed := compileCases(dir, cases)
	var variants []variant
	for _, c := range cases {
		p := programs[c.name]
		if p == nil {
			continue
		}
		v, err := generate(c.name, p)
		if err != nil {
			failed[c.name] = "codegen: " + err.Error()
			continue
		}
		variants = append(variants, v)
	}
	slices.SortFunc(variants, func(a, b variant) int { return strings.Compare(a.name, b.name) })
	g := buildGenerated(t, variants)
	for name, why := range failed {
		g.failed[name] = why
	}
	return g
}
