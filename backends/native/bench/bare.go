// This file is what the engine is measured against: a loop that commits the same bytes and runs nothing.

package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// bare is a database with what the engine's has, whose clients write what the engine writes.
type bare struct {
	db       *pebble.DB
	records  *records
	print    *footprint
	position atomic.Uint64
}

// openBare opens a database with an engine's options and fills it with as many states.
func openBare(ctx context.Context, a *app, dir string) (*bare, error) {
	look := filepath.Join(dir, "look")
	print, err := observe(ctx, a, look)
	if err != nil {
		return nil, err
	}
	o, err := databaseOptions(look)
	if err != nil {
		return nil, err
	}
	db, err := pebble.Open(filepath.Join(dir, "bare"), o)
	if err != nil {
		return nil, err
	}
	b := &bare{db: db, records: a.records, print: print}
	return b, errors.Join(b.fill(), ctx.Err())
}

func (b *bare) fill() error {
	batch := b.db.NewBatch()
	for i := range b.records.names {
		if err := b.put(batch, &operation{kind: update, a: i}, newID(), nil); err != nil {
			return err
		}
		if batch.Len() > 4<<20 || i == len(b.records.names)-1 {
			if err := batch.Commit(pebble.Sync); err != nil {
				return err
			}
			batch = b.db.NewBatch()
		}
	}
	return batch.Close()
}

// put writes what a request leaves. once says whether a group has no state of an account yet; nil: there are none.
func (b *bare) put(batch *pebble.Batch, o *operation, id string, once func(account int) bool) error {
	n := b.position.Add(1)
	prints := b.print.of[o.kind]
	for _, p := range prints[n%uint64(len(prints))] {
		accounts := [...]int{firstAccount: o.a, secondAccount: o.b}
		if p.state {
			accounts[firstAccount] = accounts[p.account]
			if once != nil && !once(accounts[firstAccount]) {
				continue
			}
			p = b.print.states[n%uint64(len(b.print.states))]
		}
		d := batch.SetDeferred(len(p.key), len(p.value))
		copy(d.Key, p.key)
		copy(d.Value, p.value)
		for _, at := range p.patches {
			to := d.Key
			if at.inValue {
				to = d.Value
			}
			switch at.part {
			case requestID:
				copy(to[at.at:], id)
			case position:
				binary.BigEndian.PutUint64(to[at.at:], n)
			default:
				copy(to[at.at:], b.records.names[accounts[at.part]])
			}
		}
		if err := d.Finish(); err != nil {
			return err
		}
	}
	return nil
}

// finish writes what a group leaves beside its requests.
func (b *bare) finish(batch *pebble.Batch) error {
	for _, p := range b.print.group {
		if err := batch.Set(p.key, p.value, nil); err != nil {
			return err
		}
	}
	return nil
}

// bareWrite is one synced write a request, by its client.
type bareWrite struct{ *bare }

func (bareWrite) name() string { return "bare synced write" }

func (w bareWrite) session() (session, error) { return w, nil }

func (w bareWrite) do(_ context.Context, o *operation) (bool, error) {
	batch := w.db.NewBatch()
	if err := errors.Join(w.put(batch, o, newID(), nil), w.finish(batch)); err != nil {
		return false, err
	}
	return false, errors.Join(batch.Commit(pebble.Sync), batch.Close())
}

// bareLoop commits in groups as the engine does: one goroutine puts all that wait, and all that come while the group
// before is synced, into a batch.
type bareLoop struct {
	*bare
	queue   chan *bareTask
	ended   chan struct{} // closed when the last group has been answered
	failed  chan struct{} // closed when failure is set
	once    sync.Once
	failure error

	commits, committed atomic.Int64 // groups, and the requests in them
}

func (l *bareLoop) groups() (commits, requests float64, err error) {
	return float64(l.commits.Load()), float64(l.committed.Load()), nil
}

