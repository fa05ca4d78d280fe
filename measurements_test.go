// This file keeps the measurements in README.md equal to those in docs/benchmarks.md.

package sfc_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// measurements is the place of the table in README.md.
var measurements = regexp.MustCompile(`(?s)<!-- measurements -->\n.*?<!-- end of measurements -->\n`)

// The README has some columns of the tables in docs/benchmarks.md; UPDATE_DOCS=1 copies them again.
func TestReadmeHasTheMeasurements(t *testing.T) {
	full, err := os.ReadFile("docs/benchmarks.md")
	require.NoError(t, err)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Len(t, measurements.FindAll(readme, -1), 1)
	want := "<!-- measurements -->\n" + columns(string(full), "measured", "requests/s", "baseline", "ratio", "aim", "") + "\n" +
		columns(string(full), "state", "request", "splitting + instrumentation", "aim", "") + "<!-- end of measurements -->\n"
	if os.Getenv("UPDATE_DOCS") != "" {
		readme = measurements.ReplaceAllLiteral(readme, []byte(want))
		require.NoError(t, os.WriteFile("README.md", readme, 0o644))
	}
	require.Equal(t, want, string(measurements.Find(readme)), "UPDATE_DOCS=1 go test -run TestReadmeHasTheMeasurements . copies them")
}

// columns gives some columns of the table that begins with the first of them.
func columns(text string, names ...string) string {
	var out strings.Builder
	var at []int
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			at = nil
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if strings.TrimSpace(cells[0]) == names[0] {
			for _, name := range names {
				for i, c := range cells {
					if strings.TrimSpace(c) == name && (name != "" || i == len(cells)-1) {
						at = append(at, i)
						break
					}
				}
			}
		}
		if at == nil {
			continue
		}
		for _, i := range at {
			cell := strings.TrimSpace(cells[i])
			if strings.Trim(cell, "-") == "" && cell != "" {
				cell = "---"
			}
			out.WriteString("| " + cell + " ")
		}
		out.WriteString("|\n")
	}
	return out.String()
}

func TestColumns(t *testing.T) {
	text := "x\n\n| a | b | c | |\n|---|-----|--|--|\n| 1 | 2 | 3 | 4 |\n\n| d | b |\n|--|--|\n| 5 | 6 |\n"
	require.Equal(t, "| a | c |  |\n| --- | --- | --- |\n| 1 | 3 | 4 |\n", columns(text, "a", "c", ""))
	require.Equal(t, "| d |\n| --- |\n| 5 |\n", columns(text, "d"))
}
