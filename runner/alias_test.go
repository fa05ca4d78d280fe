// This file is generated-like code whose frames share memory with the state, and whose state shares memory with itself.

package runner_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

type Node struct {
	v    int
	next *Node
}

type A struct {
	name   string
	xs, ys []int
	m, m2  map[string]int
	ring   *Node
}

type B struct{ name string }

func encNode(e *runner.Enc, n *Node) {
	e.Array(2)
	e.Int(int64(n.v))
	runner.EncPtr(e, n.next, encNode)
}

func decNode(d *runner.Dec, n *Node) {
	d.ArrayOf(2)
	n.v = int(d.Int())
	n.next = runner.DecPtr(d, decNode)
}

func encInts(e *runner.Enc, xs []int) { runner.EncList(e, xs, runner.EncInt[int]) }
func decInts(d *runner.Dec) []int     { return runner.DecList(d, runner.DecInt[int]) }

func encCounts(e *runner.Enc, m map[string]int) {
	runner.EncMap(e, m, (*runner.Enc).String, runner.EncInt[int])
}

func decCounts(d *runner.Dec) map[string]int {
	return runner.DecMap(d, (*runner.Dec).String, runner.DecInt[int])
}

var tA = &runner.EntityType{Name: "A", Graph: true, New: func() any { return new(A) },
	Key: func(s any) string { return s.(*A).name },
	Enc: func(e *runner.Enc, s any) {
		x := s.(*A)
		e.Map(6)
		e.String("m")
		encCounts(e, x.m)
		e.String("m2")
		encCounts(e, x.m2)
		e.String("xs")
		encInts(e, x.xs)
		e.String("ys")
		encInts(e, x.ys)
		e.String("name")
		e.String(x.name)
		e.String("ring")
		runner.EncPtr(e, x.ring, encNode)
	},
	Dec: func(d *runner.Dec) any {
		x := new(A)
		fields(d, map[string]func(){
			"m":    func() { x.m = decCounts(d) },
			"m2":   func() { x.m2 = decCounts(d) },
			"xs":   func() { x.xs = decInts(d) },
			"ys":   func() { x.ys = decInts(d) },
			"name": func() { x.name = d.String() },
			"ring": func() { x.ring = runner.DecPtr(d, decNode) },
		})
		return x
	}}

var tB = &runner.EntityType{Name: "B", New: func() any { return new(B) },
	Key: func(s any) string { return s.(*B).name },
	Enc: func(e *runner.Enc, s any) { e.Map(1); e.String("name"); e.String(s.(*B).name) },
	Dec: func(d *runner.Dec) any {
		x := new(B)
		fields(d, map[string]func(){"name": func() { x.name = d.String() }})
		return x
	}}

// ---- func NewA(name string, xs []int, m map[string]int) *A: ys is a window of xs, m2 is m, ring is a ring of two ----

type fNewA struct {
	base
	name string
	xs   []int
	m    map[string]int
	r0   string
}

var fnNewA = &runner.Func{Name: "NewA", Creates: tA, Params: []string{"name", "xs", "m"}, Results: 1, CopyArgs: true,
	New: func() runner.Frame { return new(fNewA) }}

func (f *fNewA) Func() *runner.Func { return fnNewA }
func (f *fNewA) Args() []any        { return []any{&f.name, &f.xs, &f.m} }
func (f *fNewA) Results() []any     { return []any{&f.r0} }
func (f *fNewA) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.pc, f.r0 = 1, f.name
		ring := &Node{1, &Node{2, nil}}
		ring.next.next = ring
		return t.Create(tA, &A{f.name, f.xs, f.xs[1:3], f.m, f.m, ring})
	}
	return f.done()
}
func (f *fNewA) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.String(f.name)
	encInts(e, f.xs)
	encCounts(e, f.m)
	e.String(f.r0)
}
func (f *fNewA) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.name, f.xs, f.m, f.r0 = d.String(), decInts(d), decCounts(d), d.String()
}

// ---- func (a *A) Change(k int): five ways to change what others look at ----

func A_Change(a *A, k int) {
	switch k {
	case 0:
		a.xs[1] = 7
		a.m["k"]++
		a.ring.next.v += 10
	case 1:
		a.xs = append(a.xs, 8)
		a.m["one"] = 1
	case 2:
		a.xs = []int{1, 2, 3, 4}
		a.m = map[string]int{"new": 1}
	case 3:
		a.xs = a.xs[2:]
	case 4:
		a.xs = append(a.xs[:1], 77)
		delete(a.m, "k")
	}
}

type fChange struct {
	base
	k int
}

