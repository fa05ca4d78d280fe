// This file derives facts about whole programs: who calls whom, what suspends, recurses, reads and writes.

package ir

import (
	"cmp"
	"slices"
	"strings"
)

// Facts is what Analyze finds out about a program.
type Facts struct {
	Edges []*Edge        // sorted by from, to, method
	Ranks map[string]int // by entity type: the declared ones, or callers first if none are declared

	funcs map[string]*FuncFacts
	graph *callGraph
}

// FuncFacts is what Analyze finds out about a function.
type FuncFacts struct {
	Suspends  bool     // may leave the entity: it, or what it calls, invokes, creates, deletes or asks for an entity
	Recursive bool     // may come to run again before it has ended, by calls, call-backs or invokes
	Calls     []string // functions it may call on its own activation or invoke, sorted
	Effects   string   // on memory that outlives the call, the own entity's state above all: "", "reads" or "writes"
	ReadOnly  bool     // neither it nor anything it reaches, invokes included, writes, creates or deletes
	Splits    []*Split // where it is cut, in order of blocks and instructions
	Live      map[string][]string
}

// Split is a place where a function is cut: an instruction that calls a suspending function, or a terminator.
type Split struct {
	Block *Block
	Index int      // of the instruction; len(Block.Do) is the terminator
	Live  []string // variables that are needed after it, on the unwind edge too, in order of declaration
}

// Func gives the facts of a function; an unknown name has none that matter.
func (x *Facts) Func(name string) *FuncFacts {
	if f := x.funcs[name]; f != nil {
		return f
	}
	return &FuncFacts{}
}

// Suspending says whether a function is cut at one of its instructions.
func (x *Facts) Suspending(s *Scope, i Instr) bool {
	switch i.(type) {
	case *Call, *CallFace, *CallFunc:
	default:
		return false
	}
	for _, c := range x.graph.callees(s, i) {
		if c.how == invokes || c.how == calls && x.Func(c.to.Name).Suspends {
			return true
		}
	}
	return false
}

