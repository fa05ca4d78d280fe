// This file tests what is shown of long work.

package progress

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stream is a buffer that the showing goroutine and the test share.
type stream struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestText(t *testing.T) {
	w := start(io.Discard, "restoring", Bytes, false)
	defer w.Stop()
	require.Equal(t, "restoring: 0 bytes, 0s", w.text(0))
	_, err := io.Copy(w, strings.NewReader(strings.Repeat("x", 3<<19)))
	require.NoError(t, err)
	require.Equal(t, "restoring: 1.5 MiB, 2s", w.text(2500*time.Millisecond))
	w.Total(6 << 20)
	w.Note("db/000004.sst")
	require.Equal(t, "restoring: 1.5 MiB of 6.0 MiB (25%), db/000004.sst, 1m5s", w.text(65*time.Second))

	w = start(io.Discard, "killing", Count("rounds"), false)
	defer w.Stop()
	w.Total(20)
	w.Add(3)
	require.Equal(t, "killing: 3 rounds of 20 rounds (15%), 0s", w.text(0))
	w = start(io.Discard, "compiling", nil, false)
	defer w.Stop()
	require.Equal(t, "compiling, 1s", w.text(time.Second))
}

// A live line that does not fit would not be cleared.
func TestLiveLinesAreShort(t *testing.T) {
	w := start(io.Discard, strings.Repeat("ü", 100), Count("rounds"), true)
	defer w.Stop()
	require.Equal(t, strings.Repeat("ü", 64)+"…: 0 rounds, 0s", w.text(0))
	w.Note(strings.Repeat("n", 100))
	require.LessOrEqual(t, len([]rune(w.text(0))), width+1)
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 3 << 29: "1.5 GiB"} {
		require.Equal(t, want, Bytes(n))
	}
}

// Elsewhere than on a terminal the title is one line, and a live line leaves nothing behind.
func TestShow(t *testing.T) {
	var plain stream
	w := Start(&plain, "compiling bank", nil)
	w.Stop()
	w.Stop()
	require.Equal(t, "compiling bank\n", plain.String())

	var live stream
	w = start(&live, "compiling bank", nil, true)
	require.Eventually(t, func() bool { return strings.Contains(live.String(), "\rcompiling bank, 0s\x1b[K") }, time.Minute, time.Millisecond)
	w.Stop()
	require.True(t, strings.HasSuffix(live.String(), "\r\x1b[K"))
	require.NotContains(t, live.String(), "\n")
}
