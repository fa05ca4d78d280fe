// This file tests loads, latencies and comparisons with sides whose behaviour is known.

package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/native/bench/plan"
	"github.com/stateful-entities/sfc/backends/native/bench/plan/ledger"
)

// scripted is a side that does what the test says.
type scripted func(ctx context.Context, o *operation) (bool, error)

func (s scripted) name() string { return "scripted" }

func (s scripted) session() (session, error) { return s, nil }

func (s scripted) do(ctx context.Context, o *operation) (bool, error) { return s(ctx, o) }

func TestClosedLoopKeepsEveryClientBusy(t *testing.T) {
	var now, most atomic.Int64
	r := round{workload: plan.Mixed, keys: "uniform", clients: 7, duration: 100 * time.Millisecond}
	s, err := r.run(t.Context(), scripted(func(context.Context, *operation) (bool, error) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		return false, nil
	}), newRecords(10, 5, 1))
	require.NoError(t, err)
	require.LessOrEqual(t, most.Load(), int64(7))
	require.LessOrEqual(t, s.requests, int64(7*100/5+7))
	require.GreaterOrEqual(t, s.latencies.percentile(0), 4990*time.Microsecond) // three digits
	require.Equal(t, s.requests, s.latencies.histogram.TotalCount())
}

// A request that takes longer than the round is one request in that time, not none.
func TestARoundIsAsLongAsItsFirstRequest(t *testing.T) {
	r := round{workload: plan.Transfer, keys: "uniform", clients: 2, duration: 10 * time.Millisecond}
	s, err := r.run(t.Context(), scripted(func(context.Context, *operation) (bool, error) {
		time.Sleep(50 * time.Millisecond)
		return false, nil
	}), newRecords(10, 5, 1))
	require.NoError(t, err)
	require.EqualValues(t, 1, s.requests)
	require.GreaterOrEqual(t, s.elapsed, 48*time.Millisecond) // less the warming of 1 ms
	require.Less(t, s.perSecond(), 21.0)
}

// A server that stands still for half of the round: those who wait for it are all counted, with the time since they were
// to begin. A loop that counts from when a request is sent would see one slow request among a thousand.
func TestOpenLoopCountsFromTheIntendedStart(t *testing.T) {
	const duration, stall = 400 * time.Millisecond, 200 * time.Millisecond
	var server sync.Mutex
	var stalled atomic.Bool
	begin := time.Now()
	r := round{workload: plan.Transfer, keys: "uniform", clients: 1, duration: duration, rate: 1000}
	s, err := r.run(t.Context(), scripted(func(context.Context, *operation) (bool, error) {
		server.Lock()
		defer server.Unlock()
		if time.Since(begin) > 100*time.Millisecond && stalled.CompareAndSwap(false, true) {
			time.Sleep(stall)
		}
		return false, nil
	}), newRecords(10, 5, 1))
	require.NoError(t, err)
	// About 400 requests are due, 200 of them while it stands: they wait 100 ms on average.
	require.InDelta(t, 400, s.latencies.histogram.TotalCount(), 2)
	require.Greater(t, s.latencies.percentile(60), 10*time.Millisecond)
	require.Greater(t, s.latencies.percentile(99), 150*time.Millisecond)
}

// Whoever cannot keep up says so, and ends.
func TestOpenLoopGivesUpWhatItCannotBegin(t *testing.T) {
	r := round{workload: plan.Transfer, keys: "uniform", clients: 2, duration: 100 * time.Millisecond, rate: 10_000}
	s, err := r.run(t.Context(), scripted(func(context.Context, *operation) (bool, error) {
		time.Sleep(10 * time.Millisecond)
		return false, nil
	}), newRecords(10, 5, 1))
	require.NoError(t, err)
	require.InDelta(t, 1000, s.latencies.histogram.TotalCount(), 2)
	require.Greater(t, s.late, int64(900))
	require.Greater(t, s.latencies.percentile(50), 100*time.Millisecond)
}

