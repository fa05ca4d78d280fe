// This file holds the tests of request ids: a request takes effect once, however often it is asked.

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends"
)

func exactlyOnce() []Test {
	recorded := backends.Features{backends.Recorded}
	return []Test{
		{
			Name: "exactly_once/duplicates_in_sequence", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: duplicatesInSequence,
			Says: "a request that is sent again with its id gets the same answer, and has one effect",
		},
		{
			Name: "exactly_once/duplicates_at_once", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: duplicatesAtOnce,
			Says: "of many clients that send a request with one id at once, all get the same answer, and it has one effect",
		},
		{
			Name: "exactly_once/duplicates_among_others", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: duplicatesAmongOthers,
			Says: "requests that come again sooner or later, among many others, have one effect each",
		},
		{
			Name: "exactly_once/constructors", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: duplicateConstructors,
			Says: "a constructor that is sent again with its id answers with the entity that it has created, not that it exists",
		},
		{
			Name: "exactly_once/another_request", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: anotherRequest,
			Says: "an id that comes with another entity, method or argument is refused, without an effect",
		},
		{
			Name: "exactly_once/failures", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: recordedFailures,
			Says: "a request that failed fails in the same way when it is sent again, even if it would succeed now",
		},
		{
			Name: "exactly_once/refusals", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: unrecordedRefusals,
			Says: "a request that was refused before it ran has not used its id",
		},
		{
			Name: "exactly_once/reading", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: unrecordedReads,
			Says: "a request that only reads does not use its id",
		},
		{
			Name: "exactly_once/history", Promise: ExactlyOnce, Set: Core, Needs: recorded, Run: historyOfRequests,
			Says: "what is kept of a request is the answer that it got",
		},
		{
			Name: "exactly_once/after_restarts", Promise: ExactlyOnce, Set: Extended, Needs: append(recorded, backends.Durable),
			Able: []Ability{CanStart, CanKill}, Run: duplicatesAfterRestarts,
			Says: "requests that are sent again after the process was stopped or killed get the same answers, and have no second effect",
		},
	}
}

// same compares two answers to one request, as far as they are about its outcome.
func same(a, b Answer) bool {
	return a.Code == b.Code && a.Detail == b.Detail && a.Entity == b.Entity && a.Method == b.Method && a.At == b.At &&
		a.Status == b.Status && a.ID == b.ID && bytes.Equal(compact(a.Value), compact(b.Value))
}

func compact(text json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// expectSame sends a request again and compares.
func expectSame(t T, s Session, r Request, first Answer) {
	t.Helper()
	if again := insist(t, s, r); !same(first, again) {
		t.Errorf("[%s] %s is sent again and answers %s, after it answered %s", r.ID, r, said(again, nil), said(first, nil))
	}
}

// expectValue makes a request and compares its result.
func expectValue(t T, s Session, r Request, want any) {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		fatal(t, "%v", err)
	}
	if got := setUp(t, s, r); !bytes.Equal(compact(got), text) {
		t.Errorf("%s: want %s, got %s", r, clipped(string(text)), clipped(string(got)))
	}
}

// expectCode makes a request that must fail.
func expectCode(t T, s Session, r Request, code string) Answer {
	t.Helper()
	a := insist(t, s, r)
	if a.Code != code {
		t.Errorf("[%s] %s: want error %s, got %s", r.ID, r, code, said(a, nil))
	}
	return a
}

func duplicatesInSequence(t T, b *Bench) {
	s, name, list := b.Session(t), b.Name("register"), b.Name("list")
	setUp(t, s, To("NewRegister", name, name, 100))
	setUp(t, s, To("NewRegister", name+".to", name, 0))
	setUp(t, s, To("NewList", list))
	requests := []Request{
		On("Register", name, "Add", 5), On("Register", name, "Take", 5), To("Move", name, name+".to", 30),
		On("List", list, "Append", 7), On("Register", name, "Swap", name+".to"), On("Register", name, "CAS", 30, 31),
	}
	var answers []Answer
	for i := range requests {
		requests[i] = requests[i].With(b.Name("id"))
		answers = append(answers, insist(t, s, requests[i]))
		if answers[i].Code != "" || answers[i].ID != requests[i].ID {
			t.Errorf("[%s] %s: got %s with id %q", requests[i].ID, requests[i], said(answers[i], nil), answers[i].ID)
		}
		for range 3 {
			expectSame(t, s, requests[i], answers[i])
		}
	}
	other := b.Session(t) // another client, later: all of them once more
	for i, r := range requests {
		expectSame(t, other, r, answers[i])
	}
	expectValue(t, s, To("ReadAll", []string{name, name + ".to"}), []int{31, 70})
	expectValue(t, s, On("List", list, "Read"), []int{7})
}

