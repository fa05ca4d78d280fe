// This file tests where selections end.

package where

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

type small struct {
	N    int
	Text string
}

var smallType = &runner.EntityType{Name: "Small", New: func() any { return new(small) }}

// pick selects of n entities, whose keys sort as their numbers.
func pick(t *testing.T, n int, text func(i int) string, sel gateway.Selection) *Picker {
	p, fail := NewPicker(codec, smallType, sel)
	require.Nil(t, fail)
	for i := range n {
		key := fmt.Sprintf("%07d", i)
		if sel.After != "" && key <= sel.After {
			continue
		}
		if p.Full() {
			break
		}
		require.NoError(t, p.Take(context.Background(), key, &small{i, text(i)}))
	}
	return p
}

func none(int) string { return "" }

// TestSelectionsEnd: one that looks at very many entities, works very long or finds very much ends, and says where to go
// on; without a limit it does not end.
func TestSelectionsEnd(t *testing.T) {
	n := MaxLooked + 10
	sel := gateway.Selection{Where: fmt.Sprintf("N == %d", n-1), Limit: 5}
	p := pick(t, n, none, sel)
	require.Empty(t, p.Found)
	require.Equal(t, fmt.Sprintf("%07d", MaxLooked-1), p.More)
	sel.After = p.More
	p = pick(t, n, none, sel)
	require.Len(t, p.Found, 1)
	require.Empty(t, p.More)
	sel.After, sel.Limit = "", 0
	p = pick(t, n, none, sel)
	require.Len(t, p.Found, 1)

	ten := "[1,2,3,4,5,6,7,8,9,10].all"
	slow := ten + "(a, " + ten + "(b, " + ten + "(c, " + ten + "(d, a+b+c+d > N - N))))"
	p = pick(t, 1000, none, gateway.Selection{Where: slow, Limit: 1000})
	require.NotEmpty(t, p.More)
	require.Less(t, len(p.Found), 1000)
	t.Logf("%d entities of cost %d", len(p.Found), p.work/uint64(len(p.Found)))

	long := strings.Repeat("x", 1<<20)
	p = pick(t, 20, func(int) string { return long }, gateway.Selection{Limit: 20})
	require.Len(t, p.Found, 16)
	require.Equal(t, "0000015", p.More)
}

func TestSelectionIsGivenUp(t *testing.T) {
	p, fail := NewPicker(codec, smallType, gateway.Selection{})
	require.Nil(t, fail)
	ctx, leave := context.WithCancel(context.Background())
	leave()
	require.ErrorIs(t, p.Take(ctx, "a", &small{}), context.Canceled)
}
