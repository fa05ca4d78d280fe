// This file tests the order of keys and the ids that gateways make.

package gateway

import (
	"cmp"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

func TestCompareKeys(t *testing.T) {
	keys := []string{"0", "1", "-1", "9", "10", "-9", "-10", "123", "-123", "9223372036854775807", "18446744073709551615", "-9223372036854775808"}
	for _, a := range keys {
		for _, b := range keys {
			x, _ := new(big.Int).SetString(a, 10)
			y, _ := new(big.Int).SetString(b, 10)
			require.Equal(t, x.Cmp(y), CompareKeys(&runner.EntityType{IntKey: true}, a, b), "%s %s", a, b)
			require.Equal(t, cmp.Compare(a, b), CompareKeys(&runner.EntityType{}, a, b), "%s %s", a, b)
		}
	}
}

func TestMadeIDs(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 999, time.UTC)
	id, other := NewID(at), NewID(at)
	require.NotEqual(t, id, other)
	require.Nil(t, CheckID(id))
	made, ok := MadeAt(id)
	require.True(t, ok)
	require.Equal(t, at.Truncate(time.Second), made)
	require.Less(t, id, NewID(at.Add(time.Second)), "they sort by time")
	for _, client := range []string{"", "auto-", "auto-x", "r-1", id[:len(id)-1], id + "x", "auto-!" + id[6:]} {
		_, ok := MadeAt(client)
		require.False(t, ok, client)
	}
}
