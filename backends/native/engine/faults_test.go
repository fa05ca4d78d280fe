// This file lets single operations of the disk fail.

package engine

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// kinds are the operations that fail, by what they are called in messages.
var kinds = map[string][]errorfs.OpKind{
	"write":  {errorfs.OpFileWrite},
	"sync":   {errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo},
	"create": {errorfs.OpCreate, errorfs.OpReuseForWrite},
	"rename": {errorfs.OpRename},
	"remove": {errorfs.OpRemove},
	"open":   {errorfs.OpOpen, errorfs.OpOpenDir},
	"read":   {errorfs.OpFileRead, errorfs.OpFileReadAt},
}

// fault lets the n-th operation of a kind fail, and no other.
type fault struct {
	kinds []errorfs.OpKind
	n     int
	with  error

	mu    sync.Mutex
	seen  int
	path  string       // of the operation that failed
	again []errorfs.Op // what was done to that file later
}

func (f *fault) String() string { return "fault" }

func (f *fault) MaybeError(op errorfs.Op) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == op.Path && op.Kind != errorfs.OpFileClose {
		f.again = append(f.again, op)
	}
	if !slices.Contains(f.kinds, op.Kind) || !strings.HasPrefix(op.Path, "data") {
		return nil
	}
	if f.seen++; f.seen != f.n {
		return nil
	}
	f.path = op.Path
	return &fs.PathError{Op: "some operation on", Path: op.Path, Err: f.with}
}

// disk is one run over a disk with a fault: what the clients know, and what the engine said at its end.
type disk struct {
	fs     *vfs.MemFS
	ledger *ledger
	fault  *fault
	opened error    // of Open
	fatal  []string // calls of Fatal
}

// work opens an engine twice. Each time, clients work while files are written and compacted, and entities are read that
// are not in memory.
func work(t *testing.T, f *fault) *disk {
	d := &disk{fs: crashable(), ledger: &ledger{acked: map[string]string{}}, fault: f}
	var mu sync.Mutex
	told := make(chan struct{}, 16)
	for half := range 2 {
		o := Options{
			fs: errorfs.Wrap(d.fs, f), Group: 16, HistoryCount: 1000, Cache: 2 << 10, Blocks: 1 << 10,
			Fatal: func(err error) {
				mu.Lock()
				defer mu.Unlock()
				d.fatal = append(d.fatal, err.Error())
				told <- struct{}{}
			},
		}
		e, err := Open("data", gatewaytest.Program(), gatewaytest.Text(), o)
		if err != nil {
			d.opened = err
			return d
		}
		d.halfOfRequests(t, e, half)
		if e.Close() != nil {
			break
		}
	}
	if f.happened() { // Close may have come back while Fatal was about to be called
		select {
		case <-told:
		case <-time.After(30 * time.Second): // the test will say that nothing was said
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return d
}

func (f *fault) happened() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.path != ""
}

// halfOfRequests runs them, and flushes and compacts three times meanwhile.
func (d *disk) halfOfRequests(t *testing.T, e *Engine, half int) {
	var wg sync.WaitGroup
	for c := range crashClients {
		wg.Go(func() {
			for i := half * crashRequests / 2; i < (half+1)*crashRequests/2; i++ {
				id := fmt.Sprintf("%d-%d", c, i)
				got := request(t, e, id)
				if got == "Unavailable" {
					return
				}
				d.ledger.mu.Lock()
				d.ledger.acked[id] = got
				d.ledger.mu.Unlock()
			}
		})
	}
	for range 3 {
		done := make(chan struct{})
		go func() { // it may end with the goroutine
			defer close(done)
			if e.db.Flush() == nil {
				_ = e.db.Compact(context.Background(), []byte("a"), []byte("z"), false)
			}
		}()
		select {
		case <-done:
		case <-e.failed:
		}
	}
	wg.Wait()
}

// TestDiskFaults lets operations of each kind fail, one a run, at seeded places. The engine must stop and say what
// failed and what to do, must not try again, and must have lost nothing when the disk is good again.
func TestDiskFaults(t *testing.T) {
	rng := rand.New(rand.NewPCG(20260103, 1))
	for _, kind := range slices.Sorted(maps.Keys(kinds)) { // the same places in each run
		ops := kinds[kind]
		total := work(t, &fault{kinds: ops}).fault.seen
		require.NotZero(t, total, kind)
		ns := rng.Perm(total)
		if len(ns) > 12 {
			ns = ns[:12]
		}
		t.Logf("%s: %d operations", kind, total)
		for i, n := range ns {
			with := syscall.EIO
			if i%4 == 3 && (kind == "write" || kind == "create" || kind == "sync") {
				with = syscall.ENOSPC
			}
			t.Run(fmt.Sprintf("%s-%d", kind, n+1), func(t *testing.T) {
				d := work(t, &fault{kinds: ops, n: n + 1, with: with})
				d.check(t, kind, rng)
			})
		}
	}
}

func (d *disk) check(t *testing.T, kind string, rng *rand.Rand) {
	d.fault.mu.Lock()
	path, again := d.fault.path, d.fault.again
	d.fault.mu.Unlock()
	said := d.fatal
	if d.opened != nil {
		said = append(said, d.opened.Error())
	}
	cfg := vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(3) * 50, RNG: rng}
	checkCrash(t, crash{d.ledger.copy(), d.fs.CrashClone(cfg)})
	if path == "" { // runs differ: this one had fewer operations, and all of them went well
		require.Empty(t, said)
		return
	}
	require.Len(t, said, 1, "the engine says once that it has stopped")
	require.Contains(t, said[0], path)
	require.Contains(t, said[0], d.fault.with.Error())
	if d.fault.with == syscall.ENOSPC {
		require.Contains(t, said[0], "make room on the disk, then start again")
	} else {
		require.Contains(t, said[0], "check the disk, then start again")
	}
	if kind != "read" && kind != "open" { // several goroutines may be at it
		require.Empty(t, again, "nothing is tried again on %s", path)
	}
}

