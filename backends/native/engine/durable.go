// This file tells how far the history is on disk.

package engine

import (
	"context"
	"sync"
)

// durable is the newest position on disk, and who waits for a newer one.
type durable struct {
	mu       sync.Mutex
	position uint64
	waiting  []waiter
}

type waiter struct {
	position uint64
	reached  chan struct{}
}

// reach notes that all up to a position is on disk.
func (d *durable) reach(position uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.position = max(d.position, position)
	kept := d.waiting[:0]
	for _, w := range d.waiting {
		if w.position <= d.position {
			close(w.reached)
		} else {
			kept = append(kept, w)
		}
	}
	d.waiting = kept
}

// after gives a channel that is closed once a position is on disk.
func (d *durable) after(position uint64) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	reached := make(chan struct{})
	if position <= d.position {
		close(reached)
	} else {
		d.waiting = append(d.waiting, waiter{position, reached})
	}
	return reached
}

// wait waits until a position is on disk.
func (e *Engine) wait(ctx context.Context, position uint64) error {
	select {
	case <-e.durable.after(position):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.failed:
		return e.failure
	}
}
