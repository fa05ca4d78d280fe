// This file tests which keys an entity can have.

package runner

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeysOfATypeHaveOneForm(t *testing.T) {
	integer := func(check func(string) error) *EntityType {
		return &EntityType{Name: "E", IntKey: true, CheckInt: check}
	}
	for _, tc := range []struct {
		ty   *EntityType
		keys string // separated by spaces
		fine bool
	}{
		{&EntityType{}, "a 007 +7 -0 ../x", true},
		{&EntityType{}, "a\xff", false},
		{integer(nil), "0 7 -7 9223372036854775807 -9223372036854775808", true},
		{integer(nil), "9223372036854775808 -9223372036854775809 007 +7 -0 00 0x7 1e3 7.0 ٧ 7_0 -", false},
		{integer(CheckIntKey[int8]), "127 -128", true},
		{integer(CheckIntKey[int8]), "128 -129 256 65536", false},
		{integer(CheckIntKey[uint8]), "0 255", true},
		{integer(CheckIntKey[uint8]), "256 -1 -0", false},
		{integer(CheckIntKey[uint64]), "18446744073709551615 9223372036854775808", true},
		{integer(CheckIntKey[uint64]), "18446744073709551616 -1 -9223372036854775808", false},
	} {
		for _, key := range strings.Split(tc.keys, " ") {
			require.Equal(t, tc.fine, tc.ty.KeyFault(key) == "", "%+v %q", tc.ty, key)
		}
	}
	require.Equal(t, "key is empty", integer(nil).KeyFault(""))
	require.Equal(t, `key "128" is not the decimal form of a value of type int8`, integer(CheckIntKey[int8]).KeyFault("128"))
	require.Equal(t, "key has 513 bytes, more than 512", (&EntityType{}).KeyFault(strings.Repeat("x", 513)))
}
