// This file is the program of the broken targets: a good one, and one fault on top.

// Package broken is what the suite is tested with: a target that breaks one promise in one way. Its bundles take the
// flag --fault with the name of one of [Faults]; without it they are the target journal, which keeps every promise.
package broken

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/conformance/example/journal"
	"github.com/stateful-entities/sfc/runner"
)

// A Fault is one thing that is wrong. One of the functions is set: it wraps what is right.
type Fault struct {
	Name string
	Says string // in one sentence

	// requests wraps the executor.
	requests func(gateway.Executor, *traffic) gateway.Executor
	// world wraps the world of each request.
	world func(*traffic) func(gateway.Request, runner.World) runner.World
	// linger is how long requests wait between their coming and their turn, so that others come meanwhile.
	linger time.Duration
	// file gives the file that the journal is to use in place of the one it is given.
	file func(path string) (string, error)
	// limits changes what bounds each request.
	limits func(*runner.Limits)
	// front makes what stands between clients and the HTTP API.
	front func() front
}

// Faults lists all.
func Faults() []Fault {
	return slices.Concat(requestFaults(), roomFaults(), queryFaults(), worldFaults(), fileFaults(), httpFaults())
}

// settings are the flags of the broken target.
type settings struct {
	fault   string
	queue   int
	horizon time.Duration
}

func (s *settings) define(fs *flag.FlagSet) {
	fs.StringVar(&s.fault, "fault", "", "the fault's `name`")
	fs.IntVar(&s.queue, "queue", 1024, "how many requests may wait")
	fs.DurationVar(&s.horizon, "horizon", 24*time.Hour, "how long responses are kept")
}

// Main runs a bundle's program; text is its IR in JSON, limits bound each request. It does not return.
func Main(p *runner.Program, text []byte, limits runner.Limits) {
	t := Target(p, text, limits)
	if code, served := serveBehind(t, os.Args[1:]); served {
		os.Exit(code)
	}
	gateway.Main(t)
}

// Target describes a program on the broken target, without what stands in front of it.
func Target(p *runner.Program, text []byte, limits runner.Limits) gateway.Target {
	var s settings
	return gateway.Target{
		Name: "broken", Program: p, IR: text, Limits: limits, Flags: s.define,
		Open: func(o gateway.Options) (gateway.Executor, error) {
			if o.Data == "" {
				return nil, errors.New("add --data FOLDER")
			}
			f, err := find(s.fault)
			if err != nil {
				return nil, err
			}
			return f.open(p, o, &s)
		},
	}
}

// find gives the fault of a name; that of "" is none.
func find(name string) (*Fault, error) {
	all := Faults()
	i := slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })
	switch {
	case i >= 0:
		return &all[i], nil
	case name == "":
		return &Fault{}, nil
	}
	return nil, fmt.Errorf("no fault %q", name)
}

// open opens the journal with the fault.
func (f *Fault) open(p *runner.Program, o gateway.Options, s *settings) (gateway.Executor, error) {
	path := filepath.Join(o.Data, "journal")
	if f.limits != nil {
		o.Limits = o.Limits.OrDefault()
		f.limits(&o.Limits)
	}
	if f.file != nil {
		var err error
		if path, err = f.file(path); err != nil {
			return nil, err
		}
	}
	good, err := journal.Open(path, p, o, s.queue)
	if err != nil {
		return nil, err
	}
	t := &traffic{program: p, arrived: map[string]uint64{}}
	if f.world != nil {
		good.World = f.world(t)
	}
	x := gateway.Executor(counted{expiring{good, s.horizon}, t, f.linger})
	if f.requests != nil {
		x = f.requests(x, t)
	}
	return x, nil
}

// expiring is what the journal has not: an end to the time for which responses are kept.
type expiring struct {
	gateway.Executor
	horizon time.Duration
}

func (x expiring) Call(ctx context.Context, r gateway.Request) gateway.Response {
	if fail := x.gone(ctx, r.ID); fail != nil && r.Client {
		return gateway.Response{ID: r.ID, Err: fail}
	}
	return x.Executor.Call(ctx, r)
}

func (x expiring) Recorded(ctx context.Context, id string) (*gateway.Record, error) {
	if fail := x.gone(ctx, id); fail != nil {
		return nil, fail
	}
	return x.Executor.Recorded(ctx, id)
}

func (x expiring) gone(ctx context.Context, id string) *sfc.Error {
	if rec, err := x.Executor.Recorded(ctx, id); err == nil && time.Since(rec.Time) > x.horizon {
		return gateway.Errorf("Expired", "the response of %q is not kept any longer", id)
	}
	return nil
}
