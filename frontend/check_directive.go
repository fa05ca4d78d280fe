// This file checks the comments //sfc:…: their their names and words, and where they stand.

package frontend

import (
	"go/ast"
	"go/token"
	"strings"

	"github.com/stateful-entities/sfc/internal/near"
)

// directiveNames are the directives there are.
var directiveNames = []string{"entity", "copy", "was"}

// checkDirectives refuses directives that are unknown, misspelt, or stand where they mean nothing: as ordinary comments
// they would silently change what the program is.
func (c *checker) checkDirectives() {
	for _, p := range c.all {
		for _, f := range p.Syntax {
			used := directivesInPlace(f)
			for _, g := range f.Comments {
				for _, line := range g.List {
					name, rest, ok := cutDirective(line.Text)
					if meant := almostDirective(line.Text); meant != "" {
						c.declared("SF1005", line, "%q is an ordinary comment", line.Text).WithHelp("write %s, in small letters and without a space before the name", meant)
					} else if ok {
						c.checkDirective(line, name, rest, used[line])
					}
				}
			}
		}
	}
}

func (c *checker) checkDirective(line *ast.Comment, name, rest string, inPlace bool) {
	switch name {
	case "copy": // belongs to a line, wherever that is; what follows may give the reason
	case "entity":
		if !inPlace {
			c.declared("SF1006", line, "//sfc:entity marks the type declared directly below it, and there is none").
				WithHelp("put it on the line above `type T struct`, without an empty line between")
		}
		c.checkEntityOptions(line, rest)
	case "was":
		if !inPlace {
			c.declared("SF1006", line, "//sfc:was marks a field of a struct, and there is none").
				WithHelp("put it on the line above the field, or behind it")
		}
		if !token.IsIdentifier(rest) {
			c.declared("SF1005", line, "//sfc:was wants the field's earlier name, got %q", rest).WithHelp("write //sfc:was oldName")
		}
	default:
		d := c.declared("SF1005", line, "there is no directive //sfc:%s", name)
		if meant := near.Name(name, directiveNames); meant != "" {
			d.WithHelp("did you mean //sfc:%s?", meant)
		}
		d.WithHelp("the directives are //sfc:entity, //sfc:copy and //sfc:was")
	}
}

// checkEntityOptions refuses what stands behind //sfc:entity other than one name=….
func (c *checker) checkEntityOptions(line *ast.Comment, rest string) {
	named := false
	for _, word := range strings.Fields(rest) {
		option, _, _ := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(word, "name=") && named:
			c.declared("SF1005", line, "//sfc:entity has two names").WithHelp("an entity type has one name for the outside")
		case strings.HasPrefix(word, "name="):
			named = true
		default:
			d := c.declared("SF1005", line, "//sfc:entity has no option %q", option)
			if near.Name(option, []string{"name"}) != "" {
				d.WithHelp("did you mean name=?")
			}
			d.WithHelp("the only option is name=, the name for the outside: //sfc:entity name=Ticket")
		}
	}
}

// almostDirective gives the directive that a comment would be without its spaces or capitals, "" if it is just a
// comment. A comment that goes on as a sentence is one.
func almostDirective(comment string) string {
	name, _, ok := cutDirective(comment)
	text := strings.TrimSpace(strings.TrimPrefix(comment, "//"))
	if ok && name != "" || len(text) < len("sfc:") || !strings.EqualFold(text[:len("sfc:")], "sfc:") {
		return ""
	}
	words := strings.Fields(text[len("sfc:"):])
	if len(words) == 0 {
		return ""
	}
	meant := near.Name(words[0], directiveNames)
	switch {
	case meant == "entity" && (len(words) == 1 || strings.Contains(words[1], "=")),
		meant == "copy" && len(words) == 1,
		meant == "was" && len(words) == 2:
		return "//sfc:" + strings.Join(append([]string{meant}, words[1:]...), " ")
	}
	return ""
}

// directivesInPlace finds the comments that document a type declaration or a field.
func directivesInPlace(f *ast.File) map[*ast.Comment]bool {
	in := map[*ast.Comment]bool{}
	mark := func(name string, groups ...*ast.CommentGroup) {
		for _, g := range groups {
			if g == nil {
				continue
			}
			for _, line := range g.List {
				if strings.HasPrefix(line.Text, "//sfc:"+name) {
					in[line] = true
				}
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			if n.Tok == token.TYPE {
				mark("entity", n.Doc)
			}
		case *ast.TypeSpec:
			mark("entity", n.Doc)
		case *ast.Field:
			mark("was", n.Doc, n.Comment)
		}
		return true
	})
	return in
}

// cutDirective splits the comment //sfc:NAME REST.
func cutDirective(comment string) (name, rest string, ok bool) {
	text, ok := strings.CutPrefix(comment, "//sfc:")
	name, rest, _ = strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
	return name, strings.TrimSpace(rest), ok
}

// directive looks for the comment line //sfc:NAME and gives what follows it.
func directive(name string, groups ...*ast.CommentGroup) (string, bool) {
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, line := range g.List {
			if n, rest, ok := cutDirective(line.Text); ok && n == name {
				return rest, true
			}
		}
	}
	return "", false
}
