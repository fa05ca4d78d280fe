// This file runs requests, one after another, and forms groups of them.

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

// executor runs requests on one goroutine, which owns all of it.
type executor struct {
	e      *Engine
	world  *world
	idle   chan struct{}     // holds a token while no group is being committed
	last   uint64            // position of the newest entry
	first  uint64            // position of the oldest one that is kept
	oldest *Entry            // that entry, once it was looked at
	gone   time.Time         // not before the time of any entry that has gone; zero if none has
	told   time.Time         // the latest time that a request was told
	clock  time.Time         // the time up to which the database allows to tell
	recent map[string]*Entry // of the group, by id
	before map[string]*Entry // of the group before, while it may not be applied
	spare  map[string]*Entry // empty
	group  *group

	entries  []Entry // made at once, to be used
	asked    *task   // that is running
	result   json.RawMessage
	answerTo func(runner.Frame) error // x.encode
}

// group is what one batch commits.
type group struct {
	tasks   []*task // that ran, or were answered: to be replied to
	entries []*Entry
	states  []stateWrite
	deletes [][]byte  // keys of what is kept no longer
	commits bool      // there is something to commit
	bytes   int       // about as long as the batch is
	clock   time.Time // up to which times may be told
	first   uint64    // position of the oldest entry
	last    uint64    // the newest position that the group can have seen
}

// maxBatch ends a group whose batch is longer, in bytes.
const maxBatch = 8 << 20

// newExecutor begins where the database ends.
func newExecutor(e *Engine) (*executor, error) {
	x := &executor{e: e, world: newWorld(e), idle: make(chan struct{}, 1), recent: map[string]*Entry{}}
	var clock uint64
	for _, n := range []struct {
		key []byte
		to  *uint64
	}{{keyLast, &x.last}, {keyFirst, &x.first}, {keyClock, &clock}} {
		var err error
		if *n.to, err = getNumber(e.db, n.key); err != nil {
			return nil, err
		}
	}
	x.first = max(x.first, 1)
	x.clock = time.Unix(0, int64(clock)).UTC()
	x.told = x.clock
	switch {
	case x.first == 1: // nothing has gone
	case x.first > x.last: // all has
		x.gone = x.clock
	default:
		oldest, err := readEntry(e.db, x.first)
		if err != nil {
			return nil, err
		}
		x.oldest, x.gone = oldest, oldest.Time
	}
	x.answerTo = x.encode
	x.idle <- struct{}{}
	return x, nil
}

// run forms groups until the engine closes and nobody waits, or it fails.
func (x *executor) run(groups chan<- *group) {
	defer close(groups)
	for {
		t := x.next()
		if t == nil {
			break
		}
		x.group = &group{}
		x.take(t)
		if !x.fill() {
			return
		}
		if err := x.seal(); err != nil {
			x.e.fail(x.e.explain(err))
			return
		}
		select {
		case groups <- x.group:
		case <-x.e.failed:
			return
		}
	}
	x.stop(groups)
}

// next waits for a request; nil: there will be none.
func (x *executor) next() *task {
	select {
	case t := <-x.e.queue:
		return t
	case <-x.e.failed:
		return nil
	case <-x.e.closing:
	}
	select {
	case t := <-x.e.queue:
		return t
	default:
		return nil
	}
}

// fill runs more requests into the group: all that wait, and, while the group before is committed, all that come. It
// says false if the engine has failed.
//
// Before it ends the group it lets other goroutines run, once: clients that have just been answered may be about to ask
// again. The more requests a group has, the fewer syncs there are; a client that is alone loses nothing.
func (x *executor) fill() bool {
	for x.drain() {
		var queue chan *task
		if !x.full() {
			queue = x.e.queue
		}
		select {
		case t := <-queue:
			x.take(t)
		case <-x.idle:
			x.applied()
			runtime.Gosched()
			return x.drain()
		case <-x.e.failed:
		}
	}
	return false
}

// drain runs what waits, as far as the group has room. It says false if the engine has failed.
func (x *executor) drain() bool {
	for !x.e.hasFailed() {
		if x.full() {
			return true
		}
		select {
		case t := <-x.e.queue:
			x.take(t)
		default:
			return true
		}
	}
	return false
}

