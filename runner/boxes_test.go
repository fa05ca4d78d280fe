// This file is generated-like code with defer and recover around calls to another entity.

package runner_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stateful-entities/sfc/runner"
)

var ErrFull = errors.New("full")

type Box struct {
	name  string
	n     int
	items []int
}

type Mover struct {
	name        string
	tries, last int
}

var tBox = &runner.EntityType{Name: "Box", New: func() any { return new(Box) },
	Key: func(s any) string { return s.(*Box).name },
	Enc: func(e *runner.Enc, s any) {
		x := s.(*Box)
		e.Map(3)
		e.String("n")
		e.Int(int64(x.n))
		e.String("name")
		e.String(x.name)
		e.String("items")
		runner.EncList(e, x.items, runner.EncInt[int])
	},
	Dec: func(d *runner.Dec) any {
		x := new(Box)
		fields(d, map[string]func(){
			"n":     func() { x.n = int(d.Int()) },
			"name":  func() { x.name = d.String() },
			"items": func() { x.items = runner.DecList(d, runner.DecInt[int]) },
		})
		return x
	}}

var tMover = &runner.EntityType{Name: "Mover", New: func() any { return new(Mover) },
	Key: func(s any) string { return s.(*Mover).name },
	Enc: func(e *runner.Enc, s any) {
		x := s.(*Mover)
		e.Map(3)
		e.String("last")
		e.Int(int64(x.last))
		e.String("name")
		e.String(x.name)
		e.String("tries")
		e.Int(int64(x.tries))
	},
	Dec: func(d *runner.Dec) any {
		x := new(Mover)
		fields(d, map[string]func(){
			"last":  func() { x.last = int(d.Int()) },
			"name":  func() { x.name = d.String() },
			"tries": func() { x.tries = int(d.Int()) },
		})
		return x
	}}

// ---- func (b *Box) Put(n int) error, which panics for -1 and is full beyond 10 ----

func Box_Put(b *Box, n int) error {
	if n == -1 {
//line boxes.go:21
		panic("negative")
	}
	if b.n+n > 10 {
		return fmt.Errorf("box %s: %w", b.name, ErrFull)
	}
	b.n += n
//line boxes.go:27
	b.items[n]++
	return nil
}

//line boxes_test.go:86

type fPut struct {
	base
	n  int
	r0 error
}

var fnPut = &runner.Func{Name: "Box.Put", Entity: tBox, Params: []string{"n"}, Results: 1, HasError: true, Writes: true, CopyResults: true,
	File: "boxes.go", Line: 19, New: func() runner.Frame { return new(fPut) }}

func (f *fPut) Func() *runner.Func { return fnPut }
func (f *fPut) Args() []any        { return []any{&f.n} }
func (f *fPut) Results() []any     { return []any{&f.r0} }
func (f *fPut) Step(t *runner.Thread) runner.Op {
	b, _ := t.Self().(*Box)
	f.r0 = Box_Put(b, f.n)
	return f.done()
}
func (f *fPut) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.n)); e.Any(f.r0) }
func (f *fPut) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.n = int(d.Int())
	f.r0, _ = d.Any().(error)
}

// ---- func (m *Mover) Try(b *Box, n int) (got int, err error) ----
//
//	m.tries++
//	defer func() {
//		if r := recover(); r != nil {
//			got, err = -1, fmt.Errorf("caught: %v", r)
//			if r == "negative" { got = -2 }
//		}
//		m.last = got
//	}()
//	defer func() { got *= 2 }()
//	if err := b.Put(n); err != nil {
//		if errors.Is(err, ErrFull) { return 1, nil }
//		return 0, err
//	}
//	got = 5
//	return got, nil

type fTry struct {
	base
	b      string
	n, got int
	err    error
	armed  uint8
	p      *runner.Panic
}

var fnTry = &runner.Func{Name: "Mover.Try", Entity: tMover, Params: []string{"b", "n"}, Results: 2, Writes: true, CopyResults: true,
	File: "boxes.go", Line: 38, New: func() runner.Frame { return new(fTry) }}

