// This file holds the tests of queries: what is found is as it was at one moment, while others write.

package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/conformance/history"
)

func queries() []Test {
	needs := backends.Features{backends.Queries}
	moves := append(needs, backends.Transactions)
	return []Test{
		{
			Name: "queries/one_moment", Promise: Queries, Set: Core, Needs: moves, Run: queriedSums,
			Says: "a query over all accounts, and one over two types, never sees money missing while others move it",
		},
		{
			Name: "queries/list_append", Promise: Queries, Set: Core, Needs: moves, Run: queriedLists,
			Says: "what queries see of several lists fits into one order with the requests that append to them, in keeping with real time",
		},
		{
			Name: "queries/own_writes", Promise: Queries, Set: Core, Needs: needs, Run: queriedWrites,
			Says: "a query, or a state, that is asked for after a request was answered shows its effect, and positions never go back",
		},
		{
			Name: "queries/positions", Promise: Queries, Set: Core, Needs: append(moves, backends.Recorded), Run: queriedPositions,
			Says: "where records tell positions, these are the order of requests, and a query shows what came up to its position",
		},
		{
			Name: "queries/filters_and_pages", Promise: Queries, Set: Core, Needs: needs, Run: queriedPages,
			Says: "filters find what they say, and pages, put together, are all of it, in the order of keys",
		},
		{
			Name: "queries/same_as_states", Promise: Queries, Set: Core, Needs: needs, Run: queriedStates,
			Says: "a query shows the same states as are got one by one, and nothing of what is not there",
		},
		{
			Name: "queries/pages_under_writes", Promise: Queries, Set: Core, Needs: append(needs, backends.Lifecycle), Run: pagesUnderWrites,
			Says: "what was there from the first page to the last is found, once, while others come and go",
		},
	}
}

// ofGroup is a filter for what a test has made. Its keys come after the group's name: an endpoint that is full of others
// need not go through them.
func ofGroup(group string) string {
	text, _ := json.Marshal(group) // CEL reads it as Go wrote it: it is plain text
	return "group == " + string(text)
}

// query asks, and again if there is too much load. ok says whether there is an answer.
func (c *client) query(selections ...Selection) (op history.Op, cut Cut, ok bool) {
	text, _ := json.Marshal(selections)
	op = history.Op{ID: c.id(), Text: "query " + string(text), Call: c.now()}
	a, err := persist(c.t.Context(), func() (a Answer, err error) {
		op.Call = c.now()
		cut, err = c.Query(c.t.Context(), selections...)
		return cut.Answer, err
	})
	op.Return, op.Outcome, op.Answer = c.now(), outcome(a, err), said(a, err)
	if op.Outcome != history.Done || len(cut.Entities) != len(selections) {
		c.tell(fmt.Sprintf("a query gives no answer: %s", op.String()))
		return op, cut, false
	}
	op.Answer = fmt.Sprintf("position %d, %s", cut.Position, clipped(entitiesText(cut)))
	return op, cut, true
}

func entitiesText(c Cut) (text string) {
	for _, found := range c.Entities {
		for _, e := range found {
			text += e.Key + " " + string(compact(e.State)) + " "
		}
	}
	return text
}

// A holding is the state of a register or a vault, as far as queries are judged by it.
type holding struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	Value int    `json:"value"` // of a register
	Held  int    `json:"held"`  // of a vault
}

// states reads what a selection found.
func states[V any](c *client, op history.Op, found []Entity) (all []V) {
	for _, e := range found {
		var v V
		if err := json.Unmarshal(e.State, &v); err != nil {
			c.tell(fmt.Sprintf("a state of another form: %v: %s", err, op.String()))
		}
		all = append(all, v)
	}
	return all
}

// queriedSums moves money between registers and vaults; most moves fail after they have written.
func queriedSums(t T, b *Bench) {
	rnd := b.Rand(t, "one_moment")
	const registers, vaults, each = 5, 3, 20
	l := newRegisterLoad(t, b, b.Shared(t), each, each, each, each, each)
	for i := range vaults {
		setUp(t, b.Session(t), To("NewVault", fmt.Sprintf("%s.%d", l.name, i), l.name, each))
	}
	var left, queries atomic.Int64
	left.Store(int64(b.Times(2500)))
	all := []Selection{{Type: "Register", Where: ofGroup(l.name), After: l.name}, {Type: "Vault", Where: ofGroup(l.name), After: l.name}}
	l.work(rnd, 12, func(c *client) {
		position := uint64(0)
		for left.Add(-1) >= 0 {
			if c.n%4 != 0 {
				l.move(c, vaults, c.rnd.IntN(2*each))
				continue
			}
			op, cut, ok := c.query(all...)
			if !ok {
				return
			}
			queries.Add(1)
			var seen []int
			for _, h := range append(states[holding](c, op, cut.Entities[0]), states[holding](c, op, cut.Entities[1])...) {
				seen = append(seen, h.Value+h.Held)
			}
			if len(seen) != registers+vaults {
				c.t.Errorf("a query finds %d of %d entities: %s", len(seen), registers+vaults, op.String())
				return
			}
			l.count(c, op, (registers+vaults)*each, seen...)
			if cut.Position < position {
				c.t.Errorf("a client's query is at position %d after one at %d: %s", cut.Position, position, op.String())
			}
			position = cut.Position
		}
	})
	t.Logf("%d queries", queries.Load())
}

