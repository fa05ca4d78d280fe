// This file crashes engines at chosen operations of their file system, and lets the file system fail.

package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

func crashable() *vfs.MemFS { return vfs.NewCrashableMem() }

// crashed is what is left when nothing but what was synced survives.
func crashed(fs *vfs.MemFS) *vfs.MemFS { return fs.CrashClone(vfs.CrashCloneCfg{}) }

// ledger is what the clients of a run know.
type ledger struct {
	mu    sync.Mutex
	acked map[string]string // answers by id
}

func (l *ledger) copy() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.acked)
}

// crash is one moment of a run: what clients had been answered, and what was on disk.
type crash struct {
	acked map[string]string
	disk  *vfs.MemFS
}

// crasher takes a crash before some of the operations that change the disk.
type crasher struct {
	mu      sync.Mutex
	rng     *rand.Rand
	every   int // one in so many operations
	most    int
	fs      *vfs.MemFS
	ledger  *ledger
	crashes []crash
}

func (c *crasher) String() string { return "crasher" }

func (c *crasher) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.crashes) == c.most || c.rng.IntN(c.every) != 0 {
		return nil
	}
	acked := c.ledger.copy() // before the disk is looked at: what is acknowledged by now must be there
	cfg := vfs.CrashCloneCfg{UnsyncedDataPercent: c.rng.IntN(3) * 50, RNG: c.rng}
	c.crashes = append(c.crashes, crash{acked, c.fs.CrashClone(cfg)})
	return nil
}

// TestCrashes crashes a busy engine at more than 500 operations. After each, everything that was acknowledged must be
// there with its answer, the states must be those of the history run by hand, and asking everything again must give
// each effect once. Every second run begins with what a crash of the one before left.
func TestCrashes(t *testing.T) {
	seed := uint64(20260102)
	if s := os.Getenv("SFC_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		seed = n
	}
	t.Logf("SFC_SEED=%d", seed)
	total := 0
	var left *crash
	for round := uint64(0); total < 500; round++ {
		require.Less(t, round, uint64(60), "too few crashes")
		fs, l := crashable(), &ledger{acked: map[string]string{}}
		if left != nil && round%2 == 1 {
			fs, l.acked = left.disk, left.acked
		}
		c := &crasher{rng: rand.New(rand.NewPCG(seed, round)), every: 12, most: 30, fs: fs, ledger: l}
		e := open(t, "data", Options{fs: errorfs.Wrap(fs, c), Group: 16, HistoryCount: 1000, Cache: 2 << 10})
		deposits(t, e, l)
		require.NoError(t, e.Close())
		if left = nil; len(c.crashes) > 0 {
			some := c.crashes[c.rng.IntN(len(c.crashes))]
			left = &crash{maps.Clone(some.acked), some.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: c.rng})}
		}
		for i, x := range c.crashes {
			t.Run(fmt.Sprintf("%d-%d", round, i), func(t *testing.T) { checkCrash(t, x) })
		}
		total += len(c.crashes)
	}
	t.Logf("%d crashes", total)
}

const (
	crashClients  = 8
	crashRequests = 25
)

