// This file runs requests under every driver and compares the outcomes with what plain Go gives.

package runner_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

// driver is one way to run requests over one world.
type driver struct {
	name  string
	run   func(runner.Limits, runner.Call) runner.Outcome
	state func(ty *runner.EntityType, key string) (any, bool)
	keys  func(ty *runner.EntityType) []string
}

// drivers gives one of each kind, with an empty world.
func drivers(p *runner.Program) []driver {
	over := func(name string, m *runner.Memory, run func(*runner.Program, runner.World, runner.Limits, runner.Call) runner.Outcome) driver {
		return driver{name, func(l runner.Limits, c runner.Call) runner.Outcome { return run(p, m, l, c) }, m.State, m.Keys}
	}
	ms := runner.NewMessages(p, 7)
	live := newLive(p)
	return []driver{
		over("direct", runner.NewMemory(p), runner.Direct),
		over("chaos", runner.NewMemory(p), runner.Chaos),
		{"messages", ms.Run, ms.State, ms.Keys},
		{"live", func(l runner.Limits, c runner.Call) runner.Outcome { return runner.Direct(p, live, l, c) }, live.State, live.Keys},
	}
}

// live is a world that keeps decoded states and works in place, as a native engine does: with a backup.
type live struct {
	prog    *runner.Program
	states  map[*runner.EntityType]map[string]any
	backups []backup
}

type backup struct {
	ty  *runner.EntityType
	key string
	b   []byte
}

func newLive(p *runner.Program) *live {
	return &live{prog: p, states: map[*runner.EntityType]map[string]any{}}
}

func (w *live) Load(ty *runner.EntityType, key string) (any, error) { return w.states[ty][key], nil }

func (w *live) Backup(ty *runner.EntityType, key string, state any) {
	w.backups = append(w.backups, backup{ty, key, w.encode(ty, state)})
}

func (w *live) encode(ty *runner.EntityType, state any) []byte {
	b, err := w.prog.EncodeState(ty, state, 1<<30)
	if err != nil {
		panic(err)
	}
	return b
}

func (w *live) decode(ty *runner.EntityType, b []byte) any {
	state, err := w.prog.DecodeState(ty, b)
	if err != nil {
		panic(err)
	}
	return state
}

func (w *live) Commit(changes []runner.Change, maxState int) error {
	for _, c := range changes {
		if c.State == nil {
			continue
		}
		if _, err := w.prog.EncodeState(c.Type, c.State, maxState); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if w.states[c.Type] == nil {
			w.states[c.Type] = map[string]any{}
		}
		if c.State == nil {
			delete(w.states[c.Type], c.Key)
		} else {
			w.states[c.Type][c.Key] = w.decode(c.Type, w.encode(c.Type, c.State)) // clipped
		}
	}
	w.backups = nil
	return nil
}

func (w *live) Abort() {
	for _, b := range w.backups {
		w.states[b.ty][b.key] = w.decode(b.ty, b.b)
	}
	w.backups = nil
}

func (w *live) State(ty *runner.EntityType, key string) (any, bool) {
	s, ok := w.states[ty][key]
	return s, ok
}

func (w *live) Keys(ty *runner.EntityType) []string {
	keys := []string{}
	for k := range w.states[ty] {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// ask runs one request and shows its outcome: the results, or code, message, entity, method and place.
func (d driver) ask(l runner.Limits, id string, fn *runner.Func, key string, args ...any) string {
	f := fn.New()
	for i, p := range f.Args() {
		set(p, args[i])
	}
	out := d.run(l, runner.Call{Func: fn, Key: key, Frame: f, Request: runner.Request{ID: id, Time: noon}})
	if out.Err != nil {
		e := out.Err
		return fmt.Sprintf("%s %q %s %s %s [%s]", e.Code, e.Message, e.Entity, e.Method, e.At, e.ID)
	}
	s := ""
	for i, r := range out.Frame.Results() {
		if i > 0 {
			s += " "
		}
		s += show(r)
	}
	return s
}

// request is one line of a script.
type request struct {
	fn   *runner.Func
	key  string
	args []any
	want string
}

func ask(fn *runner.Func, key string, args ...any) request {
	return request{fn: fn, key: key, args: args}
}

func (r request) is(want string) request { r.want = want; return r }

// play runs a script under every driver, then shows the states of all entities.
func play(t *testing.T, l runner.Limits, states string, script ...request) {
	t.Helper()
	for _, d := range drivers(prog) {
		for i, r := range script {
			got := d.ask(l, fmt.Sprint("r", i), r.fn, r.key, r.args...)
			require.Equal(t, r.want, got, "%s: request %d, %s", d.name, i, r.fn.Name)
		}
		got := ""
		for _, ty := range prog.Types {
			for _, k := range d.keys(ty) {
				s, ok := d.state(ty, k)
				require.True(t, ok)
				got += fmt.Sprintf("%s%+v ", ty.Name, show(s))
			}
		}
		assert.Equal(t, states, got, d.name)
	}
}
