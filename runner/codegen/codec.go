// This file writes the codecs of types: enc_T writes a value, dec_T reads one, fill_T reads one in place.
//
// In state a struct is a map keyed by field name, so that older states load; in frames and in messages, which never
// outlive a program's version, it is an array. A type that contains a struct has both codecs: those of state have an s
// in their name. What stands behind an interface is always in the state's form.

package codegen

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// codec is the codec of one type, in one form.
type codec struct {
	id    string // enc_id, dec_id, fill_id
	t     *ir.Type
	state bool
	fn    *fun // the codec of a closure's cells instead
	value bool // enc and dec are used
	fill  bool // fill, and the enc that takes a pointer, are used
}

// codecFor gives the codec of a type in a form, made at first use.
func (g *gen) codecFor(t *ir.Type, state bool) *codec {
	state = state && g.hasStruct(t, nil)
	key := t.String()
	if state {
		key = "state " + key
	}
	c := g.codecs[key]
	if c == nil {
		id := identifier(t.String())
		if t.Kind == ir.NamedKind || t.Kind == ir.RefKind {
			id = g.goType(g.file("codec.go"), t)
		}
		if state {
			id = "s_" + id
		}
		c = &codec{id: g.pickCodec(id), t: t, state: state}
		g.codecs[key] = c
	}
	return c
}

func (g *gen) pickCodec(id string) string {
	for i, try := 2, id; ; i++ {
		if !g.global.has("enc_"+try) && !g.global.has("dec_"+try) && !g.global.has("fill_"+try) && !g.global.has("put_"+try) {
			g.global.reserve("enc_"+try, "dec_"+try, "fill_"+try, "put_"+try)
			return try
		}
		try = fmt.Sprintf("%s_%d", id, i)
	}
}

// hasStruct says whether a type contains a struct, not looking behind interfaces.
func (g *gen) hasStruct(t *ir.Type, path []string) bool {
	if slices.Contains(path, t.Name) {
		return false // type Tree map[string]Tree
	}
	if t.Kind == ir.NamedKind {
		path = append(path, t.Name)
	}
	u := g.underlying(t)
	switch u.Kind {
	case ir.ListKind, ir.ArrayKind, ir.PtrKind:
		return g.hasStruct(u.Elem, path)
	case ir.MapKind:
		return g.hasStruct(u.Key, path) || g.hasStruct(u.Elem, path)
	case ir.NamedKind:
		return !g.p.Type(u.Name).IsInterface()
	}
	return false
}

// inPlace says whether values of a type are read in place: structs and arrays, which may hold what must not be copied,
// and types of the host library.
func (g *gen) inPlace(t *ir.Type) bool {
	u := g.underlying(t)
	return u.Kind == ir.Host || u.Kind == ir.ArrayKind || u.Kind == ir.NamedKind && !g.p.Type(u.Name).IsInterface()
}

// encFunc and decFunc name the codec of a type as functions of a value; fillFunc as those of a pointer.
func (g *gen) encFunc(t *ir.Type, state bool) string {
	c := g.codecFor(t, state)
	c.value = true
	return "enc_" + c.id
}

func (g *gen) decFunc(t *ir.Type, state bool) string {
	c := g.codecFor(t, state)
	c.value = true
	if g.inPlace(t) {
		c.fill = true
	}
	return "dec_" + c.id
}

func (g *gen) putFunc(t *ir.Type, state bool) string {
	c := g.codecFor(t, state)
	c.fill, c.value = true, true
	return "put_" + c.id
}

func (g *gen) fillFunc(t *ir.Type, state bool) string {
	c := g.codecFor(t, state)
	c.fill, c.value = true, true
	return "fill_" + c.id
}

// cloCodec gives the codec of a closure's cells.
func (g *gen) cloCodec(fn *fun) *codec {
	key := "closure " + fn.f.Name
	if g.codecs[key] == nil {
		g.codecs[key] = &codec{id: g.pickCodec(fn.clo()), fn: fn}
	}
	return g.codecs[key]
}

