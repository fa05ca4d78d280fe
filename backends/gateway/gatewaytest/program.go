// This file is a small program, written by hand in the shape of generated code.

// Package gatewaytest has a program for tests of the gateway and of executors: accounts with text keys and counters
// with integer keys.
package gatewaytest

import (
	"errors"
	"strings"

	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// AccountRef and CounterRef are references.
type (
	AccountRef string
	CounterRef string
)

// EntityType gives the type that is referred to.
func (AccountRef) EntityType() *runner.EntityType { return accountType }

// RefKey gives the key.
func (r AccountRef) RefKey() string { return string(r) }

// EntityType gives the type that is referred to.
func (CounterRef) EntityType() *runner.EntityType { return counterType }

// RefKey gives the key.
func (r CounterRef) RefKey() string { return string(r) }

type account struct {
	owner   string
	Balance int
}

type counter struct {
	id int
	n  int
}

var accountType = &runner.EntityType{
	Name: "Account", ID: 0, New: func() any { return new(account) },
	Key: func(s any) string { return s.(*account).owner },
	Enc: func(e *runner.Enc, s any) {
		e.Map(2)
		e.String("owner")
		e.String(s.(*account).owner)
		e.String("Balance")
		e.Int(int64(s.(*account).Balance))
	},
	Dec: func(d *runner.Dec) any {
		a := new(account)
		for range d.Map() {
			switch d.Key() {
			case "owner":
				a.owner = d.String()
			case "Balance":
				a.Balance = int(d.Int())
			default:
				d.Skip()
			}
		}
		return a
	},
}

var counterType = &runner.EntityType{
	Name: "Counter", ID: 1, IntKey: true, New: func() any { return new(counter) },
	Key: func(s any) string { return runner.IntKey(s.(*counter).id) },
	Enc: func(e *runner.Enc, s any) {
		e.Map(2)
		e.String("n")
		e.Int(int64(s.(*counter).n))
		e.String("id")
		e.Int(int64(s.(*counter).id))
	},
	Dec: func(d *runner.Dec) any {
		c := new(counter)
		for range d.Map() {
			switch d.Key() {
			case "n":
				c.n = int(d.Int())
			case "id":
				c.id = int(d.Int())
			default:
				d.Skip()
			}
		}
		return c
	},
}

// frame is a frame of any of the functions: args and results are pointers.
type frame struct {
	fn            *runner.Func
	pc            int
	args, results []any
	step          func(f *frame, t *runner.Thread) runner.Op
}

func (f *frame) Func() *runner.Func              { return f.fn }
func (f *frame) Args() []any                     { return f.args }
func (f *frame) Results() []any                  { return f.results }
func (f *frame) Step(t *runner.Thread) runner.Op { return f.step(f, t) }

func (f *frame) done() runner.Op {
	f.pc = runner.Done
	return runner.Return
}

// Enc writes pc, arguments and results.
func (f *frame) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	for _, p := range append(f.args, f.results...) {
		switch p := p.(type) {
		case *int:
			e.Int(int64(*p))
		case *string:
			e.String(*p)
		case *AccountRef:
			e.Ref(string(*p))
		case *CounterRef:
			e.Ref(string(*p))
		case *error:
			e.Any(*p)
		}
	}
}

// Dec reads what Enc wrote.
func (f *frame) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	for _, p := range append(f.args, f.results...) {
		switch p := p.(type) {
		case *int:
			*p = int(d.Int())
		case *string:
			*p = d.String()
		case *AccountRef:
			*p = AccountRef(d.Ref())
		case *CounterRef:
			*p = CounterRef(d.Ref())
		case *error:
			*p, _ = d.Any().(error)
		}
	}
}

// Program gives a new description of the program.
func Program() *runner.Program {
	p := &runner.Program{ID: "example.com/bank", Name: "bank", Version: 1, Hash: "by hand", Types: []*runner.EntityType{accountType, counterType}}
	add := func(fn runner.Func, make func() *frame) {
		fn.ID, fn.Exported, fn.File = len(p.Funcs), fn.Name != "Account.audit", "bank.go"
		self := &fn
		self.New = func() runner.Frame {
			f := make()
			f.fn = self
			return f
		}
		p.Funcs = append(p.Funcs, self)
	}
	add(runner.Func{Name: "NewAccount", Creates: accountType, Params: []string{"owner", "balance"}, Results: 1, Line: 10}, newAccount)
	add(runner.Func{Name: "NewCounter", Creates: counterType, Params: []string{"id"}, Results: 1, Line: 20}, newCounter)
	add(runner.Func{Name: "Account.Deposit", Entity: accountType, Params: []string{"amount"}, Results: 1, HasError: true, Writes: true, Line: 30}, deposit)
	add(runner.Func{Name: "Account.Balance", Entity: accountType, Results: 1, ReadOnly: true, Line: 40}, balance)
	add(runner.Func{Name: "Account.Both", Entity: accountType, Results: 3, HasError: true, ReadOnly: true, Line: 50}, both)
	add(runner.Func{Name: "Account.Repeat", Entity: accountType, Params: []string{"n"}, Results: 1, Writes: true, Line: 60}, repeat)
	add(runner.Func{Name: "Account.Crash", Entity: accountType, Writes: true, Line: 70}, crash)
	add(runner.Func{Name: "Account.audit", Entity: accountType, ReadOnly: true, Line: 80}, crash)
	add(runner.Func{Name: "Counter.Bump", Entity: counterType, Results: 1, Writes: true, Line: 90}, bump)
	return p
}

