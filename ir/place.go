// This file names the places of a program in error messages.

package ir

import (
	"fmt"
	"reflect"
	"strings"
)

// place is where a walk over a program stands.
type place struct {
	decl  string // "function User.BuyItem", "type Item", …
	file  string
	block string
	instr int // from 1
	end   bool
	at    int // source line
}

// String gives the place as "function f, block b, instruction n (file:line)".
func (w place) String() string {
	var parts []string
	if w.decl != "" {
		parts = append(parts, w.decl)
	}
	if w.block != "" {
		parts = append(parts, "block "+w.block)
	}
	switch {
	case w.instr > 0:
		parts = append(parts, fmt.Sprintf("instruction %d", w.instr))
	case w.end:
		parts = append(parts, "end")
	}
	s := strings.Join(parts, ", ")
	if w.at > 0 && w.file != "" {
		s += fmt.Sprintf(" (%s:%d)", w.file, w.at)
	}
	return s
}

// enter goes into a declaration or a block, and gives the way back.
func (w *place) enter(x any) func() {
	old := *w
	switch x := x.(type) {
	case *Func:
		*w = place{decl: "function " + x.Name, file: x.File}
	case *TypeDef:
		w.decl = "type " + x.Name
	case *Entity:
		w.decl = "entity type " + x.Name
	case *Var:
		w.decl = "variable " + x.Name
	case *Extern:
		w.decl = "extern " + x.Name
	case *Block:
		w.block = x.Name
	}
	return func() { *w = old }
}

// Line gives the source line of an instruction or a terminator, or 0.
func Line(x any) int {
	v := reflect.ValueOf(x)
	if x == nil || v.IsNil() {
		return 0
	}
	at := shapes[v.Elem().Type()].field("at")
	if at == nil {
		return 0
	}
	return int(v.Elem().Field(at.index).Int())
}
