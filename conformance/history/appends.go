// This file checks histories of lists that only grow.

package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Step is what a request did with one list. All numbers that are ever appended differ.
type Step struct {
	List   string
	Append int   // the number, if it is not 0
	Seen   []int // else what was read; unset if the outcome is not Done
}

// An AppendOp is a request that appended to lists and read them, in the order of its steps.
type AppendOp struct {
	Op
	Steps []Step
}

// CheckAppends gives the anomalies of a history; there are none if and only if the history is strictly serializable.
// Lists are empty at first. At most a few anomalies are given, those that say most first.
func CheckAppends(ops []AppendOp) []*Anomaly {
	c := &appends{ops: ops, writers: map[int]write{}, orders: map[string][]int{}, longest: map[string]int{}, seen: map[int]bool{}}
	c.noteWriters()
	c.order()
	c.checkReads()
	if len(c.found) > 0 {
		return c.found // edges would be drawn from answers that are wrong in themselves
	}
	return c.graph().anomalies()
}

// maxFound bounds how many anomalies are told.
const maxFound = 4

// A write is where a number comes from: an operation, and which step of it.
type write struct{ op, step int }

// A read is one that tells what other requests left: the first of each list in a request.
type read struct {
	op     int
	list   string
	prefix []int // without what the request itself has appended before
}

// appends is one check.
type appends struct {
	ops     []AppendOp
	writers map[int]write
	orders  map[string][]int // all that was ever seen of a list
	longest map[string]int   // the operation that saw it
	seen    map[int]bool     // the numbers in orders
	reads   []read
	found   []*Anomaly
}

func (c *appends) fault(name string, ops []int, format string, args ...any) {
	if len(c.found) >= maxFound {
		return
	}
	a := &Anomaly{Name: name, Says: fmt.Sprintf(format, args...)}
	for _, i := range ops {
		a.Cycle = append(a.Cycle, Link{Op: &c.ops[i].Op})
	}
	c.found = append(c.found, a)
}

// noteWriters notes who appended what. A number that is appended twice is a mistake of the test.
func (c *appends) noteWriters() {
	for i, op := range c.ops {
		for j, s := range op.Steps {
			if s.Append == 0 {
				continue
			}
			if _, ok := c.writers[s.Append]; ok {
				panic(fmt.Sprintf("history: %d is appended twice: by %s", s.Append, op.Op.String()))
			}
			c.writers[s.Append] = write{i, j}
		}
	}
}

// order takes the longest read of each list for the order of its appends.
func (c *appends) order() {
	for i, op := range c.ops {
		if op.Outcome != Done {
			continue
		}
		for _, s := range op.Steps {
			if s.Append == 0 && len(s.Seen) > len(c.orders[s.List]) {
				c.orders[s.List], c.longest[s.List] = s.Seen, i
			}
		}
	}
	for _, order := range c.orders {
		for _, v := range order {
			c.seen[v] = true
		}
	}
}

// checkReads looks for reads that are wrong by themselves: of what was never appended to this list, of what was undone,
// of a number twice, of another order than that of the longest read; of a list that differs from what the same request
// knew of it.
func (c *appends) checkReads() {
	for _, list := range slices.Sorted(maps.Keys(c.orders)) {
		c.checkNumbers(c.longest[list], list, c.orders[list])
	}
	for i := range c.ops {
		if c.ops[i].Outcome == Done {
			c.checkSteps(i)
		}
	}
}

func (c *appends) checkNumbers(reader int, list string, seen []int) {
	at := map[int]bool{}
	for _, v := range seen {
		w, ok := c.writers[v]
		switch {
		case !ok:
			c.fault("unknown number", []int{reader}, "%d is in list %s, and nobody appended it", v, list)
		case c.ops[w.op].Steps[w.step].List != list:
			c.fault("unknown number", []int{reader, w.op}, "%d is in list %s, and was appended to %s", v, list, c.ops[w.op].Steps[w.step].List)
		case c.ops[w.op].Outcome == Failed:
			c.fault("G1a", []int{reader, w.op}, "%d is in list %s, and the request that appended it failed (aborted read)", v, list)
		case at[v]:
			c.fault("duplicate append", []int{reader, w.op}, "%d is in list %s twice, and was appended once", v, list)
		}
		at[v] = true
	}
}

// checkSteps follows one request through its steps.
func (c *appends) checkSteps(i int) {
	type view struct {
		known bool
		all   []int // if it is known: what the list holds
		own   []int // else: what was appended by the request
	}
	views := map[string]*view{}
	for _, s := range c.ops[i].Steps {
		v := views[s.List]
		if v == nil {
			v = &view{}
			views[s.List] = v
		}
		switch {
		case s.Append != 0 && v.known:
			v.all = append(slices.Clone(v.all), s.Append)
		case s.Append != 0:
			v.own = append(v.own, s.Append)
		case v.known:
			if !slices.Equal(v.all, s.Seen) {
				c.fault("internal", []int{i}, "the request reads %s of list %s, where it should know %s", brief(s.Seen), s.List, brief(v.all))
				return
			}
		default:
			cut := len(s.Seen) - len(v.own)
			if cut < 0 || !slices.Equal(s.Seen[cut:], v.own) {
				c.fault("internal", []int{i}, "the request reads %s of list %s, and has appended %s before", brief(s.Seen), s.List, brief(v.own))
				return
			}
			v.known, v.all = true, s.Seen
			c.checkPrefix(i, s)
			c.checkIntermediate(i, s.List, s.Seen[:cut])
			c.reads = append(c.reads, read{i, s.List, s.Seen[:cut]})
		}
	}
}

