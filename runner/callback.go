// This file runs methods that the host library calls: String, Error, Less and others whose signatures are Go's.
//
// Such a method has no thread: Callback gives it one of its own, with a small budget. A stop in it is raised as a panic
// as everywhere, but package fmt swallows panics of the methods it calls. So the stop is noted as well, under the
// number of the goroutine, and raised again by Guard, which generated code calls after each library call that may have
// called back. The note is the only state that threads share; in the absence of stops Guard is one atomic load, and
// only where there is a note does anybody ask for the goroutine's number.

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

// notes holds the stops that happened inside calls from the library and were not raised again yet.
var notes struct {
	count atomic.Int32
	stops sync.Map // goroutine number → Stop
}

// Callback is the thread of a method that the host library called. It belongs to no request and no entity.
func Callback() *Thread {
	return &Thread{
		Budget: callbackSteps,
		bytes:  callbackBytes,
		limits: Limits{Steps: callbackSteps, Depth: callbackDepth, Bytes: callbackBytes},

		callback: true,
	}
}

// Guard raises the stop that happened in a method that a library call before it called, if there was one.
func (t *Thread) Guard() {
	if s, ok := pendingStop(); ok {
		t.stop(s)
	}
}

// TakeStop gives the stop that happened in a method of the program that was called outside of every request, and forgets
// it: whoever calls such methods (package jsonvalue) asks afterwards, so that no later request on the goroutine meets it.
func TakeStop() (Stop, bool) { return pendingStop() }

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
