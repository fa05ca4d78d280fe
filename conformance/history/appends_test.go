// This file tests the check of lists: by anomalies made by hand, by histories that are right because they were run one
// by one, by mutations of those, and by a search through all orders.

package history

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func add(list string, v int) Step                { return Step{List: list, Append: v} }
func saw(list string, seen ...int) Step          { return Step{List: list, Seen: seen} }
func done(call, ret int, steps ...Step) AppendOp { return op(Done, call, ret, steps...) }

func op(o Outcome, call, ret int, steps ...Step) AppendOp {
	return AppendOp{Op: Op{Text: fmt.Sprint(steps), Call: time.Duration(call), Return: time.Duration(ret), Outcome: o}, Steps: steps}
}

// atOnce is a history of requests that all overlap.
func atOnce(requests ...[]Step) (ops []AppendOp) {
	for _, steps := range requests {
		ops = append(ops, done(0, 10, steps...))
	}
	return ops
}

type steps = []Step

func TestAnomaliesMadeByHand(t *testing.T) {
	for _, c := range []struct {
		name  string
		ops   []AppendOp
		want  string // "": none
		cycle []int  // the operations on it, in any rotation; nil: not looked at
	}{
		{name: "nothing"},
		{name: "reads at every moment", ops: atOnce(steps{add("x", 1)}, steps{saw("x")}, steps{saw("x", 1)}, steps{saw("x", 1, 2)}, steps{add("x", 2)})},
		{name: "writes interleaved", want: "G0", cycle: []int{0, 1}, ops: atOnce(
			steps{add("x", 1), add("y", 2)}, steps{add("x", 3), add("y", 4)}, steps{saw("x", 1, 3)}, steps{saw("y", 4, 2)})},
		{name: "aborted read", want: "G1a", ops: []AppendOp{op(Failed, 0, 5, add("x", 1)), done(0, 9, saw("x", 1))}},
		{name: "aborted and not read", ops: []AppendOp{op(Failed, 0, 5, add("x", 1)), done(6, 9, saw("x"))}},
		{name: "intermediate read", want: "G1b", ops: atOnce(steps{add("x", 1), add("x", 2)}, steps{saw("x", 1)}, steps{saw("x", 1, 2)})},
		{name: "reads between its own appends", ops: atOnce(steps{add("x", 1), saw("x", 1), add("x", 2)}, steps{saw("x", 1, 2)})},
		{name: "each sees the other", want: "G1c", cycle: []int{0, 1}, ops: atOnce(steps{add("x", 1), saw("y", 2)}, steps{add("y", 2), saw("x", 1)})},
		{name: "read skew", want: "G-single", cycle: []int{0, 1}, ops: atOnce(steps{add("x", 1), add("y", 2)}, steps{saw("x"), saw("y", 2)}, steps{saw("x", 1)})},
		{name: "lost update", want: "G-single", cycle: []int{0, 1}, ops: atOnce(steps{saw("x"), add("x", 1)}, steps{saw("x"), add("x", 2)}, steps{saw("x", 1, 2)})},
		{name: "lost update that nobody sees", want: "G2", cycle: []int{0, 1}, ops: atOnce(steps{saw("x"), add("x", 1)}, steps{saw("x"), add("x", 2)})},
		{name: "write skew", want: "G2", cycle: []int{0, 1}, ops: atOnce(
			steps{saw("x"), add("y", 1)}, steps{saw("y"), add("x", 2)}, steps{saw("x", 2), saw("y", 1)})},
		{name: "write skew that nobody sees", want: "G2", cycle: []int{0, 1}, ops: atOnce(steps{saw("x"), add("y", 1)}, steps{saw("y"), add("x", 2)})},
		{name: "long fork", want: "G2", cycle: []int{0, 2, 1, 3}, ops: atOnce(
			steps{add("x", 1)}, steps{add("y", 2)}, steps{saw("x", 1), saw("y")}, steps{saw("x"), saw("y", 2)}, steps{saw("x", 1), saw("y", 2)})},
		{name: "stale read", want: "G-single-realtime", cycle: []int{0, 1}, ops: []AppendOp{done(0, 1, add("x", 1)), done(2, 3, saw("x")), done(4, 5, saw("x", 1))}},
		{name: "not stale at the same moment", ops: []AppendOp{done(0, 2, add("x", 1)), done(2, 3, saw("x")), done(4, 5, saw("x", 1))}},
		{name: "lost append", want: "G-single-realtime", cycle: []int{1, 2}, ops: []AppendOp{done(0, 1, add("x", 1)), done(2, 3, add("x", 2)), done(4, 5, saw("x", 1))}},
		{name: "lost append of all", want: "G-single-realtime", cycle: []int{0, 1}, ops: []AppendOp{done(0, 1, add("x", 1)), done(4, 5, saw("x"))}},
		{name: "appended in the wrong order", want: "G0-realtime", cycle: []int{0, 1}, ops: []AppendOp{done(0, 1, add("x", 1)), done(2, 3, add("x", 2)), done(0, 9, saw("x", 2, 1))}},
		{name: "seen before it was sent", want: "G1c-realtime", cycle: []int{0, 1}, ops: []AppendOp{done(0, 1, saw("x", 1)), done(2, 3, add("x", 1))}},
		{name: "skew over a third request", want: "G2-realtime", cycle: []int{0, 1, 2}, ops: []AppendOp{
			done(0, 1, add("y", 2)), done(2, 3, saw("x")), done(0, 9, add("x", 1), saw("y"))}},
		{name: "duplicate append", want: "duplicate append", ops: atOnce(steps{add("x", 1)}, steps{saw("x", 1, 1)})},
		{name: "never appended", want: "unknown number", ops: atOnce(steps{saw("x", 7)})},
		{name: "appended elsewhere", want: "unknown number", ops: atOnce(steps{add("y", 7)}, steps{saw("x", 7)})},
		{name: "two orders", want: "incompatible order", ops: atOnce(steps{add("x", 1)}, steps{add("x", 2)}, steps{saw("x", 1, 2)}, steps{saw("x", 2)})},
		{name: "own append not seen", want: "internal", ops: atOnce(steps{add("x", 1), saw("x")})},
		{name: "not what it read before", want: "internal", ops: atOnce(steps{saw("x"), saw("x", 1)}, steps{add("x", 1)})},
		{name: "own append seen early", want: "internal", ops: atOnce(steps{saw("x", 1), add("x", 1)})},
		{name: "unknown, seen", ops: []AppendOp{op(Unknown, 0, 0, add("x", 1)), done(1, 2, saw("x")), done(3, 4, saw("x", 1))}},
		{name: "unknown, never seen", ops: []AppendOp{op(Unknown, 0, 0, add("x", 1)), done(1, 2, saw("x"))}},
		{name: "unknown, seen before it was sent", want: "G1c-realtime", ops: []AppendOp{done(1, 2, saw("x", 1)), op(Unknown, 5, 0, add("x", 1))}},
		{name: "unknown, half of it seen", want: "G-single", cycle: []int{0, 1}, ops: []AppendOp{op(Unknown, 0, 0, add("x", 1), add("y", 2)), done(1, 2, saw("x", 1), saw("y"))}},
		{name: "unknown, gone again", want: "G-single-realtime", cycle: []int{0, 1, 2}, ops: []AppendOp{
			op(Unknown, 0, 0, add("x", 1)), done(1, 2, saw("x", 1)), done(3, 4, saw("x"))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := CheckAppends(c.ops)
			require.Equal(t, c.want == "", orders(c.ops), "the search through all orders")
			if c.want == "" {
				require.Empty(t, found)
				return
			}
			require.NotEmpty(t, found)
			require.Equal(t, c.want, found[0].Name, "%s", found[0])
			if c.cycle != nil {
				var got []int
				for _, l := range found[0].Cycle {
					require.NotEmpty(t, l.Why)
					got = append(got, slices.IndexFunc(c.ops, func(o AppendOp) bool { return o.Text == l.Op.Text }))
				}
				require.ElementsMatch(t, c.cycle, got, "%s", found[0])
			}
		})
	}
}

