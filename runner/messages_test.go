// This file checks what the message driver alone can get wrong: what a request carries along, and damaged bytes.

package runner_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

// fDraw is func (e *Even) Draw(n int) int: draws a number, says so, and lets the other draw on: what the request carries.
type fDraw struct {
	base
	n, mine int
	r0      int
}

var fnDraw = &runner.Func{Name: "Even.Draw", Entity: tEven, Params: []string{"n"}, Results: 1, New: func() runner.Frame { return new(fDraw) }}

func (f *fDraw) Func() *runner.Func { return fnDraw }
func (f *fDraw) Args() []any        { return []any{&f.n} }
func (f *fDraw) Results() []any     { return []any{&f.r0} }
func (f *fDraw) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.mine = t.Rand().IntN(1_000_000)
		fmt.Fprintf(t.Debug(), "%d left", f.n)
		if f.n == 0 {
			f.r0 = f.mine
			return f.done()
		}
		f.pc = 1
		next := "b"
		if t.SelfKey() == "b" {
			next = "a"
		}
		return t.Invoke(&fDraw{n: f.n - 1}, tEven, next)
	}
	f.r0 = f.mine ^ t.Ret.(*fDraw).r0 ^ t.Rand().IntN(1_000_000)
	return f.done()
}
func (f *fDraw) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Int(int64(f.n))
	e.Int(int64(f.mine))
	e.Int(int64(f.r0))
}
func (f *fDraw) Dec(d *runner.Dec) {
	f.pc, f.n, f.mine, f.r0 = d.Pc(), int(d.Int()), int(d.Int()), int(d.Int())
}

func TestRandomnessAndDebugOutputGoAlong(t *testing.T) {
	var results, logs []string
	for _, d := range drivers(prog) {
		for _, k := range []string{"a", "b"} {
			require.Equal(t, k, d.ask(none, "r", fnNewEven, "", k))
		}
		var log bytes.Buffer
		out := d.run(none, runner.Call{Func: fnDraw, Key: "a", Frame: &fDraw{n: 5}, Debug: &log, Request: runner.Request{ID: "lucky", Time: noon}})
		require.Nil(t, out.Err, d.name)
		results, logs = append(results, fmt.Sprint(out.Frame.(*fDraw).r0)), append(logs, log.String())
	}
	assert.Equal(t, "[lucky] Even/a Even.Draw: 5 left\n[lucky] Even/b Even.Draw: 4 left\n[lucky] Even/a Even.Draw: 3 left\n"+
		"[lucky] Even/b Even.Draw: 2 left\n[lucky] Even/a Even.Draw: 1 left\n[lucky] Even/b Even.Draw: 0 left\n", logs[0])
	for i := range results {
		assert.Equal(t, results[0], results[i])
		assert.Equal(t, logs[0], logs[i])
	}
}

// Frames stay at home: a record grows with the re-entrant frames of its own entity only.
func TestRecordsAreSmall(t *testing.T) {
	m := runner.NewMessages(prog, 1)
	for fn, key := range map[*runner.Func]string{fnNewEven: "e", fnNewOdd: "o"} {
		out := m.Run(none, runner.Call{Func: fn, Frame: &fMake{name: fn.Name, id: key}})
		require.Nil(t, out.Err)
	}
	m.Events = 0
	require.Nil(t, m.Run(none, runner.Call{Func: fnEvenSum, Key: "e", Frame: &fEvenSum{n: 200, o: "o"}}).Err)
	assert.Equal(t, 201+200+2, m.Events, "one event a call, one a return but the root's, two commits")
	assert.Less(t, m.Largest, 200*40)
}

