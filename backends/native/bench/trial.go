// This file does the parts of a request one by one: compiled and as plain Go, with and without the engine.

package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stateful-entities/sfc/backends/native/bench/plan/ledger"
	"github.com/stateful-entities/sfc/backends/native/engine"
	"github.com/stateful-entities/sfc/runner"
)

// A document's parts have texts of textLength bytes, and take partLength in a stored state.
const (
	textLength = 100
	partLength = 118
)

// The entities of a trial.
const (
	documentKey = "document"
	journalKey  = "journal"
)

// trial is one document with its journal, three times: in an engine, in a world that does nothing but hold them, and as
// plain Go.
type trial struct {
	*app
	ctx    context.Context
	engine *inProcess
	closer *engine.Engine
	db     *pebble.DB // of the storage part
	held   held
	turn   int
	texts  []string
	parts  int

	document *ledger.Document
	journal  *ledger.Journal

	documentBytes, journalBytes []byte
}

func (a *app) newTrial(ctx context.Context, dir string, size int) (*trial, error) {
	t := &trial{app: a, ctx: ctx, parts: size / partLength, held: held{}}
	r := rand.New(rand.NewPCG(a.plan.Seed, uint64(size)))
	for range 64 {
		t.texts = append(t.texts, randomText(r, textLength))
	}
	t.document, t.journal = ledger.NewDocument(documentKey, t.parts, t.texts[0]), ledger.NewJournal(journalKey)
	fns := a.functions
	for fn, args := range map[*runner.Func][]any{
		fns.newDocument: {documentKey, t.parts, t.texts[0]}, fns.newJournal: {journalKey},
	} {
		if err := t.direct(fn, "", frame(fn, args...)); err != nil {
			return nil, err
		}
	}
	if err := t.encode(); err != nil {
		return nil, err
	}
	e, err := engine.Open(filepath.Join(dir, "engine"), a.program, a.text, engine.Options{})
	if err != nil {
		return nil, err
	}
	t.engine, t.closer = &inProcess{e, fns, a.records}, e
	err = errors.Join(
		t.engine.create(ctx, fns.newDocument, documentKey, t.parts, t.texts[0]),
		t.engine.create(ctx, fns.newJournal, journalKey),
	)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	o, err := databaseOptions(filepath.Join(dir, "engine"))
	if err == nil {
		t.db, err = pebble.Open(filepath.Join(dir, "bare"), o)
	}
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return t, nil
}

func (t *trial) close() error { return errors.Join(t.closer.Close(), t.db.Close()) }

// next gives the part that the next edit replaces, and by what.
func (t *trial) next() (part int, text string) {
	t.turn++
	return t.turn % t.parts, t.texts[t.turn%len(t.texts)]
}

// whole is a request to the engine.
func (t *trial) whole() error {
	part, text := t.next()
	fn := t.functions.editNoted
	if fail := t.engine.call(t.ctx, fn, documentKey, frame(fn, part, text, journalKey)); fail != nil {
		return fail
	}
	return nil
}

// split is the same as compiled code over states that are there, nothing else.
func (t *trial) split() error {
	part, text := t.next()
	fn := t.functions.editNoted
	return t.direct(fn, documentKey, frame(fn, part, text, journalKey))
}

func (t *trial) plainSplit() error {
	part, text := t.next()
	t.document.EditNoted(part, text, t.journal)
	return nil
}

// single calls no other entity.
func (t *trial) single() error {
	part, text := t.next()
	fn := t.functions.edit
	return t.direct(fn, documentKey, frame(fn, part, text))
}

func (t *trial) plainSingle() error {
	part, text := t.next()
	t.document.Edit(part, text)
	return nil
}

func (t *trial) direct(fn *runner.Func, key string, f runner.Frame) error {
	out := runner.Direct(t.program, t.held, runner.Limits{}, runner.Call{
		Func: fn, Key: key, Frame: f, Request: runner.Request{ID: "trial", Time: time.Unix(0, 0).UTC()},
	})
	if out.Err != nil {
		return fmt.Errorf("%s: %w", fn.Name, &out.Err.Error)
	}
	return nil
}

// codec decodes and encodes what a request does: states that hold more than scalars are decoded anew by each request,
// and what was written is encoded.
func (t *trial) codec() error {
	part, text := t.next()
	fn := t.functions.editNoted
	if _, err := t.program.EncodeFrame(frame(fn, part, text, journalKey)); err != nil {
		return err
	}
	if _, err := t.program.DecodeState(t.functions.newDocument.Creates, t.documentBytes); err != nil {
		return err
	}
	return t.encode()
}

func (t *trial) encode() (err error) {
	limit := runner.Limits{}.OrDefault().State
	encode := func(ty *runner.EntityType) []byte {
		b, fail := t.program.EncodeState(ty, t.held[ty], limit)
		err = errors.Join(err, fail)
		return b
	}
	t.documentBytes, t.journalBytes = encode(t.functions.newDocument.Creates), encode(t.functions.newJournal.Creates)
	return err
}

// store writes what a request leaves, synced: both states, and about as much history.
func (t *trial) store() error {
	t.turn++
	b := t.db.NewBatch()
	err := errors.Join(
		b.Set([]byte(documentKey), t.documentBytes, nil), b.Set([]byte(journalKey), t.journalBytes, nil),
		b.Set(fmt.Appendf(nil, "history %d", t.turn), make([]byte, 250), nil),
		b.Set(fmt.Appendf(nil, "request %d", t.turn), make([]byte, 8), nil),
		b.Commit(pebble.Sync),
	)
	return errors.Join(err, b.Close())
}

// held is a world of one entity of each type. It holds them decoded, and takes no copies: what runs over it takes the
// time of the compiled code and its driver alone.
type held map[*runner.EntityType]any

// Load gives the entity of a type.
func (h held) Load(ty *runner.EntityType, _ string) (any, error) { return h[ty], nil }

// Backup takes none.
func (held) Backup(*runner.EntityType, string, any) {}

// Commit keeps new states.
func (h held) Commit(changes []runner.Change, _ int) error {
	for _, c := range changes {
		h[c.Type] = c.State
	}
	return nil
}

// Abort has nothing to undo: no request of a trial fails.
func (held) Abort() {}
