// This file checks histories of registers, whose requests may do anything with a few of them at once.

package history

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// MaxRegisters is how many registers requests may tie together.
const MaxRegisters = 16

// A RegisterOp is a request that read and wrote registers.
type RegisterOp struct {
	Op
	Registers []int // by number, from 0
	// Do is what the request means, as plain Go: it changes the values of Registers, in their order, and gives the
	// answer. It must depend on nothing else.
	Do func(values []int) (answer string)
}

// ErrUndecided is a search that took too long.
var ErrUndecided = errors.New("no order of the requests was found in time, nor that there is none")

// CheckRegisters looks for an order of operations, in keeping with real time, in which each gives its answer; nil means
// that there is one. first are the registers' values at the begin. Registers that no request touches together are judged
// apart. The search takes at most patience for each part.
func CheckRegisters(first []int, ops []RegisterOp, patience time.Duration) (*Anomaly, error) {
	for _, part := range parts(len(first), ops) {
		a, err := checkPart(first, part, patience)
		if a != nil || err != nil {
			return a, err
		}
	}
	return nil, nil
}

// parts divides a history so that no register is in two parts.
func parts(registers int, ops []RegisterOp) (parts [][]RegisterOp) {
	part := make([]int, registers) // by register: the least one that it is tied to
	for r := range part {
		part[r] = r
	}
	for _, op := range ops {
		for _, r := range op.Registers[1:] {
			from, to := part[r], part[op.Registers[0]]
			for i := range part {
				if part[i] == from {
					part[i] = to
				}
			}
		}
	}
	for r := range part {
		var own []RegisterOp
		for _, op := range ops {
			if part[op.Registers[0]] == r && op.Outcome != Failed {
				own = append(own, op)
			}
		}
		if len(own) > 0 {
			parts = append(parts, own)
		}
	}
	return parts
}

// values is the state of the model: comparable, and copied by assignment.
type values [MaxRegisters]int

func checkPart(first []int, ops []RegisterOp, patience time.Duration) (*Anomaly, error) {
	var all []int
	for _, op := range ops {
		all = append(all, op.Registers...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	var begin values
	for i, r := range all {
		begin[i] = first[r]
	}
	model := porcupine.Model{
		Init: func() any { return begin },
		Step: func(state, input, _ any) (bool, any) { return step(all, state.(values), input.(*RegisterOp)) },
	}
	var history []porcupine.Operation
	for i := range ops {
		o := porcupine.Operation{ClientId: i, Input: &ops[i], Call: int64(ops[i].Call), Return: int64(ops[i].Return)}
		if ops[i].Outcome == Unknown {
			o.Return = math.MaxInt64 // it takes effect at any time; after all others is as good as never
		}
		history = append(history, o)
	}
	switch result, info := porcupine.CheckOperationsVerbose(model, history, patience); result {
	case porcupine.Ok:
		return nil, nil
	case porcupine.Unknown:
		return nil, fmt.Errorf("%d requests: %w", len(ops), ErrUndecided)
	default:
		return unexplained(all, begin, ops, info), nil
	}
}

// step says whether an operation can follow a state, and what comes after it.
func step(all []int, state values, op *RegisterOp) (bool, values) {
	own := make([]int, len(op.Registers))
	for i, r := range op.Registers {
		own[i] = state[slices.Index(all, r)]
	}
	answer := op.Do(own)
	for i, r := range op.Registers {
		state[slices.Index(all, r)] = own[i]
	}
	return op.Outcome == Unknown || answer == op.Answer, state
}

// maxShown bounds how many requests an anomaly of registers names.
const maxShown = 12

// unexplained shows the longest order that explains a part of the requests, and the requests that cannot come next.
func unexplained(all []int, begin values, ops []RegisterOp, info porcupine.LinearizationInfo) *Anomaly {
	a := &Anomaly{Name: "not linearizable", Says: "there is no order of these requests in keeping with real time and their answers"}
	var longest []porcupine.Operation
	for _, orders := range info.PartialLinearizationsOperations() {
		for _, order := range orders {
			if len(order) > len(longest) {
				longest = order
			}
		}
	}
	state, placed := begin, map[*RegisterOp]bool{}
	for i, o := range longest {
		op := o.Input.(*RegisterOp)
		placed[op] = true
		_, state = step(all, state, op)
		if i >= len(longest)-maxShown/2 {
			a.Cycle = append(a.Cycle, Link{Op: &op.Op})
		}
	}
	var rest []*RegisterOp
	for i := range ops {
		if !placed[&ops[i]] && ops[i].Outcome == Done {
			rest = append(rest, &ops[i])
		}
	}
	slices.SortFunc(rest, func(a, b *RegisterOp) int { return int(a.Return - b.Return) })
	a.Says += fmt.Sprintf("; the longest that was found places %d of %d requests, the last of which are shown first, and leaves registers %v at %v; then none of the others can be next",
		len(longest), len(ops), all, state[:len(all)])
	for _, op := range rest[:min(len(rest), maxShown/2)] {
		a.Cycle = append(a.Cycle, Link{Op: &op.Op})
	}
	return a
}
