// This file runs one activation for one event and keeps nothing but bytes.

package runner

import (
	"fmt"
	"io"
)

// Home is what an address has of one transaction: its committed state, which the transaction does not change, and its
// record, from one event to the next.
type Home struct {
	Committed []byte    // nil: there is no such entity
	Record    []byte    // nil: the transaction has not been here
	Debug     io.Writer // where debug output goes; nil: nowhere
}

// Activate runs the activation that an event is for, until it has an answer or must ask another address. It gives the
// home's new record and the one event to send. An error means that the bytes are not those of this program: nothing
// has happened.
//
// There is never more than one event of a request on its way, so the activation that gets an answer is always the
// youngest one at the address.
func Activate(p *Program, l Limits, h Home, ev Event) (record []byte, out Event, err error) {
	threads := &p.tables().threads
	t := threads.Get().(*Thread)
	defer func() {
		t.end()
		threads.Put(t)
	}()
	a := &activation{t: t, ev: ev}
	if err := a.load(l, h); err != nil {
		return nil, Event{}, err
	}
	if err := a.accept(); err != nil {
		return nil, Event{}, err
	}
	t.run()
	out = a.answer()
	record, err = p.encodeRecord(&t.enc, a.saved())
	if err != nil {
		t.halt(asStop(err), "")
		out = a.send(Event{Kind: Stopped, To: Address{Type: Client}, Failure: t.stopped})
		a.r.slots, a.r.waits, a.r.cell = nil, nil, nil
		record, err = p.encodeRecord(&t.enc, a.r)
	}
	return append([]byte(nil), record...), out, err
}

// activation is one run of Activate.
type activation struct {
	t   *Thread
	ev  Event
	r   *record
	c   *cell // nil at a request cell
	now waiting
}

// load makes the thread ready and decodes the home.
func (a *activation) load(l Limits, h Home) error {
	t, m := a.t, a.ev.Meter
	t.begin(l, &Call{Request: m.Request, Debug: h.Debug}, byMessage)
	t.Budget, t.bytes, t.invocations, t.Depth = m.Steps, m.Bytes, m.Invocations, m.Depth
	if err := t.random.load(m.Random); err != nil {
		return err
	}
	if a.ev.To.Type >= 0 {
		if a.ev.To.Type >= len(t.prog.Types) {
			return fmt.Errorf("no entity type %d in program %s", a.ev.To.Type, t.prog.ID)
		}
		a.c = &cell{ty: t.prog.Types[a.ev.To.Type], key: a.ev.To.Key}
	}
	if h.Record == nil {
		return a.first(h.Committed)
	}
	var err error
	if a.r, err = t.prog.decodeRecord(h.Record, a.c); err != nil {
		return err
	}
	return a.reload(h.Committed)
}

// first makes the record of an address that the transaction has not been at.
func (a *activation) first(committed []byte) error {
	a.r = &record{cell: a.c}
	if a.c == nil {
		return nil
	}
	a.ev.Meter.Entities++
	if committed == nil {
		return nil
	}
	a.c.existed = true
	a.c.obj = &object{cell: a.c}
	return a.reload(committed)
}

// reload takes the committed state where the record left it out.
func (a *activation) reload(committed []byte) error {
	if a.c == nil || a.c.obj == nil || a.c.obj.state != nil {
		return nil
	}
	state, err := a.t.prog.DecodeState(a.c.ty, committed)
	a.c.obj.state = state
	return err
}

// accept takes the event: it puts frames on the stack, or notes the answer for those that are there.
func (a *activation) accept() error {
	t, ev := a.t, &a.ev
	switch ev.Kind {
	case Invocation:
		if ev.Func < 0 || ev.Func >= len(t.prog.Funcs) {
			return fmt.Errorf("no function %d in program %s", ev.Func, t.prog.ID)
		}
		a.now = waiting{from: ev.From}
		t.base = t.Depth
		f, err := t.prog.DecodeFrame(t.prog.Funcs[ev.Func], ev.Body)
		if err != nil {
			return err
		}
		t.attempt(func() { a.enter(f) })
	case Creation, Deletion, Question:
		a.now = waiting{from: ev.From}
		t.base = t.Depth
		t.attempt(a.change)
	case Returned, Fulfilled, Answered, Panicked:
		return a.resume()
	default:
		return fmt.Errorf("an event of kind %d is not for an activation", ev.Kind)
	}
	return nil
}

// enter starts the invoked frame.
func (a *activation) enter(f Frame) {
	t, fn := a.t, f.Func()
	var self *object
	if a.c != nil {
		a.countEntity()
		if a.c.obj == nil {
			panic(notFound(a.c.name(), fn.Name, a.ev.At))
		}
		self = a.c.obj
		if fn.Writes {
			t.beforeWrite(self)
		}
	}
	t.push(f, fn, self, a.c, true)
}

// change creates, deletes or looks for the entity.
func (a *activation) change() {
	a.countEntity()
	switch c := a.c; a.ev.Kind {
	case Creation:
		if c.obj != nil {
			panic(alreadyExists(c.name(), a.ev.At))
		}
		c.obj = &object{cell: c, state: a.t.decodeState(c.ty, a.ev.Body), created: true}
	case Deletion:
		if c.obj == nil {
			panic(notFound(c.name(), "", a.ev.At))
		}
		c.obj = nil
	}
}

func (a *activation) countEntity() {
	if a.ev.Meter.Entities > a.t.limits.Entities {
		a.t.stop(exceeded("entities", int64(a.t.limits.Entities)))
	}
}

