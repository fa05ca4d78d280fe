// This file measures the rows of the table.

package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/native/bench/plan"
	"github.com/stateful-entities/sfc/backends/native/engine"
)

// rows measures every row of the plan.
func (a *app) rows(ctx context.Context, dir string, report *Report, say *progress) (err error) {
	f := &field{app: a, registry: prometheus.NewRegistry()}
	defer func() { err = errors.Join(err, f.close()) }()
	say.say("creating %d accounts, and a baseline of as many", a.plan.Accounts)
	if err := errors.Join(f.open(ctx, dir), a.profile.begin()); err != nil {
		return err
	}
	races := f.cells()
	if a.plan.Suite == plan.Aims {
		races = f.aims()
	}
	for i, r := range races {
		say.say("%d of %d: %s", i+1, len(races), r.row.title())
		row, err := f.race(ctx, r, uint64(i))
		if err != nil {
			return fmt.Errorf("%s: %w", r.row.title(), err)
		}
		report.Rows = append(report.Rows, row)
		if err := checkMoney(ctx, f.engine, a.plan.Accounts); err != nil {
			return fmt.Errorf("after %s: %w", r.row.title(), err)
		}
	}
	return nil
}

// field holds all sides that take part.
type field struct {
	*app
	engine   *engine.Engine
	registry *prometheus.Registry // the engine's metrics
	bare     *bare
	loop     *bareLoop
	process  *measuredEngine
	http     *measuredServer
	idle     *server // the handler that does nothing
}

// cache is the engine's memory for entities: enough for all, since how states beyond memory are read is no part of
// this benchmark.
func (a *app) cache() int64 {
	each := int64(a.plan.Field*10*5 + 2048)
	return max(256<<20, 2*each*int64(a.plan.Accounts))
}

func (f *field) open(ctx context.Context, dir string) (err error) {
	if f.engine, err = engine.Open(filepath.Join(dir, "engine"), f.program, f.text, engine.Options{Cache: f.cache(), Group: maxGroup, Metrics: f.registry}); err != nil {
		return err
	}
	groups := engineGroups{f.registry}
	f.process = &measuredEngine{inProcess{f.engine, f.functions, f.records}, groups}
	if err := f.process.fill(ctx, f.plan.Seed); err != nil {
		return err
	}
	if f.bare, err = openBare(ctx, f.app, dir); err != nil {
		return err
	}
	f.loop = newBareLoop(f.bare)
	most := slices.Max(f.plan.Clients)
	served, err := serve("engine", gateway.NewHandler(f.program, nil, f.engine), f.records, most)
	if err != nil {
		return err
	}
	f.http = &measuredServer{served, groups}
	f.idle, err = serve("bare handler", newBareHandler(f.records), f.records, most)
	return err
}

func (f *field) close() error {
	var errs []error
	if f.http != nil {
		errs = append(errs, f.http.close())
	}
	if f.idle != nil {
		errs = append(errs, f.idle.close())
	}
	if f.loop != nil {
		errs = append(errs, f.loop.stop())
	}
	if f.bare != nil {
		errs = append(errs, f.bare.db.Close())
	}
	if f.engine != nil {
		errs = append(errs, f.engine.Close())
	}
	return errors.Join(errs...)
}

// race is a row to be measured: what is measured, in turns with a baseline.
type race struct {
	row      Row // without its numbers
	measured side
	baseline side
	against  round // what the baseline runs; it differs from the measured side's if that is what the row compares
}

// The aims, as ratios to the baseline.
var (
	ofBareLoop = &Aim{Of: Throughput, AtLeast: 0.7}
	ofOneWrite = &Aim{Of: Median, AtMost: 1.3}
	ofUniform  = &Aim{Of: Throughput, AtLeast: 0.9}
)

// aims are the rows that have an aim, and what is beside them.
func (f *field) aims() []race {
	var races []race
	all := []string{plan.Transfer, plan.YCSBA, plan.YCSBB, plan.Mixed}
	add := func(way, w, keys string, clients int, measured, baseline side, aim *Aim) {
		r := f.race1(way, w, keys, clients, measured, baseline)
		r.row.Aim = aim
		races = append(races, r)
	}
	add(plan.Process, plan.Transfer, "uniform", 1, f.process, bareWrite{f.bare}, ofOneWrite)
	add(plan.Process, plan.Transfer, "uniform", 16, f.process, f.loop, nil)
	for _, clients := range []int{64, 512} {
		for _, w := range all {
			add(plan.Process, w, "uniform", clients, f.process, f.loop, ofBareLoop)
		}
	}
	for _, w := range all {
		add(plan.HTTP, w, "uniform", 64, f.http, f.idle, ofBareLoop)
	}
	for _, w := range []string{plan.Transfer, plan.Mixed} {
		for _, keys := range []string{"zipf0.99", "zipf1.5"} {
			r := f.race1(plan.Process, w, keys, 64, f.process, f.process)
			r.against.keys, r.row.Aim, r.row.Baseline.Name = "uniform", ofUniform, "uniform keys"
			races = append(races, r)
		}
	}
	return races
}

