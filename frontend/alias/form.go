// This file defines the form in which a function is analysed: every value that carries memory has one definition.

package alias

import (
	"maps"
	"slices"

	"golang.org/x/tools/container/intsets"

	"github.com/stateful-entities/sfc/ir"
)

// value is one definition of something that carries memory.
type value struct {
	id  int
	typ *ir.Type
	def *op // nil for parameters, captures and the own receiver
}

// opKind says what an operation does with memory.
type opKind uint8

const (
	opAlloc    opKind = iota // dst points to a new object; args[0], if any, is what it holds
	opList                   // dst is a new list of args
	opBox                    // dst is an interface value that holds args[0] (nil: a value without memory), of type typ
	opClosure                // dst is a func value of fn with the cells args
	opFunc                   // dst is the func value of a function without captures
	opGlobal                 // dst points to the package variable name
	opHostVar                // dst is a variable of the library
	opPhi                    // dst is one of args, by the predecessor
	opCopy                   // dst is args[0]
	opStruct                 // dst is built of args at paths
	opUpdate                 // dst is args[0] with args[1] at path
	opPart                   // dst is the part of args[0] at path
	opFieldPtr               // dst points to the field name of *args[0]
	opElemPtr                // dst points to the elements of the list or array args[0]
	opSlice                  // dst is a slice of args[0]
	opLoad                   // dst is what args[0] points to
	opElems                  // dst is the array of the elements of the list args[0]
	opStore                  // *args[0] = args[1]; args[1] may be nil
	opMapSet                 // args[0][args[1]] = args[2]
	opMapGet                 // dst = args[0][args[1]]
	opMapKeys                // dst is a list of the keys of args[0], dsts[1] of its values
	opMapDel                 // delete(args[0], args[1])
	opClear                  // clear(args[0])
	opListCopy               // copy(args[0], args[1])
	opAppend                 // dst = append(args[0], args[1:]...); spread: args[1] is a list
	opAssert                 // dst = args[0].(typ)
	opCompare                // args[0] == args[1]
	opCap                    // cap(args[0])
	opUse                    // looks at args
	opCall                   // dsts = fn(args...), own call; recv is the draft if there is one
	opInvoke                 // dsts = method of an entity(args...)
	opCallFace               // dsts = args[0].method(args[1:]...)
	opCallFunc               // dsts = args[0](args[1:]...)
	opExtern                 // dsts = library function(args...)
	opCreate                 // the draft args[0] becomes an entity
	opReturn                 // results args
	opPanic                  // panic(args[0])
	opRecover                // dst is the value of a panic
)

// op is one operation of a block.
type op struct {
	kind     opKind
	dst      *value   // = dsts[0] for calls
	dsts     []*value // nil entries carry no memory or are dropped
	args     []*value // nil entries carry no memory
	argTypes []*ir.Type
	typ      *ir.Type
	name     string
	path     string
	paths    []string
	fn       *ir.Func
	recv     *value
	short    bool // slice: cut below the length of its array
	room     bool // list: made with a capacity of its own
	whole    bool // slice: with a third index
	accept   bool // the source accepts the copy
	spread   bool
	at       int
	block    *block
	index    int // in block.ops
}

// block is a basic block of the form.
type block struct {
	index  int
	ops    []*op
	succs  []*block
	preds  []*block
	unwind *block
	phis   map[string]*op
	vars   map[string]*value // the version of each variable at the end
	sealed bool
	filled bool
	src    *ir.Block
}

// form is one function in that form.
type form struct {
	fn       *ir.Func
	params   []*value
	captures []*value // pointers to the captured cells
	self     *value   // pointer to the state, for methods
	blocks   []*block
	live     map[*op]map[*value]bool // what is still looked at after an op; made on demand
	work     int                     // units spent on its instances
	in       *numbering
	ways     map[way]*intsets.Sparse // what live.go has found out
	spans    map[span]bool
}

// builder makes the form of one function.
type builder struct {
	a      *analysis
	f      *form
	cur    *block
	at     int
	types  map[string]*ir.Type // of locals
	cells  map[string]bool     // cells, and variables that a panic may carry to another block
	byName map[string]*block
}