// move moves money from a register to another one, or between a register and a vault.
func (l *registerLoad) move(c *client, vaults, n int) {
	names := shuffled(c.rnd, l.names)
	vault := fmt.Sprintf("%s.%d", l.name, c.rnd.IntN(vaults))
	requests := []Request{To("Move", names[0], names[1], n), On("Vault", vault, "Store", names[0], n), On("Vault", vault, "Fetch", names[0], n)}
	op, a := c.do(requests[c.rnd.IntN(len(requests))])
	c.check(op, a, "Application")
}

// queriedLists has queries for readers of a history.
func queriedLists(t T, b *Bench) {
	const most = 2000 // of one history
	rnd := b.Rand(t, "queried_lists")
	for left := b.Times(most); left > 0; left -= most {
		l := newListLoad(t, b, b.Shared(t), 6, min(left, most))
		l.work(rnd, 10, func(c *client) {
			l.loop(c, func(c *client) {
				switch {
				case c.n%2 == 0:
					l.mixed(c)
				case c.rnd.IntN(2) == 0:
					l.state(c, l.pick(c.rnd))
				default:
					l.cut(c)
				}
			})
		})
		l.judge(rnd)
	}
}

// listState is the state of a list.
type listState struct {
	Items []int `json:"items"`
}

// state reads one list by its state.
func (l *listLoad) state(c *client, list string) {
	op := history.Op{ID: c.id(), Text: "state of List/" + list, Call: c.now()}
	a, err := c.State(c.t.Context(), "List", list)
	op.Return, op.Outcome, op.Answer = c.now(), outcome(a, err), said(a, err)
	var s listState
	if c.check(op, a) {
		s = decode[listState](c, op, a)
	}
	l.add(history.AppendOp{Op: op, Steps: []history.Step{{List: list, Seen: s.Items}}})
}

// cut reads several lists by one query.
func (l *listLoad) cut(c *client) {
	var selections []Selection
	lists := shuffled(c.rnd, l.lists)[:3]
	for _, list := range lists {
		selections = append(selections, Selection{Type: "List", Key: list})
	}
	op, cut, ok := c.query(selections...)
	if !ok {
		return
	}
	var steps []history.Step
	for i, list := range lists {
		found := states[listState](c, op, cut.Entities[i])
		if len(found) != 1 || cut.Entities[i][0].Key != list {
			c.tell(fmt.Sprintf("a query for list %s finds %d entities: %s", list, len(found), op.String()))
			return
		}
		steps = append(steps, history.Step{List: list, Seen: found[0].Items})
	}
	l.add(history.AppendOp{Op: op, Steps: steps})
}

// queriedWrites has each client look at its own register, and at one that all write, right after it wrote.
func queriedWrites(t T, b *Bench) {
	rnd := b.Rand(t, "own_writes")
	const clients = 8
	l := newRegisterLoad(t, b, b.Shared(t), make([]int, clients+1)...)
	var known atomic.Int64 // the greatest answer of the common register
	each := b.Times(100)
	l.work(rnd, clients, func(c *client) {
		position := uint64(0)
		for own := 1; own <= each; own++ {
			op, a := c.insist(On("Register", l.names[c.n], "Add", 1))
			if !c.check(op, a) || decode[int](c, op, a) != own {
				c.t.Errorf("want %d: %s", own, op.String())
				return
			}
			op, a = c.insist(On("Register", l.names[clients], "Add", 1))
			if c.check(op, a) {
				raise(&known, int64(decode[int](c, op, a)))
			}
			common := known.Load()
			query, cut, ok := c.query(Selection{Type: "Register", Key: l.names[c.n]}, Selection{Type: "Register", Key: l.names[clients]})
			if !ok || len(cut.Entities[0])+len(cut.Entities[1]) != 2 {
				c.t.Errorf("two registers are not found: %s", query.String())
				return
			}
			mine, ours := states[holding](c, query, cut.Entities[0])[0].Value, int64(states[holding](c, query, cut.Entities[1])[0].Value)
			if mine != own || ours < common {
				c.t.Errorf("a query shows %d and %d, after %d and %d were answered: %s", mine, ours, own, common, query.String())
			}
			if cut.Position < position {
				c.t.Errorf("a client's query is at position %d after one at %d: %s", cut.Position, position, query.String())
			}
			position = cut.Position
			raise(&known, ours)
			common = known.Load()
			if s := l.stateOf(c, l.names[c.n]); s != own {
				c.t.Errorf("the state of a client's own register shows %d, after %d was answered: %s", s, own, op.String())
			}
			if s := l.stateOf(c, l.names[clients]); int64(s) < common {
				c.t.Errorf("a state shows %d, after %d was seen", s, common)
			}
		}
	})
}

