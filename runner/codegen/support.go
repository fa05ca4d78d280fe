// This file writes support.go of a generated package: helpers that charge memory before it is allocated.

package codegen

import (
	_ "embed"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

//go:embed support.txt
var supportText string

// support notes that a helper is needed and gives its name.
func (g *gen) support(name string) string {
	g.needs["sfc_"+name] = true
	return "sfc_" + name
}

// writeSupport writes the helpers that are used, and those that they use.
func (g *gen) writeSupport() {
	if len(g.needs) == 0 {
		return
	}
	fset := token.NewFileSet()
	src, err := parser.ParseFile(fset, "support.txt", supportText, parser.ParseComments)
	if err != nil {
		g.errs = append(g.errs, err)
		return
	}
	f := g.file("support.go")
	for _, d := range src.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || !g.needs[fn.Name.Name] {
			continue
		}
		start := fset.Position(fn.Doc.Pos()).Offset
		text := supportText[start:fset.Position(fn.End()).Offset]
		f.lines(text + "\n")
		for _, pkg := range []string{"reflect", runnerPath} {
			if strings.Contains(text, pkg[strings.LastIndexByte(pkg, '/')+1:]+".") {
				f.imports[pkg] = pkg[strings.LastIndexByte(pkg, '/')+1:]
			}
		}
	}
}