func (a *analysis) build(fn *ir.Func) *form {
	b := &builder{a: a, f: &form{fn: fn, in: a.numbering, ways: map[way]*intsets.Sparse{}, spans: map[span]bool{}}, types: map[string]*ir.Type{}, cells: map[string]bool{}, byName: map[string]*block{}}
	for _, l := range slices.Concat(fn.Params, fn.Captures, fn.Locals) {
		b.types[l.Name] = l.Type
		if l.Cell {
			b.cells[l.Name] = true
		}
	}
	b.makeBlocks()
	entry := b.f.blocks[0]
	b.cur = entry
	if fn.Self != "" {
		b.f.self = b.value(ir.PtrType(ir.NamedType(fn.Entity)), nil)
	}
	demoted := b.carried()
	for _, p := range fn.Params {
		v := b.valueIf(p.Type)
		b.f.params = append(b.f.params, v)
		entry.vars[p.Name] = v
	}
	for _, c := range fn.Captures {
		v := b.value(ir.PtrType(c.Type), nil)
		b.f.captures = append(b.f.captures, v)
		b.cells[c.Name] = true
		entry.vars[c.Name] = v
	}
	for _, name := range demoted {
		init := entry.vars[name]
		b.cells[name] = true
		o := b.emit(&op{kind: opAlloc, typ: b.types[name], args: []*value{init}})
		entry.vars[name] = b.result(o, ir.PtrType(b.types[name]))
	}
	b.fill()
	b.number()
	return b.f
}

// makeBlocks lays out the graph; a fresh entry block keeps the parameters' definitions apart from loops to the first.
func (b *builder) makeBlocks() {
	add := func(src *ir.Block) *block {
		k := &block{index: len(b.f.blocks), phis: map[string]*op{}, vars: map[string]*value{}, src: src}
		b.f.blocks = append(b.f.blocks, k)
		return k
	}
	entry := add(nil)
	for _, s := range b.f.fn.Blocks {
		b.byName[s.Name] = add(s)
	}
	link := func(from, to *block) {
		if to != nil && !slices.Contains(from.succs, to) {
			from.succs = append(from.succs, to)
			to.preds = append(to.preds, from)
		}
	}
	link(entry, b.byName[b.f.fn.Blocks[0].Name])
	for _, k := range b.f.blocks[1:] {
		for _, n := range successors(k.src.End) {
			link(k, b.byName[n])
		}
		if k.src.Unwind != nil {
			k.unwind = b.byName[k.src.Unwind.To]
			link(k, k.unwind)
		}
	}
}

func successors(t ir.Term) []string {
	switch t := t.(type) {
	case *ir.Jump:
		return []string{t.To}
	case *ir.If:
		return []string{t.Then, t.Else}
	case *ir.Switch:
		var out []string
		for _, c := range t.Cases {
			out = append(out, c.To)
		}
		return append(out, t.Default)
	case *ir.Invoke:
		return []string{t.Then}
	case *ir.Create:
		return []string{t.Then}
	case *ir.Destroy:
		return []string{t.Then}
	case *ir.Exists:
		return []string{t.Then}
	}
	return nil
}

// carried lists the variables that are alive where an unwind edge leads to: a panic may carry any of their versions
// there, so they are kept in memory.
func (b *builder) carried() []string {
	alive := map[string]bool{}
	in := b.aliveAt()
	for _, k := range b.f.blocks {
		if k.unwind != nil {
			for n := range in[k.unwind.index] {
				alive[n] = true
			}
		}
	}
	var names []string
	for _, l := range slices.Concat(b.f.fn.Params, b.f.fn.Locals) {
		if alive[l.Name] && !b.cells[l.Name] && len(b.a.types.leaves(l.Type)) > 0 {
			names = append(names, l.Name)
		}
	}
	return names
}

// aliveAt gives the variables that are alive at the beginning of each block.
func (b *builder) aliveAt() []map[string]bool {
	scope := b.a.scope(b.f.fn)
	in := make([]map[string]bool, len(b.f.blocks))
	for changed := true; changed; {
		changed = false
		for i := len(b.f.blocks) - 1; i > 0; i-- {
			k := b.f.blocks[i]
			now := map[string]bool{}
			for _, s := range k.succs {
				maps.Copy(now, in[s.index])
			}
			step := func(defs, uses []string) {
				for _, n := range defs {
					delete(now, n)
				}
				for _, n := range uses {
					now[n] = true
				}
			}
			step(scope.TermDefs(k.src.End), scope.TermUses(k.src.End))
			for j := len(k.src.Do) - 1; j >= 0; j-- {
				step(scope.Defs(k.src.Do[j]), scope.Uses(k.src.Do[j]))
			}
			if k.unwind != nil { // from any point of the block
				maps.Copy(now, in[k.unwind.index])
			}
			if len(now) != len(in[i]) {
				in[i], changed = now, true
			}
		}
	}
	return in
}