// deposits runs clients that create accounts, deposit, and are refused now and then.
func deposits(t *testing.T, e *Engine, l *ledger) {
	var wg sync.WaitGroup
	for c := range crashClients {
		wg.Go(func() {
			for i := range crashRequests {
				id := fmt.Sprintf("%d-%d", c, i)
				got := request(t, e, id)
				l.mu.Lock()
				l.acked[id] = got
				l.mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// request asks what an id stands for: account i%3 of the client is created by requests 0 to 2; every seventh request is
// refused by the program, after it has written.
func request(t *testing.T, e *Engine, id string) string {
	c, n, _ := strings.Cut(id, "-")
	i, err := strconv.Atoi(n)
	require.NoError(t, err)
	account := fmt.Sprintf("c%s-%d", c, i%3)
	if i < 3 {
		return call(t, e, id, "NewAccount", "", fmt.Sprintf(`[%q,0]`, account))
	}
	return call(t, e, id, "Account.Deposit", account, fmt.Sprintf("[%d]", amountOf(i)))
}

func amountOf(i int) int {
	if i%7 == 0 {
		return -i
	}
	return i
}

func checkCrash(t *testing.T, x crash) {
	e := open(t, "data", Options{fs: x.disk})
	history, err := e.History(context.Background(), 0, 10_000)
	require.NoError(t, err)
	balances := map[string]int{}
	recorded := map[string]string{}
	for i, entry := range history {
		require.Equal(t, uint64(i+1), entry.Position)
		require.NotContains(t, recorded, entry.ID, "recorded twice")
		recorded[entry.ID] = text(entry.response())
		_, n, _ := strings.Cut(entry.ID, "-")
		number, _ := strconv.Atoi(n)
		switch {
		case entry.Function == "NewAccount":
			var owner string
			owner = strings.Trim(recorded[entry.ID], `"`)
			require.NotContains(t, balances, owner)
			balances[owner] = 0
		case amountOf(number) < 0:
			require.Equal(t, "Application", recorded[entry.ID])
		default:
			require.Equal(t, "null", recorded[entry.ID])
			balances[entry.Key] += amountOf(number)
		}
	}
	for id, answer := range x.acked {
		require.Equal(t, answer, recorded[id], "request %s was acknowledged", id)
	}
	checkBalances(t, e, balances)

	again := map[string]int{}
	for c := range crashClients {
		for i := range crashRequests {
			got, account := request(t, e, fmt.Sprintf("%d-%d", c, i)), fmt.Sprintf("c%d-%d", c, i%3)
			switch {
			case i < 3:
				require.Equal(t, strconv.Quote(account), got)
			case amountOf(i) < 0:
				require.Equal(t, "Application", got)
			default:
				require.Equal(t, "null", got)
				again[account] += amountOf(i)
			}
		}
	}
	checkBalances(t, e, again)
	require.NoError(t, e.Close())
}

func checkBalances(t *testing.T, e *Engine, want map[string]int) {
	cut, err := e.Query(context.Background(), gateway.Selection{Type: "Account"})
	require.NoError(t, err)
	require.Len(t, cut.Entities[0], len(want))
	for _, a := range cut.Entities[0] {
		require.JSONEq(t, fmt.Sprintf(`{"owner":%q,"Balance":%d}`, a.Key, want[a.Key]), string(a.State))
	}
}

// failing makes every sync of the log fail once it is told to.
type failing struct {
	mu sync.Mutex
	on bool
}

func (f *failing) String() string { return "failing" }

func (f *failing) MaybeError(op errorfs.Op) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.on && strings.HasSuffix(op.Path, ".log") &&
		(op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo || op.Kind == errorfs.OpFileWrite) {
		return errors.New("input/output error")
	}
	return nil
}

func TestSyncErrorStopsForGood(t *testing.T) {
	fs, f := crashable(), &failing{}
	fatal := make(chan error, 2)
	e := open(t, "data", Options{fs: errorfs.Wrap(fs, f), Fatal: func(err error) { fatal <- err }})
	require.Equal(t, "1", call(t, e, "made", "NewCounter", "", `[1]`))
	f.mu.Lock()
	f.on = true
	f.mu.Unlock()
	require.Equal(t, "Unavailable", call(t, e, "lost", "Counter.Bump", "1", ``))
	require.ErrorContains(t, <-fatal, "input/output error")
	f.mu.Lock()
	f.on = false
	f.mu.Unlock()
	resp := do(t, e, "after", "Counter.Bump", "1", ``)
	require.Equal(t, "Unavailable", resp.Err.Code)
	require.Contains(t, resp.Err.Message, "the engine has stopped")
	_, err := e.Query(context.Background(), gateway.Selection{Type: "Counter"})
	require.Equal(t, "Unavailable", code(err))
	require.ErrorContains(t, e.Close(), "the engine has stopped")

	e = open(t, "data", Options{fs: crashed(fs)})
	require.Equal(t, "1", call(t, e, "lost", "Counter.Bump", "1", ``))
	require.NoError(t, e.Close())
}

// TestFlippedBits damages each file of a data folder, one bit at a time. The engine refuses the folder or stops at the
// first read, or nothing is lost: it never gives another answer than before.
func TestFlippedBits(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir, Options{})
	for i := range 200 {
		require.Equal(t, strconv.Itoa(i), call(t, e, fmt.Sprint("made-", i), "NewCounter", "", fmt.Sprintf("[%d]", i)))
	}
	require.NoError(t, e.db.Flush())
	for i := range 200 {
		require.Equal(t, "1", call(t, e, fmt.Sprint("bump-", i), "Counter.Bump", strconv.Itoa(i), ``))
	}
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, e.Backup(copied))
	require.NoError(t, e.Close())

	files, err := os.ReadDir(filepath.Join(copied, folder))
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	noticed := map[string]int{}
	for _, f := range files {
		if f.Name() == "LOCK" {
			continue
		}
		whole, err := os.ReadFile(filepath.Join(copied, folder, f.Name()))
		require.NoError(t, err)
		for range 8 {
			if len(whole) == 0 {
				break
			}
			bit := rng.IntN(8 * len(whole))
			t.Run(fmt.Sprintf("%s-%d", f.Name(), bit), func(t *testing.T) {
				outer, err := os.MkdirTemp("", "damaged")
				require.NoError(t, err)
				t.Cleanup(func() { _ = os.RemoveAll(outer) }) // an engine that has stopped may still write
				damagedDir := filepath.Join(outer, "data")
				require.NoError(t, os.CopyFS(damagedDir, os.DirFS(copied)))
				hurt := append([]byte(nil), whole...)
				hurt[bit/8] ^= 1 << (bit % 8)
				require.NoError(t, os.WriteFile(filepath.Join(damagedDir, folder, f.Name()), hurt, 0o644))
				if why := readAll(t, damagedDir); why != "" {
					require.Contains(t, why, strings.TrimPrefix(f.Name(), "guard-"))
					require.Contains(t, why, "is damaged")
					require.Contains(t, why, "restore the data folder from a backup")
					noticed[kindOf(f.Name())]++
				}
			})
		}
	}
	t.Logf("noticed by kind of file: %v", noticed)
	require.NotZero(t, noticed[".sst"])
	require.NotZero(t, noticed[".log"])
	require.Equal(t, 8, noticed[".list"])
}

func kindOf(name string) string {
	if strings.HasPrefix(name, manifestPrefix) {
		return ".list"
	}
	return filepath.Ext(name)
}

// readAll compares all that a folder answers with what was written. It gives the reason if the engine refuses.
func readAll(t *testing.T, dir string) string {
	e, err := Open(dir, gatewaytest.Program(), gatewaytest.Text(), Options{})
	if err != nil {
		return err.Error()
	}
	defer e.Close()
	for i := range 200 {
		made := do(t, e, fmt.Sprint("made-", i), "NewCounter", "", fmt.Sprintf("[%d]", i))
		if made.Err != nil && made.Err.Code == "Unavailable" {
			require.Contains(t, made.Err.Message, "damaged")
			return made.Err.Message
		}
		require.Equal(t, strconv.Itoa(i), text(made))
		bumped := do(t, e, fmt.Sprint("bump-", i), "Counter.Bump", strconv.Itoa(i), ``)
		if bumped.Err != nil && bumped.Err.Code == "Unavailable" {
			return bumped.Err.Message
		}
		require.Equal(t, "1", text(bumped))
	}
	cut, err := e.Query(context.Background(), gateway.Selection{Type: "Counter"})
	if err != nil {
		return err.Error()
	}
	require.Len(t, cut.Entities[0], 200)
	for i, c := range cut.Entities[0] {
		require.JSONEq(t, fmt.Sprintf(`{"id":%d,"n":1}`, i), string(c.State))
	}
	return ""
}

func TestNumbersAreEightBytes(t *testing.T) {
	n, err := parseNumber(keyLast, number(1<<40+7))
	require.NoError(t, err)
	require.Equal(t, uint64(1<<40+7), n)
	require.Equal(t, uint64(1<<40+7), binary.BigEndian.Uint64(number(n)))
	_, err = parseNumber(keyLast, []byte{1})
	require.Error(t, err)
}
