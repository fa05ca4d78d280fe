// This file holds the tests of creation and deletion, in order and in races.

package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/conformance/history"
)

func lifecycle() []Test {
	needs := backends.Features{backends.Transactions, backends.Lifecycle}
	test := func(name, says string, run func(T, *Bench)) Test {
		return Test{Name: "lifecycle/" + name, Promise: Lifecycle, Set: Core, Needs: needs, Says: says, Run: run}
	}
	return []Test{
		test("in_order", "an entity exists from its creation to its deletion, and its key may be used again", inOrder),
		test("in_one_request", "a request sees what it has created and deleted itself", inOneRequest),
		test("one_creator", "of many clients that create one entity at once, one does", oneCreator),
		test("one_remover", "of many clients that delete one entity at once, one does", oneRemover),
		test("get_or_create", "of many clients that get or create one entity at once, one creates it and all get it", getOrCreate),
		test("races", "creations, deletions and uses of one key at once happen in some order that respects real time", lifecycleRaces),
		test("moving", "a thing that is renamed at once by many is always there under one name", movingThings),
	}
}

func inOrder(t T, r *Bench) {
	s, key := r.Session(t), r.Name("thing")
	expect(t, s, To("Has", key), "false")
	fails(t, s, On("Thing", key, "Mark"), "NotFound")
	for round := range 3 {
		expect(t, s, To("NewThing", key, round), fmt.Sprintf("%q", key))
		fails(t, s, To("NewThing", key, 9), "AlreadyExists")
		expect(t, s, To("Has", key), "true")
		expect(t, s, On("Thing", key, "SetMark", 5), fmt.Sprint(round))
		if state := stateOf(t, s, "Thing", key); state != canonical(json.RawMessage(fmt.Sprintf(`{"name":%q,"mark":5,"marks":1}`, key))) {
			t.Errorf("the new thing has something of an earlier one: %s", state)
		}
		expect(t, s, To("Take", key), "5")
		fails(t, s, To("Take", key), "NotFound")
		fails(t, s, On("Thing", key, "SetMark", 1), "NotFound")
		if state := stateOf(t, s, "Thing", key); state != "error NotFound" {
			t.Errorf("a deleted thing has a state: %s", state)
		}
	}
}

func inOneRequest(t T, r *Bench) {
	s, key, other := r.Session(t), r.Name("thing"), r.Name("other")
	expect(t, s, To("NewThing", key, 1), fmt.Sprintf("%q", key))
	expect(t, s, To("Replace", key, 2), "[1,2]")
	expect(t, s, On("Thing", key, "Mark"), "2")
	expect(t, s, To("Rename", key, other), fmt.Sprintf("%q", other))
	expect(t, s, To("CountThings", []string{key, other}), "1")
	fails(t, s, To("Rename", other, other), "AlreadyExists")
	expect(t, s, On("Thing", other, "Leave", other), "[false,3]")
	expect(t, s, To("Has", other), "false")
	fails(t, s, To("CreateAndFail", key), "Application")
	fails(t, s, To("CreateTwice", key), "AlreadyExists")
	expect(t, s, To("CountThings", []string{key, other}), "0")
	expect(t, s, To("TryCreate", key, 4), "true")
	expect(t, s, To("TryCreate", key, 5), "false")
	expect(t, s, On("Thing", key, "Mark"), "4")
}

// atOnce makes requests at once and gives the answers.
func atOnce(t T, service Service, requests []Request) []Answer {
	answers := make([]Answer, len(requests))
	var group sync.WaitGroup
	for i, r := range requests {
		group.Go(func() {
			a, err := service.Session().Call(t.Context(), r)
			if err != nil {
				a = Answer{Code: "Unavailable", Detail: err.Error()}
			}
			answers[i] = a
		})
	}
	group.Wait()
	return answers
}

