// This file runs cases as plain Go, by the oracle, and compares answers.

package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/conformance/driver"
	"github.com/stateful-entities/sfc/frontend/plain"
	"github.com/stateful-entities/sfc/internal/calls"
)

// A record is what a run of a script gave.
type record struct {
	answers []driver.Answer // one a request
	states  map[string]map[string]json.RawMessage
}

// describe asks the oracle for a program's functions.
func describe(t testing.TB, oracle *process, c *testCase) map[string][]parameter {
	return oracle.ask(t, line{Request: driver.Request{Op: "describe", Program: "cases/" + c.name}}).Functions
}

// acceptsCopies says whether the source accepts copies somewhere: sharing and copying may then differ elsewhere too.
func (c *testCase) acceptsCopies() bool {
	for _, text := range c.files {
		if bytes.Contains([]byte(text), []byte("//sfc:copy")) {
			return true
		}
	}
	return false
}

// startOracle builds and starts the oracle of all cases.
func startOracle(t testing.TB, dir string, cases []*testCase) *process {
	var patterns []string
	for _, c := range cases {
		patterns = append(patterns, "./"+c.name)
	}
	out := filepath.Join(t.TempDir(), "oracle")
	require.NoError(t, plain.Build(context.Background(), plain.Options{Dir: dir, Patterns: patterns, Out: out}))
	return startProcess(t, out)
}

func runPlain(t testing.TB, oracle *process, c *testCase, functions map[string][]parameter, copies bool) record {
	return runPlainAt(t, oracle, c, functions, copies, 0)
}

// runPlainAt runs a script as if it came some time later.
func runPlainAt(t testing.TB, oracle *process, c *testCase, functions map[string][]parameter, copies bool, later time.Duration) record {
	program := "cases/" + c.name
	oracle.ask(t, line{Request: driver.Request{Op: "reset"}})
	oracle.ask(t, line{Request: driver.Request{Op: "copy"}, On: copies})
	return playAt(t, oracle, program, c, functions, later)
}

func play(t testing.TB, p *process, program string, c *testCase, functions map[string][]parameter) record {
	return playAt(t, p, program, c, functions, 0)
}

// playAt runs a script some time later. A request id that comes again is not put again: keeping answers is the backends'
// business.
func playAt(t testing.TB, p *process, program string, c *testCase, functions map[string][]parameter, later time.Duration) record {
	var r record
	known := map[string]driver.Answer{}
	for i, request := range c.script {
		if request.Get {
			states := p.ask(t, line{Request: driver.Request{Op: "states", Program: program}}).States
			r.answers = append(r.answers, stateAnswer(states, request))
			continue
		}
		a, seen := known[request.ID]
		if !seen || request.ID == "" {
			l := call(program, i, request, functions)
			l.Time = l.Time.Add(later + time.Duration(i)*later/1000) // other times of day, other times between
			l.ID = strconv.Itoa(i) + request.ID                      // the same for the oracle and for generated programs
			a = p.ask(t, l).Answer
			known[request.ID] = a
		}
		r.answers = append(r.answers, a)
	}
	r.states = p.ask(t, line{Request: driver.Request{Op: "states", Program: program}}).States
	return r
}

func stateAnswer(states map[string]map[string]json.RawMessage, r *calls.Request) driver.Answer {
	if state, ok := states[r.Type][r.Key]; ok {
		return driver.Answer{Results: []json.RawMessage{state}}
	}
	return driver.Answer{Error: &driver.Failure{Code: "NotFound", Message: r.Type + "/" + r.Key}}
}

// checkScript compares the oracle's answers with what the script itself expects, where it does.
func checkScript(t testing.TB, c *testCase, r record) {
	for i, request := range c.script {
		if request.Want == nil {
			continue
		}
		a := calls.Answer{Value: value(r.answers[i].Results)}
		if e := r.answers[i].Error; e != nil {
			a = calls.Answer{Code: e.Code, Error: e.Message}
		}
		if f := calls.Check(request, a); f != nil {
			t.Errorf("plain Go: %v", f)
		}
	}
}

// value puts results together as the HTTP API does.
func value(results []json.RawMessage) json.RawMessage {
	switch len(results) {
	case 0:
		return json.RawMessage("null")
	case 1:
		return results[0]
	}
	all, _ := json.Marshal(results) // they are JSON already
	return all
}

func requireEqual(t testing.TB, c *testCase, want, got record, under string) {
	for _, d := range differences(c, want, got, under) {
		t.Error(d)
	}
}

// differences compares answers and final states.
func differences(c *testCase, want, got record, under string) (found []string) {
	for i, request := range c.script {
		w, g := normal(want.answers[i]), normal(got.answers[i])
		if w != g {
			found = append(found, fmt.Sprintf("%s:%d: %s\n  plain Go: %s\n  %s: %s", request.File, request.Line, request.Text, w, under, g))
		} else if e := want.answers[i].Error; e != nil && e.Code == "Panic" && !strings.HasSuffix(e.At, got.answers[i].Error.At) {
			found = append(found, fmt.Sprintf("%s:%d: %s\n  plain Go: panics at %s\n  %s: at %s", request.File, request.Line, request.Text, e.At, under, got.answers[i].Error.At))
		}
	}
	if w, g := normalJSON(want.states), normalJSON(got.states); w != g {
		found = append(found, fmt.Sprintf("%s: final states\n  plain Go: %s\n  %s: %s", c.name, w, under, g))
	}
	return found
}

// normal writes an answer so that equal ones are equal texts. Texts of refusals and stops are each side's own.
func normal(a driver.Answer) string {
	if a.Error == nil {
		return normalJSON(value(a.Results))
	}
	if a.Error.Code == "InvalidArgument" || a.Error.Code == "LimitExceeded" {
		return "error " + a.Error.Code
	}
	if a.Error.Code == "NotFound" && !bytes.Contains([]byte(a.Error.Message), []byte(" does not exist")) {
		return "error " + a.Error.Code
	}
	return fmt.Sprintf("error %s %q", a.Error.Code, a.Error.Message)
}

// normalJSON sorts members; numbers keep their text.
func normalJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return err.Error()
	}
	text, err = json.Marshal(x)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
