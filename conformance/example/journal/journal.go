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
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
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
	codec   *jsonvalue.Codec
	limits  runner.Limits
	log     *slog.Logger
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
	x := &Executor{
		program: p, codec: jsonvalue.For(p), limits: o.Limits.OrDefault(), log: o.Log, entries: map[string]*entry{},
		waiting: make(chan struct{}, queue), turn: make(chan struct{}, 1), world: newWorld(p),
	}
	var err error
	x.file, err = openFile(path, p, func(e *entry) error {
		x.keep(e)
		return x.world.redo(e.Changes, x.limits.State)
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
	resp, fail := x.admit(r)
	if fail != nil {
		return gateway.Response{ID: r.ID, Err: fail}
	}
	return resp
}

// admit checks a request, runs it and keeps how it ended. fail is a refusal, which is not kept.
func (x *Executor) admit(r gateway.Request) (resp gateway.Response, fail *sfc.Error) {
	now := time.Now().UTC().Round(0)
	if now.Before(x.last) { // the clock was set back
		now = x.last
	}
	arguments, err := x.program.EncodeFrame(r.Frame)
	if err != nil {
		return resp, gateway.Errorf("InvalidArgument", "arguments of %s: %v", r.Func.Name, err)
	}
	if old := x.entries[r.ID]; old != nil {
		if old.Method != r.Func.Name || old.Key != r.Key || !bytes.Equal(old.Arguments, arguments) {
			return resp, gateway.Errorf("InvalidArgument", "request id %q was used for another request", r.ID)
		}
		return old.response(), nil
	}
	if !r.Deadline.IsZero() && now.After(r.Deadline) {
		return resp, gateway.Errorf("DeadlineExceeded", "the deadline passed before the request started")
	}
	e := &entry{ID: r.ID, Time: now, Method: r.Func.Name, Entity: r.Entity(), Key: r.Key, Arguments: arguments}
	x.run(r, e)
	if r.Func.ReadOnly {
		return e.response(), nil
	}
	if err := x.file.append(e); err != nil {
		x.log.Error("the journal cannot be written: no request is answered any more", "error", err)
		return resp, gateway.Errorf("Unavailable", "the journal cannot be written: ask again with the same id")
	}
	x.keep(e)
	return e.response(), nil
}

// run runs a request as one transaction, and notes in e what it did.
func (x *Executor) run(r gateway.Request, e *entry) {
	x.world.changes = nil
	w := runner.World(x.world)
	if x.World != nil {
		w = x.World(r, w)
	}
	out := runner.Direct(x.program, w, x.limits, runner.Call{
		Func: r.Func, Key: r.Key, Frame: r.Frame, Debug: debug{x.log, r},
		Request: runner.Request{ID: r.ID, Time: e.Time, Deadline: r.Deadline},
		Answer: func(f runner.Frame) error { // before the commit: a result that has no form undoes the request
			text, fail := gateway.Result(x.codec, f, x.limits.Message)
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

// debug writes a request's debug output to the log.
type debug struct {
	log     *slog.Logger
	request gateway.Request
}

func (d debug) Write(text []byte) (int, error) {
	d.log.Info(strings.TrimSuffix(string(text), "\n"), "entity", d.request.Entity(), "method", d.request.Func.Name, "request", d.request.ID)
	return len(text), nil
}

// State gives an entity's committed state.
func (x *Executor) State(ctx context.Context, ty *runner.EntityType, key string) (json.RawMessage, error) {
	done, fail := x.take(ctx)
	if fail != nil {
		return nil, fail
	}
	defer done()
	state, found := x.world.State(ty, key)
	if !found {
		return nil, &sfc.Error{Code: "NotFound", Message: ty.Name + "/" + key + " does not exist", Entity: ty.Name + "/" + key}
	}
	text, fail := gateway.StateOf(x.codec, state)
	if fail != nil {
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
	cut := &gateway.Cut{Position: uint64(len(x.entries))}
	for _, sel := range selections {
		found, err := x.selected(ctx, sel)
		if err != nil {
			return nil, err
		}
		cut.Entities, cut.More = append(cut.Entities, found.Found), append(cut.More, found.More)
	}
	return cut, nil
}

// selected finds the entities of one selection.
func (x *Executor) selected(ctx context.Context, sel gateway.Selection) (*where.Picker, error) {
	ty := x.world.types[sel.Type]
	if ty == nil {
		return nil, gateway.Errorf("NotFound", "no entity type %q", sel.Type)
	}
	picker, fail := where.NewPicker(x.codec, ty, sel)
	if fail != nil {
		return nil, fail
	}
	keys := x.world.Keys(ty)
	slices.SortFunc(keys, func(a, b string) int { return gateway.CompareKeys(ty, a, b) })
	for _, key := range keys {
		if sel.Key != "" && key != sel.Key || sel.After != "" && gateway.CompareKeys(ty, key, sel.After) <= 0 {
			continue
		}
		if picker.Full() {
			break
		}
		state, _ := x.world.State(ty, key)
		if err := picker.Take(ctx, key, state); err != nil {
			return nil, err
		}
	}
	return picker, nil
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
	if f := slices.IndexFunc(x.program.Funcs, func(f *runner.Func) bool { return f.Name == e.Method }); f >= 0 {
		rec.Arguments = gateway.ArgumentsOf(x.program, x.codec, x.program.Funcs[f], e.Arguments)
	}
	return rec, nil
}

// Close ends the executor.
func (x *Executor) Close() error { return x.file.close() }
