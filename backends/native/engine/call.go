// This file takes requests in: it checks them, queues them, and waits for their answers.

package engine

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

// task is one request on its way.
type task struct {
	gateway.Request
	arguments []byte // the frame as it came, encoded
	begun     atomic.Bool
	answer    chan gateway.Response // one is sent, unless the engine fails
	response  gateway.Response
}

// begin takes the right to run the task, or to give it up: one of both gets it.
func (t *task) begin() bool { return t.begun.CompareAndSwap(false, true) }

// NewRequest makes a request from JSON: of a function as "Transfer", or of a method as "User.BuyItem" with the key of
// its entity. body is an array of arguments, an object by name, or nothing. With the id "" the request gets one of its
// own; an id that is given may come again, and is then answered with what is recorded.
func (e *Engine) NewRequest(id, function, key string, body []byte) (gateway.Request, error) {
	for _, f := range e.program.Funcs {
		if f.Name != function || !f.Exported {
			continue
		}
		r := gateway.Request{ID: id, Client: id != "", Func: f, Key: key}
		if id == "" {
			r.ID = gateway.NewID(time.Now())
		} else if fail := gateway.CheckID(id); fail != nil {
			return r, fail
		}
		var err error
		if r.Frame, err = e.codec.Frame(body, f); err != nil {
			return r, gateway.Errorf("InvalidArgument", "arguments of %s: %v", f.Name, err)
		}
		return r, nil
	}
	return gateway.Request{}, gateway.Errorf("NotFound", "no function %q can be requested", function)
}

// Call runs a request, or answers with what is recorded under its id; while the first request of an id runs, others of
// it wait for its answer. A request whose deadline passes, or whose ctx ends, before its turn does not run.
func (e *Engine) Call(ctx context.Context, r gateway.Request) gateway.Response {
	t, fail := e.newTask(r)
	if fail != nil {
		return gateway.Response{ID: r.ID, Err: fail}
	}
	if e.isClosing() || e.hasFailed() {
		return t.refused(e.gone())
	}
	e.warm(r)
	select {
	case e.queue <- t:
	default:
		return t.refused(gateway.Errorf("Overloaded", "%d requests are waiting", cap(e.queue)))
	}
	select {
	case resp := <-t.answer:
		return resp
	case <-ctx.Done():
	case <-e.over:
	}
	select { // both may have happened
	case resp := <-t.answer:
		return resp
	default:
	}
	return t.refused(e.left(ctx, t))
}

// left is the answer for a request that is not waited for any longer.
func (e *Engine) left(ctx context.Context, t *task) *sfc.Error {
	notRun := t.begin()
	switch {
	case ctx.Err() == nil:
		return e.gone()
	case !notRun:
		return gateway.Errorf("Unavailable", "no answer in time: ask again with the same id")
	case !t.Deadline.IsZero() && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return deadlinePassed()
	}
	return gateway.Errorf("Unavailable", "given up before it started: %v", ctx.Err())
}

func deadlinePassed() *sfc.Error {
	return gateway.Errorf("DeadlineExceeded", "the deadline passed before the request started")
}

// gone says why the engine takes no requests.
func (e *Engine) gone() *sfc.Error {
	select {
	case <-e.failed:
		return gateway.Errorf("Unavailable", "%v", e.failure)
	default:
		return gateway.Errorf("Unavailable", "the engine is stopping")
	}
}

// refused is the answer of a request that did not run, or whose outcome is unknown. It is not recorded.
func (t *task) refused(why *sfc.Error) gateway.Response {
	why.Method, why.Entity = t.Func.Name, t.Entity()
	return gateway.Response{ID: t.ID, Err: why}
}

func (e *Engine) newTask(r gateway.Request) (*task, *sfc.Error) {
	t := &task{Request: r, answer: make(chan gateway.Response, 1)}
	if fail := gateway.CheckID(r.ID); fail != nil {
		return nil, fail
	}
	if r.Func.Entity != nil {
		if why := r.Func.Entity.KeyFault(r.Key); why != "" {
			return nil, gateway.Errorf("InvalidArgument", "%s: %s", r.Func.Entity.Name, why)
		}
	}
	enc := e.encoders.Get().(*runner.Encoder)
	b, err := enc.Arguments(r.Frame)
	if err != nil {
		return nil, gateway.Errorf("InvalidArgument", "arguments of %s: %v", r.Func.Name, err)
	}
	t.arguments = append(make([]byte, 0, len(b)), b...)
	e.encoders.Put(enc)
	return t, nil
}

// warm reads what a request names into the database's cache, if not all entities fit into memory: the executor, which
// finds them there, serves others meanwhile.
func (e *Engine) warm(r gateway.Request) {
	if !e.cut.Load() {
		return
	}
	_ = e.beside(func() error { // it hangs if the disk fails
		e.reading.RLock()
		defer e.reading.RUnlock()
		if !e.closed {
			e.touchAll(r)
		}
		return nil
	})
}

func (e *Engine) touchAll(r gateway.Request) {
	if r.Func.Entity != nil {
		e.touch(r.Func.Entity, r.Key)
	}
	for _, p := range r.Frame.Args() {
		if ref, ok := reflect.ValueOf(p).Elem().Interface().(runner.Ref); ok && ref.RefKey() != "" {
			e.touch(ref.EntityType(), ref.RefKey())
		}
	}
}

// touch reads an entity for its effect on the cache. The executor will read it again: errors are for it to see.
func (e *Engine) touch(ty *runner.EntityType, key string) {
	k, err := entityKey(ty, key)
	if err != nil {
		return
	}
	if _, closer, err := e.db.Get(k); err == nil {
		closer.Close()
	}
}

// unix is a time as the database has it.
func unix(t time.Time) uint64 { return uint64(t.UnixNano()) }
