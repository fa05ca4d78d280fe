// This file compiles programs that nobody here wrote: the self-checking ones of the Go distribution's own test tree.

package frontend_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/internal/diag"
)

var (
	corpusImport = regexp.MustCompile(`(?m)^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w/.]+)"\s*$`)
	corpusUnfit  = regexp.MustCompile(`\bgo func|\bgo \w+\(|\bchan\b|\bselect\b|unsafe|uintptr|//go:|\bmain\(\)[^{]*\bmain\(\)`)
	corpusAllows = map[string]bool{"fmt": true, "errors": true, "strings": true, "strconv": true, "sort": true, "math": true, "bytes": true}
)

// TestGoTestTree: each program is compiled, or refused with a code that says why; the compiler never fails on itself.
// SFC_CORPUS=all takes every program, else one in twelve.
func TestGoTestTree(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	tree := filepath.Join(strings.TrimSpace(string(root)), "test")
	if _, err := os.Stat(tree); err != nil {
		t.Skip("this Go distribution has no test tree")
	}
	every := 12
	if os.Getenv("SFC_CORPUS") == "all" {
		every = 1
	}
	accepted, n := 0, 0
	for _, file := range corpus(t, tree) {
		if n++; n%every != 0 {
			continue
		}
		l := compileProgram(t, file)
		if len(l) == 0 {
			accepted++
		}
		for _, d := range l {
			require.NotEqual(t, "SF9001", d.Code, "%s: %s", file, d)
		}
	}
	require.NotZero(t, accepted)
	t.Logf("%d programs accepted of %d looked at", accepted, n/every)
}

func corpus(t *testing.T, tree string) []string {
	var files []string
	for _, pattern := range []string{"*.go", "ken/*.go", "typeparam/*.go", "fixedbugs/*.go"} {
		found, err := filepath.Glob(filepath.Join(tree, pattern))
		require.NoError(t, err)
		for _, file := range found {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			if fit(string(text)) {
				files = append(files, file)
			}
		}
	}
	return files
}

func fit(text string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if first != "// run" || corpusUnfit.MatchString(text) || !strings.Contains(text, "\nfunc main() {") {
		return false
	}
	for _, m := range corpusImport.FindAllStringSubmatch(text, -1) {
		if !corpusAllows[m[1]] {
			return false
		}
	}
	return true
}

// compileProgram compiles a main program as a package whose function Main is its request.
func compileProgram(t *testing.T, file string) diag.List {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	dir := t.TempDir()
	source := strings.Replace(strings.Replace(string(text), "\nfunc main() {", "\nfunc Main() {", 1), "\npackage main", "\npackage program", 1)
	writeFile(t, filepath.Join(dir, "program.go"), []byte(source))
	writeFile(t, filepath.Join(dir, "go.mod"), []byte("module example.com/program\n\ngo 1.26\n"))
	_, err = frontend.Compile(frontend.Options{Dir: dir})
	if err == nil {
		return nil
	}
	var l diag.List
	require.True(t, errors.As(err, &l), "%s: %v", file, err)
	return l
}
