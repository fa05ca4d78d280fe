// This file holds the tests of strict serializability: many clients at once, whose answers must be those of some order of
// their requests, one after another, in keeping with real time.

package conformance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/conformance/app"
	"github.com/stateful-entities/sfc/conformance/history"
)

func strict() []Test {
	transactions := backends.Features{backends.Transactions}
	return []Test{
		{
			Name: "strict/list_append", Promise: Strict, Set: Core, Needs: transactions, Run: listAppend,
			Says: "what requests read of lists that others append to leaves no cycle of requests that would each have to be before the next, real time included",
		},
		{
			Name: "strict/registers", Promise: Strict, Set: Core, Run: singleRegisters,
			Says: "there is an order of the operations on each register, in keeping with real time, that explains all answers",
		},
		{
			Name: "strict/register_transactions", Promise: Strict, Set: Core, Needs: transactions, Run: registerTransactions,
			Says: "there is one order of requests that touch several registers, in keeping with real time, that explains all answers",
		},
		{
			Name: "strict/audits", Promise: Strict, Set: Core, Needs: transactions, Run: audits,
			Says: "a request that reads all accounts never sees money missing while others move it",
		},
		{
			Name: "strict/write_skew", Promise: Strict, Set: Core, Needs: transactions, Run: writeSkew,
			Says: "of requests that each read two registers and write one of them, no two take what is there once",
		},
		{
			Name: "strict/phantoms", Promise: Strict, Set: Core, Needs: append(transactions, backends.Lifecycle), Run: phantoms,
			Says: "a request that creates an entity if none of a set exists never meets another one that did the same",
		},
		{
			Name: "strict/real_time", Promise: Strict, Set: Core, Run: realTimeOrder,
			Says: "a request sent after another client's was answered sees its effect",
		},
	}
}

func listAppend(t T, b *Bench) {
	const most = 5000 // of one history: lists get long
	rnd := b.Rand(t, "list_append")
	for left := b.Times(most); left > 0; left -= most {
		l := newListLoad(t, b, b.Shared(t), 8, min(left, most))
		l.work(rnd, 12, func(c *client) { l.loop(c, l.mixed) })
		l.judge(rnd)
	}
}

// registerLoad is a load on a few registers.
type registerLoad struct {
	*crowd
	names []string
	first []int
	guard sync.Mutex
	ops   []history.RegisterOp
}

func newRegisterLoad(t T, b *Bench, s Service, first ...int) *registerLoad {
	l := &registerLoad{crowd: newCrowd(t, s, b.Name("registers")), first: first}
	session := s.Session()
	for i, v := range first {
		l.names = append(l.names, fmt.Sprintf("%s.%d", l.name, i))
		setUp(t, session, To("NewRegister", l.names[i], l.name, v))
	}
	return l
}

// run makes a request and notes it, with the plain Go that it means. Errors that plain Go gives too are answers.
func (l *registerLoad) run(c *client, r Request, registers []int, plain func(rs []*app.Register) (any, error)) {
	op, a := c.do(r)
	if c.check(op, a, "Application") || a.Code == "Application" {
		op.Outcome, op.Answer = history.Done, a.Code+string(a.Value)
	}
	do := func(values []int) string {
		var rs []*app.Register
		for _, v := range values {
			rs = append(rs, app.NewRegister("", "", v))
		}
		result, err := plain(rs)
		if err != nil {
			return "Application"
		}
		for i := range rs {
			values[i] = rs[i].Read()
		}
		text, _ := json.Marshal(result) // numbers, truth values, and lists of them
		return string(text)
	}
	l.guard.Lock()
	defer l.guard.Unlock()
	l.ops = append(l.ops, history.RegisterOp{Op: op, Registers: registers, Do: do})
}

// single makes a request on one register.
func (l *registerLoad) single(c *client, r int) {
	on := func(method string, args ...any) Request { return On("Register", l.names[r], method, args...) }
	x, y := c.rnd.IntN(5), c.rnd.IntN(5)
	switch own := []int{r}; c.rnd.IntN(6) {
	case 0:
		l.run(c, on("Write", x), own, func(rs []*app.Register) (any, error) { rs[0].Write(x); return nil, nil })
	case 1:
		l.run(c, on("CAS", x, y), own, func(rs []*app.Register) (any, error) { return rs[0].CAS(x, y), nil })
	case 2:
		l.run(c, on("AddSlowly", x), own, func(rs []*app.Register) (any, error) { return rs[0].AddSlowly(x), nil })
	case 3:
		l.run(c, on("Take", x), own, func(rs []*app.Register) (any, error) { return nil, rs[0].Take(x) })
	default:
		l.run(c, on("Read"), own, func(rs []*app.Register) (any, error) { return rs[0].Read(), nil })
	}
}

