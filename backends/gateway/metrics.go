// This file measures requests, for Prometheus.

package gateway

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/stateful-entities/sfc"
)

// metrics are those of one handler, in a registry of its own: programs may serve several.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// newMetrics makes the metrics of requests, of the Go runtime and of the process.
func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sfc_requests_total", Help: "Requests that were answered, by method and error code (OK: none).",
		}, []string{"method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sfc_request_seconds", Help: "Time from a request's arrival to its answer, by method.",
			Buckets: prometheus.ExponentialBuckets(100e-6, 2, 17), // 100 µs to 6.6 s
		}, []string{"method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sfc_requests_in_flight", Help: "Requests that have arrived and are not answered.",
		}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// begin notes that a request has arrived; what it gives is called with the outcome.
func (m *metrics) begin(method string) (end func(*sfc.Error)) {
	started := time.Now()
	m.inFlight.Inc()
	return func(err *sfc.Error) {
		code := "OK"
		if err != nil {
			code = err.Code
		}
		m.inFlight.Dec()
		m.requests.WithLabelValues(method, code).Inc()
		m.seconds.WithLabelValues(method).Observe(time.Since(started).Seconds())
	}
}

// serve answers /metrics.
func (m *metrics) serve(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}).ServeHTTP(w, r)
}
