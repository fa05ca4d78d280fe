// This file finds cycles in what is before what.

package history

import (
	"cmp"
	"math"
	"slices"
)

// A kind says why one operation is before another.
type kind int

// The kinds. The first three are the dependencies of Adya ("Weak Consistency", 1999).
const (
	ww       kind = 1 << iota // the other one writes the next version
	wr                        // the other one reads what it wrote
	rw                        // the other one writes the next version after what it read
	realTime                  // the other one was sent after it was answered
)

type edge struct {
	from, to int
	kind     kind
	why      func() string
}

// graph has the operations as its nodes, and more behind them that stand between operations.
type graph struct {
	op  func(int) *Op
	n   int      // operations
	out [][]edge // by node
}

func newGraph(n int, op func(int) *Op) *graph {
	return &graph{op: op, n: n, out: make([][]edge, n)}
}

// edge draws an edge. What an operation has with itself is no edge. why is nil for edges to nodes between operations: it
// is told by the edge that goes on.
func (g *graph) edge(from, to int, k kind, why func() string) {
	if from != to {
		g.out[from] = append(g.out[from], edge{from, to, k, why})
	}
}

// between makes a node that is no operation.
func (g *graph) between() int {
	g.out = append(g.out, nil)
	return len(g.out) - 1
}

