// This file compares generated functions with golden text, and the errors of programs that cannot be generated.

package codegen

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden: each file of testdata/golden holds program.yaml and the generated files that are worth reading.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			require.NoError(t, err)
			require.Equal(t, "program.yaml", a.Files[0].Name)
			out, err := Generate(load(t, a.Files[0].Data, file), Options{Tool: "sfc v0.0.0-test"})
			require.NoError(t, err)
			for i, f := range a.Files[1:] {
				require.Contains(t, out, f.Name)
				if *update {
					a.Files[i+1].Data = out[f.Name]
					continue
				}
				assert.Equal(t, string(f.Data), string(out[f.Name]), "run go test with -update if the change is meant")
			}
			if *update {
				require.NoError(t, os.WriteFile(file, txtar.Format(a), 0o644))
			}
		})
	}
}

func TestLineDirectivesLeadBackToTheGeneratedFile(t *testing.T) {
	a, err := txtar.ParseFile("testdata/golden/stays.txtar")
	require.NoError(t, err)
	out, err := Generate(load(t, a.Files[0].Data, "stays"), Options{})
	require.NoError(t, err)
	for name, text := range out {
		found := false
		for i, line := range strings.Split(string(text), "\n") {
			if rest, ok := strings.CutPrefix(line, "//line "+name+":"); ok {
				found = true
				assert.Equal(t, i+2, atoi(t, rest), "%s: the line after the directive", name)
			}
		}
		assert.Equal(t, strings.HasSuffix(name, "_sfc.go"), found, name)
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n := 0
	for _, c := range s {
		require.True(t, '0' <= c && c <= '9', s)
		n = 10*n + int(c-'0')
	}
	return n
}

func TestGenerateRefuses(t *testing.T) {
	const head = "ir: sfc/v1\nid: example.com/x\nname: x\nversion: 1\n"
	for _, c := range []struct{ name, text, want string }{
		{"cost", head + `externs: {"go:strings.ToUpper": {params: [string], results: [string], steps: len(7)}}
funcs:
  F: {file: x.go, params: [{s: string}], locals: {r: string}, blocks: {b0: {do: [{extern: "go:strings.ToUpper", args: [s], into: [r], at: 3}], end: {return: []}}}}
`, `x.go:3: F: extern "go:strings.ToUpper": cost "len(7)" is not understood`},
		{"embedded", head + `types:
  Amount: {is: int}
  money.Amount: {struct: [{Cents: int}], package: example.com/money}
  Line: {struct: [{Amount: {type: money.Amount, embedded: true}}], at: "x.go:9"}
funcs:
  F: {blocks: {b0: {end: {return: []}}}}
`, `x.go:9: type Line: embedded field "Amount": the name is taken by another declaration of the program`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := Generate(load(t, []byte(c.text), c.name), Options{})
			assert.Nil(t, out)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
		})
	}
}
