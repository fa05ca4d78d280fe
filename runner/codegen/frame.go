// This file writes frames: the struct, Step, Unwind, the codec by continuation, and what the runner is told of each.

package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// writeSuspending writes a function that can leave its entity.
func (g *gen) writeSuspending(w *body) {
	w.form = stepping
	w.findSteps()
	w.findKept()
	out := g.fileOf(w.fn.f)
	w.writeBlocks()
	g.writeFrame(w, out)
	g.writeStep(w, out)
	g.writeUnwind(w, out)
	g.writeFrameCodec(w, out)
	if w.fn.closure {
		out.linef("// Call is never called: a call of this closure is a frame of its own.")
		out.linef("func (*%s) Call%s { panic(%q) }\n", w.fn.clo(), g.threadSignature(out, ir.FuncType(w.fn.f)), w.fn.f.Name+" calls other entities: the host library cannot call it")
	}
}

// findKept finds the variables that live in the frame: parameters, what is alive across a split, and what the blocks
// behind an unwind edge mention, since a panic ends Step.
func (w *body) findKept() {
	for _, p := range w.fn.f.Params {
		w.kept[p.Name] = true
	}
	for _, s := range w.fn.facts.Splits {
		for _, n := range s.Live {
			w.kept[n] = true
		}
		if c, ok := s.Block.End.(*ir.Create); ok && s.Index == len(s.Block.Do) && c.Into != "_" && c.Into != "" {
			w.kept[c.Into] = true
		}
	}
	behind := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if behind[name] {
			return
		}
		behind[name] = true
		b := w.fn.f.Block(name)
		for _, to := range ir.Successors(b.End) {
			visit(to)
		}
		if b.Unwind != nil {
			visit(b.Unwind.To)
		}
		for _, in := range b.Do {
			for _, n := range w.fn.scope.Uses(in) {
				w.kept[n] = true
			}
		}
		for _, n := range w.fn.scope.TermUses(b.End) {
			w.kept[n] = true
		}
	}
	for _, e := range w.edges {
		w.kept[e.Into] = true
		visit(e.To)
	}
	for _, c := range w.fn.f.Captures {
		delete(w.kept, c.Name)
	}
	delete(w.kept, "_")
}

// keptLocals gives the variables of the frame behind the parameters, in order of declaration.
func (w *body) keptLocals() []*ir.Local {
	var list []*ir.Local
	for _, l := range w.fn.f.Locals {
		if w.kept[l.Name] {
			list = append(list, l)
		}
	}
	return list
}

// writeFrame declares the struct, how to make one, and its plain methods.
func (g *gen) writeFrame(w *body, out *file) {
	fn := w.fn
	out.linef("// %s is a call of %s.", fn.frame(), fn.f.Name)
	out.linef("type %s struct {\npc int", fn.frame())
	if len(w.edges) > 0 && w.form == stepping {
		out.lines("unw int // unwind edge in force, 0 for none")
	}
	if w.hasClo() {
		out.linef("clo *%s", fn.clo())
	}
	if w.hasDraft() {
		out.linef("draft *%s // the receiver, if it is under construction", g.types[fn.f.Entity])
	}
	var args, results []string
	for _, p := range fn.f.Params {
		out.linef("%s %s", w.names[p.Name], w.goType(out, p.Type))
		args = append(args, "&f."+w.names[p.Name])
	}
	for _, l := range w.keptLocals() {
		out.linef("%s %s", w.names[l.Name], w.localType(l))
	}
	for i, r := range resultsOf(fn.f) {
		out.linef("r%d %s", i, g.goType(out, r))
		results = append(results, fmt.Sprintf("&f.r%d", i))
	}
	out.lines("}\n")
	out.linef("var %s runner.Func\n", fn.desc())
	if fn.made {
		g.writeMaker(w, out)
	}
	out.linef("func (*%s) Func() *runner.Func { return &%s }", fn.frame(), fn.desc())
	out.linef("func (f *%s) Args() []any { return %s }", fn.frame(), anyList(args))
	out.linef("func (f *%s) Results() []any { return %s }\n", fn.frame(), anyList(results))
}

