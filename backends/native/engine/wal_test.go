// This file tests that damage in a log is told from its torn end.

package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// killed makes a folder as a process leaves it that was killed after n requests, each of which was answered before the
// next came. again opens it a second time before the last half of them.
func killed(t *testing.T, n int, again bool) string {
	dir := t.TempDir()
	e := open(t, dir, Options{})
	for i := range n {
		if again && i == n/2 {
			require.NoError(t, e.Close())
			e = open(t, dir, Options{})
		}
		require.Equal(t, strconv.Itoa(i), call(t, e, fmt.Sprint("made-", i), "NewCounter", "", fmt.Sprintf("[%d]", i)))
	}
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
// block and of several. All requests but the last are on disk for certain: the log says so itself.
func TestDamagedLogsAreRefused(t *testing.T) {
	for _, c := range []struct {
		requests int
		again    bool
	}{{8, false}, {8, true}, {400, false}} {
		t.Run(fmt.Sprint(c.requests, c.again), func(t *testing.T) {
			dir := killed(t, c.requests, c.again)
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
				require.GreaterOrEqual(t, found.Position, uint64(c.requests-1), "bit %d of %d", bit, 8*len(whole))
			}
			require.NotZero(t, refused)
			t.Logf("%d of 150 flipped bits are refused", refused)
		})
	}
}

// TestTornLogsAreRead cuts the newest log off anywhere, as crashes do, and has a later part missing or there.
func TestTornLogsAreRead(t *testing.T) {
	dir := killed(t, 8, true)
	path, whole := newestLog(t, dir)
	last := uint64(0)
	for n := range len(whole) {
		require.NoError(t, os.WriteFile(path, whole[:n], 0o600))
		found, err := check(dir)
		require.NoError(t, err, "cut at %d of %d", n, len(whole))
		require.GreaterOrEqual(t, found.Position, last)
		last = found.Position
	}
	require.EqualValues(t, 7, last) // the last one misses a byte
}
