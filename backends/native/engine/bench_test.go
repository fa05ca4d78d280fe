// This file measures calls in process beside a bare loop that commits the same bytes in the same kind of groups.

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

const (
	benchAccounts = 10_000
	benchTime     = time.Second
)

// BenchmarkBesideBareLoop runs deposits for a second, then the bare loop for a second, and reports both rates (requests
// a second), both medians of latency, and their ratios. Run it with -benchtime=3x: the last line holds the best second
// of each.
func BenchmarkBesideBareLoop(b *testing.B) {
	for _, clients := range []int{1, 16, 64, 512} {
		b.Run(fmt.Sprint("clients=", clients), func(b *testing.B) {
			e := open(b, b.TempDir(), Options{Blocks: 256 << 20})
			fillAccounts(b, e)
			bare := newBareLoop(b)
			defer bare.stop()
			var ours, theirs measured
			for b.Loop() {
				ours = best(ours, measure(clients, func(c, i int) { deposit(b, e, c, i) }))
				theirs = best(theirs, measure(clients, bare.commit))
			}
			b.ReportMetric(ours.rate, "engine/s")
			b.ReportMetric(theirs.rate, "bare/s")
			b.ReportMetric(ours.rate/theirs.rate, "rate-ratio")
			b.ReportMetric(float64(ours.median.Microseconds()), "engine-p50-µs")
			b.ReportMetric(float64(theirs.median.Microseconds()), "bare-p50-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func fillAccounts(b *testing.B, e *Engine) {
	var wg sync.WaitGroup
	for c := range 100 {
		wg.Go(func() {
			for i := range benchAccounts / 100 {
				call(b, e, "", "NewAccount", "", fmt.Sprintf(`["%s",0]`, account(100*i+c)))
			}
		})
	}
	wg.Wait()
}

func account(i int) string { return fmt.Sprintf("account-%05d", i%benchAccounts) }

// deposit is a request as the gateway makes it, with the frame already read.
func deposit(b *testing.B, e *Engine, c, i int) {
	f := e.program.Funcs[2]
	r := gateway.Request{ID: gateway.NewID(time.Now()), Func: f, Key: account(7919*c + 31*i), Frame: f.New()}
	*r.Frame.Args()[0].(*int) = 1
	if resp := e.Call(context.Background(), r); resp.Err != nil {
		b.Error(resp.Err)
	}
}

type measured struct {
	rate   float64
	median time.Duration
}

func best(a, b measured) measured {
	if a.rate > b.rate {
		return a
	}
	return b
}

// measure runs clients in closed loops.
func measure(clients int, do func(client, i int)) measured {
	took := make([][]time.Duration, clients)
	start := time.Now()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := 0; time.Since(start) < benchTime; i++ {
				began := time.Now()
				do(c, i)
				took[c] = append(took[c], time.Since(began))
			}
		})
	}
	wg.Wait()
	seconds := time.Since(start).Seconds()
	all := slices.Concat(took...)
	slices.Sort(all)
	return measured{float64(len(all)) / seconds, all[len(all)/2]}
}

// bareLoop commits what deposits commit, without running anything: the same keys and values, one batch for all that
// wait, the next while the last one syncs.
type bareLoop struct {
	b       *testing.B
	db      *pebble.DB
	queue   chan *bareTask
	ended   chan struct{}
	state   []byte
	entry   []byte
	history uint64
}

type bareTask struct {
	key, id []byte
	done    chan struct{}
}

func newBareLoop(b *testing.B) *bareLoop {
	p := gatewaytest.Program()
	db, err := pebble.Open(b.TempDir(), &pebble.Options{FormatMajorVersion: pebble.FormatNewest, MemTableSize: 32 << 20, CacheSize: 256 << 20, Logger: quiet{}})
	require.NoError(b, err)
	a := p.Types[0].New()
	state, err := p.EncodeState(p.Types[0], a, 1<<20)
	require.NoError(b, err)
	f := p.Funcs[2].New()
	arguments, err := p.EncodeFrame(f)
	require.NoError(b, err)
	x := &Entry{
		ID: gateway.NewID(time.Now()), Time: time.Now().UTC().Round(0), Function: "Account.Deposit", Key: account(0), Arguments: arguments,
		Result: []byte("null"), Changed: []string{"Account/" + account(0)},
	}
	l := &bareLoop{b: b, db: db, queue: make(chan *bareTask, 4096), ended: make(chan struct{}), entry: x.append(nil)}
	l.state = append(state, account(0)...)
	go l.run()
	return l
}

type quiet struct{}

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (quiet) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

func (l *bareLoop) commit(c, i int) {
	key := append(typePrefix("Account"), account(7919*c+31*i)...)
	t := &bareTask{key: key, id: requestKey(gateway.NewID(time.Now())), done: make(chan struct{}, 1)}
	l.queue <- t
	<-t.done
}

type bareGroup struct {
	tasks []*bareTask
	batch *pebble.Batch
}

func (l *bareLoop) run() {
	groups, idle := make(chan *bareGroup), make(chan struct{}, 1)
	idle <- struct{}{}
	go func() {
		defer close(l.ended)
		for g := range groups {
			if err := errors.Join(g.batch.SyncWait(), g.batch.Close()); err != nil {
				l.b.Error(err)
			}
			idle <- struct{}{}
			for _, t := range g.tasks {
				t.done <- struct{}{}
			}
		}
	}()
	defer close(groups)
	for t := range l.queue {
		g := &bareGroup{batch: l.db.NewBatch()}
		l.put(g, t)
		for full := false; !full; {
			select {
			case t, ok := <-l.queue:
				if full = !ok; ok {
					l.put(g, t)
				}
				continue
			default:
			}
			select {
			case t, ok := <-l.queue:
				if full = !ok; ok {
					l.put(g, t)
				}
			case <-idle:
				full = true
			}
		}
		if err := l.db.ApplyNoSyncWait(g.batch, pebble.Sync); err != nil {
			l.b.Error(err)
		}
		groups <- g
	}
}

func (l *bareLoop) put(g *bareGroup, t *bareTask) {
	l.history++
	g.tasks = append(g.tasks, t)
	if err := errors.Join(
		g.batch.Set(t.key, l.state, nil),
		g.batch.Set(historyKey(l.history), l.entry, nil),
		g.batch.Set(t.id, number(l.history), nil),
	); err != nil {
		l.b.Error(err)
	}
}

func (l *bareLoop) stop() {
	close(l.queue)
	<-l.ended
	require.NoError(l.b, l.db.Close())
}

// TestBareLoopWritesTheSame: per deposit, the bare loop's bytes are the engine's.
func TestBareLoopWritesTheSame(t *testing.T) {
	e := open(t, t.TempDir(), Options{})
	require.Equal(t, `"`+account(0)+`"`, call(t, e, "", "NewAccount", "", fmt.Sprintf(`[%q,0]`, account(0))))
	require.Equal(t, "null", call(t, e, "auto-"+strings.Repeat("x", 26), "Account.Deposit", account(0), `[1]`))
	written, err := get(e.db, historyKey(2))
	require.NoError(t, err)
	state, err := get(e.db, append(typePrefix("Account"), account(0)...))
	require.NoError(t, err)
	var b *testing.B
	testing.Benchmark(func(inner *testing.B) {
		if b == nil {
			b = inner
			l := newBareLoop(inner)
			defer l.stop()
			if abs(len(l.entry)-len(written)) > 4 || abs(len(l.state)-len(state)) > 4 {
				t.Errorf("bare loop: %d and %d bytes, engine %d and %d", len(l.entry), len(l.state), len(written), len(state))
			}
		}
	})
}

func abs(n int) int { return max(n, -n) }