// codecCall gives the statements that write and read a value of a type that lives at a place.
func (g *gen) codecCall(f *file, t *ir.Type, place string, state bool) (enc, dec string) {
	g.use(f, runnerPath)
	if b, ok := g.basicCodec(f, t, place); ok {
		return b.enc, place + " = " + b.dec
	}
	if g.inPlace(t) {
		return fmt.Sprintf("%s(e, &%s)", g.putFunc(t, state), place), fmt.Sprintf("%s(d, &%s)", g.fillFunc(t, state), place)
	}
	return fmt.Sprintf("%s(e, %s)", g.encFunc(t, state), place), fmt.Sprintf("%s = %s(d)", place, g.decFunc(t, state))
}

// basic is the codec of a type that needs no function of its own.
type basic struct{ enc, dec string }

// basicCodec gives it for a value expression.
func (g *gen) basicCodec(f *file, t *ir.Type, v string) (basic, bool) {
	u := g.underlying(t)
	own := g.goType(&file{imports: map[string]string{}}, t) // imported only if it is written
	simple := func(method, wide string) (basic, bool) {
		b := basic{fmt.Sprintf("e.%s(%s)", method, v), "d." + method + "()"}
		if own != wide {
			g.goType(f, t)
			b.enc, b.dec = fmt.Sprintf("e.%s(%s(%s))", method, wide, v), fmt.Sprintf("%s(d.%s())", own, method)
		}
		return b, true
	}
	switch u.Kind {
	case ir.Bool:
		return simple("Bool", "bool")
	case ir.Int, ir.I8, ir.I16, ir.I32, ir.I64, ir.Duration:
		return simple("Int", "int64")
	case ir.Uint, ir.U8, ir.U16, ir.U32, ir.U64:
		return simple("Uint", "uint64")
	case ir.F32:
		return simple("Float32", "float32")
	case ir.F64:
		return simple("Float", "float64")
	case ir.C64, ir.C128:
		return simple("Complex", "complex128")
	case ir.String:
		return simple("String", "string")
	case ir.RefKind:
		return simple("Ref", "string")
	case ir.Time:
		return simple("Time", g.importID("time")+".Time")
	case ir.PanicKind:
		return simple("Panic", "*runner.Panic")
	case ir.Any:
		if t.Kind == ir.Any {
			return simple("Any", "any")
		}
	}
	return basic{}, false
}

// writeCodecs writes the codecs that are used; writing one may use others.
func (g *gen) writeCodecs() {
	f := g.file("codec.go")
	done := map[string]bool{}
	for {
		var keys []string
		for key, c := range g.codecs {
			for _, part := range []string{"value", "fill"} {
				if used := c.value && part == "value" || c.fill && part == "fill"; used && !done[key+" "+part] {
					keys = append(keys, key)
				}
			}
		}
		if len(keys) == 0 {
			break
		}
		sort.Strings(keys)
		for _, key := range slices.Compact(keys) {
			c := g.codecs[key]
			if c.value && !done[key+" value"] {
				done[key+" value"] = true
				g.writeValueCodec(f, c)
			}
			if c.fill && !done[key+" fill"] {
				done[key+" fill"] = true
				g.writeFillCodec(f, c)
			}
		}
	}
	if f.body.Len() == 0 {
		delete(g.files, f.name)
	}
}

