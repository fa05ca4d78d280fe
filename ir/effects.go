// This file finds what functions may do to memory that outlives them: the state of their own entity above all.

package ir

import (
	"strconv"
	"strings"
)

// The effects of a function, in growing order.
const (
	Reads  = "reads"
	Writes = "writes"
)

// worse gives the stronger of two effects.
func worse(a, b string) string {
	switch {
	case a == Writes || b == Writes:
		return Writes
	case a == Reads || b == Reads:
		return Reads
	}
	return ""
}

// findEffects derives Effects and ReadOnly. The answer errs towards "writes".
func (x *Facts) findEffects(p *Program) {
	for _, f := range p.Funcs {
		e := newEffects(x.graph.scopes[f.Name])
		facts := x.funcs[f.Name]
		facts.Effects = e.ofFunc()
		facts.ReadOnly = facts.Effects != Writes && !changesEntities(f)
	}
	x.fixpoint(p, func(facts, of *FuncFacts, c callee) bool {
		if c.how == invokes {
			return false
		}
		old := facts.Effects
		facts.Effects = worse(old, of.Effects)
		return facts.Effects != old
	})
	for _, facts := range x.funcs {
		facts.ReadOnly = facts.ReadOnly && facts.Effects != Writes
	}
	x.fixpoint(p, func(facts, of *FuncFacts, _ callee) bool {
		if !facts.ReadOnly || of.ReadOnly {
			return false
		}
		facts.ReadOnly = false
		return true
	})
}

func changesEntities(f *Func) bool {
	for _, b := range f.Blocks {
		switch b.End.(type) {
		case *Create, *Destroy:
			return true
		}
	}
	return false
}

// effects finds the effects of one function's own text.
//
// Memory is fresh if the running function itself has allocated it. Writing to it is no effect: nobody else sees it
// before it is stored somewhere, and that store is a write of its own. The same goes for the contents of cells: they
// are made while the request runs, and are reached by name only.
type effects struct {
	s *Scope
	// fresh holds the locals whose every value is fresh memory or none: plain locals, never a parameter, a capture or
	// a cell (which another function may assign).
	fresh map[string]bool
}

func newEffects(s *Scope) *effects {
	e := &effects{s: s, fresh: map[string]bool{}}
	for _, l := range s.Func.Locals {
		e.fresh[l.Name] = !l.Cell
	}
	for changed := true; changed; {
		changed = false
		for _, b := range s.Func.Blocks {
			for _, i := range b.Do {
				changed = e.demote(i) || changed
			}
			for _, n := range s.TermDefs(b.End) {
				changed = changed || e.fresh[n]
				e.fresh[n] = false
			}
		}
	}
	return e
}

// demote takes freshness from the locals that an instruction gives memory which may not be fresh.
func (e *effects) demote(i Instr) bool {
	fresh := false
	switch i := i.(type) {
	case *Set:
		fresh = e.isFresh(i.To)
	case *Append:
		fresh = e.isFresh(i.List)
	case *New, *MakeList, *List, *ListOf, *MakeMap:
		fresh = true
	}
	if fresh {
		return false
	}
	changed := false
	for _, n := range e.s.Defs(i) {
		changed = changed || e.fresh[n]
		e.fresh[n] = false
	}
	return changed
}

// isFresh says whether a value surely points to fresh memory, or to none, at its first level.
func (e *effects) isFresh(x Expr) bool {
	switch x := x.(type) {
	case *Name:
		return e.fresh[x.Name]
	case *Lit, *Nil, *Zero:
		return true
	case *Slice:
		return e.isFresh(x.X)
	case *Convert:
		return e.isFresh(x.X)
	case *Addr:
		return e.ownPlace(x.X)
	}
	return false
}

