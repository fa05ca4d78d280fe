// This file holds the tests of what is refused before it runs, whatever it asks for: because too many wait, the id is too
// old, nobody knows who asks, or the target does not do such things.

package conformance

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends"
)

func refusals() []Test {
	recorded := backends.Features{backends.Recorded}
	return []Test{
		{
			Name: "bounds/overloaded", Promise: Bounds, Set: Extended, Needs: recorded, Able: []Ability{CanQueue}, Run: overloaded,
			Says: "when too many requests wait, more are refused as Overloaded with a Retry-After; these have not run, all that were acknowledged have",
		},
		{
			Name: "bounds/expired", Promise: Bounds, Set: Extended, Needs: recorded, Able: []Ability{CanForget}, Run: expired,
			Says: "an id whose answer is not kept any longer is refused as Expired, and its request never runs again",
		},
		{
			Name: "bounds/unauthenticated", Promise: Bounds, Set: Extended, Able: []Ability{CanGuard}, Run: unauthenticated,
			Says: "who shows no token, or a wrong one, is refused as Unauthenticated and learns nothing, whatever is asked for",
		},
		{
			Name: "bounds/unimplemented", Promise: Bounds, Set: Core, Run: unimplemented,
			Says: "what a target does not do is refused as Unimplemented; a backup is one, or is refused so",
		},
	}
}

// A rush is requests that come while others take long, for a queue that is too short for them.
type rush struct {
	t    T
	s    Service
	list string
	name func(string) string

	guard   sync.Mutex
	sent    int
	done    []Request // were answered with a result
	refused []Request // were answered Overloaded
}

// Size of a rush: many more requests than may wait.
const (
	rushQueue   = 4
	rushClients = 16
	rushEach    = 10
)

func overloaded(t T, b *Bench) {
	t = few(t)
	service := b.Own(t, Settings{Queue: rushQueue})
	defer stop(t, service)
	r := &rush{t: t, s: service, list: b.Name("list"), name: b.Name}
	s, slow := service.Session(), b.Name("slow")
	setUp(t, s, To("NewList", r.list))
	setUp(t, s, To("NewBurner", slow))
	const most = 50
	for rounds := 0; rounds < most && (len(r.refused) == 0 || rounds < b.Times(3)); rounds++ {
		r.round(slow)
	}
	t.Logf("%d of %d requests were refused", len(r.refused), r.sent)
	if len(r.refused) == 0 {
		fatal(t, "%d requests may wait, %d clients send many: none of %d requests is refused", rushQueue, rushClients, r.sent)
	}
	r.holds("after the rush")
	for _, x := range r.refused { // they have not used their ids
		a, err := persist(t.Context(), func() (Answer, error) { return s.Recorded(t.Context(), x.ID) })
		if err != nil || a.Code != "NotFound" {
			t.Errorf("[%s] %s was refused, and what is kept of it is %s", x.ID, x, said(a, err))
		}
	}
	for _, x := range slices.Concat(r.refused, r.done) {
		setUp(t, s, x)
	}
	r.done = append(r.done, r.refused...)
	r.holds("when all requests were sent again")
}

// round has clients send requests while some that take long are on their way.
func (r *rush) round(slow string) {
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() { call(r.t, r.s.Session(), On("Burner", slow, "Spin", 50_000_000)) })
	}
	for range rushClients {
		group.Go(func() {
			s := r.s.Session()
			for range rushEach {
				r.send(s)
			}
		})
	}
	group.Wait()
}

