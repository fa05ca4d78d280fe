// This file is the whole compiler side of the example backend: what it promises, and how programs are lowered to it.

// Command sfc-backend-journal is the target journal, an example of a backend outside of sfc: with it on the path,
// `sfc run --target=journal` finds it. The runtime of its bundles is package journal below; docs/backends.md goes
// through all of it.
package main

import (
	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/backends/external"
	"github.com/stateful-entities/sfc/ir"
)

func main() { external.Main(backend{}) }

// backend is the target journal.
type backend struct{}

// runtime is the package that bundles link with.
const runtime = "github.com/stateful-entities/sfc/conformance/example/journal"

func (backend) Name() string { return "journal" }

func (backend) Doc() string {
	return "one process, states in memory, each request appended to a journal on disk: an example"
}

func (backend) Features() backends.Features {
	return backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle, backends.Recorded, backends.Durable, backends.Queries}
}

func (backend) Options() []string { return []string{"queue"} }

func (backend) Lower(p *ir.Program, o backends.Options) (*backends.Bundle, error) {
	if err := external.Link(&o, runtime); err != nil {
		return nil, err
	}
	return backends.LowerGo(p, o, backends.Runtime{Target: "journal", Import: runtime})
}
