// This file has the target judged by the conformance suite.

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/conformance"
)

func TestConformance(t *testing.T) {
	target := conformance.NewProcess(backend{})
	defer func() { require.NoError(t, target.Close()) }()
	conformance.Run(t, target, conformance.Options{Only: conformance.Quick})
}
