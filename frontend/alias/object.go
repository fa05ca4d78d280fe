// This file defines abstract objects, pointers into them, and where in a type a pointer can be.

package alias

import (
	"iter"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// objectKind says where an object comes from.
type objectKind uint8

const (
	allocated objectKind = iota // an allocation place in an instance
	entity                      // the state of all entities of one type
	global                      // a package variable
	argument                    // what an outside request brings
	copied                      // the copy that a crossing makes of another object
	function                    // a func value with what it captured
	library                     // a func value made by the library
)

// object is an abstract object: a set of concrete ones that the analysis does not tell apart.
type object struct {
	id      int
	in      *numbering
	kind    objectKind
	typ     *ir.Type // of the contents: the struct of a pointer, the list type of a list; nil if unknown
	class   *object  // the first original, for copies; itself otherwise
	version int      // grows when mem does
	mem     []*held  // what its places hold, in the order in which they came up
	fn      *form    // function: its body
	copies  []*edge  // made of it
	init    bool     // made while the package variables were set: constant afterwards
	box     bool     // the contents of an interface value, of dynamic type typ
	opaque  bool     // a box whose contents the library made
	room    bool     // a list that may have room behind its length; a copy of it has none
}

// held is what one place inside an object holds.
type held struct {
	path string
	*set
}

// at gives what a place holds; nil if nothing yet.
func (o *object) at(path string) *set {
	for _, h := range o.mem {
		if h.path == path {
			return h.set
		}
	}
	return nil
}

// under goes through the places that begin with a path, with the rest of theirs, as they are when it begins.
func (o *object) under(path string) iter.Seq2[string, *set] {
	return func(yield func(string, *set) bool) {
		o.in.spend(len(o.mem))
		for _, h := range o.mem {
			if rest, ok := strings.CutPrefix(h.path, path); ok && !yield(rest, h.set) {
				return
			}
		}
	}
}

// reach gives everything that can be reached from the pointers, themselves included.
func reach(from *set) *set {
	out := &set{}
	walked := map[*object]bool{}
	var walk func(p pointer)
	walk = func(p pointer) {
		p.mem = true
		if !out.put(p) || walked[p.o] {
			return
		}
		prefix := ""
		if p.o.kind == entity { // a pointer into the state leads to that part only
			prefix = p.path
		}
		walked[p.o] = prefix == ""
		for _, s := range p.o.under(prefix) {
			for q := range s.all() {
				walk(q)
			}
		}
	}
	for p := range from.all() {
		walk(p)
	}
	return out
}

// unboxed replaces boxes by what they hold.
func unboxed(s *set) *set {
	out := &set{}
	for p := range s.all() {
		if !p.o.box || p.o.opaque {
			out.put(p)
			continue
		}
		for q := range p.o.at("").all() {
			q.mem = p.mem
			out.put(q)
		}
	}
	return out
}

// shape is what a type is, once its declaration is followed.
type shape uint8

const (
	plain shape = iota // carries no pointer
	ptrShape
	listShape
	arrayShape
	mapShape
	funcShape
	ifaceShape
	structShape
	hostShape // a type of the library: memory of its own, opaque
)

// types answers questions about the types of one program.
type types struct {
	defs map[string]*ir.TypeDef
	memo map[string][]leaf
}

func newTypes(p *ir.Program) *types {
	ts := &types{defs: map[string]*ir.TypeDef{}, memo: map[string][]leaf{}}
	for _, d := range p.Types {
		ts.defs[d.Name] = d
	}
	return ts
}

// under follows declared names; def is set for struct and interface declarations.
func (ts *types) under(t *ir.Type) (*ir.Type, *ir.TypeDef) {
	for t != nil && t.Kind == ir.NamedKind {
		d := ts.defs[t.Name]
		if d == nil || d.Is == nil {
			return t, d
		}
		t = d.Is
	}
	return t, nil
}

func (ts *types) shape(t *ir.Type) shape {
	u, d := ts.under(t)
	switch {
	case u == nil:
		return plain
	case d != nil && (d.Iface != nil || d.Empty == "interface"):
		return ifaceShape
	case d != nil:
		return structShape
	}
	switch u.Kind {
	case ir.ListKind:
		return listShape
	case ir.ArrayKind:
		return arrayShape
	case ir.MapKind:
		return mapShape
	case ir.PtrKind:
		return ptrShape
	case ir.FuncKind:
		return funcShape
	case ir.Any, ir.Error:
		return ifaceShape
	case ir.PanicKind: // holds a value of any type
		return ifaceShape
	case ir.Host:
		return hostShape
	}
	return plain
}

// leaf is a place inside a value where a pointer can be.
type leaf struct {
	path string
	typ  *ir.Type
}

// leaves lists the leaves of a value of type t: none means that it carries no memory.
func (ts *types) leaves(t *ir.Type) []leaf {
	if t == nil {
		return nil
	}
	key := t.String()
	if l, ok := ts.memo[key]; ok {
		return l
	}
	l := ts.flat(t)
	ts.memo[key] = l
	return l
}

func (ts *types) flat(t *ir.Type) []leaf {
	u, d := ts.under(t)
	switch ts.shape(t) {
	case plain:
		return nil
	case structShape:
		var l []leaf
		for _, f := range d.Struct {
			for _, x := range ts.leaves(f.Type) {
				l = append(l, leaf{"." + f.Name + x.path, x.typ})
			}
		}
		return l
	case arrayShape:
		var l []leaf
		for _, x := range ts.leaves(u.Elem) {
			l = append(l, leaf{"[]" + x.path, x.typ})
		}
		return l
	}
	return []leaf{{"", t}}
}

// at gives the type of the place that a path leads to inside an object of type t; nil if unknown.
func (ts *types) at(t *ir.Type, path string) *ir.Type {
	for path != "" && t != nil {
		u, d := ts.under(t)
		switch {
		case strings.HasPrefix(path, "[]"):
			if u.Kind != ir.ListKind && u.Kind != ir.ArrayKind {
				return nil
			}
			t, path = u.Elem, path[2:]
		case strings.HasPrefix(path, "{k}"), strings.HasPrefix(path, "{v}"):
			if u.Kind != ir.MapKind {
				return nil
			}
			if path[1] == 'k' {
				t = u.Key
			} else {
				t = u.Elem
			}
			path = path[3:]
		default:
			if d == nil {
				return nil
			}
			n := strings.IndexAny(path[1:], ".[{") + 1
			if n == 0 {
				n = len(path)
			}
			t = nil
			for _, f := range d.Struct {
				if f.Name == path[1:n] {
					t = f.Type
				}
			}
			path = path[n:]
		}
	}
	return t
}

// identical says whether two types have one memory layout for the analysis: the same once outer names are followed.
func (ts *types) identical(t, u *ir.Type) bool {
	if t.Equal(u) {
		return true
	}
	tu, td := ts.under(t)
	uu, ud := ts.under(u)
	return td == nil && ud == nil && tu.Equal(uu)
}

// fits says whether a pointer may stand where type t is wanted.
func (ts *types) fits(p pointer, t *ir.Type) bool {
	if p.o.box {
		return ts.shape(t) == ifaceShape
	}
	u, _ := ts.under(t)
	at := ts.at(p.o.typ, p.path)
	isFunc := p.o.kind == function || p.o.kind == library
	switch ts.shape(t) {
	case ptrShape:
		return !isFunc && (at == nil || ts.identical(at, u.Elem))
	case listShape:
		if at == nil || isFunc {
			return !isFunc
		}
		au, _ := ts.under(at)
		return (au.Kind == ir.ListKind || au.Kind == ir.ArrayKind) && ts.identical(au.Elem, u.Elem)
	case mapShape:
		return !isFunc && (at == nil || ts.identical(at, t))
	case funcShape:
		return isFunc
	case hostShape:
		return !isFunc && (at == nil || at.Equal(t))
	}
	return false
}
