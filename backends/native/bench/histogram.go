// This file collects latencies.

package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are told apart from a microsecond to a minute, to three digits; longer ones count as a minute.
const (
	shortest = time.Microsecond
	longest  = time.Minute
	digits   = 3
)

// latencies is what all clients of a round measure together.
type latencies struct {
	mu        sync.Mutex
	histogram *hdrhistogram.Histogram
}

func newLatencies() *latencies {
	return &latencies{histogram: hdrhistogram.New(int64(shortest), int64(longest), digits)}
}

// notebook is one client's latencies that are not in the histogram yet: few clients wait for each other so.
type notebook struct {
	to    *latencies
	taken []time.Duration
}

const notes = 256

func (n *notebook) add(d time.Duration) {
	if n.taken = append(n.taken, d); len(n.taken) == notes {
		n.flush()
	}
}

func (n *notebook) flush() {
	n.to.mu.Lock()
	defer n.to.mu.Unlock()
	for _, d := range n.taken {
		// In range, so there is no error.
		_ = n.to.histogram.RecordValue(int64(min(max(d, 0), longest)))
	}
	n.taken = n.taken[:0]
}

// percentile gives a latency that so many percent do not pass.
func (l *latencies) percentile(p float64) time.Duration {
	return time.Duration(l.histogram.ValueAtPercentile(p))
}
