// This file is what the code generator would write for a small shop, and the requests that show its meaning.

package runner_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stateful-entities/sfc/runner"
)

type (
	ItemRef string
	UserRef string
)

func (ItemRef) EntityType() *runner.EntityType { return tItem }
func (r ItemRef) RefKey() string               { return string(r) }
func (UserRef) EntityType() *runner.EntityType { return tUser }
func (r UserRef) RefKey() string               { return string(r) }

type Item struct {
	name         string
	price, stock int
	tags         []string
}

type User struct {
	Username string
	Balance  int
}

// base is what all frames of these tests begin with.
type base struct{ pc int }

func (f *base) done() runner.Op { f.pc = runner.Done; return runner.Return }

func fields(d *runner.Dec, read map[string]func()) {
	for range d.Map() {
		if r := read[d.Key()]; r != nil {
			r()
		} else {
			d.Skip()
		}
	}
}

var tItem = &runner.EntityType{Name: "Item", New: func() any { return new(Item) },
	Key: func(s any) string { return s.(*Item).name },
	Enc: func(e *runner.Enc, s any) {
		x := s.(*Item)
		e.Map(4)
		e.String("name")
		e.String(x.name)
		e.String("tags")
		runner.EncList(e, x.tags, (*runner.Enc).String)
		e.String("price")
		e.Int(int64(x.price))
		e.String("stock")
		e.Int(int64(x.stock))
	},
	Dec: func(d *runner.Dec) any {
		x := new(Item)
		fields(d, map[string]func(){
			"name":  func() { x.name = d.String() },
			"tags":  func() { x.tags = runner.DecList(d, (*runner.Dec).String) },
			"price": func() { x.price = int(d.Int()) },
			"stock": func() { x.stock = int(d.Int()) },
		})
		return x
	}}

var tUser = &runner.EntityType{Name: "User", New: func() any { return new(User) },
	Key: func(s any) string { return s.(*User).Username },
	Enc: func(e *runner.Enc, s any) {
		x := s.(*User)
		e.Map(2)
		e.String("Balance")
		e.Int(int64(x.Balance))
		e.String("Username")
		e.String(x.Username)
	},
	Dec: func(d *runner.Dec) any {
		x := new(User)
		fields(d, map[string]func(){
			"Username": func() { x.Username = d.String() },
			"Balance":  func() { x.Balance = int(d.Int()) },
		})
		return x
	}}

// ---- Item.Price, Item.UpdateStock, User.Deposit: they reach no other entity ----

type fPrice struct {
	base
	r0 int
}

var fnPrice = &runner.Func{Name: "Item.Price", Entity: tItem, Exported: true, Results: 1, ReadOnly: true, File: "shop.go", Line: 10,
	New: func() runner.Frame { return new(fPrice) }, Zero: func(f runner.Frame) { *f.(*fPrice) = fPrice{} }}

func (f *fPrice) Func() *runner.Func { return fnPrice }
func (f *fPrice) Args() []any        { return nil }
func (f *fPrice) Results() []any     { return []any{&f.r0} }
func (f *fPrice) Step(t *runner.Thread) runner.Op {
	i, _ := t.Self().(*Item)
//line shop.go:11
	f.r0 = i.price
	return f.done()
}

//line shop_test.go:101
func (f *fPrice) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.r0)) }
func (f *fPrice) Dec(d *runner.Dec) { f.pc = d.Pc(); f.r0 = int(d.Int()) }

type fUpdate struct {
	base
	delta int
	r0    bool
}

var fnUpdate = &runner.Func{Name: "Item.UpdateStock", Entity: tItem, Exported: true, Params: []string{"delta"}, Results: 1, Writes: true, File: "shop.go", Line: 13,
	New: func() runner.Frame { return new(fUpdate) }, Zero: func(f runner.Frame) { *f.(*fUpdate) = fUpdate{} }}

