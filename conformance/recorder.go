// This file records what a test says and whether it failed.

package conformance

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// maxLog bounds what is kept of one test's words, in bytes: the first of them tell most.
const maxLog = 64 << 10

// recorder is the T of one test. Its methods may be called at once.
type recorder struct {
	ctx   context.Context
	guard sync.Mutex
	text  strings.Builder
	bad   bool
}

func (r *recorder) Helper() {}

func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Logf(format string, args ...any) { r.write(false, format, args) }

func (r *recorder) Errorf(format string, args ...any) { r.write(true, format, args) }

func (r *recorder) FailNow() {
	r.guard.Lock()
	r.bad = true
	r.guard.Unlock()
	runtime.Goexit()
}

func (r *recorder) write(bad bool, format string, args []any) {
	r.guard.Lock()
	defer r.guard.Unlock()
	r.bad = r.bad || bad
	if r.text.Len() < maxLog {
		fmt.Fprintf(&r.text, format+"\n", args...)
	}
}

func (r *recorder) failed() bool {
	r.guard.Lock()
	defer r.guard.Unlock()
	return r.bad
}

func (r *recorder) log() string {
	r.guard.Lock()
	defer r.guard.Unlock()
	return strings.TrimRight(r.text.String(), "\n")
}
