// This file measures calls between entities against plain Go. It asserts no time.

package runner_test

import (
	"testing"

	"github.com/stateful-entities/sfc/runner"
)

// kept is a world whose states are decoded once and never put back: what is left is the cost of the calls.
type kept map[string]any

func (w kept) Load(_ *runner.EntityType, key string) (any, error) { return w[key], nil }
func (kept) Backup(*runner.EntityType, string, any)               {}
func (kept) Commit([]runner.Change, int) error                    { return nil }
func (kept) Abort()                                               {}

type plainItem struct{ price, stock int }
type plainUser struct{ balance int }

//go:noinline
func (i *plainItem) Price() int { return i.price }

//go:noinline
func (i *plainItem) UpdateStock(delta int) bool {
	if i.stock+delta < 0 {
		return false
	}
	i.stock += delta
	return true
}

//go:noinline
func (u *plainUser) BuyItem(amount int, i *plainItem) bool {
	total := amount * i.Price()
	if u.balance < total || !i.UpdateStock(-amount) {
		return false
	}
	u.balance -= total
	return true
}

func BenchmarkBuyItemPlain(b *testing.B) {
	u, i := &plainUser{1 << 60}, &plainItem{1, 1 << 60}
	for b.Loop() {
		u.BuyItem(1, i)
	}
}

// BenchmarkBuyItem is a whole request of three calls; BenchmarkCall one call of many inside a request.
func BenchmarkBuyItem(b *testing.B) {
	w := kept{"alice": &User{"alice", 1 << 60}, "pen": &Item{name: "pen", price: 1, stock: 1 << 60}}
	b.ReportAllocs()
	for b.Loop() {
		f := &fBuy{amount: 1, item: "pen"}
		runner.Direct(prog, w, none, runner.Call{Func: fnBuy, Key: "alice", Frame: f})
	}
}

// fMany calls Item.Price n times.
type fMany struct {
	base
	n, sum int
}

var fnMany = &runner.Func{Name: "Many", Params: []string{"n"}, Results: 1, New: func() runner.Frame { return new(fMany) }}

func (f *fMany) Func() *runner.Func { return fnMany }
func (f *fMany) Args() []any        { return []any{&f.n} }
func (f *fMany) Results() []any     { return []any{&f.sum} }
func (f *fMany) Step(t *runner.Thread) runner.Op {
	if f.pc == 1 {
		f.sum += t.Ret.(*fPrice).r0
		t.Free(t.Ret)
		f.n--
	}
	if f.n == 0 {
		return f.done()
	}
	f.pc = 1
	return t.Invoke(t.New(fnPrice), tItem, "pen")
}
func (f *fMany) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.n)); e.Int(int64(f.sum)) }
func (f *fMany) Dec(d *runner.Dec) { f.pc = d.Pc(); f.n, f.sum = int(d.Int()), int(d.Int()) }

func BenchmarkCall(b *testing.B) {
	w := kept{"pen": &Item{name: "pen", price: 1}}
	const calls = 50_000
	for b.Loop() {
		runner.Direct(prog, w, none, runner.Call{Func: fnMany, Frame: &fMany{n: calls}})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/calls, "ns/call")
}

func BenchmarkEncodeState(b *testing.B) {
	a := plainA(1, 2, 3, 4, 5, 6, 7, 8)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = prog.EncodeState(tA, a, 1<<20)
	}
}

func BenchmarkDecodeState(b *testing.B) {
	bytes, _ := prog.EncodeState(tA, plainA(1, 2, 3, 4, 5, 6, 7, 8), 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = prog.DecodeState(tA, bytes)
	}
}
