// This file is the runtime of the target local: an executor over a map, with one goroutine.

// Package server is what bundles of the target local link with.
package server

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/where"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Horizon is how long responses are kept, if nothing else is said; a request with an older id is refused as Expired.
const Horizon = 24 * time.Hour

// Waiting is how many requests may wait for their turn, if nothing else is said; more are refused as Overloaded.
const Waiting = 1024

// Main runs a bundle's program; text is its IR in JSON, limits bound each request. It does not return.
func Main(p *runner.Program, text []byte, limits runner.Limits) {
	gateway.Main(Target(p, text, limits))
}

// Target describes a program on the target local.
func Target(p *runner.Program, text []byte, limits runner.Limits) gateway.Target {
	var chaos bool
	var horizon time.Duration
	var waiting int
	return gateway.Target{
		Name: "local", Program: p, IR: text, Limits: limits,
		Flags: func(fs *flag.FlagSet) {
			fs.BoolVar(&chaos, "chaos", false, "for tests: encode, drop and decode everything at each suspension")
			fs.DurationVar(&horizon, "horizon", Horizon, "how long responses are kept by their request's id")
			fs.IntVar(&waiting, "queue", Waiting, "how many requests may wait")
		},
		Open: func(o gateway.Options) (gateway.Executor, error) {
			if o.Data != "" {
				o.Log.Warn("the target local keeps nothing: --data is not used", "data", o.Data)
			}
			if horizon <= 0 || waiting < 1 {
				return nil, fmt.Errorf("--horizon and --queue: want more than nothing, got %v and %d", horizon, waiting)
			}
			w := New(p, o.Log, waiting)
			w.chaos, w.limits, w.horizon = chaos, o.Limits.OrDefault(), horizon
			return w, nil
		},
	}
}

// World is a world in memory. One goroutine owns all of it and runs what comes in, one after another.
type World struct {
	program *runner.Program
	codec   *jsonvalue.Codec
	memory  *memory
	records map[string]*record
	order   []*record // by time: what to forget next
	last    uint64    // position of the newest record
	chaos   bool
	limits  runner.Limits
	horizon time.Duration // how long responses are kept
	clock   func() time.Time
	log     *slog.Logger
	turns   chan func()
	ended   chan struct{}
}

// record is a request that ran.
type record struct {
	gateway.Record // without Arguments

	request   gateway.Request
	arguments []byte // the frame as it began, encoded
	gone      bool   // beyond the horizon: the id is all that is kept
}

// memory notes what each transaction changes.
type memory struct {
	*runner.Memory
	changed []string // by the transaction that committed last
}

// Commit notes and stores the changes.
func (m *memory) Commit(changes []runner.Change, maxState int) error {
	if err := m.Memory.Commit(changes, maxState); err != nil {
		return err
	}
	for _, c := range changes {
		m.changed = append(m.changed, c.Type.Name+"/"+c.Key)
	}
	return nil
}

// New makes an empty world with the default limits, in which so many requests may wait; Close ends it.
func New(p *runner.Program, log *slog.Logger, waiting int) *World {
	w := &World{
		program: p, codec: jsonvalue.For(p), memory: &memory{Memory: runner.NewMemory(p)}, records: map[string]*record{},
		limits: runner.DefaultLimits(), horizon: Horizon, clock: time.Now, log: log, turns: make(chan func(), waiting), ended: make(chan struct{}),
	}
	go func() {
		defer close(w.ended)
		for turn := range w.turns {
			turn()
		}
	}()
	return w
}

// Close waits until what came in before has run.
func (w *World) Close() error {
	close(w.turns)
	<-w.ended
	return nil
}

