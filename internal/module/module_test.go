// This file tests finding modules, and the go.mod and go.sum of bundles.

package module

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// write writes files, name to text, into a new folder.
func write(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func TestFind(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module example.com/a\n\ngo 1.26\n", "go.sum": "x v1 h1:1\n", "p/q/f.go": ""})
	m, err := Find(filepath.Join(dir, "p", "q"))
	require.NoError(t, err)
	require.Equal(t, "example.com/a", m.Path)
	require.Equal(t, dir, m.Dir)
	require.Equal(t, "x v1 h1:1\n", string(m.Sum))
	_, err = Find(write(t, nil))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Find(write(t, map[string]string{"go.mod": "modul x\n"}))
	require.ErrorContains(t, err, "go.mod:1")
	_, err = Find(write(t, map[string]string{"go.mod": "go 1.26\n"}))
	require.ErrorContains(t, err, "no module line")
}

func TestRuntime(t *testing.T) {
	m, err := Runtime("")
	require.NoError(t, err)
	require.Equal(t, Path, m.Path)
	require.FileExists(t, filepath.Join(m.Dir, "sfc.go"))
	again, err := Runtime(m.Dir)
	require.NoError(t, err)
	require.Equal(t, m.Dir, again.Dir)
	_, err = Runtime(write(t, map[string]string{"go.mod": "module example.com/a\n"}))
	require.ErrorContains(t, err, "is module example.com/a, not "+Path)
	_, err = Runtime(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorContains(t, err, "SFC_MODULE=")
}

func find(t *testing.T, files map[string]string) *Module {
	m, err := Find(write(t, files))
	require.NoError(t, err)
	return m
}

func TestBundle(t *testing.T) {
	own := find(t, map[string]string{
		"go.mod": "module " + Path + "\n\ngo 1.26.0\n\nrequire (\n\texample.com/y v1.2.0\n\texample.com/z v1.0.0 // indirect\n)\n",
		"go.sum": "example.com/y v1.2.0 h1:y\nexample.com/z v1.0.0 h1:z\n",
	})
	user := find(t, map[string]string{
		"go.mod": "module example.com/user\n\ngo 1.26.3\n\nrequire (\n\texample.com/y v1.10.0\n\texample.com/pure v0.3.0\n\t" + Path + " v0.0.9\n)\n\n" +
			"replace example.com/pure => ../pure\n\nreplace " + Path + " => ../old\n\nreplace example.com/y v1.10.0 => example.com/fork v1.0.0\n",
		"go.sum": "example.com/y v1.10.0 h1:y10\nexample.com/z v1.0.0 h1:z\n",
	})
	mod, sum, err := Bundle(user, own, false)
	require.NoError(t, err)
	require.Equal(t, `module sfc.bundle

go 1.26.0

require (
	example.com/y v1.2.0 // indirect
	example.com/z v1.0.0 // indirect
	`+Path+` v0.0.0
)

replace `+Path+" => "+own.Dir, strings.TrimSpace(string(mod)))
	require.Equal(t, "example.com/y v1.2.0 h1:y\nexample.com/z v1.0.0 h1:z\n", string(sum))

	// With libraries of the user's: the later version, the user's replace lines, sfc itself still our own.
	mod, sum, err = Bundle(user, own, true)
	require.NoError(t, err)
	text := string(mod)
	require.Contains(t, text, "go 1.26.3\n")
	require.Contains(t, text, "example.com/y v1.10.0 // indirect\n")
	require.Contains(t, text, "example.com/pure v0.3.0 // indirect\n")
	require.Contains(t, text, "replace example.com/pure => "+filepath.Join(filepath.Dir(user.Dir), "pure")+"\n")
	require.Contains(t, text, "replace example.com/y v1.10.0 => example.com/fork v1.0.0\n")
	require.Contains(t, text, "replace "+Path+" => "+own.Dir+"\n")
	require.NotContains(t, text, "old")
	require.Equal(t, "example.com/y v1.10.0 h1:y10\nexample.com/y v1.2.0 h1:y\nexample.com/z v1.0.0 h1:z\n", string(sum))

	// A released version is required as such.
	own.Version = "v1.4.0"
	mod, _, err = Bundle(nil, own, true)
	require.NoError(t, err)
	require.Contains(t, string(mod), Path+" v1.4.0\n")
	require.NotContains(t, string(mod), "replace")
}

func TestConfig(t *testing.T) {
	read := func(text string) (*Config, error) { return ReadConfig(write(t, map[string]string{ConfigName: text})) }
	c, err := read("sfc: v1\npure: [example.com/money]\ntargets:\n  native: {scheduler: serial}\n")
	require.NoError(t, err)
	require.Equal(t, &Config{SFC: "v1", Pure: []string{"example.com/money"}, Targets: map[string]map[string]string{"native": {"scheduler": "serial"}}}, c)
	c, err = ReadConfig(t.TempDir())
	require.NoError(t, err)
	require.Equal(t, &Config{}, c)
	for text, want := range map[string]string{
		"sfc: v1\ncolour: red\n": "line 2: field colour not found", "sfc: v2\n": "want `sfc: v1`, got \"v2\"", "": "want `sfc: v1`",
		"sfc: v1\npure: 5\n": "line 2", "{": "sfc.yaml: ",
		"sfc: v1\nlimits:\n  step: 5\n":                    `line 3: there is no limit "step": did you mean "steps"?`,
		"sfc: v1\nlimits: {colour: 5}\n":                   `line 2: there is no limit "colour"`,
		"sfc: v1\nlimits: {depth: 0}\n":                    `line 2: limit depth: want a whole number above 0, got "0"`,
		"sfc: v1\nlimits: {depth: -5}\n":                   `got "-5"`,
		"sfc: v1\nlimits: {depth: 1.5}\n":                  `got "1.5"`,
		"sfc: v1\nlimits: {depth: 2.0}\n":                  `got "2.0"`,
		"sfc: v1\nlimits: {depth: \"5\"}\n":                `got "5"`,
		"sfc: v1\nlimits: {steps: 1e3}\n":                  `got "1e3"`,
		"sfc: v1\nlimits: {state: 4MiB}\n":                 `got "4MiB"`,
		"sfc: v1\nlimits: {depth: ~}\n":                    `got "~"`,
		"sfc: v1\nlimits: {steps: 99999999999999999999}\n": "want a whole number above 0",
		"sfc: v1\nlimits: {depth: 5, depth: 6}\n":          `"depth" already defined`,
		"sfc: v1\nlimits: 5\n":                             "line 2: limits: want names with numbers",
	} {
		_, err := read(text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestLimits(t *testing.T) {
	c, err := ReadConfig(write(t, map[string]string{ConfigName: "sfc: v1\nlimits: {steps: 1_000_000, depth: 7, bytes: 1, invocations: 2, entities: 3, state: 4, message: 5}\n"}))
	require.NoError(t, err)
	require.Equal(t, Limits{Steps: 1_000_000, Depth: 7, Bytes: 1, Invocations: 2, Entities: 3, State: 4, Message: 5}, c.Limits)
	c, err = ReadConfig(write(t, map[string]string{ConfigName: "sfc: v1\nlimits:\n"}))
	require.NoError(t, err)
	require.Zero(t, c.Limits)
}

func TestChanged(t *testing.T) {
	dir := write(t, map[string]string{"a.go": "1", "sub/b.go": "2", ".sfc/c.go": "3", "testdata/d.go": "4", "notes.txt": "5"})
	seen := Changed(dir)
	touch := func(name string) {
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), time.Time{}, time.Unix(5000, 0)))
	}
	for _, name := range []string{".sfc/c.go", "testdata/d.go", "notes.txt"} {
		touch(name)
		require.Equal(t, seen, Changed(dir), name)
	}
	for _, name := range []string{"a.go", "sub/b.go"} {
		touch(name)
		require.NotEqual(t, seen, Changed(dir), name)
		seen = Changed(dir)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new.go"), nil, 0o600))
	require.NotEqual(t, seen, Changed(dir))
}
