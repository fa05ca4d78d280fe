// This file checks the declarations of entity types: names, Key methods, and receivers.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// checkEntityTypes checks each entity type as it is declared.
func (c *checker) checkEntityTypes() {
	byName := map[string]*entity{}
	for _, e := range c.sortedEntities() {
		if !c.checkEntityForm(e) {
			continue
		}
		c.checkEntityName(e, byName)
		c.checkKeyMethod(e)
	}
	for _, p := range c.all {
		for _, f := range p.Syntax {
			c.checkReceivers(p.TypesInfo, f)
			c.checkLocalEntities(f)
		}
	}
}

// checkEntityForm says whether the type is a struct without type parameters, which all other checks rely on.
func (c *checker) checkEntityForm(e *entity) bool {
	if e.spec.TypeParams != nil {
		c.declared("SF1104", e.spec.Name, "entity type %s is generic: its name stands in the API and in storage, for one type", e.obj.Name()).
			WithHelp("declare an entity type for each instance: `type Int%s struct { … }`", e.obj.Name())
		return false
	}
	if _, ok := e.obj.Type().Underlying().(*types.Struct); !ok || e.spec.Assign.IsValid() {
		c.declared("SF1118", e.spec.Name, "entity type %s is no struct: an entity is a named state with fields", e.obj.Name()).
			WithHelp("wrap it: `type %s struct { id string; value %s }`", e.obj.Name(), types.TypeString(e.obj.Type().Underlying(), types.RelativeTo(e.obj.Pkg())))
		return false
	}
	return true
}

func (c *checker) checkLocalEntities(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		d, ok := n.(*ast.DeclStmt)
		if !ok {
			return true
		}
		if g := d.Decl.(*ast.GenDecl); g.Tok == token.TYPE {
			for _, s := range g.Specs {
				if _, marked := directive("entity", g.Doc, s.(*ast.TypeSpec).Doc); marked {
					c.declared("SF1118", s.(*ast.TypeSpec).Name, "entity type %s is declared in a function: its name would mean nothing outside", s.(*ast.TypeSpec).Name.Name).
						WithHelp("declare it at package level")
				}
			}
		}
		return true
	})
}

func (c *checker) checkEntityName(e *entity, byName map[string]*entity) {
	if e.name == "requests" || !token.IsIdentifier(e.name) {
		c.declared("SF1106", e.spec.Name, "%q is no name for an entity type: /v1/requests/{id} asks for recorded answers, other names are identifiers", e.name).
			WithHelp("choose a name for the outside: //sfc:entity name=Ticket")
	}
	first := byName[e.name]
	if first == nil {
		byName[e.name] = e
		return
	}
	c.declared("SF1105", e.spec.Name, "two entity types are called %s; the name is what clients write and storage is keyed by", e.name).
		WithRelated(c.position(first.spec.Name), "the other one").
		WithHelp("give one of them another name for the outside: //sfc:entity name=%s%s", title(e.obj.Pkg().Name()), e.name)
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (c *checker) checkKeyMethod(e *entity) {
	o, _, _ := types.LookupFieldOrMethod(types.NewPointer(e.obj.Type()), true, e.obj.Pkg(), "Key")
	m, ok := o.(*types.Func)
	if !ok {
		d := c.declared("SF1101", e.spec.Name, "entity type %s has no method Key: nothing tells one %s from another", e.obj.Name(), e.obj.Name())
		d.WithHelp("add a method that returns a string or an integer which only constructors set: `func (%s *%s) Key() string { return %s.%s }`",
			receiverName(e), e.obj.Name(), receiverName(e), keyField(e))
		d.WithHelp("or take //sfc:entity away, if %s is only a part of something else", article(e.obj.Name()))
		return
	}
	sig := m.Signature()
	if sig.Params().Len() == 0 && sig.Results().Len() == 1 && isKey(sig.Results().At(0).Type()) {
		return
	}
	n := place(m)
	if b := c.bodies[m.Origin()]; b != nil {
		n = b.node.(*ast.FuncDecl).Name
	}
	c.declared("SF1102", n, "%s must take nothing and return one string or integer, not `%s`", c.nameOf(m), types.TypeString(sig, types.RelativeTo(e.obj.Pkg()))).
		WithHelp("`func (%s *%s) Key() string`; join the parts of a compound key: `return a + \"/\" + b`", receiverName(e), e.obj.Name())
}

// isKey says whether a type is of string or integer kind.
func isKey(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() != types.Uintptr && b.Info()&(types.IsString|types.IsInteger) != 0
}

func receiverName(e *entity) string { return strings.ToLower(e.obj.Name()[:1]) }

// keyField proposes a field to be the key: the first of a string or integer type, or a new one.
func keyField(e *entity) string {
	if s, ok := e.obj.Type().Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if isKey(f.Type()) && !f.Embedded() {
				return f.Name()
			}
		}
	}
	return "id"
}

// checkReceivers refuses methods of entity types with value receivers.
func (c *checker) checkReceivers(info *types.Info, f *ast.File) {
	for _, d := range f.Decls {
		decl, ok := d.(*ast.FuncDecl)
		if !ok || decl.Recv == nil || len(decl.Recv.List) == 0 {
			continue
		}
		t := info.TypeOf(decl.Recv.List[0].Type)
		e := c.entityOf(t)
		if e == nil {
			continue
		}
		if _, isPtr := types.Unalias(t).(*types.Pointer); isPtr {
			continue
		}
		c.declared("SF1103", decl.Recv.List[0].Type, "%s.%s has a value receiver, which is a copy of the whole entity", e.obj.Name(), decl.Name.Name).
			WithHelp("declare it on the pointer: `func (%s *%s) %s(…)`", receiverName(e), e.obj.Name(), decl.Name.Name)
	}
}
