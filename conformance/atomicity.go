// This file holds the tests of atomicity: a request that fails has changed nothing, in no entity that it reached.

package conformance

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stateful-entities/sfc/backends"
)

// endings are the ways in which the application's cells fail, by test, each with the code of its error.
var endings = map[string]struct {
	says string
	ends map[string]string
}{
	"error": {"an error of the root rolls back all entities that it wrote to", map[string]string{"error": "Application"}},
	"panic": {"a panic that nobody recovers rolls back all entities, whatever its value", map[string]string{
		"panic": "Panic", "panic error": "Panic", "index": "Panic", "nil map": "Panic", "nil pointer": "Panic",
		"division": "Panic", "assertion": "Panic",
	}},
	"limit": {"a request that passes a limit is rolled back in all entities", map[string]string{
		"steps": "LimitExceeded", "depth": "LimitExceeded", "bytes": "LimitExceeded",
	}},
	"missing_entity": {"a call of an entity that does not exist rolls back the whole request", map[string]string{
		"missing": "NotFound", "delete missing": "NotFound", "bad key": "InvalidArgument",
	}},
	"failed_creation": {"a creation that fails, or that comes before a failure, leaves no entity and no writes", map[string]string{
		"exists already": "AlreadyExists", "created and failed": "Application", "failed creation": "Application",
	}},
	"deletion": {"a failed request has deleted nothing", map[string]string{"deleted and failed": "Application"}},
}

func atomicity() []Test {
	needs := backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle}
	var tests []Test
	for _, name := range slices.Sorted(maps.Keys(endings)) {
		tests = append(tests, Test{
			Name: "atomicity/" + name, Promise: Atomicity, Set: Core, Needs: needs, Says: endings[name].says,
			Run: func(t T, r *Bench) { rollsBack(t, r, endings[name].ends) },
		})
	}
	return append(tests,
		Test{
			Name: "atomicity/all_or_nothing", Promise: Atomicity, Set: Core, Needs: needs, Run: allOrNothing,
			Says: "a request that succeeds has changed all entities that it wrote to",
		},
		Test{
			Name: "atomicity/failing_constructor", Promise: Atomicity, Set: Core, Needs: needs, Run: failingConstructor,
			Says: "a constructor that writes to others and then fails has written nothing and created nothing",
		},
		Test{
			Name: "atomicity/many_halfway", Promise: Atomicity, Set: Core, Needs: needs, Run: manyHalfway,
			Says: "a request that fails after some of many entities leaves all of them as they were",
		},
		Test{
			Name: "atomicity/recovered_writes_stay", Promise: Atomicity, Set: Core, Needs: needs, Run: recoveredStay,
			Says: "what a callee wrote before a panic that its caller recovers is committed with the rest",
		})
}

// room is a few cells of a test.
type room struct {
	t     T
	s     Session
	cells []string
}

func newRoom(t T, r *Bench, count int) *room {
	c := &room{t: t, s: r.Session(t)}
	for i := range count {
		key := r.Name("cell")
		expect(t, c.s, To("NewCell", key, i*100), fmt.Sprintf("%q", key))
		expect(t, c.s, On("Cell", key, "Write", 1), fmt.Sprint(i*100+1))
		c.cells = append(c.cells, key)
	}
	return c
}

// states are those of the cells and of what failing requests try to create.
func (c *room) states() (all []string) {
	for _, key := range c.cells {
		all = append(all, stateOf(c.t, c.s, "Cell", key), stateOf(c.t, c.s, "Cell", key+"/new"), stateOf(c.t, c.s, "Picky", key+"/picky"))
	}
	return all
}

// unchanged compares states with those before a request.
func (c *room) unchanged(before []string, r Request, a Answer) {
	c.t.Helper()
	for i, now := range c.states() {
		if now != before[i] {
			c.t.Errorf("a failed request has changed a state: %s\n  answered %s\n  before %s\n  now    %s", r, shown(a), before[i], now)
		}
	}
}

