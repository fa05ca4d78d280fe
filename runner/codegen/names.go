// This file gives every declaration, local and label of a program a Go identifier that collides with nothing.

package codegen

import (
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// names is a set of taken identifiers with an enclosing one: what it hands out shadows nothing. It hands out nothing that
// it avoids either, but for a declaration that must have that name.
type names struct {
	outer  *names
	taken  map[string]bool
	avoids func(id string) bool
}

func newNames(outer *names) *names { return &names{outer: outer, taken: map[string]bool{}} }

func (n *names) has(id string) bool {
	return n.taken[id] || n.outer != nil && n.outer.has(id)
}

// pick takes the identifier that is like want and free, want itself or want with a number, and the same behind each of
// the prefixes.
func (n *names) pick(want string, prefixes ...string) string {
	id := want
	inUse := func() bool {
		return n.has(id) || n.avoids != nil && n.avoids(id) ||
			slices.ContainsFunc(prefixes, func(prefix string) bool { return n.has(prefix + id) })
	}
	for i := 2; inUse(); i++ {
		id = want + "_" + strconv.Itoa(i)
	}
	n.taken[id] = true
	for _, prefix := range prefixes {
		n.taken[prefix+id] = true
	}
	return id
}

func (n *names) reserve(ids ...string) {
	for _, id := range ids {
		n.taken[id] = true
	}
}

// predeclared are Go's predeclared names: generated code uses them, so nothing may hide them.
var predeclared = strings.Fields(`any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32
	int64 rune string uint uint8 uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex copy
	delete imag len make max min new panic print println real recover init main`)

// ownWords are what generated functions and frames call their own things; ir.TakenName knows those that are not methods.
var ownWords = strings.Fields(`t f l steps depth pc unw run done caught draft clo
	Func Step Args Results Enc Dec Unwind Call`)

func isWord(id string) bool { return token.IsKeyword(id) || id == "_" || id == "" }

// identifier makes a Go identifier that is readable as the given name: User.BuyItem$1 becomes User_BuyItem_1, map
// string int becomes map_string_int.
func identifier(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.TrimPrefix(name, "go:") {
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if b.Len() == 0 && unicode.IsDigit(r) || gap && b.Len() > 0 {
			b.WriteByte('_')
		}
		gap = false
		b.WriteRune(r)
	}
	id := b.String()
	if isWord(id) {
		return id + "_"
	}
	return id
}
