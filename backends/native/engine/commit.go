// This file commits groups, beside the executor, and sends their replies.

package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// commit makes a batch of each group, in order, waits until it is on disk, and sends the group's replies. The executor
// takes the token of idle before it hands over a group: while one is being committed, the next one runs over what is in
// memory, and what the database had before. The token comes back after the replies, so that who asks again at once does
// so in the next group.
func (e *Engine) commit(groups <-chan *group, idle chan<- struct{}) {
	defer e.end()
	quiet := time.NewTimer(settled)
	defer quiet.Stop()
	noted := time.Now()
	for {
		var err error
		select {
		case g, more := <-groups:
			if !more {
				return
			}
			if err = e.finish(g, idle); g.commits {
				quiet.Reset(settled)
			}
		case <-quiet.C:
			err = e.vouch()
		}
		if now := time.Now(); err == nil && now.Sub(noted) > noteEvery {
			err, noted = e.logs.note(), now
		}
		if err != nil {
			e.fail(fmt.Errorf("the log cannot be written to disk: %w", e.explain(err)))
			return
		}
	}
}

// finish puts a group on disk and sends its replies.
func (e *Engine) finish(g *group, idle chan<- struct{}) error {
	if len(g.tasks) > 0 {
		e.metrics.group.Observe(float64(len(g.tasks)))
	}
	if err := e.write(g); err != nil {
		return err
	}
	e.durable.reach(g.last)
	for _, t := range g.tasks {
		t.answer <- t.response
	}
	idle <- struct{}{}
	return nil
}

// settled is how long no group comes before the last one is vouched for.
const settled = 10 * time.Millisecond

// noteEvery is how long the guard of the logs does not say how far they are synced, while there is work.
const noteEvery = time.Second

// vouch writes an empty record behind the last group. Damage to a record is told from the torn end of a write by the
// record after it (wal.go). It is synced like every other, so that no two are on their way to the disk at once.
func (e *Engine) vouch() error { return e.db.LogData(nil, pebble.Sync) }

// write puts everything that a group did on disk, all or nothing. Its error is final: what is on disk is unknown.
func (e *Engine) write(g *group) error {
	if !g.commits {
		return nil
	}
	b := e.db.NewBatchWithSize(g.bytes + 256*len(g.entries) + 128*len(g.states) + 1024)
	if err := g.fill(b); err != nil {
		return err
	}
	began := time.Now()
	if err := e.db.ApplyNoSyncWait(b, pebble.Sync); err != nil {
		return err
	}
	err := b.SyncWait()
	e.metrics.sync.Observe(time.Since(began).Seconds())
	return errors.Join(err, b.Close())
}

// fill puts everything that the group did into a batch. Each entity is in it once, however many requests wrote it.
func (g *group) fill(b *pebble.Batch) error {
	var key, value []byte // the batch copies both
	for _, s := range g.states {
		var err error
		if key, err = appendEntityKey(key[:0], s.ty, s.key); err != nil {
			return err
		}
		if s.bytes == nil {
			err = b.Delete(key, nil)
		} else {
			err = b.Set(key, s.bytes, nil)
		}
		if err != nil {
			return err
		}
	}
	for _, entry := range g.entries {
		value = entry.append(value[:0])
		key = binary.BigEndian.AppendUint64(append(key[:0], prefixHistory), entry.Position)
		if err := b.Set(key, value, nil); err != nil {
			return err
		}
		value = binary.BigEndian.AppendUint64(value[:0], entry.Position)
		key = append(append(key[:0], prefixRequest), entry.ID...)
		if err := b.Set(key, value, nil); err != nil {
			return err
		}
	}
	for _, k := range g.deletes {
		if err := b.Delete(k, nil); err != nil {
			return err
		}
	}
	return errors.Join(
		b.Set(keyFirst, number(g.first), nil),
		b.Set(keyLast, number(g.last), nil),
		b.Set(keyClock, number(unix(g.clock)), nil),
	)
}