func (f *fTry) Func() *runner.Func { return fnTry }
func (f *fTry) Args() []any        { return []any{&f.b, &f.n} }
func (f *fTry) Results() []any     { return []any{&f.got, &f.err} }
func (f *fTry) Unwind(p *runner.Panic) bool {
	if f.armed == 0 {
		return false
	}
	f.p, f.pc = p, 10
	return true
}
func (f *fTry) Step(t *runner.Thread) runner.Op {
	m, _ := t.Self().(*Mover)
	switch f.pc {
	case 0:
		m.tries++
		f.armed = 3
		f.pc = 1
//line boxes.go:50
		return t.Invoke(&fPut{n: f.n}, tBox, f.b)
	case 1:
		switch err := t.Ret.(*fPut).r0; {
		case err == nil:
			f.got, f.err = 5, nil
		case errors.Is(err, ErrFull):
			f.got, f.err = 1, nil
		default:
			f.got, f.err = 0, err
		}
	}
	if f.armed&2 != 0 {
		f.armed &^= 2
		f.got *= 2
	}
	if f.armed&1 != 0 {
		f.armed &^= 1
		r := f.p.Recover()
		f.p = nil
		if r != nil {
			f.got, f.err = -1, fmt.Errorf("caught: %v", r)
			if r == "negative" {
				f.got = -2
			}
		}
		m.last = f.got
	}
	if f.p != nil {
		runner.Rethrow(f.p)
	}
	return f.done()
}

//line boxes_test.go:186
func (f *fTry) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Ref(f.b)
	e.Int(int64(f.n))
	e.Int(int64(f.got))
	e.Any(f.err)
	e.Uint(uint64(f.armed))
	e.Panic(f.p)
}
func (f *fTry) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.b, f.n, f.got = d.Ref(), int(d.Int()), int(d.Int())
	f.err, _ = d.Any().(error)
	f.armed, f.p = runner.DecUint[uint8](d), d.Panic()
}

// ---- func (m *Mover) Again(b *Box, n int) (r int): defers a function that calls b.Put(1), then panics on or goes on ----
//
//	defer func() {
//		x := recover()
//		if err := b.Put(1); err != nil { r = 50 }
//		if s, ok := x.(string); ok && same { panic(x) } else if ok { panic(s + " again") }
//	}()
//	b.Put(n)
//	return 3

type fAgain struct {
	base
	b     string
	n, r  int
	same  bool
	x     any
	armed bool
	p     *runner.Panic
}

var fnAgain = &runner.Func{Name: "Mover.Again", Entity: tMover, Params: []string{"b", "n", "same"}, Results: 1,
	File: "boxes.go", Line: 70, New: func() runner.Frame { return new(fAgain) }}

func (f *fAgain) Func() *runner.Func { return fnAgain }
func (f *fAgain) Args() []any        { return []any{&f.b, &f.n, &f.same} }
func (f *fAgain) Results() []any     { return []any{&f.r} }
func (f *fAgain) Unwind(p *runner.Panic) bool {
	if !f.armed {
		return false
	}
	f.p, f.pc = p, 10
	return true
}
func (f *fAgain) Step(t *runner.Thread) runner.Op {
	switch f.pc {
	case 0:
		f.armed = true
		f.pc = 1
//line boxes.go:77
		return t.Invoke(&fPut{n: f.n}, tBox, f.b)
	case 1:
		f.r = 3
		fallthrough
	case 10:
		f.armed = false
		f.x, f.p = f.p.Recover(), nil
		f.pc = 11
//line boxes.go:73
		return t.Invoke(&fPut{n: 1}, tBox, f.b)
	}
	if t.Ret.(*fPut).r0 != nil {
		f.r = 50
	}
	if _, ok := f.x.(string); ok && f.same {
//line boxes.go:74
		panic(f.x)
	}
	if s, ok := f.x.(string); ok {
//line boxes.go:75
		panic(s + " again")
	}
	return f.done()
}