// writeValueCodec writes enc_T and dec_T.
func (g *gen) writeValueCodec(f *file, c *codec) {
	if c.fn != nil {
		return
	}
	g.use(f, runnerPath)
	t, u := g.goType(f, c.t), g.underlying(c.t)
	enc := func(lines ...string) {
		f.linef("func enc_%s(e *runner.Enc, v %s) {", c.id, t)
		f.lines(lines...)
		f.lines("}\n")
	}
	dec := func(lines ...string) {
		f.linef("func dec_%s(d *runner.Dec) %s {", c.id, t)
		f.lines(lines...)
		f.lines("}\n")
	}
	if b, ok := g.basicCodec(f, c.t, "v"); ok {
		enc(b.enc)
		dec("return " + b.dec)
		return
	}
	if is, named := g.isFunc(c.t); is {
		if named {
			enc("e.Any(v.F)")
			dec(fmt.Sprintf("v, _ := d.Any().(%s)\nreturn %s{v}", g.goType(f, u), t))
		} else {
			enc("e.Any(v)")
			dec(fmt.Sprintf("v, _ := d.Any().(%s)\nreturn v", t))
		}
		return
	}
	if g.inPlace(c.t) {
		enc(g.putFunc(c.t, c.state) + "(e, &v)")
		dec("var v "+t, g.fillFunc(c.t, c.state)+"(d, &v)", "return v")
		return
	}
	ret := func(call string) string {
		if c.t.Kind == ir.NamedKind {
			return "return " + t + "(" + call + ")"
		}
		return "return " + call
	}
	switch u.Kind {
	case ir.ListKind:
		if u.Elem.Kind == ir.U8 {
			enc("e.Bytes(v)")
			dec(ret("d.Bytes()"))
			return
		}
		enc(fmt.Sprintf("runner.EncList(e, v, %s)", g.encFunc(u.Elem, c.state)))
		dec(ret(fmt.Sprintf("runner.DecList(d, %s)", g.decFunc(u.Elem, c.state))))
	case ir.MapKind:
		enc(fmt.Sprintf("runner.EncMap(e, v, %s, %s)", g.encFunc(u.Key, c.state), g.encFunc(u.Elem, c.state)))
		dec(ret(fmt.Sprintf("runner.DecMap(d, %s, %s)", g.decFunc(u.Key, c.state), g.decFunc(u.Elem, c.state))))
	case ir.PtrKind:
		enc(fmt.Sprintf("runner.EncPtr(e, v, %s)", g.putFunc(u.Elem, c.state)))
		dec(ret(fmt.Sprintf("runner.DecPtr(d, %s)", g.fillFunc(u.Elem, c.state))))
	default: // interfaces
		enc("e.Any(v)")
		dec(fmt.Sprintf("v, _ := d.Any().(%s)\nreturn v", t))
	}
}

// writeFillCodec writes put_T and fill_T, which take pointers.
func (g *gen) writeFillCodec(f *file, c *codec) {
	g.use(f, runnerPath)
	if c.fn != nil {
		g.writeCloCodec(f, c)
		return
	}
	t, u := g.goType(f, c.t), g.underlying(c.t)
	var enc, dec []string
	switch {
	case u.Kind == ir.Host:
		enc, dec = []string{"e.Host(v)"}, []string{"d.Host(v)"}
	case u.Kind == ir.ArrayKind:
		e, d := g.codecCall(f, u.Elem, "v[i]", c.state)
		enc = []string{fmt.Sprintf("e.Array(%d)", u.Len), "for i := range v {", e, "}"}
		dec = []string{fmt.Sprintf("d.ArrayOf(%d)", u.Len), "for i := range v {", d, "}"}
	case u.Kind == ir.NamedKind && !g.p.Type(u.Name).IsInterface():
		if c.state {
			enc, dec = g.stateStruct(f, g.p.Type(u.Name))
		} else {
			enc, dec = g.arrayStruct(f, g.p.Type(u.Name))
		}
	default:
		enc = []string{fmt.Sprintf("%s(e, *v)", g.encFunc(c.t, c.state))}
		dec = []string{fmt.Sprintf("*v = %s(d)", g.decFunc(c.t, c.state))}
		if g.maybeNil(u) {
			enc, dec = append([]string{"e.Array(1)"}, enc...), append([]string{"d.ArrayOf(1)"}, dec...)
		}
	}
	f.linef("func put_%s(e *runner.Enc, v *%s) {", c.id, t)
	f.lines(enc...)
	f.linef("}\n\nfunc fill_%s(d *runner.Dec, v *%s) {", c.id, t)
	f.lines(dec...)
	f.lines("}\n")
}

// maybeNil says whether values of a type may be nil or shared themselves. Behind a pointer they are written in an array of
// one: else nobody could tell a pointer to nil from a nil pointer, nor which of the two is the shared one.
func (g *gen) maybeNil(u *ir.Type) bool {
	switch u.Kind {
	case ir.ListKind, ir.MapKind, ir.PtrKind, ir.FuncKind, ir.PanicKind:
		return true
	}
	return ir.IsInterface(g.p, u)
}

// arrayStruct gives the codec of a struct as an array of its fields.
func (g *gen) arrayStruct(f *file, d *ir.TypeDef) (enc, dec []string) {
	n := 0
	for _, fd := range d.Struct {
		if fd.Name == "_" {
			continue
		}
		n++
		e, x := g.codecCall(f, fd.Type, "v."+fd.Name, false)
		enc, dec = append(enc, e), append(dec, x)
	}
	return append([]string{fmt.Sprintf("e.Array(%d)", n)}, enc...), append([]string{fmt.Sprintf("d.ArrayOf(%d)", n)}, dec...)
}

