// This file runs methods that the host library calls: String, Error, Less and others whose signatures are Go's.
//
// Such a method has no thread: Called gives it one of its own, with a small budget. A stop in it is raised as a panic
// as everywhere, but package fmt swallows panics of the methods it calls. So the stop is noted as well, under the
// number of the goroutine, and raised again by Guard, which generated code calls after each library call that may have
// called back. Steps beyond a few are noted in the same way, and Guard makes the request pay for them. The notes are the
// only state that threads share; in the absence of notes Guard is one atomic load, and only where there are some does
// anybody ask for the goroutine's number.

package runner

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// Bounds of one call from the library.
const (
	callbackSteps = 1_000_000
	callbackBytes = 16 << 20
	callbackDepth = 1_000
)

// Bounds of all that one call of the library calls.
const (
	calledSteps  = 20_000_000
	calledFrames = 5_000 // of Go's stack: a method may call the library, which calls a method
	freeSteps    = 32    // of one call, which the library call's own cost covers
)

// notes holds what happened inside calls from the library and was not told to a request yet.
var notes struct {
	count atomic.Int32 // of both kinds
	stops sync.Map     // goroutine number → Stop
	spent sync.Map     // goroutine number → *int64
}

// called are the calls from the library that are under way, of all goroutines.
var called struct {
	active  atomic.Int32
	threads sync.Pool
}

// Callback is the thread of a function that runs outside of every request: the Key of an entity's state, what package
// variables are made by.
func Callback() *Thread {
	t := new(Thread)
	t.beCallback()
	return t
}

func (t *Thread) beCallback() {
	*t = Thread{
		Budget: callbackSteps,
		bytes:  callbackBytes,
		limits: Limits{Steps: callbackSteps, Depth: callbackDepth, Bytes: callbackBytes},

		callback: true,
	}
}

// Called is the thread of a method that the host library called. It belongs to no request and no entity; Release takes it
// back. Once such a call has been stopped, all others of the library call stop at once.
func Called() *Thread {
	if n := called.active.Add(1); n%64 == 0 && deepStack() {
		called.active.Add(-1)
		flee(exceeded("frames of methods and the library calling each other", calledFrames))
	}
	if notes.count.Load() != 0 {
		if s, ok := notes.stops.Load(goroutine()); ok {
			called.active.Add(-1)
			panic(escape{s.(Stop)})
		}
	}
	t, again := called.threads.Get().(*Thread)
	if !again {
		t = new(Thread)
	}
	t.beCallback()
	t.called = true
	return t
}

// Release ends a call from the library.
func (t *Thread) Release() {
	called.active.Add(-1)
	used := callbackSteps - t.Budget
	called.threads.Put(t)
	if used > freeSteps {
		noteSpent(used)
	}
}

// deepStack says whether methods and the library have called each other very often.
func deepStack() bool {
	var one [1]uintptr
	return runtime.Callers(calledFrames, one[:]) > 0
}

// noteSpent keeps what a call from the library took, for the goroutine's next Guard.
func noteSpent(steps int64) {
	sum, again := notes.spent.LoadOrStore(goroutine(), &steps)
	if !again {
		notes.count.Add(1)
		return
	}
	all := sum.(*int64)
	if *all += steps; *all > calledSteps {
		flee(exceeded("steps of methods that the library calls", calledSteps))
	}
}

// Guard raises the stop that happened in a method that a library call before it called, if there was one, and pays for
// what those methods took. In a method that the library itself called it leaves that to the Guard of the request, whose
// library call goes on.
func (t *Thread) Guard() {
	if notes.count.Load() == 0 {
		return
	}
	if s, ok := pendingStop(); ok {
		t.stop(s)
	}
	if !t.callback {
		t.Spend(takeSpent())
	}
}

// takeSpent takes the goroutine's noted steps.
func takeSpent() int64 {
	sum, ok := notes.spent.LoadAndDelete(goroutine())
	if !ok {
		return 0
	}
	notes.count.Add(-1)
	return *sum.(*int64)
}

// TakeStop gives the stop that happened in a method of the program that was called outside of every request, and forgets
// it: whoever calls such methods (package jsonvalue) asks afterwards, so that no later request on the goroutine meets it.
func TakeStop() (Stop, bool) {
	if notes.count.Load() == 0 {
		return Stop{}, false
	}
	takeSpent()
	return pendingStop()
}

// noteStop keeps a stop for the goroutine's next Guard.
func noteStop(s Stop) {
	if _, loaded := notes.stops.Swap(goroutine(), s); !loaded {
		notes.count.Add(1)
	}
}

// raise is Thread.stop of functions that have no thread: they may run in a method that the library called.
func raise(s Stop) {
	noteStop(s)
	panic(s)
}

// escape is a stop in a method that the library called. Package fmt catches what such a method panics with, writes it down
// and goes on with the next value, of which there may be millions; if to write it down panics too, it gives up.
type escape struct{ Stop }

// Error panics.
func (e escape) Error() string { panic(e) }

// flee is raise in a method that the library called.
func flee(s Stop) {
	noteStop(s)
	panic(escape{s})
}

// pendingStop takes the goroutine's noted stop.
func pendingStop() (Stop, bool) {
	if notes.count.Load() == 0 {
		return Stop{}, false
	}
	s, ok := notes.stops.LoadAndDelete(goroutine())
	if !ok {
		return Stop{}, false
	}
	notes.count.Add(-1)
	return s.(Stop), true
}

// goroutine is the number of the goroutine, from the first line of its stack: "goroutine 7 [running]:".
func goroutine() uint64 {
	var buf [64]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	digits, _, _ := bytes.Cut(text, []byte(" "))
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		panic("runner: no goroutine number in a stack: " + string(buf[:]))
	}
	return n
}