func anyList(list []string) string {
	if len(list) == 0 {
		return "nil"
	}
	return "[]any{" + strings.Join(list, ", ") + "}"
}

func (w *body) hasClo() bool   { return w.form == stepping && w.fn.closure }
func (w *body) hasDraft() bool { return w.form == stepping && w.fn.onDraft }

// writeMaker writes the function that takes a frame from the pool and sets its arguments.
func (g *gen) writeMaker(w *body, out *file) {
	fn := w.fn
	params, sets := []string{"t *runner.Thread"}, []string{}
	add := func(name, typ string) {
		params = append(params, name+" "+typ)
		sets = append(sets, fmt.Sprintf("f.%s = %s", name, name))
	}
	if w.hasClo() {
		add("clo", "*"+fn.clo())
	}
	if w.hasDraft() {
		add("draft", "*"+g.types[fn.f.Entity])
	}
	for _, p := range fn.f.Params {
		add(w.names[p.Name], g.goType(out, p.Type))
	}
	out.linef("func %s(%s) *%s {\nf := t.New(&%s).(*%s)", fn.maker(), strings.Join(params, ", "), fn.frame(), fn.desc(), fn.frame())
	out.lines(sets...)
	out.lines("return f", "}\n")
}

func (g *gen) writeStep(w *body, out *file) {
	fn := w.fn
	out.linef("func (f *%s) Step(t *runner.Thread) runner.Op {", fn.frame())
	w.declare(out)
	w.payVariables(out)
	if w.selfUsed {
		self, state := w.names[fn.f.Self], g.types[fn.f.Entity]
		out.linef("%s, _ := t.Self().(*%s)", self, state)
		if w.hasDraft() {
			out.linef("if f.draft != nil {\n%s = f.draft\n}", self)
		}
	}
	if len(w.splits)+len(w.edges) > 0 {
		out.lines("switch f.pc {")
		for split := 1; split <= len(w.splits); split++ {
			out.linef("case %d:\ngoto %s", split, w.contLabel(split))
		}
		for i, e := range w.edges {
			out.linef("case %d:\ngoto %s", len(w.splits)+1+i, w.labels[e.To])
		}
		out.lines("}")
	}
	out.append(w.out)
	out.lines("}\n")
}

// writeUnwind writes what becomes of a panic in the current block.
func (g *gen) writeUnwind(w *body, out *file) {
	if len(w.edges) == 0 {
		return
	}
	out.linef("func (f *%s) Unwind(caught *runner.Panic) bool {\nif f.unw == 0 {\nreturn false\n}", w.fn.frame())
	w.switchEdges(out, "f.unw")
	out.linef("f.pc = %d + f.unw\nreturn true\n}\n", len(w.splits))
}

// writeFrameCodec writes Enc and Dec: at each continuation the variables that are alive there.
func (g *gen) writeFrameCodec(w *body, out *file) {
	fn := w.fn
	g.use(out, runnerPath)
	var enc, dec []string
	point := func(pc string, encs, decs []string) {
		enc = append(append(enc, "case "+pc+":"), encs...)
		dec = append(append(dec, "case "+pc+":"), decs...)
	}
	encs, decs := w.codecOf(fn.f.Params)
	point("0", encs, decs)
	for split := 1; split <= len(w.splits); split++ {
		encs, decs := w.codecOf(w.liveAt(split))
		if edge := w.edgeAt(split); edge != 0 {
			decs = append(decs, fmt.Sprintf("f.unw = %d", edge))
		}
		point(fmt.Sprint(split), encs, decs)
	}
	encs, decs = nil, nil
	for i, r := range resultsOf(fn.f) {
		e, d := g.codecCall(out, r, fmt.Sprintf("f.r%d", i), false)
		encs, decs = append(encs, e), append(decs, d)
	}
	point("runner.Done", encs, decs)
	out.linef("func (f *%s) Enc(e *runner.Enc) {\ne.Pc(f.pc)", fn.frame())
	writeSwitch(out, enc)
	out.linef("func (f *%s) Dec(d *runner.Dec) {\nf.pc = d.Pc()", fn.frame())
	writeSwitch(out, dec)
}

