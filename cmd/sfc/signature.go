// This file spells signatures in Go's words.

package main

import (
	"strings"

	"github.com/stateful-entities/sfc/ir"
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
		text := ir.Spelled(s.program, l.Type)
		if variadic && i == len(locals)-1 {
			text = "..." + ir.Spelled(s.program, l.Type.Elem)
		}
		if l.Name != "_" && l.Name != "" {
			text = l.Name + " " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
