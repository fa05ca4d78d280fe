// This file defines the entry point of the analysis: what it is asked and what it answers.

// Package alias decides where copying at a call to an entity would show.
//
// What crosses such a call is a value: arguments, results, panic values and the state of a new entity are copied, where
// plain Go would share memory. The two agree as long as nobody writes on one side what the other still looks at. This
// package finds the places where somebody may: it analyses the program *under copying*, remembers which object is a
// copy of which, and looks for a write on one side of a crossing with a look on the other side after it.
//
// The analysis is a whole-program points-to analysis over the program's IR. Functions are first brought into a form in
// which every value has one definition (form.go). Objects are allocation places in a calling context, entities, package
// variables, arguments of requests, and copies (object.go). flow.go moves pointers until nothing changes, effect.go
// collects the writes, live.go says what a frame still looks at, and check.go applies the rules.
//
// It errs on the side of refusing: a program that it accepts gives the same answers with sharing and with copying.
package alias

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// A Finding is one place where a copy would show, or where memory is used that is not the request's own.
type Finding struct {
	Kind  Kind
	At    Place   // the crossing, or the comparison
	What  string  // what crosses: `argument "xs" of Cart.Put`, `the result of Cart.Items`
	Write Place   // where one side writes; for Identity and Capacity the place that looks
	Giver bool    // the giving side writes (else the receiving side)
	Other Place   // where the other side still looks at it; zero if it keeps it in state
	State bool    // the other side keeps it in state; of a constant: it is in state, too
	Chain []Place // the calls that lead to At from a request, for Constant, StateCap, Key and Raised
}

// Callee names the function that step i of the chain calls.
func (f Finding) Callee(i int) string {
	if i+1 < len(f.Chain) {
		return f.Chain[i+1].Func
	}
	return f.At.Func
}

// Place is a line of the user's source.
type Place struct {
	File string
	Line int
	Func string // the function, as the IR names it
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Kind says what would differ.
type Kind uint8

// The kinds of findings.
const (
	Writes   Kind = iota // the receiving side writes to its copy while the giving side can look
	Kept                 // the giving side writes later, the receiving side still looks
	Identity             // pointers are compared of which one may be a copy
	Capacity             // cap of what may be a copy
	Room                 // the receiving side grows a list twice from one length: a copy has no room behind it
	Constant             // a request writes to what the package variable What leads to
	StateCap             // cap of what the state of an entity may hold
	Key                  // a write to what the key of the entity type What is made of
	Raised               // a panic with a reference to an entity of type What, which has a text of its own
	TooLarge             // more may share memory than can be followed; At is the function where most of it is
)

// Functions are analysed apart for each chain of calls that leads to them, as long as there are not too many of these and
// it does not take too long; else once for all their callers. That takes in more that cannot happen, so it may refuse
// more, and it is less work. What is still too much is refused. Work is counted in units (see numbering): a program takes
// as many every time. Ordinary programs take some 400 a line.
const (
	maxInstances = 3000
	preciseWork  = 15_000_000
	coarseWork   = 40_000_000
)

// A Report is what the analysis of a program has found.
type Report struct {
	Findings []Finding // sorted by place; none means that copying cannot be seen
	a        *analysis
	units    int // of work that it took
}

// Check analyses a verified program.
func Check(p *ir.Program) *Report {
	a := newAnalysis(p, maxInstances, preciseWork)
	fs, ok := a.attempt()
	units := a.work
	if !ok {
		a = newAnalysis(p, 0, coarseWork)
		fs, ok = a.attempt()
		units += a.work
	}
	if !ok {
		fs = []Finding{a.tooLarge()}
	}
	a.limit = math.MaxInt // questions cost little
	return &Report{distinct(fs), a, units}
}

// Given lists the types of what interface values hold that the calls of a library function may be given, directly or
// inside of other values. The calls are those in the functions that are declared between two lines of a file; known is
// false if there are none.
func (r *Report) Given(extern, file string, first, last int) (types map[string]bool, known bool) {
	types = map[string]bool{}
	for _, in := range r.a.insts {
		if fn := in.f.fn; fn.File != file || fn.At < first || fn.At > last {
			continue
		}
		for _, k := range in.f.blocks {
			for _, o := range k.ops {
				if o.kind != opExtern || hostName(o.name) != extern {
					continue
				}
				known = true
				for _, v := range o.args {
					for p := range reach(r.a.all(in, v)).all() {
						if p.o.box && p.o.typ != nil {
							types[p.o.typ.String()] = true
						}
					}
				}
			}
		}
	}
	return types, known
}

// attempt analyses the program, unless that takes more work than allowed.
func (a *analysis) attempt() (fs []Finding, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, spent := r.(exhausted); !spent {
				panic(r)
			}
			fs, ok = nil, false
		}
	}()
	a.run()
	return a.facts().check(), true
}

// tooLarge names the function that took most of the work.
func (a *analysis) tooLarge() Finding {
	most := a.insts[0].f
	for _, in := range a.insts {
		if in.f.work > most.work {
			most = in.f
		}
	}
	return Finding{Kind: TooLarge, At: Place{File: most.fn.File, Line: most.fn.At, Func: most.fn.Name}}
}

// distinct keeps one finding per crossing and kind.
func distinct(fs []Finding) []Finding {
	slices.SortStableFunc(fs, func(x, y Finding) int { return strings.Compare(x.sortKey(), y.sortKey()) })
	return slices.CompactFunc(fs, func(x, y Finding) bool {
		return x.At == y.At && x.What == y.What && x.Kind == y.Kind
	})
}

func (f Finding) sortKey() string {
	return fmt.Sprintf("%s:%06d:%d:%s:%s:%06d:%s:%06d", f.At.File, f.At.Line, f.Kind, f.What, f.Write.File, f.Write.Line, f.Other.File, f.Other.Line)
}
