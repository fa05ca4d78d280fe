// This file takes back what the checks suspect of library calls where the values in question cannot get there.

package frontend

import (
	"go/types"

	"github.com/stateful-entities/sfc/frontend/alias"
	"github.com/stateful-entities/sfc/internal/diag"
)

// confirm looks again at the library calls that may show what must not be seen: the checks took every value that is put
// into an interface anywhere for one that may get to them; the finished program tells which may.
func (c *compiler) confirm(r *alias.Report) diag.List {
	check := c.checker
	check.diags = nil
	for _, suspect := range check.suspected {
		node := suspect.b.node
		given, known := r.Given("go:"+suspect.extern, c.file(node.Pos()), c.line(node.Pos()), c.line(node.End()))
		s := &shown{printing: suspect.printing, verb: suspect.verb, seen: map[shownType]bool{}, whole: suspect.whole, arg: suspect.arg}
		if known {
			s.gets = func(t types.Type) bool { return parametric(t) || given[c.typ(t, nil).String()] }
		}
		s.argument(s.arg, s.whole)
		s.report()
	}
	check.diags.Sort()
	return check.diags
}

// parametric says whether a type is one of generic code, which stands for many.
func parametric(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		for a := range t.TypeArgs().Types() {
			if parametric(a) {
				return true
			}
		}
	case *types.Map:
		return parametric(t.Key()) || parametric(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if parametric(f.Type()) {
				return true
			}
		}
	case *types.Signature:
		return true // what its parameters are says nothing of what it shows
	case interface{ Elem() types.Type }: // pointers, slices, arrays
		return parametric(t.Elem())
	}
	return false
}
