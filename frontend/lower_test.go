// This file compares the IR of small packages with golden text, one file of testdata/lower a subject.

package frontend_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

var update = flag.Bool("update", false, "write what the compiler gives into the golden files")

// TestLower: each txtar file is a module; its last file, `want`, is the IR's text or the diagnostics.
func TestLower(t *testing.T) {
	files, err := filepath.Glob("testdata/lower/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			got := compileArchive(t, archive)
			want := &archive.Files[len(archive.Files)-1]
			require.Equal(t, "want", want.Name)
			if *update {
				want.Data = []byte(got)
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
				return
			}
			require.Equal(t, string(want.Data), got)
		})
	}
}

func compileArchive(t *testing.T, archive *txtar.Archive) string {
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	mod := "module example.com/m\n\ngo 1.26\n"
	for _, f := range archive.Files[:len(archive.Files)-1] {
		if f.Name == "go.mod" {
			mod = ""
		}
		writeFile(t, filepath.Join(dir, f.Name), bytes.ReplaceAll(f.Data, []byte("=> SFC"), []byte("=> "+root)))
	}
	if mod != "" {
		writeFile(t, filepath.Join(dir, "go.mod"), []byte(mod))
	}
	r, err := frontend.Compile(frontend.Options{Dir: dir})
	if err != nil {
		var b bytes.Buffer
		require.NoError(t, diag.Write(&b, diag.Of(err), diag.Options{Base: dir}))
		return b.String()
	}
	require.NoError(t, ir.Verify(r.Program))
	var b bytes.Buffer
	ir.Fprint(&b, r.Program)
	return b.String()
}

func writeFile(t *testing.T, name string, data []byte) {
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, data, 0o644))
}
