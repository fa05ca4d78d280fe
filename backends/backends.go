// This file defines what a backend is to the compiler: it lowers a program to the files of a bundle.

// Package backends says what a target of sfc is. A [Backend] lowers a verified program to a [Bundle]: a Go module in
// one folder, built by the Go compiler to one program that serves the HTTP API of package backends/gateway. Lowering
// writes text and starts nothing; what a bundle links with is the target's runtime package.
//
// A target promises [Features]; [Check] refuses a program that needs more, before anything is written.
package backends

import (
	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// Backend is one target.
type Backend interface {
	// Name is the word after --target.
	Name() string
	// Doc says in one line what the target is.
	Doc() string
	// Features are the promises that the conformance suite holds the target to.
	Features() Features
	// Options are the names of the target's own options in sfc.yaml.
	Options() []string
	// Lower gives the files of the bundle. It is pure: same program and options, same bundle. p is verified and
	// complete (ir.Complete).
	Lower(p *ir.Program, o Options) (*Bundle, error)
}

// Options are what a bundle needs beside the program.
type Options struct {
	Tool   string            // who writes: the header of generated files
	GoMod  []byte            // the bundle's go.mod; its module path is Module
	GoSum  []byte            // the bundle's go.sum
	Module string            // the bundle's module path
	Limits runner.Limits     // of each request; zero fields mean the defaults
	Target map[string]string // the target's own options from sfc.yaml
	// Library is the import path of a package to write instead of a program; "" for a program. The package lies at the
	// bundle's root and belongs to the module of whoever imports it: GoMod, GoSum and Module are not used.
	Library string
}

// Find gives the backend of a name among many, or nil.
func Find(all []Backend, name string) Backend {
	for _, b := range all {
		if b.Name() == name {
			return b
		}
	}
	return nil
}
