// This file tests how types look in Go.

package ir

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpelled(t *testing.T) {
	p := &Program{Types: []*TypeDef{
		{Name: "Pair[list int,u8]", Struct: []*FieldDef{{Name: "A", Type: Basic(I8)}}},
		{Name: "struct1", Alias: true, Struct: []*FieldDef{{Name: "n", Type: Basic(C64)}, {Name: "at", Type: Basic(Time)}}},
		{Name: "shaped", Alias: true, Iface: []*Sig{{Name: "Area", Type: &Type{Kind: FuncKind, Results: []*Type{Basic(F64)}}}}},
		{Name: "endless", Alias: true, Struct: []*FieldDef{{Name: "in", Type: ListType(NamedType("endless"))}}},
	}}
	for text, want := range map[string]string{
		"list u8": "[]uint8", "array 3 ptr Order": "[3]*Order", "map string ref Item": "map[string]*Item", "duration": "time.Duration",
		"func(int, ...string) (bool, error)": "func(int, ...string) (bool, error)", "func() (any)": "func() any", "func(f32)": "func(float32)",
		"go:math/big.Int": "big.Int", "money.Amount": "money.Amount", "list Pair[list int,u8]": "[]Pair[[]int, uint8]",
		"struct1": "struct{n complex64; at time.Time}", "ptr shaped": "*interface{Area() float64}", "endless": "struct{in []endless}",
	} {
		typ, err := ParseType(text)
		require.NoError(t, err)
		require.Equal(t, want, Spelled(p, typ))
	}
}
