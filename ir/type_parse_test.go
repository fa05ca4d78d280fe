// This file tests that types are read from their text, and what is refused.

package ir

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseTypeReadsWhatStringWrites(t *testing.T) {
	for text, want := range map[string]*Type{
		"int":                                Basic(Int),
		"list u8":                            ListType(Basic(U8)),
		"array 3 list string":                ArrayType(3, ListType(Basic(String))),
		"map string list ref A":              MapType(Basic(String), ListType(RefType("A"))),
		"ptr money.Amount":                   PtrType(NamedType("money.Amount")),
		"list Pair[int, map string list u8]": ListType(NamedType("Pair[int, map string list u8]")),
		"go:strings.Builder":                 HostType("go:strings.Builder"),
		"func()":                             {Kind: FuncKind},
		"map ref A func(int, ...string) (bool, error)": MapType(RefType("A"), &Type{Kind: FuncKind, Variadic: true,
			Params: []*Type{Basic(Int), ListType(Basic(String))}, Results: []*Type{Basic(Bool), Basic(Error)}}),
		"func(func() (int)) (func(int))": {Kind: FuncKind,
			Params:  []*Type{{Kind: FuncKind, Results: []*Type{Basic(Int)}}},
			Results: []*Type{{Kind: FuncKind, Params: []*Type{Basic(Int)}}}},
	} {
		got, err := ParseType(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		assert.True(t, want.Equal(got), text)
		assert.Equal(t, text, want.String())
	}
}

func TestParseTypeRefusesWithTheText(t *testing.T) {
	for text, want := range map[string]string{
		"":                              `type "": a type is missing before ""`,
		"list":                          `type "list": a type is missing before ""`,
		"map string":                    `type "map string": a type is missing before ""`,
		"int int":                       `type "int int": unexpected "int"`,
		"array -1 int":                  `array length "-1" is not a number below 2^31`,
		"array 01 int":                  `array length "01" is not a number below 2^31`,
		"array 4294967296 int":          `is not a number below 2^31`,
		"func":                          `func needs its parameters at once`,
		"func(int":                      `unexpected ""`,
		"func(...int, int)":             `parameter after ...`,
		"func() ()":                     `a type is missing before ")"`,
		"Pair[int":                      `unclosed bracket`,
		"a]":                            `unexpected "]"`,
		"a\nb":                          `control or invalid character`,
		strings.Repeat("list ", 100):    `nested deeper than 64`,
		strings.Repeat("func(", 100000): `nested deeper than 64`,
	} {
		_, err := ParseType(text)
		require.ErrorContains(t, err, want)
	}
}

func TestEqualTellsTypesApart(t *testing.T) {
	texts := []string{"int", "i64", "list int", "array 1 int", "array 2 int", "map int int", "ptr int", "ref int2", "int2",
		"func()", "func(int)", "func() (int)", "func(list int)", "func(...int)"}
	for i, a := range texts {
		for j, b := range texts {
			ta, err := ParseType(a)
			require.NoError(t, err)
			tb, err := ParseType(b)
			require.NoError(t, err)
			assert.Equal(t, i == j, ta.Equal(tb), "%s and %s", a, b)
		}
	}
}
