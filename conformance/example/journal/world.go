// This file is the world that requests run in: committed states, in memory.

package journal

import (
	"fmt"

	"github.com/stateful-entities/sfc/runner"
)

// world is runner's world in memory, which also notes what a request changes, for the file.
type world struct {
	*runner.Memory
	program *runner.Program
	changes []change // of the request that runs
}

// change is what a request did to one entity.
type change struct {
	Type  string `json:"type"`
	Key   string `json:"key"`
	State []byte `json:"state"` // encoded; nil: it is deleted
}

// Commit stores the changes, and notes them.
func (w *world) Commit(changes []runner.Change, maxState int) error {
	if err := w.Memory.Commit(changes, maxState); err != nil {
		return err
	}
	for _, c := range changes {
		noted := change{Type: c.Type.Name, Key: c.Key}
		if c.State != nil {
			noted.State, _ = w.program.EncodeState(c.Type, c.State, maxState) // Memory has just done it
		}
		w.changes = append(w.changes, noted)
	}
	return nil
}

// redo stores changes that were read from the file.
func (w *world) redo(changes []change, maxState int) error {
	for _, c := range changes {
		for _, ty := range w.program.Types {
			if ty.Name != c.Type {
				continue
			}
			redone := runner.Change{Type: ty, Key: c.Key}
			if c.State != nil {
				var err error
				if redone.State, err = w.program.DecodeState(ty, c.State); err != nil {
					return fmt.Errorf("%s/%s: %w", c.Type, c.Key, err)
				}
			}
			if err := w.Memory.Commit([]runner.Change{redone}, maxState); err != nil {
				return err
			}
		}
	}
	return nil
}
