// This file holds the tests of durability: what was acknowledged survives a kill at any moment, and what was not is there
// wholly or not at all.

package conformance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/conformance/history"
)

func durability() []Test {
	needs := backends.Features{backends.Durable, backends.Recorded, backends.Transactions}
	able := []Ability{CanStart, CanKill}
	return []Test{
		{
			Name: "durability/kill", Promise: Durability, Set: Extended, Needs: needs, Able: able, Run: killUnderLoad,
			Says: "after a kill under load all acknowledged requests are in states, answers and history, once; the others are there wholly or not at all, and once when they are sent again",
		},
		{
			Name: "durability/kill_again", Promise: Durability, Set: Extended, Needs: needs, Able: able, Run: killWhileStarting,
			Says: "kills right after starts lose nothing",
		},
		{
			Name: "durability/terminate", Promise: Durability, Set: Extended, Needs: needs, Able: able, Run: terminateUnderLoad,
			Says: "a process that is asked to end under load answers what it has begun, and loses nothing",
		},
		{
			Name: "durability/order", Promise: Durability, Set: Extended, Needs: needs, Able: able, Run: orderOverKills,
			Says: "what requests read of lists fits into one order, in keeping with real time, that goes on over kills; requests without an answer are in it or not",
		},
	}
}

// Clients and work of one round.
const (
	crashClients = 16
	crashLists   = 8
	crashAcks    = 1000 // requests that are acknowledged before the process is stopped
)

// A crashRound is a load on lists of its own until the process is stopped.
type crashRound struct {
	*crowd
	lists   []string
	numbers atomic.Int64
	acks    atomic.Int64
	enough  chan struct{} // closed when there are enough acknowledged requests
	stopped chan struct{} // closed when the process is being stopped
	once    sync.Once
	guard   sync.Mutex
	writes  []*crashWrite
	reads   []crashRead
}

// A crashWrite is a request that appends number to each of lists, or fails, or creates an entity.
type crashWrite struct {
	op     history.Op
	r      Request
	answer Answer // if the outcome is known
	lists  []string
	number int
	makes  string // the list that it creates
}

// A crashRead is a list as an acknowledged request saw it.
type crashRead struct {
	op   history.Op
	list string
	seen []int
}

func newCrashRound(t T, s Service, name string) *crashRound {
	r := &crashRound{crowd: newCrowd(t, s, name), enough: make(chan struct{}), stopped: make(chan struct{})}
	session := s.Session()
	for i := range crashLists {
		r.lists = append(r.lists, fmt.Sprintf("%s.%d", name, i))
		setUp(t, session, To("NewList", r.lists[i]))
	}
	return r
}

// load works until the process is stopped, which stop does after enough requests were acknowledged.
func (r *crashRound) load(rnd *rand.Rand, stop func() error) {
	wait := time.Duration(rnd.IntN(20_000)) * time.Microsecond
	failed := make(chan error, 1)
	go func() {
		select {
		case <-r.enough:
		case <-time.After(2 * patience):
			r.tell(fmt.Sprintf("after %s there are only %d acknowledged requests", 2*patience, r.acks.Load()))
		}
		time.Sleep(wait)
		close(r.stopped)
		failed <- stop()
	}()
	r.work(rnd, crashClients, func(c *client) {
		for c.t.Context().Err() == nil && !r.send(c) {
		}
	})
	if err := <-failed; err != nil {
		fatal(r.t, "the process does not stop: %v", err)
	}
}

// send makes one request and notes it. It says whether the process is gone.
func (r *crashRound) send(c *client) (gone bool) {
	if c.rnd.IntN(8) == 0 {
		return r.read(c)
	}
	w := r.draw(c)
	w.op, w.answer = c.do(w.r)
	r.guard.Lock()
	r.writes = append(r.writes, w)
	r.guard.Unlock()
	if w.op.Outcome == history.Unknown {
		return r.gone(c, w.op)
	}
	if r.acks.Add(1) >= int64(crashAcks) {
		r.once.Do(func() { close(r.enough) })
	}
	return false
}

// gone says whether a request has no answer because the process was stopped; else that is a fault.
func (r *crashRound) gone(c *client, op history.Op) bool {
	select {
	case <-r.stopped:
		return true
	case <-time.After(time.Second): // the stop and its effect may be seen in this order
	}
	select {
	case <-r.stopped:
		return true
	default:
		c.tell("no answer before the process was stopped: " + op.String())
		return false
	}
}