// realTime draws that operations which were answered are before those that were sent later. Edges that follow from
// others are left out: each operation gets at most as many as there were clients.
func (g *graph) realTime(took func(int) bool) {
	type event struct {
		at   int64
		call bool
		op   int
	}
	var events []event
	for i := range g.n {
		if !took(i) {
			continue
		}
		op := g.op(i)
		events = append(events, event{int64(op.Call), true, i})
		if op.Outcome == Done {
			events = append(events, event{int64(op.Return), false, i})
		}
	}
	slices.SortFunc(events, func(a, b event) int { // what happens at the same time is not ordered: calls first
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(btoi(b.call), btoi(a.call)), cmp.Compare(a.op, b.op))
	})
	var last []int // answered, and none of them before another one
	for _, e := range events {
		if !e.call {
			last = slices.DeleteFunc(last, func(i int) bool { return before(g.op(i), g.op(e.op)) })
			last = append(last, e.op)
			continue
		}
		for _, i := range last {
			g.edge(i, e.op, realTime, func() string {
				return "it was answered at " + moment(g.op(i).Return) + ", and the next request was sent at " + moment(g.op(e.op).Call)
			})
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A class is a form of cycle: the kinds that it is made of, and how many edges rw it has.
type class struct {
	name  string
	kinds kind
	rw    int // 0, 1, or 2 for any number
	says  string
}

// classes are in the order of how much they say.
var classes = []class{
	{"G0", ww, 0, "the writes of these requests are interleaved"},
	{"G1c", ww | wr, 0, "each of these requests has seen, or written after, the one before it (circular information flow)"},
	{"G-single", ww | wr | rw, 1, "a request has read what was overwritten before it (read skew, or a lost update)"},
	{"G2", ww | wr | rw, 2, "requests have read what the others overwrote (write skew, or an anti-dependency cycle)"},
	{"G0-realtime", ww | realTime, 0, "writes took effect in another order than real time's"},
	{"G1c-realtime", ww | wr | realTime, 0, "a request has seen another one's effect before it was sent"},
	{"G-single-realtime", ww | wr | rw | realTime, 1, "a request has not seen what was acknowledged before it was sent (stale read, or a lost write)"},
	{"G2-realtime", ww | wr | rw | realTime, 2, "no order of the requests is in keeping with real time"},
}

// anomalies gives a shortest cycle of the first class that has one in each of a few components.
func (g *graph) anomalies() (found []*Anomaly) {
	for _, c := range classes {
		for _, component := range g.components(c.kinds) {
			if cycle := g.cycle(component, c); cycle != nil && len(found) < maxFound {
				found = append(found, g.anomaly(c, cycle))
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found
}

func (g *graph) anomaly(c class, cycle []edge) *Anomaly {
	a := &Anomaly{Name: c.name, Says: c.says}
	if g.n <= cycle[0].from { // begin at an operation
		cycle = append(slices.Clone(cycle[1:]), cycle[0])
	}
	for i, e := range cycle {
		if e.from >= g.n {
			continue
		}
		why := e.why
		if why == nil {
			why = cycle[i+1].why
		}
		a.Cycle = append(a.Cycle, Link{Op: g.op(e.from), Why: why()})
	}
	return a
}

// components gives the strongly connected components of more than one node, over edges of some kinds (Tarjan, "Depth-first
// search and linear graph algorithms", 1972).
func (g *graph) components(kinds kind) [][]int {
	t := &tarjan{g: g, kinds: kinds, index: make([]int, len(g.out)), low: make([]int, len(g.out)), on: make([]bool, len(g.out))}
	for v := range g.out {
		if t.index[v] == 0 {
			t.visit(v)
		}
	}
	return t.found
}

type tarjan struct {
	g     *graph
	kinds kind
	count int
	index []int // 0: not visited
	low   []int
	on    []bool
	stack []int
	found [][]int
}

func (t *tarjan) visit(v int) {
	t.count++
	t.index[v], t.low[v] = t.count, t.count
	t.stack, t.on[v] = append(t.stack, v), true
	for _, e := range t.g.out[v] {
		switch {
		case e.kind&t.kinds == 0:
		case t.index[e.to] == 0:
			t.visit(e.to)
			t.low[v] = min(t.low[v], t.low[e.to])
		case t.on[e.to]:
			t.low[v] = min(t.low[v], t.index[e.to])
		}
	}
	if t.low[v] != t.index[v] {
		return
	}
	at := slices.Index(t.stack, v)
	if at < len(t.stack)-1 {
		t.found = append(t.found, slices.Clone(t.stack[at:]))
	}
	for _, w := range t.stack[at:] {
		t.on[w] = false
	}
	t.stack = t.stack[:at]
}

// maxStarts bounds from how many edges of a component a shorter cycle is searched for: any will do, and a short one is
// near. For the first cycle it is ten times as many; a cycle with one edge rw that is not found then is one of class G2.
const maxStarts = 400

// cycle gives the shortest cycle of a class in a component, among those that are looked at.
func (g *graph) cycle(component []int, c class) (best []edge) {
	inside := map[int]bool{}
	for _, v := range component {
		inside[v] = true
	}
	starts := 0
	for _, v := range component {
		for _, e := range g.out[v] {
			first := c.kinds
			if c.rw == 1 {
				first = rw // all others are not
			}
			if e.kind&first == 0 || !inside[e.to] || starts >= maxStarts && (best != nil || starts >= 10*maxStarts) {
				continue
			}
			starts++
			rest := c.kinds
			if c.rw == 1 {
				rest &^= rw
			}
			most := math.MaxInt
			if best != nil {
				most = len(best) - 2
			}
			if back, ok := g.path(e.to, v, rest, inside, most); ok {
				best = append([]edge{e}, back...)
			}
		}
	}
	return best
}

// path gives a shortest way of at most so many edges, by breadth-first search.
func (g *graph) path(from, to int, kinds kind, inside map[int]bool, most int) ([]edge, bool) {
	came := map[int]edge{}
	wave := []int{from}
	for length := 0; len(wave) > 0 && length < most; length++ {
		var next []int
		for _, v := range wave {
			for _, e := range g.out[v] {
				if _, seen := came[e.to]; seen || e.kind&kinds == 0 || !inside[e.to] || e.to == from {
					continue
				}
				came[e.to] = e
				if e.to == to {
					return g.back(from, to, came), true
				}
				next = append(next, e.to)
			}
		}
		wave = next
	}
	return nil, false
}

func (g *graph) back(from, to int, came map[int]edge) []edge {
	var way []edge
	for v := to; v != from; v = came[v].from {
		way = append(way, came[v])
	}
	slices.Reverse(way)
	return way
}
