// This file runs requests: the outermost call is one, and what fails leaves the entities as they were.

package world

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"time"
)

// maxDepth bounds calls of entities inside each other, as the runner's direct driver does.
const maxDepth = 10_000

// request is the running request. Outside of requests depth is 0.
type request struct {
	depth   int
	id      string
	time    time.Time
	undo    *snapshot
	stopped bool   // the depth was passed
	at      string // where an unrecovered panic began
	failed  bool   // it was undone
	random  *random
	next    func() (id string, at time.Time) // how the next request is called; nil in tests
	tests   int                              // requests so far that a test began
	last    time.Time
	copyAll bool // copy at every crossing
	copyOne bool // copy at the next crossing
}

var current = &request{}

// begin starts the request that an outermost call is.
func (r *request) begin() {
	if r.next != nil {
		r.id, r.time = r.next()
	} else {
		r.tests++
		r.id, r.time = fmt.Sprintf("test-%d", r.tests), time.Now().UTC().Round(0)
	}
	if r.time.Before(r.last) {
		r.time = r.last
	}
	r.last, r.random, r.stopped, r.failed, r.at = r.time, nil, false, false, ""
	r.undo = takeSnapshot()
}

func (r *request) rollBack() {
	r.failed = true
	r.undo.restore()
}

// Inside says whether a request is running.
func Inside() bool { return current.depth > 0 }

// Crossing is one call of an entity, a constructor or, from outside, of a function.
type Crossing struct {
	copies   bool // what comes in and goes out is copied as one graph
	returned bool
	object   any
}

// Enter begins a call with pointers to its arguments, which are copied if the call says so.
func Enter(copies bool, args ...any) *Crossing {
	c := EnterFunc()
	c.copies = copies || current.copyAll || current.copyOne
	current.copyOne = false
	if c.copies {
		copyAll(args)
	}
	return c
}

// EnterFunc begins a call of a constructor or function: it stays with its caller, so nothing is copied.
func EnterFunc() *Crossing {
	if current.depth == 0 {
		current.begin()
	}
	if current.depth++; current.depth > maxDepth {
		current.stop()
	}
	return &Crossing{}
}

// stop ends the request so that nobody can recover it. Tests run in a goroutine of their own that must not end: they
// get a panic.
func (r *request) stop() {
	r.depth--
	if r.next == nil {
		panic(&Error{Code: "LimitExceeded", Message: "calls are nested too deeply"})
	}
	r.stopped = true
	runtime.Goexit()
}

// Object gives the object a call runs on, or panics with *Error NotFound.
func Object[T any](c *Crossing, ref *T) *T {
	object := w.object(ref)
	w.running[object]++
	c.object = object
	return object.(*T)
}

// Return notes that the call comes back without a panic.
func (c *Crossing) Return() { c.returned = true }

// Leave ends a call, with pointers to its results. It is deferred.
func (c *Crossing) Leave(results ...any) {
	current.depth--
	if c.object != nil {
		w.running[c.object]--
	}
	outermost := current.depth == 0
	if !c.returned {
		if outermost {
			current.at = panicPlace()
			current.rollBack()
		}
		if c.copies && !current.stopped {
			if p := recover(); p != nil {
				copyAll([]any{&p})
				panic(p)
			}
		}
		return
	}
	if c.copies {
		copyAll(results)
	}
	if outermost && rootError(results) != nil {
		current.rollBack()
	}
}

// rootError is the last result, if it is of type error.
func rootError(results []any) error {
	if len(results) == 0 {
		return nil
	}
	if e, ok := results[len(results)-1].(*error); ok {
		return *e
	}
	return nil
}

// CopyNext is put around the receiver of a call through an interface whose source accepts copies.
func CopyNext[T any](x T) T {
	current.copyOne = true
	return x
}

// panicPlace gives file:line of the user's code where the panic began that runs the caller's deferred function.
func panicPlace() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	own := reflect.TypeFor[Crossing]().PkgPath() + "."
	panicked := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case !panicked || strings.HasPrefix(f.Function, "runtime.") || strings.HasPrefix(f.Function, own) ||
			strings.HasSuffix(f.File, "sfc_plain_added.go"):
		case strings.Contains(strings.SplitN(f.Function, "/", 2)[0], ".") || !strings.HasPrefix(f.File, runtime.GOROOT()):
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if !more {
			return ""
		}
	}
}