// draw makes a request that writes.
func (r *crashRound) draw(c *client) *crashWrite {
	w := &crashWrite{number: int(r.numbers.Add(1))}
	lists := shuffled(c.rnd, r.lists)
	switch id := c.id(); c.rnd.IntN(8) {
	case 0:
		w.makes = fmt.Sprintf("%s.new.%d", r.name, w.number)
		w.r = To("NewList", w.makes).With(id)
	case 1:
		w.r = To("FailSteps", []any{map[string]any{"On": lists[0], "Add": w.number}, map[string]any{"On": lists[1], "Add": w.number}}).With(id)
	case 2:
		w.lists = lists[:4]
		var steps []any
		for _, l := range w.lists {
			steps = append(steps, map[string]any{"On": l, "Add": w.number})
		}
		w.r = On("List", lists[0], "Relay", steps).With(id)
	default:
		w.lists = lists[:2]
		w.r = On("List", lists[0], "AppendBoth", lists[1], w.number).With(id)
	}
	return w
}

func (r *crashRound) read(c *client) (gone bool) {
	list := r.lists[c.rnd.IntN(len(r.lists))]
	op, a := c.do(On("List", list, "Read"))
	switch {
	case op.Outcome == history.Unknown:
		return r.gone(c, op)
	case c.check(op, a):
		seen := decode[[]int](c, op, a)
		r.guard.Lock()
		r.reads = append(r.reads, crashRead{op, list, seen})
		r.guard.Unlock()
	}
	return false
}

// verify compares what the clients know with what is there after a restart, then sends everything again.
func (r *crashRound) verify(rnd *rand.Rand) {
	holds := r.states(rnd)
	r.unanswered(holds)
	r.acknowledged(holds)
	r.sendAgain(rnd)
	r.compare(r.states(rnd), "when all requests were sent again")
}

// states reads all lists by their committed states.
func (r *crashRound) states(rnd *rand.Rand) map[string][]int {
	holds := map[string][]int{}
	var guard sync.Mutex
	var names []string
	names = append(names, r.lists...)
	for _, w := range r.writes {
		if w.makes != "" {
			names = append(names, w.makes)
		}
	}
	r.work(rnd, 4, func(c *client) {
		for i := c.n; i < len(names); i += 4 {
			a, err := persist(c.t.Context(), func() (Answer, error) { return c.State(c.t.Context(), "List", names[i]) })
			if err == nil && a.Code == "NotFound" && i >= len(r.lists) {
				continue
			}
			var state struct {
				Name  string `json:"name"`
				Items []int  `json:"items"`
			}
			if err == nil && a.Code == "" {
				err = json.Unmarshal(a.Value, &state)
			}
			if err != nil || a.Code != "" {
				c.t.Errorf("the state of list %s: %s", names[i], said(a, err))
				continue
			}
			guard.Lock()
			holds[names[i]] = append([]int{}, state.Items...)
			guard.Unlock()
		}
	})
	return holds
}

// unanswered looks whether requests whose outcome nobody knows were applied wholly or not at all.
func (r *crashRound) unanswered(holds map[string][]int) {
	for _, w := range r.writes {
		if w.op.Outcome != history.Unknown {
			continue
		}
		there := 0
		for _, l := range w.lists {
			if slices.Contains(holds[l], w.number) {
				there++
			}
		}
		if there != 0 && there != len(w.lists) {
			r.t.Errorf("an unacknowledged request is applied in part: %d is in %d of %v: %s", w.number, there, w.lists, w.op.String())
		}
	}
}

// acknowledged looks whether lists hold what was acknowledged, and no more than what was sent, and begin with what was
// read of them.
func (r *crashRound) acknowledged(holds map[string][]int) {
	may := map[string]map[int]bool{}
	for _, l := range r.lists {
		may[l] = map[int]bool{}
	}
	for _, w := range r.writes {
		for _, l := range w.lists {
			if w.answer.Code == "" { // it succeeded, or is unknown
				may[l][w.number] = true
			}
			if n := count(holds[l], w.number); n > 1 || n == 0 && w.op.Outcome == history.Done {
				r.t.Errorf("%d is in list %s %d times: %s", w.number, l, n, w.op.String())
			}
		}
		if _, there := holds[w.makes]; w.makes != "" && !there && w.op.Outcome == history.Done {
			r.t.Errorf("an entity that was created is gone: %s", w.op.String())
		}
	}
	for _, l := range r.lists {
		for _, v := range holds[l] {
			if !may[l][v] {
				r.t.Errorf("list %s holds %d, which no request that succeeded has appended", l, v)
			}
		}
	}
	for _, x := range r.reads {
		if n := len(x.seen); n > len(holds[x.list]) || !slices.Equal(x.seen, holds[x.list][:n]) {
			r.t.Errorf("list %s is no continuation of what was read of it: now [… %v], then %s", x.list, holds[x.list][max(0, len(holds[x.list])-5):], x.op.String())
		}
	}
}

func count(list []int, v int) (n int) {
	for _, x := range list {
		if x == v {
			n++
		}
	}
	return n
}

