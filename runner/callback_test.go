// This file checks methods that the library calls, the text of panics, and the constants of a request.

package runner_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

// script is a frame whose body is a Go function; its entries are one program of its own.
type script struct {
	base
	fn   *runner.Func
	body func(t *runner.Thread) string
	r0   string
	r1   error
}

func (f *script) Func() *runner.Func { return f.fn }
func (f *script) Args() []any        { return nil }
func (f *script) Results() []any     { return []any{&f.r0, &f.r1} }
func (f *script) Enc(e *runner.Enc)  { e.Pc(f.pc); e.String(f.r0); e.Any(f.r1) }
func (f *script) Dec(d *runner.Dec)  { f.pc, f.r0 = d.Pc(), d.String(); f.r1, _ = d.Any().(error) }
func (f *script) Step(t *runner.Thread) runner.Op {
	f.r0 = f.body(t)
	return f.done()
}

// one runs a body as the only function of a program, under Direct.
func one(body func(t *runner.Thread) string, change ...func(*runner.Call, *runner.Limits)) runner.Outcome {
	fn := &runner.Func{Name: "Run", Results: 2, HasError: true, File: "run.go", Line: 1}
	fn.New = func() runner.Frame { return &script{fn: fn, body: body} }
	p := &runner.Program{ID: "example.com/run", Name: "run", Funcs: []*runner.Func{fn}}
	c, l := runner.Call{Func: fn, Frame: fn.New(), Request: runner.Request{ID: "id-1", Time: noon}}, runner.Limits{}
	for _, f := range change {
		f(&c, &l)
	}
	return runner.Direct(p, runner.NewMemory(p), l, c)
}

func result(t *testing.T, o runner.Outcome) string {
	t.Helper()
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	return o.Frame.(*script).r0
}

// runaway has a String method that never ends by itself, and a Less that does the same.
type runaway struct{ n int }

func spin() {
	t := runner.Callback()
	var b int64
	for {
		if b--; b < 0 {
			b = t.Take()
		}
	}
}

func (r runaway) String() string { spin(); return "" }

// polite has a String method that is done quickly.
type polite struct{ n int }

func (p polite) String() string { runner.Callback().Spend(10); return "polite " + fmt.Sprint(p.n) }

const ranAway = `LimitExceeded: steps: more than 1000000`

func TestStopInACallbackIsRaisedAfterTheLibraryCall(t *testing.T) {
	var swallowed string
	o := one(func(t *runner.Thread) string {
		swallowed = fmt.Sprint(runaway{})
		t.Guard()
		return "not reached"
	})
	require.NotNil(t, o.Err)
	assert.Equal(t, ranAway, o.Err.String())
	assert.Contains(t, swallowed, "PANIC=String method", "fmt did swallow it")

	o = one(func(t *runner.Thread) string { // a nil pointer: fmt prints <nil> for any panic
		swallowed = fmt.Sprint((*runaway)(nil))
		t.Guard()
		return swallowed
	})
	assert.Equal(t, "<nil>", result(t, o), "the method was not even entered")

	o = one(func(t *runner.Thread) string { // no library in between swallows it
		sort.Slice([]int{1, 2, 3}, func(i, j int) bool { spin(); return false })
		return "not reached"
	})
	require.NotNil(t, o.Err)
	assert.Equal(t, ranAway, o.Err.String())

	o = one(func(t *runner.Thread) string { s := fmt.Sprint(polite{7}); t.Guard(); return s })
	assert.Equal(t, "polite 7", result(t, o))
}

// Many threads: each gets its own stop, and only its own.
func TestCallbacksOfSeveralThreads(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 3 {
				o := one(func(t *runner.Thread) string {
					var s string
					if i%2 == 0 {
						s = fmt.Sprint(runaway{})
					} else {
						s = fmt.Sprint(polite{i})
					}
					t.Guard()
					return s
				})
				if i%2 == 0 {
					assert.Equal(t, ranAway, o.Err.String())
				} else {
					assert.Equal(t, fmt.Sprint("polite ", i), result(t, o))
				}
			}
		})
	}
	wg.Wait()
}

// badError is a root's error whose text cannot be had.
type badError struct{ how string }

func (e badError) Error() string {
	switch e.how {
	case "spin":
		spin()
	case "panic":
		panic("no text")
	}
	return e.how
}

