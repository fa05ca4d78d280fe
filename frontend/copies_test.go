// This file holds the analysis of copies to programs that are known to differ, and to programs that are known not to.

package frontend_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/internal/diag"
)

// Each program under alias/testdata/differ gives other answers, or other final states, when arguments and results are
// copied: its calls.txt shows it. It must be refused, by the analysis or because it needs something not supported yet.
func TestProgramsThatDifferAreRefused(t *testing.T) {
	caught := 0
	for name, dir := range unpack(t, "alias/testdata/differ") {
		_, err := frontend.Compile(frontend.Options{Dir: dir, Pattern: "."})
		if err == nil {
			t.Errorf("%s: accepted, but copying shows", name)
			continue
		}
		for _, d := range diag.Of(err) {
			if strings.HasPrefix(d.Code, "SF14") {
				caught++
				break
			}
			if !strings.HasPrefix(d.Code, "SF15") {
				t.Errorf("%s: refused for another reason: %v", name, d)
			}
		}
	}
	require.GreaterOrEqual(t, caught, 45, "too few are refused by the analysis itself")
}

// Each program under alias/testdata/same gives the same answers and states with sharing and with copying.
func TestProgramsThatAgreeAreAccepted(t *testing.T) {
	for name, dir := range unpack(t, "alias/testdata/same") {
		_, err := frontend.Compile(frontend.Options{Dir: dir, Pattern: "."})
		if err == nil {
			continue
		}
		for _, d := range diag.Of(err) {
			if !strings.HasPrefix(d.Code, "SF15") {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

// unpack writes each archive of a folder as a module of its own.
func unpack(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out := map[string]string{}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		require.NoError(t, err)
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		dir := filepath.Join(t.TempDir(), name)
		write(t, dir, "go.mod", "module example.com/"+name+"\n\ngo 1.26\n")
		for _, f := range a.Files {
			write(t, dir, f.Name, string(f.Data))
		}
		out[name] = dir
	}
	return out
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}