// oneWins makes requests at once of which one is to succeed, the others to fail with a code, and gives the winner. One
// whose outcome is unknown may be it.
func oneWins(t T, service Service, requests []Request, code string) int {
	t.Helper()
	winner, unknown := -1, 0
	for i, a := range atOnce(t, service, requests) {
		switch a.Code {
		case "":
			if winner >= 0 {
				t.Errorf("two succeed: %s and %s", requests[winner], requests[i])
			}
			winner = i
		case code, "Conflict", "Overloaded":
		case "Unavailable":
			unknown++
		default:
			t.Errorf("%s: %s", requests[i], shown(a))
		}
	}
	if winner < 0 && unknown == 0 {
		t.Errorf("none of %d requests at once succeeds", len(requests))
	}
	return winner
}

const racers = 16

func oneCreator(t T, r *Bench) {
	service := r.Shared(t)
	for range r.Times(10) {
		key := r.Name("thing")
		var requests []Request
		for i := range racers {
			requests = append(requests, To("NewThing", key, i))
		}
		winner := oneWins(t, service, requests, "AlreadyExists")
		if winner >= 0 {
			expect(t, service.Session(), On("Thing", key, "Mark"), fmt.Sprint(winner))
		}
	}
}

func oneRemover(t T, r *Bench) {
	service := r.Shared(t)
	for range r.Times(10) {
		key := r.Name("thing")
		expect(t, service.Session(), To("NewThing", key, 7), fmt.Sprintf("%q", key))
		oneWins(t, service, slices.Repeat([]Request{To("Take", key)}, racers), "NotFound")
		expect(t, service.Session(), To("Has", key), "false")
	}
}

func getOrCreate(t T, r *Bench) {
	service := r.Shared(t)
	for range r.Times(10) {
		key := r.Name("thing")
		var group sync.WaitGroup
		for i := range racers {
			group.Go(func() {
				s := service.Session()
				a := call(t, s, To("Ensure", key, i).With(fmt.Sprint(key, ".ensure.", i)))
				equals(t, "Ensure", a, fmt.Sprintf("%q", key))
				setUp(t, s, On("Thing", key, "SetMark", 7).With(fmt.Sprint(key, ".mark.", i)))
			})
		}
		group.Wait()
		equals(t, "Ensure", call(t, service.Session(), To("Ensure", key, racers)), fmt.Sprintf("%q", key))
		// One that was created again would have forgotten marks.
		want := fmt.Sprintf(`{"name":%q,"mark":7,"marks":%d}`, key, racers)
		if state := stateOf(t, service.Session(), "Thing", key); state != canonical(json.RawMessage(want)) {
			t.Errorf("%d clients have got or created one thing, and marked it once each: want %s, got %s", racers, want, state)
		}
	}
}

// A use is what a client did with a thing, for the checker.
type use struct {
	name string // of the request
	mark int
}

// A seen is what it got: a number, or the code of an error.
type seen struct {
	code    string // "" for success, "?" if unknown
	value   string
	request string
}

// never is when a request returns of which nobody knows whether it ran.
const never = 1 << 62

// absent is the state of a thing that is not there; others are its mark.
const absent = -1

// thingModel says what a thing does.
var thingModel = porcupine.NondeterministicModel{
	Init: func() []any { return []any{absent} },
	Step: func(state, input, output any) []any {
		before, in, out := state.(int), input.(use), output.(seen)
		after, code, value := thing(before, in)
		switch {
		case out.code == "?": // it ran or not, now or never
			return []any{before, after}
		case out.code != code || code == "" && out.value != value:
			return nil
		}
		return []any{after}
	},
	Equal: func(a, b any) bool { return a == b },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%+v => %+v", input, output)
	},
}

// thing gives the state after a request, and its answer.
func thing(before int, in use) (after int, code, value string) {
	if before == absent {
		switch in.name {
		case "NewThing":
			return in.mark, "", ""
		case "Has":
			return before, "", "false"
		}
		return before, "NotFound", ""
	}
	switch in.name {
	case "NewThing":
		return before, "AlreadyExists", ""
	case "Has":
		return before, "", "true"
	case "Take":
		return absent, "", strconv.Itoa(before)
	case "SetMark":
		return in.mark, "", strconv.Itoa(before)
	case "Replace":
		return in.mark, "", fmt.Sprintf("[%d,%d]", before, in.mark)
	}
	return before, "", strconv.Itoa(before) // Mark
}

