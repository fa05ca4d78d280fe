// This file finds writes to what the keys of entities are made of: an entity cannot change its identity.

package alias

import (
	"cmp"
	"slices"
	"strings"
)

// keys gives the writes to what some Key method reads. Constructors write to drafts, which are other objects.
func (f *facts) keys() []Finding {
	read := f.readByKeys()
	var out []Finding
	for _, in := range f.a.insts {
		for _, w := range in.events {
			for _, r := range read[w.o] {
				if !w.spare && (within(w.path, r.path) || within(r.path, w.path)) {
					out = append(out, Finding{Kind: Key, At: in.place(w.at), What: r.entity, Chain: in.chain()})
					break
				}
			}
		}
	}
	return out
}

// within says whether a path leads to a part of what another leads to.
func within(path, whole string) bool {
	rest, ok := strings.CutPrefix(path, whole)
	return ok && (rest == "" || strings.ContainsRune(".[{", rune(rest[0])))
}

// keyPart is a place inside an object that the key of an entity type is made of.
type keyPart struct {
	entity, path string
}

func (f *facts) readByKeys() map[*object][]keyPart {
	out := map[*object][]keyPart{}
	for _, e := range f.a.p.Entities {
		in := f.a.instKeys[e.Key]
		if in == nil {
			continue
		}
		for reader := range in.leads() {
			for _, k := range reader.f.blocks {
				for _, o := range k.ops {
					f.noteRead(out, e.Name, reader, o)
				}
			}
		}
	}
	for _, parts := range out {
		slices.SortFunc(parts, func(a, b keyPart) int {
			return cmp.Or(strings.Compare(a.entity, b.entity), strings.Compare(a.path, b.path))
		})
	}
	return out
}

func (f *facts) noteRead(out map[*object][]keyPart, entityType string, in *instance, o *op) {
	switch o.kind {
	case opLoad, opUse, opMapGet, opElems, opExtern: // a use is a load of what carries no memory
	default:
		return
	}
	for _, v := range o.args {
		for p := range f.a.all(in, v).all() {
			if part := (keyPart{entityType, p.path}); !slices.Contains(out[p.o], part) {
				out[p.o] = append(out[p.o], part)
			}
		}
	}
}
