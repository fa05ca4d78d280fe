// This file compares derived facts with sets computed by hand.

package ir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calling has every way to reach another entity, and functions that only look like it.
const calling = `
ir: sfc/v1
id: p
name: p
version: 1
types:
  A: {struct: [{k: string}, {n: int}, {xs: list int}]}
  B: {struct: [{k: string}]}
  Near: {struct: [{v: int}], methods: {Go: Near.Go}}
  Far: {struct: [{b: ref B}], methods: {Go: {func: Far.Go, pointer: true}}}
  Goer: {interface: [{Go: func() (int)}]}
  Namer: {interface: [{Name: func() (string)}]}
  Named: {is: string, methods: {Name: Named.Name}}
entities: {A: {key: A.Key}, B: {key: B.Key}}
externs:
  go:slices.SortFunc: {params: [list int, "func(int, int) (int)"], effects: w0, calls: true}
  go:fmt.Sprint: {params: [list any], results: [string], calls: true}
funcs:
  A.Key: {entity: A, self: a, results: [string], blocks: {b0: {end: {return: [{field: [a, k]}]}}}}
  B.Key: {entity: B, self: b, results: [string], blocks: {b0: {end: {return: [{field: [b, k]}]}}}}
  B.Get: {entity: B, self: b, exported: true, results: [int], blocks: {b0: {end: {return: [{int: 1}]}}}}
  Near.Go: {params: [{n: Near}], results: [int], blocks: {b0: {end: {return: [{field: [n, v]}]}}}}
  Far.Go:
    params: [{f: ptr Far}]
    results: [int]
    locals: {r: int}
    blocks:
      b0: {end: {invoke: B.Get, on: {field: [f, b]}, into: [r], then: b1}}
      b1: {end: {return: [r]}}
  Named.Name: {params: [{n: Named}], results: [string], blocks: {b0: {end: {return: [{convert: n, as: string}]}}}}
  byFace: {params: [{g: Goer}], locals: {r: int}, blocks: {b0: {do: [{callface: g, method: Go, into: [r]}], end: {return: []}}}}
  byName: {params: [{g: Namer}], locals: {r: string}, blocks: {b0: {do: [{callface: g, method: Name, into: [r]}], end: {return: []}}}}
  helper: {params: [{g: Goer}], blocks: {b0: {do: [{call: byFace, args: [g]}], end: {return: []}}}}
  asks: {params: [{b: ref B}], results: [bool], locals: {ok: bool}, blocks: {b0: {end: {exists: b, into: ok, then: b1}}, b1: {end: {return: [ok]}}}}
  taken: {params: [{b: ref B}], results: [bool], blocks: {b0: {end: {return: [{bool: true}]}}}}
  byValue: {params: [{b: ref B}, {f: "func(ref B) (bool)"}], locals: {ok: bool}, blocks: {b0: {do: [{callfunc: f, args: [b], into: [ok]}], end: {return: []}}}}
  byOther: {params: [{f: func(int)}], blocks: {b0: {do: [{callfunc: f, args: [{int: 1}]}], end: {return: []}}}}
  gives: {params: [{b: ref B}], blocks: {b0: {do: [{call: byValue, args: [b, {func: asks}]}, {call: byValue, args: [b, {func: taken}]}], end: {return: []}}}}
  even: {params: [{n: int}], results: [bool], locals: {r: bool}, blocks: {b0: {do: [{call: odd, args: [n], into: [r]}], end: {return: [r]}}}}
  odd: {params: [{n: int}], results: [bool], locals: {r: bool}, blocks: {b0: {do: [{call: even, args: [n], into: [r]}], end: {return: [r]}}}}
  self: {blocks: {b0: {do: [{call: self}], end: {return: []}}}}
  callsEven: {blocks: {b0: {do: [{call: even, args: [{int: 1}], into: [_]}], end: {return: []}}}}
  A.Loop: {entity: A, self: a, exported: true, params: [{other: ref A}], blocks: {b0: {end: {invoke: A.Loop, on: other, args: [a], then: b1}}, b1: {end: {return: []}}}}
`

