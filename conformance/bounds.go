// This file holds the tests of limits and errors: each named error by what causes it, after which the endpoint serves on.

package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/stateful-entities/sfc/backends"
)

func bounds() []Test {
	needs := backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle}
	test := func(name, says string, run func(T, *burner)) Test {
		return Test{
			Name: "bounds/" + name, Promise: Bounds, Set: Core, Needs: needs, Says: says,
			Run: func(t T, r *Bench) {
				b := newBurner(t, r)
				run(t, b)
				b.serves(t)
			},
		}
	}
	return []Test{
		test("steps", "a request that does not end is stopped", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Spin", 1<<40))
			b.stopped(t, On("Cell", b.cell, "Finish", "steps"))
		}),
		test("depth", "recursion without an end is stopped, between entities and inside one", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Dive", 1<<40))
			b.stopped(t, On("Burner", b.key, "Nest", 1<<40))
			b.stopped(t, On("Cell", b.cell, "Finish", "depth"))
			b.stopped(t, On("Peer", b.peer, "Ladder", b.peer, 1<<40))
		}),
		test("bytes", "a request that allocates without an end is stopped, before the memory is taken", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Allocate", 1<<40))
			b.stopped(t, On("Burner", b.key, "AllocateAtOnce", 1<<40))
			b.stopped(t, On("Cell", b.cell, "Finish", "bytes"))
		}),
		test("state", "a state that grows beyond its limit undoes the request", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Fatten", 8<<20))
			expect(t, b.s, On("Burner", b.key, "Size"), "0")
		}),
		test("message", "arguments and results of one call to another entity are limited", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Hand", b.other, 8<<20))
			b.stopped(t, On("Burner", b.key, "Fetch", b.other, 8<<20))
			expect(t, b.s, On("Burner", b.other, "Hits"), "0")
		}),
		test("response", "a result that is too long for a response undoes the request", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Answer", 8<<20))
		}),
		test("request", "a request that is too long is refused", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Take", strings.Repeat("a", 8<<20)))
		}),
		test("invocations", "the number of calls between entities is limited", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Hammer", b.other, 1<<40))
			expect(t, b.s, On("Burner", b.other, "Hits"), "0")
		}),
		test("entities", "the number of entities that one request touches is limited, and none of them is left", func(t T, b *burner) {
			b.stopped(t, On("Burner", b.key, "Sow", 1<<40))
			b.stopped(t, On("Burner", b.key, "Look", 1<<40))
			fails(t, b.s, On("Burner", b.key+"/0", "Hits"), "NotFound")
		}),
		test("keys", "a key that is empty, too long or not UTF-8 is refused, in a path and in the program", badKeys),
		test("application", "the root's error is answered with its whole message", applicationErrors),
		test("panic", "a panic is answered with Go's message", panics),
		test("not_found", "what does not exist is named: entities, types, methods, functions", notFound),
		test("already_exists", "a second creation of one key is refused", func(t T, b *burner) {
			fails(t, b.s, To("NewBurner", b.key), "AlreadyExists")
			fails(t, b.s, To("CreateTwice", b.name("twice")), "AlreadyExists")
		}),
		test("place", "an error names entity, method, place in the source and the request", errorsNamePlaces),
		test("all_at_once", "while requests pass all limits at once, others are served", allAtOnce),
	}
}

// burner is what uses up limits.
type burner struct {
	s                      Session
	service                Service
	key, other, cell, peer string
	name                   func(string) string
}

func newBurner(t T, r *Bench) *burner {
	b := &burner{service: r.Shared(t), key: r.Name("burner"), other: r.Name("other"), cell: r.Name("cell"), peer: r.Name("peer"), name: r.Name}
	b.s = b.service.Session()
	expect(t, b.s, To("NewBurner", b.key), fmt.Sprintf("%q", b.key))
	expect(t, b.s, To("NewBurner", b.other), fmt.Sprintf("%q", b.other))
	expect(t, b.s, To("NewCell", b.cell, 1), fmt.Sprintf("%q", b.cell))
	expect(t, b.s, To("NewPeer", b.peer), fmt.Sprintf("%q", b.peer))
	return b
}

// stopped makes a request that passes a limit, and looks whether it left a trace.
func (b *burner) stopped(t T, r Request) {
	t.Helper()
	a := fails(t, b.s, r, "LimitExceeded")
	if a.Detail == "" {
		t.Errorf("%s: the error does not say which limit was passed", r)
	}
	expect(t, b.s, On("Burner", b.key, "Hits"), "0")
}

// serves makes small requests on the same entities.
func (b *burner) serves(t T) {
	expect(t, b.s, On("Burner", b.key, "Hit"), "null")
	expect(t, b.s, On("Burner", b.key, "Hits"), "1")
	expect(t, b.s, On("Burner", b.key, "Hammer", b.other, 10), "10")
	expect(t, b.s, On("Burner", b.key, "Fatten", 1000), "1000")
	expect(t, b.s, On("Burner", b.key, "Size"), "1000")
	expect(t, b.s, On("Cell", b.cell, "Journal"), `"1 [] map[]"`)
}

