// This file tests that no request escapes the bounds, whatever a program does.

package codegen

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
)

// limit is the name of the limit in an outcome.
var limit = regexp.MustCompile(`(steps|bytes allocated|levels of nesting|depth of calls)`)

// Each function of testdata/bounds does one thing again and again that takes much time or memory at once, or makes a
// value that is deeper than any stack or longer by its paths than any time.
func TestNothingEscapesTheBounds(t *testing.T) {
	compiled, err := frontend.Compile(frontend.Options{Pattern: "./testdata/bounds"})
	require.NoError(t, err)
	files, err := Generate(compiled.Program, Options{})
	require.NoError(t, err)
	s := &script{name: "bounds", files: files}
	for _, f := range compiled.Program.Funcs {
		if f.Exported && f.Entity == "" && f.Creates == "" {
			s.requests = append(s.requests, f.Name)
		}
	}
	require.Greater(t, len(s.requests), 80)
	exe := build(t, []*script{s})
	seen := map[string]int{}
	for i, got := range drive(t, exe, s, "direct", 1_500_000) {
		if assert.Regexp(t, `^error LimitExceeded: `, got, s.requests[i]) {
			seen[limit.FindString(got)]++
		}
	}
	assert.Subset(t, slices.Collect(maps.Keys(seen)), []string{"steps", "bytes allocated", "levels of nesting", "depth of calls"})
}