func TestSuspends(t *testing.T) {
	p := read(t, calling)
	require.NoError(t, Verify(p))
	x := Analyze(p)
	var suspending, recursive []string
	for _, f := range p.Funcs {
		if x.Func(f.Name).Suspends {
			suspending = append(suspending, f.Name)
		}
		if x.Func(f.Name).Recursive {
			recursive = append(recursive, f.Name)
		}
	}
	assert.Equal(t, []string{"Far.Go", "byFace", "helper", "asks", "byValue", "gives", "A.Loop"}, suspending)
	assert.Equal(t, []string{"even", "odd", "self", "A.Loop"}, recursive)
	assert.Equal(t, []string{"Far.Go", "Near.Go"}, x.Func("byFace").Calls)
	assert.Equal(t, []string{"asks", "taken"}, x.Func("byValue").Calls)
	assert.Empty(t, x.Func("byOther").Calls)

	s := NewScope(p, p.Func("gives"))
	assert.True(t, x.Suspending(s, p.Func("gives").Blocks[0].Do[0]))
	s = NewScope(p, p.Func("byName"))
	assert.False(t, x.Suspending(s, p.Func("byName").Blocks[0].Do[0]))
	assert.Equal(t, []*Func{p.Func("Named.Name")}, x.Callees(s, p.Func("byName").Blocks[0].Do[0]))
}

func TestAnEntityBehindAnInterfaceSuspends(t *testing.T) {
	text := strings.Replace(calling, "  Named.Name:", "  B.Name: {entity: B, self: b, results: [string], blocks: {b0: {end: {return: [{string: b}]}}}}\n  Named.Name:", 1)
	x := Analyze(read(t, text))
	assert.True(t, x.Func("byName").Suspends)
	assert.Equal(t, []string{"B.Name", "Named.Name"}, x.Func("byName").Calls)
}

func TestEdges(t *testing.T) {
	var got []string
	for _, e := range Analyze(load(t, "shop.yaml")).Edges {
		got = append(got, fmt.Sprintf("%s %s %s", e.From, e.To, e.Method))
	}
	assert.Equal(t, []string{"NewItem Item create", "Restock Item UpdateStock", "User Item Price", "User Item UpdateStock"}, got)
}

func TestRanksPutCallersFirst(t *testing.T) {
	edges := []*Edge{{From: "C", To: "A"}, {From: "A", To: "B"}, {From: "B", To: "A"}, {From: "f", To: "C"}, {From: "C", To: "C"}}
	p := &Program{Entities: []*Entity{{Name: "A"}, {Name: "B"}, {Name: "C"}, {Name: "D"}}}
	// C and D have no callers, C stands first; then D; A and B call each other, A stands first.
	assert.Equal(t, map[string]int{"C": 0, "D": 1, "A": 2, "B": 3}, ranks(p, edges))
}

// splits gives the split points of a function as "block/index: variables".
func splits(x *Facts, f string) []string {
	var list []string
	for _, s := range x.Func(f).Splits {
		list = append(list, fmt.Sprintf("%s/%d: %s", s.Block.Name, s.Index, strings.Join(s.Live, " ")))
	}
	return list
}

func TestLiveInShop(t *testing.T) {
	x := Analyze(load(t, "shop.yaml"))
	// BuyItem: after the price, amount is needed for total and for the second call, item for that call; after it, total.
	assert.Equal(t, []string{"b0/0: amount item", "b3/0: total"}, splits(x, "User.BuyItem"))
	assert.Equal(t, map[string][]string{"b1": {"amount", "item"}, "b4": {"total"}}, x.Func("User.BuyItem").Live)
	// Restock: n for the next call; the list and the index for the loop. items and item are not needed any more.
	assert.Equal(t, []string{"b2/1: n t1 t2"}, splits(x, "Restock"))
	assert.Equal(t, []string{"b0/1: "}, splits(x, "NewItem"))
	assert.Empty(t, splits(x, "Item.Price"))
}