// sendAgain sends all requests a second time: those with an answer must answer the same, and history must hold it; those
// without one must have one now.
func (r *crashRound) sendAgain(rnd *rand.Rand) {
	r.work(rnd, crashClients, func(c *client) {
		for i := c.n; i < len(r.writes); i += crashClients {
			w := r.writes[i]
			op, a := c.insist(w.r)
			if w.op.Outcome == history.Unknown {
				w.op, w.answer = op, a
				c.check(op, a, "Application")
			} else if !same(a, w.answer) {
				c.t.Errorf("a request that is sent again after a restart answers %s: %s", said(a, nil), w.op.String())
			}
			kept, err := persist(c.t.Context(), func() (Answer, error) { return c.Recorded(c.t.Context(), w.r.ID) })
			if err != nil || !same(kept, w.answer) {
				c.t.Errorf("what is kept of a request is %s: %s", said(kept, err), w.op.String())
			}
		}
	})
}

// compare looks whether the lists hold exactly what succeeded.
func (r *crashRound) compare(holds map[string][]int, when string) {
	want := map[string][]int{}
	for _, w := range r.writes {
		if w.answer.Code != "" {
			continue
		}
		for _, l := range w.lists {
			want[l] = append(want[l], w.number)
		}
		if got, there := holds[w.makes]; w.makes != "" && (!there || len(got) != 0) {
			r.t.Errorf("%s, list %s, which a request created, is there: %v, with %v", when, w.makes, there, got)
		}
	}
	for _, l := range r.lists {
		compareSets(r.t, fmt.Sprintf("%s, list %s", when, l), want[l], holds[l])
	}
}

// killUnderLoad kills the process in each round at another moment. At the end nothing of any round is gone.
func killUnderLoad(t T, b *Bench) {
	t = few(t)
	rnd := b.Rand(t, "kill")
	k, end := killer(t, b)
	defer end()
	var rounds []*crashRound
	acks, unknown := int64(0), 0
	for range b.Times(20) {
		r := newCrashRound(t, k, b.Name("kill"))
		r.load(rnd, k.Kill)
		restart(t, k)
		for _, w := range r.writes {
			if w.op.Outcome == history.Unknown {
				unknown++
			}
		}
		r.verify(rnd)
		acks += r.acks.Load()
		rounds = append(rounds, r)
	}
	for _, r := range rounds {
		r.compare(r.states(rnd), "after all rounds")
	}
	t.Logf("%d rounds, %d clients: %d requests were acknowledged, %d had no answer", len(rounds), crashClients, acks, unknown)
}

// killWhileStarting kills the process several times without much work in between.
func killWhileStarting(t T, b *Bench) {
	t = few(t)
	rnd := b.Rand(t, "kill_again")
	k, end := killer(t, b)
	defer end()
	r := newCrashRound(t, k, b.Name("again"))
	r.load(rnd, k.Kill)
	for range b.Times(5) {
		restart(t, k)
		time.Sleep(time.Duration(rnd.IntN(5)) * time.Millisecond)
		if err := k.Kill(); err != nil {
			fatal(t, "the process cannot be killed: %v", err)
		}
	}
	restart(t, k)
	r.verify(rnd)
}

// terminateUnderLoad asks the process to end.
func terminateUnderLoad(t T, b *Bench) {
	t = few(t)
	rnd := b.Rand(t, "terminate")
	k, end := killer(t, b)
	defer end()
	for range b.Times(3) {
		r := newCrashRound(t, k, b.Name("terminate"))
		r.load(rnd, k.Terminate)
		restart(t, k)
		r.verify(rnd)
	}
}

// orderOverKills judges a history like that of strict/list_append in which the process is killed several times. What has
// no answer is not sent again.
func orderOverKills(t T, b *Bench) {
	rnd := b.Rand(t, "order")
	k, end := killer(t, b)
	defer end()
	const each = 600 // operations between two kills
	kills := b.Times(5)
	l := newListLoad(t, b, k, 8, (kills+1)*each)
	var failed error
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := kills; i > 0 && failed == nil && t.Context().Err() == nil; i-- {
			for l.left.Load() > int64(i*each) && t.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
			if failed = k.Kill(); failed == nil {
				failed = k.Restart(t.Context())
			}
		}
	}()
	l.work(rnd, 12, func(c *client) {
		l.loop(c, func(c *client) {
			before := c.unknown.Load()
			l.mixed(c)
			if c.unknown.Load() == before {
				return
			}
			for begin := c.now(); c.now() < begin+patience; time.Sleep(pause) { // until there is a process again
				if _, err := c.State(c.t.Context(), "List", l.lists[0]); err == nil {
					return
				}
			}
		})
	})
	<-done
	if failed != nil {
		fatal(t, "the process cannot be killed and started again: %v", failed)
	}
	l.judge(rnd)
	t.Logf("%d kills, %d requests without an answer", kills, l.unknown.Load())
}
