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
	conformance.Run(t, target, conformance.Options{Only: func(test conformance.Test) bool {
		return test.Set == conformance.Core || test.Promise != conformance.PlainGo // all but the programs of the language cases
	}})
}
