// This file defines the thread of a request: its stack of frames, and what generated code asks of it.

package runner

import "unsafe"

// Thread runs one attempt of one request, on one goroutine. Generated code gets it as its first parameter.
type Thread struct {
	Ret    Frame // the callee that just returned; Free gives it back once its results are read
	Found  bool  // the answer of Exists
	Budget int64 // steps left, but for those that a loop has taken in advance
	Depth  int   // units of depth in use; a plain function with an unwind edge puts it back when it catches a panic

	prog        *Program
	facts       *tables
	request     Request
	limits      Limits
	debug       debugLog
	random      randomness
	bytes       int64                  // left
	invocations int                    // made
	callback    bool                   // runs outside of requests: stops are noted
	called      bool                   // runs a method that the host library called
	hollow      map[unsafe.Pointer]int // maps that were large, with the entries that they had

	mode  mode
	watch watched // chaos
	stack []slot
	base  int // depth below the bottom frame: that of the callers, in message mode
	cells cells
	out   Event // message mode: the event that the activation waits for an answer to

	stopped   *Failure // the request was stopped
	stopping  bool     // a stop is on its way up
	panicked  *Panic   // a panic left the bottom frame
	recovered *Panic   // the last one that a plain function caught in this Step

	pool [][]Frame // free frames by Func.ID
	enc  Enc       // scratch
}

// mode says what a thread does where an activation suspends.
type mode uint8

const (
	directly  mode = iota // run the callee on the same stack
	chaotic               // the same, after encoding, dropping and decoding all frames and objects
	byMessage             // leave: the callee is at another address
)

// slot is one frame on a thread's stack.
type slot struct {
	f     Frame
	fn    *Func
	self  *object // whose state the frame works on; nil for a nil receiver and outside entities
	home  *cell   // the address whose activation it belongs to; nil outside entities
	entry bool    // it was invoked: its arguments and results are copies
	depth int     // Thread.Depth while it is on top

	recovered *Panic // the last one that it was told of
}

func newThread(p *Program) *Thread {
	t := &Thread{prog: p, facts: p.tables(), pool: make([][]Frame, len(p.Funcs))}
	t.cells.of = make([]map[string]*cell, len(p.Types))
	t.enc.p, t.enc.t = p, t
	return t
}

// begin makes the thread ready for a request.
func (t *Thread) begin(l Limits, c *Call, m mode) {
	TakeStop() // what others left on this goroutine
	t.limits = l.OrDefault()
	t.request = c.Request
	t.request.Time = t.request.Time.UTC().Round(0)
	t.debug = debugLog{w: c.Debug, t: t}
	t.random = randomness{}
	t.mode = m
	t.Budget, t.bytes, t.invocations = t.limits.Steps, t.limits.Bytes, 0
}

// end forgets the request, but keeps the pools.
func (t *Thread) end() {
	t.Ret, t.Found, t.Depth, t.base = nil, false, 0, 0
	t.request = Request{}
	t.debug = debugLog{}
	clear(t.stack)
	t.stack = t.stack[:0]
	t.cells.forget()
	t.out, t.watch = Event{}, watched{}
	t.stopped, t.panicked, t.recovered, t.stopping = nil, nil, nil, false
	t.hollow = nil
}

// Self is the state of the entity that the current activation belongs to, as a pointer to its struct; nil for a nil
// receiver and outside entities. It must be fetched again after every suspension.
func (t *Thread) Self() any {
	if len(t.stack) == 0 {
		return nil
	}
	o := t.stack[len(t.stack)-1].self
	if o == nil {
		return nil
	}
	return o.state
}

// SelfKey is the key of that entity, or "".
func (t *Thread) SelfKey() string {
	if len(t.stack) == 0 {
		return ""
	}
	o := t.stack[len(t.stack)-1].self
	if o == nil {
		return ""
	}
	return o.cell.key
}

// New gives a zeroed frame of a function.
func (t *Thread) New(fn *Func) Frame {
	if fn.ID < len(t.pool) {
		free := t.pool[fn.ID]
		if n := len(free); n > 0 {
			f := free[n-1]
			t.pool[fn.ID] = free[:n-1]
			return f
		}
	}
	return fn.New()
}

// maxPooled is how many free frames of one function a thread keeps.
const maxPooled = 1024

// Free gives a frame back that nothing refers to any more.
func (t *Thread) Free(f Frame) {
	fn := f.Func()
	if fn.Zero == nil || len(t.pool[fn.ID]) >= maxPooled {
		return
	}
	fn.Zero(f)
	t.pool[fn.ID] = append(t.pool[fn.ID], f)
}

// Call runs a frame on the current activation: Step returns what Call returns.
func (t *Thread) Call(f Frame) Op {
	top := &t.stack[len(t.stack)-1]
	t.push(f, f.Func(), top.self, top.home, false)
	return Calling
}

