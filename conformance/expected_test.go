// This file holds what the suite expects to what plain Go answers, and writes it.

package conformance_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/conformance"
	"github.com/stateful-entities/sfc/conformance/driver"
	"github.com/stateful-entities/sfc/frontend/plain"
	"github.com/stateful-entities/sfc/internal/calls"
)

var updateExpected = flag.Bool("update-expected", false, "write what plain Go answers into the scripts of the application and cases/answers.json")

// TestExpectedOfScripts replays the application's scripts with plain Go.
func TestExpectedOfScripts(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, conformance.WriteApp(dir))
	out := filepath.Join(t.TempDir(), "oracle")
	require.NoError(t, plain.Build(t.Context(), plain.Options{Dir: dir, Patterns: []string{"./app"}, Out: out}))
	oracle := startProcess(t, out)
	scripts, err := filepath.Glob("app/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			text, err := os.ReadFile(script)
			require.NoError(t, err)
			requests, err := calls.Parse(script, text)
			require.NoError(t, err)
			c := &testCase{name: "app", script: requests}
			functions := oracle.ask(t, line{Request: driver.Request{Op: "describe", Program: conformance.AppModule + "/app"}}).Functions
			oracle.ask(t, line{Request: driver.Request{Op: "reset"}})
			got := playAt(t, oracle, conformance.AppModule+"/app", c, functions, 0)
			if *updateExpected {
				require.NoError(t, os.WriteFile(script, withAnswers(string(text), requests, got), 0o644))
				return
			}
			for _, r := range requests {
				require.NotNil(t, r.Want, "%s:%d expects nothing: run with -update-expected", r.File, r.Line)
			}
			checkScript(t, c, got)
		})
	}
}

// withAnswers writes a script with what was answered behind each request.
func withAnswers(text string, requests []*calls.Request, got record) []byte {
	lines := strings.Split(text, "\n")
	for i, r := range requests {
		answer := normalJSON(value(got.answers[i].Results))
		if e := got.answers[i].Error; e != nil {
			answer = conformance.NormalError(e.Code, e.Message)
		}
		lines[r.Line-1] = fmt.Sprintf("%-60s => %s", r.Text, answer)
	}
	return []byte(strings.Join(lines, "\n"))
}

// later is how much later requests come the second time: what depends on it is not expected.
const later = 1000 * 24 * time.Hour

// TestExpectedOfCases compares what the suite expects of the language cases with plain Go.
func TestExpectedOfCases(t *testing.T) {
	all, err := conformance.Cases()
	require.NoError(t, err)
	cases := allCases(t)
	cases = slices.DeleteFunc(cases, func(c *testCase) bool { return strings.HasPrefix(c.name, "examples/") })
	require.Len(t, cases, len(all))
	oracle := startOracle(t, layOut(t, cases), cases)
	got := map[string]conformance.Answers{}
	for i, c := range cases {
		require.Equal(t, all[i].Name, c.name)
		functions := describe(t, oracle, c)
		reset := func() {
			oracle.ask(t, line{Request: driver.Request{Op: "reset"}})
			oracle.ask(t, line{Request: driver.Request{Op: "copy"}, On: c.acceptsCopies()})
		}
		reset()
		first := playAt(t, oracle, "cases/"+c.name, c, functions, 0)
		reset()
		got[c.name] = expected(first, playAt(t, oracle, "cases/"+c.name, c, functions, later))
	}
	text, err := json.MarshalIndent(got, "", " ")
	require.NoError(t, err)
	if *updateExpected {
		require.NoError(t, os.WriteFile("cases/answers.json", append(text, '\n'), 0o644))
		return
	}
	want, err := os.ReadFile("cases/answers.json")
	require.NoError(t, err)
	require.Equal(t, string(want), string(text)+"\n", "cases/answers.json is not what plain Go answers: run with -update-expected")
}

// expected is what two runs at different times agree on.
func expected(a, b record) conformance.Answers {
	e := conformance.Answers{States: map[string]json.RawMessage{}}
	for i := range a.answers {
		text := normal(a.answers[i])
		if text != normal(b.answers[i]) {
			text = ""
		}
		e.Requests = append(e.Requests, text)
	}
	for _, typ := range slices.Sorted(maps.Keys(a.states)) {
		for key, state := range a.states[typ] {
			if normalJSON(state) == normalJSON(b.states[typ][key]) {
				e.States[typ+"/"+key] = json.RawMessage(normalJSON(state))
			}
		}
	}
	return e
}