func (c *appends) checkPrefix(i int, s Step) {
	order := c.orders[s.List]
	if slices.Equal(s.Seen, order[:len(s.Seen)]) {
		return
	}
	at := 0
	for s.Seen[at] == order[at] {
		at++
	}
	c.checkNumbers(i, s.List, s.Seen)
	c.fault("incompatible order", []int{i, c.longest[s.List]}, "of list %s one request reads %s where another one reads %s: neither is how the other began",
		s.List, brief(s.Seen[:at+1]), brief(order[:at+1]))
}

// checkIntermediate looks for a read of a list between two appends of one request, or of what is appended later.
func (c *appends) checkIntermediate(reader int, list string, prefix []int) {
	if len(prefix) == 0 {
		return
	}
	last := prefix[len(prefix)-1]
	w, ok := c.writers[last]
	if !ok {
		return
	}
	if w.op == reader {
		c.fault("internal", []int{reader}, "the request reads %d in list %s before it appends it", last, list)
		return
	}
	for _, s := range c.ops[w.op].Steps[w.step+1:] {
		if s.List == list && s.Append != 0 {
			c.fault("G1b", []int{reader, w.op}, "list %s is read after %d and before %d, which one request appended (intermediate read)", list, last, s.Append)
			return
		}
	}
}

// took says whether an operation is known to have had its effect.
func (c *appends) took(i int) bool {
	op := c.ops[i]
	return op.Outcome == Done || op.Outcome == Unknown && slices.ContainsFunc(op.Steps, func(s Step) bool { return c.seen[s.Append] })
}

// graph draws what is before what.
func (c *appends) graph() *graph {
	g := newGraph(len(c.ops), func(i int) *Op { return &c.ops[i].Op })
	next := map[int]int{} // by number: the one after it in its list
	for list, order := range c.orders {
		for k := 1; k < len(order); k++ {
			a, b := order[k-1], order[k]
			next[a] = b
			g.edge(c.writers[a].op, c.writers[b].op, ww, func() string {
				return fmt.Sprintf("it appended %d to list %s, and the next request %d right after it", a, list, b)
			})
		}
	}
	atEnd := map[string][]int{} // by list: the operations that read all that was ever seen of it
	for _, r := range c.reads {
		if c.readEdges(g, r, next) {
			atEnd[r.list] = append(atEnd[r.list], r.op)
		}
	}
	for list, unseen := range c.unseen() {
		c.unseenEdges(g, list, atEnd[list], unseen)
	}
	g.realTime(c.took)
	return g
}

// readEdges draws what one read tells: it is after who appended the last number that it shows, and before who appended
// the next. It says whether there is no next.
func (c *appends) readEdges(g *graph, r read, next map[int]int) (atEnd bool) {
	var v int
	if n := len(r.prefix); n > 0 {
		last := r.prefix[n-1]
		g.edge(c.writers[last].op, r.op, wr, func() string {
			return fmt.Sprintf("it appended %d to list %s, which the next request read as the last one", last, r.list)
		})
		v = next[last]
	} else if order := c.orders[r.list]; len(order) > 0 {
		v = order[0]
	}
	if v == 0 {
		return true
	}
	g.edge(r.op, c.writers[v].op, rw, func() string {
		return fmt.Sprintf("it read list %s without %d, which the next request appended", r.list, v)
	})
	return false
}

// unseen gives by list the numbers whose appends took effect and that no read shows.
func (c *appends) unseen() map[string][]int {
	numbers := map[string][]int{}
	for i, op := range c.ops {
		if !c.took(i) {
			continue
		}
		for _, s := range op.Steps {
			if s.Append != 0 && !c.seen[s.Append] {
				numbers[s.List] = append(numbers[s.List], s.Append)
			}
		}
	}
	return numbers
}

// unseenEdges draws that all numbers that no read of a list shows come after all that a read shows, and after each read
// that shows as much as was ever seen. As both may be many, the edges lead over a node that stands for the end of what
// was seen. A request that is on both sides goes around it; the first two of those make a cycle, so that more need not.
func (c *appends) unseenEdges(g *graph, list string, readers, unseen []int) {
	writes := map[int]bool{}
	for _, v := range unseen {
		writes[c.writers[v].op] = true
	}
	why := func(v int) func() string {
		return func() string {
			return fmt.Sprintf("it saw or wrote list %s as it was without %d, which the next request appended", list, v)
		}
	}
	end := g.between()
	around := 0
	for _, r := range readers {
		switch {
		case !writes[r]:
			g.edge(r, end, rw, nil)
		case around < 2:
			around++
			for _, v := range unseen {
				g.edge(r, c.writers[v].op, rw, why(v))
			}
		}
	}
	if order := c.orders[list]; len(order) > 0 {
		last := c.writers[order[len(order)-1]].op
		if !writes[last] {
			g.edge(last, end, ww, nil)
		} else {
			for _, v := range unseen {
				g.edge(last, c.writers[v].op, ww, why(v))
			}
		}
	}
	for _, v := range unseen {
		g.edge(end, c.writers[v].op, ww, why(v))
	}
}

// brief shows the end of a list.
func brief(seen []int) string {
	const most = 6
	if len(seen) <= most {
		return strings.ReplaceAll(fmt.Sprint(seen), " ", ", ")
	}
	text := strings.ReplaceAll(fmt.Sprint(seen[len(seen)-most:]), " ", ", ")
	return fmt.Sprintf("[… %d more …, %s", len(seen)-most, text[1:])
}
