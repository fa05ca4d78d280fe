// This file lowers a program for the target local.

// Package local is the reference target: a map and one goroutine. Its bundles keep everything in memory.
package local

import (
	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/ir"
)

// Backend is the target local.
type Backend struct{}

// Name is "local".
func (Backend) Name() string { return "local" }

// Doc describes the target.
func (Backend) Doc() string {
	return "one process, one goroutine, a map in memory: the reference; nothing outlives the process"
}

// Features are all that programs need; state does not survive.
func (Backend) Features() backends.Features {
	return backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle, backends.Recorded, backends.Queries}
}

// Options have the names of the program's flags.
func (Backend) Options() []string { return []string{"horizon", "queue"} }

// Lower gives a module with a main package, the generated package below it, and the program's IR, which the main
// package embeds; or, as a library, the same without module and main.
func (Backend) Lower(p *ir.Program, o backends.Options) (*backends.Bundle, error) {
	return backends.LowerGo(p, o, backends.Runtime{
		Target: "local", Import: "github.com/stateful-entities/sfc/backends/local/server",
	})
}