// Text is the program's IR: signatures, with bodies that are never run.
func Text() []byte {
	text, err := ir.Encode(Described(), ir.JSON)
	if err != nil {
		panic(err)
	}
	return text
}

// Described is the IR of the program's signatures.
func Described() *ir.Program {
	integer, text := ir.Basic(ir.Int), ir.Basic(ir.String)
	end := []*ir.Block{{Name: "b0", End: &ir.Unreachable{Why: "by hand"}}}
	fn := func(name, entity string, params []*ir.Local, results ...*ir.Type) *ir.Func {
		f := &ir.Func{Name: name, Entity: entity, Exported: name != "Account.audit", Params: params, Blocks: end}
		if entity != "" {
			f.Self = "self"
		}
		for _, r := range results {
			f.Results = append(f.Results, &ir.Local{Name: "_", Type: r})
		}
		return f
	}
	param := func(name string, t *ir.Type) *ir.Local { return &ir.Local{Name: name, Type: t} }
	return &ir.Program{
		IR: ir.Version, ID: "example.com/bank", Name: "bank", Version: 1,
		Types: []*ir.TypeDef{
			{Name: "Account", Struct: []*ir.FieldDef{{Name: "owner", Type: text}, {Name: "Balance", Type: integer}}},
			{Name: "Counter", Struct: []*ir.FieldDef{{Name: "id", Type: integer}, {Name: "n", Type: integer}}},
		},
		Entities: []*ir.Entity{{Name: "Account", Key: "Account.Key"}, {Name: "Counter", Key: "Counter.Key", Rank: 1}},
		Funcs: []*ir.Func{
			{Name: "Account.Key", Entity: "Account", Self: "self", Results: []*ir.Local{param("_", text)}, Blocks: end},
			{Name: "Counter.Key", Entity: "Counter", Self: "self", Results: []*ir.Local{param("_", integer)}, Blocks: end},
			fn("NewAccount", "", []*ir.Local{param("owner", text), param("balance", integer)}, ir.RefType("Account")),
			fn("NewCounter", "", []*ir.Local{param("id", integer)}, ir.RefType("Counter")),
			fn("Account.Deposit", "Account", []*ir.Local{param("amount", integer)}, ir.Basic(ir.Error)),
			fn("Account.Balance", "Account", nil, integer),
			fn("Account.Both", "Account", nil, text, integer, ir.Basic(ir.Error)),
			fn("Account.Repeat", "Account", []*ir.Local{param("n", integer)}, text),
			fn("Account.Crash", "Account", nil),
			fn("Account.audit", "Account", nil),
			fn("Counter.Bump", "Counter", nil, integer),
		},
	}
}

func newAccount() *frame {
	var owner string
	var money int
	var made AccountRef
	return &frame{args: []any{&owner, &money}, results: []any{&made}, step: func(f *frame, t *runner.Thread) runner.Op {
		if f.pc == 0 {
			f.pc, made = 1, AccountRef(runner.CheckKey(owner))
			return t.Create(accountType, &account{owner, money})
		}
		return f.done()
	}}
}

func newCounter() *frame {
	var id int
	var made CounterRef
	return &frame{args: []any{&id}, results: []any{&made}, step: func(f *frame, t *runner.Thread) runner.Op {
		if f.pc == 0 {
			f.pc, made = 1, CounterRef(runner.IntKey(id))
			return t.Create(counterType, &counter{id: id})
		}
		return f.done()
	}}
}

func deposit() *frame {
	var amount int
	var err error
	return &frame{args: []any{&amount}, results: []any{&err}, step: func(f *frame, t *runner.Thread) runner.Op {
		a := t.Self().(*account)
		a.Balance += amount // written before it is refused: the error undoes it
		if amount < 0 {
			err = errors.New("negative amount")
		}
		return f.done()
	}}
}

func balance() *frame {
	var r int
	return &frame{results: []any{&r}, step: func(f *frame, t *runner.Thread) runner.Op {
		r = t.Self().(*account).Balance
		return f.done()
	}}
}

func both() *frame {
	var owner string
	var r int
	var err error
	return &frame{results: []any{&owner, &r, &err}, step: func(f *frame, t *runner.Thread) runner.Op {
		a := t.Self().(*account)
		owner, r = a.owner, a.Balance
		return f.done()
	}}
}

func repeat() *frame {
	var n int
	var r string
	return &frame{args: []any{&n}, results: []any{&r}, step: func(f *frame, t *runner.Thread) runner.Op {
		t.Self().(*account).Balance++
		r = strings.Repeat("\x01", n) // six bytes each in JSON
		return f.done()
	}}
}

func crash() *frame {
	return &frame{step: func(f *frame, t *runner.Thread) runner.Op {
		t.Self().(*account).Balance = 0
		panic("out of <order>")
	}}
}

func bump() *frame {
	var r int
	return &frame{results: []any{&r}, step: func(f *frame, t *runner.Thread) runner.Op {
		c := t.Self().(*counter)
		c.n++
		r = c.n
		return f.done()
	}}
}
