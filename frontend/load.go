// This file loads the named package and what it imports from its module, with types.

package frontend

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stateful-entities/sfc/internal/diag"
)

// sfcPath is the import path of the few names that entity code may use.
const sfcPath = "github.com/stateful-entities/sfc"

// loaded is the named package with the packages of its module that it reaches, imports before importers.
type loaded struct {
	fset *token.FileSet
	main *packages.Package
	all  []*packages.Package
	by   map[*types.Package]*packages.Package
	root string // directory of the module, to shorten file names
}

// load finds the package that the pattern names. Its problems, and Go's own, come as a diag.List.
func load(o Options) (*loaded, error) {
	pattern := o.Pattern
	if pattern == "" {
		pattern = "."
	}
	graph, err := list(o, packages.NeedName|packages.NeedImports|packages.NeedDeps|packages.NeedModule|packages.NeedFiles, pattern)
	if err != nil {
		return nil, err
	}
	if len(graph) != 1 {
		return nil, problem("SF0003", "%q names %d packages; a program is one package", pattern, len(graph))
	}
	if bad := problems(graph); bad.Refused() {
		return nil, bad.Err()
	}
	paths := modulePackages(graph[0], o.Pure...)
	full, err := list(o, packages.LoadSyntax|packages.NeedModule, paths...)
	if err != nil {
		return nil, err
	}
	if bad := problems(full); bad.Refused() {
		return nil, bad.Err()
	}
	return arrange(full, paths)
}

func list(o Options, mode packages.LoadMode, patterns ...string) ([]*packages.Package, error) {
	config := &packages.Config{Mode: mode, Dir: o.Dir, Overlay: o.Overlay, Fset: token.NewFileSet()}
	found, err := packages.Load(config, patterns...)
	if err != nil {
		return nil, problem("SF0001", "cannot load %q: %v", strings.Join(patterns, " "), err)
	}
	if len(found) == 0 {
		return nil, problem("SF0001", "%q names no package", strings.Join(patterns, " "))
	}
	return found, nil
}

func problem(code, format string, args ...any) error {
	return diag.List{diag.New(code, diag.Position{}, format, args...)}
}

// modulePackages gives the paths of the packages of the root's module, and of those declared pure, that it reaches,
// imports first.
func modulePackages(root *packages.Package, pure ...string) []string {
	var paths []string
	seen := map[string]bool{}
	var visit func(p *packages.Package)
	visit = func(p *packages.Package) {
		if seen[p.PkgPath] || p.PkgPath == sfcPath || !sameModule(root, p) && !slices.Contains(pure, p.PkgPath) {
			return
		}
		seen[p.PkgPath] = true
		for _, path := range sortedKeys(p.Imports) {
			visit(p.Imports[path])
		}
		paths = append(paths, p.PkgPath)
	}
	visit(root)
	return paths
}

func sameModule(root, p *packages.Package) bool {
	if root.Module == nil || p.Module == nil {
		return p == root
	}
	return p.Module.Path == root.Module.Path
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func arrange(full []*packages.Package, paths []string) (*loaded, error) {
	l := &loaded{by: map[*types.Package]*packages.Package{}}
	byPath := map[string]*packages.Package{}
	for _, p := range full {
		byPath[p.PkgPath] = p
	}
	for _, path := range paths {
		p := byPath[path]
		if p == nil || p.Types == nil {
			return nil, problem("SF0001", "package %q was not loaded", path)
		}
		l.all = append(l.all, p)
		l.by[p.Types] = p
	}
	l.main = l.all[len(l.all)-1]
	l.fset = l.main.Fset
	if l.main.Module != nil {
		l.root = l.main.Module.Dir
	} else if len(l.main.GoFiles) > 0 {
		l.root = filepath.Dir(l.main.GoFiles[0])
	}
	return l, nil
}

// problems gives Go's own errors, in its words.
func problems(pkgs []*packages.Package) diag.List {
	var l, loading diag.List
	for _, p := range pkgs {
		for _, e := range p.Errors {
			if e.Kind == packages.ListError || e.Kind == packages.UnknownError {
				loading.Add(diag.New("SF0001", parsePosition(e.Pos), "%s", e.Msg))
			} else {
				l.Add(diag.New("SF0002", parsePosition(e.Pos), "%s", e.Msg))
			}
		}
	}
	if len(l) > 0 { // the go command says it once more, in other words
		return l
	}
	return loading
}

// parsePosition reads file:line:col as go/packages writes it.
func parsePosition(s string) diag.Position {
	var p diag.Position
	if s == "" || s == "-" {
		return p
	}
	rest, last, ok := cutLast(s)
	if !ok {
		p.File = s
		return p
	}
	if before, line, ok := cutLast(rest); ok {
		p.File, p.Line, p.Col = before, line, last
	} else {
		p.File, p.Line = rest, last
	}
	return p
}

func cutLast(s string) (string, int, bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil
}

// position gives the place of a node, with the end of its mark if that is on the same line.
func (l *loaded) position(n ast.Node) diag.Position {
	if n == nil || !n.Pos().IsValid() {
		return diag.Position{}
	}
	start := l.fset.Position(n.Pos())
	p := diag.Position{File: start.Filename, Line: start.Line, Col: start.Column}
	if end := l.fset.Position(n.End()); end.Line == start.Line {
		p.EndCol = end.Column
	}
	return p
}

// file gives a file's name below the module's directory, with slashes.
func (l *loaded) file(pos token.Pos) string {
	name := l.fset.Position(pos).Filename
	if rel, err := filepath.Rel(l.root, name); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return filepath.Base(name)
}

func (l *loaded) line(pos token.Pos) int { return l.fset.Position(pos).Line }

func (l *loaded) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", l.file(pos), l.line(pos))
}