func lifecycleRaces(t T, r *Bench) {
	rnd := r.Rand(t, "lifecycle/races")
	for range r.Times(4) {
		key := r.Name("thing")
		crowd := newCrowd(t, r.Shared(t), r.Name("race"))
		var guard sync.Mutex
		var ops []porcupine.Operation
		crowd.work(rnd, 8, func(c *client) {
			for i := range 60 {
				in := use{[]string{"NewThing", "NewThing", "Take", "SetMark", "Mark", "Has", "Replace"}[c.rnd.IntN(7)], 100*c.n + i}
				op, a := c.do(thingRequest(key, in))
				out := seen{code: a.Code, request: op.String()}
				if in.name != "NewThing" {
					out.value = string(a.Value)
				}
				if op.Outcome == history.Unknown {
					out.code = "?"
				}
				if a.Code == "Conflict" || a.Code == "Overloaded" { // it has not run
					continue
				}
				end := int64(op.Return)
				if out.code == "?" {
					end = never
				}
				guard.Lock()
				ops = append(ops, porcupine.Operation{ClientId: c.n, Input: in, Output: out, Call: int64(op.Call), Return: end})
				guard.Unlock()
			}
		})
		crowd.answered(8 * 60)
		judgeThing(t, ops)
	}
}

func thingRequest(key string, in use) Request {
	switch in.name {
	case "NewThing", "Replace":
		return To(in.name, key, in.mark)
	case "Take", "Has":
		return To(in.name, key)
	case "SetMark":
		return On("Thing", key, in.name, in.mark)
	}
	return On("Thing", key, in.name)
}

func judgeThing(t T, ops []porcupine.Operation) {
	model := thingModel.ToModel()
	switch porcupine.CheckOperationsTimeout(model, ops, time.Minute) {
	case porcupine.Ok:
		return
	case porcupine.Unknown:
		t.Errorf("no verdict on %d requests within a minute", len(ops))
		return
	}
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
	for n, last := range ops { // the shortest beginning that no order explains
		if porcupine.CheckOperationsTimeout(model, until(ops, last.Return), 5*time.Second) == porcupine.Illegal {
			t.Errorf("no order of these requests explains the last answer:\n%s", describe(ops[max(0, n-12):n+1]))
			return
		}
	}
	t.Errorf("no order of %d requests explains their answers", len(ops))
}

// until is what is known at a moment: of requests that are under way, nothing.
func until(ops []porcupine.Operation, end int64) []porcupine.Operation {
	var known []porcupine.Operation
	for _, op := range ops {
		if op.Call > end {
			continue
		}
		if op.Return > end {
			op.Output, op.Return = seen{code: "?"}, never
		}
		known = append(known, op)
	}
	return known
}

func describe(ops []porcupine.Operation) (text string) {
	for _, op := range ops {
		text += "  " + op.Output.(seen).request + "\n"
	}
	return text
}

func movingThings(t T, r *Bench) {
	service := r.Shared(t)
	names := []string{r.Name("thing"), r.Name("thing"), r.Name("thing")}
	expect(t, service.Session(), To("NewThing", names[0], 1), fmt.Sprintf("%q", names[0]))
	crowd := newCrowd(t, service, r.Name("move"))
	crowd.work(r.Rand(t, "lifecycle/moving"), 8, func(c *client) {
		for range r.Times(40) {
			if c.n%2 == 0 {
				op, a := c.do(To("CountThings", names))
				if c.check(op, a) && string(a.Value) != "1" {
					c.tell(fmt.Sprintf("a thing is renamed, and there are %s of it: %s", a.Value, op.String()))
				}
				continue
			}
			i := c.rnd.IntN(3)
			op, a := c.do(To("Rename", names[i], names[(i+1+c.rnd.IntN(2))%3]))
			c.check(op, a, "NotFound", "AlreadyExists")
		}
	})
	expect(t, service.Session(), To("CountThings", names), "1")
}
