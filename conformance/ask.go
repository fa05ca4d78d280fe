// This file holds what the tests have in common that send one request after another.

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// fatal ends a test.
func fatal(t T, format string, args ...any) {
	t.Helper()
	t.Errorf(format, args...)
	t.FailNow()
}

// mustAnswer ends a test to which no answer came.
func mustAnswer(t T, what string) func(Answer, error) Answer {
	return func(a Answer, err error) Answer {
		if err != nil {
			fatal(t, "%s: no answer: %v", what, err)
		}
		return a
	}
}

// stop ends a service that the test has started.
func stop(t T, s Service) {
	if err := s.Stop(); err != nil {
		t.Errorf("the application does not stop: %v", err)
	}
}

// call makes a request that must be answered. One that was refused for too much load, or rolled back for a conflict, is
// sent again.
func call(t T, s Session, r Request) Answer {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(pause) {
		a := mustAnswer(t, r.String())(s.Call(context.WithoutCancel(t.Context()), r))
		if a.Code != "Overloaded" && a.Code != "Conflict" || time.Since(begin) > patience {
			return a
		}
	}
}

// expect makes a request and compares its result, given as JSON.
func expect(t T, s Session, r Request, want string) bool {
	t.Helper()
	return equals(t, r.String(), call(t, s, r), want)
}

// equals compares a result, or a state, with what is expected, given as JSON.
func equals(t T, what string, a Answer, want string) bool {
	t.Helper()
	if got := normal(a); got != canonical(json.RawMessage(want)) {
		t.Errorf("%s\n  want %s\n  got  %s", what, want, got)
		return false
	}
	return true
}

// fails makes a request that must end with an error of a code.
func fails(t T, s Session, r Request, code string) Answer {
	t.Helper()
	a := call(t, s, r)
	if a.Code != code {
		t.Errorf("%s\n  want error %s\n  got  %s", r, code, shown(a))
	}
	return a
}

// shown is an answer for people.
func shown(a Answer) string {
	if a.Code == "" {
		return fmt.Sprintf("%.300s", a.Value)
	}
	return fmt.Sprintf("error %s %.300q", a.Code, a.Detail)
}

// stateOf gives an entity's state as text, "error NotFound" if there is none.
func stateOf(t T, s Session, typ, key string) string {
	t.Helper()
	a := mustAnswer(t, "get "+typ+"/"+key)(s.State(t.Context(), typ, key))
	if a.Code == "NotFound" {
		return "error NotFound"
	}
	return normal(a)
}