func duplicatesAtOnce(t T, b *Bench) {
	rnd := b.Rand(t, "duplicates_at_once")
	s := b.Shared(t)
	for range b.Times(15) {
		c := newCrowd(t, s, b.Name("once"))
		session := s.Session()
		setUp(t, session, To("NewList", c.name))
		setUp(t, session, To("NewList", c.name+".other"))
		r := On("List", c.name, "AppendBoth", c.name+".other", 7).With(c.name)
		answers := make([]Answer, 24)
		c.work(rnd, len(answers), func(c *client) {
			_, answers[c.n] = c.insist(r)
		})
		for _, a := range answers {
			if a.Code != "" || !same(a, answers[0]) {
				t.Errorf("[%s] %s, sent by %d clients at once, answers one of them %s and another one %s", r.ID, r, len(answers), said(answers[0], nil), said(a, nil))
				break
			}
		}
		expectValue(t, session, To("ReadLists", []string{c.name, c.name + ".other"}), [][]int{{7}, {7}})
	}
}

// duplicatesAmongOthers has each request sent by three clients, in orders that differ a little.
func duplicatesAmongOthers(t T, b *Bench) {
	rnd := b.Rand(t, "duplicates_among_others")
	s := b.Shared(t)
	c := newCrowd(t, s, b.Name("among"))
	lists := []string{c.name + ".a", c.name + ".b", c.name + ".c"}
	for _, l := range lists {
		setUp(t, s.Session(), To("NewList", l))
	}
	count := b.Times(400)
	var requests []Request
	want := map[string][]int{}
	for v := 1; v <= count; v++ {
		on := shuffled(rnd, lists)
		requests = append(requests, On("List", on[0], "AppendBoth", on[1], v).With(fmt.Sprintf("%s.%d", c.name, v)))
		want[on[0]], want[on[1]] = append(want[on[0]], v), append(want[on[1]], v)
	}
	answers := make([][]Answer, count)
	var guard sync.Mutex
	c.work(rnd, 12, func(c *client) {
		for _, i := range nearly(c.rnd, len(requests), 20) {
			if i%4 != c.n%4 { // three clients have the same requests
				continue
			}
			_, a := c.insist(requests[i])
			guard.Lock()
			answers[i] = append(answers[i], a)
			guard.Unlock()
		}
	})
	for i, all := range answers {
		for _, a := range all {
			if a.Code != "" || !same(a, all[0]) {
				t.Errorf("[%s] %s answers %s and %s", requests[i].ID, requests[i], said(all[0], nil), said(a, nil))
			}
		}
	}
	for _, l := range lists {
		var got []int
		if err := json.Unmarshal(setUp(t, s.Session(), On("List", l, "Read")), &got); err != nil {
			t.Errorf("%v", err)
		}
		compareSets(t, "list "+l, want[l], got)
	}
}

// nearly gives the numbers below n in an order in which each is less than so far from its place.
func nearly(rnd *rand.Rand, n, far int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for begin := 0; begin < n; begin += far {
		part := order[begin:min(n, begin+far)]
		rnd.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	return order
}

// compareSets says how two collections differ, without regard to order. Nothing is wanted twice.
func compareSets(t T, what string, want, got []int) {
	t.Helper()
	count := map[int]int{}
	for _, v := range want {
		count[v]--
	}
	for _, v := range got {
		count[v]++
	}
	var missing, more []int
	for _, v := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(want, got)))) {
		switch {
		case count[v] < 0:
			missing = append(missing, v)
		case count[v] > 0:
			more = append(more, v)
		}
	}
	if len(missing)+len(more) > 0 {
		t.Errorf("%s: missing %v; too often, or without a reason %v", what, missing, more)
	}
}

