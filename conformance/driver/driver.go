// This file runs generated programs for the comparison with plain Go: requests come in as lines of JSON.

// Package driver answers requests to generated programs under the runner's three drivers, in the same form as the
// oracle's executable (lines of JSON on stdin and stdout), so that a test can put the same request to both.
package driver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"time"

	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Request is one line of input.
type Request struct {
	Op       string            `json:"op"` // call, states, start (a fresh world for the program)
	Program  string            `json:"program"`
	Driver   string            `json:"driver"` // start: direct, chaos, messages
	Seed     uint64            `json:"seed"`   // start: of the order of messages
	Function string            `json:"function"`
	Key      string            `json:"key"`
	Args     []json.RawMessage `json:"args"`
	ID       string            `json:"id"`
	Time     time.Time         `json:"time"`
}

// Answer is one line of output. Nothing set means success without results.
type Answer struct {
	Results []json.RawMessage                     `json:"results,omitempty"` // without a last error
	Error   *Failure                              `json:"error,omitempty"`
	States  map[string]map[string]json.RawMessage `json:"states,omitempty"`
}

// Failure is what a request ended with instead of results.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	At      string `json:"at,omitempty"`
}

// world is one program's entities under one driver.
type world struct {
	program *runner.Program
	codec   *jsonvalue.Codec
	run     func(runner.Limits, runner.Call) runner.Outcome
	store   store
}

// store is where committed states are read; both of the runner's worlds have it.
type store interface {
	State(ty *runner.EntityType, key string) (any, bool)
	Keys(ty *runner.EntityType) []string
}

// Serve answers requests to programs, by name, until the input ends. It sets time.Local to UTC.
func Serve(in io.Reader, out io.Writer, programs map[string]func() *runner.Program) error {
	time.Local = time.UTC
	lines, answers := bufio.NewReader(in), json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	worlds := map[string]*world{}
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var r Request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
		var a Answer
		switch w := worlds[r.Program]; {
		case r.Op == "start":
			worlds[r.Program], err = start(r, programs[r.Program])
		case w == nil:
			err = fmt.Errorf("program %q was not started", r.Program)
		case r.Op == "call":
			a = w.call(r)
		case r.Op == "states":
			a, err = w.states()
		default:
			err = fmt.Errorf("no operation %q", r.Op)
		}
		if err != nil {
			return err
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

func start(r Request, program func() *runner.Program) (*world, error) {
	if program == nil {
		return nil, fmt.Errorf("no program %q", r.Program)
	}
	p := program()
	w := &world{program: p, codec: jsonvalue.For(p)}
	m := runner.NewMemory(p)
	w.store = m
	switch r.Driver {
	case "direct":
		w.run = func(l runner.Limits, c runner.Call) runner.Outcome { return runner.Direct(p, m, l, c) }
	case "chaos":
		w.run = func(l runner.Limits, c runner.Call) runner.Outcome {
			l.Depth = 300 // each call saves all frames below it
			return runner.Chaos(p, m, l, c)
		}
	case "messages":
		s := runner.NewMessages(p, r.Seed)
		w.store, w.run = s, func(l runner.Limits, c runner.Call) runner.Outcome {
			l.Depth = 1000 // a call that comes back to an entity saves all that waits there
			return s.Run(l, c)
		}
	default:
		return nil, fmt.Errorf("no driver %q", r.Driver)
	}
	return w, nil
}

func refused(code, format string, args ...any) Answer {
	return Answer{Error: &Failure{Code: code, Message: fmt.Sprintf(format, args...)}}
}

func (w *world) call(r Request) Answer {
	var fn *runner.Func
	for _, f := range w.program.Funcs {
		if f.Name == r.Function && f.Exported {
			fn = f
		}
	}
	if fn == nil {
		return refused("NotFound", "no function %q", r.Function)
	}
	if fn.Entity != nil {
		if why := fn.Entity.KeyFault(r.Key); why != "" {
			return refused("InvalidArgument", "%s: %s", fn.Entity.Name, why)
		}
	}
	c := runner.Call{Func: fn, Key: r.Key, Request: runner.Request{ID: r.ID, Time: r.Time}}
	text, err := json.Marshal(r.Args)
	if err != nil {
		return refused("InvalidArgument", "%v", err)
	}
	if len(r.Args) == 0 {
		text = nil
	}
	if c.Frame, err = w.codec.Frame(text, fn); err != nil {
		return refused("InvalidArgument", "%v", err)
	}
	out := w.run(runner.DefaultLimits(), c)
	if out.Err != nil {
		return Answer{Error: &Failure{Code: out.Err.Code, Message: out.Err.Message, At: out.Err.At}}
	}
	results := out.Frame.Results()
	if fn.HasError {
		results = results[:len(results)-1]
	}
	a := Answer{Results: []json.RawMessage{}}
	for _, result := range results {
		text, err := w.codec.Result(pointee(result), math.MaxInt)
		if err != nil {
			return refused("Panic", "result: %v", err)
		}
		a.Results = append(a.Results, text)
	}
	return a
}

// pointee gives the variable that p points to; variables of interface type stay behind their pointer, which keeps the
// static type.
func pointee(p any) any {
	v := reflect.ValueOf(p).Elem()
	if v.Kind() == reflect.Interface {
		return p
	}
	return v.Interface()
}

func (w *world) states() (Answer, error) {
	a := Answer{States: map[string]map[string]json.RawMessage{}}
	for _, ty := range w.program.Types {
		for _, key := range w.store.Keys(ty) {
			state, _ := w.store.State(ty, key)
			text, err := w.codec.State(state, math.MaxInt)
			if err != nil {
				return a, fmt.Errorf("state of %s/%s: %w", ty.Name, key, err)
			}
			if a.States[ty.Name] == nil {
				a.States[ty.Name] = map[string]json.RawMessage{}
			}
			a.States[ty.Name][key] = text
		}
	}
	return a, nil
}