func rollsBack(t T, r *Bench, ends map[string]string) {
	c := newRoom(t, r, 3)
	before := c.states()
	for _, end := range slices.Sorted(maps.Keys(ends)) {
		for _, request := range []Request{
			To("WriteAll", c.cells, 5, end),
			On("Cell", c.cells[0], "Spread", c.cells, 5, end),
			On("Cell", c.cells[1], "Chain", []string{c.cells[0], c.cells[2], c.cells[1]}, 5, end),
		} {
			c.unchanged(before, request, fails(t, c.s, request, ends[end]))
		}
	}
	// The cells still take requests, and see nothing of what was rolled back.
	for i, key := range c.cells {
		expect(t, c.s, On("Cell", key, "Journal"), fmt.Sprintf(`"%d [+1] map[1:1]"`, i*100+1))
		expect(t, c.s, On("Cell", key, "Add", 1), fmt.Sprint(i*100+2))
	}
}

func allOrNothing(t T, r *Bench) {
	c := newRoom(t, r, 5)
	expect(t, c.s, To("WriteAll", c.cells, 7, ""), fmt.Sprint(0+100+200+300+400+5*8))
	for i, key := range c.cells {
		expect(t, c.s, On("Cell", key, "Journal"), fmt.Sprintf(`"%d [+1 +7] map[1:1 7:1]"`, i*100+8))
	}
}

func failingConstructor(t T, r *Bench) {
	c := newRoom(t, r, 1)
	before, name := c.states(), r.Name("counted")
	request := To("NewCounted", name, -1, c.cells[0])
	c.unchanged(before, request, fails(t, c.s, request, "Application"))
	fails(t, c.s, On("Picky", name, "Get"), "NotFound")
	expect(t, c.s, To("NewCounted", name, 4, c.cells[0]), fmt.Sprintf("%q", name))
	between := c.states()
	again := To("NewCounted", name, 9, c.cells[0])
	c.unchanged(between, again, fails(t, c.s, again, "AlreadyExists"))
	expect(t, c.s, On("Picky", name, "Get"), "4")
}

func manyHalfway(t T, r *Bench) {
	s := r.Session(t)
	payer, many := r.Name("payer"), r.Name("many")
	expect(t, s, To("Open", payer, 100), fmt.Sprintf("%q", payer))
	expect(t, s, To("OpenMany", many, 40, 1), "40")
	var accounts []string
	for i := range 40 {
		accounts = append(accounts, fmt.Sprint(many, i))
	}
	fails(t, s, On("Account", payer, "Spread", accounts, 3), "Application") // the money ends at the 34th
	expect(t, s, To("Audit", accounts), "40")
	expect(t, s, On("Account", payer, "Balance"), "100")
	fails(t, s, On("Account", payer, "Spread", append(accounts, r.Name("missing")), 1), "NotFound")
	expect(t, s, To("Audit", accounts), "40")
	expect(t, s, On("Account", payer, "Spread", accounts, 2), "20")
	expect(t, s, To("Audit", accounts), "120")
	fails(t, s, To("OpenMany", many, 50, 1), "AlreadyExists") // none before the first
	fails(t, s, On("Account", fmt.Sprint(many, 40), "Balance"), "NotFound")
}

func recoveredStay(t T, r *Bench) {
	c := newRoom(t, r, 2)
	for i, end := range []string{"panic", "index", "missing", "exists already"} {
		a := call(t, c.s, To("Recover", c.cells[0], c.cells[1], 2, end))
		if a.Code != "" {
			t.Errorf("a recovered panic fails the request: %s", shown(a))
		}
		expect(t, c.s, On("Cell", c.cells[0], "Get"), fmt.Sprint(1+2*(i+1)))
		expect(t, c.s, On("Cell", c.cells[1], "Get"), fmt.Sprint(101+2*(i+1)))
	}
}
