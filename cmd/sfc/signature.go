// This file spells signatures in Go's words.

package main

import (
	"strings"

	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner/codegen"
)

// speller spells the types of a program.
type speller struct{ program *ir.Program }

// signature spells a function as its declaration has it, methods with their type: User.Buy(i *Item) bool.
func (s speller) signature(f *ir.Func) string {
	text := f.Name + "(" + s.list(f.Params, f.Variadic) + ")"
	switch results := s.list(f.Results, false); {
	case len(f.Results) > 1 || strings.Contains(results, " "): // several, or one with a name
		return text + " (" + results + ")"
	case results != "":
		return text + " " + results
	}
	return text
}

func (s speller) list(locals []*ir.Local, variadic bool) string {
	var parts []string
	for i, l := range locals {
		text := s.typ(l.Type)
		if variadic && i == len(locals)-1 {
			text = "..." + s.typ(l.Type.Elem)
		}
		if l.Name != "_" && l.Name != "" {
			text = l.Name + " " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func (s speller) typ(t *ir.Type) string {
	return codegen.Spell(t, func(t *ir.Type) string {
		switch t.Kind {
		case ir.RefKind:
			return "*" + t.Name
		case ir.Time:
			return "time.Time"
		case ir.Duration:
			return "time.Duration"
		case ir.Host: // go:math/big.Int
			return t.Name[strings.LastIndexAny(t.Name, ":/")+1:]
		case ir.FuncKind:
			return t.String()
		case ir.NamedKind:
			return s.named(t.Name)
		}
		return ""
	})
}

// named spells a declared type by its name, and one without a name as it is written.
func (s speller) named(name string) string {
	for _, d := range s.program.Types {
		if d.Name != name || !d.Alias {
			continue
		}
		var parts []string
		for _, f := range d.Struct {
			parts = append(parts, f.Name+" "+s.typ(f.Type))
		}
		if d.IsStruct() {
			return "struct{" + strings.Join(parts, "; ") + "}"
		}
		for _, m := range d.Iface {
			parts = append(parts, m.Name+strings.TrimPrefix(s.typ(m.Type), "func"))
		}
		return "interface{" + strings.Join(parts, "; ") + "}"
	}
	return name
}