// Callees gives the functions that an instruction may run on the same activation (Call, CallFace on plain types,
// CallFunc, call-backs of a CallExtern), sorted by name.
func (x *Facts) Callees(s *Scope, i Instr) []*Func {
	var list []*Func
	for _, c := range x.graph.callees(s, i) {
		if c.how != invokes {
			list = append(list, c.to)
		}
	}
	slices.SortFunc(list, func(a, b *Func) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(list)
}

// Analyze derives the facts of a program that Verify accepts. On others it does not fail, but its answers mean nothing.
func Analyze(p *Program) *Facts {
	g := newCallGraph(p)
	x := &Facts{funcs: map[string]*FuncFacts{}, graph: g}
	for _, f := range p.Funcs {
		x.funcs[f.Name] = &FuncFacts{Calls: g.names(f)}
	}
	x.findSuspending(p)
	x.findRecursive(p)
	x.findEffects(p)
	for _, f := range p.Funcs {
		x.findLive(g.scopes[f.Name])
	}
	x.findEdges(p)
	x.Ranks = ranks(p, x.Edges)
	return x
}

// Complete analyzes a program and writes the derived facts into it, in place of any that it has; ranks that are declared
// stay.
func Complete(p *Program) *Facts {
	x := Analyze(p)
	p.Edges = x.Edges
	for _, e := range p.Entities {
		e.Rank = x.Ranks[e.Name]
	}
	for _, f := range p.Funcs {
		facts := x.Func(f.Name)
		f.Suspends, f.Recursive, f.Effects = facts.Suspends, facts.Recursive, facts.Effects
		for _, b := range f.Blocks {
			b.Live = facts.Live[b.Name]
		}
	}
	return x
}

// how says in what way one function reaches another.
type how uint8

const (
	calls     how = iota // on the same activation
	callsBack            // on the same activation, out of the host library
	invokes              // on another entity
)

type callee struct {
	to  *Func
	how how
}

// callGraph holds the direct calls of every function.
type callGraph struct {
	p       *Program
	scopes  map[string]*Scope
	values  map[string][]*Func  // functions that become func values, by their type
	methods []*Func             // methods of plain types: what the host library may call back
	faces   map[string][]callee // what a method call on an interface may reach, by interface and method
	out     map[string][]callee // by caller
}

func newCallGraph(p *Program) *callGraph {
	g := &callGraph{p: p, scopes: map[string]*Scope{}, values: map[string][]*Func{}, faces: map[string][]callee{}, out: map[string][]callee{}}
	for _, f := range p.Funcs {
		g.scopes[f.Name] = NewScope(p, f)
		g.findValues(f)
	}
	g.findMethods()
	for _, f := range p.Funcs {
		s := g.scopes[f.Name]
		for _, b := range f.Blocks {
			for _, i := range b.Do {
				g.out[f.Name] = append(g.out[f.Name], g.callees(s, i)...)
			}
			if v, ok := b.End.(*Invoke); ok {
				if to := p.Func(v.Method); to != nil {
					g.out[f.Name] = append(g.out[f.Name], callee{to, invokes})
				}
			}
		}
		g.out[f.Name] = eachOnce(g.out[f.Name])
	}
	return g
}

// eachOnce sorts calls by name and drops the doubles.
func eachOnce(list []callee) []callee {
	slices.SortFunc(list, func(a, b callee) int {
		return cmp.Or(strings.Compare(a.to.Name, b.to.Name), cmp.Compare(a.how, b.how))
	})
	return slices.Compact(list)
}

// findMethods notes the methods of plain types that the host library may call back: it finds a value's methods through
// an interface, or in what it reaches from one, so that the type has been boxed somewhere, or is part of one that has,
// or of a parameter of an extern that calls back.
func (g *callGraph) findMethods() {
	shown := map[string]bool{}
	for _, f := range g.p.Funcs {
		s := g.scopes[f.Name]
		WalkExprs(f, func(e Expr) {
			x := boxedIn(e)
			if x == nil {
				return
			}
			if t, err := s.TypeOf(x); err == nil {
				g.show(t, shown)
			}
		})
	}
	for _, x := range g.p.Externs {
		if x.Calls {
			for _, t := range x.Params {
				g.show(t, shown)
			}
		}
	}
	for _, d := range g.p.Types {
		for _, m := range d.Methods {
			if f := g.p.Func(m.Func); f != nil && shown[d.Name] && g.p.Entity(d.Name) == nil {
				g.methods = append(g.methods, f)
			}
		}
	}
}

// boxedIn gives what an expression puts behind an interface, of the program or of the host, or nil.
func boxedIn(e Expr) Expr {
	switch e := e.(type) {
	case *Box:
		return e.X
	case *Convert:
		if e.To != nil && e.To.Kind == Host {
			return e.X
		}
	}
	return nil
}

// show notes the declared types in a type.
func (g *callGraph) show(t *Type, shown map[string]bool) {
	if t == nil {
		return
	}
	g.show(t.Key, shown)
	g.show(t.Elem, shown)
	if t.Kind != NamedKind || shown[t.Name] {
		return
	}
	shown[t.Name] = true
	if d := g.p.Type(t.Name); d != nil {
		g.show(d.Is, shown)
		for _, f := range d.Struct {
			g.show(f.Type, shown)
		}
	}
}

// findValues notes the functions that a function makes func values of.
func (g *callGraph) findValues(f *Func) {
	note := func(name string) {
		to := g.p.Func(name)
		if to == nil {
			return
		}
		t := FuncType(to).String()
		if !slices.Contains(g.values[t], to) {
			g.values[t] = append(g.values[t], to)
		}
	}
	for _, b := range f.Blocks {
		for _, i := range b.Do {
			if c, ok := i.(*Closure); ok {
				note(c.Func)
			}
		}
	}
	WalkExprs(f, func(e Expr) {
		if v, ok := e.(*FuncVal); ok {
			note(v.Func)
		}
	})
}

// callees gives what an instruction may run.
func (g *callGraph) callees(s *Scope, i Instr) []callee {
	switch i := i.(type) {
	case *Call:
		if to := g.p.Func(i.Func); to != nil {
			return []callee{{to, calls}}
		}
	case *CallFace:
		if t, err := s.TypeOf(i.Recv); err == nil {
			return g.faceCallees(t, i.Method)
		}
	case *CallFunc:
		if _, t, err := s.underlying(i.Fn); err == nil {
			return asCallees(g.values[t.String()], calls)
		}
	case *CallExtern:
		return g.externCallees(g.p.Extern(i.Extern))
	}
	return nil
}

func asCallees(list []*Func, h how) []callee {
	var out []callee
	for _, f := range list {
		out = append(out, callee{f, h})
	}
	return out
}

// faceCallees gives the methods that a call on an interface may reach: those of every type that implements it.
func (g *callGraph) faceCallees(iface *Type, method string) []callee {
	key := iface.String() + "." + method
	if list, ok := g.faces[key]; ok {
		return list
	}
	var list []callee
	for _, d := range g.p.Types {
		if d.IsInterface() || g.p.Entity(d.Name) != nil {
			continue
		}
		if t := PtrType(NamedType(d.Name)); Implements(g.p, t, iface) {
			if f, _ := MethodOf(g.p, t, method); f != nil {
				list = append(list, callee{f, calls})
			}
		}
	}
	for _, e := range g.p.Entities {
		if t := RefType(e.Name); Implements(g.p, t, iface) {
			if f, _ := MethodOf(g.p, t, method); f != nil {
				list = append(list, callee{f, invokes})
			}
		}
	}
	g.faces[key] = list
	return list
}

// externCallees gives what a function of the host library may call back: every func value of a type it is given, and,
// if it is given anything that may have methods, every method that it may find.
func (g *callGraph) externCallees(x *Extern) []callee {
	if x == nil || !x.Calls {
		return nil
	}
	var list []callee
	withMethods := false
	for _, t := range x.Params {
		u := Underlying(g.p, t)
		for u != nil && (u.Kind == ListKind || u.Kind == PtrKind) {
			t, u = u.Elem, Underlying(g.p, u.Elem)
		}
		switch {
		case u == nil:
		case u.Kind == FuncKind:
			list = append(list, asCallees(g.values[u.String()], callsBack)...)
		default:
			withMethods = withMethods || t.Kind == NamedKind || u.Kind == MapKind || u.Kind == Host || IsInterface(g.p, u)
		}
	}
	if withMethods {
		list = append(list, asCallees(g.methods, callsBack)...)
	}
	return list
}

// names gives what a function calls, sorted.
func (g *callGraph) names(f *Func) []string {
	var list []string
	for _, c := range g.out[f.Name] {
		list = append(list, c.to.Name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// reach gives the functions that one reaches in the ways that follow allows, itself included.
func (g *callGraph) reach(f *Func, follow func(how) bool) []*Func {
	seen := map[*Func]bool{f: true}
	list := []*Func{f}
	for n := 0; n < len(list); n++ {
		for _, c := range g.out[list[n].Name] {
			if follow(c.how) && !seen[c.to] {
				seen[c.to] = true
				list = append(list, c.to)
			}
		}
	}
	return list
}

// findSuspending: a function suspends if it has a split point or may call one that does, on its own activation.
func (x *Facts) findSuspending(p *Program) {
	for _, f := range p.Funcs {
		facts := x.funcs[f.Name]
		for _, b := range f.Blocks {
			facts.Suspends = facts.Suspends || IsSplit(b.End)
		}
		for _, c := range x.graph.out[f.Name] {
			facts.Suspends = facts.Suspends || c.how == invokes
		}
	}
	x.fixpoint(p, func(facts, of *FuncFacts, c callee) bool {
		if c.how != calls || facts.Suspends || !of.Suspends {
			return false
		}
		facts.Suspends = true
		return true
	})
}

// fixpoint repeats a rule over all calls until it changes nothing.
func (x *Facts) fixpoint(p *Program, rule func(facts, of *FuncFacts, c callee) bool) {
	for changed := true; changed; {
		changed = false
		for _, f := range slices.Backward(p.Funcs) {
			for _, c := range x.graph.out[f.Name] {
				if rule(x.funcs[f.Name], x.funcs[c.to.Name], c) {
					changed = true
				}
			}
		}
	}
}

// findRecursive marks the functions of every cycle of the call graph (Tarjan's strongly connected components).
func (x *Facts) findRecursive(p *Program) {
	t := &tarjan{x: x, num: map[*Func]int{}, low: map[*Func]int{}}
	for _, f := range p.Funcs {
		if t.num[f] == 0 {
			t.visit(f)
		}
	}
}

type tarjan struct {
	x        *Facts
	num, low map[*Func]int // num: order of visits, from 1; 1<<62 once the component is known
	stack    []*Func
}

func (t *tarjan) visit(f *Func) {
	t.num[f] = len(t.num) + 1
	t.low[f] = t.num[f]
	base := len(t.stack)
	t.stack = append(t.stack, f)
	for _, c := range t.x.graph.out[f.Name] {
		if t.num[c.to] == 0 {
			t.visit(c.to)
		}
		t.low[f] = min(t.low[f], t.low[c.to])
		if c.to == f {
			t.x.funcs[f.Name].Recursive = true
		}
	}
	if t.low[f] != t.num[f] {
		return
	}
	component := t.stack[base:]
	t.stack = t.stack[:base]
	for _, member := range component {
		t.low[member] = 1 << 62
		if len(component) > 1 {
			t.x.funcs[member.Name].Recursive = true
		}
	}
}

// findEdges collects the dataflow edges: from every operator, and from every function that is requested, to the
// operators that it reaches by way of its own calls.
func (x *Facts) findEdges(p *Program) {
	seen := map[Edge]bool{}
	for _, f := range p.Funcs {
		from := f.Entity
		switch {
		case from != "" && f.Self != "" && len(f.Captures) == 0:
		case f.Exported || f.Creates != "":
			from = f.Name
		default:
			continue
		}
		for _, g := range x.graph.reach(f, func(h how) bool { return h != invokes }) {
			for _, e := range x.edgesOf(p, g) {
				e.From = from
				seen[e] = true
			}
		}
	}
	for e := range seen {
		x.Edges = append(x.Edges, &e)
	}
	slices.SortFunc(x.Edges, func(a, b *Edge) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), strings.Compare(a.Method, b.Method))
	})
}

// edgesOf gives the edges that leave from a function's own text, without From.
func (x *Facts) edgesOf(p *Program, f *Func) []Edge {
	var list []Edge
	for _, c := range x.graph.out[f.Name] {
		if c.how == invokes {
			list = append(list, Edge{To: c.to.Entity, Method: strings.TrimPrefix(c.to.Name, c.to.Entity+".")})
		}
	}
	s := x.graph.scopes[f.Name]
	for _, b := range f.Blocks {
		switch t := b.End.(type) {
		case *Create:
			list = append(list, Edge{To: entityOf(s, t.Draft), Method: "create"})
		case *Destroy:
			list = append(list, Edge{To: entityOf(s, t.On), Method: "delete"})
		case *Exists:
			list = append(list, Edge{To: entityOf(s, t.On), Method: "exists"})
		}
	}
	return list
}

// entityOf gives the entity type that a reference or a draft is of.
func entityOf(s *Scope, e Expr) string {
	t, err := s.TypeOf(e)
	if err != nil {
		return ""
	}
	if t.Kind == PtrKind {
		t = t.Elem
	}
	return t.Name
}

// ranks gives the declared ranks if they tell all entity types apart, else new ones: callers before callees, and where
// they call each other, the one with the fewest callers left, then the one declared first.
func ranks(p *Program, edges []*Edge) map[string]int {
	declared := map[string]int{}
	taken := map[int]bool{}
	for _, e := range p.Entities {
		declared[e.Name] = e.Rank
		taken[e.Rank] = true
	}
	if len(taken) == len(p.Entities) {
		return declared
	}
	ranked := map[string]int{}
	for len(ranked) < len(declared) {
		best, fewest := "", 0
		for _, e := range p.Entities {
			if _, done := ranked[e.Name]; done {
				continue
			}
			if n := callersLeft(e.Name, edges, declared, ranked); best == "" || n < fewest {
				best, fewest = e.Name, n
			}
		}
		ranked[best] = len(ranked)
	}
	return ranked
}

// callersLeft counts the entity types that call one and have no rank yet.
func callersLeft(to string, edges []*Edge, entities, ranked map[string]int) int {
	callers := map[string]bool{}
	for _, e := range edges {
		_, entity := entities[e.From]
		_, done := ranked[e.From]
		if e.To == to && e.From != to && entity && !done {
			callers[e.From] = true
		}
	}
	return len(callers)
}