// Invoke runs a frame on another entity, which gets copies of the arguments. A key of "" is a nil reference: the frame
// runs in the caller's activation, without a state. A missing entity panics with an [*Error] of code NotFound.
func (t *Thread) Invoke(f Frame, ty *EntityType, key string) Op {
	t.countInvocation()
	fn := f.Func()
	if key == "" {
		f = t.copied(f, fn)
		t.push(f, fn, nil, t.stack[len(t.stack)-1].home, true)
		return Invoking
	}
	if t.mode == byMessage {
		t.checkDepth(fn)
		body := t.encodeFrame(f, fn.CopyArgs, true, "arguments")
		if t.facts.funcs[fn.ID].args {
			t.payCrossing()
		}
		t.leave(Event{Kind: Invocation, To: Address{ty.ID, key}, Func: fn.ID, Body: body})
		return Invoking
	}
	f = t.copied(f, fn)
	c := t.cell(ty, key)
	if c.obj == nil {
		panic(notFound(c.name(), fn.Name, t.place(false)))
	}
	if fn.Writes {
		t.beforeWrite(c.obj)
	}
	t.push(f, fn, c.obj, c, true)
	return Invoking
}

// copied is handIn of a frame that nobody needs any more if it was copied.
func (t *Thread) copied(f Frame, fn *Func) Frame {
	if !t.facts.funcs[fn.ID].args {
		return f
	}
	g := t.crossed(f, fn, fn.CopyArgs, "arguments")
	t.payCrossing()
	if fn.CopyArgs {
		t.Free(f)
	}
	return g
}

// Create makes a state an entity, whose key it computes. The entity gets a copy. A key that is taken panics with an
// [*Error] of code AlreadyExists, an unusable one with InvalidArgument.
func (t *Thread) Create(ty *EntityType, state any) Op {
	t.countInvocation()
	key := ty.Key(state)
	if why := keyFault(key); why != "" {
		panic(&Error{Code: "InvalidArgument", Message: why, Entity: ty.Name, At: t.place(false)})
	}
	b := t.encodeState(ty, state)
	if t.mode == byMessage {
		t.leave(Event{Kind: Creation, To: Address{ty.ID, key}, Body: b})
		return Creating
	}
	c := t.cell(ty, key)
	if c.obj != nil {
		panic(alreadyExists(c.name(), t.place(false)))
	}
	c.obj = &object{cell: c, state: t.decodeState(ty, b), created: true}
	return Creating
}

// Delete removes an entity. Frames that run on it keep its state; new calls find nothing. A missing one, or a nil
// reference, panics with an [*Error] of code NotFound.
func (t *Thread) Delete(ty *EntityType, key string) Op {
	t.countInvocation()
	if key == "" {
		panic(notFound(ty.Name+"/", "", t.place(false)))
	}
	if t.mode == byMessage {
		t.leave(Event{Kind: Deletion, To: Address{ty.ID, key}})
		return Deleting
	}
	c := t.cell(ty, key)
	if c.obj == nil {
		panic(notFound(c.name(), "", t.place(false)))
	}
	c.obj = nil
	return Deleting
}

// Exists asks for an entity; the answer comes as Found. A nil reference gives false.
func (t *Thread) Exists(ty *EntityType, key string) Op {
	t.countInvocation()
	switch {
	case key == "":
		t.Found = false
	case t.mode == byMessage:
		t.leave(Event{Kind: Question, To: Address{ty.ID, key}})
	default:
		t.Found = t.cell(ty, key).obj != nil
	}
	return Asking
}

// push puts a frame on the stack. It pays for one step, or for one in 512 bytes of the frame.
func (t *Thread) push(f Frame, fn *Func, self *object, home *cell, entry bool) {
	units := t.facts.funcs[fn.ID].units
	depth := t.Depth + units
	if depth > t.limits.Depth {
		t.tooDeep()
	}
	t.Spend(int64(units)) // a larger frame takes longer to clear
	t.Depth = depth
	n := len(t.stack)
	if n == cap(t.stack) {
		t.stack = append(t.stack, slot{})
	}
	t.stack = t.stack[:n+1]
	s := &t.stack[n] // filled in place: to copy a slot takes longer than all else here
	s.f, s.fn, s.self, s.home, s.entry, s.depth, s.recovered = f, fn, self, home, entry, depth, nil
}

func (t *Thread) checkDepth(fn *Func) {
	if t.Depth+t.facts.funcs[fn.ID].units > t.limits.Depth {
		t.tooDeep()
	}
}

func (t *Thread) countInvocation() {
	if t.invocations++; t.invocations > t.limits.Invocations {
		t.stop(exceeded("invocations", int64(t.limits.Invocations)))
	}
}

// leave notes the event that the activation waits for an answer to.
func (t *Thread) leave(ev Event) {
	top := &t.stack[len(t.stack)-1]
	ev.At, ev.Method = t.place(false), top.fn.Name
	t.out = ev
}

// stop raises a stop. In a method that the host library called it is noted too, for Guard: the library may swallow it.
func (t *Thread) stop(s Stop) {
	t.stopping = true
	if s.at == "" && t.facts != nil { // a callback knows no program; Guard adds the place of the library call
		s.at = t.place(false)
	}
	if t.callback {
		noteStop(s)
	}
	if t.called {
		panic(escape{s})
	}
	panic(s)
}

// Stopping says that a stop is on its way up. Deferred functions let it pass without catching it: to catch it and raise
// it again takes time for every function that is still to come.
func (t *Thread) Stopping() bool { return t.stopping }

// place is where generated code is: in the Go panic under way, or with raised false in this call.
func (t *Thread) place(raised bool) string {
	return findPlace(t.facts.pkg, raised, t.facts.userFile)
}
