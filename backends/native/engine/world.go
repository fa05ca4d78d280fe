// This file is the world that transactions run over: entities in memory, backed by the database.

package engine

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stateful-entities/sfc/runner"
)

// world is a runner.World for the executor's goroutine. Encoded states are the truth; a decoded one stands beside them
// only while it is what decoding would give.
//
// A transaction that may write gets the decoded state for good (Backup): what it commits comes back as bytes, and an
// abort has nothing to undo. So the object of the next transaction is decoded anew, with capacities, sharing and
// identities as after a restart, and no answer depends on what is in memory. Types of scalars alone cannot show the
// difference; their objects stay.
//
// A state that is not here is read on the executor's goroutine, and the requests behind it wait: a transaction's reads
// are known only as it runs. To keep that short, Call reads what a request names, its entity and the references among
// its arguments, before it queues the request, once there are more entities than memory: the blocks are then in the
// database's cache.
type world struct {
	program *runner.Program
	db      *pebble.DB
	cache   *cache
	scalar  []bool // by EntityType.ID
	fail    func(error)
	metrics *metrics
	group   []*entity // dirty: to be written by the group's batch
	pinned  []*entity // of the group before, whose batch may not be applied yet
	bytes   int       // put into the group
	changed []string  // by the transaction that committed last
}

var _ runner.World = (*world)(nil)

func newWorld(e *Engine) *world {
	w := &world{program: e.program, db: e.db, cache: newCache(e.program, e.options.Cache), fail: func(err error) { e.fail(e.explain(err)) }, metrics: e.metrics}
	for _, ty := range e.program.Types {
		w.scalar = append(w.scalar, isScalar(reflect.TypeOf(ty.New()).Elem()))
	}
	return w
}

// isScalar says whether values of a type have one form in memory. Floats have several: NaNs differ in bits.
func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.String,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	case reflect.Array:
		return isScalar(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !isScalar(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return false
}

// Load gives an entity's state.
func (w *world) Load(ty *runner.EntityType, key string) (any, error) {
	x := w.cache.get(ty, key)
	if x != nil {
		w.metrics.hits.Inc()
	} else {
		w.metrics.misses.Inc()
		b, err := w.read(ty, key)
		if b == nil || err != nil {
			return nil, err
		}
		x = &entity{ty: ty, key: key, bytes: b}
		w.cache.add(x)
	}
	if x.bytes == nil {
		return nil, nil
	}
	if x.state == nil {
		state, err := w.program.DecodeState(ty, x.bytes)
		if err != nil {
			return nil, fmt.Errorf("stored entity %s/%s: %w", ty.Name, key, err)
		}
		x.state = state
	}
	return x.state, nil
}

// read gives the bytes of a state in the database, nil if there is none.
func (w *world) read(ty *runner.EntityType, key string) ([]byte, error) {
	k, err := entityKey(ty, key)
	if err != nil {
		return nil, nil // a key that no entity of the type can have
	}
	b, err := get(w.db, k)
	if err != nil {
		w.fail(err)
	}
	return b, err
}

// Backup hands the state over to the transaction.
func (w *world) Backup(ty *runner.EntityType, key string, _ any) {
	if x := w.cache.of[ty.ID][key]; x != nil {
		x.state = nil
	}
}

// Commit takes what a transaction did into the group.
func (w *world) Commit(changes []runner.Change, maxState int) error {
	encoded := make([][]byte, len(changes))
	for i, c := range changes {
		if c.State == nil {
			continue
		}
		if _, err := entityKey(c.Type, c.Key); err != nil {
			return err
		}
		b, err := w.program.EncodeState(c.Type, c.State, maxState)
		if err != nil {
			return err
		}
		encoded[i] = b
	}
	for i, c := range changes {
		w.put(c, encoded[i])
	}
	return nil
}

func (w *world) put(c runner.Change, b []byte) {
	x := w.cache.get(c.Type, c.Key)
	if x == nil {
		x = &entity{ty: c.Type, key: c.Key}
		w.cache.add(x)
	}
	x.bytes, x.state = b, nil
	if w.scalar[c.Type.ID] && b != nil {
		x.state = c.State
	}
	w.cache.weigh(x)
	w.bytes += len(b)
	if !x.dirty {
		x.dirty = true
		w.group = append(w.group, x)
	}
	w.changed = append(w.changed, c.Type.Name+"/"+c.Key)
}

// Abort has nothing to do: the bytes are as they were.
func (w *world) Abort() {}

// stateWrite is what a group leaves of an entity.
type stateWrite struct {
	ty    *runner.EntityType
	key   string
	bytes []byte // nil: it is deleted
}

// sealed ends the group and gives what it wrote: each entity once, however many transactions wrote it. What it wrote
// stays in memory until it is applied.
func (w *world) sealed() []stateWrite {
	list := make([]stateWrite, len(w.group))
	for i, x := range w.group {
		list[i] = stateWrite{x.ty, x.key, x.bytes}
		x.dirty, x.pinned = false, true
	}
	w.pinned, w.group, w.bytes = w.group, w.pinned[:0], 0
	return list
}

// applied is told that the sealed group can be read from the database. What the group after it has written again stays.
func (w *world) applied() {
	for _, x := range w.pinned {
		if x.pinned = false; x.bytes == nil && !x.dirty {
			w.cache.drop(x)
		}
	}
	clear(w.pinned)
	w.pinned = w.pinned[:0]
	w.cache.shrink()
}

// get reads a value of a database or a snapshot; nil if there is none.
func get(r pebble.Reader, key []byte) ([]byte, error) {
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, len(v)), v...)
	return b, closer.Close()
}

// getNumber reads a number; 0 if there is none.
func getNumber(r pebble.Reader, key []byte) (uint64, error) {
	b, err := get(r, key)
	if b == nil || err != nil {
		return 0, err
	}
	return parseNumber(key, b)
}