// orders says whether some order of the operations, in keeping with real time, gives each its answers: by trying all.
func orders(ops []AppendOp) bool {
	placed := make([]bool, len(ops))
	lists := map[string][]int{}
	blocked := func(i int) bool {
		for j := range ops {
			if !placed[j] && ops[j].Outcome == Done && before(&ops[j].Op, &ops[i].Op) {
				return true
			}
		}
		return false
	}
	var try func() bool
	try = func() bool {
		all := true
		for i := range ops {
			if placed[i] || ops[i].Outcome == Failed {
				continue
			}
			all = all && ops[i].Outcome == Unknown
			if blocked(i) {
				continue
			}
			old := maps.Clone(lists)
			if answers(ops[i], lists) {
				placed[i] = true
				if try() {
					return true
				}
				placed[i] = false
			}
			lists = old
		}
		return all
	}
	return try()
}

// answers runs an operation on lists and says whether it could answer as it did.
func answers(o AppendOp, lists map[string][]int) bool {
	for _, s := range o.Steps {
		switch {
		case s.Append != 0:
			lists[s.List] = append(slices.Clone(lists[s.List]), s.Append)
		case o.Outcome == Done && !slices.Equal(lists[s.List], s.Seen):
			return false
		}
	}
	return true
}

// A load says what a random history is made of.
type load struct {
	ops, clients, lists, longest int
	failed, unknown              int // of 100
}