// Bytes of another program, or damaged ones, give an error or another answer, never a panic.
func TestDamagedRecordsAreErrors(t *testing.T) {
	e := runner.Event{Kind: runner.Invocation, To: runner.Address{Type: tA.ID, Key: "a"}, From: runner.Address{Type: runner.Client}, Func: fnPlay.ID}
	e.Meter.Steps, e.Meter.Bytes = 1000, 1000
	f := &fPlay{b: "b", k: 1}
	var err error
	e.Body, err = prog.EncodeFrame(f)
	require.NoError(t, err)
	state, err := prog.EncodeState(tA, plainA(5, 6, 7, 8), 1<<20)
	require.NoError(t, err)
	record, out, err := runner.Activate(prog, none, runner.Home{Committed: state}, e)
	require.NoError(t, err)
	require.Equal(t, runner.Invocation, out.Kind)
	require.Equal(t, runner.Address{Type: tB.ID, Key: "b"}, out.To)

	answer := runner.Event{Kind: runner.Returned, To: e.To, From: out.To, Func: fnBack.ID, Meter: out.Meter}
	answer.Body, err = prog.EncodeFrame(&fBack{base: base{runner.Done}})
	require.NoError(t, err)
	_, last, err := runner.Activate(prog, none, runner.Home{Committed: state, Record: record}, answer)
	require.NoError(t, err)
	require.Equal(t, runner.Returned, last.Kind)
	require.Equal(t, runner.Client, last.To.Type)

	refused := 0
	for i := range record {
		for _, bit := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(record)
			bad[i] ^= bit
			if _, _, err := runner.Activate(prog, none, runner.Home{Committed: state, Record: bad}, answer); err != nil {
				refused++
			}
		}
		_, _, err := runner.Activate(prog, none, runner.Home{Committed: state, Record: record[:i]}, answer)
		if i > 0 {
			assert.Error(t, err, "cut at %d", i)
		}
	}
	assert.Greater(t, refused, len(record))
	for _, bad := range []runner.Event{
		{Kind: runner.Invocation, To: runner.Address{Type: 99}}, {Kind: runner.Invocation, Func: 999}, {Kind: 77},
		{Kind: runner.Returned, To: e.To}, {Kind: runner.Panicked, To: e.To}, {Kind: runner.Invocation, To: e.To, Body: []byte{0xff}},
	} {
		_, _, err := runner.Activate(prog, none, runner.Home{Committed: state}, bad)
		assert.Error(t, err, "%+v", bad)
	}
}

// The object is in the record only if it was written, or a frame holds memory of it.
func TestRecordLeavesOutWhatTheCommittedStateHas(t *testing.T) {
	big := plainA(make([]int, 1000)...)
	for i := range big.xs {
		big.xs[i] = 1 << 40
	}
	state, err := prog.EncodeState(tA, big, 1<<20)
	require.NoError(t, err)
	record := func(f runner.Frame) int {
		ev := runner.Event{Kind: runner.Invocation, To: runner.Address{Type: tA.ID, Key: "a"}, From: runner.Address{Type: runner.Client}, Func: f.Func().ID}
		ev.Meter.Steps = 100
		ev.Body, err = prog.EncodeFrame(f)
		require.NoError(t, err)
		b, out, err := runner.Activate(prog, none, runner.Home{Committed: state}, ev)
		require.NoError(t, err)
		require.NotEqual(t, runner.Stopped, out.Kind)
		return len(b)
	}
	assert.Less(t, record(&fTotal{}), 60, "holds nothing of the state while it waits")
	assert.Greater(t, record(&fPeek{b: "b"}), 8000, "holds a slice of the state")
	assert.Greater(t, record(&fChange{k: 0}), 8000, "wrote")
}

// fTotal is func (a *A) Total(b *B) int { b.Back(a, 0); return len(a.xs) }.
type fTotal struct {
	base
	r0 int
}

var fnTotal = &runner.Func{Name: "A.Total", Entity: tA, Results: 1, New: func() runner.Frame { return new(fTotal) }}

func (f *fTotal) Func() *runner.Func { return fnTotal }
func (f *fTotal) Args() []any        { return nil }
func (f *fTotal) Results() []any     { return []any{&f.r0} }
func (f *fTotal) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.pc = 1
		return t.Invoke(&fBack{a: t.SelfKey(), k: 1}, tB, "b")
	}
	f.r0 = len(t.Self().(*A).xs)
	return f.done()
}
func (f *fTotal) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.r0)) }
func (f *fTotal) Dec(d *runner.Dec) { f.pc = d.Pc(); f.r0 = int(d.Int()) }

// A waiting reader whose object was left out sees what its callee wrote to it.
func TestReaderWithoutItsObjectSeesTheWrite(t *testing.T) {
	for _, d := range drivers(prog) {
		for _, r := range append(newA(), ask(fnTotal, "a").is("5"), ask(fnTotal, "a").is("6")) {
			assert.Equal(t, r.want, d.ask(none, "r", r.fn, r.key, r.args...), d.name)
		}
	}
}
