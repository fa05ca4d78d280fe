// This file is the direct driver, which runs a whole call tree over a world, and chaos, its variant for tests.

package runner

import "io"

// Call is a request to run.
type Call struct {
	Func    *Func
	Key     string // of the entity; "" for free functions and constructors
	Frame   Frame  // with its arguments set; the driver runs it
	Request Request
	Debug   io.Writer // where debug output goes; nil: nowhere
	// Answer is given the root frame with its results after it returned without an error, and before the commit. An
	// error rolls back: an [*Error] with its code, others as Application. Nil: nothing to do.
	Answer func(Frame) error
}

// Direct runs a request over w as one transaction: it commits, or leaves w as it was.
func Direct(p *Program, w World, l Limits, c Call) Outcome { return runDirect(p, w, l, c, directly) }

// Chaos is Direct, but wherever a frame suspends, all frames and objects of the transaction are encoded, dropped and
// decoded again. It finds what a frame forgets; the outcomes must be those of Direct.
func Chaos(p *Program, w World, l Limits, c Call) Outcome { return runDirect(p, w, l, c, chaotic) }

func runDirect(p *Program, w World, l Limits, c Call, m mode) Outcome {
	if fail := refuse(&c); fail != nil {
		return Outcome{Err: fail}
	}
	threads := &p.tables().threads
	t := threads.Get().(*Thread)
	t.begin(l, &c, m)
	t.cells.world = w
	t.attempt(func() { t.start(&c) })
	t.run()
	out := t.outcome(&c)
	if out.Err == nil {
		if changes := t.cells.changes(); len(changes) > 0 {
			out = committed(w, changes, t.limits.State, &c, out)
		}
	}
	if out.Err != nil {
		w.Abort()
	}
	t.end()
	threads.Put(t)
	return out
}

// refuse checks a request before it starts.
func refuse(c *Call) *Failure {
	var f *Failure
	if c.Func.Entity != nil {
		if why := c.Func.Entity.KeyFault(c.Key); why != "" {
			f = newFailure(c, "InvalidArgument")
			f.Message = why
		}
	}
	if d := c.Request.Deadline; !d.IsZero() && c.Request.Time.After(d) {
		f = newFailure(c, "DeadlineExceeded")
		f.Message = "the deadline passed before the request started"
	}
	return f
}

// start puts the root frame on the stack.
func (t *Thread) start(c *Call) {
	fn := c.Func
	f := t.handIn(c.Frame, fn)
	var home *cell
	var self *object
	if fn.Entity != nil {
		home = t.cell(fn.Entity, c.Key)
		if self = home.obj; self == nil {
			panic(notFound(home.name(), fn.Name, ""))
		}
		if fn.Writes {
			t.beforeWrite(self)
		}
	}
	t.push(f, fn, self, home, true)
}

// outcome is how the transaction ended, but for its commit.
func (t *Thread) outcome(c *Call) Outcome {
	switch {
	case t.stopped != nil:
		if t.stopped.Method == "" { // before the root frame ran
			at := newFailure(c, t.stopped.Code)
			t.stopped.Method, t.stopped.Entity, t.stopped.At = at.Method, at.Entity, at.At
		}
		return Outcome{Err: t.stopped}
	case t.panicked != nil:
		return Outcome{Err: panicFailure(t.prog, c, t.panicked)}
	}
	return c.answered(t.Ret)
}

// answered is the outcome of a root frame that has returned.
func (c *Call) answered(f Frame) Outcome {
	if fail := rootError(c, f); fail != nil {
		return Outcome{Err: fail}
	}
	if c.Answer != nil {
		var err error
		var why Failure // where it failed is worked out only if it did
		hostCall(&why, func() { err = c.Answer(f) })
		if why.Code != "" {
			fail := newFailure(c, why.Code)
			fail.Message = why.Message
			return Outcome{Err: fail}
		}
		if err != nil {
			return Outcome{Err: answerFailure(c, err)}
		}
	}
	return Outcome{Frame: f}
}

// committed stores the changes, or makes the outcome a failure.
func committed(w World, changes []Change, maxState int, c *Call, out Outcome) Outcome {
	err := w.Commit(changes, maxState)
	if err == nil {
		return out
	}
	return Outcome{Err: errorFailure(c, err)}
}
