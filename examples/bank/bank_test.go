// This file tests the bank as the plain Go it is.

package bank

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func open(t *testing.T, owner string, deposit int) *Account {
	t.Helper()
	a, err := Open(owner, deposit)
	require.NoError(t, err)
	return a
}

func TestTransfersInBothDirections(t *testing.T) {
	alice, bob := open(t, "alice", 100), open(t, "bob", 50)
	require.NoError(t, Transfer(alice, bob, 30))
	require.NoError(t, bob.Send(alice, 5))
	require.NoError(t, alice.Collect(bob, 10))
	require.Equal(t, 85, alice.Balance())
	require.Equal(t, 65, bob.Balance())
	require.Equal(t, 150, Total(alice, bob))
}

func TestOverdraft(t *testing.T) {
	alice, bob := open(t, "alice", 10), open(t, "bob", 0)
	require.ErrorIs(t, Transfer(alice, bob, 11), ErrOverdraft)
	require.Error(t, Transfer(alice, alice, 1))
	require.ErrorIs(t, alice.Send(bob, 0), ErrAmount)
	taken, err := bob.CollectUpTo(alice, 25)
	require.NoError(t, err)
	require.Equal(t, 10, taken)
	_, err = Open("carol", -1)
	require.ErrorIs(t, err, ErrAmount)
}

func TestAuditCallsBack(t *testing.T) {
	alice, eve := open(t, "alice", 10), NewAuditor("eve")
	right, times := alice.Audit(eve)
	require.True(t, right)
	require.Equal(t, 1, times)
	alice.entries = append(alice.entries, 7)
	require.False(t, eve.Examine(alice))
	require.Equal(t, []string{"alice"}, eve.Wrong)
}
