// This file loads the packages that the oracle rewrites.

// Package plain is the oracle: it runs a user's package as the plain Go it is, with as little added as will make
// references, requests and rollback mean what they mean in a running application (package world, which it compiles into
// the user's module). The user's files are rewritten with their lines kept, and reach the Go tool by -overlay; nothing in
// the user's folders is written. It shares no code with the compiler and the runner, so that comparing with it means
// something.
package plain

import (
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"
)

// source is what is rewritten: the packages of one module.
type source struct {
	module   *packages.Module
	roots    []*packages.Package // the named packages, in order of import path
	all      []*packages.Package // with all they reach in the module; test variants in place of what they vary
	entities map[string]*entity  // by import path and name of the type
	hasSfc   bool                // the packages can name sfc.Error
}

// entity is an entity type.
type entity struct {
	name string // in the HTTP API
	typ  string // of the Go type
	pkg  string // import path
}

const sfcPath = "github.com/stateful-entities/sfc"

// load reads the packages that patterns name, from a module's folder.
func load(dir string, tests bool, patterns []string) (*source, error) {
	ps, err := packages.Load(&packages.Config{
		Dir:   dir,
		Tests: tests,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo |
			packages.NeedImports | packages.NeedDeps | packages.NeedModule | packages.NeedCompiledGoFiles | packages.NeedForTest,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	s := &source{entities: map[string]*entity{}}
	var problems []error
	packages.Visit(ps, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			problems = append(problems, e)
		}
	})
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	for _, p := range ps {
		if p.Module != nil && !strings.HasSuffix(p.ID, ".test") {
			s.module = p.Module
			s.roots = append(s.roots, p)
		}
	}
	if s.module == nil {
		return nil, fmt.Errorf("no package of a module matches %q", patterns)
	}
	s.reach(ps)
	for _, p := range s.all {
		s.findEntities(p)
	}
	sort.Slice(s.roots, func(i, j int) bool { return s.roots[i].ID < s.roots[j].ID })
	return s, nil
}

// reach collects the packages of the module. A package under test appears twice, once with its test files: that one is
// taken.
func (s *source) reach(ps []*packages.Package) {
	byPath := map[string]*packages.Package{}
	packages.Visit(ps, nil, func(p *packages.Package) {
		s.hasSfc = s.hasSfc || p.PkgPath == sfcPath
		if p.Module == nil || p.Module.Path != s.module.Path || p.PkgPath == sfcPath || strings.HasSuffix(p.ID, ".test") {
			return
		}
		if q, known := byPath[p.PkgPath]; !known || len(p.Syntax) > len(q.Syntax) {
			byPath[p.PkgPath] = p
		}
	})
	s.hasSfc = s.hasSfc || s.module.Path == sfcPath
	for _, p := range byPath {
		s.all = append(s.all, p)
	}
	sort.Slice(s.all, func(i, j int) bool { return s.all[i].PkgPath < s.all[j].PkgPath })
}

// program lists the rewritten packages that a package consists of, its own first.
func (s *source) program(root *packages.Package) []string {
	var paths []string
	packages.Visit([]*packages.Package{root}, func(p *packages.Package) bool {
		own := p.Module != nil && p.Module.Path == s.module.Path && p.PkgPath != sfcPath
		if own && !slices.Contains(paths, p.PkgPath) {
			paths = append(paths, p.PkgPath)
		}
		return true
	}, nil)
	return paths
}

// findEntities finds the struct types marked //sfc:entity.
func (s *source) findEntities(p *packages.Package) {
	for _, f := range p.Syntax {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				t, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				doc := t.Doc
				if doc == nil && len(g.Specs) == 1 {
					doc = g.Doc
				}
				if name, marked := directive(doc, t.Name.Name); marked {
					s.entities[p.PkgPath+"."+t.Name.Name] = &entity{name: name, typ: t.Name.Name, pkg: p.PkgPath}
				}
			}
		}
	}
}

// directive reads `//sfc:entity [name=X]`.
func directive(doc *ast.CommentGroup, name string) (string, bool) {
	if doc == nil {
		return "", false
	}
	for _, c := range doc.List {
		if rest, ok := strings.CutPrefix(c.Text, "//sfc:entity"); ok {
			if given, ok := strings.CutPrefix(strings.TrimSpace(rest), "name="); ok {
				return given, true
			}
			return name, true
		}
	}
	return "", false
}

// entityOf gives the entity type that *T refers to, if t is such a pointer.
func (s *source) entityOf(t types.Type) *entity {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return nil
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return nil
	}
	return s.entities[n.Obj().Pkg().Path()+"."+n.Obj().Name()]
}
