// This file is generated-like code that recurses through two entities, and tests of depth and other bounds.

package runner_test

import (
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

type Even struct {
	id    string
	calls int
}
type Odd struct {
	id    string
	calls int
}

func encCounter(e *runner.Enc, id string, calls int) {
	e.Map(2)
	e.String("id")
	e.String(id)
	e.String("calls")
	e.Int(int64(calls))
}

func decCounter(d *runner.Dec) (id string, calls int) {
	fields(d, map[string]func(){
		"id":    func() { id = d.String() },
		"calls": func() { calls = int(d.Int()) },
	})
	return id, calls
}

var tEven = &runner.EntityType{Name: "Even", New: func() any { return new(Even) },
	Key: func(s any) string { return s.(*Even).id },
	Enc: func(e *runner.Enc, s any) { encCounter(e, s.(*Even).id, s.(*Even).calls) },
	Dec: func(d *runner.Dec) any { id, n := decCounter(d); return &Even{id, n} }}

var tOdd = &runner.EntityType{Name: "Odd", New: func() any { return new(Odd) },
	Key: func(s any) string { return s.(*Odd).id },
	Enc: func(e *runner.Enc, s any) { encCounter(e, s.(*Odd).id, s.(*Odd).calls) },
	Dec: func(d *runner.Dec) any { id, n := decCounter(d); return &Odd{id, n} }}

// fMake is the frame of all constructors that take a name only.
type fMake struct {
	base
	name string
	id   string
	r0   string
}

// makers are their functions; link fills it.
var makers = map[string]*runner.Func{}

func maker(name string, ty *runner.EntityType) *runner.Func {
	makers[name] = &runner.Func{Name: name, Creates: ty, Params: []string{"id"}, Results: 1,
		New: func() runner.Frame { return &fMake{name: name} }}
	return makers[name]
}

var (
	fnNewEven  = maker("NewEven", tEven)
	fnNewOdd   = maker("NewOdd", tOdd)
	fnNewBox   = maker("NewBox", tBox)
	fnNewMover = maker("NewMover", tMover)
	fnNewB     = maker("NewB", tB)
)

func (f *fMake) Func() *runner.Func { return makers[f.name] }
func (f *fMake) Args() []any        { return []any{&f.id} }
func (f *fMake) Results() []any     { return []any{&f.r0} }
func (f *fMake) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.pc, f.r0 = 1, f.id
		var state any
		switch f.name {
		case "NewEven":
			state = &Even{id: f.id}
		case "NewOdd":
			state = &Odd{id: f.id}
		case "NewBox":
			state = &Box{name: f.id, items: []int{1, 2, 3}}
		case "NewMover":
			state = &Mover{name: f.id}
		case "NewB":
			state = &B{f.id}
		}
		return t.Create(f.Func().Creates, state)
	}
	return f.done()
}
func (f *fMake) Enc(e *runner.Enc) { e.Pc(f.pc); e.String(f.id); e.String(f.r0) }
func (f *fMake) Dec(d *runner.Dec) { f.pc = d.Pc(); f.id, f.r0 = d.String(), d.String() }

// ---- func (e *Even) Sum(n int, o *Odd) int { e.calls++; if n == 0 { return 0 }; return n + o.Sum(n-1, e) } ----

type fEvenSum struct {
	base
	n  int
	o  string
	r0 int
}

var fnEvenSum = &runner.Func{Name: "Even.Sum", Entity: tEven, Params: []string{"n", "o"}, Results: 1, Writes: true, File: "parity.go", Line: 5,
	New: func() runner.Frame { return new(fEvenSum) }}

func (f *fEvenSum) Func() *runner.Func { return fnEvenSum }
func (f *fEvenSum) Args() []any        { return []any{&f.n, &f.o} }
func (f *fEvenSum) Results() []any     { return []any{&f.r0} }
func (f *fEvenSum) Step(t *runner.Thread) runner.Op {
	e, _ := t.Self().(*Even)
	if f.pc == 0 {
		e.calls++
		if f.n == 0 {
			return f.done()
		}
		f.pc = 1
//line parity.go:9
		return t.Invoke(&fOddSum{n: f.n - 1, e: t.SelfKey()}, tOdd, f.o)
	}
	f.r0 = f.n + t.Ret.(*fOddSum).r0
	return f.done()
}

//line parity_test.go:126
func (f *fEvenSum) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Int(int64(f.n))
	e.Ref(f.o)
	e.Int(int64(f.r0))
}
func (f *fEvenSum) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.n, f.o, f.r0 = int(d.Int()), d.Ref(), int(d.Int())
}

type fOddSum struct {
	base
	n  int
	e  string
	r0 int
}

var fnOddSum = &runner.Func{Name: "Odd.Sum", Entity: tOdd, Params: []string{"n", "e"}, Results: 1, Writes: true, File: "parity.go", Line: 15,
	New: func() runner.Frame { return new(fOddSum) }}