// turn runs f on the world's goroutine. When ctx ends first the outcome is unknown to the caller.
func (w *World) turn(ctx context.Context, f func()) *sfc.Error {
	done := make(chan struct{})
	select {
	case w.turns <- func() { defer close(done); f() }:
	default:
		return gateway.Errorf("Overloaded", "%d requests are waiting", cap(w.turns))
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	select { // both may have happened
	case <-done:
		return nil
	default:
		return gateway.Errorf("Unavailable", "no answer in time: ask again with the same id")
	}
}

// Call runs a request, or gives the recorded response of its id.
func (w *World) Call(ctx context.Context, r gateway.Request) gateway.Response {
	var resp gateway.Response
	if fail := w.turn(ctx, func() { resp = w.admit(r) }); fail != nil {
		return gateway.Response{ID: r.ID, Err: fail}
	}
	return resp
}

// admit checks a request, runs it, and records how it ended.
func (w *World) admit(r gateway.Request) gateway.Response {
	now := w.memory.Time(w.clock())
	w.forget(now)
	arguments, err := w.program.EncodeFrame(r.Frame)
	if err != nil {
		return gateway.Response{ID: r.ID, Err: gateway.Errorf("InvalidArgument", "arguments of %s: %v", r.Func.Name, err)}
	}
	if old := w.records[r.ID]; old != nil {
		return old.again(r, arguments)
	}
	if made, ok := gateway.MadeAt(r.ID); ok && r.Client && now.Sub(made) > w.horizon {
		return gateway.Response{ID: r.ID, Err: expired(r.ID)}
	}
	if !r.Deadline.IsZero() && now.After(r.Deadline) {
		return gateway.Response{ID: r.ID, Err: gateway.Errorf("DeadlineExceeded", "the deadline passed before the request started")}
	}
	w.memory.changed = nil
	resp := w.run(r, now)
	if !r.Func.ReadOnly {
		w.last++
		rec := &record{request: r, arguments: arguments, Record: gateway.Record{
			Response: resp, Position: w.last, Time: now, Method: r.Func.Name, Entity: r.Entity(), Changed: w.memory.changed,
		}}
		rec.request.Frame = nil
		w.records[r.ID] = rec
		w.order = append(w.order, rec)
	}
	return resp
}

// again answers a request whose id has been seen.
func (rec *record) again(r gateway.Request, arguments []byte) gateway.Response {
	switch {
	case rec.gone:
		return gateway.Response{ID: rec.ID, Err: expired(rec.ID)}
	case rec.request.Func != r.Func || rec.request.Key != r.Key || !bytes.Equal(rec.arguments, arguments):
		return gateway.Response{ID: rec.ID, Err: gateway.Errorf("InvalidArgument", "request id %q was used for another request", rec.ID)}
	}
	return rec.Response
}

func expired(id string) *sfc.Error {
	return gateway.Errorf("Expired", "request %q ran so long ago that its response is not kept", id)
}

// forget drops responses beyond the horizon. The ids of clients stay, so that they are never run again.
func (w *World) forget(now time.Time) {
	for len(w.order) > 0 && now.Sub(w.order[0].Time) > w.horizon {
		rec := w.order[0]
		w.order = w.order[1:]
		if !rec.request.Client {
			delete(w.records, rec.ID)
		}
		*rec = record{gone: true, Record: gateway.Record{Response: gateway.Response{ID: rec.ID}}}
	}
}

// run runs a request as one transaction. Its result is written before it commits: one that has no form undoes it.
func (w *World) run(r gateway.Request, now time.Time) gateway.Response {
	drive := runner.Direct
	if w.chaos {
		drive = runner.Chaos
	}
	var result json.RawMessage
	out := drive(w.program, w.memory, w.limits, runner.Call{
		Func: r.Func, Key: r.Key, Frame: r.Frame, Debug: debug{w.log, r},
		Request: runner.Request{ID: r.ID, Time: now, Deadline: r.Deadline},
		Answer: func(f runner.Frame) error {
			text, fail := gateway.Result(w.codec, f, w.limits.Message)
			result = text
			return failure(fail)
		},
	})
	if out.Err != nil {
		return gateway.Response{ID: r.ID, Err: &out.Err.Error}
	}
	return gateway.Response{ID: r.ID, Result: result}
}

// debug writes a request's debug output to the log.
type debug struct {
	log     *slog.Logger
	request gateway.Request
}

func (d debug) Write(text []byte) (int, error) {
	entity := ""
	if ty := d.request.Func.Entity; ty != nil {
		entity = ty.Name + "/" + d.request.Key
	}
	d.log.Info(strings.TrimSuffix(string(text), "\n"), "entity", entity, "method", d.request.Func.Name, "request", d.request.ID)
	return len(text), nil
}

// State gives an entity's committed state.
func (w *World) State(ctx context.Context, ty *runner.EntityType, key string) (json.RawMessage, error) {
	var text json.RawMessage
	var fail *sfc.Error
	late := w.turn(ctx, func() {
		state, ok := w.memory.State(ty, key)
		if !ok {
			fail = &sfc.Error{Code: "NotFound", Message: ty.Name + "/" + key + " does not exist", Entity: ty.Name + "/" + key}
			return
		}
		text, fail = gateway.StateOf(w.codec, state)
	})
	if late != nil { // the turn may still write
		return nil, late
	}
	return text, failure(fail)
}

// failure makes an error of e, which may be nil.
func failure(e *sfc.Error) error {
	if e == nil {
		return nil
	}
	return e
}

// Query gives entities as they are between two requests.
func (w *World) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	var cut *gateway.Cut
	var err error
	if late := w.turn(ctx, func() { cut, err = where.Memory(ctx, w.program, w.memory.Memory, w.last, selections) }); late != nil {
		return nil, late
	}
	return cut, err
}

// Recorded gives what is kept of a request that ran before.
func (w *World) Recorded(ctx context.Context, id string) (*gateway.Record, error) {
	var found record
	var fail *sfc.Error
	late := w.turn(ctx, func() {
		w.forget(w.memory.Time(w.clock()))
		switch rec := w.records[id]; {
		case rec == nil:
			fail = gateway.Errorf("NotFound", "no request %q is recorded", id)
		case rec.gone:
			fail = expired(id)
		default:
			found = *rec
		}
	})
	switch {
	case late != nil:
		return nil, late
	case fail != nil:
		return nil, fail
	}
	found.Arguments = gateway.ArgumentsOf(w.program, w.codec, found.request.Func, found.arguments)
	return &found.Record, nil
}