func (x *executor) full() bool {
	return len(x.group.tasks) >= x.e.options.Group || x.group.bytes+x.world.bytes >= maxBatch
}

// take answers a request: with what is recorded under its id, or by running it.
func (x *executor) take(t *task) {
	if !t.begin() {
		return // given up
	}
	resp, err := x.answer(t)
	if err != nil {
		x.e.fail(x.e.explain(err))
		return
	}
	t.response = resp
	x.group.tasks = append(x.group.tasks, t)
	if c := x.world.cache; c.size > c.bound {
		c.shrink()
		x.e.cut.Store(true)
	}
}

func (x *executor) answer(t *task) (gateway.Response, error) {
	now := x.now()
	before, err := x.lookup(t, now)
	if errors.As(err, new(badEntry)) { // it is of one request, and so is the trouble
		return t.refused(gateway.Errorf("Unavailable", "request %q has run: %v", t.ID, err)), nil
	}
	if err != nil {
		return gateway.Response{}, err
	}
	switch {
	case before == nil:
	case before.Position == 0:
		return t.refused(expired(t.ID)), nil
	case !before.isFor(t, x.e.stored):
		return t.refused(gateway.Errorf("InvalidArgument", "request id %q was used for another request", t.ID)), nil
	default:
		return before.response(), nil
	}
	if !t.Deadline.IsZero() && now.After(t.Deadline) {
		return t.refused(deadlinePassed()), nil
	}
	resp := x.execute(t, now)
	if resp.Err != nil {
		x.e.metrics.aborts.WithLabelValues(resp.Err.Code).Inc()
	}
	if t.Func.ReadOnly || resp.Err != nil && resp.Err.Code == "Unavailable" {
		return resp, nil
	}
	x.record(t, now, resp)
	return resp, nil
}

// promise is how far ahead of the clock the database allows to tell times: so often, at most, is a group written that
// has nothing but the clock.
const promise = time.Second

// now is the time of the next request: in UTC, without a monotonic reading, never before an earlier one, not even one
// that a read-only request was told before a crash.
func (x *executor) now() time.Time {
	now := x.e.options.Clock().UTC().Round(0)
	if now.Before(x.told) {
		now = x.told
	}
	x.told = now
	return now
}

func expired(id string) *sfc.Error {
	return gateway.Errorf("Expired", "request %q ran so long ago that its response is not kept", id)
}

// lookup finds the entry of a request's id: nil if there is none, without a position if it has gone. An id that the
// gateway made is new: it has 128 random bits. When a client asks again with one, it has gone without a trace if it was
// made before what has gone.
func (x *executor) lookup(t *task, now time.Time) (*Entry, error) {
	for _, entries := range [...]map[string]*Entry{x.recent, x.before} {
		if entry := entries[t.ID]; entry != nil {
			return entry, nil
		}
	}
	if !t.Client {
		return nil, nil
	}
	entry, err := find(x.e.db, t.ID, x.first)
	if entry != nil && x.beyond(entry, now) {
		return &Entry{}, nil
	}
	if made, ok := gateway.MadeAt(t.ID); entry == nil && ok && err == nil && !made.After(x.gone) {
		return &Entry{}, nil
	}
	return entry, err
}

// find reads the entry of an id: nil if there is none, without a position if it is before first.
func find(r pebble.Reader, id string, first uint64) (*Entry, error) {
	position, err := getNumber(r, requestKey(id))
	if position == 0 || err != nil {
		return nil, err
	}
	if position < first {
		return &Entry{}, nil
	}
	return readEntry(r, position)
}

func readEntry(r pebble.Reader, position uint64) (*Entry, error) {
	b, err := get(r, historyKey(position))
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("the history has no position %d", position)
	}
	return decodeEntry(position, b)
}

// beyond says whether an entry is not kept any longer.
func (x *executor) beyond(entry *Entry, now time.Time) bool {
	return now.Sub(entry.Time) > x.e.options.Horizon || x.last-min(x.last, entry.Position) >= x.e.options.HistoryCount
}