// several makes a request that touches several registers.
func (l *registerLoad) several(c *client) {
	order := c.rnd.Perm(len(l.names))
	a, b, n := order[0], order[1], c.rnd.IntN(5)
	all := make([]string, len(order))
	for i, r := range order {
		all[i] = l.names[r]
	}
	switch both := order[:2]; c.rnd.IntN(6) {
	case 0:
		l.single(c, a)
	case 1:
		l.run(c, On("Register", l.names[a], "Swap", l.names[b]), both, func(rs []*app.Register) (any, error) {
			own, other := rs[0].Swap(rs[1])
			return []int{own, other}, nil
		})
	case 2:
		l.run(c, To("Move", l.names[a], l.names[b], n), both, func(rs []*app.Register) (any, error) { return nil, app.Move(rs[0], rs[1], n) })
	case 3:
		l.run(c, On("Register", l.names[a], "TakeTogether", l.names[b], n), both, func(rs []*app.Register) (any, error) { return rs[0].TakeTogether(rs[1], n), nil })
	case 4:
		l.run(c, To("Sum", all), order, func(rs []*app.Register) (any, error) { return app.Sum(rs), nil })
	default:
		l.run(c, To("ReadAll", all), order, func(rs []*app.Register) (any, error) { return app.ReadAll(rs), nil })
	}
}

func (l *registerLoad) judge() {
	l.answered(len(l.ops))
	a, err := history.CheckRegisters(l.first, l.ops, patience)
	if err != nil {
		l.t.Errorf("%v", err)
	}
	if a != nil {
		l.t.Errorf("%s", a)
	}
}

func singleRegisters(t T, b *Bench) {
	rnd := b.Rand(t, "registers")
	l := newRegisterLoad(t, b, b.Shared(t), 0, 1, 2, 3)
	each := b.Times(250)
	l.work(rnd, 8, func(c *client) {
		for range each {
			l.single(c, c.rnd.IntN(len(l.names)))
		}
	})
	l.judge()
}

func registerTransactions(t T, b *Bench) {
	t = few(t)
	rnd := b.Rand(t, "register_transactions")
	rounds := b.Times(25)
	t.Logf("%d histories of %d requests", rounds, 5*12)
	for range rounds {
		l := newRegisterLoad(t, b, b.Shared(t), 3, 5, 7)
		l.work(rnd, 5, func(c *client) {
			for range 12 {
				l.several(c)
			}
		})
		l.judge()
	}
}

// audits moves money between all accounts, so that most moves fail after they have written.
func audits(t T, b *Bench) {
	rnd := b.Rand(t, "audits")
	const accounts, each = 6, 20
	l := newRegisterLoad(t, b, b.Shared(t), each, each, each, each, each, each)
	want, left := accounts*each, atomic.Int64{}
	left.Store(int64(b.Times(3000)))
	l.work(rnd, 12, func(c *client) {
		for left.Add(-1) >= 0 {
			names := shuffled(c.rnd, l.names)
			switch c.rnd.IntN(4) {
			case 0:
				op, a := c.do(To("Sum", names))
				if c.check(op, a) {
					l.count(c, op, want, decode[int](c, op, a))
				}
			case 1:
				op, a := c.do(To("ReadAll", names))
				if c.check(op, a) {
					l.count(c, op, want, decode[[]int](c, op, a)...)
				}
			default:
				op, a := c.do(To("Move", names[0], names[1], c.rnd.IntN(2*each)))
				c.check(op, a, "Application")
			}
		}
	})
	l.work(rnd, 1, func(c *client) {
		op, a := c.insist(To("Sum", l.names))
		if c.check(op, a) {
			l.count(c, op, want, decode[int](c, op, a))
		}
	})
	l.answered(b.Times(3000))
}

// count compares what an audit saw with the money that there is.
func (l *registerLoad) count(c *client, op history.Op, want int, seen ...int) {
	sum := 0
	for _, v := range seen {
		if sum += v; v < 0 {
			c.t.Errorf("an account is overdrawn: %s", op.String())
		}
	}
	if sum != want {
		c.t.Errorf("an audit sees %d, and there is always %d: %s", sum, want, op.String())
	}
}