func TestRootErrorWhoseMethodFails(t *testing.T) {
	for how, want := range map[string]string{"fine": "Application: fine", "spin": ranAway, "panic": "Panic: no text"} {
		fn := &runner.Func{Name: "Run", Results: 2, HasError: true}
		fn.New = func() runner.Frame { return &failing{script{fn: fn}, how} }
		p := &runner.Program{Funcs: []*runner.Func{fn}, Dyn: []*runner.DynType{{Name: "badError",
			Is:  func(v any) bool { _, ok := v.(badError); return ok },
			Enc: func(e *runner.Enc, v any) { e.String(v.(badError).how) },
			Dec: func(d *runner.Dec) any { return badError{d.String()} },
		}}}
		o := runner.Direct(p, runner.NewMemory(p), none, runner.Call{Func: fn, Frame: fn.New()})
		require.NotNil(t, o.Err)
		assert.Equal(t, want, o.Err.String())
	}
}

type failing struct {
	script
	how string
}

func (f *failing) Step(*runner.Thread) runner.Op { f.r1 = badError{f.how}; return f.done() }

type (
	label   string
	level   int
	point   struct{ x, y int }
	boolean bool
)

// What Go 1.26 prints after `panic: `, seen by running each; of structs and the like it prints an address.
func TestPanicText(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{"x", "x"}, {errors.New("wrong"), "wrong"}, {polite{1}, "polite 1"}, {1.5, "1.5"}, {float32(0.1), "0.1"}, {0.0, "0"},
		{math.Copysign(0, -1), "-0"}, {1e300, "1e+300"}, {math.NaN(), "NaN"}, {math.Inf(1), "+Inf"}, {math.Inf(-1), "-Inf"},
		{complex(1, -2), "(1-2i)"}, {123456789.125, "1.23456789125e+08"}, {label(`a"b`), `runner_test.label("a"b")`},
		{level(3), "runner_test.level(3)"}, {boolean(true), "runner_test.boolean(true)"}, {true, "true"}, {uint8(7), "7"}, {'x', "120"},
		{point{1, 2}, "(runner_test.point)"}, {&point{}, "(*runner_test.point)"}, {[]int{1}, "([]int)"},
	} {
		assert.Equal(t, c.want, runner.PanicText(c.v))
	}
}

func TestTimeAndRandomnessComeFromTheRequest(t *testing.T) {
	o := one(func(t *runner.Thread) string {
		return fmt.Sprint(t.Now(), " ", t.Rand().Uint64(), " ", t.Rand1().Int63(), " ", t.Since(noon.Add(-time.Hour)), " ", t.Until(noon), " ", t.Request().ID)
	}, func(c *runner.Call, _ *runner.Limits) { c.Request.Time = noon.In(time.FixedZone("CEST", 7200)) })
	r := rand.NewChaCha8(sha256.Sum256([]byte("id-1")))
	first, second := r.Uint64(), int64(r.Uint64()>>1)
	assert.Equal(t, fmt.Sprint("2026-05-01 12:00:00 +0000 UTC ", first, " ", second, " 1h0m0s 0s id-1"), result(t, o))
}

func TestMemoryTimeNeverRunsBackwards(t *testing.T) {
	m := runner.NewMemory(prog)
	assert.Equal(t, noon, m.Time(noon.In(time.FixedZone("x", 60))))
	assert.Equal(t, noon, m.Time(noon.Add(-time.Second)))
	assert.Equal(t, noon.Add(1), m.Time(noon.Add(1)))
}

func TestDebugOutputNamesItsRequest(t *testing.T) {
	var log bytes.Buffer
	o := one(func(t *runner.Thread) string { fmt.Fprint(t.Debug(), "hello"); return "" }, func(c *runner.Call, _ *runner.Limits) { c.Debug = &log })
	assert.Empty(t, result(t, o))
	assert.Equal(t, "[id-1] Run: hello\n", log.String())
}

func TestDeadlineIsCheckedBeforeTheStart(t *testing.T) {
	ran := false
	body := func(*runner.Thread) string { ran = true; return "" }
	o := one(body, func(c *runner.Call, _ *runner.Limits) { c.Request.Deadline = noon.Add(-1) })
	require.NotNil(t, o.Err)
	assert.Equal(t, "DeadlineExceeded", o.Err.Code)
	assert.False(t, ran)
	o = one(body, func(c *runner.Call, _ *runner.Limits) { c.Request.Deadline = noon })
	assert.Nil(t, o.Err)
}

