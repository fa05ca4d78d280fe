// This file completes a program: ranks, version, derived facts, verification, and what no backend can run yet.

package frontend

import (
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

func (c *compiler) finish(o Options) {
	c.deferredRecover()
	ir.Normalize(c.prog)
	c.rank(o.Previous)
	c.version(o.Previous)
	ir.Complete(c.prog)
	c.handedOver()
	if c.diags.Refused() {
		return
	}
	for _, p := range brokenRules(ir.Verify(c.prog)) {
		c.diags.Add(diag.New("SF9001", diag.Position{}, "the compiler made a program that breaks a rule: %s", p))
	}
	if c.diags.Refused() {
		return
	}
	c.later()
	if c.diags.Refused() {
		return
	}
	c.checkCopies()
}

// placed gives the findings on IR their full file names.
func (c *compiler) placed(l diag.List) diag.List {
	for _, d := range l {
		d.Pos.File = c.source(d.Pos.File)
		for i := range d.Related {
			d.Related[i].Pos.File = c.source(d.Related[i].Pos.File)
		}
	}
	return l
}

// source gives the full name of a file that is written in the IR.
func (c *compiler) source(name string) string {
	for _, p := range c.all {
		for _, f := range p.Syntax {
			if c.file(f.Pos()) == name {
				return c.fset.Position(f.Pos()).Filename
			}
		}
	}
	return name
}

// deferredRecover refuses recover in a method that is deferred through an interface: it could not find the panic.
func (c *compiler) deferredRecover() {
	for f, d := range c.decls {
		n := c.deferred[f.Name()]
		if n == nil || f.Signature().Recv() == nil || !callsRecover(d.pkg.TypesInfo, d.decl.Body) {
			continue
		}
		c.report("SF1511", n, "defer a function literal that recovers and calls the method", "%s may call recover, and cannot be deferred through an interface yet", f.FullName())
	}
}

// rank keeps the lock order of the program before; entity types that are new come after, callers first.
func (c *compiler) rank(previous *ir.Program) {
	ranks := ir.Analyze(c.prog).Ranks
	old := map[string]int{}
	next := 0
	if previous != nil {
		for _, e := range previous.Entities {
			old[e.Name] = e.Rank
			next = max(next, e.Rank)
		}
	}
	var fresh []*ir.Entity
	for _, e := range c.prog.Entities {
		if r, ok := old[e.Name]; ok {
			e.Rank = r
		} else {
			fresh = append(fresh, e)
		}
	}
	slices.SortStableFunc(fresh, func(a, b *ir.Entity) int {
		if d := ranks[a.Name] - ranks[b.Name]; d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i, e := range fresh {
		e.Rank = next + i + 1
	}
}

// version: the same meaning keeps the version, another is one more.
func (c *compiler) version(previous *ir.Program) {
	if previous == nil {
		return
	}
	c.prog.Version = previous.Version
	if ir.Hash(c.prog) != ir.Hash(previous) {
		c.prog.Version++
	}
}

// brokenRules gives what Verify found, one text each.
func brokenRules(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}