var fnChange = &runner.Func{Name: "A.Change", Entity: tA, Params: []string{"k"}, Writes: true, New: func() runner.Frame { return new(fChange) }}

func (f *fChange) Func() *runner.Func { return fnChange }
func (f *fChange) Args() []any        { return []any{&f.k} }
func (f *fChange) Results() []any     { return nil }
func (f *fChange) Step(t *runner.Thread) runner.Op {
	a, _ := t.Self().(*A)
	A_Change(a, f.k)
	return f.done()
}
func (f *fChange) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.k)) }
func (f *fChange) Dec(d *runner.Dec) { f.pc = d.Pc(); f.k = int(d.Int()) }

// ---- func (b *B) Back(a *A, k int) { a.Change(k) } ----

type fBack struct {
	base
	a string
	k int
}

var fnBack = &runner.Func{Name: "B.Back", Entity: tB, Params: []string{"a", "k"}, New: func() runner.Frame { return new(fBack) }}

func (f *fBack) Func() *runner.Func { return fnBack }
func (f *fBack) Args() []any        { return []any{&f.a, &f.k} }
func (f *fBack) Results() []any     { return nil }
func (f *fBack) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.pc = 1
		return t.Invoke(&fChange{k: f.k}, tA, f.a)
	}
	return f.done()
}
func (f *fBack) Enc(e *runner.Enc) { e.Pc(f.pc); e.Ref(f.a); e.Int(int64(f.k)) }
func (f *fBack) Dec(d *runner.Dec) { f.pc = d.Pc(); f.a, f.k = d.Ref(), int(d.Int()) }

// ---- func (a *A) Play(b *B, k int) string: holds aliases of its state across a call that comes back and changes it ----

type fPlay struct {
	base
	b        string
	k        int
	xs, ys   []int
	m        map[string]int
	ring, at *Node
	r0       string
}

var fnPlay = &runner.Func{Name: "A.Play", Entity: tA, Params: []string{"b", "k"}, Results: 1, Writes: true, New: func() runner.Frame { return new(fPlay) }}

func (f *fPlay) Func() *runner.Func { return fnPlay }
func (f *fPlay) Args() []any        { return []any{&f.b, &f.k} }
func (f *fPlay) Results() []any     { return []any{&f.r0} }

// before and after are the two halves of the body, on plain Go values.
func (f *fPlay) before(a *A) {
	f.xs, f.ys, f.m, f.ring, f.at = a.xs[1:3], a.xs, a.m, a.ring, a.ring.next
}

func (f *fPlay) after(a *A) string {
	f.xs[0] = 100 + f.k
	f.m["z"] = f.k
	f.xs = append(f.xs, 55)
	f.ys[0]--
	f.at.v++
	return fmt.Sprint(a.xs, a.ys, f.xs, f.ys, a.m, a.m2, f.m, len(f.xs), cap(f.xs), cap(f.ys), f.ring.next == f.at,
		a.ring == f.ring, f.ring.next.next == a.ring, a.ring.next.v)
}

func (f *fPlay) Step(t *runner.Thread) runner.Op {
	a, _ := t.Self().(*A)
	if f.pc == 0 {
		f.before(a)
		f.pc = 1
		return t.Invoke(&fBack{a: t.SelfKey(), k: f.k}, tB, f.b)
	}
	f.r0 = f.after(a)
	return f.done()
}
func (f *fPlay) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Int(int64(f.k))
	switch f.pc {
	case runner.Done:
		e.String(f.r0)
	case 0:
		e.Ref(f.b)
	case 1:
		encInts(e, f.xs)
		encInts(e, f.ys)
		encCounts(e, f.m)
		runner.EncPtr(e, f.ring, encNode)
		runner.EncPtr(e, f.at, encNode)
	}
}
func (f *fPlay) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.k = int(d.Int())
	switch f.pc {
	case runner.Done:
		f.r0 = d.String()
	case 0:
		f.b = d.Ref()
	case 1:
		f.xs, f.ys, f.m = decInts(d), decInts(d), decCounts(d)
		f.ring, f.at = runner.DecPtr(d, decNode), runner.DecPtr(d, decNode)
	}
}

// ---- func (a *A) Peek(b *B) int { xs := a.xs; b.Back(a, 0); return xs[1] }: only reads, but what it holds is written ----

type fPeek struct {
	base
	b  string
	xs []int
	r0 int
}

var fnPeek = &runner.Func{Name: "A.Peek", Entity: tA, Params: []string{"b"}, Results: 1, New: func() runner.Frame { return new(fPeek) }}

