// This file finds panics with references to entities that have a text of their own: who reports a panic that nobody
// recovered would have to ask the entity for it.

package alias

import "github.com/stateful-entities/sfc/ir"

// raised gives the places that may panic with a reference to an entity that is an error or a Stringer.
func (f *facts) raised() []Finding {
	var out []Finding
	for _, in := range f.a.insts {
		for _, k := range in.f.blocks {
			for _, o := range k.ops {
				if o.kind != opPanic {
					continue
				}
				for p := range f.a.all(in, o.args[0]).all() {
					if p.o.box && f.a.speaks(p.o.typ) {
						out = append(out, Finding{Kind: Raised, At: in.place(o), What: p.o.typ.Name, Chain: in.chain()})
					}
				}
			}
		}
	}
	return out
}

// speaks says whether a type is a reference whose entity has an Error or String method.
func (a *analysis) speaks(t *ir.Type) bool {
	return t != nil && t.Kind == ir.RefKind && (a.method(t, "Error") != nil || a.method(t, "String") != nil)
}
