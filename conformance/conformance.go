// This file runs the suite's tests on a target.

// Package conformance judges whether a target keeps the promises of sfc: each test holds one of them against a running
// application, through the HTTP API, as any client would. What is expected comes from plain Go, never from a backend.
//
// [Run] takes a [Target], which starts the suite's application (folder app), and gives a [Report]. A target that is a
// backend of sfc is made by [NewProcess], a running endpoint by [NewEndpoint]; docs/backends.md tells how a new backend
// is written and judged.
package conformance

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/stateful-entities/sfc/backends"
)

// T is what a test needs of its runner; *testing.T has it, and so do assertion libraries know it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any) // marks the test as failed
	FailNow()                          // ends the test; called on the test's own goroutine
	Context() context.Context          // ends when the run is given up
}

// A Set says how much a test is asked of every target.
type Set string

// The sets.
const (
	Core     Set = "core"     // what every target must keep
	Extended Set = "extended" // what takes an ability that not every target has
)

// A Test holds one promise against a target.
type Test struct {
	Name    string // promise/what: "atomicity/error_rolls_back_all"
	Promise Promise
	Says    string              // one sentence: what must hold
	Set     Set                 //
	Needs   backends.Features   // the target must promise
	Able    []Ability           // the target must be able to
	Run     func(t T, r *Bench) // on a service that other tests use too, under names of its own
}

// A Promise is one of those of the design; each has a file.
type Promise string

// The promises.
const (
	PlainGo     Promise = "plain Go"
	Atomicity   Promise = "atomicity"
	Strict      Promise = "strict serializability"
	ExactlyOnce Promise = "exactly once"
	Durability  Promise = "durability"
	Bounds      Promise = "bounds and errors"
	Lifecycle   Promise = "creation and deletion"
	Reentrancy  Promise = "re-entrancy"
	Deadlines   Promise = "deadlines"
	Input       Promise = "bad input"
	Queries     Promise = "consistent queries"
)

// Options say what [Run] does. The zero value runs all tests with their usual amount of work.
type Options struct {
	Only   func(Test) bool                // nil: all
	Seed   int64                          // of all choices; 0: 1
	Effort float64                        // multiplies rounds and operations; 0: 1
	Seen   func(test Test, result Result) // is shown each result as it comes; may be nil

	Command string // makes the same run again; for the report
}

// Tests gives all tests of the suite, in the order in which they run.
func Tests() []Test {
	return slices.Concat(plainGo(), atomicity(), strict(), exactlyOnce(), bounds(), refusals(), lifecycle(), reentrancy(), deadlines(), input(), queries(), durability(),
		languageCases())
}

// Run runs the tests on a target and reports. Failures go to t as well; a target that cannot be started is one.
func Run(t T, target Target, o Options) *Report {
	t.Helper()
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Effort == 0 {
		o.Effort = 1
	}
	report := newReport(target, o)
	defer report.end()
	bench := &Bench{target: target, options: o}
	defer bench.close(t)
	for _, test := range Tests() {
		if o.Only != nil && !o.Only(test) {
			continue
		}
		result := runTest(t.Context(), test, bench)
		report.add(test, result)
		if o.Seen != nil {
			o.Seen(test, result)
		}
		if result.Outcome == Failed {
			t.Errorf("%s: %s\n%s", test.Name, test.Says, result.Log)
		}
	}
	return report
}

// An Outcome is how a test ended.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// A Result is a test's outcome with what it said.
type Result struct {
	Outcome Outcome
	Reason  string        // why it was skipped
	Log     string        // what it logged
	Took    time.Duration // wall clock
}

// runTest runs one test on a goroutine of its own, so that FailNow can end it.
func runTest(ctx context.Context, test Test, b *Bench) Result {
	if why := b.missing(test); why != "" {
		return Result{Outcome: Skipped, Reason: why}
	}
	begin, rec := time.Now(), &recorder{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				rec.Errorf("the test itself panics: %v\n%s", v, stack())
			}
		}()
		test.Run(rec, b)
	}()
	<-done
	result := Result{Outcome: Passed, Log: rec.log(), Took: time.Since(begin)}
	if rec.failed() {
		result.Outcome = Failed
	}
	return result
}

func stack() string {
	buf := make([]byte, 8<<10)
	return string(buf[:runtime.Stack(buf, false)])
}

// missing says why a target cannot be asked what the test asks; "" if it can.
func (b *Bench) missing(test Test) string {
	for _, f := range test.Needs {
		if !b.target.Features().Has(f) {
			return fmt.Sprintf("the target does not promise %q", f)
		}
	}
	for _, a := range test.Able {
		if !slices.Contains(b.target.Abilities(), a) {
			return fmt.Sprintf("the target cannot be asked to %s", a)
		}
	}
	return ""
}
