// This file is the target journal: how requests are run, one after another.

// Package journal is what bundles of the example target journal link with: states in memory, and a file to which each
// request that ran is appended with its response and its changes, synced before the reply. Starting reads the file.
//
// It is the shortest way to keep every promise: a lock makes requests serial, one line of the file makes them atomic,
// durable and known by their ids. What it does not try to be is fast (a sync for each request) or large (all states,
// and all responses ever given, are in memory).
package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"path/filepath"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/where"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Main runs a bundle's program; text is its IR in JSON, limits bound each request. It does not return.
func Main(p *runner.Program, text []byte, limits runner.Limits) {
	gateway.Main(Target(p, text, limits))
}

// Target describes a program on the target journal: package gateway does flags, HTTP and JSON.
func Target(p *runner.Program, text []byte, limits runner.Limits) gateway.Target {
	var queue int
	return gateway.Target{
		Name: "journal", Program: p, IR: text, Limits: limits,
		Flags: func(fs *flag.FlagSet) {
			fs.IntVar(&queue, "queue", 1024, "how many requests may wait: more are refused as Overloaded")
		},
		Open: func(o gateway.Options) (gateway.Executor, error) {
			if o.Data == "" {
				return nil, errors.New("the target journal keeps its state in a folder: add --data FOLDER")
			}
			return Open(filepath.Join(o.Data, "journal"), p, o, queue)
		},
	}
}

// Executor runs requests.
type Executor struct {
	// World gives the world that a request runs in, in place of the executor's own: so the conformance suite's broken
	// targets are made. Nil: its own.
	World func(r gateway.Request, own runner.World) runner.World

	program *runner.Program
	options gateway.Options
	waiting chan struct{} // has room for those that may wait
	turn    chan struct{} // is full while a request has its turn: all below is its own
	world   *world
	file    *file
	entries map[string]*entry // all requests that ran, by id
	last    time.Time         // of the newest
}

var _ gateway.Executor = (*Executor)(nil)

// Open reads a journal, and makes it if there is none. So many requests may wait as queue says.
func Open(path string, p *runner.Program, o gateway.Options, queue int) (*Executor, error) {
	o.Limits = o.Limits.OrDefault()
	x := &Executor{
		program: p, options: o, waiting: make(chan struct{}, queue), turn: make(chan struct{}, 1),
		world: &world{Memory: runner.NewMemory(p), program: p}, entries: map[string]*entry{},
	}
	var err error
	x.file, err = openFile(path, p, func(e *entry) error {
		x.keep(e)
		return x.world.redo(e.Changes, o.Limits.State)
	})
	return x, err
}

// keep keeps what is known of a request that ran.
func (x *Executor) keep(e *entry) {
	x.entries[e.ID], x.last = e, e.Time
	e.position = uint64(len(x.entries))
}

// take waits for a turn; done ends it.
func (x *Executor) take(ctx context.Context) (done func(), fail *sfc.Error) {
	select {
	case x.waiting <- struct{}{}:
		defer func() { <-x.waiting }()
	default:
		return nil, gateway.Errorf("Overloaded", "%d requests are waiting", cap(x.waiting))
	}
	select {
	case x.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, gateway.Errorf("DeadlineExceeded", "the request's time ended before its turn came")
	}
	done = func() { <-x.turn }
	if x.file.broken != nil {
		// Whether the last line is in the file is unknown: nothing may build on either. Starting anew finds out.
		done()
		return nil, gateway.Errorf("Unavailable", "the journal cannot be written: start the program again, and ask with the same id")
	}
	return done, nil
}

// Call runs a request, or gives the recorded response of its id.
func (x *Executor) Call(ctx context.Context, r gateway.Request) gateway.Response {
	done, fail := x.take(ctx)
	if fail != nil {
		return gateway.Response{ID: r.ID, Err: fail}
	}
	defer done()
	e, fail := x.admit(r)
	if fail != nil {
		return gateway.Response{ID: r.ID, Err: fail}
	}
	return e.response()
}

