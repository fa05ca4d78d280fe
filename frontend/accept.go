// This file finds the calls whose copies the source accepts: those with //sfc:copy.

package frontend

import (
	"go/ast"
	"go/token"
)

// copyComments finds the lines that //sfc:copy is for, by file.
func copyComments(l *loaded) map[string]map[int]bool {
	lines := map[string]map[int]bool{}
	for _, p := range l.all {
		for _, f := range p.Syntax {
			lines[l.fset.Position(f.FileStart).Filename] = copyLines(l.fset, f)
		}
	}
	return lines
}

// copyLines finds the lines that //sfc:copy is for: its own, or the next one if it stands alone.
func copyLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines, code := map[int]bool{}, codeLines(fset, f)
	for _, g := range f.Comments {
		for _, comment := range g.List {
			if name, _, ok := cutDirective(comment.Text); !ok || name != "copy" {
				continue
			}
			line := fset.Position(comment.Pos()).Line
			if !code[line] {
				line++
			}
			lines[line] = true
		}
	}
	return lines
}

// codeLines finds the lines on which a statement or an expression begins or ends.
func codeLines(fset *token.FileSet, f *ast.File) map[int]bool {
	code := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case ast.Stmt, ast.Expr:
			code[fset.Position(n.Pos()).Line] = true
			code[fset.Position(n.End()).Line] = true
		}
		return true
	})
	return code
}

// accepts says whether a call begins or ends on a line that //sfc:copy is for.
func (c *compiler) accepts(n ast.Node) bool {
	start, end := c.fset.Position(n.Pos()), c.fset.Position(n.End())
	lines := c.copies[start.Filename]
	return lines[start.Line] || lines[end.Line]
}
