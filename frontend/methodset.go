// This file lists the methods of types: those of entities, and of all that gets into interfaces.

package frontend

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

// boxes notes that values of a type get into interfaces, where all their methods can be reached.
func (c *compiler) boxes(t types.Type, n ast.Node) {
	if c.boxed.Set(t, true) != nil {
		return
	}
	switch u := types.Unalias(t).(type) {
	case *types.Pointer:
		c.boxes(u.Elem(), n)
		return
	case *types.Named:
		c.boxNamed(u, n)
		if c.entityOf(u) != nil || c.by[u.Obj().Pkg()] == nil {
			return
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		c.boxes(u.Elem(), n)
	case *types.Array:
		c.boxes(u.Elem(), n)
	case *types.Map:
		c.boxes(u.Key(), n)
		c.boxes(u.Elem(), n)
	case *types.Struct:
		for f := range u.Fields() {
			c.boxes(f.Type(), n)
		}
	}
}

func (c *compiler) boxNamed(t *types.Named, n ast.Node) {
	if types.IsInterface(t) || c.by[t.Obj().Pkg()] == nil {
		return
	}
	set := types.NewMethodSet(types.NewPointer(t))
	c.names.declared(t, n)
	for i := range set.Len() {
		c.bindOnce(t, set.At(i), n)
	}
}

// bindOnce enters a method into a type's method set, unless it is there.
func (c *compiler) bindOnce(t *types.Named, sel *types.Selection, n ast.Node) {
	m := sel.Obj().(*types.Func)
	def := c.names.declared(t, n)
	if mentionsChan(m.Signature()) { // no interface of the program can ask for it
		return
	}
	if c.by[m.Pkg()] == nil && !Lookup(externName(m)).Allowed {
		c.unbound[m.Name()] = m
		return
	}
	if !slices.ContainsFunc(def.Methods, func(o *ir.Method) bool { return o.Name == m.Name() }) {
		def.Methods = append(def.Methods, c.bind(t, m, sel.Index(), n))
	}
}

// checkUnbound refuses an interface with a method that a type of the program has from the library it embeds, but not in
// requests.
func (c *compiler) checkUnbound(def *ir.TypeDef) {
	for _, sig := range def.Iface {
		m := c.unbound[sig.Name]
		if m == nil {
			continue
		}
		row := Lookup(externName(m))
		d := diag.New(row.Code, c.position(c.main.Syntax[0].Name), "%s could be called through interface %s, since a type of the program embeds what has it: %s", shortName(row.Name), def.Name, row.Why).
			WithHelp("make the embedded value a field with a name")
		c.diags.Add(d)
	}
}

// mentionsChan says whether a signature has channels in it, which no type of a program has.
func mentionsChan(sig *types.Signature) bool {
	seen := map[types.Type]bool{}
	found := false
	var look func(t types.Type)
	look = func(t types.Type) {
		t = types.Unalias(t)
		if found || seen[t] {
			return
		}
		seen[t] = true
		switch u := t.Underlying().(type) {
		case *types.Chan:
			found = true
		case *types.Signature:
			look(u.Params())
			look(u.Results())
		case *types.Tuple:
			for v := range u.Variables() {
				look(v.Type())
			}
		default:
			eachPart(t, look)
		}
	}
	look(sig)
	return found
}

// bind makes the entry of a method in a type's method set.
func (c *compiler) bind(t *types.Named, m *types.Func, path []int, n ast.Node) *ir.Method {
	viaPtr := types.NewMethodSet(t).Lookup(m.Pkg(), m.Name()) == nil
	out := &ir.Method{Name: m.Name(), Pointer: viaPtr}
	switch e := c.entityOf(t); {
	case e != nil:
		out.Pointer = true
		out.Func = c.entityMethod(e, m.Name(), n)
	case len(path) == 1:
		out.Func = c.funcName(m, typeArgs(t))
	default:
		recv := types.Type(t)
		if viaPtr {
			recv = types.NewPointer(t)
		}
		out.Func = c.promoted(recv, nil, m, path)
	}
	return out
}

// methodSets lists the methods of entity types and of the types whose methods were lowered.
func (c *compiler) methodSets() {
	for _, d := range c.names.order {
		slices.SortFunc(d.def.Methods, func(a, b *ir.Method) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, e := range c.sortedEntities() {
		def := c.names.declared(e.obj.Type().(*types.Named), e.spec)
		for _, f := range c.prog.Funcs {
			name, ok := strings.CutPrefix(f.Name, e.name+".")
			if !ok || f.Entity != e.name || strings.Contains(name, "$") ||
				slices.ContainsFunc(def.Methods, func(m *ir.Method) bool { return m.Name == name }) {
				continue
			}
			def.Methods = append(def.Methods, &ir.Method{Name: name, Func: f.Name, Pointer: true})
		}
		slices.SortFunc(def.Methods, func(a, b *ir.Method) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, d := range c.names.order {
		c.prog.Types = append(c.prog.Types, d.def)
		c.checkUnbound(d.def)
	}
	slices.SortFunc(c.prog.Types, func(a, b *ir.TypeDef) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.prog.Funcs, func(a, b *ir.Func) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.prog.Vars, func(a, b *ir.Var) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.prog.Externs, func(a, b *ir.Extern) int { return strings.Compare(a.Name, b.Name) })
}