// serial makes a history of requests that overlap in time and each of which takes effect at one moment.
func serial(rnd *rand.Rand, l load) []AppendOp {
	type started struct{ op, moment, ret int }
	now, number := 0, 0
	lists := map[string][]int{}
	var ops []AppendOp
	busy := make([]*started, l.clients)
	for len(ops) < l.ops || slices.ContainsFunc(busy, func(s *started) bool { return s != nil }) {
		now++
		c := rnd.IntN(l.clients)
		s := busy[c]
		switch {
		case s == nil && len(ops) < l.ops:
			o := AppendOp{Op: Op{Call: time.Duration(now), Outcome: Done}}
			for range 1 + rnd.IntN(l.longest) {
				step := Step{List: string(rune('a' + rnd.IntN(l.lists)))}
				if rnd.IntN(2) == 0 {
					number++
					step.Append = number
				}
				o.Steps = append(o.Steps, step)
			}
			switch n := rnd.IntN(100); {
			case n < l.failed:
				o.Outcome = Failed
			case n < l.failed+l.unknown:
				o.Outcome = Unknown
			}
			o.ID = fmt.Sprint(len(ops))
			ops = append(ops, o)
			busy[c] = &started{op: len(ops) - 1}
		case s == nil:
		case s.moment == 0: // it takes effect now
			s.moment = now
			o := &ops[s.op]
			if o.Outcome == Failed || o.Outcome == Unknown && rnd.IntN(2) == 0 {
				continue
			}
			for i := range o.Steps {
				if step := &o.Steps[i]; step.Append != 0 {
					lists[step.List] = append(slices.Clone(lists[step.List]), step.Append)
				} else if o.Outcome == Done {
					step.Seen = lists[step.List]
				}
			}
		default:
			if o := &ops[s.op]; o.Outcome != Unknown {
				o.Return = time.Duration(now)
			}
			busy[c] = nil
		}
	}
	return ops
}

// mutate changes one thing in a history and says what.
func mutate(rnd *rand.Rand, ops []AppendOp) string {
	type place struct{ op, step int }
	var reads, appends []place
	for i, o := range ops {
		for j, s := range o.Steps {
			switch {
			case o.Outcome != Done:
			case s.Append == 0:
				reads = append(reads, place{i, j})
			default:
				appends = append(appends, place{i, j})
			}
		}
	}
	if len(reads) == 0 || len(appends) == 0 {
		return "nothing"
	}
	r := reads[rnd.IntN(len(reads))]
	ops[r.op].Steps = slices.Clone(ops[r.op].Steps)
	step := &ops[r.op].Steps[r.step]
	step.Seen = slices.Clone(step.Seen)
	switch n := len(step.Seen); rnd.IntN(5) {
	case 0:
		if n > 0 {
			step.Seen = step.Seen[:n-1]
			return "a read shows less"
		}
	case 1:
		a := appends[rnd.IntN(len(appends))]
		step.Seen = append(step.Seen, ops[a.op].Steps[a.step].Append)
		return "a read shows more"
	case 2:
		if n > 1 {
			step.Seen[n-1], step.Seen[n-2] = step.Seen[n-2], step.Seen[n-1]
			return "a read shows another order"
		}
	case 3:
		ops[r.op].Call, ops[r.op].Return = ops[r.op].Call+7, ops[r.op].Return+7
		return "a request came later"
	case 4:
		a := appends[rnd.IntN(len(appends))]
		ops[a.op].Outcome = Failed
		return "a request that was done is said to have failed"
	}
	return "nothing"
}

