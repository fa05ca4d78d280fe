// This file tests that the suite causes each error code, and that the page for authors of backends says how.

package conformance_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/conformance"
)

// codes are all that an answer may have.
var codes = []string{
	"InvalidArgument", "Unauthenticated", "Unimplemented", "Overloaded", "Expired", "DeadlineExceeded", "Unavailable",
	"NotFound", "AlreadyExists", "Application", "Panic", "LimitExceeded", "Conflict",
}

// TestEachCodeIsCaused reads the table of codes in docs/backends.md: the tests that it names exist, and a code without one
// has a reason. It has the codes of the gateway, no more and no less.
func TestEachCodeIsCaused(t *testing.T) {
	page, err := os.ReadFile("../docs/backends.md")
	require.NoError(t, err)
	source, err := os.ReadFile("../backends/gateway/problem.go")
	require.NoError(t, err)
	var known []string
	for _, m := range regexp.MustCompile(`(?m)^\t"([A-Z][A-Za-z]+)": +http\.Status`).FindAllStringSubmatch(string(source), -1) {
		known = append(known, m[1])
	}
	require.ElementsMatch(t, codes, known, "the gateway's codes")

	tests := map[string]bool{}
	for _, x := range conformance.Tests() {
		tests[x.Name] = true
	}
	table := map[string]string{} // by code: the last column
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\|.*\\| (.*) \\|$").FindAllStringSubmatch(string(page), -1) {
		table[m[1]] = m[2]
	}
	for _, code := range codes {
		require.NotEqual(t, 500, gateway.Status(code), code)
		causes := table[code]
		require.NotEmpty(t, causes, "docs/backends.md says nothing of %s", code)
		named := regexp.MustCompile("`([a-z_]+/[a-z0-9_]+)`").FindAllStringSubmatch(causes, -1)
		require.NotEmpty(t, named, code)
		for _, m := range named {
			require.True(t, tests[m[1]], "docs/backends.md names the test %q", m[1])
		}
		if strings.HasPrefix(causes, "no request") {
			require.Contains(t, []string{"Unavailable", "Conflict"}, code, "all others can be caused")
		}
	}
}