// admit checks a request, runs it and keeps how it ended. fail is a refusal, which is not kept.
func (x *Executor) admit(r gateway.Request) (e *entry, fail *sfc.Error) {
	now := time.Now().UTC().Round(0)
	if now.Before(x.last) { // the clock was set back
		now = x.last
	}
	arguments, err := x.program.EncodeFrame(r.Frame)
	if err != nil {
		return nil, gateway.Errorf("InvalidArgument", "arguments of %s: %v", r.Func.Name, err)
	}
	if old := x.entries[r.ID]; old != nil {
		if old.Method != r.Func.Name || old.Key != r.Key || !bytes.Equal(old.Arguments, arguments) {
			return nil, gateway.Errorf("InvalidArgument", "request id %q was used for another request", r.ID)
		}
		return old, nil
	}
	if !r.Deadline.IsZero() && now.After(r.Deadline) {
		return nil, gateway.Errorf("DeadlineExceeded", "the deadline passed before the request started")
	}
	e = &entry{ID: r.ID, Time: now, Method: r.Func.Name, Entity: r.Entity(), Key: r.Key, Arguments: arguments}
	x.run(r, e)
	if r.Func.ReadOnly {
		return e, nil
	}
	if err := x.file.append(e); err != nil {
		x.options.Log.Error("the journal cannot be written: no request is answered any more", "error", err)
		return nil, gateway.Errorf("Unavailable", "the journal cannot be written: ask again with the same id")
	}
	x.keep(e)
	return e, nil
}

// run runs a request as one transaction, and notes in e what it did.
func (x *Executor) run(r gateway.Request, e *entry) {
	x.world.changes = nil
	w := runner.World(x.world)
	if x.World != nil {
		w = x.World(r, w)
	}
	out := runner.Direct(x.program, w, x.options.Limits, runner.Call{
		Func: r.Func, Key: r.Key, Frame: r.Frame, Debug: debug{x, r},
		Request: runner.Request{ID: r.ID, Time: e.Time, Deadline: r.Deadline},
		Answer: func(f runner.Frame) error { // before the commit: a result that has no form undoes the request
			text, fail := gateway.Result(jsonvalue.For(x.program), f, x.options.Limits.Message)
			if fail != nil {
				return fail
			}
			e.Result = text
			return nil
		},
	})
	if out.Err != nil {
		e.Result, e.Err = nil, &out.Err.Error
	}
	e.Changes = x.world.changes // none, if it failed
}

// debug writes what entity code prints to the log.
type debug struct {
	x *Executor
	r gateway.Request
}

func (d debug) Write(text []byte) (int, error) {
	d.x.options.Log.Info(string(bytes.TrimSuffix(text, []byte("\n"))), "entity", d.r.Entity(), "method", d.r.Func.Name, "request", d.r.ID)
	return len(text), nil
}

// State gives an entity's committed state.
func (x *Executor) State(ctx context.Context, ty *runner.EntityType, key string) (text json.RawMessage, err error) {
	done, fail := x.take(ctx)
	if fail != nil {
		return nil, fail
	}
	defer done()
	state, found := x.world.State(ty, key)
	if !found {
		name := ty.Name + "/" + key
		return nil, &sfc.Error{Code: "NotFound", Message: name + " does not exist", Entity: name}
	}
	if text, fail = gateway.StateOf(jsonvalue.For(x.program), state); fail != nil {
		return nil, fail
	}
	return text, nil
}

// Query gives entities as they are between two requests.
func (x *Executor) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	done, fail := x.take(ctx)
	if fail != nil {
		return nil, fail
	}
	defer done()
	return where.Memory(ctx, x.program, x.world.Memory, uint64(len(x.entries)), selections)
}

// Recorded gives what is kept of a request that ran.
func (x *Executor) Recorded(ctx context.Context, id string) (*gateway.Record, error) {
	done, fail := x.take(ctx)
	if fail != nil {
		return nil, fail
	}
	defer done()
	e := x.entries[id]
	if e == nil {
		return nil, gateway.Errorf("NotFound", "no request %q is recorded", id)
	}
	rec := &gateway.Record{Response: e.response(), Position: e.position, Time: e.Time, Method: e.Method, Entity: e.Entity}
	for _, c := range e.Changes {
		rec.Changed = append(rec.Changed, c.Type+"/"+c.Key)
	}
	for _, f := range x.program.Funcs {
		if f.Name == e.Method {
			rec.Arguments = gateway.ArgumentsOf(x.program, jsonvalue.For(x.program), f, e.Arguments)
		}
	}
	return rec, nil
}

// Close ends the executor.
func (x *Executor) Close() error { return x.file.close() }