// writeSwitch writes the cases of f.pc that do anything.
func writeSwitch(out *file, lines []string) {
	var kept []string
	for i, line := range lines {
		if strings.HasPrefix(line, "case ") && (i+1 == len(lines) || strings.HasPrefix(lines[i+1], "case ")) {
			continue
		}
		kept = append(kept, line)
	}
	if len(kept) > 0 {
		out.lines("switch f.pc {")
		out.lines(kept...)
		out.lines("}")
	}
	out.lines("}\n")
}

// liveAt gives the variables that the frame keeps at a continuation.
func (w *body) liveAt(split int) []*ir.Local {
	s := w.splitAt(split)
	names := slices.Clone(s.Live)
	if c, ok := s.Block.End.(*ir.Create); ok && s.Index == len(s.Block.Do) && w.kept[c.Into] && !slices.Contains(names, c.Into) {
		names = append(names, c.Into)
	}
	var list []*ir.Local
	for _, n := range names {
		if w.kept[n] {
			list = append(list, w.fn.scope.Local(n))
		}
	}
	return list
}

func (w *body) splitAt(split int) *ir.Split {
	for _, s := range w.fn.facts.Splits {
		if w.splits[splitKey{s.Block.Name, s.Index}] == split {
			return s
		}
	}
	return nil
}

func (w *body) edgeAt(split int) int { return w.edgeOf(w.splitAt(split).Block) }

// codecOf writes and reads variables of the frame, and what a frame always has before it is done.
func (w *body) codecOf(vars []*ir.Local) (enc, dec []string) {
	out := w.fileOf(w.fn.f)
	if w.hasClo() {
		c := w.cloCodec(w.fn)
		c.fill = true
		enc = append(enc, fmt.Sprintf("runner.EncPtr(e, f.clo, put_%s)", c.id))
		dec = append(dec, fmt.Sprintf("f.clo = runner.DecPtr(d, fill_%s)", c.id))
	}
	if w.hasDraft() {
		e, d := w.codecCall(out, ir.PtrType(ir.NamedType(w.fn.f.Entity)), "f.draft", false)
		enc, dec = append(enc, e), append(dec, d)
	}
	for _, l := range vars {
		t := l.Type
		if l.Cell {
			t = ir.PtrType(t)
		}
		e, d := w.codecCall(out, t, "f."+w.names[l.Name], false)
		enc, dec = append(enc, e), append(dec, d)
	}
	return enc, dec
}

// writeWrapper writes the frame of a function that stays on its entity: requests and invokes need one.
func (g *gen) writeWrapper(w *body, out *file) {
	fn := w.fn
	w.form = stepping
	w.edges, w.splits = nil, map[splitKey]int{}
	w.kept = map[string]bool{}
	for _, p := range fn.f.Params {
		w.kept[p.Name] = true
	}
	onDraft := fn.onDraft
	fn.onDraft = false // the plain function takes the draft, the frame does not
	defer func() { fn.onDraft = onDraft }()
	g.writeFrame(w, out)
	out.linef("func (f *%s) Step(t *runner.Thread) runner.Op {", fn.frame())
	args := []string{"t"}
	if fn.f.Self != "" {
		self := w.names[fn.f.Self]
		out.linef("%s, _ := t.Self().(*%s)", self, g.types[fn.f.Entity])
		args = append(args, self)
	}
	for _, p := range fn.f.Params {
		args = append(args, "f."+w.names[p.Name])
	}
	var left []string
	for i := range fn.f.Results {
		left = append(left, fmt.Sprintf("f.r%d", i))
	}
	call := fmt.Sprintf("%s(%s)", fn.id, strings.Join(args, ", "))
	if len(left) > 0 {
		call = strings.Join(left, ", ") + " = " + call
	}
	out.lines(call, "f.pc = runner.Done", "return runner.Return", "}\n")
	g.writeFrameCodec(w, out)
}
