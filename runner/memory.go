// This file is the in-memory world: committed states as bytes.

package runner

import (
	"slices"
	"time"
)

// Memory is a world in memory. It keeps committed states encoded: a transaction decodes what it touches and encodes
// what it changed, so that nothing it holds is shared with another one. Not safe for concurrent use.
type Memory struct {
	prog   *Program
	states []map[string][]byte // by EntityType.ID
	last   time.Time
}

// NewMemory makes an empty world.
func NewMemory(p *Program) *Memory {
	m := &Memory{prog: p, states: make([]map[string][]byte, len(p.Types))}
	for i := range m.states {
		m.states[i] = map[string][]byte{}
	}
	return m
}

// Time turns the clock's time into a request's: in UTC, without a monotonic reading, never before an earlier one.
func (m *Memory) Time(clock time.Time) time.Time {
	clock = clock.UTC().Round(0)
	if clock.Before(m.last) {
		clock = m.last
	}
	m.last = clock
	return clock
}

// Load decodes a committed state.
func (m *Memory) Load(ty *EntityType, key string) (any, error) {
	b, ok := m.states[ty.ID][key]
	if !ok {
		return nil, nil
	}
	return m.prog.DecodeState(ty, b)
}

// Backup does nothing: the committed bytes are the backup.
func (m *Memory) Backup(*EntityType, string, any) {}

// Commit encodes all changes, then stores them.
func (m *Memory) Commit(changes []Change, maxState int) error {
	encoded := make([][]byte, len(changes))
	for i, c := range changes {
		if c.State == nil {
			continue
		}
		b, err := m.prog.EncodeState(c.Type, c.State, maxState)
		if err != nil {
			return err
		}
		encoded[i] = b
	}
	for i, c := range changes {
		if c.State == nil {
			delete(m.states[c.Type.ID], c.Key)
		} else {
			m.states[c.Type.ID][c.Key] = encoded[i]
		}
	}
	return nil
}

// Abort does nothing: the states were never touched.
func (m *Memory) Abort() {}

// State gives a copy of a committed state, and whether there is one. Bytes that do not decode are a bug of the
// generated codec: State panics.
func (m *Memory) State(ty *EntityType, key string) (any, bool) {
	state, err := m.Load(ty, key)
	if err != nil {
		panic(err)
	}
	return state, state != nil
}

// Keys gives the keys of all entities of a type, sorted.
func (m *Memory) Keys(ty *EntityType) []string {
	keys := make([]string, 0, len(m.states[ty.ID]))
	for k := range m.states[ty.ID] {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
