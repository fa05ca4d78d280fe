// This file spells types in Go's words, for people and for generated code.

package ir

import (
	"fmt"
	"strings"
)

// goNames are Go's names of the basic kinds.
var goNames = map[Kind]string{
	Bool: "bool", Int: "int", Uint: "uint", I8: "int8", I16: "int16", I32: "int32", I64: "int64",
	U8: "uint8", U16: "uint16", U32: "uint32", U64: "uint64", F32: "float32", F64: "float64", C64: "complex64", C128: "complex128",
	String: "string", Any: "any", Error: "error",
}

// Spell writes a type in Go. named gives the words for what may have a name of its own there, and "" for the rest: it is
// asked for references, declared types, types of the host library, func types, times, and basic types.
func Spell(t *Type, named func(*Type) string) string {
	switch t.Kind {
	case ListKind:
		return "[]" + Spell(t.Elem, named)
	case ArrayKind:
		return fmt.Sprintf("[%d]%s", t.Len, Spell(t.Elem, named))
	case MapKind:
		return "map[" + Spell(t.Key, named) + "]" + Spell(t.Elem, named)
	case PtrKind:
		return "*" + Spell(t.Elem, named)
	}
	if words := named(t); words != "" {
		return words
	}
	if t.Kind == FuncKind {
		return "func" + spellSignature(t, named)
	}
	return goNames[t.Kind]
}

// spellSignature writes what follows the name of a method, or the word func.
func spellSignature(t *Type, named func(*Type) string) string {
	var params, results []string
	for i, p := range t.Params {
		text := Spell(p, named)
		if t.Variadic && i == len(t.Params)-1 {
			text = "..." + Spell(p.Elem, named)
		}
		params = append(params, text)
	}
	for _, r := range t.Results {
		results = append(results, Spell(r, named))
	}
	text := "(" + strings.Join(params, ", ") + ")"
	switch len(results) {
	case 0:
		return text
	case 1:
		return text + " " + results[0]
	}
	return text + " (" + strings.Join(results, ", ") + ")"
}

// Spelled writes a type of a program as its author has it: the types of the program by their names, a reference as the
// pointer that it is in Go, a type without a name as it is written.
func Spelled(p *Program, t *Type) string {
	s := speller{p: p, open: map[string]bool{}}
	return s.spell(t)
}

// speller knows which types without a name it is inside of: those of a damaged program may contain themselves.
type speller struct {
	p    *Program
	open map[string]bool
}

func (s *speller) spell(t *Type) string {
	return Spell(t, func(t *Type) string {
		switch t.Kind {
		case RefKind:
			return "*" + t.Name
		case Time:
			return "time.Time"
		case Duration:
			return "time.Duration"
		case Host: // go:math/big.Int
			return t.Name[strings.LastIndexAny(t.Name, ":/")+1:]
		case NamedKind:
			return s.declared(t.Name)
		}
		return ""
	})
}

func (s *speller) declared(name string) string {
	d := s.p.Type(name)
	if d == nil || !d.Alias || s.open[name] {
		return s.instance(name)
	}
	s.open[name] = true
	defer delete(s.open, name)
	var parts []string
	for _, f := range d.Struct {
		parts = append(parts, f.Name+" "+s.spell(f.Type))
	}
	if d.IsStruct() {
		return "struct{" + strings.Join(parts, "; ") + "}"
	}
	for _, m := range d.Iface {
		parts = append(parts, m.Name+strings.TrimPrefix(s.spell(m.Type), "func"))
	}
	return "interface{" + strings.Join(parts, "; ") + "}"
}

// instance writes a name as Pair[list int] with its type arguments in Go's words.
func (s *speller) instance(name string) string {
	base, args, ok := strings.Cut(name, "[")
	if !ok {
		return name
	}
	var list []string
	for _, a := range TypeArgs(strings.TrimSuffix(args, "]")) {
		if t, err := ParseType(a); err == nil {
			a = s.spell(t)
		}
		list = append(list, a)
	}
	return base + "[" + strings.Join(list, ", ") + "]"
}

// TypeArgs splits the type arguments in the name of an instance, or of a host type, at the commas outside all brackets.
func TypeArgs(args string) []string {
	var list []string
	depth, start := 0, 0
	for i, r := range args {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				list = append(list, strings.TrimSpace(args[start:i]))
				start = i + 1
			}
		}
	}
	return append(list, strings.TrimSpace(args[start:]))
}
