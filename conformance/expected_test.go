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

// answersFile is where the suite has the answers of the cases.
const answersFile = "cases/answers.json"

// An answerBook is what the suite expects of the language cases, by name; with -update-expected, what it will expect.
type answerBook map[string]conformance.Answers

func readExpected(t *testing.T) answerBook {
	book := answerBook{}
	if !*updateExpected {
		text, err := os.ReadFile(answersFile)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &book))
	}
	return book
}

// check compares what the suite expects of a case with plain Go.
func (b answerBook) check(t *testing.T, c *testCase, got conformance.Answers) {
	if *updateExpected {
		b[c.name] = got
		return
	}
	want, ok := b[c.name]
	require.True(t, ok, "%s has no entry of this case: run go test ./conformance -run TestGenerated -update-expected", answersFile)
	require.Equal(t, got.Requests, want.Requests, "%s is not what plain Go answers: run with -update-expected", answersFile)
	require.JSONEq(t, normalJSON(got.States), normalJSON(want.States))
}

// write writes the answers of all cases, if that is asked for. Cases that are no more have none.
func (b answerBook) write(t *testing.T) {
	if *updateExpected {
		text, err := json.MarshalIndent(b, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(answersFile, append(text, '\n'), 0o644))
	}
}

// TestEveryCaseIsExpected: the suite has the same cases as the tests of the compiler, each with answers.
func TestEveryCaseIsExpected(t *testing.T) {
	all, err := conformance.Cases()
	require.NoError(t, err)
	cases := slices.DeleteFunc(allCases(t), func(c *testCase) bool { return strings.HasPrefix(c.name, "examples/") })
	require.Len(t, all, len(cases))
	book := readExpected(t)
	for i, c := range cases {
		require.Equal(t, c.name, all[i].Name)
		if !*updateExpected {
			require.Len(t, book[c.name].Requests, len(c.script), "%s: run go test ./conformance -run TestGenerated -update-expected", c.name)
		}
	}
}

// later is how much later requests come the second time: what depends on it is not expected.
const later = 1000 * (25*time.Hour + 7*time.Minute + 11*time.Second + 13*time.Millisecond)

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
