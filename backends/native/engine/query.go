// This file answers queries, beside the executor.

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/where"
	"github.com/stateful-entities/sfc/runner"
)

// Query reads entities of any types as they were at one moment, which is not before the last reply that was sent when
// it was called. It does not wait for requests, and they not for it. A type that does not exist and a key that no
// entity of the type can have are *sfc.Error; an entity that does not exist is an empty list.
func (e *Engine) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	var cut *gateway.Cut
	err := e.view(ctx, func(s *view) error {
		cut = &gateway.Cut{Position: s.position}
		for _, sel := range selections {
			picker, err := s.query(ctx, sel)
			if err != nil {
				return err
			}
			cut.Entities, cut.More = append(cut.Entities, picker.Found), append(cut.More, picker.More)
		}
		return nil
	})
	return cut, err
}

// History gives up to limit entries from a position on, oldest first, as far as they are kept and on disk.
func (e *Engine) History(ctx context.Context, from uint64, limit int) ([]*Entry, error) {
	var list []*Entry
	err := e.view(ctx, func(s *view) error {
		from = max(from, s.first)
		return s.scan(historyKey(from), []byte{prefixHistory + 1}, func(key, value []byte) (bool, error) {
			if len(list) == limit || ctx.Err() != nil {
				return false, ctx.Err()
			}
			position, err := parseNumber(key, key[1:])
			if err != nil {
				return false, err
			}
			entry, err := decodeEntry(position, value)
			list = append(list, entry)
			return true, err
		})
	})
	return list, err
}

// State gives an entity's committed state.
func (e *Engine) State(ctx context.Context, ty *runner.EntityType, key string) (json.RawMessage, error) {
	cut, err := e.Query(ctx, gateway.Selection{Type: ty.Name, Key: key})
	if err != nil {
		return nil, err
	}
	if len(cut.Entities[0]) == 0 {
		name := ty.Name + "/" + key
		return nil, &sfc.Error{Code: "NotFound", Message: name + " does not exist", Entity: name}
	}
	return cut.Entities[0][0].State, nil
}