func TestARateOfNothingIsAnError(t *testing.T) {
	r := round{workload: plan.Transfer, keys: "uniform", clients: 1, duration: 10 * time.Millisecond, rate: 0.5}
	_, err := r.run(t.Context(), scripted(func(context.Context, *operation) (bool, error) { return false, nil }), newRecords(10, 5, 1))
	require.EqualError(t, err, "no request was due within a round: it is too short for the rate")
}

func TestAFailureEndsTheRound(t *testing.T) {
	broken := errors.New("broken")
	for _, rate := range []float64{0, 100} {
		r := round{workload: plan.YCSBA, keys: "zipf0.99", clients: 3, duration: time.Hour, rate: rate}
		_, err := r.run(t.Context(), scripted(func(ctx context.Context, o *operation) (bool, error) { return false, broken }), newRecords(10, 5, 1))
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "scripted: ")
	}
}

func TestAbortsAreCounted(t *testing.T) {
	r := round{workload: plan.Transfer, keys: "uniform", clients: 2, duration: 20 * time.Millisecond}
	s, err := r.run(t.Context(), scripted(func(context.Context, *operation) (bool, error) { return true, nil }), newRecords(10, 5, 1))
	require.NoError(t, err)
	require.Equal(t, s.requests, s.aborted)
}

// The histogram's percentiles against those of the sorted list, to three digits.
func TestPercentiles(t *testing.T) {
	r := random(t)
	l := newLatencies()
	n := notebook{to: l}
	var all []time.Duration
	for range 10_001 {
		d := time.Duration(r.ExpFloat64() * float64(3*time.Millisecond))
		all = append(all, d)
		n.add(d)
	}
	n.flush()
	slices.Sort(all)
	for _, p := range []float64{1, 50, 90, 99, 99.9} {
		want := all[int(p/100*10_000)]
		require.InDelta(t, float64(want), float64(l.percentile(p)), 0.02*float64(want)+2000, "percentile %v", p)
	}
	require.EqualValues(t, len(all), l.histogram.TotalCount())
}

func TestLatenciesBeyondTheScaleCountAsItsEnd(t *testing.T) {
	l := newLatencies()
	n := notebook{to: l}
	n.add(2 * time.Hour)
	n.add(-time.Second)
	n.flush()
	require.EqualValues(t, 2, l.histogram.TotalCount())
	require.InEpsilon(t, float64(longest), float64(l.percentile(100)), 0.001)
}

// Shares of the workloads as their authors give them.
func TestMixes(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for w, want := range map[string][kinds]float64{
		"A": {50, 50, 0}, "B": {95, 5, 0}, "T": {0, 0, 100}, "M": {45, 45, 10},
	} {
		x := newRecords(100, 20, 1)
		keys, err := choosers("uniform", 100)
		require.NoError(t, err)
		g := newGenerator(w, x, keys, seed, 1)
		var counts [kinds]float64
		const draws = 100_000
		for range draws {
			var o operation
			g.next(&o)
			counts[o.kind]++
			switch o.kind {
			case update:
				require.Len(t, o.value, 20)
				require.True(t, o.field >= 0 && o.field < ledger.Fields)
			case transfer:
				require.NotEqual(t, o.a, o.b)
				require.True(t, o.amount >= 1 && o.amount <= maxAmount)
			}
		}
		for k, share := range want {
			require.InDelta(t, share, 100*counts[k]/draws, 1.2, "workload %s, kind %d", w, k)
		}
	}
}

func TestSameSeedSameRequests(t *testing.T) {
	list := func(seed, stream uint64) (out []operation) {
		x := newRecords(50, 10, seed)
		keys, err := choosers("zipf1.5", 50)
		require.NoError(t, err)
		g := newGenerator(plan.Mixed, x, keys, seed, stream)
		for range 100 {
			var o operation
			g.next(&o)
			out = append(out, o)
		}
		return out
	}
	require.Equal(t, list(3, 4), list(3, 4))
	require.NotEqual(t, list(3, 4), list(3, 5))
	require.NotEqual(t, list(3, 4), list(4, 4))
}

func TestRandomTextNeedsNoEscapes(t *testing.T) {
	text := randomText(rand.New(rand.NewPCG(1, 1)), 1000)
	require.Len(t, text, 1000)
	require.NotContains(t, text, `"`)
	require.NotContains(t, text, `\`)
}