// cells are all combinations that the plan names.
func (f *field) cells() []race {
	var races []race
	for _, way := range f.plan.Ways {
		measured, baseline := side(f.process), side(f.loop)
		if way == plan.HTTP {
			measured, baseline = f.http, f.idle
		}
		for _, w := range f.plan.Workloads {
			for _, keys := range f.plan.Keys {
				for _, clients := range f.plan.Clients {
					races = append(races, f.race1(way, w, keys, clients, measured, baseline))
				}
			}
		}
	}
	return races
}

func (f *field) race1(way, w, keys string, clients int, measured, baseline side) race {
	return race{
		row: Row{
			Way: way, Workload: w, Keys: keys, Clients: clients, Rate: f.plan.Rate,
			Measured: Side{Name: measured.name()}, Baseline: Side{Name: baseline.name()},
		},
		measured: measured, baseline: baseline,
		against: round{workload: w, keys: keys, clients: clients, duration: f.plan.Duration, rate: f.plan.Rate, seed: f.plan.Seed},
	}
}

// race measures a row.
func (f *field) race(ctx context.Context, r race, number uint64) (Row, error) {
	row := r.row
	ours := r.against
	ours.keys = row.Keys
	var measured, baseline []sample
	for i := range f.plan.Rounds {
		ours.turn, r.against.turn = number<<16|uint64(2*i), number<<16|uint64(2*i+1)
		turns := []func() error{
			func() error { return f.take(ctx, ours, r.measured, &measured) },
			func() error { return f.take(ctx, r.against, r.baseline, &baseline) },
		}
		if i%2 == 1 { // whoever follows the other gains or loses by it: they change places
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return row, err
			}
		}
	}
	row.Measured.take(measured)
	row.Baseline.take(baseline)
	row.compare(measured, baseline)
	return row, nil
}

// take measures a side for a round.
func (f *field) take(ctx context.Context, r round, s side, to *[]sample) error {
	settle(ctx)
	one, err := r.run(ctx, s, f.records)
	*to = append(*to, one)
	return err
}

// take summarises a side's rounds: the median of each number.
func (s *Side) take(rounds []sample) {
	s.PerSecond = median(rounds, sample.perSecond)
	at := func(p float64) float64 {
		return median(rounds, func(r sample) float64 { return microseconds(r.latencies.percentile(p)) })
	}
	s.P50, s.P99, s.P999 = at(50), at(99), at(99.9)
	s.CPU = median(rounds, func(r sample) float64 { return microseconds(r.cpu) })
	s.Group = median(rounds, func(r sample) float64 { return r.group })
	for _, r := range rounds {
		s.Requests += r.requests
		s.Aborted += r.aborted
		s.Late += r.late
	}
}

// compare sets the row's ratio: of medians, and the least and greatest of single rounds.
func (r *Row) compare(measured, baseline []sample) {
	of := sample.perSecond
	if r.Of = Throughput; r.Aim != nil && r.Aim.Of == Median || r.Rate > 0 {
		r.Of = Median
		of = func(s sample) float64 { return microseconds(s.latencies.percentile(50)) }
	}
	r.Ratio = median(measured, of) / median(baseline, of)
	for i := range measured {
		one := of(measured[i]) / of(baseline[i])
		if i == 0 {
			r.Least, r.Greatest = one, one
		}
		r.Least, r.Greatest = min(r.Least, one), max(r.Greatest, one)
	}
	if r.Aim != nil {
		r.Met = r.Aim.met(r.Ratio)
	}
}

// median of a number of each element; the mean of the middle two of an even count.
func median[T any](list []T, of func(T) float64) float64 {
	numbers := make([]float64, len(list))
	for i, x := range list {
		numbers[i] = of(x)
	}
	slices.SortFunc(numbers, cmp.Compare[float64])
	n := len(numbers)
	return (numbers[(n-1)/2] + numbers[n/2]) / 2
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// title names a row.
func (r Row) title() string {
	parts := []string{"in process", workloadNames[r.Workload], keyNames(r.Keys), fmt.Sprintf("%d clients", r.Clients)}
	if r.Way == plan.HTTP {
		parts[0] = "HTTP"
	}
	if r.Clients == 1 {
		parts[3] = "1 client"
	}
	if r.Rate > 0 {
		parts = append(parts, count(r.Rate)+"/s asked")
	}
	return strings.Join(parts, ", ")
}

var workloadNames = map[string]string{plan.YCSBA: "YCSB A", plan.YCSBB: "YCSB B", plan.Transfer: "YCSB+T", plan.Mixed: "mix M"}

func keyNames(keys string) string { return strings.Replace(keys, "zipf", "zipf ", 1) }
