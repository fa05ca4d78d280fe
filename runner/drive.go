// This file drives a thread's frames: the loop, returns, and panics on their way up.

package runner

import "reflect"

// run steps frames until the bottom one has returned, a panic has left it, the request is stopped, or, in message
// mode, the activation must wait.
func (t *Thread) run() {
	for t.stopped == nil && t.panicked == nil && len(t.stack) > 0 {
		if t.loop() {
			return
		}
	}
}

// loop steps frames until there is nothing to do (true) or a Go panic was caught (false). All frames share its one
// deferred recover.
func (t *Thread) loop() (done bool) {
	defer func() {
		if !done {
			t.caught(recover())
		}
	}()
	for {
		top := &t.stack[len(t.stack)-1]
		if t.mode == chaotic {
			t.watchTop(top)
		}
		op := top.f.Step(t)
		t.recovered = nil
		if t.mode == chaotic {
			t.checkWatched()
		}
		if op == Return {
			if t.returned() {
				return true
			}
			continue
		}
		switch t.mode {
		case chaotic:
			t.shake()
		case byMessage:
			if t.out.Kind != 0 {
				return true
			}
		}
	}
}

// returned pops the top frame and shows it to its caller. It says whether it was the bottom one.
func (t *Thread) returned() bool {
	n := len(t.stack) - 1
	top := &t.stack[n]
	f := top.f
	if top.entry && (n > 0 || t.mode != byMessage) {
		if t.facts.funcs[top.fn.ID].results {
			f = t.crossed(f, top.fn, top.fn.CopyResults, "results")
			if n > 0 {
				t.payCrossing()
			}
		}
		if top.fn.CopyResults && n > 0 { // the root's frame is the client's
			t.Free(top.f)
		}
	}
	*top = slot{}
	t.stack = t.stack[:n]
	t.Ret = f
	t.Depth = t.depth()
	return n == 0
}

// depth is the depth that the frames on the stack amount to.
func (t *Thread) depth() int {
	if n := len(t.stack); n > 0 {
		return t.stack[n-1].depth
	}
	return t.base
}

// caught goes on with a Go panic that left a Step.
func (t *Thread) caught(r any) {
	if s, ok := pendingStop(); ok {
		r = s
	}
	switch r := r.(type) {
	case nil: // runtime.Goexit: the goroutine ends
	case Stop:
		at := r.at
		if at == "" {
			at = t.place(true)
		}
		t.halt(r, at)
	case rethrown:
		t.throw(t.located(r.p))
	default:
		v := t.prog.spokenError(r)
		if p := t.earlier(v); p != nil {
			t.throw(p)
			return
		}
		t.throw(t.located(&Panic{Val: v, At: t.place(true)}))
	}
}

// earlier finds the panic that code recovered and now raises again, as in panic(r): its place stays.
func (t *Thread) earlier(r any) *Panic {
	if p := t.recovered; p != nil && sameValue(p.Val, r) {
		return t.located(p)
	}
	if n := len(t.stack); n > 0 {
		if p := t.stack[n-1].recovered; p != nil && sameValue(p.Val, r) {
			return p
		}
	}
	return nil
}

func sameValue(a, b any) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && isComparable(a) && isComparable(b) && a == b
}

// located adds where a panic began, if that is not known yet.
func (t *Thread) located(p *Panic) *Panic {
	if p.Method == "" && len(t.stack) > 0 {
		q := *p
		top := &t.stack[len(t.stack)-1]
		q.Entity, q.Method = top.home.name(), top.fn.Name
		return &q
	}
	return p
}

// halt stops the request in the top frame, at a place or, if that is not known, at the function's declaration.
func (t *Thread) halt(s Stop, at string) {
	where := &Panic{At: at}
	if len(t.stack) > 0 {
		top := &t.stack[len(t.stack)-1]
		where.Entity, where.Method = top.home.name(), top.fn.Name
		if at == "" {
			where.At = top.fn.place()
		}
	}
	t.haltAt(s, where)
}

// haltAt stops the request where a panic began.
func (t *Thread) haltAt(s Stop, p *Panic) {
	t.stopped = &Failure{
		Error: Error{Code: s.Code, Message: s.Message, Entity: p.Entity, Method: p.Method, At: p.At},
		ID:    t.request.ID,
	}
}

// throw unwinds frames to the nearest one with an unwind edge. Each frame costs a step: a frame that panics again and
// again in the block of its own edge comes to an end too. Where the panic leaves an entity, its value is copied.
func (t *Thread) throw(p *Panic) {
	for len(t.stack) > 0 {
		n := len(t.stack) - 1
		top := &t.stack[n]
		if t.Budget--; t.Budget < 0 {
			t.halt(exceeded("steps", t.limits.Steps), p.At)
			return
		}
		t.Depth = top.depth
		if u, ok := top.f.(Unwinder); ok && u.Unwind(p) {
			top.recovered = p
			return
		}
		if top.entry && n > 0 {
			q, err := t.prog.copyPanic(p)
			if err != nil {
				t.haltAt(asStop(err), p)
				return
			}
			p = q
		}
		t.stack[n] = slot{}
		t.stack = t.stack[:n]
	}
	t.Depth = t.base
	t.panicked = p
}

// attempt runs f, which may panic as generated code does, outside any frame.
func (t *Thread) attempt(f func()) {
	done := false
	defer func() {
		if !done {
			t.caught(recover())
		}
	}()
	f()
	done = true
}
