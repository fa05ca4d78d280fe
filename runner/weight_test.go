// This file tests what comparing, hashing, sorting and walking over much at once costs.

package runner_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

// spent gives the steps that f takes.
func spent(t *testing.T, f func(th *runner.Thread)) int64 {
	t.Helper()
	th := runner.Callback()
	before := th.Budget
	f(th)
	return before - th.Budget
}

func TestTextsWeigh(t *testing.T) {
	long, twin := strings.Repeat("a", 512_000), strings.Repeat("a", 512_000)
	cost := func(f func(th *runner.Thread)) int64 { return spent(t, f) }
	assert.EqualValues(t, 2000, cost(func(th *runner.Thread) { require.True(t, runner.SameText(th, long, twin)) }))
	assert.EqualValues(t, 0, cost(func(th *runner.Thread) { require.False(t, runner.SameText(th, long, twin+"b")) }), "lengths differ")
	assert.EqualValues(t, 0, cost(func(th *runner.Thread) { require.True(t, runner.SameText(th, "short", "short")) }))
	assert.EqualValues(t, 2000, cost(func(th *runner.Thread) { require.Equal(t, long, runner.Weighed(th, long)) }))
	assert.EqualValues(t, 2000, cost(func(th *runner.Thread) { require.True(t, runner.Equal(th, any(long), any(twin))) }))
	type key struct{ a, b any }
	assert.Greater(t, cost(func(th *runner.Thread) { runner.Flat(th, key{long, long}) }), int64(4000))
	assert.Greater(t, cost(func(th *runner.Thread) { runner.SortedKeys(th, map[string]int{long: 1, twin + "b": 2, twin + "c": 3}) }), int64(6000))
}

func TestCompared(t *testing.T) {
	type pair struct {
		name string
		n    int
	}
	long := strings.Repeat("a", 1<<20)
	var none any
	for _, tc := range []struct {
		v           any
		least, most int64
	}{
		{long, 1 << 20, 1<<20 + 16}, {[]string{long, long, "b"}, 2 << 20, 2<<20 + 100}, {[]int{1, 2, 3}, 24, 24}, {none, 0, 0},
		{[]pair{{long, 1}}, 1 << 20, 1<<20 + 1000}, {map[string]int{long: 1}, 1 << 20, 1<<20 + 1000}, {[]any{[]any{}, 7}, 32, 1000},
		{[1000]int{}, 8000, 16001},
	} {
		n := runner.Compared(runner.Callback(), tc.v)
		assert.GreaterOrEqual(t, n, tc.least, "%.40v", tc.v)
		assert.LessOrEqual(t, n, tc.most, "%.40v", tc.v)
	}
}

// Go keeps the room of a map's entries when they go: to walk over one that was large takes as long as when it was.
func TestMapsThatWereLargeCost(t *testing.T) {
	th := runner.Callback()
	m, small := map[int]int{}, map[int]int{1: 1}
	for i := range 50_000 {
		m[i] = i
	}
	for i := range 49_999 {
		runner.Shrinks(th, m)
		delete(m, i)
	}
	runner.Shrinks(th, small)
	assert.EqualValues(t, 50_000, runner.Slots(th, m))
	assert.EqualValues(t, 1, runner.Slots(th, small))
	cost := func(f func()) int64 {
		before := th.Budget
		f()
		return before - th.Budget
	}
	for name, walk := range map[string]func(m map[int]int){
		"keys": func(m map[int]int) { runner.SortedKeys(th, m) }, "size": func(m map[int]int) { runner.Size(th, m) },
		"entries": func(m map[int]int) { runner.Entries(th, m) }, "nested": func(m map[int]int) { runner.Nested(th, m) },
		"clear": func(m map[int]int) { runner.ClearMap(th, m) },
	} {
		assert.Greater(t, cost(func() { walk(m) }), int64(3000), name)
		assert.Less(t, cost(func() { walk(small) }), int64(20), name)
	}
}

// A value that is reached by two paths at each of its levels is walked as often as there are paths.
func TestNestedCountsPaths(t *testing.T) {
	var x any = []any{}
	for range 20 {
		x = []any{x, x}
	}
	assert.Greater(t, runner.Nested(runner.Callback(), x), int64(1<<20*16))
	assert.Less(t, runner.Size(runner.Callback(), x), int64(2000))
	for range 100 {
		x = []any{x, x}
	}
	assert.EqualValues(t, int64(math.MaxInt64), runner.Nested(runner.Callback(), x))
}
