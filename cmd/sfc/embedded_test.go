// This file keeps the module of examples/embedded in step with our own.

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"github.com/stateful-entities/sfc/internal/module"
)

// The example is a module of its own, as a user's program is: it requires sfc, and with it what sfc requires, in the
// same versions. UPDATE_SCRIPTS=1 writes its go.mod and go.sum.
func TestEmbeddedExampleRequiresWhatWeRequire(t *testing.T) {
	root := filepath.Join("..", "..")
	own, err := module.Find(root)
	require.NoError(t, err)
	f := &modfile.File{Syntax: &modfile.FileSyntax{}}
	require.NoError(t, f.AddModuleStmt("example.com/embedded"))
	require.NoError(t, f.AddGoStmt(own.File.Go.Version))
	require.NoError(t, f.AddTool(module.Path+"/cmd/sfc"))
	f.AddNewRequire(module.Path, "v0.0.0", false)
	for _, r := range own.File.Require {
		f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
	}
	require.NoError(t, f.AddReplace(module.Path, "", "../..", ""))
	f.SetRequireSeparateIndirect(f.Require)
	f.Cleanup()
	mod, err := f.Format()
	require.NoError(t, err)

	for name, want := range map[string][]byte{"go.mod": mod, "go.sum": own.Sum} {
		file := filepath.Join(root, "examples", "embedded", name)
		if os.Getenv("UPDATE_SCRIPTS") != "" {
			require.NoError(t, os.WriteFile(file, want, 0o644))
		}
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is not in step with ours: UPDATE_SCRIPTS=1 go test ./cmd/sfc -run TestEmbedded", file)
	}
}