type bareTask struct {
	operation
	id   string
	done chan struct{}
}

// maxGroup is how many requests a group takes at most, here and in the engine; it is the engine's default.
const maxGroup = 1024

func newBareLoop(b *bare) *bareLoop {
	l := &bareLoop{bare: b, queue: make(chan *bareTask, 4096), ended: make(chan struct{}), failed: make(chan struct{})}
	go l.run()
	return l
}

func (l *bareLoop) name() string { return "bare loop" }

func (l *bareLoop) session() (session, error) { return bareClient{l}, nil }

type bareClient struct{ l *bareLoop }

func (c bareClient) do(ctx context.Context, o *operation) (bool, error) {
	t := &bareTask{operation: *o, id: newID(), done: make(chan struct{}, 1)}
	c.l.queue <- t
	select {
	case <-t.done:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-c.l.failed:
		return false, c.l.failure
	}
}

type bareGroup struct {
	tasks []*bareTask
	batch *pebble.Batch
}

func (l *bareLoop) run() {
	groups, idle := make(chan *bareGroup), make(chan struct{}, 1)
	idle <- struct{}{}
	go l.sync(groups, idle)
	defer close(groups)
	number, seen := 0, make([]int, len(l.records.names)) // the last group that wrote an account
	once := func(account int) bool {
		before := seen[account]
		seen[account] = number
		return before != number
	}
	for t := range l.queue {
		number++
		g := &bareGroup{batch: l.db.NewBatch()}
		err := errors.Join(l.add(g, t, once), l.fill(g, idle, once))
		if g.batch.Count() > 0 {
			err = errors.Join(err, l.finish(g.batch), l.db.ApplyNoSyncWait(g.batch, pebble.Sync))
		}
		if err != nil {
			l.fail(err)
			return
		}
		select {
		case groups <- g:
		case <-l.failed:
			return
		}
	}
}

// fill puts more requests into a group, by the engine's rule: all that wait, all that come while the group before is
// synced, and those of clients that were about to ask.
func (l *bareLoop) fill(g *bareGroup, idle <-chan struct{}, once func(int) bool) error {
	for {
		if err := l.drain(g, once); err != nil {
			return err
		}
		queue := l.queue
		if len(g.tasks) == maxGroup {
			queue = nil
		}
		select {
		case t, ok := <-queue:
			if !ok {
				return nil
			}
			if err := l.add(g, t, once); err != nil {
				return err
			}
		case <-idle:
			runtime.Gosched()
			return l.drain(g, once)
		}
	}
}

func (l *bareLoop) drain(g *bareGroup, once func(int) bool) error {
	for len(g.tasks) < maxGroup {
		select {
		case t, ok := <-l.queue:
			if !ok {
				return nil
			}
			if err := l.add(g, t, once); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (l *bareLoop) add(g *bareGroup, t *bareTask, once func(int) bool) error {
	g.tasks = append(g.tasks, t)
	return l.put(g.batch, &t.operation, t.id, once)
}

// sync waits until groups are on disk, and tells their clients.
func (l *bareLoop) sync(groups <-chan *bareGroup, idle chan<- struct{}) {
	defer close(l.ended)
	for g := range groups {
		var err error
		if g.batch.Count() > 0 {
			err = g.batch.SyncWait()
		}
		if err = errors.Join(err, g.batch.Close()); err != nil {
			l.fail(err)
			return
		}
		l.commits.Add(1)
		l.committed.Add(int64(len(g.tasks)))
		for _, t := range g.tasks {
			t.done <- struct{}{}
		}
		idle <- struct{}{}
	}
}

func (l *bareLoop) fail(err error) {
	l.once.Do(func() {
		l.failure = err
		close(l.failed)
	})
}

// stop ends the loop when no client is left.
func (l *bareLoop) stop() error {
	close(l.queue)
	select {
	case <-l.ended:
		return nil
	case <-l.failed:
		return l.failure
	}
}