func (f *fUpdate) Func() *runner.Func { return fnUpdate }
func (f *fUpdate) Args() []any        { return []any{&f.delta} }
func (f *fUpdate) Results() []any     { return []any{&f.r0} }
func (f *fUpdate) Step(t *runner.Thread) runner.Op {
	i, _ := t.Self().(*Item)
	if i.stock+f.delta >= 0 {
		i.stock += f.delta
		f.r0 = true
	}
	return f.done()
}
func (f *fUpdate) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.delta)); e.Bool(f.r0) }
func (f *fUpdate) Dec(d *runner.Dec) { f.pc = d.Pc(); f.delta = int(d.Int()); f.r0 = d.Bool() }

type fDeposit struct {
	base
	n int
}

var fnDeposit = &runner.Func{Name: "User.Deposit", Entity: tUser, Exported: true, Params: []string{"n"}, Writes: true, File: "shop.go", Line: 20,
	New: func() runner.Frame { return new(fDeposit) }}

func (f *fDeposit) Func() *runner.Func { return fnDeposit }
func (f *fDeposit) Args() []any        { return []any{&f.n} }
func (f *fDeposit) Results() []any     { return nil }
func (f *fDeposit) Step(t *runner.Thread) runner.Op {
	u, _ := t.Self().(*User)
	if f.n < 0 {
//line shop.go:22
		panic("negative")
	}
	u.Balance += f.n
	return f.done()
}

//line shop_test.go:155
func (f *fDeposit) Enc(e *runner.Enc) { e.Pc(f.pc); e.Int(int64(f.n)) }
func (f *fDeposit) Dec(d *runner.Dec) { f.pc = d.Pc(); f.n = int(d.Int()) }

// ---- User.BuyItem ----

type fBuy struct {
	base
	amount, total int
	item          ItemRef
	r0            bool
}

var fnBuy = &runner.Func{Name: "User.BuyItem", Entity: tUser, Exported: true, Params: []string{"amount", "item"}, Results: 1, Writes: true, File: "shop.go", Line: 30,
	New: func() runner.Frame { return new(fBuy) }, Zero: func(f runner.Frame) { *f.(*fBuy) = fBuy{} }}

func (f *fBuy) Func() *runner.Func { return fnBuy }
func (f *fBuy) Args() []any        { return []any{&f.amount, &f.item} }
func (f *fBuy) Results() []any     { return []any{&f.r0} }
func (f *fBuy) Step(t *runner.Thread) runner.Op {
	u, _ := t.Self().(*User)
	switch f.pc {
	case 0:
		f.pc = 1
//line shop.go:31
		return t.Invoke(t.New(fnPrice), tItem, string(f.item))
	case 1:
		f.total = f.amount * t.Ret.(*fPrice).r0
		t.Free(t.Ret)
		if u.Balance < f.total {
			return f.done()
		}
		f.pc = 2
		c := t.New(fnUpdate).(*fUpdate)
		c.delta = -f.amount
//line shop.go:35
		return t.Invoke(c, tItem, string(f.item))
	}
	ok := t.Ret.(*fUpdate).r0
	t.Free(t.Ret)
	if ok {
		u.Balance -= f.total
		f.r0 = true
	}
	return f.done()
}

//line shop_test.go:201
func (f *fBuy) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	switch f.pc {
	case 0, 1:
		e.Int(int64(f.amount))
		e.Ref(string(f.item))
	case 2:
		e.Int(int64(f.total))
	default:
		e.Bool(f.r0)
	}
}
func (f *fBuy) Dec(d *runner.Dec) {
	switch f.pc = d.Pc(); f.pc {
	case 0, 1:
		f.amount = int(d.Int())
		f.item = ItemRef(d.Ref())
	case 2:
		f.total = int(d.Int())
	default:
		f.r0 = d.Bool()
	}
}

// ---- User.Wealth(item) { return u.Balance + item.PriceFor(u) }; Item.PriceFor deposits 7 with the user ----

type fPriceFor struct {
	base
	u  UserRef
	r0 int
}

var fnPriceFor = &runner.Func{Name: "Item.PriceFor", Entity: tItem, Params: []string{"u"}, Results: 1, File: "shop.go", Line: 40,
	New: func() runner.Frame { return new(fPriceFor) }}

