// This file defines panics on their way through frames, stops, and the place in the user's source where they began.

package runner

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/stateful-entities/sfc"
)

// Error is the named error that entity code meets: the value of a panic with code NotFound, AlreadyExists or
// InvalidArgument.
type Error = sfc.Error

// Panic is a panic on its way through frames. Its place is that of the first panic, also after [Rethrow].
type Panic struct {
	Val    any    // never nil: Go makes panic(nil) a runtime error
	At     string // file:line in the user's source
	Entity string // Type/key of the activation it began in; empty outside entities
	Method string // function it began in
}

// Recover is Go's recover: the panic's value, or nil where nothing panics.
func (p *Panic) Recover() any {
	if p == nil {
		return nil
	}
	return p.Val
}

// Stop ends a request: it is raised as a Go panic, but no frame is told of it, so that no defer runs and no recover
// sees it. Code is LimitExceeded, Conflict, DeadlineExceeded, Unavailable, or Unimplemented for a value that has no
// encoding.
type Stop struct {
	Code    string
	Message string
	at      string // in the user's source, if it is known: functions that catch panics raise it again elsewhere
}

// Error gives code and message.
func (s Stop) Error() string { return s.Code + ": " + s.Message }

// rethrown is the value of a Go panic that goes on with an earlier one.
type rethrown struct{ p *Panic }

// Error is what package fmt prints if a method that it called goes on with a panic.
func (r rethrown) Error() string { return PanicText(r.p.Val) }

// Rethrow goes on panicking with p: its value and its place stay.
func Rethrow(p *Panic) { panic(rethrown{p}) }

// Caught makes a Panic of what recover gave in a deferred function of a plain function with an unwind edge, and keeps
// it in mind: if the function panics with the same value again, the place stays.
func (t *Thread) Caught(r any) *Panic {
	t.recovered = Caught(r)
	if t.prog != nil {
		t.recovered.Val = t.prog.spokenError(t.recovered.Val)
	}
	return t.recovered
}

// Caught is Thread.Caught without a thread to keep it in mind. It must be called by generated code: the place is looked
// for in the caller's package. Stops go on.
func Caught(r any) *Panic {
	switch r := r.(type) {
	case Stop, escape:
		panic(r)
	case rethrown:
		return r.p
	}
	return &Panic{Val: r, At: findPlace(callerPackage(), true, userBase)}
}

// callerPackage is the innermost package on the stack that is not the runner.
func callerPackage() string {
	var pcs [8]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	own := packageOf(reflect.TypeFor[Thread]().PkgPath() + ".")
	for {
		f, more := frames.Next()
		if pkg := packageOf(f.Function); pkg != own || !more {
			return pkg
		}
	}
}

// NilDeref panics as Go does where a nil pointer is used.
func NilDeref() {
	var p *struct{ x int }
	p.x = 1
}

// RuntimeError is one of Go's run-time errors after it crossed an encoding. It keeps Go's message.
type RuntimeError struct{ text string }

// Error gives Go's message.
func (e RuntimeError) Error() string { return e.text }

// RuntimeError makes it a runtime.Error.
func (e RuntimeError) RuntimeError() {}

// RuntimeText is a RuntimeError of those that are strings in Go too: fmt.Sprint puts no space beside them.
type RuntimeText string

// Error gives Go's message.
func (e RuntimeText) Error() string { return string(e) }

// RuntimeError makes it a runtime.Error.
func (e RuntimeText) RuntimeError() {}

// findPlace walks the stack to the innermost place in the generated package whose //line directive makes it the user's:
// user shortens the name of the user's files, and gives "" for others. With raised it first walks past the Go panic in
// progress. It gives "" if there is no such place.
func findPlace(pkg string, raised bool, user func(file string) string) string {
	var pcs [128]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			raised = false
		case strings.HasSuffix(f.Function, "runner.(*Thread).loop"), strings.HasSuffix(f.Function, "runner.(*Thread).attempt"):
			return "" // below is who drives
		case !raised && packageOf(f.Function) == pkg:
			if file := user(f.File); file != "" {
				return fmt.Sprintf("%s:%d", file, f.Line)
			}
		}
		if !more {
			return ""
		}
	}
}

// packageOf gives the package of a function's full name: all before the first dot of the last path element. What stands
// in brackets are type arguments, with paths of their own.
func packageOf(function string) string {
	function, _, _ = strings.Cut(function, "[")
	slash := strings.LastIndexByte(function, '/') + 1
	if dot := strings.IndexByte(function[slash:], '.'); dot >= 0 {
		return function[:slash+dot]
	}
	return function
}

// userBase gives the last element of a file's name, or "" for a generated file: what stands there belongs to no line of
// the user's.
func userBase(file string) string {
	if strings.HasSuffix(file, "_sfc.go") {
		return ""
	}
	return file[strings.LastIndexByte(file, '/')+1:]
}
