// This file tests orders as the plain Go they are.

package orders

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrderReservesAndShips(t *testing.T) {
	pen, ink := NewItem("pen", 3, 10), NewItem("ink", 7, 2)
	o, err := NewOrder(1, []Line{{pen, 4}, {ink, 2}})
	require.NoError(t, err)
	pieces, cost := o.Total()
	require.Equal(t, 6, pieces)
	require.Equal(t, 26, cost)
	require.NoError(t, o.Ship())
	require.EqualError(t, o.Cancel(), "order 1 is shipped already")
	require.Equal(t, 18, pen.Worth())
	require.Equal(t, 0, ink.Worth())
}

func TestOrderCancelled(t *testing.T) {
	pen := NewItem("pen", 3, 10)
	o, pieces, err := OrderOrLess(1, pen, 12)
	require.NoError(t, err)
	require.Equal(t, 10, pieces)
	require.NoError(t, o.Cancel())
	require.Equal(t, "cancelled", o.Status())
	require.Equal(t, 30, pen.Worth())
}

func TestOrderRefused(t *testing.T) {
	_, err := NewOrder(1, nil)
	require.ErrorIs(t, err, ErrEmpty)
	_, err = NewOrder(2, []Line{{NewItem("pen", 3, 1), 2}})
	require.ErrorIs(t, err, ErrShort)
}

func TestTree(t *testing.T) {
	root := NewCategory("all", NewItem("bag", 1, 1))
	paper := NewCategory("paper", NewItem("block", 2, 3))
	root.Add(paper)
	root.Add(NewCategory("pens", NewItem("pen", 3, 10), NewItem("ink", 7, 2)))
	paper.Add(NewCategory("cards"))
	require.Equal(t, 51, root.Worth())
	require.Equal(t, 3, root.Depth())
	require.Equal(t, 0, (*Category)(nil).Worth())
}
