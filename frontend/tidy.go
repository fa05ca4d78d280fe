// This file cleans up a lowered function: unreachable blocks, temporaries that are only passed on.

package frontend

import (
	"slices"

	"github.com/stateful-entities/sfc/ir"
)

// thread lets jumps pass over blocks that only jump on.
func thread(f *ir.Func) {
	next := map[string]string{}
	for _, b := range f.Blocks[1:] {
		if j, ok := b.End.(*ir.Jump); ok && len(b.Do) == 0 {
			next[b.Name] = j.To
		}
	}
	last := func(name string) string {
		for range f.Blocks { // an empty loop ends nowhere
			to, ok := next[name]
			if !ok {
				return name
			}
			name = to
		}
		return name
	}
	for _, b := range f.Blocks {
		switch t := b.End.(type) {
		case *ir.Jump:
			t.To = last(t.To)
		case *ir.If:
			t.Then, t.Else = last(t.Then), last(t.Else)
		case *ir.Switch:
			t.Default = last(t.Default)
			for _, c := range t.Cases {
				c.To = last(c.To)
			}
		}
	}
}

// prune drops blocks that nothing leads to.
func prune(f *ir.Func) {
	by := map[string]*ir.Block{}
	for _, b := range f.Blocks {
		by[b.Name] = b
	}
	reached := map[string]bool{}
	var visit func(b *ir.Block)
	visit = func(b *ir.Block) {
		if b == nil || reached[b.Name] {
			return
		}
		reached[b.Name] = true
		for _, s := range ir.Successors(b.End) {
			visit(by[s])
		}
		if b.Unwind != nil {
			visit(by[b.Unwind.To])
		}
	}
	visit(f.Blocks[0])
	f.Blocks = slices.DeleteFunc(f.Blocks, func(b *ir.Block) bool { return !reached[b.Name] })
}

// mentions counts how often each variable is read, assigned or captured.
func mentions(f *ir.Func) map[string]int {
	n := map[string]int{}
	expr := func(e ir.Expr) {
		ir.WalkExpr(e, func(e ir.Expr) bool {
			switch e := e.(type) {
			case *ir.Name:
				n[e.Name]++
			case *ir.Panicking:
				n[e.Slot]++
			}
			return true
		})
	}
	for _, b := range f.Blocks {
		if b.Unwind != nil {
			n[b.Unwind.Into]++
		}
		for _, i := range b.Do {
			for _, e := range ir.Operands(i) {
				expr(e)
			}
			for _, t := range ir.Targets(i) {
				n[t]++
			}
			switch i := i.(type) {
			case *ir.NewCell:
				n[i.Local]++
			case *ir.Closure:
				for _, c := range i.Cells {
					n[c]++
				}
			case *ir.Recover:
				n[i.Slot]++
			}
		}
		for _, e := range ir.TermOperands(b.End) {
			expr(e)
		}
		for _, t := range ir.TermTargets(b.End) {
			n[t]++
		}
		if r, ok := b.End.(*ir.Repanic); ok {
			n[r.Slot]++
		}
	}
	return n
}

// forward gives a result to the variable it is assigned to next, where a temporary only passes it on.
func forward(f *ir.Func) {
	count := mentions(f)
	temps, cells := map[string]*ir.Local{}, map[string]bool{}
	types := map[string]*ir.Type{}
	for _, list := range [][]*ir.Local{f.Params, f.Captures, f.Locals} {
		for _, l := range list {
			types[l.Name] = l.Type
			cells[l.Name] = l.Cell
			if l.Temp {
				temps[l.Name] = l
			}
		}
	}
	// passes gives the variable that an instruction moves a temporary to, if that is the temporary's only use.
	passes := func(i ir.Instr, into []string) (from, to string) {
		s, ok := i.(*ir.Set)
		if !ok {
			return "", ""
		}
		place, ok := s.Place.(*ir.Name)
		value, ok2 := s.To.(*ir.Name)
		if !ok || !ok2 || temps[value.Name] == nil || count[value.Name] != 2 || cells[place.Name] || types[place.Name] == nil ||
			!types[place.Name].Equal(types[value.Name]) || !slices.Contains(into, value.Name) || slices.Contains(into, place.Name) {
			return "", ""
		}
		return value.Name, place.Name
	}
	preds := predecessors(f)
	by := map[string]*ir.Block{}
	for _, b := range f.Blocks {
		by[b.Name] = b
	}
	for _, b := range f.Blocks {
		b.Do = forwardIn(b.Do, passes)
		next := splitNext(b.End)
		if then := by[next]; next != "" && preds[next] == 1 && len(then.Do) > 0 {
			into := ir.TermTargets(b.End)
			for len(then.Do) > 0 {
				from, to := passes(then.Do[0], into)
				if from == "" {
					break
				}
				rename(into, from, to)
				retarget(b.End, into)
				then.Do = then.Do[1:]
			}
		}
	}
}

func forwardIn(list []ir.Instr, passes func(ir.Instr, []string) (string, string)) []ir.Instr {
	var out []ir.Instr
	for _, i := range list {
		if len(out) > 0 {
			prev := out[len(out)-1]
			into := ir.Targets(prev)
			if from, to := passes(i, into); from != "" && retargetInstr(prev, from, to) {
				continue
			}
		}
		out = append(out, i)
	}
	return out
}

func rename(list []string, from, to string) {
	for i := range list {
		if list[i] == from {
			list[i] = to
		}
	}
}

func retarget(t ir.Term, into []string) {
	switch t := t.(type) {
	case *ir.Invoke:
		t.Into = into
	case *ir.Create:
		t.Into = into[0]
	case *ir.Exists:
		t.Into = into[0]
	}
}

// retargetInstr renames a target. An instruction that reads the variable it would assign keeps its temporary, unless
// it reads all it needs first.
func retargetInstr(i ir.Instr, from, to string) bool {
	switch i := i.(type) {
	case *ir.Call:
		rename(i.Into, from, to)
	case *ir.CallFace:
		rename(i.Into, from, to)
	case *ir.CallFunc:
		rename(i.Into, from, to)
	case *ir.CallExtern:
		rename(i.Into, from, to)
	case *ir.MapGet:
		rename(i.Into, from, to)
	case *ir.Keys:
		rename(i.Into, from, to)
	case *ir.Assert:
		rename(i.Into, from, to)
	case *ir.Append:
		i.Into = to
	case *ir.Copy:
		i.Into = to
	case *ir.New:
		i.Into = to
	case *ir.MakeList:
		i.Into = to
	case *ir.List:
		i.Into = to
	case *ir.ListOf:
		i.Into = to
	case *ir.MakeMap:
		i.Into = to
	case *ir.Closure:
		i.Into = to
	case *ir.Recover:
		i.Into = to
	default:
		return false
	}
	return true
}

func predecessors(f *ir.Func) map[string]int {
	n := map[string]int{}
	for _, b := range f.Blocks {
		for _, s := range ir.Successors(b.End) {
			n[s]++
		}
		if b.Unwind != nil {
			n[b.Unwind.To]++
		}
	}
	return n
}

func splitNext(t ir.Term) string {
	switch t := t.(type) {
	case *ir.Invoke:
		return t.Then
	case *ir.Create:
		return t.Then
	case *ir.Exists:
		return t.Then
	}
	return ""
}