func (f *fOddSum) Func() *runner.Func { return fnOddSum }
func (f *fOddSum) Args() []any        { return []any{&f.n, &f.e} }
func (f *fOddSum) Results() []any     { return []any{&f.r0} }
func (f *fOddSum) Step(t *runner.Thread) runner.Op {
	o, _ := t.Self().(*Odd)
	if f.pc == 0 {
		o.calls++
		if f.n == 0 {
			return f.done()
		}
		f.pc = 1
//line parity.go:19
		return t.Invoke(&fEvenSum{n: f.n - 1, o: t.SelfKey()}, tEven, f.e)
	}
	f.r0 = f.n + t.Ret.(*fEvenSum).r0
	return f.done()
}

//line parity_test.go:163
func (f *fOddSum) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Int(int64(f.n))
	e.Ref(f.e)
	e.Int(int64(f.r0))
}
func (f *fOddSum) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.n, f.e, f.r0 = int(d.Int()), d.Ref(), int(d.Int())
}

func parity(last ...request) []request {
	return append([]request{ask(fnNewEven, "", "e").is("e"), ask(fnNewOdd, "", "o").is("o")}, last...)
}

func TestRecursionThroughEntities(t *testing.T) {
	// 5+4+3+2+1 = 15 with Even called for 5, 3, 1 and Odd for 4, 2, 0; then 200*201/2 with 101 and 100 calls.
	play(t, none, "Even{e 104} Odd{o 103} ", parity(
		ask(fnEvenSum, "e", 5, "o").is("15"),
		ask(fnEvenSum, "e", 200, "o").is("20100"),
	)...)
}

// The frames are on the heap: the Go stack may be as small as 64 kB.
func TestDeepRecursion(t *testing.T) {
	d := drivers(prog)[0]
	for _, r := range parity() {
		require.Equal(t, r.want, d.ask(none, "r", r.fn, "", r.args...))
	}
	defer debug.SetMaxStack(debug.SetMaxStack(64 << 10))
	assert.Equal(t, "49995000", d.ask(none, "r", fnEvenSum, "e", 9999, "o")) // 9999*10000/2
	assert.Equal(t, `LimitExceeded "depth of calls: more than 10000" Odd/o Odd.Sum parity.go:19 [r]`,
		d.ask(none, "r", fnEvenSum, "e", 10_000, "o")) // the frame for 0 would be the 10 001st
	assert.Equal(t, "1", d.ask(none, "r", fnEvenSum, "e", 1, "o"), "a thread is fine after a stop")
}

// Every bound names what was passed, and the request leaves nothing behind.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits runner.Limits
		n      int
		fine   bool
		want   string
	}{
		// Sum(n) has n+1 frames, n invocations and pays one step a frame.
		{"depth", runner.Limits{Depth: 51}, 50, true, ""},
		{"depth", runner.Limits{Depth: 50}, 50, false, `LimitExceeded "depth of calls: more than 50" Odd/o Odd.Sum parity.go:19 [r2]`},
		{"steps", runner.Limits{Steps: 51}, 50, true, ""},
		{"steps", runner.Limits{Steps: 50}, 50, false, `LimitExceeded "steps: more than 50" Odd/o Odd.Sum parity.go:19 [r2]`},
		{"steps", runner.Limits{Steps: 49}, 50, false, `LimitExceeded "steps: more than 49" Even/e Even.Sum parity.go:9 [r2]`},
		{"invocations", runner.Limits{Invocations: 50}, 50, true, ""},
		{"invocations", runner.Limits{Invocations: 49}, 50, false, `LimitExceeded "invocations: more than 49" Odd/o Odd.Sum parity.go:19 [r2]`},
		{"entities", runner.Limits{Entities: 2}, 50, true, ""},
		{"entities", runner.Limits{Entities: 1}, 50, false, `LimitExceeded "entities: more than 1" Even/e Even.Sum parity.go:9 [r2]`},
		{"state", runner.Limits{State: 12}, 0, true, ""}, // a2 62 "id" 61 "e" 65 "calls" 01: 1+3+2+6+1 bytes, one too many
	} {
		t.Run(fmt.Sprint(c.name, " ", c.fine), func(t *testing.T) {
			for _, d := range drivers(prog) {
				for _, r := range parity() {
					require.Equal(t, r.want, d.ask(none, "r", r.fn, "", r.args...))
				}
				want := c.want
				if c.fine {
					want = fmt.Sprint(c.n * (c.n + 1) / 2)
				}
				if c.limits.State == 12 {
					want = `LimitExceeded "bytes of the state of Even: more than 12" Even/e Even.Sum parity.go:5 [r2]`
				}
				assert.Equal(t, want, d.ask(c.limits, "r2", fnEvenSum, "e", c.n, "o"), d.name)
				if !c.fine {
					s, _ := d.state(tEven, "e")
					assert.Equal(t, &Even{id: "e"}, s, d.name)
				}
			}
		})
	}
}