// fill translates the blocks, predecessors first where there is an order, and completes the phis of loops.
func (b *builder) fill() {
	order := b.reversePostorder()
	b.f.blocks[0].filled, b.f.blocks[0].sealed = true, true
	for _, k := range order {
		b.sealIfReady(k)
		if k.src == nil {
			continue
		}
		b.cur = k
		for _, i := range k.src.Do {
			b.instr(i)
		}
		b.term(k.src.End)
		k.filled = true
		for _, s := range k.succs {
			b.sealIfReady(s)
		}
	}
	for _, k := range b.f.blocks {
		if !k.sealed && (k.filled || len(k.preds) > 0) {
			b.seal(k)
		}
	}
}

func (b *builder) reversePostorder() []*block {
	var out []*block
	seen := map[*block]bool{}
	var walk func(k *block)
	walk = func(k *block) {
		if seen[k] {
			return
		}
		seen[k] = true
		for _, s := range k.succs {
			walk(s)
		}
		out = append(out, k)
	}
	walk(b.f.blocks[0])
	slices.Reverse(out)
	return out
}

func (b *builder) sealIfReady(k *block) {
	for _, p := range k.preds {
		if !p.filled {
			return
		}
	}
	b.seal(k)
}

func (b *builder) seal(k *block) {
	if k.sealed {
		return
	}
	k.sealed = true
	for name, phi := range k.phis {
		b.complete(k, name, phi)
	}
}

func (b *builder) complete(k *block, name string, phi *op) {
	for _, p := range k.preds {
		phi.args = append(phi.args, b.read(name, p))
	}
}

// read gives the version of a variable at the end of a block, making phis where several may come in.
func (b *builder) read(name string, k *block) *value {
	if v, ok := k.vars[name]; ok {
		return v
	}
	if k.sealed && len(k.preds) == 0 {
		return nil // not assigned on this way: no memory yet
	}
	if k.sealed && len(k.preds) == 1 {
		v := b.read(name, k.preds[0])
		k.vars[name] = v
		return v
	}
	t := b.types[name]
	if b.cells[name] {
		t = ir.PtrType(t)
	}
	phi := &op{kind: opPhi, block: k, typ: t}
	phi.dst = b.value(t, phi)
	k.ops = slices.Insert(k.ops, 0, phi)
	k.vars[name] = phi.dst
	k.phis[name] = phi
	if k.sealed {
		b.complete(k, name, phi)
	}
	return phi.dst
}

func (b *builder) number() {
	for _, k := range b.f.blocks {
		for i, o := range k.ops {
			o.index, o.block = i, k
		}
	}
}

func (b *builder) value(t *ir.Type, def *op) *value {
	b.a.values++
	return &value{id: b.a.values, typ: t, def: def}
}

func (b *builder) valueIf(t *ir.Type) *value {
	if len(b.a.types.leaves(t)) == 0 {
		return nil
	}
	return b.value(t, nil)
}

func (b *builder) emit(o *op) *op {
	o.at, o.block = b.at, b.cur
	b.cur.ops = append(b.cur.ops, o)
	return o
}

// result gives an operation its value.
func (b *builder) result(o *op, t *ir.Type) *value {
	o.dst = b.value(t, o)
	return o.dst
}

// yield emits an operation with a value of type t, or nothing if such a value carries no memory.
func (b *builder) yield(o *op, t *ir.Type) *value {
	if len(b.a.types.leaves(t)) == 0 {
		if hasValue(o.args) { // it looks at its operands all the same
			b.emit(&op{kind: opUse, args: o.args})
		}
		return nil
	}
	return b.result(b.emit(o), t)
}

func hasValue(vs []*value) bool {
	return slices.ContainsFunc(vs, func(v *value) bool { return v != nil })
}

// assign gives a local a new version, or stores into a cell.
func (b *builder) assign(name string, v *value) {
	if name == "_" || name == "" {
		return
	}
	if b.cells[name] {
		b.emit(&op{kind: opStore, args: []*value{b.read(name, b.cur), v}, typ: b.types[name]})
		return
	}
	if len(b.a.types.leaves(b.types[name])) > 0 {
		b.cur.vars[name] = v
	}
}

// targets makes the values of a call for the locals it assigns, and assigns them.
func (b *builder) targets(o *op, into []string, results []*ir.Type) {
	for i, t := range results {
		var v *value
		if i < len(into) && into[i] != "_" && len(b.a.types.leaves(t)) > 0 {
			v = b.value(t, o)
		}
		o.dsts = append(o.dsts, v)
	}
	b.emit(o)
	for i, n := range into {
		if i < len(o.dsts) {
			b.assign(n, o.dsts[i])
		}
	}
}