// The answer is made before the commit: what goes wrong with it rolls back.
func TestAnswerFailureRollsBack(t *testing.T) {
	for _, d := range drivers(prog) {
		try := func(answer func(runner.Frame) error) *runner.Failure {
			f := &fNewUser{name: "u", balance: 3}
			return d.run(none, runner.Call{Func: fnNewUser, Frame: f, Request: runner.Request{ID: "r", Time: noon}, Answer: answer}).Err
		}
		assert.Equal(t, "LimitExceeded: too long", try(func(runner.Frame) error { return &runner.Error{Code: "LimitExceeded", Message: "too long"} }).String())
		assert.Equal(t, "Application: no", try(func(runner.Frame) error { return errors.New("no") }).String())
		assert.Equal(t, ranAway, try(func(runner.Frame) error { _, err := json.Marshal(fmt.Sprint(runaway{})); return err }).String())
		assert.Empty(t, d.keys(tUser), d.name)
		var got UserRef
		assert.Nil(t, try(func(f runner.Frame) error { got = f.(*fNewUser).r0; return nil }), d.name)
		assert.Equal(t, UserRef("u"), got)
		assert.Equal(t, []string{"u"}, d.keys(tUser))
	}
}

func TestStepsOfLoops(t *testing.T) {
	loop := func(n int) func(t *runner.Thread) string {
		return func(t *runner.Thread) string {
			var b int64
			for range n {
				if b--; b < 0 {
					b = t.Take()
				}
			}
			t.Budget += b
			return ""
		}
	}
	limit := func(n int64) func(*runner.Call, *runner.Limits) {
		return func(_ *runner.Call, l *runner.Limits) { l.Steps = n }
	}
	for _, n := range []int{1, 100, 4096, 4097, 10_000} {
		assert.Nil(t, one(loop(n), limit(int64(n)+1)).Err, "%d steps and one for the frame", n)
		o := one(loop(n), limit(int64(n)))
		require.NotNil(t, o.Err)
		assert.Equal(t, fmt.Sprint("LimitExceeded: steps: more than ", n), o.Err.String())
	}
}

func TestBytesAndDepthOfPlainCode(t *testing.T) {
	o := one(func(t *runner.Thread) string { t.Charge(1 << 20); t.Charge(1 << 62); return "" })
	require.NotNil(t, o.Err)
	assert.Equal(t, "LimitExceeded: bytes allocated: more than 268435456", o.Err.String())
	o = one(func(t *runner.Thread) string { t.Charge(-1); return "" })
	require.NotNil(t, o.Err, "a size that overflowed")
	o = one(func(t *runner.Thread) string {
		for range 9998 {
			t.Down(1)
		}
		t.Up(1)
		t.Down(2)
		return "not reached"
	}, func(_ *runner.Call, l *runner.Limits) { l.Depth = 9999 })
	require.NotNil(t, o.Err)
	assert.Equal(t, "LimitExceeded: depth of calls: more than 9999", o.Err.String())
}

func TestKeys(t *testing.T) {
	assert.Equal(t, "a/ü", runner.CheckKey("a/ü"))
	assert.Equal(t, strings.Repeat("k", 512), runner.CheckKey(strings.Repeat("k", 512)))
	for _, bad := range []string{"", strings.Repeat("k", 513), "\xff"} {
		assert.Panics(t, func() { runner.CheckKey(bad) })
	}
	assert.Equal(t, "-9223372036854775808", runner.IntKey(int64(math.MinInt64)))
	assert.Equal(t, "18446744073709551615", runner.IntKey(uint64(math.MaxUint64)))
	n, err := runner.ParseIntKey[int8]("-128")
	assert.NoError(t, err)
	assert.EqualValues(t, -128, n)
	u, err := runner.ParseIntKey[uint64]("18446744073709551615")
	assert.NoError(t, err)
	assert.EqualValues(t, uint64(math.MaxUint64), u)
	for _, bad := range []string{"", "007", "+7", "-0", "128", "1.0", " 1", "1e3"} {
		_, err := runner.ParseIntKey[int8](bad)
		assert.Error(t, err, bad)
	}
	_, err = runner.ParseIntKey[uint]("-1")
	assert.Error(t, err)
}