// ownPlace says whether a place lies in a variable of the function or in fresh memory.
func (e *effects) ownPlace(x Expr) bool {
	switch x := x.(type) {
	case *Name:
		return e.s.locals[x.Name] != nil
	case *Field:
		return !e.s.IsSelf(x.X) && e.inside(x.X)
	case *Index:
		return e.inside(x.X)
	case *Deref:
		return e.isFresh(x.X)
	}
	return false
}

// inside says whether a part of x lies in own memory: in the place itself if x is a struct or array, else in what x
// points to.
func (e *effects) inside(x Expr) bool {
	_, u, err := e.s.underlying(x)
	if err != nil {
		return false
	}
	if u.Kind == ArrayKind || u.Kind == NamedKind || u.Kind == Host {
		return e.ownPlace(x)
	}
	return e.isFresh(x)
}

// ofFunc gives the effect of a function's own text.
func (e *effects) ofFunc() string {
	effect := ""
	for _, b := range e.s.Func.Blocks {
		for _, i := range b.Do {
			effect = worse(effect, e.ofInstr(i))
		}
	}
	if effect == "" {
		WalkExprs(e.s.Func, func(x Expr) {
			if e.reads(x) {
				effect = Reads
			}
		})
	}
	return effect
}

func (e *effects) ofInstr(i Instr) string {
	writes := func(own bool) string {
		if own {
			return ""
		}
		return Writes
	}
	switch i := i.(type) {
	case *Set:
		return writes(e.ownPlace(i.Place))
	case *Append:
		return writes(e.isFresh(i.List))
	case *Copy:
		return writes(e.isFresh(i.Dst))
	case *Clear:
		return writes(e.isFresh(i.X))
	case *MapSet:
		return writes(e.isFresh(i.Map))
	case *MapDel:
		return writes(e.isFresh(i.Map))
	case *MapGet, *Keys:
		return Reads
	case *CallExtern:
		return e.ofExtern(i)
	}
	return ""
}

// ofExtern reads the clauses of an extern's row: wN, sN and pN write what argument N points to, WN all that it reaches,
// kM>N puts argument M into what argument N reaches. An undeclared extern, or a clause that is not known, may write.
func (e *effects) ofExtern(c *CallExtern) string {
	x := e.s.Program.Extern(c.Extern)
	if x == nil {
		return Writes
	}
	for _, clause := range strings.Fields(x.Effects) {
		arg, deep := clause[1:], false
		switch clause[0] {
		case 'r', 'e':
			continue
		case 'w', 's', 'p':
		case 'W':
			deep = true
		case 'k':
			_, arg, _ = strings.Cut(arg, ">")
		default:
			return Writes
		}
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 || n >= len(c.Args) || !e.isFresh(c.Args[n]) || deep && !e.shallow(c.Args[n]) {
			return Writes
		}
	}
	if len(c.Args) > 0 {
		return Reads
	}
	return ""
}

// shallow says whether what a value points to holds no memory of its own.
func (e *effects) shallow(x Expr) bool {
	_, u, err := e.s.underlying(x)
	if err != nil || u.Elem == nil {
		return false
	}
	elem := Underlying(e.s.Program, u.Elem)
	return elem != nil && (elem.Kind <= String && elem.Kind != Invalid || elem.Kind == RefKind)
}

// reads says whether an expression itself looks at memory other than the function's variables.
func (e *effects) reads(x Expr) bool {
	switch x := x.(type) {
	case *Field:
		return e.s.IsSelf(x.X) || e.throughMemory(x.X)
	case *Index:
		return e.throughMemory(x.X)
	case *Len:
		return e.throughMemory(x.X)
	case *Deref:
		return !e.isFresh(x.X)
	case *Global:
		return true
	}
	return false
}

// throughMemory says whether looking into a value follows a pointer to memory that is not fresh: strings, arrays and
// structs hold their own parts.
func (e *effects) throughMemory(x Expr) bool {
	_, u, err := e.s.underlying(x)
	if err != nil {
		return true
	}
	return u.Kind != String && u.Kind != ArrayKind && u.Kind != NamedKind && !e.isFresh(x)
}