// stateStruct gives the codec of a struct as a map keyed by field name, in the order of deterministic CBOR: shorter keys
// first, then by bytes. Earlier names are read too; fields that are not known any more are dropped.
func (g *gen) stateStruct(f *file, d *ir.TypeDef) (enc, dec []string) {
	fields := slices.DeleteFunc(slices.Clone(d.Struct), func(fd *ir.FieldDef) bool { return fd.Name == "_" })
	slices.SortFunc(fields, func(a, b *ir.FieldDef) int {
		return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), strings.Compare(a.Name, b.Name))
	})
	enc = []string{fmt.Sprintf("e.Map(%d)", len(fields))}
	dec = []string{"for n := d.Map(); n > 0; n-- {", "switch d.Key() {"}
	for _, fd := range fields {
		e, x := g.codecCall(f, fd.Type, "v."+fd.Name, true)
		enc = append(enc, fmt.Sprintf("e.String(%q)", fd.Name), e)
		key := fmt.Sprintf("%q", fd.Name)
		if fd.Was != "" && !slices.ContainsFunc(fields, func(o *ir.FieldDef) bool { return o.Name == fd.Was }) {
			key += fmt.Sprintf(", %q", fd.Was)
		}
		dec = append(dec, "case "+key+":", x)
	}
	return enc, append(dec, "default:", "d.Skip()", "}", "}")
}

// writeCloCodec writes the codec of a closure: its cells, as pointers.
func (g *gen) writeCloCodec(f *file, c *codec) {
	caps := c.fn.f.Captures
	names := g.captureNames(c.fn)
	enc, dec := []string{fmt.Sprintf("e.Array(%d)", len(caps))}, []string{fmt.Sprintf("d.ArrayOf(%d)", len(caps))}
	for i, l := range caps {
		e, x := g.codecCall(f, ir.PtrType(l.Type), "v."+names[i], false)
		enc, dec = append(enc, e), append(dec, x)
	}
	f.linef("func put_%s(e *runner.Enc, v *%s) {", c.id, c.fn.clo())
	f.lines(enc...)
	f.linef("}\n\nfunc fill_%s(d *runner.Dec, v *%s) {", c.id, c.fn.clo())
	f.lines(dec...)
	f.lines("}\n")
}

// keepsSharing says whether an entity's state may reach one slice, map or pointer by two paths: there is an interface,
// or two places, or one place that may occur many times, that hold memory of one kind.
func (g *gen) keepsSharing(entity string) bool {
	count := map[string]int{}
	shared := false
	var visit func(t *ir.Type, times int, path []string)
	hold := func(key string, times int) {
		count[key] += times
		shared = shared || count[key] > 1
	}
	visit = func(t *ir.Type, times int, path []string) {
		if shared {
			return
		}
		if t.Kind == ir.NamedKind {
			if slices.Contains(path, t.Name) {
				shared = true
				return
			}
			path = append(path, t.Name)
		}
		u := g.underlying(t)
		switch u.Kind {
		case ir.ListKind:
			hold("memory of "+g.underlying(u.Elem).String(), times)
			visit(u.Elem, 2, path)
		case ir.ArrayKind:
			visit(u.Elem, times*min(u.Len, 2), path)
		case ir.MapKind:
			hold(u.String(), times)
			visit(u.Key, 2, path)
			visit(u.Elem, 2, path)
		case ir.PtrKind:
			elem := g.underlying(u.Elem)
			if elem.Kind == ir.ArrayKind {
				elem = g.underlying(elem.Elem)
			}
			hold("memory of "+elem.String(), times)
			visit(u.Elem, times, path)
		case ir.Any, ir.Error, ir.FuncKind, ir.Host:
			shared = true
		case ir.NamedKind:
			d := g.p.Type(u.Name)
			shared = shared || d.IsInterface()
			for _, f := range d.Struct {
				visit(f.Type, times, path)
			}
		}
	}
	visit(ir.NamedType(entity), 1, nil)
	return shared
}
