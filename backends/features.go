// This file defines what targets promise and what programs need.

package backends

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// Feature is one promise of a target.
type Feature string

// The features. Those of the first group are needed by programs and checked before anything is written.
const (
	Transactions Feature = "transactions" // a request over several entities is one transaction
	Recursion    Feature = "recursion"    // calls between entities may be recursive and re-entrant
	Lifecycle    Feature = "lifecycle"    // entity code may create, delete and ask for entities

	Recorded Feature = "recorded" // answers by request id, once
	Durable  Feature = "durable"  // acknowledged requests survive crashes
	Queries  Feature = "queries"  // GET /v1/{Type} lists entities
)

// Features is a set of promises.
type Features []Feature

// AllFeatures are all that there are.
func AllFeatures() Features {
	return Features{Transactions, Recursion, Lifecycle, Recorded, Durable, Queries}
}

// Has says whether a feature is in the set.
func (fs Features) Has(f Feature) bool { return slices.Contains(fs, f) }

// Need is a feature that a program needs, with the construct that needs it.
type Need struct {
	Feature Feature
	What    string // "User.BuyItem calls Item.Price"
	At      string // file:line, if known
}

// Needs lists what a program needs, each feature with the first construct that needs it.
func Needs(p *ir.Program) []Need {
	var needs []Need
	add := func(f Feature, fn *ir.Func, line int, format string, args ...any) {
		if slices.ContainsFunc(needs, func(n Need) bool { return n.Feature == f }) {
			return
		}
		at := ""
		if fn.File != "" {
			at = fmt.Sprintf("%s:%d", fn.File, line)
		}
		needs = append(needs, Need{f, fmt.Sprintf(format, args...), at})
	}
	facts := ir.Analyze(p)
	for _, fn := range p.Funcs {
		if x := facts.Func(fn.Name); x.Suspends && x.Recursive {
			add(Recursion, fn, fn.At, "%s can reach itself through other entities", fn.Name)
		}
		for _, b := range fn.Blocks {
			switch t := b.End.(type) {
			case *ir.Invoke:
				add(Transactions, fn, t.At, "%s calls %s", fn.Name, t.Method)
			case *ir.Create:
				if fn.Creates == "" {
					add(Lifecycle, fn, t.At, "%s creates an entity", fn.Name)
				}
			case *ir.Destroy:
				add(Lifecycle, fn, t.At, "%s deletes an entity", fn.Name)
			case *ir.Exists:
				add(Lifecycle, fn, t.At, "%s asks whether an entity exists", fn.Name)
			}
		}
	}
	return needs
}

// NeedError is a program that a target cannot run.
type NeedError struct {
	Need
	Target string
	Others []string // targets that can
}

func (e *NeedError) Error() string {
	text := fmt.Sprintf("target %s has no %s, which the program needs: %s", e.Target, e.Feature, e.What)
	if len(e.Others) == 0 {
		return text
	}
	return text + "; these targets have: " + strings.Join(e.Others, ", ")
}

// Check says whether a target can run a program; if not, the error is a *NeedError.
func Check(p *ir.Program, b Backend, all []Backend) error {
	needs := Needs(p)
	i := slices.IndexFunc(needs, func(n Need) bool { return !b.Features().Has(n.Feature) })
	if i < 0 {
		return nil
	}
	e := &NeedError{Need: needs[i], Target: b.Name()}
	for _, other := range all {
		if !slices.ContainsFunc(needs, func(n Need) bool { return !other.Features().Has(n.Feature) }) {
			e.Others = append(e.Others, other.Name())
		}
	}
	return e
}
