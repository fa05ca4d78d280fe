// This file writes functions: where each variable lives, the order of blocks, labels, steps and depth.

package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// body writes the blocks of one function into a file of its own, which is then put behind the function's head.
type body struct {
	*gen
	fn   *fun
	out  *file
	line int // of the user's source, 0 if unknown

	local *names            // identifiers of the function
	names map[string]string // variable to identifier
	read  map[string]bool   // variables that something reads
	kept  map[string]bool   // variables that live in the frame

	results  []string // identifiers of the results, where they are assigned and not returned
	selfUsed bool

	blocks  []*ir.Block       // reachable ones, in order
	place   map[string]int    // block to its index in blocks
	labels  map[string]string // block to label
	marks   *names            // labels
	jumps   map[string]bool   // labels that a goto names
	edges   []ir.Unwind       // distinct unwind edges; an edge's number is its index + 1
	splits  map[splitKey]int  // to continuation, from 1
	steps   stepMode
	form    form
	nextTmp int
}

type splitKey struct {
	block string
	index int
}

// form is what a function is written as.
type form uint8

const (
	plain     form = iota // a Go function
	unwinding             // a Go function whose blocks run under a recover, again and again
	stepping              // the Step method of a frame
)

// stepMode says how backward jumps are paid.
type stepMode uint8

const (
	noLoop  stepMode = iota
	prepaid          // in advance, counted down in a local variable
	single           // one by one: where steps taken in advance could be lost or pile up
)

// function writes everything that belongs to one function.
func (g *gen) function(fn *fun) {
	out := g.fileOf(fn.f)
	g.use(out, runnerPath)
	w := g.newBody(fn, out)
	if fn.closure {
		g.writeClosure(w)
	}
	if fn.suspends() {
		g.writeSuspending(w)
	} else {
		g.writePlain(w)
	}
	if fn.value {
		g.writeFuncValue(out, fn)
	}
}

func (g *gen) newBody(fn *fun, out *file) *body {
	w := &body{
		gen: g, fn: fn, out: &file{name: out.name, imports: out.imports},
		local: newNames(g.global), names: map[string]string{}, read: map[string]bool{}, kept: map[string]bool{},
		place: map[string]int{}, labels: map[string]string{}, marks: newNames(nil), jumps: map[string]bool{},
		splits: map[splitKey]int{},
	}
	w.local.reserve(ownWords...)
	f := fn.f
	for i := range f.Results {
		w.results = append(w.results, fmt.Sprintf("r%d", i))
	}
	w.local.reserve(w.results...)
	if f.Self != "" {
		w.names[f.Self] = w.local.pick(identifier(f.Self))
	}
	for _, l := range slices.Concat(f.Params, f.Captures, f.Locals) {
		want := identifier(l.Name)
		if l.Name == "_" {
			want = "p"
		}
		w.names[l.Name] = w.local.pick(want)
	}
	w.findBlocks()
	w.findReads()
	return w
}

// findBlocks orders the blocks that can be reached and numbers unwind edges and splits.
func (w *body) findBlocks() {
	f := w.fn.f
	reached := map[string]bool{f.Blocks[0].Name: true}
	for queue := []string{f.Blocks[0].Name}; len(queue) > 0; queue = queue[1:] {
		b := f.Block(queue[0])
		next := ir.Successors(b.End)
		if b.Unwind != nil {
			next = append(next, b.Unwind.To)
		}
		for _, to := range next {
			if !reached[to] {
				reached[to] = true
				queue = append(queue, to)
			}
		}
	}
	for _, b := range f.Blocks {
		if !reached[b.Name] {
			continue
		}
		w.place[b.Name] = len(w.blocks)
		w.blocks = append(w.blocks, b)
		w.labels[b.Name] = w.marks.pick(identifier(b.Name))
		if b.Unwind != nil && !slices.Contains(w.edges, *b.Unwind) {
			w.edges = append(w.edges, *b.Unwind)
		}
	}
	for _, s := range w.fn.facts.Splits {
		if reached[s.Block.Name] {
			w.splits[splitKey{s.Block.Name, s.Index}] = len(w.splits) + 1
		}
	}
}

