// This file tests an engine whose entities do not fit into its memory.

package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
)

// TestStateBeyondMemory runs 16 clients over 2 000 accounts, of which the cache holds one in twenty and the database's
// blocks fewer. Each client has accounts of its own, so it knows each balance; at the end all are compared, also after
// opening again.
func TestStateBeyondMemory(t *testing.T) {
	const clients, accounts, requests = 16, 2000, 6000
	o := Options{Cache: 40 << 10, Blocks: 16 << 10, fs: crashable()}
	dir := "data"
	e := open(t, dir, o)
	want := make([]int, accounts)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(7, uint64(c)))
			for i := c; i < accounts; i += clients {
				call(t, e, "", "NewAccount", "", fmt.Sprintf(`["account-%04d",0]`, i))
			}
			for range requests / clients {
				i := c + clients*rng.IntN(accounts/clients)
				key := fmt.Sprintf("account-%04d", i)
				if rng.IntN(3) == 0 {
					if got := call(t, e, "", "Account.Balance", key, ``); got != strconv.Itoa(want[i]) {
						t.Errorf("%s: %s, want %d", key, got, want[i])
					}
					continue
				}
				n := rng.IntN(100)
				want[i] += n
				if got := call(t, e, "", "Account.Deposit", key, fmt.Sprintf("[%d]", n)); got != "null" {
					t.Errorf("%s: %s", key, got)
				}
			}
		})
	}
	wg.Wait()
	size := int64(0)
	for _, x := range selected(t, e, gateway.Selection{Type: "Account"}) {
		size += (&entity{key: x.Key, length: len(x.State)}).weigh()
	}
	require.Greater(t, size, 20*o.Cache)
	require.LessOrEqual(t, e.cacheSize(), o.Cache)
	hits, misses := testutil.ToFloat64(e.metrics.hits), testutil.ToFloat64(e.metrics.misses)
	require.Greater(t, misses, hits, "most are read from the database")
	t.Logf("state %d, cache %d bytes; %.0f hits, %.0f misses", size, o.Cache, hits, misses)
	for range 2 {
		for i, x := range selected(t, e, gateway.Selection{Type: "Account"}) {
			require.JSONEq(t, fmt.Sprintf(`{"owner":"account-%04d","Balance":%d}`, i, want[i]), string(x.State))
		}
		require.NoError(t, e.Close())
		e = open(t, dir, o)
	}
}

// cacheSize is that at the end of the last group.
func (e *Engine) cacheSize() int64 { return int64(testutil.ToFloat64(e.metrics.cached)) }

// TestCloseDrains: requests that wait when the engine is told to stop run and are answered; later ones are refused.
func TestCloseDrains(t *testing.T) {
	e, first, release := slow(t, Options{})
	answers := make(chan string, 20)
	for i := range 20 {
		go func() { answers <- call(t, e, "", "NewCounter", "", fmt.Sprintf("[%d]", i)) }()
	}
	require.Eventually(t, func() bool { return len(e.queue) == 20 }, 10*time.Second, time.Millisecond)
	closed := make(chan error)
	go func() { closed <- e.Close() }()
	<-e.closing
	require.Equal(t, "Unavailable", call(t, e, "", "NewCounter", "", "[99]"))
	release()
	require.Equal(t, "100", <-first)
	got := map[string]bool{}
	for range 20 {
		got[<-answers] = true
	}
	require.NoError(t, <-closed)
	for i := range 20 {
		require.True(t, got[strconv.Itoa(i)])
	}
	_, err := e.Query(context.Background(), gateway.Selection{Type: "Counter"})
	require.Equal(t, "Unavailable", code(err))
}