func duplicateConstructors(t T, b *Bench) {
	s, name := b.Session(t), b.Name("register")
	r := To("NewRegister", name, "first", 1).With(b.Name("id"))
	first := insist(t, s, r)
	if first.Code != "" {
		fatal(t, "%s: %s", r, said(first, nil))
	}
	setUp(t, s, On("Register", name, "Write", 2))
	expectSame(t, s, r, first)
	expectValue(t, s, On("Register", name, "Read"), 2)
	// With another id it is another request.
	expectCode(t, s, To("NewRegister", name, "first", 1), "AlreadyExists")
}

func anotherRequest(t T, b *Bench) {
	s, name := b.Session(t), b.Name("register")
	setUp(t, s, To("NewRegister", name, "", 10))
	setUp(t, s, To("NewRegister", name+".other", "", 20))
	r := On("Register", name, "Add", 5).With(b.Name("id"))
	first := insist(t, s, r)
	for _, other := range []Request{
		On("Register", name, "Add", 6), On("Register", name+".other", "Add", 5), On("Register", name, "AddSlowly", 5),
		On("Register", name, "Write", 5), To("NewRegister", name+".third", "", 5), To("Move", name, name+".other", 5),
	} {
		expectCode(t, s, other.With(r.ID), "InvalidArgument")
		expectSame(t, s, r, first)
	}
	expectValue(t, s, To("ReadAll", []string{name, name + ".other"}), []int{15, 20})
	a, err := persist(t.Context(), func() (Answer, error) { return s.State(t.Context(), "Register", name+".third") })
	if err != nil || a.Code != "NotFound" {
		t.Errorf("a request that was refused has created an entity: %s", said(a, err))
	}
}

func recordedFailures(t T, b *Bench) {
	s, name, list := b.Session(t), b.Name("register"), b.Name("list")
	setUp(t, s, To("NewRegister", name, "", 1))
	setUp(t, s, To("NewRegister", name+".to", "", 0))
	setUp(t, s, To("NewList", list))
	one := []any{map[string]any{"On": list, "Add": 1}}
	failing := []struct {
		r    Request
		code string
	}{
		{On("Register", name, "Take", 5), "Application"},
		{To("Move", name, name+".to", 5), "Application"},
		{To("FailSteps", one), "Application"},
		{To("PanicSteps", one), "Panic"},
		{On("Register", name+".late", "Add", 1), "NotFound"},
		{To("NewRegister", name, "", 3), "AlreadyExists"},
	}
	var answers []Answer
	for i := range failing {
		failing[i].r.ID = b.Name("id")
		answers = append(answers, expectCode(t, s, failing[i].r, failing[i].code))
	}
	// Now those of them that failed for something that was missing would succeed.
	setUp(t, s, On("Register", name, "Write", 100))
	setUp(t, s, To("NewRegister", name+".late", "", 0))
	for range 2 {
		for i, f := range failing {
			expectSame(t, s, f.r, answers[i])
		}
	}
	expectValue(t, s, To("ReadAll", []string{name, name + ".to", name + ".late"}), []int{100, 0, 0})
	expectValue(t, s, On("List", list, "Append", 5), 1)
}

func unrecordedRefusals(t T, b *Bench) {
	s, name := b.Session(t), b.Name("register")
	setUp(t, s, To("NewRegister", name, "", 10))
	for _, refused := range []struct {
		r    Request
		code string
	}{
		{On("Register", name, "Add", "much"), "InvalidArgument"},
		{On("Register", name, "Add"), "InvalidArgument"},
		{Request{Type: "Register", Key: name, Name: "Add", Args: []any{1}, Deadline: time.Now().Add(-time.Hour)}, "DeadlineExceeded"},
		{On("Register", name, "Plus", 1), "NotFound"},
	} {
		id := b.Name("id")
		expectCode(t, s, refused.r.With(id), refused.code)
		if a := insist(t, s, On("Register", name, "Add", 1).With(id)); a.Code != "" {
			t.Errorf("[%s] a request was refused, and another one with its id is then answered %s", id, said(a, nil))
		}
	}
	expectValue(t, s, On("Register", name, "Read"), 14)
}

