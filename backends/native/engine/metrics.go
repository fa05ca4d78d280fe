// This file measures the engine, for Prometheus.

package engine

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are those of one engine. They are kept whether somebody collects them or not: a group costs two observations.
type metrics struct {
	queue   prometheus.GaugeFunc
	group   prometheus.Histogram
	sync    prometheus.Histogram
	hits    prometheus.Counter
	misses  prometheus.Counter
	cached  prometheus.Gauge
	aborts  *prometheus.CounterVec
	collect prometheus.Registerer // nil: nobody
}

func newMetrics(e *Engine) *metrics {
	return &metrics{
		queue: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "sfc_engine_queue_requests", Help: "Requests that wait for their turn.",
		}, func() float64 { return float64(len(e.queue)) }),
		group: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sfc_engine_group_requests", Help: "Requests that are answered by one commit.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 13), // to 4096
		}),
		sync: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sfc_engine_sync_seconds", Help: "Time from handing a group's batch to the log until it is on disk.",
			Buckets: prometheus.ExponentialBuckets(25e-6, 2, 18), // 25 µs to 3.3 s
		}),
		hits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sfc_engine_cache_hits_total", Help: "Entities that a transaction found in memory.",
		}),
		misses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sfc_engine_cache_misses_total", Help: "Entities that a transaction looked for in the database, found or not.",
		}),
		cached: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sfc_engine_cache_bytes", Help: "Memory that entities take, estimated.",
		}),
		aborts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sfc_engine_aborts_total", Help: "Requests that ran and were rolled back, by error code.",
		}, []string{"code"}),
		collect: e.options.Metrics,
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.queue, m.group, m.sync, m.hits, m.misses, m.cached, m.aborts}
}

// register offers the metrics to who collects them: one engine at a time.
func (m *metrics) register() error {
	if m.collect == nil {
		return nil
	}
	for i, c := range m.all() {
		if err := m.collect.Register(c); err != nil {
			for _, c := range m.all()[:i] {
				m.collect.Unregister(c)
			}
			if again := (prometheus.AlreadyRegisteredError{}); errors.As(err, &again) {
				return errors.New("metrics: another engine is registered there: give each its own labels (prometheus.WrapRegistererWith)")
			}
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return nil
}

func (m *metrics) unregister() {
	if m.collect == nil {
		return
	}
	for _, c := range m.all() {
		m.collect.Unregister(c)
	}
}
