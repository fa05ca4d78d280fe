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

// shownName is the name of a type within its package, type arguments included.
func (g *gen) shownName(d *ir.TypeDef) string {
	name := d.Local
	if name == "" {
		name = d.Name
		if d.Package != "" {
			_, name, _ = strings.Cut(d.Name, ".")
		}
	}
	base, arguments, instance := strings.Cut(name, "[")
	if !instance {
		return base
	}
	var list []string
	for _, a := range splitArguments(strings.TrimSuffix(arguments, "]")) {
		if t, err := ir.ParseType(a); err == nil {
			a = g.spelled(t)
		}
		list = append(list, a)
	}
	return base + "[" + strings.Join(list, ",") + "]"
}

// splitArguments cuts at the commas that are not within brackets.
func splitArguments(text string) []string {
	var list []string
	depth, begin := 0, 0
	for i, r := range text {
		switch r {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ',':
			if depth == 0 {
				list = append(list, text[begin:i])
				begin = i + 1
			}
		}
	}
	return append(list, text[begin:])
}

// spelled writes a type argument as Go does.
func (g *gen) spelled(t *ir.Type) string {
	switch t.Kind {
	case ir.ListKind:
		return "[]" + g.spelled(t.Elem)
	case ir.ArrayKind:
		return fmt.Sprintf("[%d]%s", t.Len, g.spelled(t.Elem))
	case ir.MapKind:
		return "map[" + g.spelled(t.Key) + "]" + g.spelled(t.Elem)
	case ir.PtrKind:
		return "*" + g.spelled(t.Elem)
	case ir.RefKind:
		return "*" + g.p.ID + "." + t.Name
	case ir.Any:
		return "interface {}"
	case ir.Time:
		return "time.Time"
	case ir.Duration:
		return "time.Duration"
	case ir.Host: // go:math/big.Int
		return strings.TrimPrefix(t.Name, "go:")
	case ir.NamedKind:
		for _, d := range g.p.Types {
			if d.Name != t.Name || d.Alias {
				continue
			}
			if d.Package != "" {
				return d.Package + "." + g.shownName(d)
			}
			return g.p.ID + "." + g.shownName(d)
		}
	case ir.I8, ir.I16, ir.I32, ir.I64:
		return "int" + t.String()[1:]
	case ir.U8, ir.U16, ir.U32, ir.U64:
		return "uint" + t.String()[1:]
	case ir.F32, ir.F64:
		return "float" + t.String()[1:]
	case ir.C64:
		return "complex64"
	case ir.C128:
		return "complex128"
	}
	return t.String()
}