func (f *fPriceFor) Func() *runner.Func { return fnPriceFor }
func (f *fPriceFor) Args() []any        { return []any{&f.u} }
func (f *fPriceFor) Results() []any     { return []any{&f.r0} }
func (f *fPriceFor) Step(t *runner.Thread) runner.Op {
	i, _ := t.Self().(*Item)
	if f.pc == 0 {
		f.pc = 1
		return t.Invoke(&fDeposit{n: 7}, tUser, string(f.u))
	}
//line shop.go:42
	f.r0 = i.price
	return f.done()
}

//line shop_test.go:249
func (f *fPriceFor) Enc(e *runner.Enc) { e.Pc(f.pc); e.Ref(string(f.u)); e.Int(int64(f.r0)) }
func (f *fPriceFor) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.u = UserRef(d.Ref())
	f.r0 = int(d.Int())
}

type fWealth struct {
	base
	item ItemRef
	r0   int
}

var fnWealth = &runner.Func{Name: "User.Wealth", Entity: tUser, Exported: true, Params: []string{"item"}, Results: 1, File: "shop.go", Line: 44,
	New: func() runner.Frame { return new(fWealth) }}

func (f *fWealth) Func() *runner.Func { return fnWealth }
func (f *fWealth) Args() []any        { return []any{&f.item} }
func (f *fWealth) Results() []any     { return []any{&f.r0} }
func (f *fWealth) Step(t *runner.Thread) runner.Op {
	u, _ := t.Self().(*User)
	if f.pc == 0 {
		f.pc = 1
		return t.Invoke(&fPriceFor{u: UserRef(t.SelfKey())}, tItem, string(f.item))
	}
	f.r0 = u.Balance + t.Ret.(*fPriceFor).r0
	return f.done()
}
func (f *fWealth) Enc(e *runner.Enc) { e.Pc(f.pc); e.Ref(string(f.item)); e.Int(int64(f.r0)) }
func (f *fWealth) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.item = ItemRef(d.Ref())
	f.r0 = int(d.Int())
}

// ---- func NewItem(name string, price int, tags []string) *Item; func NewUser(name string, balance int) *User ----

type fNewItem struct {
	base
	name  string
	price int
	tags  []string
	draft *Item
	r0    ItemRef
}

var fnNewItem = &runner.Func{Name: "NewItem", Creates: tItem, Exported: true, Params: []string{"name", "price", "tags"}, Results: 1, CopyArgs: true, File: "shop.go", Line: 50,
	New: func() runner.Frame { return new(fNewItem) }}

func (f *fNewItem) Func() *runner.Func { return fnNewItem }
func (f *fNewItem) Args() []any        { return []any{&f.name, &f.price, &f.tags} }
func (f *fNewItem) Results() []any     { return []any{&f.r0} }
func (f *fNewItem) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.draft = &Item{name: f.name, price: f.price, stock: 5, tags: f.tags}
		f.r0 = ItemRef(tItem.Key(f.draft))
		f.pc = 1
//line shop.go:51
		return t.Create(tItem, f.draft)
	}
	return f.done()
}

//line shop_test.go:303
func (f *fNewItem) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.String(f.name)
	e.Int(int64(f.price))
	runner.EncList(e, f.tags, (*runner.Enc).String)
	e.Ref(string(f.r0))
}
func (f *fNewItem) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.name, f.price = d.String(), int(d.Int())
	f.tags = runner.DecList(d, (*runner.Dec).String)
	f.r0 = ItemRef(d.Ref())
}

type fNewUser struct {
	base
	name    string
	balance int
	r0      UserRef
}

var fnNewUser = &runner.Func{Name: "NewUser", Creates: tUser, Exported: true, Params: []string{"name", "balance"}, Results: 1, File: "shop.go", Line: 54,
	New: func() runner.Frame { return new(fNewUser) }}

func (f *fNewUser) Func() *runner.Func { return fnNewUser }
func (f *fNewUser) Args() []any        { return []any{&f.name, &f.balance} }
func (f *fNewUser) Results() []any     { return []any{&f.r0} }
func (f *fNewUser) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.pc, f.r0 = 1, UserRef(f.name)
//line shop.go:55
		return t.Create(tUser, &User{f.name, f.balance})
	}
	return f.done()
}