func badKeys(t T, b *burner) {
	long := strings.Repeat("k", 513)
	fails(t, b.s, On("Burner", long, "Hit"), "InvalidArgument")
	fails(t, b.s, On("Burner", "\xff", "Hit"), "InvalidArgument")
	fails(t, b.s, To("NewBurner", long), "InvalidArgument")
	fails(t, b.s, To("NewBurner", ""), "InvalidArgument")
	fails(t, b.s, To("NewThing", "", 1), "InvalidArgument")
	fails(t, b.s, To("Has", long), "InvalidArgument")
	fails(t, b.s, On("Cell", b.cell, "Finish", "bad key"), "InvalidArgument")
	for _, key := range []string{"007", "+7", "7.0", "x", "-0", "9223372036854775808", "-9223372036854775809", "18446744073709551616"} {
		fails(t, b.s, On("Numbered", key, "Text"), "InvalidArgument")
	}
	for _, strange := range []string{"/", "a/b", "%", "?q=1", "#", " ", ".", "..", "ä\u0000", "\n", strings.Repeat("k", 400)} {
		key := strange
		if len(strange) < 400 && strange != "." && strange != ".." {
			key = b.name(strange)
		}
		call(t, b.s, To("Ensure", key, 7)) // an endpoint may have it from earlier
		expect(t, b.s, On("Thing", key, "Key"), jsonText(key))
	}
}

func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(text)
}

func applicationErrors(t T, b *burner) {
	a := fails(t, b.s, On("Cell", b.cell, "Finish", "error"), "Application")
	if want := b.cell + ": cell failed"; a.Detail != want {
		t.Errorf("want the message %q, got %q", want, a.Detail)
	}
	quoted := "a \"quoted\" <message>\n with lines & ünïcödé"
	a = fails(t, b.s, On("Cell", b.cell, "Finish", quoted), "Application")
	if want := "no such end: " + quoted; a.Detail != want {
		t.Errorf("want the message %q, got %q", want, a.Detail)
	}
}

func panics(t T, b *burner) {
	for end, want := range map[string]string{
		"panic":       "end of " + b.cell,
		"panic error": "cell failed",
		"index":       "runtime error: index out of range [5] with length 0",
		"nil map":     "assignment to entry in nil map",
		"nil pointer": "runtime error: invalid memory address or nil pointer dereference",
		"division":    "runtime error: integer divide by zero",
		"assertion":   "interface conversion: string is not error: missing method Error",
	} {
		if a := fails(t, b.s, On("Cell", b.cell, "Finish", end), "Panic"); a.Detail != want {
			t.Errorf("want the panic %q, got %q", want, a.Detail)
		}
	}
	fails(t, b.s, On("Burner", b.key, "AllocateAtOnce", -1), "Panic")
}

func notFound(t T, b *burner) {
	missing := b.name("missing")
	for _, r := range []Request{
		On("Burner", missing, "Hit"), On("Cell", b.cell, "Finish", "missing"), On("Cell", b.cell, "Finish", "delete missing"),
		On("Burned", missing, "Hit"), On("Burner", b.key, "Hot"), To("NewBurners", missing), On("Burner", b.key, "hits"),
		To("WriteAll", []string{b.cell, missing}, 1, ""), To("finish", "", b.cell),
	} {
		fails(t, b.s, r, "NotFound")
	}
	for _, at := range [][2]string{{"Burner", missing}, {"Burned", missing}} {
		a := mustAnswer(t, "get "+at[0])(b.s.State(t.Context(), at[0], at[1]))
		if a.Code != "NotFound" {
			t.Errorf("the state of %s/%s is %s", at[0], at[1], shown(a))
		}
	}
}

// placeForm is how a place in the application's source looks.
var placeForm = regexp.MustCompile(`(^|/)(cells|limits)\.go:[0-9]+$`)

func errorsNamePlaces(t T, b *burner) {
	for i, r := range []Request{
		On("Cell", b.cell, "Finish", "panic"), On("Cell", b.cell, "Finish", "index"), On("Cell", b.cell, "Finish", "missing"),
		On("Cell", b.cell, "Finish", "steps"), On("Burner", b.key, "Spin", 1<<40),
	} {
		id := b.name("place")
		a := call(t, b.s, r.With(id))
		if a.Code == "" {
			t.Errorf("%s succeeds: %s", r, shown(a))
		}
		if a.ID != id {
			t.Errorf("%s: want the id %q in the error, got %q", r, id, a.ID)
		}
		if !placeForm.MatchString(a.At) {
			t.Errorf("%s: want a place in the source, got %q", r, a.At)
		}
		if want := r.Type + "/" + r.Key; a.Entity != want && i != 2 {
			t.Errorf("%s: want the entity %q, got %q", r, want, a.Entity)
		}
		if a.Method == "" { // or a function that the method calls
			t.Errorf("%s: the error names no method", r)
		}
	}
}

// allAtOnce lets some clients pass limits and others do small work.
func allAtOnce(t T, b *burner) {
	const clients = 8
	names := make([]string, clients)
	for i := range names {
		names[i] = b.name("small")
		expect(t, b.s, To("NewCell", names[i], 0), fmt.Sprintf("%q", names[i]))
	}
	limits := []Request{
		On("Burner", b.key, "Spin", 1<<40), On("Burner", b.key, "Dive", 1<<40), On("Burner", b.key, "Allocate", 1<<40),
		On("Burner", b.key, "Fatten", 8<<20), On("Burner", b.key, "Hand", b.other, 8<<20), On("Burner", b.key, "Sow", 1<<40),
		On("Burner", b.key, "Answer", 8<<20), On("Burner", b.key, "Hammer", b.other, 1<<40),
	}
	done := make(chan struct{}, 2*clients)
	for i := range clients {
		go func() {
			defer func() { done <- struct{}{} }()
			fails(t, b.service.Session(), limits[i], "LimitExceeded")
		}()
		go func() {
			defer func() { done <- struct{}{} }()
			s := b.service.Session()
			for n := range 20 {
				expect(t, s, On("Cell", names[i], "Add", 1), fmt.Sprint(n+1))
			}
		}()
	}
	for range 2 * clients {
		<-done
	}
	expect(t, b.s, On("Burner", b.key, "Hits"), "0")
}
