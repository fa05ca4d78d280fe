// This file bounds a request: steps, depth, bytes, invocations, entities and sizes.

package runner

import (
	"cmp"
	"fmt"
)

// DefaultLimits are the bounds of a request where nothing else is said.
func DefaultLimits() Limits {
	return Limits{
		Steps:       200_000_000,
		Depth:       10_000,
		Bytes:       256 << 20,
		Invocations: 100_000,
		Entities:    4_096,
		State:       4 << 20,
		Message:     1 << 20,
	}
}

// OrDefault replaces zero fields by those of DefaultLimits.
func (l Limits) OrDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Steps:       cmp.Or(l.Steps, d.Steps),
		Depth:       cmp.Or(l.Depth, d.Depth),
		Bytes:       cmp.Or(l.Bytes, d.Bytes),
		Invocations: cmp.Or(l.Invocations, d.Invocations),
		Entities:    cmp.Or(l.Entities, d.Entities),
		State:       cmp.Or(l.State, d.State),
		Message:     cmp.Or(l.Message, d.Message),
	}
}

// quantum is how many steps a loop takes in advance.
const quantum = 4096

// Take pays for one step and for up to 4095 more, which it returns: the loop counts them down in a local variable and
// adds what is left to Budget when it ends. Steps that a panic leaves uncounted stay paid, so that no loop of
// recovered panics escapes the bound.
func (t *Thread) Take() int64 {
	n := min(t.Budget, quantum)
	if n <= 0 {
		t.outOfSteps()
	}
	t.Budget -= n
	return n - 1
}

// Spend pays for steps before the work is done.
func (t *Thread) Spend(steps int64) {
	if steps < 0 || steps > t.Budget {
		t.outOfSteps()
	}
	t.Budget -= steps
}

// Charge pays for bytes before they are allocated. A negative count is one that overflowed.
func (t *Thread) Charge(bytes int64) {
	if bytes < 0 || bytes > t.bytes {
		t.stop(exceeded("bytes allocated", t.limits.Bytes))
	}
	t.bytes -= bytes
}

// Down enters a plain recursive function: units is its frame's size in units of 512 bytes, at least 1.
func (t *Thread) Down(units int) {
	if t.Depth += units; t.Depth > t.limits.Depth {
		t.Depth -= units
		t.tooDeep()
	}
}

// Up leaves it.
func (t *Thread) Up(units int) { t.Depth -= units }

func (t *Thread) outOfSteps() {
	t.Budget = 0
	t.stop(exceeded("steps", t.limits.Steps))
}

func (t *Thread) tooDeep() { t.stop(exceeded("depth of calls", int64(t.limits.Depth))) }

// exceeded is the stop of a request that passes a limit.
func exceeded(what string, limit int64) Stop {
	return Stop{Code: "LimitExceeded", Message: fmt.Sprintf("%s: more than %d", what, limit)}
}
