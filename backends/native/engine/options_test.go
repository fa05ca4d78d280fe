// This file tests what an engine can be opened with.

package engine

import (
	"flag"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
	"github.com/stateful-entities/sfc/runner"
)

func TestOptionsThatBoundNothing(t *testing.T) {
	for name, o := range map[string]Options{
		"Queue": {Queue: -1}, "Group": {Group: -1}, "Cache": {Cache: -1}, "Blocks": {Blocks: -1}, "Horizon": {Horizon: -1},
	} {
		_, err := Open(t.TempDir(), gatewaytest.Program(), gatewaytest.Text(), o)
		require.EqualError(t, err, "option "+name+": want more than nothing, got -1")
	}
	for _, args := range [][]string{
		{"--queue", "0"}, {"--queue", "-1"}, {"--cache", "0"}, {"--cache", "-5"}, {"--cache", "9000000000000"},
		{"--horizon", "0"}, {"--horizon", "-1s"}, {"--history", "0"},
	} {
		target := Target(gatewaytest.Program(), gatewaytest.Text(), runner.Limits{})
		fs := flag.NewFlagSet("bundle", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		target.Flags(fs)
		require.NoError(t, fs.Parse(args))
		_, err := target.Open(gateway.Options{Data: t.TempDir()})
		require.ErrorContains(t, err, "want more than nothing", "%v", args)
	}
}

// TestEndlessHistory keeps all: no position is as far back as the count allows.
func TestEndlessHistory(t *testing.T) {
	e := open(t, t.TempDir(), Options{HistoryCount: math.MaxUint64})
	require.Equal(t, "3", call(t, e, "make", "NewCounter", "", "[3]"))
	for range 2 {
		require.Equal(t, "3", call(t, e, "make", "NewCounter", "", "[3]"))
	}
}
