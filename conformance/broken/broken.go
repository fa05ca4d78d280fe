// This file is the program of the broken targets: a good one, and one fault on top.

// Package broken is what the suite is tested with: a target that breaks one promise in one way. Its bundles take the
// flag --fault with the name of one of [Faults]; without it they are the target journal, which keeps every promise.
package broken

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"time"

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
}

// Faults lists all.
func Faults() []Fault { return slices.Concat(requestFaults(), worldFaults(), fileFaults()) }

// Main runs a bundle's program; text is its IR in JSON, limits bound each request. It does not return.
func Main(p *runner.Program, text []byte, limits runner.Limits) {
	gateway.Main(Target(p, text, limits))
}

// Target describes a program on the broken target.
func Target(p *runner.Program, text []byte, limits runner.Limits) gateway.Target {
	var name string
	return gateway.Target{
		Name: "broken", Program: p, IR: text, Limits: limits,
		Flags: func(fs *flag.FlagSet) { fs.StringVar(&name, "fault", "", "the fault's `name`") },
		Open: func(o gateway.Options) (gateway.Executor, error) {
			if o.Data == "" {
				return nil, errors.New("add --data FOLDER")
			}
			i := slices.IndexFunc(Faults(), func(f Fault) bool { return f.Name == name })
			if i < 0 && name != "" {
				return nil, fmt.Errorf("no fault %q", name)
			}
			var f Fault
			if i >= 0 {
				f = Faults()[i]
			}
			return f.open(p, o)
		},
	}
}

// open opens the journal with the fault; the zero Fault is none.
func (f *Fault) open(p *runner.Program, o gateway.Options) (gateway.Executor, error) {
	path := filepath.Join(o.Data, "journal")
	if f.file != nil {
		var err error
		if path, err = f.file(path); err != nil {
			return nil, err
		}
	}
	good, err := journal.Open(path, p, o)
	if err != nil {
		return nil, err
	}
	t := &traffic{program: p, arrived: map[string]uint64{}}
	if f.world != nil {
		good.World = f.world(t)
	}
	x := gateway.Executor(counted{good, t, f.linger})
	if f.requests != nil {
		x = f.requests(x, t)
	}
	return x, nil
}
