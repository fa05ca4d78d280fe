// This file holds lists that only grow: what a request has read of one tells exactly which requests came before it.

package app

import (
	"errors"
	"fmt"
	"slices"
)

// ErrGivenUp is how FailSteps ends.
var ErrGivenUp = errors.New("given up")

// List is a list of numbers that are appended and never change.
//
//sfc:entity
type List struct {
	name  string
	items []int
}

// NewList creates an empty list.
func NewList(name string) *List { return &List{name: name} }

// Key is the list's name.
func (l *List) Key() string { return l.name }

// Read gives what the list holds.
func (l *List) Read() []int { return slices.Clone(l.items) }

// Append adds a number and gives the new length.
func (l *List) Append(v int) int {
	l.items = append(l.items, v)
	return len(l.items)
}

// AppendBoth adds a number to this list and to another one, which is called in between; it gives the new lengths.
func (l *List) AppendBoth(other *List, v int) (own, others int) {
	own = l.Append(v)
	others = other.Append(v)
	return own, others
}

// A Step appends a number to a list, or reads the list if the number is 0.
type Step struct {
	On  *List
	Add int
}

// run does one step on the own list, and gives what a read saw.
func (l *List) run(s Step) []int {
	if s.Add == 0 {
		return slices.Clone(l.items)
	}
	l.items = append(l.items, s.Add)
	return nil
}

// Do does one step here, whatever list it names.
func (l *List) Do(s Step) []int { return l.run(s) }

// RunHere does steps in order from this list, which may be among those that they name: then it is called back.
func (l *List) RunHere(steps []Step) [][]int { return RunSteps(steps) }

// Relay does the first step here and has the list of the second do the rest: each list waits for all that come later.
func (l *List) Relay(steps []Step) [][]int {
	seen := [][]int{l.run(steps[0])}
	if len(steps) > 1 {
		seen = append(seen, steps[1].On.Relay(steps[1:])...)
	}
	return seen
}

// RelayBack does the last step first: each list has the list before it in the row do the rest, then does its own.
func (l *List) RelayBack(steps []Step) [][]int {
	last := len(steps) - 1
	var seen [][]int
	if last > 0 {
		seen = steps[last-1].On.RelayBack(steps[:last])
	}
	return append(seen, l.run(steps[last]))
}

// RunSteps does steps in order, as a request that belongs to no list, and gives for each what it read.
func RunSteps(steps []Step) [][]int {
	var seen [][]int
	for _, s := range steps {
		seen = append(seen, s.On.Do(s))
	}
	return seen
}

// ReadLists reads several lists as they are at one moment.
func ReadLists(lists []*List) [][]int {
	var seen [][]int
	for _, l := range lists {
		seen = append(seen, l.Read())
	}
	return seen
}

// FailSteps does steps, sees that they are done, and fails: nothing of it must ever be seen.
func FailSteps(steps []Step) (int, error) {
	seen := RunSteps(steps)
	return len(seen), fmt.Errorf("after %d steps: %w", len(seen), ErrGivenUp)
}

// PanicSteps is FailSteps with a panic at the end, deep in calls between lists.
func PanicSteps(steps []Step) int {
	seen := RunSteps(steps)
	steps[len(steps)-1].On.fail(len(seen))
	return len(seen)
}

func (l *List) fail(steps int) {
	l.items = append(l.items, -1)
	panic(fmt.Sprintf("%s: given up after %d steps", l.name, steps))
}