func TestLive(t *testing.T) {
	for name, c := range map[string]struct {
		blocks string
		want   []string
	}{
		"a result is not kept, its old value is gone": {
			`b0: {do: [{set: x, to: {int: 1}}], end: {invoke: E.Add, on: e, args: [x], into: [x], then: b1}}
      b1: {end: {return: [x]}}`, []string{"b0/1: "}},
		"on the way of a panic the old value stays": {
			`b0: {do: [{set: x, to: {int: 1}}], end: {jump: b1}}
      b1: {unwind: {to: b3, into: pan}, end: {invoke: E.Add, on: e, args: [x], into: [x], then: b2}}
      b2: {end: {return: [x]}}
      b3: {end: {return: [x]}}`, []string{"b1/0: x"}},
		"the slot that the edge fills is not kept, another one is": {
			`b0: {unwind: {to: b2, into: pan}, end: {invoke: E.Add, on: e, args: [n], into: [x], then: b1}}
      b1: {unwind: {to: b3, into: pan2}, end: {invoke: E.Add, on: e, args: [n], into: [x], then: b4}}
      b2: {end: {repanic: pan}}
      b3: {end: {if: {panicking: pan}, then: b2, else: b5}}
      b4: {end: {return: [x]}}
      b5: {end: {return: [n]}}`, []string{"b0/0: n e pan", "b1/0: n pan"}},
		"a cell that takes a result is kept, and one that a closure holds is not": {
			`b0: {do: [{cell: c, to: n}, {cell: c2, to: n}, {closure: inner, cells: [c2], into: g}], end: {invoke: E.Add, on: e, args: [n], into: [c], then: b1}}
      b1: {do: [{callfunc: g, into: [x]}], end: {return: [x]}}`, []string{"b0/3: c g"}},
		"a cell made anew is not kept": {
			`b0: {do: [{cell: c, to: n}], end: {invoke: E.Add, on: e, args: [c], into: [_], then: b1}}
      b1: {do: [{cell: c, to: n}], end: {return: [c]}}`, []string{"b0/1: n"}},
		"a part of a struct keeps the rest": {
			`b0: {do: [{set: q, to: p}], end: {invoke: E.Add, on: e, args: [n], into: [x], then: b1}}
      b1: {do: [{set: {field: [q, x]}, to: x}], end: {return: [{field: [q, x]}]}}`, []string{"b0/1: q"}},
		"a loop keeps what the next round needs": {
			`b0: {do: [{set: x, to: {int: 0}}], end: {jump: b1}}
      b1: {end: {if: {lt: [x, n]}, then: b2, else: b3}}
      b2: {end: {invoke: E.Add, on: e, args: [x], into: [y], then: b4}}
      b3: {end: {return: [x]}}
      b4: {do: [{set: x, to: {add: [x, y]}}], end: {jump: b1}}`, []string{"b2/0: n e x"}},
		"a call that suspends cuts inside a block": {
			`b0: {do: [{set: x, to: n}, {call: away, args: [e], into: [y]}, {set: x, to: {add: [x, y]}}, {call: away, args: [e], into: [y]}, {call: near, into: [y]}], end: {return: [x]}}`,
			[]string{"b0/1: e x", "b0/3: x"}},
	} {
		text := fmt.Sprintf(`
ir: sfc/v1
id: p
name: p
version: 1
types: {E: {struct: [{k: string}]}, P: {struct: [{x: int}]}}
entities: {E: {key: E.Key}}
funcs:
  E.Key: {entity: E, self: s, results: [string], blocks: {b0: {end: {return: [{field: [s, k]}]}}}}
  E.Add: {entity: E, self: s, params: [{d: int}], results: [int], blocks: {b0: {end: {return: [d]}}}}
  inner: {captures: [{c: {type: int, cell: true}}], results: [int], blocks: {b0: {end: {return: [c]}}}}
  near: {results: [int], blocks: {b0: {end: {return: [{int: 1}]}}}}
  away: {params: [{e: ref E}], results: [int], locals: {r: int}, blocks: {b0: {end: {invoke: E.Add, on: e, args: [{int: 1}], into: [r], then: b1}}, b1: {end: {return: [r]}}}}
  f:
    params: [{n: int}, {e: ref E}, {p: P}]
    results: [int]
    locals: {x: int, y: int, q: P, c: {type: int, cell: true}, c2: {type: int, cell: true}, g: func() (int), pan: panic, pan2: panic}
    blocks:
      %s
`, c.blocks)
		p := read(t, text)
		require.NoError(t, Verify(p), name)
		assert.Equal(t, c.want, splits(Analyze(p), "f"), name)
	}
}