// findReads finds the variables that are read; Go refuses to declare others.
func (w *body) findReads() {
	for _, b := range w.blocks {
		for _, i := range b.Do {
			for _, n := range w.fn.scope.Uses(i) {
				w.read[n] = true
			}
		}
		for _, n := range w.fn.scope.TermUses(b.End) {
			w.read[n] = true
		}
	}
}

// findSteps decides how backward jumps are paid. In a recursive function, or under a recover, steps in advance would
// pile up or be lost, and a frame has no local variable that lasts.
func (w *body) findSteps() {
	for i, b := range w.blocks {
		for _, to := range ir.Successors(b.End) {
			if w.place[to] <= i && w.steps == noLoop {
				w.steps = prepaid
				if w.form != plain || w.fn.facts.Recursive {
					w.steps = single
				}
			}
		}
	}
}

// self is the own receiver's variable.
func (w *body) self() string {
	w.selfUsed = true
	return w.names[w.fn.f.Self]
}

// home is where a variable lives.
func (w *body) home(name string) string {
	id := w.names[name]
	switch {
	case slices.ContainsFunc(w.fn.f.Captures, func(l *ir.Local) bool { return l.Name == name }):
		if w.form == stepping {
			return "f.clo." + id
		}
		return "l." + id
	case w.kept[name]:
		return "f." + id
	}
	return id
}

// target is what an assignment to a variable names: the variable, what its cell holds, or nothing.
func (w *body) target(name string) string {
	if name == "_" || name == "" {
		return "_"
	}
	l := w.fn.scope.Local(name)
	if l == nil {
		return "_"
	}
	if l.Cell {
		return "*" + w.home(name)
	}
	if !w.read[name] && !w.kept[name] && !w.isParam(name) {
		return "_"
	}
	return w.home(name)
}

func (w *body) isParam(name string) bool {
	return slices.ContainsFunc(w.fn.f.Params, func(l *ir.Local) bool { return l.Name == name })
}

// at is the place of a source line.
func (w *body) at(line int) place {
	if line > 0 {
		w.line = line
	}
	if line == 0 || w.fn.f.File == "" {
		return place{}
	}
	return place{w.fn.f.File, line}
}

// localType spells the type of a variable's home.
func (w *body) localType(l *ir.Local) string {
	t := w.goType(w.out, l.Type)
	if l.Cell {
		return "*" + t
	}
	return t
}

// declare writes the declarations of the local variables that do not live in the frame.
func (w *body) declare(f *file) {
	for _, l := range w.fn.f.Locals {
		if w.kept[l.Name] || !w.read[l.Name] {
			continue
		}
		f.linef("var %s %s", w.names[l.Name], w.localType(l))
	}
}

// payVariables pays for clearing variables and results, where they are large.
func (w *body) payVariables(out *file) {
	locals := slices.DeleteFunc(slices.Clone(w.fn.f.Locals), func(l *ir.Local) bool { return w.kept[l.Name] || !w.read[l.Name] })
	b := w.ofVariables(locals)
	if w.form != stepping {
		w.addResults(&b, w.fn.f)
	}
	if b.moved >= bulkFrom {
		out.write(w.at(w.fn.f.At), fmt.Sprintf("t.Spend(%d)", b.moved/perStep))
	}
}