func TestOrderOfKeys(t *testing.T) {
	nan := math.NaN()
	keys := runner.SortedKeys(runner.Callback(), map[float64]bool{2: true, nan: true, -1: true})
	assert.True(t, keys[0] != keys[0])
	assert.Equal(t, []float64{-1, 2}, keys[1:])
	assert.Equal(t, []bool{false, true}, runner.KeysOf(runner.Callback(), map[bool]int{true: 1, false: 0}))
	assert.Equal(t, []point{{1, 9}, {2, 1}, {2, 3}}, runner.KeysOf(runner.Callback(), map[point]int{{2, 3}: 0, {1, 9}: 0, {2, 1}: 0}))
	assert.Equal(t, []any{nil, false, -1, 7, label("a"), "b"}, runner.KeysOf(runner.Callback(), map[any]int{"b": 0, 7: 0, -1: 0, nil: 0, false: 0, label("a"): 0}))
	k, v := runner.Entries(runner.Callback(), map[float64]string{nan: "z", math.Float64frombits(0x7ff8000000000002): "y", 1: "x"})
	assert.Len(t, k, 3)
	assert.Equal(t, []string{"y", "z", "x"}, v)
	assert.PanicsWithValue(t, runner.Stop{Code: "Unimplemented", Message: "keys of type *int have no order"},
		func() { runner.KeysOf(runner.Callback(), map[*int]int{new(int): 1, new(int): 2}) })
	m := map[string]int{"a": 1, "b": 2, "c": 3}
	var seen []string
	for k, v := range runner.MapsAll(runner.Callback(), m) {
		seen = append(seen, fmt.Sprint(k, v))
	}
	runner.MapsDeleteFunc(runner.Callback(), m, func(k string, v int) bool { seen = append(seen, k); return v == 2 })
	assert.Equal(t, []string{"a1", "b2", "c3", "a", "b", "c"}, seen)
	assert.Equal(t, map[string]int{"a": 1, "c": 3}, m)
}

// What the host library would walk by recursion is bounded in depth, by whatever way the deepest place is reached.
func TestNesting(t *testing.T) {
	tooDeep := func(v any) {
		t.Helper()
		th := runner.Callback()
		assert.PanicsWithError(t, "LimitExceeded: levels of nesting: more than 50000", func() { runner.Nested(th, v) })
		runner.TakeStop()
	}
	fine := func(size int64, v any) {
		t.Helper()
		assert.Equal(t, size, runner.Nested(runner.Callback(), v))
	}
	chain := func(n int, end any) any {
		for range n {
			end = []any{end}
		}
		return end
	}
	fine(0, nil)
	fine(24+3*8, []int{1, 2, 3})
	fine(24+20_000*(16+24)-24, chain(20_000, nil))
	tooDeep(chain(60_000, nil))
	shared := chain(20_000, nil)
	tooDeep([]any{shared, chain(20_000, shared)}) // two levels each: the list and the interface
	loop := make([]any, 1)
	loop[0] = loop
	tooDeep(loop)
	loop[0] = map[string]any{"up": &loop}
	fine(24+16+8+2*16+2+8+24, loop)
	var list *Node
	for range 60_000 {
		list = &Node{1, list}
	}
	tooDeep(list)
	assert.EqualValues(t, 8+60_000*16, runner.Size(runner.Callback(), list))
}

// Comparisons of interface values are bounded in depth too; else they are Go's.
func TestEqual(t *testing.T) {
	type box struct{ in any }
	boxes := func(n int) (v any) {
		for range n {
			v = box{v}
		}
		return v
	}
	th := runner.Callback()
	a, deep := boxes(1000), boxes(60_000)
	for _, c := range []struct {
		a, b any
		want bool
	}{
		{nil, nil, true}, {nil, 1, false}, {1, 1, true}, {1, int8(1), false}, {"x", "y", false}, {a, boxes(1000), true}, {a, boxes(999), false},
		{[2]any{1, "x"}, [2]any{1, "x"}, true}, {t, t, true}, {io.EOF, error(io.EOF), true}, {deep, 1, false},
	} {
		assert.Equal(t, c.want, runner.Equal(th, c.a, c.b))
	}
	assert.PanicsWithError(t, "runtime error: comparing uncomparable type []int", func() { runner.Equal(th, []int{1}, []int{1}) })
	assert.Equal(t, box{a}, runner.Flat(th, box{a}))
	for _, f := range []func(){
		func() { runner.Equal(th, deep, boxes(60_000)) },
		func() { runner.Flat(th, box{deep}) },
		func() { runner.KeysOf(runner.Callback(), map[any]int{boxes(60_001): 1, deep: 2}) },
	} {
		assert.PanicsWithError(t, "LimitExceeded: levels of nesting: more than 50000", f)
		runner.TakeStop()
	}
	assert.Less(t, th.Budget, int64(1_000_000-100_000), "levels are paid for")
}

