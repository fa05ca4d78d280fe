// This file tests what /metrics shows.

package gateway

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// slow is an executor whose calls wait for go ahead.
type slow struct {
	Executor
	arrived, ahead chan struct{}
}

func (s slow) Call(_ context.Context, r Request) Response {
	s.arrived <- struct{}{}
	<-s.ahead
	if r.Key == "nobody" {
		return Response{ID: r.ID, Err: Errorf("NotFound", "no such account")}
	}
	return Response{ID: r.ID, Result: []byte("100")}
}

func TestMetrics(t *testing.T) {
	exec := slow{arrived: make(chan struct{}), ahead: make(chan struct{})}
	h := NewHandler(gatewaytest.Program(), nil, exec)
	post := func(path, body string) <-chan int {
		status := make(chan int, 1)
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(body)))
			status <- w.Code
		}()
		return status
	}
	require.Equal(t, 400, <-post("/v1/Account/alice/Deposit", `["x"]`)) // is not let in
	one, two := post("/v1/Account/alice/Balance", ""), post("/v1/Account/nobody/Balance", "")
	<-exec.arrived
	<-exec.arrived
	require.NoError(t, testutil.GatherAndCompare(h.metrics.registry, strings.NewReader(`
# HELP sfc_requests_in_flight Requests that have arrived and are not answered.
# TYPE sfc_requests_in_flight gauge
sfc_requests_in_flight 2
`), "sfc_requests_in_flight"))
	close(exec.ahead)
	require.Equal(t, 200, <-one)
	require.Equal(t, 404, <-two)
	require.NoError(t, testutil.GatherAndCompare(h.metrics.registry, strings.NewReader(`
# HELP sfc_requests_in_flight Requests that have arrived and are not answered.
# TYPE sfc_requests_in_flight gauge
sfc_requests_in_flight 0
# HELP sfc_requests_total Requests that were answered, by method and error code (OK: none).
# TYPE sfc_requests_total counter
sfc_requests_total{code="InvalidArgument",method="Account.Deposit"} 1
sfc_requests_total{code="NotFound",method="Account.Balance"} 1
sfc_requests_total{code="OK",method="Account.Balance"} 1
`), "sfc_requests_in_flight", "sfc_requests_total"))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code)
	for _, part := range []string{
		`sfc_request_seconds_count{method="Account.Balance"} 2`, `sfc_request_seconds_bucket{method="Account.Balance",le="+Inf"} 2`, "go_goroutines ",
	} {
		require.Contains(t, w.Body.String(), part)
	}
}

// The program of a bundle gives its executor the registry that /metrics shows; two programs in a process do not meet.
func TestExecutorsShareTheRegistry(t *testing.T) {
	for range 2 {
		target := testTarget(func(o Options) (Executor, error) {
			c := prometheus.NewCounter(prometheus.CounterOpts{Name: "sfc_test_total", Help: "x"})
			c.Add(7)
			return closing{}, o.Metrics.Register(c)
		})
		s := start(t, target, "--listen", "127.0.0.1:0")
		_, body := s.get(t, "/metrics")
		require.Contains(t, body, "sfc_test_total 7\n")
		require.Contains(t, body, "process_start_time_seconds ")
		s.stop(t)
	}
}
