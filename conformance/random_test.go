// This file holds the compiler to random programs that share, copy and write memory.

package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/internal/calls"
)

// randomPrograms is how many are tried, of the seeds from 1; SFC_RANDOM sets another number, SFC_SEED the first seed.
const randomPrograms = 60

// TestRandomProgramsEqualPlainGo: a random program is refused, or sharing and copying cannot be told apart in it and the
// generated code answers as plain Go does.
func TestRandomProgramsEqualPlainGo(t *testing.T) {
	first, count := uint64(1), uint64(randomPrograms)
	if s := os.Getenv("SFC_SEED"); s != "" {
		var err error
		first, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
	}
	if s := os.Getenv("SFC_RANDOM"); s != "" {
		var err error
		count, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("programs of the seeds %d to %d (SFC_SEED and SFC_RANDOM choose others)", first, first+count-1)
	var cases []*testCase
	for seed := first; seed < first+count; seed++ {
		name := fmt.Sprintf("f%d", seed)
		source, script := randomProgram(rand.New(rand.NewPCG(seed, 1)), name)
		c := &testCase{name: "random/" + name, files: map[string]string{name + ".go": source}}
		var err error
		c.script, err = calls.Parse(name+"/calls.txt", []byte(script))
		require.NoError(t, err)
		cases = append(cases, c)
	}
	dir := layOut(t, cases)
	oracle := startOracle(t, dir, cases)
	g := generateAll(t, dir, cases)
	programs := startProcess(t, g.path)
	accepted := 0
	for _, c := range cases {
		why, refused := g.failed[c.name]
		if refused && onlyCopies(why) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if refused {
				t.Fatal(why)
			}
			accepted++
			functions := describe(t, oracle, c)
			want := runPlain(t, oracle, c, functions, false)
			requireEqual(t, c, want, runPlain(t, oracle, c, functions, true), "plain Go that copies at every call of an entity")
			requireEqual(t, c, want, runGenerated(t, programs, c.name, c, functions, "direct", 0), "direct")
			requireEqual(t, c, want, runGenerated(t, programs, c.name, c, functions, "chaos", 0), "chaos")
			requireEqual(t, c, want, runGenerated(t, programs, c.name, c, functions, "messages", 1), "messages")
		})
	}
	t.Logf("%d of %d accepted", accepted, count)
}

// onlyCopies says whether a program was refused because copying may show, and for nothing else.
func onlyCopies(why string) bool {
	for _, l := range strings.Split(strings.TrimPrefix(why, "frontend: "), "\n") {
		if strings.Contains(l, "(SF") && !strings.Contains(l, "(SF14") && !strings.Contains(l, "warning: ") {
			return false
		}
	}
	return strings.Contains(why, "(SF14")
}
