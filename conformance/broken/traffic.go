// This file knows which requests are under way: most faults of isolation show only when several are.

package broken

import (
	"context"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

// traffic is what is known of the requests under way.
type traffic struct {
	program   *runner.Program
	guard     sync.Mutex
	waiting   int               // requests that have come and have no answer yet
	committed uint64            // how many have changed something
	arrived   map[string]uint64 // by request id: what committed was when it came
}

// counted keeps traffic.
type counted struct {
	gateway.Executor
	traffic *traffic
	linger  time.Duration
}

func (x counted) Call(ctx context.Context, r gateway.Request) gateway.Response {
	x.traffic.begin(r.ID)
	defer x.traffic.end(r.ID)
	time.Sleep(x.linger)
	return x.Executor.Call(ctx, r)
}

func (t *traffic) begin(id string) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.waiting++
	if _, twice := t.arrived[id]; !twice {
		t.arrived[id] = t.committed
	}
}

func (t *traffic) end(id string) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.waiting--
	delete(t.arrived, id)
}

// commit counts a change, and gives its number.
func (t *traffic) commit() uint64 {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.committed++
	return t.committed
}

// since gives what was committed when a request came.
func (t *traffic) since(id string) uint64 {
	t.guard.Lock()
	defer t.guard.Unlock()
	return t.arrived[id]
}

// busy says whether more than one request is under way.
func (t *traffic) busy() bool {
	t.guard.Lock()
	defer t.guard.Unlock()
	return t.waiting > 1
}

// copier makes copies of a state; nil is its own.
func (t *traffic) copier(ty *runner.EntityType, state any) func() any {
	if state == nil {
		return func() any { return nil }
	}
	text, err := t.program.EncodeState(ty, state, maxState)
	if err != nil {
		panic(err) // it was decoded
	}
	return func() any {
		fresh, err := t.program.DecodeState(ty, text)
		if err != nil {
			panic(err)
		}
		return fresh
	}
}