//line shop_test.go:338
func (f *fNewUser) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.String(f.name)
	e.Int(int64(f.balance))
	e.Ref(string(f.r0))
}
func (f *fNewUser) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.name, f.balance = d.String(), int(d.Int())
	f.r0 = UserRef(d.Ref())
}

// ---- func Give(u *User, n int) error { u.Deposit(n); if n > 100 { return errors.New("too much") }; return nil } ----

type fGive struct {
	base
	u  UserRef
	n  int
	r0 error
}

var fnGive = &runner.Func{Name: "Give", Exported: true, Params: []string{"u", "n"}, Results: 1, HasError: true, File: "shop.go", Line: 60,
	New: func() runner.Frame { return new(fGive) }}

func (f *fGive) Func() *runner.Func { return fnGive }
func (f *fGive) Args() []any        { return []any{&f.u, &f.n} }
func (f *fGive) Results() []any     { return []any{&f.r0} }
func (f *fGive) Step(t *runner.Thread) runner.Op {
	if f.pc == 0 {
		f.pc = 1
//line shop.go:61
		return t.Invoke(&fDeposit{n: f.n}, tUser, string(f.u))
	}
	if f.n > 100 {
		f.r0 = errors.New("too much")
	}
	return f.done()
}

//line shop_test.go:377
func (f *fGive) Enc(e *runner.Enc) { e.Pc(f.pc); e.Ref(string(f.u)); e.Int(int64(f.n)); e.Any(f.r0) }
func (f *fGive) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.u, f.n = UserRef(d.Ref()), int(d.Int())
	f.r0, _ = d.Any().(error)
}

// ---- func (i *Item) Renew(stock int) (int, bool): deletes itself, asks, creates itself anew, and goes on with the old state ----

type fRenew struct {
	base
	stock int
	r0    int
	r1    bool
}

var fnRenew = &runner.Func{Name: "Item.Renew", Entity: tItem, Exported: true, Params: []string{"stock"}, Results: 2, Writes: true, File: "shop.go", Line: 70,
	New: func() runner.Frame { return new(fRenew) }}

func (f *fRenew) Func() *runner.Func { return fnRenew }
func (f *fRenew) Args() []any        { return []any{&f.stock} }
func (f *fRenew) Results() []any     { return []any{&f.r0, &f.r1} }
func (f *fRenew) Step(t *runner.Thread) runner.Op {
	i, _ := t.Self().(*Item)
	switch f.pc {
	case 0:
		f.pc = 1
		return t.Delete(tItem, t.SelfKey())
	case 1:
		f.pc = 2
		return t.Exists(tItem, t.SelfKey())
	case 2:
		f.r1 = t.Found
		i.stock += 1000 // the old state: nobody sees it later
		if f.stock < 0 {
			f.pc = 4
//line shop.go:75
			return t.Invoke(t.New(fnPrice), tItem, t.SelfKey())
		}
		f.pc = 3
//line shop.go:78
		return t.Create(tItem, &Item{name: i.name, price: i.price, stock: f.stock, tags: i.tags})
	}
	f.r0 = i.stock
	return f.done()
}

//line shop_test.go:426
func (f *fRenew) Enc(e *runner.Enc) {
	e.Pc(f.pc)
	e.Int(int64(f.stock))
	e.Int(int64(f.r0))
	e.Bool(f.r1)
}
func (f *fRenew) Dec(d *runner.Dec) {
	f.pc = d.Pc()
	f.stock, f.r0, f.r1 = int(d.Int()), int(d.Int()), d.Bool()
}

// prog is the program of all these tests.
var prog = link()

func link() *runner.Program {
	p := &runner.Program{ID: "example.com/shop", Name: "shop", Version: 1,
		Types: []*runner.EntityType{tItem, tUser, tEven, tOdd, tBox, tMover, tA, tB},
		Funcs: []*runner.Func{fnPrice, fnUpdate, fnDeposit, fnBuy, fnPriceFor, fnWealth, fnNewItem, fnNewUser, fnGive, fnRenew,
			fnNewEven, fnNewOdd, fnEvenSum, fnOddSum, fnNewBox, fnPut, fnNewMover, fnTry, fnAgain, fnRaw,
			fnNewA, fnNewB, fnChange, fnBack, fnPlay, fnPeek, fnTwice, fnTake, fnMany, fnDraw, fnTotal},
		Sentinels: []runner.Sentinel{{Name: "ErrFull", Value: ErrFull}},
		Dyn:       dyn,
	}
	for i, ty := range p.Types {
		ty.ID = i
	}
	for i, fn := range p.Funcs {
		fn.ID = i
	}
	return p
}

