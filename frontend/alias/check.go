// This file applies the rules: at every crossing, a write on one side and a look on the other after it.

package alias

import (
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

func (f *facts) check() []Finding {
	var out []Finding
	for _, e := range f.a.edges {
		if e.x.at.accept {
			continue
		}
		if g, ok := f.crossing(e); ok {
			out = append(out, g)
		}
	}
	return slices.Concat(out, f.identity(), f.constants(), f.stateCaps(), f.keys(), f.raised())
}

// crossing judges one object that crosses at one place.
func (f *facts) crossing(e *edge) (Finding, bool) {
	if e.from.init && !f.written(f.family(e.to)) { // a constant of the program
		return Finding{}, false
	}
	taken := f.family(e.to)
	if w := f.collides(e, taken); w != nil {
		return Finding{Kind: Room, At: e.x.in.place(e.x.at), What: e.what, Write: w.in.place(w.at)}, true
	}
	if !f.held(e) {
		return Finding{}, false
	}
	given := &objects{a: f.a}
	given.bits.Difference(&f.family(e.from).bits, &taken.bits)
	given.put(e.from)
	again := f.again(e)
	chains := f.chains(given)
	givenGrows := again || chains > 1 || f.grows(given, e)
	takenGrows := f.grows(taken, nil)

	lookers := given
	if again { // two receivers share it
		lookers = f.family(e.from)
	}
	for o := range taken.all() {
		for _, w := range f.writes[o] {
			if w.spare && !givenGrows {
				continue
			}
			if g, ok := f.looks(lookers, w); ok {
				return f.finding(e, w, g, false), true
			}
		}
	}
	for o := range given.all() {
		for _, w := range f.writes[o] {
			if w.spare && !takenGrows && chains < 2 || o == e.from && !f.after(w, e) {
				continue
			}
			if g, ok := f.looks(taken, w); ok {
				return f.finding(e, w, g, true), true
			}
		}
	}
	return Finding{}, false
}

// collides: the receiving side grows the list from one length at two places. With the original's room behind the length
// both write to one array; a copy has no room, and each gets an array of its own.
func (f *facts) collides(e *edge, taken *objects) *event {
	if !e.from.room && !f.cutShort(e.from) {
		return nil
	}
	places := map[chain]bool{}
	for o := range taken.all() {
		for _, w := range f.writes[o] {
			if w.at.kind != opAppend {
				continue
			}
			c, ok := f.chain(w)
			if !ok { // the shorter slice stays in use: a chain of its own each time it runs
				if f.repeats(w) {
					return w
				}
				c = chain{at: w.at}
			}
			if places[c] = true; len(places) > 1 {
				return w
			}
		}
	}
	return nil
}

// repeats says whether a write may hit the same concrete object twice.
func (f *facts) repeats(w *event) bool {
	if w.mem || f.state.has(w.o) || w.in.f.aliveSince(w.at, w.at, w.val) {
		return true
	}
	_, waits := f.waiting(w.o, w.in)
	return waits
}

// cutShort says whether a shorter slice of the list may cross.
func (f *facts) cutShort(o *object) bool {
	if f.cut == nil {
		f.cut = &objects{a: f.a}
		for _, in := range f.a.insts {
			for _, s := range in.vals {
				for p := range s.all() {
					if p.short {
						f.cut.put(p.o)
					}
				}
			}
		}
	}
	return f.cut.has(o)
}

func (f *facts) written(os *objects) bool {
	for o := range os.all() {
		if len(f.writes[o]) > 0 {
			return true
		}
	}
	return false
}

// grows says whether a side appends to the object (after the crossing, for the original itself).
func (f *facts) grows(os *objects, e *edge) bool {
	for o := range os.all() {
		for _, w := range f.writes[o] {
			if w.spare && (e == nil || o != e.from || f.after(w, e)) {
				return true
			}
		}
	}
	return false
}

// held says whether the giving side can still look at the original after the crossing.
func (f *facts) held(e *edge) bool {
	if f.state.has(e.from) || !e.x.result && f.liveObjects(e.x.in, e.x.at).has(e.from) {
		return true
	}
	_, waits := f.waiting(e.from, e.x.giver())
	return waits
}

// again says whether the same concrete object may cross at this place once more.
func (f *facts) again(e *edge) bool {
	if f.state.has(e.from) {
		return true
	}
	if _, ok := f.waiting(e.from, e.x.giver()); ok {
		return true
	}
	x := e.x
	if x.result || !f.liveObjects(x.in, x.at).has(e.from) {
		return false
	}
	for _, v := range x.at.args {
		for p := range reach(f.a.all(x.in, v)).all() {
			if p.o == e.from && x.in.f.aliveSince(x.at, x.at, v) {
				return true
			}
		}
	}
	return false
}

// look is how a side can still see an object.
type look struct {
	place Place
	state bool
}

// looks says whether one of the objects can be looked at after a write.
func (f *facts) looks(os *objects, w *event) (look, bool) {
	if os.meets(f.state) {
		return look{state: true}, true
	}
	if os.meets(f.liveObjects(w.in, w.at)) {
		return look{place: w.in.place(w.at)}, true
	}
	for o := range os.all() {
		if h, ok := f.waiting(o, w.in); ok {
			return look{place: h.in.place(h.at)}, true
		}
	}
	return look{}, false
}

// after says whether a write may hit the very object that crossed, after it crossed.
func (f *facts) after(w *event, e *edge) bool {
	x := e.x
	if w.mem {
		if f.state.has(w.o) || x.result {
			return true
		}
		if w.in == x.in && !w.in.f.follows(x.at, w.at, nil) {
			_, waits := f.waiting(w.o, x.in) // the function may be called once more with it
			return waits
		}
		return true
	}
	k := afterKey{x, w.at, w.val, w.o, w.in}
	known, ok := f.afters[k]
	if !ok {
		known = f.afterUp(w, x, w.in, w.at, w.val, map[upKey]bool{})
		f.afters[k] = known
	}
	return known
}

// afterKey is a write through a pointer, and a crossing.
type afterKey struct {
	x  *crossing
	at *op
	v  *value
	o  *object
	in *instance
}

type upKey struct {
	in *instance
	at *op
	v  *value
}

// afterUp follows a pointer that did not come out of memory through this frame, and up to the callers it came from.
func (f *facts) afterUp(w *event, x *crossing, in *instance, at *op, v *value, seen map[upKey]bool) bool {
	k := upKey{in, at, v}
	if seen[k] {
		return false
	}
	seen[k] = true
	if in == x.in && !x.result && in.f.aliveSince(x.at, at, v) {
		return true
	}
	f.a.spend(1)
	for _, call := range f.callsTo(in, x.in) {
		if in.f.aliveSince(call, at, v) {
			return true
		}
	}
	for _, site := range in.incoming {
		for _, arg := range site.at.args {
			for p := range f.a.all(site.in, arg).all() {
				if p.o == w.o && (p.mem || f.afterUp(w, x, site.in, site.at, arg, seen)) {
					return true
				}
			}
		}
	}
	return false
}

// chains counts the places that grow one of the objects by append; one that leaves the shorter view in use counts as two.
func (f *facts) chains(os *objects) int {
	places := map[chain]bool{}
	for o := range os.all() {
		for _, w := range f.writes[o] {
			if !w.spare {
				continue
			}
			c, ok := f.chain(w)
			if !ok {
				return 2
			}
			places[c] = true
		}
	}
	return len(places)
}

// chain names a slice that is only ever replaced by a longer version of itself.
type chain struct {
	in    *instance // of a local
	base  string    // type of the struct whose field it is
	field string
	cell  *value
	at    *op // of one that leaves the shorter slice in use
}

func (f *facts) chain(w *event) (chain, bool) {
	if w.at.kind != opAppend {
		return chain{}, false
	}
	v := w.val
	if d := v.def; d != nil && d.kind == opLoad {
		return f.placeChain(w, d.args[0])
	}
	if !ownSlice(w.in, v, map[*value]bool{}) || w.in.f.liveAfter(w.at)[v] {
		return chain{}, false
	}
	return chain{in: w.in}, true
}

// placeChain: the slice was loaded from a field or a cell and the result goes back there at once.
func (f *facts) placeChain(w *event, from *value) (chain, bool) {
	for _, o := range w.at.block.ops[w.at.index:] {
		if o.kind != opStore || o.args[1] != w.at.dst {
			continue
		}
		x, y := from.def, o.args[0].def
		if x != nil && y != nil && x.kind == opFieldPtr && y.kind == opFieldPtr && x.name == y.name && x.args[0] == y.args[0] {
			return chain{base: x.args[0].typ.String(), field: x.name}, true
		}
		if from == o.args[0] {
			return chain{in: w.in, cell: from}, true
		}
	}
	return chain{}, false
}

// ownSlice says whether a slice was made in this activation, or given to its root as a value of its own.
func ownSlice(in *instance, v *value, seen map[*value]bool) bool {
	if v == nil || seen[v] {
		return true
	}
	seen[v] = true
	d := v.def
	if d == nil {
		return in.parent == nil && len(in.incoming) == 0
	}
	switch d.kind {
	case opPhi:
		for _, w := range d.args {
			if !ownSlice(in, w, seen) {
				return false
			}
		}
		return true
	case opList:
		return true
	case opAppend:
		return ownSlice(in, d.args[0], seen)
	}
	return false
}

func (f *facts) finding(e *edge, w *event, l look, giver bool) Finding {
	kind := Writes
	if giver {
		kind = Kept
	}
	in := e.x.in
	return Finding{Kind: kind, At: in.place(e.x.at), What: e.what, Write: w.in.place(w.at), Giver: giver, Other: l.place, State: l.state}
}

// identity finds comparisons of pointers of which one may be a copy of the other, and capacities of copies.
func (f *facts) identity() []Finding {
	var out []Finding
	sentinels := f.sentinels()
	for _, in := range f.a.insts {
		for _, k := range in.f.blocks {
			for _, o := range k.ops {
				if g, ok := f.compares(in, o, sentinels); ok {
					out = append(out, g)
				}
			}
		}
	}
	return out
}

// compares judges a comparison. What package variables hold differs from other memory: it stays while its copies are in
// the states of entities, from which every request gets a copy of its own. Sentinels alone keep their identity.
func (f *facts) compares(in *instance, o *op, sentinels *objects) (Finding, bool) {
	for _, pair := range f.compared(in, o) {
		for p := range pair[0].all() {
			for q := range pair[1].all() {
				class := p.o.class
				switch {
				case class != q.o.class || p.path != q.path || sentinels.has(class):
				case class.init && f.inEntity(class):
					return Finding{Kind: Identity, At: in.place(o), What: f.variables()[class], State: true}, true
				case p.o == q.o && p.o.kind != copied:
				default:
					e := f.edgeInto(p.o, q.o, o.kind == opCap)
					if e == nil || e.x.at.accept {
						continue
					}
					kind := Identity
					if o.kind == opCap {
						kind = Capacity
					}
					return Finding{Kind: kind, At: in.place(o), What: e.what, Write: e.x.in.place(e.x.at)}, true
				}
			}
		}
	}
	return Finding{}, false
}

// sentinels are the objects that package variables of type error hold, the library's among them. They are encoded by the
// variable's name where they are errors, but by what they point to where they stand as pointers of their own type.
func (f *facts) sentinels() *objects {
	out, bare := &objects{a: f.a}, f.a.barePointers()
	for name, g := range f.a.byKey {
		variable, ok := strings.CutPrefix(name, globalKey)
		if !ok || g.kind != global {
			continue
		}
		if f.a.isHostVar(variable) {
			out.put(g)
			continue
		}
		if u, d := f.a.types.under(g.typ); d != nil || u == nil || u.Kind != ir.Error {
			continue
		}
		for box := range g.at("").all() {
			out.put(box.o.class)
			for p := range box.o.at("").all() {
				if p.o.typ != nil && !bare[p.o.typ.Name] {
					out.put(p.o.class)
				}
			}
		}
	}
	return out
}

// barePointers names the types to which there are pointers in what calls of entities hand over, in what is declared, and
// in the lists and maps that interfaces hold; pointers that interfaces hold themselves do not count.
func (a *analysis) barePointers() map[string]bool {
	out := map[string]bool{}
	var look func(t *ir.Type)
	look = func(t *ir.Type) {
		if t == nil {
			return
		}
		if t.Kind == ir.PtrKind && t.Elem != nil {
			out[t.Elem.Name] = true
		}
		look(t.Key)
		look(t.Elem)
	}
	for _, d := range a.p.Types {
		look(d.Is)
		for _, field := range d.Struct {
			look(field.Type)
		}
	}
	for _, o := range a.objects {
		if o.box && o.typ != nil && o.typ.Kind != ir.PtrKind {
			look(o.typ)
		}
	}
	for _, fn := range a.p.Funcs {
		if fn.Entity == "" && !fn.Exported {
			continue
		}
		for _, l := range slices.Concat(fn.Params, fn.Results) {
			look(l.Type)
		}
	}
	return out
}

func (f *facts) edgeInto(p, q *object, capacity bool) *edge {
	for _, e := range f.a.edges {
		if e.to != p && e.to != q {
			continue
		}
		if p != q || capacity || f.held(e) {
			return e
		}
	}
	return nil
}

// compared gives the pairs of pointer sets whose identity an operation shows.
func (f *facts) compared(in *instance, o *op) [][2]*set {
	a := f.a
	switch o.kind {
	case opCompare:
		if o.typ != nil { // a key looked for in a map
			return [][2]*set{f.keyPair(in, o.args[0], o.args[1])}
		}
		if o.args[0] == nil || o.args[1] == nil {
			return nil
		}
		var out [][2]*set
		for _, l := range a.types.leaves(o.args[0].typ) {
			out = append(out, [2]*set{pointersIn(a.get(in, o.args[0], l.path)), pointersIn(a.get(in, o.args[1], l.path))})
		}
		if a.types.shape(o.args[0].typ) != a.types.shape(o.args[1].typ) { // a concrete value against an interface
			out = append(out, [2]*set{pointersIn(a.all(in, o.args[0])), pointersIn(a.all(in, o.args[1]))})
		}
		return out
	case opMapSet, opMapDel:
		return [][2]*set{f.keyPair(in, o.args[0], o.args[1])}
	case opCap:
		var out [][2]*set
		for p := range a.get(in, o.args[0], "").all() {
			if p.o.kind == copied {
				out = append(out, [2]*set{one(p), one(p)})
			}
		}
		return out
	case opExtern:
		if comparing[hostName(o.name)] {
			return [][2]*set{f.searched(in, o)}
		}
	}
	return nil
}

// comparing lists the library functions that compare the identity of pointers they are given.
var comparing = map[string]bool{
	"go:slices.Contains": true, "go:slices.Index": true, "go:slices.Equal": true, "go:slices.Compact": true,
	"go:maps.Equal": true, "go:errors.Is": true,
}

func hostName(extern string) string {
	for i, c := range extern {
		if c == '[' {
			return extern[:i]
		}
	}
	return extern
}

func (f *facts) keyPair(in *instance, m, k *value) [2]*set {
	if k == nil {
		return [2]*set{}
	}
	old := &set{}
	for p := range f.a.get(in, m, "").all() {
		for _, s := range p.o.under(p.path + "{k}") {
			old.add(s)
		}
	}
	return [2]*set{pointersIn(old), pointersIn(f.a.all(in, k))}
}

// searched pairs the elements of the first argument with the second, or with the elements of the second.
func (f *facts) searched(in *instance, o *op) [2]*set {
	var out [2]*set
	for i := range out {
		out[i] = &set{}
	}
	for i, v := range o.args {
		for p := range f.a.all(in, v).all() {
			own := true
			for _, s := range p.o.under(p.path + "[]") {
				out[min(i, 1)].add(pointersIn(s))
				own = false
			}
			if own {
				out[min(i, 1)].add(pointersIn(one(p)))
			}
		}
	}
	return out
}

// pointersIn gives what a comparison compares: pointers, also those inside interfaces, and library values by their box.
func pointersIn(s *set) *set {
	out := &set{}
	for p := range s.all() {
		switch {
		case !p.o.box || p.o.opaque:
			out.put(p)
		case p.o.typ.Kind == 0:
		default:
			out.add(p.o.at(""))
		}
	}
	return out
}
