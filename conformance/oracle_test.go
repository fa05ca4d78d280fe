// This file compares generated programs with plain Go: the same requests, the same answers, the same states.

package conformance_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/conformance/driver"
)

// TestGeneratedProgramsEqualPlainGo is the promise of the project: accepted programs answer as plain Go does.
func TestGeneratedProgramsEqualPlainGo(t *testing.T) {
	cases := allCases(t)
	require.Greater(t, len(cases), 120)
	dir := layOut(t, cases)
	oracle := startOracle(t, dir, cases)
	g := generateAll(t, dir, cases)
	programs := startProcess(t, g.path)
	answers := readExpected(t)
	seeds := []uint64{rand.Uint64(), rand.Uint64(), rand.Uint64()}
	t.Logf("seeds of the order of messages: %d", seeds)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			functions := describe(t, oracle, c)
			want := runPlain(t, oracle, c, functions, false)
			checkScript(t, c, want)
			if c.acceptsCopies() {
				want = runPlain(t, oracle, c, functions, true)
			} else {
				requireEqual(t, c, want, runPlain(t, oracle, c, functions, true), "plain Go that copies at every call of an entity")
			}
			if !strings.HasPrefix(c.name, "examples/") {
				answers.check(t, c, expected(want, runPlainAt(t, oracle, c, functions, c.acceptsCopies(), later)))
			}
			if why, failed := g.failed[c.name]; failed {
				t.Fatal(why)
			}
			requireEqual(t, c, want, runGenerated(t, programs, c.name, c, functions, "direct", 0), "direct")
			requireEqual(t, c, want, runGenerated(t, programs, c.name, c, functions, "chaos", 0), "chaos")
			for _, seed := range seeds {
				requireEqual(t, c, want, runGenerated(t, programs, c.name, c, functions, "messages", seed), "messages")
			}
		})
	}
	answers.write(t)
}

func runGenerated(t testing.TB, programs *process, program string, c *testCase, functions map[string][]parameter, under string, seed uint64) record {
	programs.ask(t, line{Request: driver.Request{Op: "start", Program: program, Driver: under, Seed: seed}})
	return play(t, programs, program, c, functions)
}