func TestEffects(t *testing.T) {
	for name, c := range map[string]struct{ locals, do, want string }{
		"nothing":                       {"", "", ""},
		"arithmetic":                    {"", "{eval: {add: [n, n]}}", ""},
		"reads a field":                 {"", "{eval: {field: [a, n]}}", Reads},
		"writes a field":                {"", "{set: {field: [a, n]}, to: n}", Writes},
		"writes an element of state":    {"", "{set: {index: [{field: [a, xs]}, n]}, to: n}", Writes},
		"through an alias":              {"ys: list int", "{set: ys, to: {field: [a, xs]}}, {set: {index: [ys, n]}, to: n}", Writes},
		"a parameter's element":         {"", "{set: {index: [ps, n]}, to: n}", Writes},
		"a fresh list":                  {"ys: list int", "{list: list int, elems: [n], into: ys}, {set: {index: [ys, n]}, to: n}, {append: ys, elems: [n], into: ys}", ""},
		"a list that is fresh at times": {"ys: list int", "{list: list int, into: ys}, {set: ys, to: ps}, {append: ys, elems: [n], into: ys}", Writes},
		"append to state":               {"ys: list int", "{append: {field: [a, xs]}, elems: [n], into: ys}", Writes},
		"append to nil":                 {"ys: list int", "{append: {nil: list int}, spread: ps, into: ys}, {clear: ys}", ""},
		"a copy of state":               {"ys: list int", "{makelist: list int, len: n, into: ys}, {copy: ys, from: {field: [a, xs]}}", Reads},
		"copy into state":               {"", "{copy: {field: [a, xs]}, from: ps}", Writes},
		"a struct of its own":           {"s: Pair", "{set: s, to: {zero: Pair}}, {set: {field: [s, x]}, to: n}", ""},
		"a struct's list":               {"s: Pair", "{set: s, to: {zero: Pair}}, {set: {index: [{field: [s, l]}, n]}, to: n}", Writes},
		"a new struct":                  {"s: ptr Pair", "{new: Pair, into: s}, {set: {field: [s, x]}, to: n}", ""},
		"a new struct's list":           {"s: ptr Pair", "{new: Pair, into: s}, {set: {index: [{field: [s, l]}, n]}, to: n}", Writes},
		"a cell":                        {"c: {type: int, cell: true}", "{cell: c, to: n}, {set: c, to: n}, {set: {deref: {addr: c}}, to: n}", ""},
		"a map of its own":              {"m: map int int", "{makemap: map int int, into: m}, {mapset: m, key: n, to: n}, {mapdel: m, key: n}", ""},
		"a map of state":                {"", "{mapdel: {field: [a, m]}, key: n}", Writes},
		"an extern that writes it":      {"", "{extern: go:sort, args: [{field: [a, xs]}]}", Writes},
		"an extern that writes its own": {"ys: list int", "{append: {nil: list int}, spread: ps, into: ys}, {extern: go:sort, args: [ys]}", Reads},
		"deep into fresh ints":          {"ys: list int", "{makelist: list int, len: n, into: ys}, {extern: go:deep, args: [ys]}", Reads},
		"deep into fresh lists":         {"zs: list list int", "{makelist: list list int, len: n, into: zs}, {extern: go:deeper, args: [zs]}", Writes},
		"a row nobody knows":            {"", "{extern: go:odd, args: [ps]}", Writes},
		"calls one that writes":         {"", "{call: A.Set, args: [n]}", Writes},
		"calls one that reads":          {"", "{call: A.Key, into: [_]}", Reads},
		"hands it to a helper":          {"", "{call: zero, args: [{field: [a, xs]}]}", Writes},
		"a call-back that writes":       {"f: func(int)", "{closure: A.cb, into: f}, {extern: go:each, args: [f]}", Writes},
	} {
		text := fmt.Sprintf(`
ir: sfc/v1
id: p
name: p
version: 1
types:
  A: {struct: [{k: string}, {n: int}, {xs: list int}, {m: map int int}]}
  Pair: {struct: [{x: int}, {l: list int}]}
entities: {A: {key: A.Key}}
externs:
  go:sort: {params: [list int], effects: w0}
  go:deep: {params: [list int], effects: W0}
  go:deeper: {params: [list list int], effects: W0}
  go:odd: {params: [list int], effects: z0}
  go:each: {params: [func(int)], calls: true}
funcs:
  A.Key: {entity: A, self: a, results: [string], blocks: {b0: {end: {return: [{field: [a, k]}]}}}}
  A.Set: {entity: A, self: a, params: [{v: int}], blocks: {b0: {do: [{set: {field: [a, n]}, to: v}], end: {return: []}}}}
  A.cb: {entity: A, self: a, params: [{v: int}], blocks: {b0: {do: [{set: {field: [a, n]}, to: v}], end: {return: []}}}}
  zero: {params: [{l: list int}], blocks: {b0: {do: [{clear: l}], end: {return: []}}}}
  A.f: {entity: A, self: a, params: [{n: int}, {ps: list int}], locals: {%s}, blocks: {b0: {do: [%s], end: {return: []}}}}
`, c.locals, c.do)
		p := read(t, text)
		require.NoError(t, Verify(p), name)
		x := Analyze(p)
		assert.Equal(t, c.want, x.Func("A.f").Effects, name)
		assert.Equal(t, c.want != Writes, x.Func("A.f").ReadOnly, name)
	}
}

