// This file keeps the committed reports in step with the suite.

package conformance_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/backends/local"
	"github.com/stateful-entities/sfc/backends/native"
	"github.com/stateful-entities/sfc/conformance"
)

// TestReportsAreOfThisSuite compares reports/NAME.yaml with the tests that there are: `go run ./cmd/sfc conformance
// --target=NAME --report conformance/reports` makes them anew. Language cases come and go with the compiler: a report has
// those of its time.
func TestReportsAreOfThisSuite(t *testing.T) {
	var want []string
	for _, test := range conformance.Tests() {
		if conformance.Quick(test) {
			want = append(want, string(test.Set)+" "+test.Name+": "+test.Says)
		}
	}
	for _, b := range []backends.Backend{local.Backend{}, native.Backend{}} {
		text, err := os.ReadFile("reports/" + b.Name() + ".yaml")
		require.NoError(t, err)
		var r conformance.Report
		require.NoError(t, yaml.Unmarshal(text, &r))
		require.Equal(t, conformance.ReportSchema, r.Schema)
		require.Equal(t, b.Name(), r.Target)
		var features []string
		for _, f := range b.Features() {
			features = append(features, string(f))
		}
		require.Equal(t, features, r.Features)
		require.Equal(t, 1.0, r.Effort)
		require.True(t, r.Passed())
		require.Zero(t, r.Core.Skipped)
		var got []string
		for _, x := range r.Results {
			if conformance.Quick(conformance.Test{Name: x.Name}) {
				got = append(got, string(x.Set)+" "+x.Name+": "+x.Says)
			}
		}
		require.Equal(t, want, got)
		require.Greater(t, len(r.Results), len(got), "no language case")
		page, err := os.ReadFile("reports/" + b.Name() + ".html")
		require.NoError(t, err)
		for _, x := range r.Results {
			require.Contains(t, string(page), x.Name)
		}
	}
}
