// This file has the target judged by the conformance suite.

package local_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/local"
	"github.com/stateful-entities/sfc/conformance"
)

func TestConformance(t *testing.T) {
	target := conformance.NewProcess(local.Backend{})
	defer func() { require.NoError(t, target.Close()) }()
	report := conformance.Run(t, target, conformance.Options{Only: conformance.Quick})
	require.Zero(t, report.Core.Skipped, "the target promises all of the core set")
}
