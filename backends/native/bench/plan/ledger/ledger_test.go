// This file tests the application as the plain Go that it is.

package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTransferMovesMoneyOrFails(t *testing.T) {
	a, b := NewAccount("a", 10, [Fields]string{}), NewAccount("b", 1, [Fields]string{})
	require.NoError(t, a.Transfer(b, 7))
	require.ErrorIs(t, a.Transfer(b, 4), ErrFunds)
	require.Equal(t, []int{3, 8}, []int{a.balance, b.balance})
}

func TestUpdateWritesOneField(t *testing.T) {
	a := NewAccount("a", 0, [Fields]string{0: "x"})
	a.Update(9, "y")
	require.Equal(t, [Fields]string{0: "x", 9: "y"}, a.Read())
}

func TestDocument(t *testing.T) {
	d, j := NewDocument("d", 3, "old"), NewJournal("j")
	require.Equal(t, 1, d.Edit(1, "new"))
	require.Equal(t, 2, d.EditNoted(0, "x", j))
	require.Equal(t, 4, d.EditNoted(0, "y", j))
	require.Equal(t, []Part{{"part", "y"}, {"part", "new"}, {"part", "old"}}, d.parts)
}