// params spells the parameters of the plain function.
func (w *body) params() string {
	list := []string{"t *runner.Thread"}
	f := w.fn.f
	if f.Self != "" && len(f.Captures) == 0 && !w.fn.closure {
		list = append(list, w.names[f.Self]+" *"+w.types[f.Entity])
	}
	for _, p := range f.Params {
		list = append(list, w.names[p.Name]+" "+w.goType(w.out, p.Type))
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func resultsOf(f *ir.Func) []*ir.Type { return ir.FuncType(f).Results }

// head is the first line of the plain function: of a closure it is the method Call.
func (w *body) head() string {
	results := w.resultTypes(w.out, resultsOf(w.fn.f))
	if w.fn.closure {
		return fmt.Sprintf("func (l *%s) Call%s%s {", w.fn.clo(), w.params(), results)
	}
	return fmt.Sprintf("func %s%s%s {", w.fn.id, w.params(), results)
}

// writePlain writes a function that stays on its entity.
func (g *gen) writePlain(w *body) {
	if len(w.edges) > 0 {
		w.form = unwinding
	}
	w.findSteps()
	out := g.fileOf(w.fn.f)
	w.writeBlocks()
	out.lines(w.head())
	w.declare(out)
	if w.steps == prepaid {
		out.lines("var steps int64")
	}
	if w.selfUsed && w.fn.closure {
		out.linef("%s, _ := t.Self().(*%s)", w.names[w.fn.f.Self], w.types[w.fn.f.Entity])
	}
	if w.fn.calls {
		out.write(w.at(w.fn.f.At), "t.Spend(1)")
	}
	w.payVariables(out)
	if w.fn.facts.Recursive {
		out.write(w.at(w.fn.f.At), fmt.Sprintf("t.Down(%d)", w.units()))
	}
	if w.form == unwinding {
		w.wrapUnwinding(out)
	} else {
		out.append(w.out)
	}
	out.lines("}\n")
	if w.fn.framed {
		g.writeWrapper(w, out)
	}
}

// unwindSteps is what catching a panic in a plain function costs: steps bound time, and Go takes its time to unwind.
const unwindSteps = 50

// wrapUnwinding runs the blocks under a recover: each panic in a block with an edge runs them again from the edge's target.
func (w *body) wrapUnwinding(out *file) {
	for i, r := range resultsOf(w.fn.f) {
		out.linef("var %s %s", w.results[i], w.goType(out, r))
	}
	out.lines("depth, pc, unw := t.Depth, 0, 0", "run := func() (done bool) {", "defer func() {", "if done || unw == 0 || t.Stopping() {", "return", "}",
		"caught := t.Caught(recover())", "t.Depth = depth")
	out.write(w.at(w.fn.f.At), fmt.Sprintf("t.Spend(%d)", unwindSteps))
	out.lines("pc = unw")
	w.switchEdges(out, "unw")
	out.lines("}()", "switch pc {")
	for i, e := range w.edges {
		out.linef("case %d:\ngoto %s", i+1, w.labels[e.To])
	}
	out.lines("}")
	out.append(w.out)
	out.lines("}", "for !run() {", "}")
	if w.fn.facts.Recursive {
		out.linef("t.Up(%d)", w.units())
	}
	if len(w.results) > 0 {
		out.linef("return %s", strings.Join(w.results, ", "))
	}
}

// switchEdges stores the panic `caught` in the slot of the current edge.
func (w *body) switchEdges(out *file, current string) {
	stored := 0
	for _, e := range w.edges {
		if w.target(e.Into) != "_" {
			stored++
		}
	}
	if stored == 0 {
		out.lines("_ = caught")
		return
	}
	out.linef("switch %s {", current)
	for i, e := range w.edges {
		if slot := w.target(e.Into); slot != "_" {
			out.linef("case %d:\n%s = caught", i+1, slot)
		}
	}
	out.lines("}")
}

// units is the depth that a plain function counts for: its variables in units of 512 bytes.
func (w *body) units() int {
	size := 0
	for _, l := range slices.Concat(w.fn.f.Params, w.fn.f.Locals) {
		size += min(w.sizeOf(l.Type), maxSize)
	}
	return 1 + min(size/512, 1<<20)
}

// writeBlocks writes all blocks.
func (w *body) writeBlocks() {
	w.findJumps()
	for i, b := range w.blocks {
		if w.jumps[w.labels[b.Name]] {
			w.out.same(w.labels[b.Name] + ":")
		}
		if len(w.edges) > 0 && w.changesEdge(i) {
			w.out.same(fmt.Sprintf("%s = %d", w.edgeVar(), w.edgeOf(b)))
		}
		for j, in := range b.Do {
			w.instr(b, j, in)
		}
		w.term(i, b)
	}
}

func (w *body) edgeVar() string {
	if w.form == stepping {
		return "f.unw"
	}
	return "unw"
}

// edgeOf is the number of a block's unwind edge, 0 for none.
func (w *body) edgeOf(b *ir.Block) int {
	if b.Unwind == nil {
		return 0
	}
	return slices.Index(w.edges, *b.Unwind) + 1
}

// changesEdge says whether a block may be entered with another edge than its own in force.
func (w *body) changesEdge(i int) bool {
	b := w.blocks[i]
	edge := w.edgeOf(b)
	if i == 0 && edge != 0 {
		return true
	}
	for _, from := range w.blocks {
		if from.Unwind != nil && from.Unwind.To == b.Name && w.edgeOf(from) != edge {
			return true
		}
		if slices.Contains(ir.Successors(from.End), b.Name) && w.edgeOf(from) != edge {
			return true
		}
	}
	return false
}

// findJumps finds the labels that are needed: Go refuses others.
func (w *body) findJumps() {
	for i, b := range w.blocks {
		for _, to := range w.gotos(i, b) {
			w.jumps[w.labels[to]] = true
		}
	}
	for _, e := range w.edges {
		w.jumps[w.labels[e.To]] = true
	}
}

// gotos gives the blocks that a terminator reaches by goto; the next block is fallen into where that reads well.
func (w *body) gotos(i int, b *ir.Block) []string {
	switch t := b.End.(type) {
	case *ir.If:
		if t.Then == t.Else {
			return w.unlessNext(i, t.Then)
		}
		if w.isNext(i, t.Then) {
			return []string{t.Else}
		}
		return append([]string{t.Then}, w.unlessNext(i, t.Else)...)
	case *ir.Switch:
		var list []string
		for _, c := range t.Cases {
			list = append(list, c.To)
		}
		return append(list, w.unlessNext(i, t.Default)...)
	}
	var list []string
	for _, to := range ir.Successors(b.End) {
		list = append(list, w.unlessNext(i, to)...)
	}
	return list
}

func (w *body) isNext(i int, to string) bool { return w.place[to] == i+1 }

func (w *body) unlessNext(i int, to string) []string {
	if w.isNext(i, to) {
		return nil
	}
	return []string{to}
}

// jump goes to a block; a backward jump costs a step.
func (w *body) jump(i int, to string) {
	if w.isNext(i, to) {
		return
	}
	w.goTo(i, to)
}

func (w *body) goTo(i int, to string) {
	if w.place[to] <= i {
		if w.steps == prepaid {
			w.out.same("if steps--; steps < 0 {")
			w.stmt(w.lastLine(), "steps = t.Take()")
			w.out.same("}")
		} else {
			w.stmt(w.lastLine(), "t.Spend(1)")
		}
	}
	w.out.same("goto " + w.labels[to])
}

// lastLine is the user's line that was written last, or the function's.
func (w *body) lastLine() int {
	if w.line > 0 {
		return w.line
	}
	return w.fn.f.At
}

// temp gives a fresh identifier for a value inside one instruction.
func (w *body) temp() string {
	w.nextTmp++
	return w.local.pick(fmt.Sprintf("x%d", w.nextTmp))
}

// simple says whether an expression may be written twice: it is short, cannot panic and allocates nothing.
func (w *body) simple(e ir.Expr) bool {
	switch e := e.(type) {
	case *ir.Name, *ir.Lit, *ir.Global:
		return !w.fn.scope.IsSelf(e)
	case *ir.Field:
		return w.fn.scope.IsSelf(e.X) || w.simple(e.X)
	}
	return false
}
