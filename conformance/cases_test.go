// This file reads the language cases and the examples, and lays them out as one module.

package conformance_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/internal/calls"
)

// A testCase is a package and the requests to it.
type testCase struct {
	name   string            // calls/and_or, examples/shop: also its folder in the module
	files  map[string]string // by path below that folder
	script []*calls.Request
}

// root is the folder of the project's module.
func root(t testing.TB) string {
	dir, err := filepath.Abs("..")
	require.NoError(t, err)
	return dir
}

// allCases gives the language cases and the examples, sorted by name.
func allCases(t testing.TB) []*testCase {
	var cases []*testCase
	err := filepath.WalkDir("cases", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".txtar") {
			cases = append(cases, readCase(t, path))
		}
		return err
	})
	require.NoError(t, err)
	examples, err := filepath.Glob("../examples/*/calls.txt")
	require.NoError(t, err)
	for _, script := range examples {
		cases = append(cases, readExample(t, filepath.Dir(script)))
	}
	slices.SortFunc(cases, func(a, b *testCase) int { return strings.Compare(a.name, b.name) })
	return cases
}

func readCase(t testing.TB, path string) *testCase {
	archive, err := txtar.ParseFile(path)
	require.NoError(t, err)
	name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(path), "cases/"), ".txtar")
	c := &testCase{name: name, files: map[string]string{}}
	for _, f := range archive.Files {
		if f.Name == "calls.txt" {
			c.script, err = calls.Parse(path, f.Data)
			require.NoError(t, err)
			continue
		}
		c.files[f.Name] = string(f.Data)
	}
	require.NotEmpty(t, c.script, "%s has no calls.txt", path)
	return c
}

func readExample(t testing.TB, dir string) *testCase {
	c := &testCase{name: "examples/" + filepath.Base(dir), files: map[string]string{}}
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		c.files[filepath.Base(path)] = string(text)
	}
	script := filepath.Join(dir, "calls.txt")
	text, err := os.ReadFile(script)
	require.NoError(t, err)
	c.script, err = calls.Parse(script, text)
	require.NoError(t, err)
	return c
}

// layOut writes the cases into a module named `cases`, each in a folder of its name, and gives the module's folder.
func layOut(t testing.TB, cases []*testCase) string {
	dir := newModule(t, "cases")
	for _, c := range cases {
		for name, text := range c.files {
			write(t, filepath.Join(dir, c.name, name), text)
		}
	}
	return dir
}

// newModule makes a module that takes sfc, and what that needs, from this checkout.
func newModule(t testing.TB, name string) string {
	dir := t.TempDir()
	mod, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	require.NoError(t, err)
	_, requires, _ := strings.Cut(string(mod), "\n")
	write(t, filepath.Join(dir, "go.mod"), "module "+name+"\n"+requires+
		"\nrequire github.com/stateful-entities/sfc v0.0.0\n\nreplace github.com/stateful-entities/sfc => "+root(t)+"\n")
	sum, err := os.ReadFile(filepath.Join(root(t), "go.sum"))
	require.NoError(t, err)
	write(t, filepath.Join(dir, "go.sum"), string(sum))
	return dir
}

func write(t testing.TB, path, text string) {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
