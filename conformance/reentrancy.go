// This file holds the tests of re-entrancy and recursion: entities that are called while they wait.

package conformance

import (
	"fmt"
	"strings"

	"github.com/stateful-entities/sfc/backends"
)

func reentrancy() []Test {
	needs := backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle}
	test := func(name, says string, run func(T, *peers)) Test {
		return Test{
			Name: "reentrancy/" + name, Promise: Reentrancy, Set: Core, Needs: needs, Says: says,
			Run: func(t T, r *Bench) { run(t, newPeers(t, r)) },
		}
	}
	return []Test{
		test("callback", "an entity that is called back while it waits sees what it has written, and goes on with what was written then", callback),
		test("self_reference", "an entity that calls itself through a reference sees its own writes", selfReference),
		test("same_entity_twice", "an entity that is passed twice is one entity", sameTwice),
		test("bounce", "two entities may call each other in turn, each with what the other left", bounce),
		test("rollback", "what was written in a call back is rolled back with the rest", reentrantRollback),
		test("recovered_callback", "writes of a call back that panicked stay if the panic is recovered", recoveredCallback),
		test("deep_recursion", "calls between entities nest hundreds deep", deepRecursion),
		test("mutual_recursion", "two methods of two entities may be defined by each other", mutualRecursion),
		test("tree", "recursion down and up a tree of entities reaches each of them", wholeTree),
	}
}

// peers are two of the application's peers.
type peers struct {
	s    Session
	a, b string
	name func(string) string
}

func newPeers(t T, r *Bench) *peers {
	p := &peers{r.Session(t), r.Name("a"), r.Name("b"), r.Name}
	for _, key := range []string{p.a, p.b} {
		expect(t, p.s, To("NewPeer", key), fmt.Sprintf("%q", key))
	}
	return p
}

func callback(t T, p *peers) {
	expect(t, p.s, On("Peer", p.a, "Befriend", p.b), "null")
	expect(t, p.s, On("Peer", p.a, "Ask", 5), "[5,105]")
	expect(t, p.s, On("Peer", p.a, "N"), "105")
	expect(t, p.s, On("Peer", p.b, "N"), "1")
	expect(t, p.s, On("Peer", p.a, "Sum", 10), "375") // both reads come after the call: 125 + 125 + 125
}

func selfReference(t T, p *peers) {
	expect(t, p.s, On("Peer", p.a, "Befriend", p.a), "null")
	expect(t, p.s, On("Peer", p.a, "Ask", 5), "[5,106]")
	expect(t, p.s, On("Peer", p.a, "Three", p.a, p.a), "22011") // 1, then 11, then 22
	expect(t, p.s, On("Peer", p.a, "Down", 30), "82")           // 22+30 at the bottom, and 30 on the way back
	expect(t, p.s, On("Peer", p.a, "N"), "52")
}

func sameTwice(t T, p *peers) {
	expect(t, p.s, To("Two", p.a, p.a, 1, 2), "[true,4,3]")
	expect(t, p.s, To("Two", p.a, p.b, 1, 2), "[false,8,2]")
	expect(t, p.s, To("Transfer", account(t, p, 10), account(t, p, 0), 4), "null")
	one := account(t, p, 10)
	expect(t, p.s, To("Transfer", one, one, 10), "null")
	expect(t, p.s, On("Account", one, "Balance"), "10")
	fails(t, p.s, To("Transfer", one, one, 0), "Application")
	expect(t, p.s, On("Account", one, "Balance"), "10")
}

func account(t T, p *peers, deposit int) string {
	name := p.name("account")
	expect(t, p.s, To("Open", name, deposit), fmt.Sprintf("%q", name))
	return name
}

func bounce(t T, p *peers) {
	expect(t, p.s, On("Peer", p.a, "Bounce", p.b, 6), "13")
	expect(t, p.s, On("Peer", p.a, "N"), "4")
	expect(t, p.s, On("Peer", p.b, "N"), "3")
}

func reentrantRollback(t T, p *peers) {
	expect(t, p.s, On("Peer", p.a, "Add", 7), "7")
	a := fails(t, p.s, On("Peer", p.a, "Push", p.b), "Panic")
	if want := p.b + " trips at 4"; a.Detail != want {
		t.Errorf("want the panic %q, got %q", want, a.Detail)
	}
	fails(t, p.s, On("Peer", p.a, "Push", p.a), "Panic")
	expect(t, p.s, On("Peer", p.a, "N"), "7")
	expect(t, p.s, On("Peer", p.b, "N"), "0")
}

func recoveredCallback(t T, p *peers) {
	expect(t, p.s, On("Peer", p.a, "Befriend", p.b), "null")
	expect(t, p.s, On("Peer", p.a, "Fall"), fmt.Sprintf("%q", "text: "+p.a+" trips at 5 5"))
	expect(t, p.s, On("Peer", p.a, "N"), "10")
	expect(t, p.s, On("Peer", p.b, "N"), "1000") // its own deferred write
}

func deepRecursion(t T, p *peers) {
	expect(t, p.s, On("Peer", p.a, "Ladder", p.b, 400), "400")
	expect(t, p.s, On("Peer", p.a, "N"), "200")
	expect(t, p.s, On("Peer", p.b, "N"), "200")
	expect(t, p.s, On("Peer", p.a, "Down", 300), "800")
}

func mutualRecursion(t T, p *peers) {
	expect(t, p.s, To("Parity", p.a, p.b, 101), "false")
	expect(t, p.s, To("Parity", p.a, p.b, 100), "true")
	expect(t, p.s, To("Parity", p.a, p.a, 100), "true")
}

func wholeTree(t T, p *peers) {
	root := p.name("tree")
	expect(t, p.s, To("Plant", root, 3, 4), "121")
	for i, leaf := range []string{"aaaa", "abca", "cccc", "b"} {
		want := []int{1, 3, 6, 10}[i]
		expect(t, p.s, On("Node", root+leaf, "Count", i+1), fmt.Sprint(want))
	}
	expect(t, p.s, On("Node", root, "Total"), "10")
	expect(t, p.s, On("Node", root+"a", "Sum"), "3")
	expect(t, p.s, On("Node", root, "Check"), "null")
	expect(t, p.s, On("Node", root, "Deepest"), "5")
	path := call(t, p.s, On("Node", root+"abca", "Path"))
	if n := strings.Count(string(path.Value), root); n != 4 {
		t.Errorf("the way up should name 4 nodes: %s", shown(path))
	}
}
