// This file opens and closes an engine, and stops it when the disk fails.

// Package engine is the transactional engine of the target native, as a library: bundles call [Main], Go programs
// [Open].
//
// One Pebble database is the only truth: states, the history with its responses, the program and the engine's clock
// (layout.go). One goroutine runs requests one after another, in place, over decoded entities (world.go), so the order
// of the history is the order of all transactions, and each sees all before it: strict serializability with nothing to
// lock. Requests that wait together form a group, which is one batch, synced to disk; while it syncs, the next group
// runs. A reply, that of a read-only request too, leaves when everything that the request can have seen is on disk.
//
// A request that ran is recorded with its response under its id in the same batch as its effects, so it takes effect at
// most once, whatever fails. After a crash there is nothing to replay: opening the database is the recovery.
//
// Disks are taken to keep what they have synced. A failed sync, a full disk and bytes that do not match their checksums
// stop the engine for good: nothing is retried, truncated or answered from doubtful data.
package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Engine runs the requests of one program over one data folder. All methods may be called at once.
type Engine struct {
	program *runner.Program
	codec   *jsonvalue.Codec
	options Options
	stored  *stored // the program as the database has it
	db      *pebble.DB
	lock    *pebble.Lock
	unlock  func() error // once
	cut     atomic.Bool  // there are more entities than memory
	metrics *metrics

	encoders sync.Pool // of *runner.Encoder

	queue   chan *task
	closing chan struct{} // closed by Close
	failed  chan struct{} // closed when failure is set
	over    chan struct{} // closed when no more answers come: the last group has been answered, or the engine has failed
	end     func()        // closes over, once
	once    sync.Once     // Close
	watch   *watch
	logs    *logs

	mu      sync.Mutex
	opened  bool  // the caller of Open has the engine: failures are told to Fatal
	failure error // why the engine has stopped

	durable durable
	reading sync.RWMutex // held while the database is read beside the executor; Close takes it
	closed  bool
}

var _ gateway.Executor = (*Engine)(nil)

// folder is the part of a data folder that holds the database.
const folder = "db"

// Open opens a data folder, and makes it if there is none. text is the program's IR in JSON. It refuses a folder that
// another process has open, that is another program's, or whose states the program cannot read.
func Open(dir string, p *runner.Program, text []byte, o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	e := &Engine{
		program: p, codec: jsonvalue.For(p), options: o.orDefault(),
		closing: make(chan struct{}), over: make(chan struct{}), failed: make(chan struct{}),
	}
	e.end = sync.OnceFunc(func() { close(e.over) })
	e.queue = make(chan *task, e.options.Queue)
	e.encoders.New = func() any { return p.NewEncoder() }
	e.metrics = newMetrics(e)
	e.watch = &watch{dir: filepath.Clean(dir), tell: e.fail}
	result := make(chan error, 1)
	go func() { result <- e.open(text) }() // it hangs if the disk fails
	var err error
	select {
	case err = <-result:
	case <-e.failed:
		err = errors.Unwrap(e.failure)
		if e.isOpen() { // it failed a moment later
			err = <-result
		} else if e.unlock != nil {
			err = errors.Join(err, e.unlock())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("data folder %q: %w", dir, err)
	}
	return e, nil
}

func (e *Engine) open(text []byte) error {
	fs, dir := watchFS{e.options.fs, e.watch}, filepath.Join(e.watch.dir, folder)
	if err := makeFolder(fs, dir); err != nil {
		return err
	}
	lock, err := lockFolder(dir, e.options.fs)
	if err != nil {
		return err
	}
	e.lock, e.unlock = lock, sync.OnceValue(lock.Close)
	if err := errors.Join(checkGuard(fs, dir), checkLogs(fs, dir)); err != nil {
		return errors.Join(err, e.unlock())
	}
	guarded, err := guard(fs, dir)
	if e.logs = guarded.logs; err == nil {
		e.db, err = pebble.Open(dir, e.databaseOptions(guarded))
	}
	if err != nil {
		return errors.Join(e.unreadable(err), e.unlock())
	}
	x, err := e.start(text)
	if err == nil {
		err = e.metrics.register()
	}
	if err != nil && e.hasFailed() {
		return e.explain(err) // Open has gone on
	}
	if err != nil {
		return errors.Join(e.explain(err), e.db.Close(), e.unlock())
	}
	groups := make(chan *group)
	go x.run(groups)
	go e.commit(groups, x.idle)
	e.handOver()
	return nil
}

// makeFolder makes a folder that is there after a crash: each new one is synced into the one above.
func makeFolder(fs vfs.FS, dir string) error {
	if _, err := fs.Stat(dir); err == nil {
		return nil
	}
	above := filepath.Dir(dir)
	if above != dir {
		if err := makeFolder(fs, above); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return syncFolder(fs, above)
}

func (e *Engine) databaseOptions(fs vfs.FS) *pebble.Options {
	o := &pebble.Options{
		FS: fs, Lock: e.lock, Logger: (*pebbleLog)(e),
		FormatMajorVersion: pebble.FormatNewest, // the log's chunks tell a torn end from damage
		CacheSize:          e.options.Blocks,
		MemTableSize:       32 << 20,
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) {
				switch {
				case e.hasFailed(): // the database tries some of its work again and again, as fast as it can
					time.Sleep(time.Second)
				case !e.isClosing():
					e.fail(e.explain(err))
				}
			},
			DataCorruption: func(i pebble.DataCorruptionInfo) { e.fail(damaged(i)) },
		},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // most ids that are looked up are new
	}
	return o
}