func (f *fPeek) Func() *runner.Func { return fnPeek }
func (f *fPeek) Args() []any        { return []any{&f.b} }
func (f *fPeek) Results() []any     { return []any{&f.r0} }
func (f *fPeek) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.xs = t.Self().(*A).xs
		f.pc = 1
		return t.Invoke(&fBack{a: t.SelfKey(), k: 0}, tB, f.b)
	}
	f.r0 = f.xs[1]
	return f.done()
}
func (f *fPeek) Enc(e *runner.Enc) { e.Pc(f.pc); e.Ref(f.b); encInts(e, f.xs); e.Int(int64(f.r0)) }
func (f *fPeek) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.b, f.xs, f.r0 = d.Ref(), decInts(d), int(d.Int())
}

// ---- func (a *A) Twice() int { p := append(a.xs, 1); q := append(a.xs, 2); return p[last]*10 + q[last] } ----

type fTwice struct {
	base
	r0 int
}

var fnTwice = &runner.Func{Name: "A.Twice", Entity: tA, Results: 1, Writes: true, New: func() runner.Frame { return new(fTwice) }}

func (f *fTwice) Func() *runner.Func { return fnTwice }
func (f *fTwice) Args() []any        { return nil }
func (f *fTwice) Results() []any     { return []any{&f.r0} }
func (f *fTwice) Step(t *runner.Thread) runner.Op {
	a, _ := t.Self().(*A)
	p := append(a.xs, 1)
	q := append(a.xs, 2)
	f.r0 = p[len(p)-1]*10 + q[len(q)-1]
	return f.done()
}
func (f *fTwice) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.r0)) }
func (f *fTwice) Dec(d *runner.Dec) { f.pc = d.Pc(); f.r0 = int(d.Int()) }

// ---- func (a *A) Take(xs, ys []int, v any) ([]int, any): keeps its arguments, and gives its state away ----

type fTake struct {
	base
	xs, ys []int
	v      any
	r0     []int
	r1     any
}

var fnTake = &runner.Func{Name: "A.Take", Entity: tA, Params: []string{"xs", "ys", "v"}, Results: 2, Writes: true, CopyArgs: true, CopyResults: true,
	File: "a.go", Line: 90, New: func() runner.Frame { return new(fTake) }}

func (f *fTake) Func() *runner.Func { return fnTake }
func (f *fTake) Args() []any        { return []any{&f.xs, &f.ys, &f.v} }
func (f *fTake) Results() []any     { return []any{&f.r0, &f.r1} }
func (f *fTake) Step(t *runner.Thread) runner.Op {
	a, _ := t.Self().(*A)
	a.xs, a.ys = f.xs, f.ys
	f.r0, f.r1 = a.xs, f.v
	return f.done()
}
func (f *fTake) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	if f.pc == 0 {
		encInts(e, f.xs)
		encInts(e, f.ys)
		e.Any(f.v)
		return
	}
	encInts(e, f.r0)
	e.Any(f.r1)
}
func (f *fTake) Dec(d *runner.Dec) {
	if f.pc = d.Pc(); f.pc == 0 {
		f.xs, f.ys, f.v = decInts(d), decInts(d), d.Any()
		return
	}
	f.r0, f.r1 = decInts(d), d.Any()
}

// plainA is the entity of the tests below as plain Go has it at the start of a request: nothing has room to grow.
func plainA(xs ...int) *A {
	ring := &Node{1, &Node{2, nil}}
	ring.next.next = ring
	m := map[string]int{"k": 1}
	return &A{"a", xs[:len(xs):len(xs)], xs[1:3:3], m, m, ring}
}

func newA() []request {
	return []request{
		ask(fnNewA, "", "a", []int{5, 6, 7, 8}, map[string]int{"k": 1}).is("a"),
		ask(fnNewB, "", "b").is("b"),
	}
}

// What a frame holds stays the same memory as the state over a call that comes back and changes it; the expectation is
// the same body on plain Go values.
func TestAliasesOfStateAcrossCalls(t *testing.T) {
	for k := range 5 {
		a := plainA(5, 6, 7, 8)
		f := &fPlay{k: k}
		f.before(a)
		A_Change(a, k)
		want := f.after(a)
		for _, d := range drivers(prog) {
			for _, r := range newA() {
				assert.Equal(t, r.want, d.ask(none, "r", r.fn, "", r.args...))
			}
			assert.Equal(t, want, d.ask(none, "r", fnPlay, "a", "b", k), "%s, change %d", d.name, k)
		}
	}
}

func TestReaderSeesWhatItsCalleeWrites(t *testing.T) {
	for _, d := range drivers(prog) {
		for _, r := range append(newA(), ask(fnPeek, "a", "b").is("7")) {
			assert.Equal(t, r.want, d.ask(none, "r", r.fn, r.key, r.args...), d.name)
		}
	}
}

