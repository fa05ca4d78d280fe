// This file lists the identifiers that hosts cannot leave to declarations of a program.

package ir

import (
	"slices"
	"strings"
)

// takenNames are what generated Go code calls its own things, in every function or once, and Go's predeclared names.
var takenNames = strings.Fields(`t f l steps depth pc unw run done caught draft clo e d v n i h x r p state ok
	Program program runner
	any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string
	uint uint8 uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex copy delete imag len make max
	min new panic print println real recover init main`)

// TakenName says whether generated code has a use of its own for an identifier. A declaration of that name gets another one
// there, which a host that prints names of types would show.
func TakenName(id string) bool {
	if numbered := strings.TrimRight(id, "0123456789"); numbered != id && (numbered == "a" || numbered == "r") {
		return true // parameters and results
	}
	return slices.Contains(takenNames, id)
}