// What the library may call back are methods of types whose values it may see: boxed ones and what these hold.
func TestCallBacksAreOfShownTypes(t *testing.T) {
	const text = `
ir: sfc/v1
id: p
name: p
version: 1
types:
  Seen: {struct: [{part: list Part}]}
  Part: {struct: [{x: int}], methods: {String: Part.String}}
  Stack: {struct: [{xs: list int}], methods: {Push: {func: Stack.Push, pointer: true}}}
externs:
  go:fmt.Sprint: {params: [list any], results: [string], variadic: true, calls: true}
funcs:
  Part.String: {params: [{p: Part}], results: [string], blocks: {b0: {end: {return: [{string: part}]}}}}
  Stack.Push: {params: [{s: ptr Stack}], blocks: {b0: {do: [{set: {field: [s, xs]}, to: {nil: list int}}], end: {return: []}}}}
  text: {params: [{s: Seen}, {st: ptr Stack}], results: [string], locals: {l: list any, r: string}, blocks: {b0: {do: [{list: list any, elems: [{box: s, as: any}], into: l}, {extern: go:fmt.Sprint, args: [l], into: [r]}], end: {return: [r]}}}}
`
	x := Analyze(read(t, text))
	assert.Equal(t, []string{"Part.String"}, x.Func("text").Calls)
	assert.Equal(t, Reads, x.Func("text").Effects)
	x = Analyze(read(t, strings.Replace(text, "{box: s, as: any}", "{box: st, as: any}", 1)))
	assert.Equal(t, []string{"Stack.Push"}, x.Func("text").Calls)
	assert.Equal(t, Writes, x.Func("text").Effects)
}

func TestReadOnlyFollowsInvokes(t *testing.T) {
	x := Analyze(load(t, "shop.yaml"))
	assert.True(t, x.Func("Item.Price").ReadOnly)
	assert.False(t, x.Func("Restock").ReadOnly, "it invokes UpdateStock")
	assert.Equal(t, Reads, x.Func("Restock").Effects, "but writes nothing itself")
	assert.False(t, x.Func("NewItem").ReadOnly, "it creates")
}