// Sharing in state lasts from request to request: xs[1] is ys[0], m is m2, and the ring stays one of two nodes.
func TestSharingInState(t *testing.T) {
	for _, d := range drivers(prog) {
		for _, r := range append(newA(), ask(fnChange, "a", 0).is(""), ask(fnChange, "a", 0).is("")) {
			assert.Equal(t, r.want, d.ask(none, "r", r.fn, r.key, r.args...), d.name)
		}
		s, _ := d.state(tA, "a")
		a := s.(*A)
		assert.Equal(t, []int{5, 7, 7, 8}, a.xs, d.name)
		assert.Equal(t, []int{7, 7}, a.ys, d.name)
		assert.Same(t, &a.xs[1], &a.ys[0], d.name)
		assert.Equal(t, map[string]int{"k": 3}, a.m2, d.name)
		a.m["new"] = 1
		assert.Equal(t, 1, a.m2["new"], d.name)
		assert.Equal(t, 22, a.ring.next.v, d.name)
		assert.Same(t, a.ring, a.ring.next.next, d.name)
	}
}

// No slice of state has room to grow at the start of a request, whatever the last one left.
func TestCapacityIsNotKept(t *testing.T) {
	for _, d := range drivers(prog) {
		for _, r := range append(newA(), ask(fnChange, "a", 1).is(""), ask(fnChange, "a", 1).is(""), ask(fnTwice, "a").is("12")) {
			assert.Equal(t, r.want, d.ask(none, "r", r.fn, r.key, r.args...), d.name)
		}
	}
}

// Arguments and results are copies, as one graph: the caller's slice is not the state's, but two arguments that share
// memory still do.
func TestArgumentsAreCopiedAsOneGraph(t *testing.T) {
	for _, d := range drivers(prog) {
		for _, r := range newA() {
			assert.Equal(t, r.want, d.ask(none, "r", r.fn, r.key, r.args...), d.name)
		}
		mine := []int{1, 2, 3}
		f := &fTake{xs: mine, ys: mine[1:], v: ErrFull}
		out := d.run(none, runner.Call{Func: fnTake, Key: "a", Frame: f, Request: runner.Request{ID: "r"}})
		if assert.Nil(t, out.Err, d.name) {
			mine[1] = 50
			res := out.Frame.(*fTake)
			res.r0[2] = 60
			assert.Equal(t, []int{1, 2, 60}, res.r0, d.name)
			assert.Same(t, ErrFull, res.r1, "a sentinel keeps its identity under %s", d.name)
		}
		s, _ := d.state(tA, "a")
		a := s.(*A)
		assert.Equal(t, []int{1, 2, 3}, a.xs, d.name)
		assert.Same(t, &a.xs[1], &a.ys[0], d.name)
	}
}

type unheard struct{ x int }

func TestValueWithoutEncodingIsNamed(t *testing.T) {
	for _, d := range drivers(prog) {
		for _, r := range newA() {
			assert.Equal(t, r.want, d.ask(none, "r", r.fn, r.key, r.args...), d.name)
		}
		assert.Equal(t, `Unimplemented "arguments of A.Take: cannot encode a value of type runner_test.unheard" A/a A.Take a.go:90 [r]`,
			d.ask(none, "r", fnTake, "a", []int{}, []int{}, unheard{1}), d.name)
		assert.Equal(t, `LimitExceeded "bytes of the arguments of A.Take: more than 20" A/a A.Take a.go:90 [r]`,
			d.ask(runner.Limits{Message: 20}, "r", fnTake, "a", make([]int, 30), nil, nil), d.name)
	}
}

// dyn is what the program's interfaces may hold.
var dyn = []*runner.DynType{
	{Name: "ptr Node",
		Is:  func(v any) bool { _, ok := v.(*Node); return ok },
		Enc: func(e *runner.Enc, v any) { runner.EncPtr(e, v.(*Node), encNode) },
		Dec: func(d *runner.Dec) any { return runner.DecPtr(d, decNode) }},
}

// A method that writes although its Func says it does not loses the write: chaos finds that.
func TestChaosFindsAWriterThatClaimsToRead(t *testing.T) {
	for _, d := range drivers(prog) {
		if d.name != "chaos" {
			continue
		}
		for _, r := range newA() {
			require.Equal(t, r.want, d.ask(none, "r", r.fn, r.key, r.args...))
		}
		fnChange.Writes = false
		got := d.ask(none, "r", fnChange, "a", 0)
		fnChange.Writes = true
		assert.Equal(t, `Unavailable "A.Change writes the state of A/a, but is said not to" A/a A.Change  [r]`, got)
	}
}