// start reads what the executor begins with.
func (e *Engine) start(text []byte) (*executor, error) {
	stored, err := adopt(e.db, e.program, text, e.options.Log)
	if err != nil {
		return nil, err
	}
	e.stored = stored
	x, err := newExecutor(e)
	if err != nil {
		return nil, err
	}
	e.durable.reach(x.last)
	return x, nil
}

// Close lets the requests that wait run, then closes the database.
func (e *Engine) Close() error {
	var err error
	e.once.Do(func() {
		close(e.closing)
		defer e.metrics.unregister()
		<-e.over
		err = e.beside(func() error {
			e.reading.Lock()
			defer e.reading.Unlock()
			e.closed = true
			// What is in tables is in no log any more: their checksums vouch for all of it.
			return errors.Join(e.db.Flush(), e.db.Close(), e.unlock())
		})
	})
	return err
}

// beside runs f on a goroutine of its own, and gives the failure of the engine if that comes first: the database may
// hang then, and is left as it is, and locked, until the process ends.
func (e *Engine) beside(f func() error) error {
	result := make(chan error, 1)
	go func() {
		if e.hasFailed() {
			return
		}
		result <- f()
	}()
	select {
	case err := <-result:
		return err
	case <-e.failed:
		return e.failure
	}
}

// fail stops the engine for good. Before Open has returned, its error tells.
func (e *Engine) fail(err error) {
	e.mu.Lock()
	first, opened := e.failure == nil, e.opened
	if first {
		e.failure = fmt.Errorf("the engine has stopped: %w", err)
		e.watch.failed.CompareAndSwap(nil, &e.failure)
		close(e.failed)
		e.end()
	}
	e.mu.Unlock()
	if first && opened {
		e.options.Log.Error(e.failure.Error())
		e.options.Fatal(e.failure)
	}
}

// handOver ends the opening: from now on failures are told to Fatal. One that has come already is Open's error.
func (e *Engine) handOver() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opened = e.failure == nil
}

func (e *Engine) isOpen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opened
}

func (e *Engine) isClosing() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

func (e *Engine) hasFailed() bool {
	select {
	case <-e.failed:
		return true
	default:
		return false
	}
}

// damaged names the file that does not hold what was written.
func damaged(i pebble.DataCorruptionInfo) error {
	return fmt.Errorf("file %q is damaged (%v): restore the data folder from a backup", i.Path, i.Details)
}

// explain adds the file and the way out to an error of the database.
func (e *Engine) explain(err error) error {
	info, log := pebble.ExtractDataCorruptionInfo(err), e.watch.log.Load()
	switch {
	case info != nil:
		return damaged(*info)
	case !pebble.IsCorruptionError(err):
		return err
	case log != nil && strings.Contains(err.Error(), "WAL"): // the one that was read last
		return fmt.Errorf("file %q is damaged: %w: restore the data folder from a backup", *log, err)
	}
	return fmt.Errorf("it is damaged: %w: restore the data folder from a backup", err)
}

// unreadable explains why the database cannot be opened.
func (e *Engine) unreadable(err error) error {
	why := e.explain(err)
	last := e.watch.last.Load()
	if e.hasFailed() || why != err || last == nil {
		return why
	}
	return fmt.Errorf("a file is damaged or missing: %w (%q was read last): restore the data folder from a backup", err, *last)
}

// pebbleLog is the database's log.
type pebbleLog Engine

// Infof drops what the database tells of its work.
func (*pebbleLog) Infof(string, ...any) {}

// Errorf logs.
func (l *pebbleLog) Errorf(format string, args ...any) {
	l.options.Log.Warn("database: " + fmt.Sprintf(format, args...))
}

// Fatalf stops the engine and, as the database expects, does not come back.
func (l *pebbleLog) Fatalf(format string, args ...any) {
	(*Engine)(l).fail(fmt.Errorf(format, args...))
	select {}
}