// raise makes a number at least n.
func raise(known *atomic.Int64, n int64) {
	for old := known.Load(); old < n && !known.CompareAndSwap(old, n); old = known.Load() {
	}
}

// stateOf reads a register's value by its state.
func (l *registerLoad) stateOf(c *client, name string) int {
	a, err := persist(c.t.Context(), func() (Answer, error) { return c.State(c.t.Context(), "Register", name) })
	op := history.Op{Text: "state of Register/" + name, Outcome: outcome(a, err), Answer: said(a, err)}
	if !c.check(op, a) {
		c.tell("a state gives no answer: " + op.String())
		return -1
	}
	return decode[holding](c, op, a).Value
}

// pages asks for a selection page by page.
func (c *client) pages(s Selection) (all []Entity, ok bool) {
	for {
		op, cut, ok := c.query(s)
		if !ok {
			return all, false
		}
		if s.Limit > 0 && len(cut.Entities[0]) > s.Limit {
			c.t.Errorf("a page of %d entities holds %d: %s", s.Limit, len(cut.Entities[0]), op.String())
		}
		for _, e := range cut.Entities[0] {
			if e.Key <= s.After {
				c.t.Errorf("a page after %q holds %q: %s", s.After, e.Key, op.String())
				return all, false
			}
			s.After = e.Key
		}
		all = append(all, cut.Entities[0]...)
		if len(cut.Next) == 0 || cut.Next[0] == "" {
			return all, true
		}
		if cut.Next[0] < s.After {
			c.t.Errorf("a page ends with %q and says that the next is after %q: %s", s.After, cut.Next[0], op.String())
			return all, false
		}
		s.After = cut.Next[0]
	}
}

func keys(found []Entity) (keys []string) {
	for _, e := range found {
		keys = append(keys, e.Key)
	}
	return keys
}

func queriedPages(t T, b *Bench) {
	rnd := b.Rand(t, "filters_and_pages")
	s := b.Shared(t)
	group := b.Name("group")
	const count = 57
	values := map[string]int{}
	for _, i := range rnd.Perm(count) { // created in another order than that of keys
		name := fmt.Sprintf("%s.%02d", group, i)
		values[name] = rnd.IntN(100) - 50
		setUp(t, s.Session(), To("NewRegister", name, group, values[name]))
	}
	filters := map[string]func(name string, value int) bool{
		"":                                func(string, int) bool { return true },
		" && value > 10":                  func(_ string, v int) bool { return v > 10 },
		" && value <= 0":                  func(_ string, v int) bool { return v <= 0 },
		" && (value < -30 || value > 30)": func(_ string, v int) bool { return v < -30 || v > 30 },
		" && value % 2 == 0":              func(_ string, v int) bool { return v%2 == 0 },
		" && name.endsWith(\"3\")":        func(n string, _ int) bool { return n[len(n)-1] == '3' },
		" && value == 1000":               func(string, int) bool { return false },
	}
	newCrowd(t, s, group).work(rnd, 1, func(c *client) {
		for filter, holds := range filters {
			want := []string{}
			for name, v := range values {
				if holds(name, v) {
					want = append(want, name)
				}
			}
			slices.Sort(want)
			where := ofGroup(group) + filter
			for _, limit := range []int{0, 1 + c.rnd.IntN(3), 10, count, 500} {
				selection := Selection{Type: "Register", Where: where, Limit: limit, After: group}
				if limit == 0 {
					selection.After = "" // all pages of all there are
				}
				found, ok := c.pages(selection)
				if got := append([]string{}, keys(found)...); ok && !slices.Equal(got, want) {
					c.t.Errorf("where %s, in pages of %d (0: as many as there are): want %v, got %v", where, limit, want, got)
				}
			}
			if got := append([]string{}, keys(c.list("Register", where, group))...); !slices.Equal(got, want) {
				c.t.Errorf("GET /v1/Register?where=%s: want %v, got %v", where, want, got)
			}
		}
		for _, bad := range []Selection{{Type: "Register", Where: "valu > 1"}, {Type: "Register", Where: "value >"}, {Type: "Registr"}} {
			if cut, err := c.Query(c.t.Context(), bad); err != nil || cut.Code != "InvalidArgument" && cut.Code != "NotFound" {
				c.t.Errorf("a query that means nothing, %+v, is answered %s", bad, said(cut.Answer, err))
			}
		}
	})
}

