// This file is the program of a bundle.

package engine

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

// Main runs a bundle's program; text is its IR in JSON, limits bound each request. It does not return.
func Main(p *runner.Program, text []byte, limits runner.Limits) {
	gateway.Main(Target(p, text, limits))
}

// Target describes a program on the target native. A failure of the disk ends the process: what it was asked then is
// unknown to its clients, who ask again with the same ids once it runs again.
func Target(p *runner.Program, text []byte, limits runner.Limits) gateway.Target {
	var o Options
	var cacheMiB int64
	return gateway.Target{
		Name: "native", Program: p, IR: text, Limits: limits,
		Flags: func(fs *flag.FlagSet) {
			fs.BoolVar(&o.Chaos, "chaos", false, "for tests: encode, drop and decode everything at each suspension")
			fs.DurationVar(&o.Horizon, "horizon", defaultHorizon, "how long responses are kept by their request's id")
			fs.Uint64Var(&o.HistoryCount, "history", defaultHistory, "how many responses are kept at most")
			fs.Int64Var(&cacheMiB, "cache", defaultCache>>20, "memory for entities, in `MiB`")
			fs.IntVar(&o.Queue, "queue", defaultQueue, "how many requests may wait")
		},
		Open: func(g gateway.Options) (gateway.Executor, error) {
			if g.Data == "" {
				return nil, errors.New("the target native keeps its state in a folder: add --data FOLDER")
			}
			const most = math.MaxInt64 >> 20
			if o.Horizon <= 0 || o.HistoryCount < 1 || cacheMiB < 1 || cacheMiB > most || o.Queue < 1 {
				return nil, fmt.Errorf("--horizon, --history, --cache and --queue: want more than nothing and at most %d MiB, got %v, %d, %d and %d",
					int64(most), o.Horizon, o.HistoryCount, cacheMiB, o.Queue)
			}
			o.Cache, o.Limits, o.Log, o.Metrics = cacheMiB<<20, g.Limits, g.Log, g.Metrics
			o.Fatal = func(error) { os.Exit(1) } // fail has logged why
			return Open(g.Data, p, text, o)
		},
	}
}
