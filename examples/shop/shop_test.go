// This file tests the shop as the plain Go it is.

package shop

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBuyItem(t *testing.T) {
	alice, pen := NewUser("alice", 100), NewItem("pen", 3)
	require.False(t, alice.BuyItem(2, pen), "out of stock")
	require.NoError(t, Restock([]*Item{pen}, 10))
	require.True(t, alice.BuyItem(2, pen))
	require.Equal(t, 94, alice.Balance)
	require.Equal(t, 8, pen.Stock())
	require.False(t, alice.BuyItem(50, pen), "too expensive")
	require.Equal(t, 8, pen.Stock())
}

func TestDeposit(t *testing.T) {
	alice := NewUser("alice", 1)
	require.NoError(t, alice.Deposit(4))
	require.ErrorIs(t, alice.Deposit(-1), ErrNegative)
	require.Equal(t, 5, alice.Balance)
}

func TestRestockNamesTheItem(t *testing.T) {
	require.EqualError(t, Restock([]*Item{NewItem("ink", 7)}, -2), `item "ink" has fewer than 2 pieces`)
}