// list asks for entities of one type without the body of a query.
func (c *client) list(typ, where, after string) []Entity {
	query := url.Values{"where": {where}, "after": {after}, "limit": {"1000"}}
	resp, body, err := c.Raw(c.t.Context(), http.MethodGet, "/v1/"+typ+"?"+query.Encode(), nil, nil)
	var list struct{ Entities []Entity }
	if err == nil {
		err = json.Unmarshal(body, &list)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		c.t.Errorf("GET /v1/%s?%s: %v, %.300s", typ, query.Encode(), err, body)
	}
	return list.Entities
}

func queriedStates(t T, b *Bench) {
	rnd := b.Rand(t, "same_as_states")
	s := b.Shared(t)
	l := newRegisterLoad(t, b, s, 1, 2, 3, 4, 5, 6, 7)
	list := b.Name("list")
	setUp(t, s.Session(), To("NewList", list))
	for v := range 5 {
		setUp(t, s.Session(), On("List", list, "Append", v+1))
	}
	setUp(t, s.Session(), On("Register", l.names[2], "Write", -7))
	l.work(rnd, 1, func(c *client) {
		op, cut, ok := c.query(Selection{Type: "Register", Where: ofGroup(l.name), After: l.name}, Selection{Type: "List", Key: list}, Selection{Type: "List", Key: list + ".none"})
		if !ok {
			return
		}
		if got := keys(cut.Entities[0]); !slices.Equal(got, l.names) {
			c.t.Errorf("want %v, got %v", l.names, got)
		}
		if len(cut.Entities[1]) != 1 || len(cut.Entities[2]) != 0 {
			c.t.Errorf("a list that exists is found %d times, one that does not %d times: %s", len(cut.Entities[1]), len(cut.Entities[2]), op.String())
		}
		for i, typ := range []string{"Register", "List"} {
			for _, e := range cut.Entities[i] {
				a, err := persist(c.t.Context(), func() (Answer, error) { return c.State(c.t.Context(), typ, e.Key) })
				if err != nil || string(compact(a.Value)) != string(compact(e.State)) {
					c.t.Errorf("%s/%s is %s by a query, and %s by itself", typ, e.Key, e.State, said(a, err))
				}
			}
		}
		if a, err := persist(c.t.Context(), func() (Answer, error) { return c.State(c.t.Context(), "List", list+".none") }); err != nil || a.Code != "NotFound" {
			c.t.Errorf("the state of what does not exist: want NotFound, got %s", said(a, err))
		}
	})
}

// pagesUnderWrites creates and deletes seats between seats that stay, while a client goes through all pages.
func pagesUnderWrites(t T, b *Bench) {
	rnd := b.Rand(t, "pages_under_writes")
	s := b.Shared(t)
	group := b.Name("stays")
	want := []string{}
	for i := range 40 {
		want = append(want, fmt.Sprintf("%s.%02d", group, i))
		setUp(t, s.Session(), To("Claim", want[i:i+1], 0, group, 1))
	}
	slices.Sort(want)
	done := make(chan struct{})
	var once sync.Once
	newCrowd(t, s, group).work(rnd, 4, func(c *client) {
		if c.n > 0 {
			come(c, group, done)
			return
		}
		defer once.Do(func() { close(done) })
		for range b.Times(10) {
			found, ok := c.pages(Selection{Type: "Seat", Where: ofGroup(group), After: group, Limit: 7})
			var stay []string
			for _, k := range keys(found) {
				if _, is := slices.BinarySearch(want, k); is {
					stay = append(stay, k)
				}
			}
			if ok && !slices.Equal(stay, want) {
				c.t.Errorf("of what was there all the time, %v, pages show %v", want, stay)
			}
		}
	})
}

// come creates and deletes seats until it is told to stop.
func come(c *client, group string, done chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		place := []string{fmt.Sprintf("%s.%02d.%d", group, c.rnd.IntN(40), c.n)}
		op, a := c.insist(To("Claim", place, 0, group, c.n))
		c.check(op, a)
		if c.rnd.IntN(3) > 0 {
			op, a = c.insist(To("Release", place[0], c.n))
			c.check(op, a)
		}
	}
}
