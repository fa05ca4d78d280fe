// This file puts load on what is measured: in closed loops, or at a rate.

package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// side is what is measured, or what it is measured against.
type side interface {
	name() string
	// session is one client.
	session() (session, error)
}

// grouper is a side that commits in groups. It tells how many there were, and how many requests were in them.
type grouper interface {
	groups() (commits, requests float64, err error)
}

// session is one client. It makes one request at a time.
type session interface {
	// do makes a request and waits for its answer. A transfer without funds is aborted, which is no error.
	do(ctx context.Context, o *operation) (aborted bool, err error)
}

// round is one measurement.
type round struct {
	workload string
	keys     string
	clients  int
	duration time.Duration
	rate     float64 // of an open loop; 0: closed
	seed     uint64
	turn     uint64 // makes the requests differ from those of other rounds
}

// sample is what a round found.
type sample struct {
	requests, aborted int64         // that ended in time
	late              int64         // of an open loop: never begun
	cpu               time.Duration // of this process, clients and disk included, for each request
	group             float64       // requests of a commit, on average; 0: there are no groups
	elapsed           time.Duration
	latencies         *latencies
}

// perSecond is the throughput.
func (s sample) perSecond() float64 { return float64(s.requests) / s.elapsed.Seconds() }

// warming is the part of a round's duration that is added in front and not counted.
const warming = 0.1

// run measures a side for a round.
func (r round) run(ctx context.Context, s side, x *records) (sample, error) {
	g, ok := s.(grouper)
	if !ok {
		return r.load(ctx, s, x)
	}
	commits, requests, err := g.groups()
	if err != nil {
		return sample{}, err
	}
	out, err := r.load(ctx, s, x)
	if err != nil {
		return out, err
	}
	commitsAfter, requestsAfter, err := g.groups()
	if commitsAfter > commits {
		out.group = (requestsAfter - requests) / (commitsAfter - commits)
	}
	return out, err
}

func (r round) load(ctx context.Context, s side, x *records) (sample, error) {
	keys, err := choosers(r.keys, len(x.names))
	if err != nil {
		return sample{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := sample{latencies: newLatencies(), elapsed: r.duration}
	sessions := make([]session, r.clients)
	for i := range sessions {
		if sessions[i], err = s.session(); err != nil {
			return sample{}, err
		}
	}
	var requests, aborted, late, all atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first time.Time // when a request ended too late
	worked := cpuTime()
	schedule := &schedule{start: time.Now(), rate: r.rate}
	begin := schedule.start.Add(time.Duration(warming * float64(r.duration)))
	for i, one := range sessions {
		c := client{
			session: one, generator: newGenerator(r.workload, x, keys, r.seed, r.turn<<32|uint64(i)),
			from: begin, to: begin.Add(r.duration), notebook: notebook{to: out.latencies},
		}
		wg.Go(func() {
			var err error
			if r.rate > 0 {
				err = c.open(ctx, schedule)
			} else {
				err = c.closed(ctx)
			}
			if err != nil {
				cancel(fmt.Errorf("%s: %w", s.name(), err))
			}
			c.notebook.flush()
			requests.Add(c.requests)
			aborted.Add(c.aborted)
			late.Add(c.late)
			all.Add(c.all)
			mu.Lock()
			defer mu.Unlock()
			if !c.overtime.IsZero() && (first.IsZero() || c.overtime.Before(first)) {
				first = c.overtime
			}
		})
	}
	wg.Wait()
	worked = cpuTime() - worked
	if err := context.Cause(ctx); err != nil {
		return sample{}, err
	}
	out.requests, out.aborted, out.late = requests.Load(), aborted.Load(), late.Load()
	if out.requests == 0 && first.IsZero() {
		return sample{}, errors.New("no request was due within a round: it is too short for the rate")
	}
	if out.requests == 0 { // nothing ended in time: the round is as long as the first request takes
		out.requests, out.elapsed = 1, first.Sub(begin)
		one := notebook{to: out.latencies}
		one.add(out.elapsed)
		one.flush()
	}
	out.cpu = worked / time.Duration(max(all.Load(), 1))
	return out, nil
}

// client is one client in one round.
type client struct {
	session   session
	generator *generator
	from, to  time.Time // of what counts
	notebook  notebook
	operation operation

	requests, aborted, late int64
	all                     int64     // those out of time too
	overtime                time.Time // when a request ended that counts no more
}

// closed makes one request after the other. What ends in time counts.
func (c *client) closed(ctx context.Context) error {
	for began := time.Now(); ; {
		ended, err := c.request(ctx)
		if err != nil {
			return err
		}
		if ended.After(c.to) {
			c.overtime = ended
			return nil
		}
		if !ended.Before(c.from) {
			c.notebook.add(ended.Sub(began))
		}
		began = ended
	}
}

// request makes one request and gives the time of its end.
func (c *client) request(ctx context.Context) (time.Time, error) {
	c.generator.next(&c.operation)
	aborted, err := c.session.do(ctx, &c.operation)
	ended := time.Now()
	c.all++
	if err != nil || ended.Before(c.from) || ended.After(c.to) {
		return ended, err
	}
	c.requests++
	if aborted {
		c.aborted++
	}
	return ended, nil
}

// schedule says when the requests of an open loop are to begin: at even distances, whatever becomes of those before.
type schedule struct {
	start time.Time
	rate  float64
	taken atomic.Int64
}

func (s *schedule) next() time.Time {
	n := s.taken.Add(1) - 1
	return s.start.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
}

// open makes requests by a schedule that all clients share. Latency counts from the time at which a request was to
// begin: one that found all clients busy has waited too (no coordinated omission). Every request that was to begin in
// time counts, however late it ends; those that cannot even begin within another round's duration are late, and count
// as if they ended then.
func (c *client) open(ctx context.Context, s *schedule) error {
	give := c.to.Add(c.to.Sub(c.from))
	for {
		intended := s.next()
		if intended.After(c.to) {
			return nil
		}
		if err := sleepUntil(ctx, intended); err != nil {
			return err
		}
		ended := give
		if time.Now().Before(give) {
			var err error
			if ended, err = c.request(ctx); err != nil {
				return err
			}
			if ended.After(c.to) && c.overtime.IsZero() {
				c.overtime = ended
			}
		} else if !intended.Before(c.from) {
			c.late++
		}
		if !intended.Before(c.from) {
			c.notebook.add(ended.Sub(intended))
		}
	}
}

func sleepUntil(ctx context.Context, t time.Time) error {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
