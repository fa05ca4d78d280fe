// This file defines what requests bring from outside, and which types and methods stand behind interfaces.

package alias

import (
	"slices"

	"github.com/stateful-entities/sfc/ir"
)

// fromOutside is what a request can bring as a value of type t: a fresh tree.
func (a *analysis) fromOutside(key string, t *ir.Type) *set {
	if a.types.shape(t) == ifaceShape {
		return a.boxesFromOutside(key, t)
	}
	content := t
	if u, _ := a.types.under(t); u.Kind == ir.PtrKind {
		content = u.Elem
	}
	return one(pointer{o: a.tree(key, content)})
}

func (a *analysis) tree(key string, content *ir.Type) *object {
	k := key + ":" + content.String()
	if o := a.byKey[k]; o != nil {
		return o
	}
	o := a.object(k, argument, content)
	for _, l := range a.inner(content) {
		a.putMem(o, l.path, a.fromOutside(key, l.typ))
	}
	return o
}

func (a *analysis) boxesFromOutside(key string, t *ir.Type) *set {
	out := &set{}
	for _, c := range a.implementers(t) {
		k := key + ":box:" + c.String()
		o := a.byKey[k]
		if o == nil {
			o = a.object(k, argument, c)
			o.box = true
			for _, l := range a.types.leaves(c) {
				a.putMem(o, l.path, a.fromOutside(key, l.typ))
			}
		}
		out.put(pointer{o: o})
	}
	return out
}

// implementers lists the concrete types of the program that a value of an interface type may have.
func (a *analysis) implementers(t *ir.Type) []*ir.Type {
	var out []*ir.Type
	for _, d := range a.p.Types {
		if d.Iface != nil || d.Empty == "interface" || d.Alias {
			continue
		}
		n := ir.NamedType(d.Name)
		switch {
		case a.entities[d.Name] != nil:
			if a.implements(ir.RefType(d.Name), t) {
				out = append(out, ir.RefType(d.Name))
			}
			continue
		case a.implements(n, t):
			out = append(out, n)
		}
		if a.implements(ir.PtrType(n), t) {
			out = append(out, ir.PtrType(n))
		}
	}
	return out
}

func (a *analysis) implements(c, t *ir.Type) bool {
	u, d := a.types.under(t)
	if d == nil {
		return u.Kind == ir.Any || u.Kind == ir.Error && a.method(c, "Error") != nil
	}
	for _, s := range d.Iface {
		if a.method(c, s.Name) == nil {
			return false
		}
	}
	return true
}

// method finds the function behind a method of a concrete type.
func (a *analysis) method(c *ir.Type, name string) *ir.Func {
	ptr := false
	switch c.Kind {
	case ir.RefKind:
		return a.entityMethod(c.Name, name)
	case ir.PtrKind:
		ptr, c = true, c.Elem
	}
	if c.Kind != ir.NamedKind || a.types.defs[c.Name] == nil {
		return nil
	}
	for _, m := range a.types.defs[c.Name].Methods {
		if m.Name == name && (ptr || !m.Pointer) {
			return a.funcs[m.Func]
		}
	}
	return nil
}

func (a *analysis) entityMethod(e, name string) *ir.Func {
	if d := a.types.defs[e]; d != nil {
		if i := slices.IndexFunc(d.Methods, func(m *ir.Method) bool { return m.Name == name }); i >= 0 {
			return a.funcs[d.Methods[i].Func]
		}
	}
	return a.funcs[e+"."+name]
}