// writeSkew lets clients take all that two registers have together, from one or the other.
func writeSkew(t T, b *Bench) {
	t = few(t)
	rnd := b.Rand(t, "write_skew")
	s := b.Shared(t)
	for range b.Times(60) {
		l := newRegisterLoad(t, b, s, 50, 50)
		var guard sync.Mutex
		var winners []string
		l.work(rnd, 6, func(c *client) {
			own, other := l.names[c.n%2], l.names[(c.n+1)%2]
			op, a := c.insist(On("Register", own, "TakeTogether", other, 100))
			if !c.check(op, a) || !decode[bool](c, op, a) {
				return
			}
			guard.Lock()
			defer guard.Unlock()
			winners = append(winners, op.String())
		})
		var sum int
		if err := json.Unmarshal(setUp(t, s.Session(), To("Sum", l.names)), &sum); err != nil || sum != 0 || len(winners) != 1 {
			t.Errorf("two registers hold 100 together, and each request takes 100 of them if they have that: they hold %d after these took it:%s", sum, listed(winners))
		}
	}
}

// listed shows texts one a line.
func listed(texts []string) (all string) {
	for _, s := range texts {
		all += "\n  " + s
	}
	return all
}

// phantoms lets clients take one of several places if none is taken, and free it again.
func phantoms(t T, b *Bench) {
	rnd := b.Rand(t, "phantoms")
	c := newCrowd(t, b.Shared(t), b.Name("seats"))
	var places []string
	for i := range 5 {
		places = append(places, fmt.Sprintf("%s.%d", c.name, i))
	}
	var left, won atomic.Int64
	left.Store(int64(b.Times(2000)))
	var holder sync.Map // one entry: of who holds a place for sure
	c.work(rnd, 8, func(c *client) {
		for left.Add(-1) >= 0 {
			if c.rnd.IntN(4) == 0 {
				audit(c, places)
				continue
			}
			mine := c.rnd.IntN(len(places))
			op, a := c.insist(To("Claim", places, mine, c.name, c.n))
			if !c.check(op, a) || !decode[bool](c, op, a) {
				continue
			}
			won.Add(1)
			if other, held := holder.LoadOrStore("", op.String()); held {
				c.t.Errorf("two hold a place:\n  %s\n  %s", other, op.String())
			}
			if c.rnd.IntN(2) == 0 {
				audit(c, places)
			}
			holder.Delete("")
			op, a = c.insist(To("Release", places[mine], c.n))
			if c.check(op, a) && !decode[bool](c, op, a) {
				c.t.Errorf("a place that was taken is gone: %s", op.String())
			}
		}
	})
	if a := insist(t, b.Session(t), To("Occupied", places)); a.Code != "" || string(compact(a.Value)) != "null" {
		t.Errorf("all that was taken was freed again, and these places are taken: %s", said(a, nil))
	}
	t.Logf("a place was taken %d times", won.Load())
	if won.Load() == 0 {
		t.Errorf("nobody ever got a place")
	}
}

// audit looks which places are taken: one at most.
func audit(c *client, places []string) {
	op, a := c.do(To("Occupied", shuffled(c.rnd, places)))
	if c.check(op, a) && len(decode[[]string](c, op, a)) > 1 {
		c.t.Errorf("more than one place is taken: %s", op.String())
	}
}

// realTimeOrder has a number grow: what a client got to know, another one must not fall behind.
func realTimeOrder(t T, b *Bench) {
	rnd := b.Rand(t, "real_time")
	l := newRegisterLoad(t, b, b.Shared(t), 0)
	var guard sync.Mutex
	known, by := 0, "" // the greatest answer so far
	each := b.Times(250)
	l.work(rnd, 8, func(c *client) {
		for range each {
			guard.Lock()
			least, because := known, by
			guard.Unlock()
			op, n := grow(c, l.names[0])
			if n < 0 {
				continue
			}
			if n < least {
				c.t.Errorf("a request has not seen what was answered before it was sent:\n  %s\n  %s", because, op.String())
			}
			guard.Lock()
			if n > known {
				known, by = n, op.String()
			}
			guard.Unlock()
		}
	})
	l.answered(8 * each)
}

// grow reads or adds to a register, in one of several ways, and gives the number; -1 if there is no answer.
func grow(c *client, name string) (history.Op, int) {
	var r Request
	switch c.rnd.IntN(6) {
	case 0, 1:
		r = On("Register", name, "Add", 1)
	case 2:
		r = On("Register", name, "AddSlowly", 1)
	case 3:
		r = To("Sum", []string{name})
	default:
		r = On("Register", name, "Read")
	}
	op, a := c.do(r)
	if !c.check(op, a) {
		return op, -1
	}
	return op, decode[int](c, op, a)
}

// shuffled gives texts in another order.
func shuffled(rnd *rand.Rand, texts []string) []string {
	order := make([]string, len(texts))
	for i, p := range rnd.Perm(len(texts)) {
		order[i] = texts[p]
	}
	return order
}
