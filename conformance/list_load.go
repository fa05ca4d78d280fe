// This file appends to lists and reads them from many clients at once, and has the history judged.

package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stateful-entities/sfc/conformance/history"
)

// listLoad is a load on a few lists.
type listLoad struct {
	*crowd
	lists   []string
	numbers atomic.Int64 // what was appended last: all numbers differ
	left    atomic.Int64 // operations that are still to be made
	guard   sync.Mutex
	ops     []history.AppendOp
}

// newListLoad creates the lists.
func newListLoad(t T, b *Bench, s Service, lists, operations int) *listLoad {
	l := &listLoad{crowd: newCrowd(t, s, b.Name("lists"))}
	l.left.Store(int64(operations))
	session := s.Session()
	for i := range lists {
		l.lists = append(l.lists, fmt.Sprintf("%s.%d", l.name, i))
		setUp(t, session, To("NewList", l.lists[i]))
	}
	return l
}

// judge reads all lists a last time and checks the history.
func (l *listLoad) judge(rnd *rand.Rand) {
	l.work(rnd, 1, func(c *client) {
		op, a := c.insist(To("ReadLists", l.lists))
		l.note(c, op, a, l.reads())
	})
	l.answered(len(l.ops))
	appends := 0
	for _, op := range l.ops {
		if op.Outcome == history.Done && slices.ContainsFunc(op.Steps, func(s history.Step) bool { return s.Append != 0 }) {
			appends++
		}
	}
	l.t.Logf("%d requests on %d lists, %d of them appended", len(l.ops), len(l.lists), appends)
	for _, a := range history.CheckAppends(l.ops) {
		l.t.Errorf("%s", a)
	}
}

// reads are steps that read all lists.
func (l *listLoad) reads() (steps []history.Step) {
	for _, list := range l.lists {
		steps = append(steps, history.Step{List: list})
	}
	return steps
}

// loop makes operations until there are enough.
func (l *listLoad) loop(c *client, one func(c *client)) {
	for l.left.Add(-1) >= 0 && c.t.Context().Err() == nil {
		one(c)
	}
}

// pick draws a list: some are asked for more than others.
func (l *listLoad) pick(rnd *rand.Rand) string {
	x := rnd.Float64()
	return l.lists[int(x*x*float64(len(l.lists)))]
}

// steps draws what a request does.
func (l *listLoad) steps(rnd *rand.Rand) (steps []history.Step) {
	for range 1 + rnd.IntN(4) {
		s := history.Step{List: l.pick(rnd)}
		if rnd.IntN(2) == 0 {
			s.Append = int(l.numbers.Add(1))
		}
		steps = append(steps, s)
	}
	return steps
}

// mixed makes a request of any form.
func (l *listLoad) mixed(c *client) {
	steps := l.steps(c.rnd)
	switch c.rnd.IntN(10) {
	case 0:
		l.single(c)
	case 1:
		op, a := c.do(To("ReadLists", l.lists))
		l.note(c, op, a, l.reads())
	case 2:
		l.failing(c, steps)
	case 3, 4:
		l.run(c, To("RunSteps", arguments(steps)), steps)
	case 5:
		l.run(c, On("List", l.pick(c.rnd), "RunHere", arguments(steps)), steps)
	case 6, 7:
		l.run(c, On("List", steps[len(steps)-1].List, "RelayBack", arguments(steps)), steps)
	default:
		l.run(c, On("List", steps[0].List, "Relay", arguments(steps)), steps)
	}
}

// arguments is the JSON of steps.
func arguments(steps []history.Step) []any {
	args := []any{}
	for _, s := range steps {
		args = append(args, map[string]any{"On": s.List, "Add": s.Append})
	}
	return args
}

// run makes a request that answers with what its steps saw.
func (l *listLoad) run(c *client, r Request, steps []history.Step) {
	op, a := c.do(r)
	l.note(c, op, a, steps)
}

// failing makes a request that appends, and fails.
func (l *listLoad) failing(c *client, steps []history.Step) {
	name, code := "FailSteps", "Application"
	if c.rnd.IntN(2) == 0 {
		name, code = "PanicSteps", "Panic"
	}
	op, a := c.do(To(name, arguments(steps)))
	if c.check(op, a, code) {
		c.tell(fmt.Sprintf("a request that must fail succeeds: %s", op.String()))
	}
	l.add(history.AppendOp{Op: op, Steps: steps})
}

// single makes a request of one method of one list.
func (l *listLoad) single(c *client) {
	s := history.Step{List: l.pick(c.rnd)}
	if c.rnd.IntN(2) == 0 {
		op, a := c.do(On("List", s.List, "Read"))
		if c.check(op, a) {
			s.Seen = decode[[]int](c, op, a)
		}
		l.add(history.AppendOp{Op: op, Steps: []history.Step{s}})
		return
	}
	s.Append = int(l.numbers.Add(1))
	op, a := c.do(On("List", s.List, "Append", s.Append))
	if c.check(op, a) {
		decode[int](c, op, a)
	}
	l.add(history.AppendOp{Op: op, Steps: []history.Step{s}})
}

// note keeps a request that answers with what its steps saw.
func (l *listLoad) note(c *client, op history.Op, a Answer, steps []history.Step) {
	if c.check(op, a) {
		seen := decode[[][]int](c, op, a)
		if len(seen) != len(steps) {
			c.tell(fmt.Sprintf("an answer of another form: %s", op.String()))
			return
		}
		for i := range steps {
			if steps[i].Append == 0 {
				steps[i].Seen = seen[i]
			} else if seen[i] != nil {
				c.tell(fmt.Sprintf("an append answers with a list: %s", op.String()))
			}
		}
	}
	l.add(history.AppendOp{Op: op, Steps: steps})
}

func (l *listLoad) add(op history.AppendOp) {
	l.guard.Lock()
	defer l.guard.Unlock()
	l.ops = append(l.ops, op)
}