const seed = 5

func TestSerialHistoriesAreAccepted(t *testing.T) {
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 200 {
		l := load{ops: 1 + rnd.IntN(300), clients: 1 + rnd.IntN(12), lists: 1 + rnd.IntN(6), longest: 1 + rnd.IntN(5), failed: rnd.IntN(20), unknown: rnd.IntN(20)}
		for _, a := range CheckAppends(serial(rnd, l)) {
			t.Fatalf("%+v: %s", l, a)
		}
	}
}

// TestSameVerdictAsAllOrders compares the check with a search through all orders, on small histories, right and wrong.
func TestSameVerdictAsAllOrders(t *testing.T) {
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	right, wrong := 0, map[string]int{}
	names := map[string]int{}
	for range 30_000 {
		ops := serial(rnd, load{ops: 2 + rnd.IntN(5), clients: 1 + rnd.IntN(4), lists: 1 + rnd.IntN(3), longest: 1 + rnd.IntN(3), failed: 10, unknown: 15})
		var what string
		for range rnd.IntN(3) {
			what = mutate(rnd, ops)
		}
		found := CheckAppends(ops)
		if want := orders(ops); want != (len(found) == 0) {
			for i := range ops {
				t.Logf("%s %v", ops[i].Op.String(), ops[i].Steps)
			}
			t.Fatalf("the search finds an order: %v; the check finds %v", want, found)
		}
		if len(found) == 0 {
			right++
			continue
		}
		wrong[what]++
		names[found[0].Name]++
	}
	t.Logf("%d are right; wrong by mutation: %v; found: %v", right, wrong, names)
	require.Greater(t, right, 1000)
	for _, what := range []string{"a read shows less", "a read shows more", "a read shows another order", "a request came later", "a request that was done is said to have failed"} {
		require.Greater(t, wrong[what], 100, what)
	}
}

// TestMutationsOfLongHistoriesAreFound changes one read of a history as long as those of the suite.
func TestMutationsOfLongHistoriesAreFound(t *testing.T) {
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 3))
	ops := serial(rnd, load{ops: 10_000, clients: 16, lists: 8, longest: 4, failed: 5, unknown: 1})
	begin := time.Now()
	require.Empty(t, CheckAppends(ops))
	t.Logf("%d operations are checked in %s", len(ops), time.Since(begin))
	for range 20 {
		bad := slices.Clone(ops)
		i := rnd.IntN(len(bad))
		j := slices.IndexFunc(bad[i].Steps, func(s Step) bool { return len(s.Seen) > 40 })
		if j < 0 {
			continue
		}
		bad[i].Steps = slices.Clone(bad[i].Steps)
		s := &bad[i].Steps[j]
		s.Seen = s.Seen[:len(s.Seen)-30]
		begin := time.Now()
		found := CheckAppends(bad)
		require.NotEmpty(t, found)
		require.Contains(t, found[0].String(), "["+bad[i].ID+"]")
		t.Logf("%s in %s", found[0].Name, time.Since(begin))
	}
}

// TestManyLosses checks a history in which most of what is acknowledged is never seen: it must end soon.
func TestManyLosses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(seed, 4))
	ops := serial(rnd, load{ops: 10_000, clients: 16, lists: 8, longest: 4})
	for i := range ops {
		for j := range ops[i].Steps {
			ops[i].Steps[j].Seen = nil
		}
	}
	ops = slices.DeleteFunc(ops, func(o AppendOp) bool { // a list that was appended to and read in one request is another fault
		lists := map[string]bool{}
		for _, s := range o.Steps {
			lists[s.List] = true
		}
		return len(lists) < len(o.Steps)
	})
	begin := time.Now()
	found := CheckAppends(ops)
	require.NotEmpty(t, found)
	t.Logf("%d operations, %s in %s", len(ops), found[0], time.Since(begin))
}
