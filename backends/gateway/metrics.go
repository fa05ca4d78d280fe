// This file counts requests, in the text format of Prometheus.

package gateway

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/stateful-entities/sfc"
)

type metrics struct {
	mu     sync.Mutex
	counts map[outcome]*series
}

type outcome struct{ method, code string }

type series struct {
	count   int64
	seconds float64
}

func newMetrics() *metrics { return &metrics{counts: map[outcome]*series{}} }

func (m *metrics) count(method string, err *sfc.Error, took time.Duration) {
	o := outcome{method, "OK"}
	if err != nil {
		o.code = err.Code
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts[o] == nil {
		m.counts[o] = &series{}
	}
	m.counts[o].count++
	m.counts[o].seconds += took.Seconds()
}

func (m *metrics) write(w http.ResponseWriter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	outcomes := make([]outcome, 0, len(m.counts))
	for o := range m.counts {
		outcomes = append(outcomes, o)
	}
	slices.SortFunc(outcomes, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.method, b.method), cmp.Compare(a.code, b.code))
	})
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprint(w, "# HELP sfc_requests_seconds Requests by method and error code (OK: none), and the time they took.\n"+
		"# TYPE sfc_requests_seconds summary\n")
	for _, o := range outcomes {
		s := m.counts[o]
		fmt.Fprintf(w, "sfc_requests_seconds_count{method=%q,code=%q} %d\n", o.method, o.code, s.count)
		fmt.Fprintf(w, "sfc_requests_seconds_sum{method=%q,code=%q} %g\n", o.method, o.code, s.seconds)
	}
}
