// This file collects the declarations of the packages of a program.

package frontend

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// declaration is a function of the module with a body.
type declaration struct {
	decl *ast.FuncDecl
	pkg  *packages.Package
	obj  *types.Func
}

// declare collects the functions, variables and entity types of a package.
func (c *compiler) declare(p *packages.Package) {
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if obj, ok := p.TypesInfo.Defs[d.Name].(*types.Func); ok && d.Body != nil {
					c.decls[obj] = &declaration{d, p, obj}
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					c.declareSpec(p, d, s)
				}
			}
		}
	}
}

func (c *compiler) declareSpec(p *packages.Package, d *ast.GenDecl, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if v, ok := p.TypesInfo.Defs[name].(*types.Var); ok {
				c.varDecls[v] = p
			}
		}
	case *ast.TypeSpec:
		obj, ok := p.TypesInfo.Defs[s.Name].(*types.TypeName)
		if !ok {
			return
		}
		c.renames(p, s)
		if args, ok := directive("entity", s.Doc, d.Doc); ok {
			e := &entity{name: obj.Name(), obj: obj, pkg: p, spec: s}
			for _, arg := range strings.Fields(args) {
				if name, ok := strings.CutPrefix(arg, "name="); ok {
					e.name = name
				}
			}
			c.entities[obj] = e
		}
	}
}

// renames collects the directives //sfc:was on fields.
func (c *compiler) renames(p *packages.Package, s *ast.TypeSpec) {
	t, ok := s.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range t.Fields.List {
		if old, ok := directive("was", field.Doc, field.Comment); ok {
			for _, name := range field.Names {
				if v, ok := p.TypesInfo.Defs[name].(*types.Var); ok {
					c.was[v] = old
				}
			}
		}
	}
}