func TestCosts(t *testing.T) {
	assert.EqualValues(t, 0, runner.Size(runner.Callback(), nil))
	assert.EqualValues(t, 16+5, runner.Size(runner.Callback(), "hello"))
	assert.EqualValues(t, 24+3*8, runner.Size(runner.Callback(), []int{1, 2, 3}))
	shared := []int{1, 2, 3}
	assert.EqualValues(t, 24+2*24+3*8, runner.Size(runner.Callback(), [][]int{shared, shared}))
	ring := &Node{1, nil}
	ring.next = ring
	assert.EqualValues(t, 8+16, runner.Size(runner.Callback(), ring))
	assert.EqualValues(t, 16+8, runner.Size(runner.Callback(), struct{ v any }{7}))
	assert.EqualValues(t, 0, runner.Padding("%d %s %% %v", nil))
	assert.EqualValues(t, 10+7+300, runner.Padding("%10d %-7.300f", nil))
	assert.EqualValues(t, 1_000_000, runner.Padding("%99999999d", nil))
	assert.EqualValues(t, 2*50, runner.Padding("%*.*f", []any{50, 2, 1.5}))
}

// forever is a frame whose unwind edge leads to a block that panics again.
type forever struct{ script }

func (f *forever) Unwind(*runner.Panic) bool     { return true }
func (f *forever) Step(*runner.Thread) runner.Op { panic("again") }

func TestEndlessUnwindingIsBounded(t *testing.T) {
	fn := &runner.Func{Name: "Run", Results: 2}
	fn.New = func() runner.Frame { return &forever{script{fn: fn}} }
	p := &runner.Program{Funcs: []*runner.Func{fn}}
	o := runner.Direct(p, runner.NewMemory(p), runner.Limits{Steps: 100}, runner.Call{Func: fn, Frame: fn.New()})
	require.NotNil(t, o.Err)
	assert.Equal(t, "LimitExceeded: steps: more than 100", o.Err.String())
}

// A frame whose arguments were copied stays as it is: it is not cleared for another call.
func TestClientKeepsItsFrame(t *testing.T) {
	for _, d := range drivers(prog) {
		f := &fNewItem{name: "pen", price: 3, tags: []string{"x"}}
		for range 3 {
			d.run(none, runner.Call{Func: fnNewItem, Frame: f, Request: runner.Request{ID: "r"}})
			assert.Equal(t, &fNewItem{name: "pen", price: 3, tags: []string{"x"}}, f, d.name)
		}
	}
}

// Steps that methods take which the library calls are the request's in the end, and have a bound before that.
func TestLibraryCallsArePaidFor(t *testing.T) {
	take := func(steps int64) {
		th := runner.Called()
		defer th.Release()
		th.Spend(steps)
	}
	request := runner.Callback()
	before := request.Budget
	take(20)
	request.Guard()
	assert.Equal(t, before, request.Budget, "the call's own cost covers short ones")
	runner.TakeStop()
	for range 21 {
		func() {
			defer func() { recover() }()
			take(1_000_000)
		}()
	}
	assert.Panics(t, func() { take(1) }, "after a stop nothing runs any more")
	stop, ok := runner.TakeStop()
	assert.True(t, ok)
	assert.Equal(t, "steps of methods that the library calls: more than 20000000", stop.Message)
	take(1)
}

type endless int

func (e endless) String() string {
	th := runner.Called()
	defer th.Release()
	text := fmt.Sprint(e + 1)
	th.Guard()
	return text
}

func TestLibraryAndMethodsDoNotCallEachOtherForEver(t *testing.T) {
	assert.Panics(t, func() { _ = fmt.Sprint(endless(0)) }, "package fmt gives up at once")
	stop, ok := runner.TakeStop()
	assert.True(t, ok)
	assert.Equal(t, "frames of methods and the library calling each other: more than 5000", stop.Message)
}