// send makes one request and notes how it is answered.
func (r *rush) send(s Session) {
	r.guard.Lock()
	r.sent++
	x := On("List", r.list, "Append", r.sent).With(r.name("rush"))
	r.guard.Unlock()
	a, err := s.Call(r.t.Context(), x)
	if err != nil || a.Code == "Unavailable" { // the queue is no reason for that, but allowed
		a = insist(r.t, s, x)
	}
	r.guard.Lock()
	defer r.guard.Unlock()
	switch a.Code {
	case "":
		r.done = append(r.done, x)
	case "Overloaded":
		r.refused = append(r.refused, x)
		if a.Status != http.StatusTooManyRequests && a.Status != http.StatusServiceUnavailable {
			r.t.Errorf("Overloaded has status %d, want 429 or 503", a.Status)
		}
		if after := a.Header.Get("Retry-After"); !isDelay(after) {
			r.t.Errorf("Overloaded has the header Retry-After: %q, want seconds or a time", after)
		}
	default:
		r.t.Errorf("[%s] %s: want a result or Overloaded, got %s", x.ID, x, said(a, nil))
	}
}

// isDelay reads the header Retry-After (RFC 9110, section 10.2.3).
func isDelay(text string) bool {
	if seconds, err := strconv.Atoi(text); err == nil {
		return seconds >= 0
	}
	_, err := http.ParseTime(text)
	return err == nil
}

// holds compares the list with what was acknowledged.
func (r *rush) holds(when string) {
	var want []int
	for _, x := range r.done {
		want = append(want, x.Args[0].(int))
	}
	var got []int
	if err := json.Unmarshal(setUp(r.t, r.s.Session(), On("List", r.list, "Read")), &got); err != nil {
		r.t.Errorf("%v", err)
	}
	compareSets(r.t, when+", the list", want, got)
}

// horizon is how long the application keeps answers in the test of ids that are too old.
const horizon = 2 * time.Second

// An aging request is one that is sent again later.
type aging struct {
	request Request
	answer  Answer
	own     bool // the id is the client's
}

func expired(t T, b *Bench) {
	t = few(t)
	service := b.Own(t, Settings{Horizon: horizon})
	defer stop(t, service)
	s, name := service.Session(), b.Name("register")
	setUp(t, s, To("NewRegister", name, "", 10))
	begin := time.Now()
	var all []aging
	for _, r := range []Request{On("Register", name, "Add", 1), On("Register", name, "Take", 1000), To("NewRegister", name+".new", "", 1), On("Register", name, "Add", 1)} {
		own := len(all) < 3
		if own {
			r.ID = b.Name("aging")
		}
		a := mustAnswer(t, r.String())(s.Call(t.Context(), r)) // without an id it must not be sent twice
		r.ID = a.ID
		all = append(all, aging{r, a, own})
	}
	for _, x := range all {
		if again := insist(t, s, x.request); time.Since(begin) < horizon && !same(again, x.answer) {
			t.Errorf("[%s] %s is sent again in time, and answers %s, after it answered %s", x.request.ID, x.request, said(again, nil), said(x.answer, nil))
		}
	}
	for time.Since(begin) < 2*horizon { // records are dropped as others come
		setUp(t, s, On("Register", name, "Add", 0))
		time.Sleep(pause)
	}
	expectExpired(t, s, all)
	if k, can := service.(Killer); can && b.Target().Features().Has(backends.Durable) {
		if err := k.Terminate(); err != nil {
			fatal(t, "the process does not stop: %v", err)
		}
		restart(t, k)
		expectExpired(t, s, all)
	}
	expectValue(t, s, On("Register", name, "Read"), 12)
	expectValue(t, s, On("Register", name, "Add", 1).With(b.Name("young")), 13)
}

// expectExpired sends requests again whose answers must not be there any longer.
func expectExpired(t T, s Session, all []aging) {
	for _, x := range all {
		a := expectCode(t, s, x.request, "Expired")
		if a.Status != http.StatusGone {
			t.Errorf("Expired has status %d, want %d", a.Status, http.StatusGone)
		}
		kept, err := persist(t.Context(), func() (Answer, error) { return s.Recorded(t.Context(), x.request.ID) })
		if err != nil || kept.Code != "Expired" && (x.own || kept.Code != "NotFound") {
			t.Errorf("[%s] %s is too old, and what is kept of it is %s", x.request.ID, x.request, said(kept, err))
		}
	}
}