func unrecordedReads(t T, b *Bench) {
	s, name := b.Session(t), b.Name("register")
	setUp(t, s, To("NewRegister", name, "", 10))
	id := b.Name("id")
	expectValue(t, s, On("Register", name, "Read").With(id), 10)
	expectValue(t, s, To("Sum", []string{name, name}).With(id), 20)
	expectValue(t, s, On("Register", name, "Add", 1).With(id), 11)
	expectValue(t, s, On("Register", name, "Add", 1).With(id), 11)
	expectValue(t, s, On("Register", name, "Read"), 11)
}

func historyOfRequests(t T, b *Bench) {
	s, name := b.Session(t), b.Name("register")
	setUp(t, s, To("NewRegister", name, "", 10))
	for _, r := range []Request{On("Register", name, "Add", 1), On("Register", name, "Take", 100), On("Register", name, "Swap", name)} {
		r = r.With(b.Name("id"))
		first := insist(t, s, r)
		expectRecorded(t, s, r, first)
		setUp(t, s, On("Register", name, "Add", 1))
		expectRecorded(t, s, r, first)
	}
	never := b.Name("never")
	a, err := persist(t.Context(), func() (Answer, error) { return s.Recorded(t.Context(), never) })
	if err != nil || a.Code != "NotFound" {
		t.Errorf("an id that was never used: want NotFound, got %s", said(a, err))
	}
}

// expectRecorded compares what is kept of a request with the answer that it got.
func expectRecorded(t T, s Session, r Request, first Answer) {
	t.Helper()
	a, err := persist(t.Context(), func() (Answer, error) { return s.Recorded(t.Context(), r.ID) })
	if err != nil || !same(a, first) {
		t.Errorf("[%s] %s answered %s, and what is kept of it is %s", r.ID, r, said(first, nil), said(a, err))
	}
}

// A sent request is one whose outcome is known.
type sent struct {
	request Request
	answer  Answer
}

// duplicatesAfterRestarts sends requests, stops the process in both ways, and has all of them sent again by many clients.
func duplicatesAfterRestarts(t T, b *Bench) {
	rnd := b.Rand(t, "after_restarts")
	k, end := killer(t, b)
	defer end()
	name := b.Name("restarts")
	setUp(t, k.Session(), To("NewList", name))
	setUp(t, k.Session(), To("NewRegister", name, name, 3))
	var all []sent
	value, list := 3, []int{}
	for round, stop := range []func() error{k.Kill, k.Terminate, k.Kill} {
		for range b.Times(20) {
			var r Request
			switch rnd.IntN(3) {
			case 0:
				r = On("Register", name, "Add", 1)
				value++
			case 1:
				r = On("Register", name, "Take", 1000) // it fails
			default:
				list = append(list, len(list)+1)
				r = On("List", name, "Append", len(list))
			}
			r = r.With(b.Name("id"))
			all = append(all, sent{r, insist(t, k.Session(), r)})
		}
		if err := stop(); err != nil {
			fatal(t, "round %d: the process does not stop: %v", round, err)
		}
		restart(t, k)
		newCrowd(t, k, name).work(rnd, 8, func(c *client) {
			for _, i := range nearly(c.rnd, len(all), 20) {
				if _, a := c.insist(all[i].request); !same(a, all[i].answer) {
					c.t.Errorf("after a restart [%s] %s is sent again and answers %s, after it answered %s",
						all[i].request.ID, all[i].request, said(a, nil), said(all[i].answer, nil))
				}
			}
		})
		expectValue(t, k.Session(), On("Register", name, "Read"), value)
		expectValue(t, k.Session(), On("List", name, "Read"), list)
	}
}

// killer starts a service of a test's own that can be killed. end stops it.
func killer(t T, b *Bench) (k Killer, end func()) {
	t.Helper()
	s := b.Own(t, Settings{})
	end = func() { stop(t, s) }
	k, ok := s.(Killer)
	if !ok {
		end()
		fatal(t, "the target says that it can be killed, and its service (%T) cannot", s)
	}
	return k, end
}

func restart(t T, k Killer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := k.Restart(ctx); err != nil {
		fatal(t, "the process does not start again on what it left: %v", err)
	}
}
