// This file tests where packages may be written into a user's module.

package module

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLibrary(t *testing.T) {
	released := &Module{Dir: "/cache/sfc", Path: Path, Version: "v1.4.0"}
	checkout := &Module{Dir: "/src/sfc", Path: Path}
	module := func(lines string) string {
		return write(t, map[string]string{"go.mod": "module example.com/app\n\ngo 1.26.0\n\n" + lines})
	}

	dir := module("require " + Path + " v1.4.0\n")
	for below, want := range map[string]string{"": "example.com/app", "bank": "example.com/app/bank", "internal/bank-db": "example.com/app/internal/bank-db"} {
		got, err := Library(filepath.Join(dir, below), released)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := Library(filepath.Join(dir, "a b"), released)
	require.ErrorContains(t, err, "nothing can import the folder")
	_, err = Library(filepath.Join(dir, "bank"), &Module{Version: "v1.5.0"})
	require.ErrorContains(t, err, "requires "+Path+" v1.4.0, this sfc is v1.5.0 and generates code for that: go get "+Path+"@v1.5.0")
	_, err = Library(filepath.Join(dir, "bank"), checkout)
	require.NoError(t, err, "a checkout has no version to compare")

	_, err = Library(module(""), released)
	require.ErrorContains(t, err, "does not require "+Path+", which a library links with: go get "+Path+"@v1.4.0")
	_, err = Library(module(""), checkout)
	require.ErrorContains(t, err, "go mod edit -replace "+Path+"=/src/sfc && go get "+Path)
	_, err = Library(module("require "+Path+" v0.0.0\n\nreplace "+Path+" => ../sfc\n"), released)
	require.NoError(t, err)

	own := write(t, map[string]string{"go.mod": "module " + Path + "\n"})
	got, err := Library(filepath.Join(own, "conformance", "app"), checkout)
	require.NoError(t, err)
	require.Equal(t, Path+"/conformance/app", got)
	_, err = Library(filepath.Join(t.TempDir(), "x"), released)
	require.ErrorContains(t, err, "a library is a package of a module: no go.mod in")
}
