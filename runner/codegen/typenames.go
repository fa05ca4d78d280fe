// This file tells the runner which types are called differently in the generated package than Go would show them.

package codegen

import (
	"fmt"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// writeTypeNames lists the names that differ. Go writes a type with the name of its package, in front of which a type
// argument has the whole path.
func (g *gen) writeTypeNames(f *file) {
	var lines []string
	for _, d := range g.p.Types {
		if d.Alias {
			continue
		}
		generated := g.packageName() + "." + g.types[d.Name]
		if shown := g.shownPackage(d) + "." + g.shownName(d); shown != generated {
			lines = append(lines, fmt.Sprintf("%q: %q,", generated, shown))
		}
	}
	for _, e := range g.p.Entities {
		d := g.p.Type(e.Name)
		lines = append(lines, fmt.Sprintf("%q: %q,", g.packageName()+"."+g.refID(e.Name), "*"+g.shownPackage(d)+"."+g.shownName(d)))
	}
	if len(lines) > 0 {
		f.lines("p.Names = map[string]string{")
		f.lines(lines...)
		f.lines("}")
	}
}

// shownPackage is the name of a type's package.
func (g *gen) shownPackage(d *ir.TypeDef) string {
	if d.Package == "" {
		return g.p.Name
	}
	name, _, _ := strings.Cut(d.Name, "[")
	pkg, _, _ := strings.Cut(name, ".")
	return pkg
}

// shownName is the name of a type within its package, type arguments included. What stands before a dot is the package:
// of another one, or the program's own in front of a word that the IR has for itself.
func (g *gen) shownName(d *ir.TypeDef) string {
	name := d.Local
	if name == "" {
		name = d.Name
	}
	base, arguments, instance := strings.Cut(name, "[")
	base = base[strings.LastIndexByte(base, '.')+1:]
	if !instance {
		return base
	}
	var list []string
	for _, a := range ir.TypeArgs(strings.TrimSuffix(arguments, "]")) {
		if t, err := ir.ParseType(a); err == nil {
			a = ir.Spell(t, g.shownArgument)
		}
		list = append(list, a)
	}
	return base + "[" + strings.Join(list, ",") + "]"
}

// shownArgument is how Go writes the types with names that stand in type arguments: with the path of their package.
func (g *gen) shownArgument(t *ir.Type) string {
	switch t.Kind {
	case ir.Any:
		return "interface {}"
	case ir.Time:
		return "time.Time"
	case ir.Duration:
		return "time.Duration"
	case ir.Host: // go:math/big.Int
		return strings.TrimPrefix(t.Name, "go:")
	case ir.RefKind:
		return "*" + g.shownArgument(ir.NamedType(t.Name))
	case ir.NamedKind:
		path := g.p.ID
		if g.p.Name == "main" {
			path = "main"
		}
		d := g.p.Type(t.Name)
		if d.Package != "" {
			path = d.Package
		}
		return path + "." + g.shownName(d)
	}
	return ""
}