// resume puts the youngest activation's frames on the stack and gives them the answer.
func (a *activation) resume() error {
	t, ev, n := a.t, &a.ev, len(a.r.waits)-1
	if n < 0 {
		return fmt.Errorf("an answer for %s, which waits for none", a.c.name())
	}
	a.now = a.r.waits[n]
	a.r.waits = a.r.waits[:n]
	first := len(a.r.slots) - a.now.frames
	if first < 0 {
		return fmt.Errorf("a record of %s with too few frames", a.c.name())
	}
	t.base = t.Depth
	for _, s := range a.r.slots[first:] {
		t.base -= t.facts.funcs[s.fn.ID].units
	}
	depth := t.base
	for _, s := range a.r.slots[first:] {
		depth += t.facts.funcs[s.fn.ID].units
		s.depth = depth
		t.stack = append(t.stack, s)
	}
	a.r.slots = a.r.slots[:first]
	switch ev.Kind {
	case Returned:
		if ev.Func < 0 || ev.Func >= len(t.prog.Funcs) {
			return fmt.Errorf("no function %d in program %s", ev.Func, t.prog.ID)
		}
		f, err := t.prog.DecodeFrame(t.prog.Funcs[ev.Func], ev.Body)
		if err != nil {
			return err
		}
		t.Ret = f
	case Answered:
		t.Found = ev.Yes
	case Panicked:
		p, err := t.prog.decodePanic(ev.Body)
		if err != nil {
			return err
		}
		t.throw(p)
	}
	return nil
}

// answer is the event that follows from how the activation stands.
func (a *activation) answer() Event {
	t := a.t
	if ev, ok := a.finished(); ok {
		return a.send(ev)
	}
	if t.stopped != nil {
		t.stopped.ID = t.request.ID
		if t.stopped.Method == "" { // before a frame ran: it is the asker's
			t.stopped.Method, t.stopped.At, t.stopped.Entity = a.ev.Method, a.ev.At, a.asker()
		}
		return a.send(Event{Kind: Stopped, To: Address{Type: Client}, Failure: t.stopped})
	}
	return a.send(t.out)
}

// finished gives the activation's answer to who asked, if it has one.
func (a *activation) finished() (ev Event, ok bool) {
	t := a.t
	ev = Event{To: a.now.from}
	t.attempt(func() {
		switch {
		case t.stopped != nil:
			return
		case t.panicked != nil:
			ev.Kind, ev.Body = Panicked, a.panic()
			if t.stopped != nil {
				return
			}
		case len(t.stack) > 0:
			return
		case a.ev.Kind == Creation || a.ev.Kind == Deletion:
			ev.Kind = Fulfilled
		case a.ev.Kind == Question:
			ev.Kind, ev.Yes = Answered, a.c.obj != nil
		default:
			fn := t.Ret.Func()
			t.stack = append(t.stack, slot{f: t.Ret, fn: fn, home: a.c}) // whose a stop is
			ev.Kind, ev.Func, ev.Body = Returned, fn.ID, t.encodeFrame(t.Ret, fn.CopyResults, true, "results")
			if a.now.from.Type != Client && t.facts.funcs[fn.ID].results {
				t.payCrossing()
			}
			t.stack = t.stack[:0]
		}
		ok = true
	})
	return ev, ok
}

// panic encodes the panic that leaves the entity. One that was raised for who asked began there.
func (a *activation) panic() []byte {
	p := a.t.panicked
	if p.Method == "" {
		q := *p
		q.Method, q.At, q.Entity = a.ev.Method, a.ev.At, a.asker()
		p = &q
	}
	b, err := a.t.prog.encodePanic(p)
	if err != nil {
		a.t.haltAt(asStop(err), p)
	}
	return b
}

// asker is the entity that asks; a client asks in the name of the root.
func (a *activation) asker() string {
	if a.ev.From.Type == Client {
		return a.t.prog.addressName(a.ev.To)
	}
	return a.t.prog.addressName(a.ev.From)
}

// send completes an event with what the request carries along.
func (a *activation) send(ev Event) Event {
	t := a.t
	ev.From = a.ev.To
	ev.Meter = Meter{
		Request: t.request, Steps: t.Budget, Bytes: t.bytes, Depth: t.Depth,
		Invocations: t.invocations, Entities: a.ev.Meter.Entities, Random: t.random.save(),
	}
	return ev
}

// saved is the record to keep: the activation goes back to it if it waits.
func (a *activation) saved() *record {
	if n := len(a.t.stack); n > 0 && a.t.stopped == nil {
		a.r.waits = append(a.r.waits, waiting{from: a.now.from, frames: n})
		a.r.slots = append(a.r.slots, a.t.stack...)
	}
	return a.r
}

// addressName is Type/key, "" for what is no entity.
func (p *Program) addressName(a Address) string {
	if a.Type < 0 {
		return ""
	}
	return p.Types[a.Type].Name + "/" + a.Key
}

// Settle gives what the transaction did to the entity at a home, for its commit. Frames must have ended.
func Settle(p *Program, to Address, record []byte) (Change, bool, error) {
	if to.Type < 0 {
		return Change{}, false, nil
	}
	c := &cell{ty: p.Types[to.Type], key: to.Key}
	r, err := p.decodeRecord(record, c)
	if err != nil {
		return Change{}, false, err
	}
	if len(r.waits) > 0 {
		return Change{}, false, fmt.Errorf("%s still runs", c.name())
	}
	ch, ok := c.change()
	return ch, ok, nil
}