func unauthenticated(t T, b *Bench) {
	service := b.Own(t, Settings{Guarded: true})
	defer stop(t, service)
	s := service.Session()
	key := newCell(t, b, s)
	path := "/v1/Cell/" + segment(key)
	id := b.Name("known")
	expect(t, s, On("Cell", key, "Add", 0).With(id), "0")
	for _, shown := range [][]string{nil, {""}, {"Bearer"}, {"Bearer "}, {"Bearer wrong"}, {"Basic d3Jvbmc6d3Jvbmc="}, {"wrong"}} {
		header := http.Header{"Authorization": shown}
		for _, r := range []rawRequest{
			{http.MethodPost, path + "/Add", header, "[1]"}, {http.MethodPost, path + "/Nothing", header, "[1]"}, {http.MethodPost, path + "/Add", header, "no JSON"},
			{http.MethodPost, "/v1/NewCell", header, fmt.Sprintf("[%q, 1]", key+".new")}, {http.MethodGet, path, header, ""}, {http.MethodGet, "/v1/Cell", header, ""},
			{http.MethodPost, "/query", header, `{"select":[{"type":"Cell"}]}`}, {http.MethodGet, "/v1/requests/" + id, header, ""},
			{http.MethodGet, "/openapi.json", header, ""}, {http.MethodGet, "/metrics", header, ""}, {http.MethodGet, "/backup", header, ""}, {http.MethodGet, "/nothing", header, ""},
		} {
			isProblem(t, s, r, http.StatusUnauthorized, "Unauthenticated")
		}
	}
	resp, _ := send(t, s, rawRequest{http.MethodPost, path + "/Add", http.Header{"Authorization": nil}, "[1]"})
	if resp.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("who is refused is not told what to show: want the header WWW-Authenticate")
	}
	if got := stateOf(t, s, "Cell", key+".new"); got != "error NotFound" {
		t.Errorf("a request that was refused has created an entity: %s", got)
	}
	expect(t, s, On("Cell", key, "Get"), "0")
	expect(t, s, On("Cell", key, "Add", 1), "1")
}

func unimplemented(t T, b *Bench) {
	s := b.Session(t)
	key := newCell(t, b, s)
	resp, body := send(t, s, rawRequest{http.MethodGet, "/backup", nil, ""})
	if resp.StatusCode == http.StatusOK {
		if err := isBackup(body); err != nil {
			t.Errorf("GET /backup answers with what is no backup: %v", err)
		}
	} else {
		isProblem(t, s, rawRequest{http.MethodGet, "/backup", nil, ""}, http.StatusNotImplemented, "Unimplemented")
	}
	promised := b.Target().Features()
	if !promised.Has(backends.Queries) {
		isProblem(t, s, rawRequest{http.MethodGet, "/v1/Cell", nil, ""}, http.StatusNotImplemented, "Unimplemented")
		isProblem(t, s, rawRequest{http.MethodPost, "/query", nil, `{"select":[{"type":"Cell"}]}`}, http.StatusNotImplemented, "Unimplemented")
	}
	if !promised.Has(backends.Recorded) {
		isProblem(t, s, rawRequest{http.MethodGet, "/v1/requests/" + b.Name("none"), nil, ""}, http.StatusNotImplemented, "Unimplemented")
	}
	expect(t, s, On("Cell", key, "Add", 1), "1")
}

// isBackup says what is wrong with a tar of a list and the files of a data folder.
func isBackup(text []byte) error {
	files := 0
	for t := tar.NewReader(bytes.NewReader(text)); ; files++ {
		h, err := t.Next()
		if err == io.EOF && files > 1 {
			return nil
		}
		if err == io.EOF {
			return fmt.Errorf("it holds %d files, want a list and what it names", files)
		}
		if err != nil {
			return fmt.Errorf("after %d files: %w", files, err)
		}
		if files == 0 && h.Name != "backup.json" {
			return fmt.Errorf("its first file is %q, want backup.json", h.Name)
		}
	}
}