// execute runs a request as one transaction. Its result is written before it commits: one that has no form undoes it.
func (x *executor) execute(t *task, now time.Time) gateway.Response {
	drive := runner.Direct
	if x.e.options.Chaos {
		drive = runner.Chaos
	}
	x.world.changed = nil
	x.asked, x.result = t, nil
	out := drive(x.e.program, x.world, x.e.options.Limits, runner.Call{
		Func: t.Func, Key: t.Key, Frame: t.Frame, Debug: (*debug)(x), Answer: x.answerTo,
		Request: runner.Request{ID: t.ID, Time: now, Deadline: t.Deadline},
	})
	x.world.Abort() // what it has handed out and not got back
	if out.Err != nil {
		return gateway.Response{ID: t.ID, Err: &out.Err.Error}
	}
	return gateway.Response{ID: t.ID, Result: x.result}
}

// encode writes the result of a request that has returned.
func (x *executor) encode(f runner.Frame) error {
	text, fail := gateway.Result(x.e.codec, f, x.e.options.Limits.Message)
	if x.result = text; fail != nil {
		return fail
	}
	return nil
}

// debug writes the debug output of the request that is running to the log.
type debug executor

// Write logs text as one record.
func (d *debug) Write(text []byte) (int, error) {
	t := d.asked
	d.e.options.Log.Info(strings.TrimSuffix(string(text), "\n"), "entity", t.Entity(), "method", t.Func.Name, "request", t.ID)
	return len(text), nil
}

// record puts a request that ran into the history.
func (x *executor) record(t *task, now time.Time, resp gateway.Response) {
	x.last++
	if len(x.entries) == 0 {
		x.entries = make([]Entry, 64)
	}
	entry := &x.entries[0]
	x.entries = x.entries[1:]
	*entry = Entry{
		Position: x.last, ID: t.ID, Client: t.Client, Program: x.e.stored.Number, Time: now, Function: t.Func.Name, Key: t.Key,
		Arguments: t.arguments, Result: resp.Result, Err: resp.Err, Changed: x.world.changed,
	}
	x.recent[t.ID] = entry
	x.group.entries = append(x.group.entries, entry)
	x.group.bytes += len(t.arguments) + len(resp.Result)
}

// seal ends the group: it says what its batch is to hold. The groups before are applied by now.
func (x *executor) seal() error {
	g := x.group
	g.last = x.last
	x.e.metrics.cached.Set(float64(x.world.cache.size))
	if len(g.entries) == 0 && !x.told.After(x.clock) {
		return nil
	}
	g.commits = true
	g.bytes += x.world.bytes
	states, err := x.world.sealed()
	if err != nil {
		return err
	}
	g.states = states
	if x.spare == nil {
		x.spare = map[string]*Entry{}
	}
	x.before, x.recent, x.spare = x.recent, x.spare, nil
	if x.told.After(x.clock) {
		x.clock = x.told.Add(promise)
	}
	g.clock = x.clock
	return x.trim(g)
}

// applied is told that the group before can be read: what it wrote may leave memory.
func (x *executor) applied() {
	x.world.applied()
	if x.before != nil {
		clear(x.before)
		x.before, x.spare = nil, x.before
	}
}

// trim has the group delete the oldest entries that are kept no longer, at most about twice as many as it adds, so that
// no group takes long. Ids of clients stay.
func (x *executor) trim(g *group) error {
	for range 2*len(g.entries) + 8 {
		if x.first+uint64(len(g.entries)) > x.last { // what the group adds cannot be read yet
			break
		}
		if x.oldest == nil {
			entry, err := readEntry(x.e.db, x.first)
			if err != nil {
				return err
			}
			x.oldest = entry
		}
		if !x.beyond(x.oldest, x.told) {
			break
		}
		g.deletes = append(g.deletes, historyKey(x.first))
		if !x.oldest.Client {
			g.deletes = append(g.deletes, requestKey(x.oldest.ID))
		}
		x.gone = x.oldest.Time
		x.first++
		x.oldest = nil
	}
	g.first = x.first
	return nil
}

// stop commits the exact clock: the promise was for crashes.
func (x *executor) stop(groups chan<- *group) {
	select {
	case <-x.idle:
	case <-x.e.failed:
		return
	}
	select {
	case groups <- &group{commits: true, clock: x.told, first: x.first, last: x.last}:
	case <-x.e.failed:
	}
}