// set assigns through a pointer to an argument field.
func set(p, v any) {
	if v != nil {
		reflect.ValueOf(p).Elem().Set(reflect.ValueOf(v).Convert(reflect.TypeOf(p).Elem()))
	}
}

// show prints what a pointer points to.
func show(p any) string {
	return strings.ReplaceAll(fmt.Sprintf("%v", reflect.ValueOf(p).Elem().Interface()), "\n", " ")
}

var none runner.Limits

func TestShop(t *testing.T) {
	play(t, none, "Item{pen 2 2 [blue]} User{alice 101} ",
		ask(fnNewItem, "", "pen", 2, []string{"blue"}).is("pen"),
		ask(fnNewUser, "", "alice", 100).is("alice"),
		ask(fnBuy, "alice", 3, "pen").is("true"),     // 100 - 6 = 94, stock 2
		ask(fnBuy, "alice", 3, "pen").is("false"),    // stock would be -1
		ask(fnBuy, "alice", 1000, "pen").is("false"), // too dear
		ask(fnWealth, "alice", "pen").is("103"),      // (94 + 7) + 2: the balance is read after the call
		ask(fnGive, "", "alice", -1).is(`Panic "negative" User/alice User.Deposit shop.go:22 [r6]`),
		ask(fnGive, "", "alice", 500).is(`Application "too much"  Give shop.go:60 [r7]`),
		ask(fnGive, "", "alice", 0).is("<nil>"),
		ask(fnBuy, "alice", 4, "").is(`Panic "runtime error: invalid memory address or nil pointer dereference" User/alice Item.Price shop.go:11 [r9]`),
		ask(fnBuy, "alice", 4, "ink").is(`NotFound "Item/ink does not exist" Item/ink Item.Price shop.go:31 [r10]`),
		ask(fnBuy, "bob", 4, "ink").is(`NotFound "User/bob does not exist" User/bob User.BuyItem shop.go:30 [r11]`),
		ask(fnPrice, "").is(`InvalidArgument "key is empty" Item/ Item.Price shop.go:10 [r12]`),
		ask(fnNewItem, "", "pen", 9, nil).is(`AlreadyExists "Item/pen exists already" Item/pen NewItem shop.go:51 [r13]`),
		ask(fnNewUser, "", "a\xffb", 9).is(`InvalidArgument "key \"a\\xffb\" is not UTF-8" User NewUser shop.go:55 [r14]`),
		ask(fnNewUser, "", strings.Repeat("k", 513), 9).is(`InvalidArgument "key has 513 bytes, more than 512" User NewUser shop.go:55 [r15]`),
		ask(fnDeposit, "alice", -8).is(`Panic "negative" User/alice User.Deposit shop.go:22 [r16]`),
		ask(fnBuy, "alice", 0, "pen").is("true"),
		ask(fnBuy, "alice", 4, "pen").is("false"),
		ask(fnWealth, "alice", "").is(`Panic "runtime error: invalid memory address or nil pointer dereference" User/alice Item.PriceFor shop.go:42 [r19]`),
	)
}

func TestDeleteAndCreateAgain(t *testing.T) {
	play(t, none, "Item{pen 2 9 [blue]} ",
		ask(fnNewItem, "", "pen", 2, []string{"blue"}).is("pen"),
		// The frame goes on with the old object: 5 + 1000. Then the new one is there.
		ask(fnRenew, "pen", 9).is("1005 false"),
		ask(fnUpdate, "pen", -9).is("true"),
		ask(fnUpdate, "pen", 9).is("true"),
		// Deleted and not there for a call: rolled back.
		ask(fnRenew, "pen", -1).is(`NotFound "Item/pen does not exist" Item/pen Item.Price shop.go:75 [r4]`),
		ask(fnPrice, "pen").is("2"),
	)
}
