// This file tests the check of registers.

package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func reg(o Outcome, call, ret int, answer string, registers []int, do func(v []int) string) RegisterOp {
	return RegisterOp{
		Op:        Op{Outcome: o, Call: time.Duration(call), Return: time.Duration(ret), Answer: answer},
		Registers: registers, Do: do,
	}
}

func readOf(call, ret, r, got int) RegisterOp {
	return reg(Done, call, ret, fmt.Sprint(got), []int{r}, func(v []int) string { return fmt.Sprint(v[0]) })
}

func writeOf(call, ret, r, to int) RegisterOp {
	return reg(Done, call, ret, "", []int{r}, func(v []int) string { v[0] = to; return "" })
}

func casOf(call, ret, r, old, to int, ok bool) RegisterOp {
	return reg(Done, call, ret, fmt.Sprint(ok), []int{r}, func(v []int) string {
		if v[0] != old {
			return "false"
		}
		v[0] = to
		return "true"
	})
}

func swapOf(call, ret, a, b, gotA, gotB int) RegisterOp {
	return reg(Done, call, ret, fmt.Sprint(gotA, gotB), []int{a, b}, func(v []int) string {
		v[0], v[1] = v[1], v[0]
		return fmt.Sprint(v[1], v[0])
	})
}

func unknown(op RegisterOp) RegisterOp { op.Outcome = Unknown; return op }

func TestRegistersMadeByHand(t *testing.T) {
	for _, c := range []struct {
		name  string
		ops   []RegisterOp
		wrong bool
	}{
		{name: "nothing"},
		{name: "first values", ops: []RegisterOp{readOf(0, 1, 0, 7), readOf(0, 1, 1, 8)}},
		{name: "stale read", wrong: true, ops: []RegisterOp{writeOf(0, 1, 0, 5), readOf(2, 3, 0, 7)}},
		{name: "read during a write", ops: []RegisterOp{writeOf(0, 9, 0, 5), readOf(2, 3, 0, 7), readOf(4, 5, 0, 5)}},
		{name: "goes back during a write", wrong: true, ops: []RegisterOp{writeOf(0, 9, 0, 5), readOf(2, 3, 0, 5), readOf(4, 5, 0, 7)}},
		{name: "two winners of a CAS", wrong: true, ops: []RegisterOp{casOf(0, 9, 0, 7, 1, true), casOf(0, 9, 0, 7, 2, true)}},
		{name: "one winner of a CAS", ops: []RegisterOp{casOf(0, 9, 0, 7, 1, true), casOf(0, 9, 0, 7, 2, false)}},
		{name: "unknown write, seen", ops: []RegisterOp{unknown(writeOf(0, 0, 0, 5)), readOf(2, 3, 0, 7), readOf(4, 5, 0, 5)}},
		{name: "unknown write, seen early", wrong: true, ops: []RegisterOp{readOf(0, 1, 0, 5), unknown(writeOf(2, 0, 0, 5))}},
		{name: "unknown write, gone again", wrong: true, ops: []RegisterOp{unknown(writeOf(0, 0, 0, 5)), readOf(2, 3, 0, 5), readOf(4, 5, 0, 7)}},
		{name: "swap", ops: []RegisterOp{swapOf(0, 1, 0, 1, 7, 8), readOf(2, 3, 0, 8), readOf(2, 3, 1, 7)}},
		{name: "half a swap", wrong: true, ops: []RegisterOp{swapOf(0, 1, 0, 1, 7, 8), readOf(2, 3, 0, 8), readOf(2, 3, 1, 8)}},
		// Each register by itself could be: the swaps come in one order for the one, in the other order for the other.
		{name: "swaps in two orders", wrong: true, ops: []RegisterOp{swapOf(0, 9, 0, 1, 7, 8), swapOf(0, 9, 1, 2, 8, 9), readOf(10, 11, 0, 8), readOf(10, 11, 2, 7)}},
		{name: "failed, no trace", ops: []RegisterOp{reg(Failed, 0, 1, "", []int{0}, func(v []int) string { v[0] = 5; return "" }), readOf(2, 3, 0, 7)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := CheckRegisters([]int{7, 8, 9}, c.ops, time.Minute)
			require.NoError(t, err)
			require.Equal(t, c.wrong, a != nil, "%v", a)
			require.Equal(t, c.wrong, !registerOrders([]int{7, 8, 9}, c.ops), "the search through all orders")
			if c.wrong {
				require.NotEmpty(t, a.Cycle)
			}
		})
	}
}

// registerOrders tries all orders.
func registerOrders(first []int, ops []RegisterOp) bool {
	placed := make([]bool, len(ops))
	var try func(state []int) bool
	try = func(state []int) bool {
		all := true
		for i, op := range ops {
			if placed[i] || op.Outcome == Failed {
				continue
			}
			all = all && op.Outcome == Unknown
			early := false
			for j := range ops {
				early = early || !placed[j] && ops[j].Outcome == Done && before(&ops[j].Op, &ops[i].Op)
			}
			after := slices.Clone(state)
			var own []int
			for _, r := range op.Registers {
				own = append(own, after[r])
			}
			if answer := op.Do(own); early || answer != op.Answer && op.Outcome == Done {
				continue
			}
			for k, r := range op.Registers {
				after[r] = own[k]
			}
			placed[i] = true
			if try(after) {
				return true
			}
			placed[i] = false
		}
		return all
	}
	return try(first)
}

func TestRegistersSameVerdictAsAllOrders(t *testing.T) {
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 5))
	right, wrong := 0, 0
	for range 20_000 {
		var ops []RegisterOp
		first := []int{0, 1, 2}
		for range 2 + rnd.IntN(4) {
			call := rnd.IntN(12)
			ret, r, other := call+1+rnd.IntN(6), rnd.IntN(3), rnd.IntN(2)
			if other >= r {
				other++
			}
			var op RegisterOp
			switch rnd.IntN(5) {
			case 0:
				op = writeOf(call, ret, r, rnd.IntN(3))
			case 1:
				op = casOf(call, ret, r, rnd.IntN(3), rnd.IntN(3), rnd.IntN(2) == 0)
			case 2:
				op = swapOf(call, ret, r, other, rnd.IntN(3), rnd.IntN(3))
			default:
				op = readOf(call, ret, r, rnd.IntN(3))
			}
			if rnd.IntN(6) == 0 {
				op = unknown(op)
			}
			ops = append(ops, op)
		}
		a, err := CheckRegisters(first, ops, time.Minute)
		require.NoError(t, err)
		require.Equal(t, registerOrders(first, ops), a == nil, "%v", a)
		if a == nil {
			right++
		} else {
			wrong++
		}
	}
	t.Logf("%d are right, %d are wrong", right, wrong)
	require.Greater(t, min(right, wrong), 1000)
}