// renames crashes a run before and after each sync of a folder that follows a rename in it.
type renames struct {
	fs     *vfs.MemFS
	ledger *ledger

	mu      sync.Mutex
	renamed bool // and not synced yet
	synced  int
	crashes []crash
}

func (r *renames) String() string { return "renames" }

func (r *renames) MaybeError(op errorfs.Op) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	take := func() {
		if len(r.crashes) < 60 {
			acked := r.ledger.copy()
			r.crashes = append(r.crashes, crash{acked, crashed(r.fs)})
		}
	}
	switch {
	case op.Kind == errorfs.OpRename:
		r.renamed = true
	case r.renamed && op.Kind == errorfs.OpFileSync && op.Path == "data/db": // the rename may be lost
		r.renamed = false
		r.synced++
		take()
	case r.synced > 0 && op.Kind.ReadOrWrite() == errorfs.OpIsWrite: // it may not
		r.synced = 0
		take()
	}
	return nil
}

// deafFS says that it has synced a folder, and has not.
type deafFS struct{ vfs.FS }

type deafFolder struct{ vfs.File }

func (d deafFS) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	return deafFolder{f}, err
}

func (deafFolder) Sync() error     { return nil }
func (deafFolder) SyncData() error { return nil }

// TestRenamesAndFolders crashes an engine between the renames of its files and the syncs of their folder, and just after
// those. Nothing may be missing. That folders have to be synced shows on a disk that only says that it does.
func TestRenamesAndFolders(t *testing.T) {
	r := &renames{fs: crashable(), ledger: &ledger{acked: map[string]string{}}}
	run := func(fs vfs.FS) {
		d := &disk{fs: r.fs, ledger: r.ledger}
		e := open(t, "data", Options{fs: errorfs.Wrap(fs, r), Group: 16, Cache: 2 << 10, HistoryCount: 1000})
		d.halfOfRequests(t, e, 0)
		require.NoError(t, e.Close())
	}
	run(r.fs)
	require.Greater(t, len(r.crashes), 10)
	for i, x := range r.crashes {
		t.Run(fmt.Sprint(i), func(t *testing.T) { checkCrash(t, x) })
	}
	t.Logf("%d crashes", len(r.crashes))

	r = &renames{fs: crashable(), ledger: &ledger{acked: map[string]string{}}}
	run(deafFS{r.fs})
	require.NotEmpty(t, r.ledger.acked)
	e, err := Open("data", gatewaytest.Program(), gatewaytest.Text(), Options{fs: crashed(r.fs)})
	if err == nil {
		history, err := e.History(context.Background(), 0, 10_000)
		require.NoError(t, err)
		require.Less(t, len(history), len(r.ledger.acked), "without syncing folders something must be missing")
		require.NoError(t, e.Close())
	}
}
