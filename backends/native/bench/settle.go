// This file separates rounds from each other.

package bench

import (
	"context"
	"runtime"
	"time"
)

// How long a round waits for what the one before has left behind, and how little work counts as none.
const (
	patience = 2 * time.Second
	glance   = 25 * time.Millisecond
	little   = glance / 10
)

// settle waits until nothing works any more: collecting garbage and compacting files, which a round leaves behind, would
// be paid for by the side whose turn is next.
func settle(ctx context.Context) {
	runtime.GC()
	for end := time.Now().Add(patience); time.Now().Before(end) && ctx.Err() == nil; {
		before := cpuTime()
		time.Sleep(glance)
		if cpuTime()-before < little {
			return
		}
	}
}