// Recorded gives what is kept of a request that ran before.
func (e *Engine) Recorded(ctx context.Context, id string) (*gateway.Record, error) {
	var entry *Entry
	err := e.view(ctx, func(s *view) (err error) {
		entry, err = find(s, id, s.first)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case entry == nil:
		return nil, gateway.Errorf("NotFound", "no request %q is recorded", id)
	case entry.Position == 0 || e.options.Clock().Sub(entry.Time) > e.options.Horizon:
		return nil, expired(id)
	}
	return e.record(entry), nil
}

// record is an entry as clients see it.
func (e *Engine) record(x *Entry) *gateway.Record {
	rec := &gateway.Record{Response: x.response(), Position: x.Position, Time: x.Time, Method: x.Function, Changed: x.Changed}
	if ty, _, isMethod := strings.Cut(x.Function, "."); isMethod {
		rec.Entity = ty + "/" + x.Key
	}
	for _, f := range e.program.Funcs {
		if f.Name == x.Function && e.stored.reads(x) {
			rec.Arguments = gateway.ArgumentsOf(e.program, e.codec, f, x.Arguments)
		}
	}
	return rec
}

// Backup writes a copy of the data folder, as it is at one moment, to a folder that must not exist. The engine goes on
// meanwhile. The copy is a data folder itself.
func (e *Engine) Backup(dir string) error { return e.beside(func() error { return e.backup(dir) }) }

func (e *Engine) backup(dir string) error {
	e.reading.RLock()
	defer e.reading.RUnlock()
	if e.closed {
		return e.gone()
	}
	fs := e.options.fs
	if _, err := fs.Stat(dir); err == nil {
		return fmt.Errorf("backup: %q exists already", dir)
	}
	if err := makeFolder(fs, dir); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := e.db.Checkpoint(fs.PathJoin(dir, folder)); err != nil {
		return fmt.Errorf("backup to %q: %w", dir, err)
	}
	return nil
}

// view is one moment of the database.
type view struct {
	*pebble.Snapshot
	e        *Engine
	position uint64
	first    uint64
}

// view runs f over the newest moment, once that is on disk.
func (e *Engine) view(ctx context.Context, f func(*view) error) error {
	var err error
	if e.beside(func() error { err = e.viewHere(ctx, f); return nil }) != nil {
		return e.gone()
	}
	return err
}

func (e *Engine) viewHere(ctx context.Context, f func(*view) error) error {
	e.reading.RLock()
	defer e.reading.RUnlock()
	if e.closed {
		return e.gone()
	}
	s := &view{Snapshot: e.db.NewSnapshot(), e: e}
	defer s.Close()
	err := s.begin(ctx)
	if err == nil {
		err = f(s)
	}
	if err != nil && pebble.IsCorruptionError(err) {
		e.fail(e.explain(err))
	}
	return err
}

func (s *view) begin(ctx context.Context) (err error) {
	if s.position, err = getNumber(s, keyLast); err != nil {
		return err
	}
	if s.first, err = getNumber(s, keyFirst); err != nil {
		return err
	}
	return s.e.wait(ctx, s.position)
}

func (s *view) query(ctx context.Context, sel gateway.Selection) (*where.Picker, error) {
	ty := s.e.entityType(sel.Type)
	if ty == nil {
		return nil, gateway.Errorf("NotFound", "no entity type %q", sel.Type)
	}
	from, end, fail := bounds(ty, sel)
	if fail != nil {
		return nil, fail
	}
	picker, fail := where.NewPicker(s.e.codec, ty, sel)
	if fail != nil {
		return nil, fail
	}
	err := s.scan(from, end, func(key, value []byte) (bool, error) {
		if picker.Full() {
			return false, nil
		}
		text, state, err := s.e.decode(ty, key[len(typePrefix(ty.Name)):], value)
		if err != nil {
			return false, err
		}
		return true, picker.Take(ctx, text, state)
	})
	return picker, err
}

// bounds gives the keys between which a selection's entities are.
func bounds(ty *runner.EntityType, sel gateway.Selection) (from, end []byte, fail *sfc.Error) {
	key := sel.Key
	if key == "" {
		if key = sel.After; key == "" {
			return typePrefix(ty.Name), typeEnd(ty.Name), nil
		}
	}
	if why := ty.KeyFault(key); why != "" {
		return nil, nil, gateway.Errorf("InvalidArgument", "%s: %s", ty.Name, why)
	}
	at, err := entityKey(ty, key)
	if err != nil {
		return nil, nil, gateway.Errorf("InvalidArgument", "key of a %s: %v", ty.Name, err)
	}
	next := append(at[:len(at):len(at)], 0) // the first key behind it
	if sel.Key != "" {
		return at, next, nil
	}
	return next, typeEnd(ty.Name), nil
}

// decode gives a stored entity's key and state.
func (e *Engine) decode(ty *runner.EntityType, rest, value []byte) (string, any, error) {
	key, err := keyText(ty, rest)
	if err != nil {
		return "", nil, err
	}
	state, err := e.program.DecodeState(ty, value)
	if err != nil {
		return "", nil, fmt.Errorf("stored entity %s/%s: %w", ty.Name, key, err)
	}
	return key, state, nil
}

// scan goes through the keys in [from, end), until f says no.
func (s *view) scan(from, end []byte, f func(key, value []byte) (bool, error)) error {
	it, err := s.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: end})
	if err != nil {
		return err
	}
	for ok := it.First(); ok && err == nil; {
		if ok, err = f(it.Key(), it.Value()); ok {
			ok = it.Next()
		}
	}
	return errors.Join(err, it.Error(), it.Close())
}

func (e *Engine) entityType(name string) *runner.EntityType {
	for _, ty := range e.program.Types {
		if ty.Name == name {
			return ty
		}
	}
	return nil
}
