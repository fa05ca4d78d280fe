// This file tests that metrics count what happens.

package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	dir := t.TempDir()
	e := open(t, dir, Options{Metrics: registry})
	for i := range 3 {
		call(t, e, "", "NewCounter", "", fmt.Sprintf("[%d]", i)) // three misses
	}
	for range 5 {
		call(t, e, "", "Counter.Bump", "1", ``) // five hits
	}
	call(t, e, "", "Counter.Bump", "77", ``) // a miss, NotFound
	call(t, e, "", "NewCounter", "", "[1]")  // a hit, AlreadyExists
	require.Equal(t, 5.0+1, testutil.ToFloat64(e.metrics.hits))
	require.Equal(t, 3.0+1, testutil.ToFloat64(e.metrics.misses))
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP sfc_engine_aborts_total Requests that ran and were rolled back, by error code.
# TYPE sfc_engine_aborts_total counter
sfc_engine_aborts_total{code="AlreadyExists"} 1
sfc_engine_aborts_total{code="NotFound"} 1
# HELP sfc_engine_queue_requests Requests that wait for their turn.
# TYPE sfc_engine_queue_requests gauge
sfc_engine_queue_requests 0
`), "sfc_engine_aborts_total", "sfc_engine_queue_requests"))
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		switch f.GetName() {
		case "sfc_engine_group_requests":
			require.Equal(t, 10.0, f.Metric[0].Histogram.GetSampleSum(), "requests in groups")
		case "sfc_engine_sync_seconds":
			require.Positive(t, f.Metric[0].Histogram.GetSampleCount())
		case "sfc_engine_cache_bytes":
			require.Greater(t, f.Metric[0].Gauge.GetValue(), 3.0*overhead)
		}
	}
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)

	_, err = Open(t.TempDir(), gatewaytest.Program(), gatewaytest.Text(), Options{Metrics: registry})
	require.ErrorContains(t, err, "another engine is registered there")
	require.NoError(t, e.Close())
	families, err = registry.Gather()
	require.NoError(t, err)
	require.Empty(t, families)
	open(t, dir, Options{Metrics: registry})
}
