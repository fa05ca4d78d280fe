// This file drives a program by messages, for tests: nothing but bytes lives between two events.

package runner

import (
	"fmt"
	"io"
	"math/rand/v2"
)

// Messages is a world driven by events, one transaction at a time. The decision at the end goes to all addresses that
// the transaction touched as events of their own, delivered in an order that the seed chooses.
type Messages struct {
	prog      *Program
	committed *Memory
	order     *rand.Rand

	records map[Address][]byte
	touched []Address // in the order of first touch
	debug   io.Writer // of the request

	Events  int // delivered so far
	Largest int // bytes of the largest record so far
}

// NewMessages makes an empty world.
func NewMessages(p *Program, seed uint64) *Messages {
	return &Messages{prog: p, committed: NewMemory(p), order: rand.New(rand.NewPCG(seed, 0))}
}

// State gives a copy of a committed state.
func (m *Messages) State(ty *EntityType, key string) (any, bool) { return m.committed.State(ty, key) }

// Keys gives the keys of all entities of a type, sorted.
func (m *Messages) Keys(ty *EntityType) []string { return m.committed.Keys(ty) }

// Run runs a request: it commits, or changes nothing.
func (m *Messages) Run(l Limits, c Call) Outcome {
	if fail := refuse(&c); fail != nil {
		return Outcome{Err: fail}
	}
	l = l.OrDefault()
	m.records, m.touched, m.debug = map[Address][]byte{}, nil, c.Debug
	ev, fail := m.request(l, &c)
	for fail == nil && ev.To.Type != Client {
		var err error
		if ev, err = m.deliver(l, ev); err != nil {
			fail = errorFailure(&c, err)
		}
	}
	if fail != nil {
		return Outcome{Err: fail}
	}
	out := m.outcome(&c, ev)
	if out.Err == nil {
		out = m.decide(l, &c, out)
	}
	return out
}

// request is the event that starts a request.
func (m *Messages) request(l Limits, c *Call) (Event, *Failure) {
	b, err := m.prog.Encode(true, c.Frame.Enc)
	switch {
	case err != nil:
		err = fmt.Errorf("arguments of %s: %w", c.Func.Name, err)
	case len(b) > l.Message:
		err = exceeded("bytes of the arguments of "+c.Func.Name, int64(l.Message))
	}
	if err != nil {
		return Event{}, errorFailure(c, err)
	}
	to := Address{RequestCell, c.Request.ID}
	if c.Func.Entity != nil {
		to = Address{c.Func.Entity.ID, c.Key}
	}
	at := newFailure(c, "").At
	return Event{Kind: Invocation, To: to, From: Address{Type: Client}, Func: c.Func.ID, Body: b, At: at,
		Method: c.Func.Name, Meter: Meter{Request: c.Request, Steps: l.Steps, Bytes: l.Bytes}}, nil
}

// deliver gives an event to its address, and the next event back.
func (m *Messages) deliver(l Limits, ev Event) (Event, error) {
	m.Events++
	home := Home{Record: m.records[ev.To], Debug: m.debug}
	if ev.To.Type >= 0 {
		home.Committed = m.committed.states[ev.To.Type][ev.To.Key]
	}
	record, out, err := Activate(m.prog, l, home, ev)
	if err != nil {
		return Event{}, fmt.Errorf("at %s: %w", m.prog.addressName(ev.To), err)
	}
	if home.Record == nil {
		m.touched = append(m.touched, ev.To)
	}
	m.records[ev.To] = record
	m.Largest = max(m.Largest, len(record))
	return out, nil
}

// outcome reads the answer to the client.
func (m *Messages) outcome(c *Call, ev Event) Outcome {
	switch ev.Kind {
	case Stopped:
		return Outcome{Err: ev.Failure}
	case Panicked:
		p, err := m.prog.decodePanic(ev.Body)
		if err != nil {
			return Outcome{Err: errorFailure(c, err)}
		}
		return Outcome{Err: panicFailure(m.prog, c, p)}
	}
	f, err := m.prog.DecodeFrame(c.Func, ev.Body)
	if err != nil {
		return Outcome{Err: errorFailure(c, err)}
	}
	return c.answered(f)
}

// decide commits at all addresses, unless one of the states is too large.
func (m *Messages) decide(l Limits, c *Call, out Outcome) Outcome {
	var changes []Change
	for _, a := range m.touched {
		ch, ok, err := Settle(m.prog, a, m.records[a])
		if err != nil {
			return Outcome{Err: errorFailure(c, err)}
		}
		if !ok {
			continue
		}
		if ch.State != nil {
			if _, err := m.prog.EncodeState(ch.Type, ch.State, l.State); err != nil {
				return Outcome{Err: errorFailure(c, err)}
			}
		}
		changes = append(changes, ch)
	}
	m.order.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	for _, ch := range changes {
		m.Events++
		if err := m.committed.Commit([]Change{ch}, l.State); err != nil {
			return Outcome{Err: errorFailure(c, err)}
		}
	}
	return out
}
