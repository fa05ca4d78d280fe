// This file keeps docs/backends.md in step with the backend that it shows.

package sfc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every Go example in docs/backends.md stands in the sources of the example backend, line for line.
func TestBackendInDocumentIsTheExample(t *testing.T) {
	var sources strings.Builder
	for _, pattern := range []string{"conformance/example/*.go", "conformance/example/*/*.go", "backends/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			sources.Write(text)
		}
	}
	page, err := os.ReadFile("docs/backends.md")
	require.NoError(t, err)
	blocks := goBlock.FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		require.Contains(t, sources.String(), block[1])
	}
}
