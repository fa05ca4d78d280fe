// This file tests that damage in a log is told from its torn end.

package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// killed makes a folder as a process leaves it that was killed a while after n requests. So many come at once; the next
// ones when they are answered. again opens the folder a second time before the last half of them.
func killed(t *testing.T, n, atOnce int, again bool) string {
	dir := t.TempDir()
	e := open(t, dir, Options{})
	for from := 0; from < n; from += atOnce {
		if again && from == n/2 {
			require.NoError(t, e.Close())
			e = open(t, dir, Options{})
		}
		var wg sync.WaitGroup
		for i := from; i < from+atOnce; i++ {
			wg.Go(func() {
				assert.Equal(t, strconv.Itoa(i), call(t, e, fmt.Sprint("made-", i), "NewCounter", "", fmt.Sprintf("[%d]", i)))
			})
		}
		wg.Wait()
	}
	written := e.db.Metrics().WAL.BytesIn
	require.Eventually(t, func() bool { // the log says how far it has been synced
		return e.db.Metrics().WAL.BytesIn > written
	}, time.Minute, time.Millisecond)
	left := filepath.Join(t.TempDir(), "killed")
	require.NoError(t, os.CopyFS(left, os.DirFS(dir)))
	require.NoError(t, e.Close())
	return left
}

// newestLog gives the log that was written last.
func newestLog(t *testing.T, dir string) (path string, text []byte) {
	logs, err := filepath.Glob(filepath.Join(dir, folder, "*.log"))
	require.NoError(t, err)
	path = slices.Max(logs)
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	return path, text
}

// TestDamagedLogsAreRefused turns over bits of the newest log: of a new folder and of one that was opened again, of one
// block and of several, of short records and of such that span blocks. All requests are on disk for certain: the log says so itself.
func TestDamagedLogsAreRefused(t *testing.T) {
	for _, c := range []struct {
		requests, atOnce int
		again            bool
	}{{8, 1, false}, {8, 1, true}, {400, 1, false}, {2000, 500, false}} {
		t.Run(fmt.Sprint(c.requests, c.atOnce, c.again), func(t *testing.T) {
			dir := killed(t, c.requests, c.atOnce, c.again)
			path, whole := newestLog(t, dir)
			rng := rand.New(rand.NewPCG(5, 6))
			refused := 0
			for range 150 {
				bit := rng.IntN(8 * len(whole))
				hurt := append([]byte(nil), whole...)
				hurt[bit/8] ^= 1 << (bit % 8)
				require.NoError(t, os.WriteFile(path, hurt, 0o600))
				found, err := check(dir)
				if err != nil {
					require.ErrorContains(t, err, filepath.Base(path))
					require.ErrorContains(t, err, "damaged")
					_, err = Open(dir, gatewaytest.Program(), gatewaytest.Text(), Options{})
					require.ErrorContains(t, err, filepath.Base(path), "the engine refuses what Check refuses")
					refused++
					continue
				}
				require.GreaterOrEqual(t, found.Position, uint64(c.requests), "bit %d of %d", bit, 8*len(whole))
			}
			require.NotZero(t, refused)
			t.Logf("%d of 150 flipped bits are refused", refused)
		})
	}
}

// TestTornLogsAreRead cuts the newest log off anywhere, as crashes do, and has a later part missing or there.
func TestTornLogsAreRead(t *testing.T) {
	dir := killed(t, 8, 1, true)
	path, whole := newestLog(t, dir)
	last := uint64(0)
	for n := range len(whole) {
		require.NoError(t, os.WriteFile(path, whole[:n], 0o600))
		found, err := check(dir)
		require.NoError(t, err, "cut at %d of %d", n, len(whole))
		require.GreaterOrEqual(t, found.Position, last)
		last = found.Position
	}
	require.EqualValues(t, 8, last) // what misses a byte is the empty record behind them
}
