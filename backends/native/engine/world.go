// This file is the world that transactions run over: entities in memory, backed by the database.

package engine

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stateful-entities/sfc/runner"
)

// world is a runner.World for the executor's goroutine.
//
// Encoded states are the truth; a decoded one stands beside them only while it is what decoding would give. A transaction
// that may write gets the decoded state for good (Backup): what it commits comes back as bytes, and an abort has nothing
// to undo. So the object of the next transaction is decoded anew, with capacities, sharing and identities as after a
// restart, and no answer depends on what is in memory.
//
// Types of scalars alone cannot show the difference. Their objects stay, a copy of the struct is the backup, and they are
// encoded once for a group, however many of its transactions wrote them. Other types are encoded by each transaction that
// writes them: the encoding is the backup of the next, and cheaper than a copy of all they reach would be.
//
// A state that is not here is read on the executor's goroutine, and the requests behind it wait: a transaction's reads
// are known only as it runs. To keep that short, Call reads what a request names, its entity and the references among
// its arguments, before it queues the request, once there are more entities than memory: the blocks are then in the
// database's cache.
type world struct {
	program *runner.Program
	db      *pebble.DB
	cache   *cache
	scalar  []*scalar // by EntityType.ID; nil: of more than scalars
	fail    func(error)
	metrics *metrics
	enc     *runner.Encoder
	backups []backup  // of the running transaction
	group   []*entity // dirty: to be written by the group's batch
	pinned  []*entity // of the group before, whose batch may not be applied yet
	bytes   int       // put into the group, about
	changed []string  // by the transaction that committed last
}

var _ runner.World = (*world)(nil)

func newWorld(e *Engine) *world {
	w := &world{
		program: e.program, db: e.db, cache: newCache(e.program, e.options.Cache), metrics: e.metrics, enc: e.program.NewEncoder(),
		fail: func(err error) { e.fail(e.explain(err)) },
	}
	for _, ty := range e.program.Types {
		w.scalar = append(w.scalar, newScalar(w.enc, ty))
	}
	return w
}

// backup is a scalar state as it was before a transaction.
type backup struct {
	of    *entity
	state any
}

// scalar is what is known of an entity type whose states are made of scalars.
type scalar struct {
	texts []uintptr // where in a state its strings are
	most  int       // bytes of the encoding without those texts, at most
}

// maxTexts is how many strings a scalar state has at most: they are looked at whenever it is written.
const maxTexts = 1000

// newScalar gives nil for other types.
func newScalar(enc *runner.Encoder, ty *runner.EntityType) *scalar {
	zero := ty.New()
	t := reflect.TypeOf(zero).Elem()
	if !isScalar(t) {
		return nil
	}
	b, err := enc.State(ty, zero, math.MaxInt)
	if err != nil {
		return nil
	}
	s := &scalar{most: len(b)}
	if s.leaves(t, 0); len(s.texts) > maxTexts {
		return nil
	}
	return s
}

// leaves counts what grows in a value at an offset: each number and each length takes up to 8 bytes more than zero does.
func (s *scalar) leaves(t reflect.Type, at uintptr) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			s.leaves(t.Field(i).Type, at+t.Field(i).Offset)
		}
	case reflect.Array:
		one := &scalar{}
		one.leaves(t.Elem(), 0)
		s.most += t.Len() * one.most
		for i := 0; i < t.Len() && len(one.texts) > 0 && len(s.texts) <= maxTexts; i++ {
			for _, text := range one.texts {
				s.texts = append(s.texts, at+uintptr(i)*t.Elem().Size()+text)
			}
		}
	case reflect.String:
		s.texts = append(s.texts, at)
		s.most += 8
	default:
		s.most += 8
	}
}

// bound is the greatest length that the encoding of a state can have.
func (s *scalar) bound(state any) int {
	n, at := s.most, reflect.ValueOf(state).UnsafePointer()
	for _, text := range s.texts {
		n += len(*(*string)(unsafe.Add(at, text)))
	}
	return n
}

// copyOf copies a scalar state.
func copyOf(state any) any {
	v := reflect.ValueOf(state).Elem()
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.Interface()
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
		x = &entity{ty: ty, key: key, bytes: b, length: len(b)}
		w.cache.add(x)
	}
	if x.deleted {
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

// Backup hands the state over to the transaction, or keeps a copy.
func (w *world) Backup(ty *runner.EntityType, key string, _ any) {
	x := w.cache.of[ty.ID][key]
	switch {
	case x == nil || x.state == nil:
	case w.scalar[ty.ID] != nil:
		w.backups = append(w.backups, backup{x, copyOf(x.state)})
	default:
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
		if c.Type.IntKey {
			if _, err := entityKey(c.Type, c.Key); err != nil {
				return err
			}
		}
		if s := w.scalar[c.Type.ID]; s != nil && s.bound(c.State) <= maxState {
			continue
		}
		b, err := w.enc.State(c.Type, c.State, maxState)
		if err != nil {
			return err
		}
		encoded[i] = append(make([]byte, 0, len(b)), b...)
	}
	for i, c := range changes {
		w.put(c, encoded[i])
	}
	w.backups = w.backups[:0]
	return nil
}

// put takes a change; b is nil if it is to be encoded when the group ends.
func (w *world) put(c runner.Change, b []byte) {
	x := w.cache.get(c.Type, c.Key)
	if x == nil {
		x = &entity{ty: c.Type, key: c.Key}
		w.cache.add(x)
	}
	s := w.scalar[c.Type.ID]
	x.bytes, x.state, x.length = b, nil, len(b)
	x.deleted, x.stale = c.State == nil, c.State != nil && b == nil
	if s != nil {
		x.state = c.State
	}
	if x.stale {
		x.length = s.bound(c.State)
	}
	w.cache.weigh(x)
	w.bytes += x.length
	if !x.dirty {
		x.dirty = true
		w.group = append(w.group, x)
	}
	w.changed = append(w.changed, c.Type.Name+"/"+c.Key)
}

// Abort puts the copies back; other states are as their bytes say.
func (w *world) Abort() {
	for _, b := range w.backups {
		b.of.state = b.state
	}
	w.backups = w.backups[:0]
}

// stateWrite is what a group leaves of an entity.
type stateWrite struct {
	ty    *runner.EntityType
	key   string
	bytes []byte // nil: it is deleted
}

// sealed ends the group and gives what it wrote: each entity once, however many transactions wrote it. What it wrote
// stays in memory until it is applied.
func (w *world) sealed() ([]stateWrite, error) {
	list := make([]stateWrite, len(w.group))
	for i, x := range w.group {
		if x.stale {
			b, err := w.enc.State(x.ty, x.state, math.MaxInt)
			if err != nil {
				return nil, err
			}
			x.bytes, x.stale = append(make([]byte, 0, len(b)), b...), false
			x.length = len(b)
			w.cache.weigh(x)
		}
		list[i] = stateWrite{x.ty, x.key, x.bytes}
		x.dirty, x.pinned = false, true
	}
	w.pinned, w.group, w.bytes = w.group, w.pinned[:0], 0
	return list, nil
}

// applied is told that the sealed group can be read from the database. What the group after it has written again stays.
func (w *world) applied() {
	for _, x := range w.pinned {
		if x.pinned = false; x.deleted && !x.dirty {
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
