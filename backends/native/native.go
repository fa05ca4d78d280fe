// This file lowers a program for the target native.

// Package native is the transactional engine as a target: one process, one database on disk, every request a strictly
// serializable transaction that survives crashes.
package native

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/ir"
)

// Backend is the target native.
type Backend struct{}

// Name is "native".
func (Backend) Name() string { return "native" }

// Doc describes the target.
func (Backend) Doc() string {
	return "one process with a transactional database on disk: acknowledged requests survive crashes"
}

// Features are all that programs need, and durability.
func (Backend) Features() backends.Features {
	return backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle, backends.Recorded, backends.Durable, backends.Queries}
}

// Options are those of the engine, with the names of the program's flags.
func (Backend) Options() []string { return []string{"cache", "history", "horizon", "queue"} }

// checkOptions refuses values that the engine would not take.
func checkOptions(options map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(options)) {
		value := options[name]
		if name == "horizon" {
			if d, err := time.ParseDuration(value); err != nil || d <= 0 {
				return fmt.Errorf("option %s of target native: want a time like 48h, got %q", name, value)
			}
		} else if n, err := strconv.ParseInt(value, 10, 32); err != nil || n < 1 {
			return fmt.Errorf("option %s of target native: want a whole number above 0, got %q", name, value)
		}
	}
	return nil
}

// Lower gives a module with a main package, the generated package below it, and the program's IR, which the main
// package embeds: the engine stores it beside the data, to know what a later program may read. As a library it gives
// the same without module and main, and a function that opens an engine.
func (Backend) Lower(p *ir.Program, o backends.Options) (*backends.Bundle, error) {
	if err := checkOptions(o.Target); err != nil {
		return nil, err
	}
	return backends.LowerGo(p, o, backends.Runtime{
		Target: "native", Import: "github.com/stateful-entities/sfc/backends/native/engine", Library: open,
	})
}

// open is what a library has beside Program and Target.
const open = `
// Open opens a data folder, and makes it if there is none. Without o.Limits, those that sfc.yaml set bound each request.
func Open(dir string, o engine.Options) (*engine.Engine, error) {
	if o.Limits == (runner.Limits{}) {
		o.Limits = limits
	}
	return engine.Open(dir, program.Program(), text, o)
}
`
