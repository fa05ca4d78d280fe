// This file holds the tests of deadlines: they are checked before a request runs, never inside it.

package conformance

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
)

func deadlines() []Test {
	test := func(name, says string, run func(T, *Bench)) Test {
		return Test{Name: "deadlines/" + name, Promise: Deadlines, Set: Core, Says: says, Run: run}
	}
	return []Test{
		test("passed", "a request whose deadline has passed is refused, and has no effect", passedDeadlines),
		test("ahead", "a request whose deadline is ahead runs as any other", aheadDeadlines),
		test("not_recorded", "a request that was refused for its deadline has not used its id", unrecordedDeadlines),
		test("waiting", "a request that waits beyond its deadline is refused or runs, and its answer says which", waitingDeadlines),
		test("malformed", "a deadline that is no time is refused", malformedDeadlines),
	}
}

func newCell(t T, r *Bench, s Session) string {
	key := r.Name("cell")
	expect(t, s, To("NewCell", key, 0), fmt.Sprintf("%q", key))
	return key
}

func by(r Request, deadline time.Time) Request {
	r.Deadline = deadline
	return r
}

func passedDeadlines(t T, r *Bench) {
	s := r.Session(t)
	key := newCell(t, r, s)
	for _, ago := range []time.Duration{time.Second, time.Hour, 50 * 365 * 24 * time.Hour} {
		fails(t, s, by(On("Cell", key, "Add", 1), time.Now().Add(-ago)), "DeadlineExceeded")
	}
	expect(t, s, On("Cell", key, "Get"), "0")
}

func aheadDeadlines(t T, r *Bench) {
	s := r.Session(t)
	key := newCell(t, r, s)
	expect(t, s, by(On("Cell", key, "Add", 1), time.Now().Add(time.Minute)), "1")
	expect(t, s, by(On("Cell", key, "Add", 1), time.Now().Add(24*time.Hour).In(time.FixedZone("", 3600))), "2")
}

func unrecordedDeadlines(t T, r *Bench) {
	s := r.Session(t)
	key, id := newCell(t, r, s), r.Name("late")
	fails(t, s, by(On("Cell", key, "Add", 1).With(id), time.Now().Add(-time.Second)), "DeadlineExceeded")
	expect(t, s, On("Cell", key, "Add", 1).With(id), "1")
	expect(t, s, On("Cell", key, "Get"), "1")
}

// waitingDeadlines puts requests with short deadlines behind a slow one. Which of them run is chance: the sum tells.
func waitingDeadlines(t T, r *Bench) {
	service := r.Shared(t)
	s := service.Session()
	key, slow := newCell(t, r, s), r.Name("slow")
	expect(t, s, To("NewBurner", slow), fmt.Sprintf("%q", slow))
	var group sync.WaitGroup
	group.Go(func() { call(t, service.Session(), On("Burner", slow, "Spin", 50_000_000)) })
	var guard sync.Mutex
	ran, unknown := 0, 0
	for i := range 8 {
		group.Go(func() {
			a, err := service.Session().Call(t.Context(), by(On("Cell", key, "Add", 1), time.Now().Add(time.Duration(10+20*i)*time.Millisecond)))
			guard.Lock()
			defer guard.Unlock()
			switch {
			case err != nil || a.Code == "Unavailable":
				unknown++
			case a.Code == "":
				ran++
			case a.Code != "DeadlineExceeded" && a.Code != "Overloaded" && a.Code != "Conflict":
				t.Errorf("want a result or DeadlineExceeded, got %s", shown(a))
			}
		})
	}
	group.Wait()
	var n int
	a := call(t, s, On("Cell", key, "Get"))
	if _, err := fmt.Sscan(string(a.Value), &n); err != nil || n < ran || n > ran+unknown {
		t.Errorf("%d requests were answered with a result, %d without saying, and %s have run", ran, unknown, shown(a))
	}
}

func malformedDeadlines(t T, r *Bench) {
	s := r.Session(t)
	key := newCell(t, r, s)
	for _, text := range []string{"soon", "12", "2026-01-01", "2026-13-01T00:00:00Z", "10s"} {
		header := http.Header{gateway.HeaderDeadline: {text}}
		isProblem(t, s, rawRequest{http.MethodPost, "/v1/Cell/" + segment(key) + "/Add", header, "[1]"}, http.StatusBadRequest, "InvalidArgument")
	}
	expect(t, s, On("Cell", key, "Get"), "0")
}
