// This file gives generated code the constants of its request: time, randomness, and where debug output goes.

package runner

import (
	"crypto/sha256"
	"fmt"
	"io"
	rand1 "math/rand"
	"math/rand/v2"
	"time"
)

// Request is the request that the thread runs.
func (t *Thread) Request() *Request { return &t.request }

// Now is what time.Now means: the request's time, in UTC, without a monotonic reading.
func (t *Thread) Now() time.Time { return t.request.Time }

// Rand is what the top-level functions of math/rand draw from: ChaCha8, seeded by SHA-256 of the request id.
func (t *Thread) Rand() *rand.Rand {
	r := &t.random
	if r.rand == nil {
		r.source = rand.NewChaCha8(sha256.Sum256([]byte(t.request.ID)))
		r.rand = rand.New(r.source)
	}
	return r.rand
}

// Rand1 is the same generator with the methods of math/rand.
func (t *Thread) Rand1() *rand1.Rand {
	t.Rand()
	return rand1.New(source1{t.random.source})
}

// source1 gives the numbers of ChaCha8 to math/rand.
type source1 struct{ *rand.ChaCha8 }

func (s source1) Int63() int64 { return int64(s.Uint64() >> 1) }

// Seed is never called: the request's generator has its seed.
func (s source1) Seed(int64) {}

// Since is time.Since at the request's time.
func (t *Thread) Since(x time.Time) time.Duration { return t.Now().Sub(x) }

// Until is time.Until at the request's time.
func (t *Thread) Until(x time.Time) time.Duration { return x.Sub(t.Now()) }

// randomness is the request's generator, made when it is first asked for.
type randomness struct {
	source *rand.ChaCha8
	rand   *rand.Rand
}

// save gives the generator's state, nil if nothing was drawn.
func (r *randomness) save() []byte {
	if r.source == nil {
		return nil
	}
	b, err := r.source.MarshalBinary()
	if err != nil {
		panic(err) // ChaCha8 has no error to give
	}
	return b
}

// load goes on where save was.
func (r *randomness) load(b []byte) error {
	*r = randomness{}
	if b == nil {
		return nil
	}
	source := &rand.ChaCha8{}
	if err := source.UnmarshalBinary(b); err != nil {
		return fmt.Errorf("state of the random generator: %w", err)
	}
	r.source, r.rand = source, rand.New(source)
	return nil
}

// Debug is where debug output goes: the target's log, with entity, method and request id. It may repeat when an
// attempt repeats.
func (t *Thread) Debug() io.Writer { return &t.debug }

// debugLog puts the request in front of what is written.
type debugLog struct {
	w io.Writer // nil: nowhere
	t *Thread
}

// Write writes p as one write. Its error never reaches the program.
func (d *debugLog) Write(p []byte) (int, error) {
	if d.w == nil {
		return len(p), nil
	}
	where := ""
	if n := len(d.t.stack); n > 0 {
		top := &d.t.stack[n-1]
		if where = top.fn.Name; top.home != nil {
			where = top.home.name() + " " + where
		}
	}
	line := fmt.Appendf(nil, "[%s] %s: %s", d.t.request.ID, where, p)
	if line[len(line)-1] != '\n' {
		line = append(line, '\n')
	}
	_, _ = d.w.Write(line)
	return len(p), nil
}
