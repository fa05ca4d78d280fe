// This file tests the positions that records and queries tell: they are the order of requests.

package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/stateful-entities/sfc/conformance/history"
)

// A placed request appended to lists, unless it failed, and has a position.
type placed struct {
	op       history.Op
	steps    []history.Step // none if it failed
	position uint64
}

// A seenCut is what a query showed of all lists.
type seenCut struct {
	op    history.Op
	cut   Cut
	lists [][]int
}

// queriedPositions compares lists with the appends in the order of their positions, at the end and at each query.
func queriedPositions(t T, b *Bench) {
	rnd := b.Rand(t, "positions")
	l := newListLoad(t, b, b.Shared(t), 3, b.Times(1000))
	var guard sync.Mutex
	var requests []*placed
	var cuts []seenCut
	l.work(rnd, 8, func(c *client) {
		l.loop(c, func(c *client) {
			if c.n < 2 {
				if cut, ok := l.all(c); ok {
					guard.Lock()
					defer guard.Unlock()
					cuts = append(cuts, cut)
				}
				return
			}
			p := l.place(c)
			guard.Lock()
			defer guard.Unlock()
			requests = append(requests, p)
		})
	})
	told := l.readPositions(requests)
	if told == 0 {
		t.Logf("the target tells no positions")
		return
	}
	l.work(rnd, 1, func(c *client) {
		if cut, ok := l.all(c); ok {
			cuts = append(cuts, cut)
		}
	})
	l.inOrder(requests)
	l.atCuts(requests, cuts)
	t.Logf("%d positions, %d queries", told, len(cuts))
}

// place makes a request that appends, or fails.
func (l *listLoad) place(c *client) *placed {
	steps := l.steps(c.rnd)
	for i := range steps {
		steps[i].Append = int(l.numbers.Add(1))
	}
	r := On("List", steps[0].List, "Relay", arguments(steps))
	if c.rnd.IntN(6) == 0 {
		r = To("FailSteps", arguments(steps))
	}
	op, a := c.insist(r)
	if !c.check(op, a, "Application") {
		steps = nil
	}
	return &placed{op: op, steps: steps}
}

// all queries all lists.
func (l *listLoad) all(c *client) (seen seenCut, ok bool) {
	var selections []Selection
	for _, list := range l.lists {
		selections = append(selections, Selection{Type: "List", Key: list})
	}
	seen.op, seen.cut, ok = c.query(selections...)
	if !ok {
		return seen, false
	}
	for i := range l.lists {
		found := states[listState](c, seen.op, seen.cut.Entities[i])
		if len(found) != 1 {
			c.tell(fmt.Sprintf("a query for a list finds %d: %s", len(found), seen.op.String()))
			return seen, false
		}
		seen.lists = append(seen.lists, found[0].Items)
	}
	return seen, true
}

// readPositions asks for the records of requests and says how many have a position.
func (l *listLoad) readPositions(requests []*placed) (told int) {
	s := l.service.Session()
	for _, p := range requests {
		a, err := persist(l.t.Context(), func() (Answer, error) { return s.Recorded(l.t.Context(), p.op.ID) })
		var body struct {
			Record struct{ Position uint64 }
		}
		if err == nil {
			err = json.Unmarshal(a.Body, &body)
		}
		if err != nil {
			l.t.Errorf("the record of %s: %v", p.op.String(), err)
		}
		if p.position = body.Record.Position; p.position > 0 {
			told++
		}
	}
	return told
}

// inOrder looks whether all requests have a position of their own, in keeping with real time. It sorts them.
func (l *listLoad) inOrder(requests []*placed) {
	slices.SortFunc(requests, func(a, b *placed) int { return cmp.Compare(a.position, b.position) })
	earliest := &placed{op: history.Op{Return: math.MaxInt64}} // the first answer among those with greater positions
	for i, p := range slices.Backward(requests) {
		if p.position == 0 || i > 0 && requests[i-1].position == p.position {
			l.t.Errorf("a request has position %d, which is none or another one's: %s", p.position, p.op.String())
		}
		if earliest.op.Return < p.op.Call {
			l.t.Errorf("a request was sent after another one was answered, and has an earlier position:\n  %d %s\n  %d %s",
				earliest.position, earliest.op.String(), p.position, p.op.String())
		}
		if p.op.Return < earliest.op.Return {
			earliest = p
		}
	}
}

// atCuts looks whether each query shows what the requests up to its position have appended, and nothing else.
func (l *listLoad) atCuts(requests []*placed, cuts []seenCut) {
	slices.SortFunc(cuts, func(a, b seenCut) int { return cmp.Compare(a.cut.Position, b.cut.Position) })
	holds := map[string][]int{}
	for _, seen := range cuts {
		for len(requests) > 0 && requests[0].position <= seen.cut.Position {
			for _, s := range requests[0].steps {
				holds[s.List] = append(holds[s.List], s.Append)
			}
			requests = requests[1:]
		}
		for i, list := range l.lists {
			if !slices.Equal(seen.lists[i], holds[list]) {
				l.t.Errorf("a query at position %d shows list %s with %d numbers, and the requests up to there have appended %d: %s",
					seen.cut.Position, list, len(seen.lists[i]), len(holds[list]), seen.op.String())
				return
			}
		}
	}
	if len(requests) > 0 {
		l.t.Errorf("the last query is at a position before that of a request that was answered before: %s", requests[0].op.String())
	}
}