//line boxes_test.go:253
func (f *fAgain) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Ref(f.b)
	e.Int(int64(f.n))
	e.Int(int64(f.r))
	e.Bool(f.same)
	e.Any(f.x)
	e.Bool(f.armed)
	e.Panic(f.p)
}
func (f *fAgain) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.b, f.n, f.r = d.Ref(), int(d.Int()), int(d.Int())
	f.same, f.x, f.armed, f.p = d.Bool(), d.Any(), d.Bool(), d.Panic()
}

// ---- func (m *Mover) Raw(b *Box, n int) error: keeps the error of Put, and a deferred function that recovers nothing ----

type fRaw struct {
	base
	b     string
	n     int
	r0    error
	armed bool
	p     *runner.Panic
}

var fnRaw = &runner.Func{Name: "Mover.Raw", Entity: tMover, Params: []string{"b", "n"}, Results: 1, HasError: true, Writes: true, CopyResults: true,
	File: "boxes.go", Line: 60, New: func() runner.Frame { return new(fRaw) }}

func (f *fRaw) Func() *runner.Func { return fnRaw }
func (f *fRaw) Args() []any        { return []any{&f.b, &f.n} }
func (f *fRaw) Results() []any     { return []any{&f.r0} }
func (f *fRaw) Unwind(p *runner.Panic) bool {
	if !f.armed {
		return false
	}
	f.p, f.pc, f.armed = p, 2, false
	return true
}
func (f *fRaw) Step(t *runner.Thread) runner.Op {
	m, _ := t.Self().(*Mover)
	switch f.pc {
	case 0:
		f.armed = true
		f.pc = 1
//line boxes.go:63
		return t.Invoke(&fPut{n: f.n}, tBox, f.b)
	case 1:
		f.r0 = t.Ret.(*fPut).r0
		f.armed = false
	}
	m.last = 99 // the deferred function
	if f.p != nil {
		runner.Rethrow(f.p)
	}
	return f.done()
}

//line boxes_test.go:310
func (f *fRaw) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Ref(f.b)
	e.Int(int64(f.n))
	e.Any(f.r0)
	e.Bool(f.armed)
	e.Panic(f.p)
}
func (f *fRaw) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.b, f.n = d.Ref(), int(d.Int())
	f.r0, _ = d.Any().(error)
	f.armed, f.p = d.Bool(), d.Panic()
}

func TestDeferAroundCalls(t *testing.T) {
	play(t, none, "Box{b 9 [1 4 5]} Mover{m 6 -1} ",
		ask(fnNewBox, "", "b").is("b"),
		ask(fnNewMover, "", "m").is("m"),
		ask(fnTry, "m", "b", 1).is("10 <nil>"), // 5 doubled; n = 1, items 1 3 3
		ask(fnTry, "m", "b", 50).is("2 <nil>"), // ErrFull is found through %w
		ask(fnTry, "m", "b", -1).is("-2 caught: negative"),
		// items[3] is out of range, but b.n += 3 stays, as in Go: 1 + 3 = 4.
		ask(fnTry, "m", "b", 3).is("-1 caught: runtime error: index out of range [3] with length 3"),
		ask(fnAgain, "m", "b", 2, false).is("3"), // 4 + 2, then the deferred 1: 7, items 1 4 4
		ask(fnAgain, "m", "b", -1, false).is(`Panic "negative again" Mover/m Mover.Again boxes.go:75 [r7]`),
		ask(fnRaw, "m", "b", -1).is(`Panic "negative" Box/b Box.Put boxes.go:21 [r8]`), // re-panic keeps the place
		ask(fnRaw, "m", "b", 60).is(`Application "box b: full" Mover/m Mover.Raw boxes.go:60 [r9]`),
		ask(fnTry, "m", "nobody", 1).is("-1 caught: NotFound: Box/nobody does not exist"),
		ask(fnTry, "m", "", 2).is("-1 caught: runtime error: invalid memory address or nil pointer dereference"),
		ask(fnPut, "b", 2).is("<nil>"),
		ask(fnAgain, "m", "b", -1, true).is(`Panic "negative" Box/b Box.Put boxes.go:21 [r13]`), // panic(r) keeps the place
	)
}
