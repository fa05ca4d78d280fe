// This file breaks each rule of the verifier once.

package ir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a program to add one thing to: declarations of a section, or the body of function f.
const small = `
ir: sfc/v1
id: example.com/small
name: small
version: 1
%s
types:
  E: {struct: [{name: string}, {n: int}]}
  P: {struct: [{x: int}, {xs: list int}], methods: {Area: P.Area}}
  Color: {is: int}
  Shape: {interface: [{Area: func() (int)}]}
  %s
entities:
  E: {key: E.Key}
  %s
vars: {limit: int}
externs:
  go:strings.Fields: {params: [string], results: [list string]}
  %s
funcs:
  E.Key: {entity: E, self: e, results: [string], blocks: {b0: {end: {return: [{field: [e, name]}]}}}}
  E.Add: {entity: E, self: e, exported: true, params: [{d: int}], results: [int], blocks: {b0: {end: {return: [d]}}}}
  P.Area: {params: [{p: P}], results: [int], blocks: {b0: {end: {return: [{field: [p, x]}]}}}}
  two: {results: [int, string], blocks: {b0: {end: {return: [{int: 1}, {string: a}]}}}}
  inner: {captures: [{c: {type: int, cell: true}}], results: [int], blocks: {b0: {end: {return: [c]}}}}
  %s
  f:
    file: small.go
    params: [{n: int}, {s: string}, {xs: list int}, {m: map string int}, {p: P}, {pp: ptr P}, {e: ref E}, {a: any}, {sh: Shape}, {ar: array 3 int}, {fn: func(int) (bool)}, {q: bool}]
    locals: {i: int, j: int, t: string, ok: bool, pan: panic, c: {type: int, cell: true}, err: error, v: any, ys: list int, g: func() (int), d: ptr E}
    blocks:
      %s
`

// parts are what a case puts into small.
type parts struct{ head, types, entities, externs, funcs, blocks string }

func (c parts) text() string {
	if c.blocks == "" {
		c.blocks = "b0: {end: {return: []}}"
	}
	return fmt.Sprintf(small, c.head, c.types, c.entities, c.externs, c.funcs, c.blocks)
}

// do makes the body of f one instruction.
func do(instr string) parts { return parts{blocks: "b0: {do: [" + instr + "], end: {return: []}}"} }

// eval makes the body of f the evaluation of an expression.
func eval(expr string) parts { return do("{eval: " + expr + "}") }

// end makes the body of f one terminator; b1 is there to go to.
func end(term string) parts { return parts{blocks: "b0: {end: " + term + "}"} }

// endThen is end with a block b1.
func endThen(term string) parts {
	return parts{blocks: "b0: {end: " + term + "}\n      b1: {end: {return: []}}"}
}

func fn(text string) parts  { return parts{funcs: text} }
func typ(text string) parts { return parts{types: text} }

func TestVerifyAcceptsTheShop(t *testing.T) {
	p := load(t, "shop.yaml")
	require.NoError(t, Verify(p))
	Complete(p)
	require.NoError(t, Verify(p))
}

func TestVerifyAccepts(t *testing.T) {
	for name, c := range map[string]parts{
		"nothing added":          {},
		"swap":                   do("{set: i, to: n}, {set: j, to: i}"),
		"part of a place":        do("{set: {field: [p, x]}, to: n}, {set: {index: [xs, n]}, to: {index: [ar, {int: 2}]}}"),
		"array element":          do("{set: {index: [ar, n]}, to: n}"),
		"through a pointer":      do("{set: {field: [pp, x]}, to: n}, {set: {deref: pp}, to: p}"),
		"shift by another type":  eval("{shl: [n, {u8: 3}]}"),
		"compare structs' parts": eval("{eq: [{field: [p, x]}, n]}"),
		"compare interfaces":     eval("{ne: [a, {nil: any}]}"),
		"declared literal":       eval("{Color: 7}"),
		"conversions":            eval("{convert: {convert: n, as: Color}, as: string}"),
		"box":                    eval("{box: p, as: Shape}"),
		"assert":                 do("{assert: a, type: string, into: [t, ok]}"),
		"drop":                   do("{call: two, into: [_, t]}, {call: two}"),
		"cell":                   do("{cell: c, to: n}, {set: c, to: {add: [c, {int: 1}]}}, {closure: inner, cells: [c], into: g}, {callfunc: g, into: [i]}"),
		"address of a cell":      do("{cell: c, to: n}, {eval: {deref: {addr: c}}}"),
		"maps":                   do("{mapset: m, key: s, to: n}, {mapget: m, key: s, into: [i, ok]}, {mapdel: m, key: s}, {clear: m}"),
		"lists":                  do("{append: xs, elems: [n], into: ys}, {append: ys, spread: xs, into: ys}, {copy: ys, from: xs, into: i}"),
		"invoke":                 endThen("{invoke: E.Add, on: e, args: [n], into: [i], then: b1}"),
		"exists":                 endThen("{exists: e, into: ok, then: b1}"),
		"delete":                 endThen("{delete: e, then: b1}"),
		"switch":                 endThen("{switch: s, cases: [{is: {string: a}, to: b1}, {is: {string: b}, to: b1}], default: b1}"),
		"unwind":                 {blocks: "b0: {unwind: {to: b1, into: pan}, do: [{call: two}], end: {return: []}}\n      b1: {do: [{recover: pan, into: v}], end: {if: {panicking: pan}, then: b2, else: b3}}\n      b2: {end: {repanic: pan}}\n      b3: {end: {return: []}}"},
		"no draft yet":           do("{set: d, to: {zero: ptr E}}, {set: d, to: {nil: ptr E}}, {eval: {isnil: d}}"),
		"host field":             {funcs: "h: {params: [{e: ptr go:strconv.NumError}], results: [string], blocks: {b0: {do: [{set: {field: [e, Num], as: string}, to: {string: a}}], end: {return: [{field: [e, Num], as: string}]}}}}"},
		"callface":               do("{callface: sh, method: Area, into: [i]}"),
		"recursion by pointer":   typ("Node: {struct: [{next: ptr Node}, {kids: list Node}]}"),
		"constructor":            fn("NewE: {creates: E, results: [ref E, error], params: [{name: string}], locals: {d: ptr E, r: ref E}, blocks: {b0: {do: [{new: E, to: {struct: E, fields: {name: name}}, into: d}], end: {create: d, into: r, then: b1}}, b1: {end: {return: [r, {nil: error}]}}}}"),
		"stronger effects":       fn("g: {effects: writes, blocks: {b0: {end: {return: []}}}}"),
		"init":                   {head: "init: start", funcs: "start: {blocks: {b0: {do: [{set: {var: limit}, to: {int: 3}}], end: {return: []}}}}"},
	} {
		p := read(t, c.text())
		assert.NoError(t, Verify(p), name)
	}
}

func TestVerifyRefuses(t *testing.T) {
	for want, c := range map[string]parts{
		// the program and its declarations
		`type "P" is declared twice`:                                    {}, // made below: text cannot say it
		`init function "nope" is not declared`:                          {head: "init: nope"},
		`init function "two" must be a plain function without`:          {head: "init: two"},
		`init function "start" reaches another entity`:                  {head: "init: start", funcs: "start: {locals: {ok: bool}, blocks: {b0: {end: {exists: {nil: ref E}, into: ok, then: b1}}, b1: {end: {return: []}}}}"},
		`"list" cannot be the name of a type`:                           typ("list: {is: int}"),
		`a type is one of is, struct, interface, or empty`:              typ("T: {is: int, struct: [{x: int}]}"),
		`empty is "struct" or "interface", not "none"`:                  typ("T: {empty: none}"),
		`an alias is of a struct or an interface`:                       typ("T: {is: int, alias: true}"),
		`type "T" is declared by way of itself`:                         typ("T: {is: T}"),
		`struct "T" holds itself by value`:                              typ("T: {struct: [{a: array 2 T}]}"),
		`type "U" holds itself by value`:                                typ("U: {is: array 2 W}\n  W: {struct: [{u: U}]}"),
		`field "x" is declared twice`:                                   typ("T: {struct: [{x: int}, {x: int}]}"),
		`type "Nope" is not declared`:                                   typ("T: {struct: [{x: list Nope}]}"),
		`entity type "Nope" is not declared`:                            typ("T: {struct: [{x: ref Nope}]}"),
		`entity type E stands as a value`:                               {}, // see below
		`map key of type list int: its values cannot be compared`:       typ("T: {struct: [{x: map list int int}]}"),
		`a panic slot is a local`:                                       typ("T: {struct: [{x: panic}]}"),
		`method "M": function "nope" is not declared`:                   typ("T: {is: int, methods: {M: nope}}"),
		`the first parameter of function "P.Area" is not the receiver`:  typ("T: {is: int, methods: {M: P.Area}}"),
		`an interface has no methods of its own`:                        typ("T: {interface: [{A: func()}], methods: {M: P.Area}}"),
		`method "A": the methods of an interface are sorted by name`:    typ("T: {interface: [{B: func()}, {A: func()}]}"),
		`method "A" is of type int, not a func type`:                    typ("T: {interface: [{A: int}]}"),
		`entity type "G" needs a struct type of its name`:               {entities: "G: {key: E.Key, rank: 2}"},
		`key function "nope" is not declared`:                           {types: "G: {struct: [{x: int}]}", entities: "G: {key: nope, rank: 2}"},
		`key function "two" is not a method of G without parameters`:    {types: "G: {struct: [{x: int}]}", entities: "G: {key: two, rank: 2}"},
		`key function "G.K" gives f64: a key is a string or an integer`: {types: "G: {struct: [{x: f64}]}", entities: "G: {key: G.K, rank: 2}", funcs: "G.K: {entity: G, self: g, results: [f64], blocks: {b0: {end: {return: [{field: [g, x]}]}}}}"},
		`key function "G.K" must only read the entity's own state`:      {types: "G: {struct: [{x: int}]}", entities: "G: {key: G.K, rank: 2}", funcs: "G.K: {entity: G, self: g, results: [int], blocks: {b0: {do: [{set: {field: [g, x]}, to: {int: 1}}], end: {return: [{field: [g, x]}]}}}}"},
		`method "E.Rename" assigns field "name", which is part of`:      fn("E.Rename: {entity: E, self: e, exported: true, params: [{s: string}], blocks: {b0: {do: [{set: {field: [e, name]}, to: s}], end: {return: []}}}}"),
		`field "h": a value of type func() cannot be in state`:          {types: "H: {struct: [{k: int}, {h: map int list func()}]}", entities: "H: {key: H.K, rank: 1}", funcs: "H.K: {entity: H, self: h, results: [int], blocks: {b0: {end: {return: [{field: [h, k]}]}}}}"},
		`an extern's name begins with its host`:                         {externs: "strings.Fields: {params: [string]}"},
		`a variadic extern's last parameter is a list`:                  {externs: "go:f: {params: [string], variadic: true}"},
		`a method's first parameter is its receiver`:                    {externs: "go:f: {method: true}"},
		`a type's name`: {}, // see below
		`variable "limit" is assigned outside initialisation`: do("{set: {var: limit}, to: n}"),
		// functions
		`an own receiver needs an entity type`:                                fn("g: {self: e, blocks: {b0: {end: {return: []}}}}"),
		`"e" is the own receiver and a local`:                                 fn("g: {entity: E, self: e, params: [{e: int}], blocks: {b0: {end: {return: []}}}}"),
		`a closure cannot be exported`:                                        fn("g: {exported: true, captures: [{c: {type: int, cell: true}}], blocks: {b0: {end: {return: []}}}}"),
		`a method needs its own receiver's name`:                              fn("g: {exported: true, entity: E, blocks: {b0: {end: {return: []}}}}"),
		`a variadic function's last parameter is a list`:                      fn("g: {variadic: true, params: [{x: int}], blocks: {b0: {end: {return: []}}}}"),
		`a constructor is no method`:                                          fn("g: {creates: E, entity: E, self: e, results: [ref E], blocks: {b0: {end: {return: [e]}}}}"),
		`a constructor gives ref E, or ref E and an error`:                    fn("g: {creates: E, results: [int], blocks: {b0: {end: {return: [{int: 1}]}}}}"),
		`parameter "x" is declared twice`:                                     fn("g: {params: [{x: int}, {x: int}], blocks: {b0: {end: {return: []}}}}"),
		`parameter "x" is a cell`:                                             fn("g: {params: [{x: {type: int, cell: true}}], blocks: {b0: {end: {return: []}}}}"),
		`parameter "x" is a panic slot`:                                       fn("g: {params: [{x: panic}], blocks: {b0: {end: {return: []}}}}"),
		`capture "x" is no cell`:                                              fn("g: {captures: [{x: int}], blocks: {b0: {end: {return: []}}}}"),
		`local "x" is a panic slot and a cell`:                                fn("g: {locals: {x: {type: panic, cell: true}}, blocks: {b0: {end: {return: []}}}}"),
		`a local cannot be called _`:                                          fn("g: {locals: {_: int}, blocks: {b0: {end: {return: []}}}}"),
		`the function has no blocks`:                                          fn("g: {blocks: {}}"),
		`block "b9" is not declared`:                                          end("{jump: b9}"),
		`the block cannot be reached`:                                         {blocks: "b0: {end: {return: []}}\n      b1: {end: {jump: b0}}"},
		`"i" is no local of type panic`:                                       {blocks: "b0: {unwind: {to: b1, into: i}, end: {return: []}}\n      b1: {end: {return: []}}"},
		`local "i" may be used before it is assigned`:                         {blocks: "b0: {end: {if: q, then: b1, else: b2}}\n      b1: {do: [{set: i, to: n}], end: {jump: b2}}\n      b2: {do: [{eval: i}], end: {return: []}}"},
		`local "c" may be used before it is assigned`:                         do("{set: c, to: n}"),
		`local "t" may be used before it is assigned`:                         {blocks: "b0: {unwind: {to: b1, into: pan}, do: [{set: t, to: s}], end: {return: []}}\n      b1: {do: [{eval: t}], end: {return: []}}"},
		`local "j" may be used before it is assigned`:                         {blocks: "b0: {unwind: {to: b2, into: pan}, end: {invoke: E.Add, on: e, args: [n], into: [j], then: b1}}\n      b1: {end: {return: []}}\n      b2: {do: [{eval: j}], end: {return: []}}"},
		`stated to suspend, but it cannot reach another entity`:               fn("g: {suspends: true, blocks: {b0: {end: {return: []}}}}"),
		`stated to be recursive, but it is not`:                               fn("g: {recursive: true, blocks: {b0: {end: {return: []}}}}"),
		`stated to only read, but it may write`:                               fn("g: {effects: reads, params: [{x: ptr int}], blocks: {b0: {do: [{set: {deref: x}, to: {int: 1}}], end: {return: []}}}}"),
		`effects "some": want "reads" or "writes"`:                            fn("g: {effects: some, blocks: {b0: {end: {return: []}}}}"),
		`live is [n], not [s]`:                                                {blocks: "b0: {end: {delete: e, then: b1}}\n      b1: {live: [s], do: [{eval: n}], end: {return: []}}"},
		`the dataflow edges are not those of the functions`:                   {head: "edges: [{from: E, to: E, method: X}]"},
		`function "far" reaches another entity: go:each cannot call it back`:  {externs: "go:each: {params: [func(ref E)], calls: true}", funcs: "far: {params: [{e: ref E}], blocks: {b0: {end: {delete: e, then: b1}}, b1: {end: {return: []}}}}", blocks: "b0: {do: [{extern: go:each, args: [{func: far}]}], end: {return: []}}"},
		`function "far" reaches another entity: go:named cannot call it back`: {externs: "go:named: {params: [func(ref E)], calls: true}", funcs: "far: {params: [{e: ref E}], captures: [{c: {type: int, cell: true}}], blocks: {b0: {end: {delete: e, then: b1}}, b1: {end: {return: []}}}}\n  h: {locals: {g: func(ref E), c: {type: int, cell: true}}, blocks: {b0: {do: [{cell: c, to: {int: 1}}, {closure: far, cells: [c], into: g}, {extern: go:named, args: [g]}], end: {return: []}}}}"},
		// instructions
		`the value is of type string, not int`:                           do("{set: i, to: s}"),
		`the own receiver "e" cannot be assigned, nor its address taken`: fn("g: {entity: E, self: e, params: [{o: ref E}], blocks: {b0: {do: [{set: e, to: o}], end: {return: []}}}}"),
		`the own receiver "e" cannot be assigned`:                        fn("g: {entity: E, self: e, params: [{o: any}], blocks: {b0: {do: [{assert: o, type: ref E, into: [e]}], end: {return: []}}}}"),
		`no place`: do("{set: {len: xs}, to: n}"),
		`an element of type map string int is no place`:       do("{set: {index: [m, s]}, to: n}"),
		`variable "go:io.EOF" of the host cannot be assigned`: do("{set: {var: go:io.EOF}, to: {nil: error}}"),
		`"i" is no local that is a cell`:                      do("{cell: i, to: n}"),
		`local "nope" is not declared`:                        do("{call: two, into: [_, nope]}"),
		`2 results go into 1 locals`:                          do("{call: two, into: [i]}"),
		`local "i" is of type int, not string`:                do("{call: two, into: [_, i]}"),
		`function "nope" is not declared`:                     do("{call: nope}"),
		`function "inner" is a closure`:                       do("{call: inner}"),
		`1 arguments for 0 parameters`:                        do("{call: two, args: [n]}"),
		`argument 0 is of type int, not P`:                    do("{call: P.Area, args: [n]}"),
		`method "E.Add" is called on another receiver`:        do("{call: E.Add, args: [n]}"),
		`a call on a draft needs a ptr E, not ref E`:          do("{call: E.Add, on: e, args: [n]}"),
		`function "two" has no own receiver`:                  do("{call: two, on: e}"),
		`the receiver is of type int, not an interface`:       do("{callface: n, method: Area}"),
		`interface Shape has no method "Nope"`:                do("{callface: sh, method: Nope}"),
		`the called value is of type int`:                     do("{callfunc: n}"),
		`extern "go:nope" is not declared`:                    do("{extern: go:nope}"),
		`what is appended to is of type string`:               do("{append: s, into: t}"),
		`append takes elems or spread, not both`:              do("{append: xs, elems: [n], spread: xs, into: ys}"),
		`element 0 is of type string, not int`:                do("{append: xs, elems: [s], into: ys}"),
		`elements of string do not go into a list of int`:     do("{append: xs, spread: s, into: ys}"),
		`the target of a copy is of type string`:              do("{copy: s, from: s}"),
		`what is cleared is of type int`:                      do("{clear: n}"),
		`the map is of type list int`:                         do("{mapset: xs, key: n, to: n}"),
		`the key is of type int, not string`:                  do("{mapdel: m, key: n}"),
		`mapget goes into a value and a bool`:                 do("{mapget: m, key: s, into: [i]}"),
		`what keys are taken of is of type list int`:          do("{keys: xs, into: [ys]}"),
		`results go into one or two locals, not 3`:            do("{keys: m, into: [_, _, _]}"),
		`the asserted value is of type int, not an interface`: do("{assert: n, type: int, into: [i]}"),
		`type int does not implement Shape`:                   do("{assert: sh, type: int, into: [i]}"),
		`local "i" is of type int, not ptr P`:                 do("{new: P, into: i}"),
		`type int is no list`:                                 do("{makelist: int, len: n, into: i}"),
		`the length is of type string, not an integer`:        do("{makelist: list int, len: s, into: ys}"),
		`the capacity is of type string, not an integer`:      do("{makelist: list int, len: n, cap: s, into: ys}"),
		`type list int is no map`:                             do("{makemap: list int, into: ys}"),
		`a string becomes a list of u8 or i32, not list int`:  do("{listof: s, type: list int, into: ys}"),
		`0 cells for 1 captures`:                              do("{closure: inner, into: g}"),
		`"i" is no cell`:                                      do("{closure: inner, cells: [i], into: g}"),
		`"n" is no local of type panic`:                       do("{recover: n, into: v}"),
		// terminators
		`the condition is of type int`:                                 endThen("{if: n, then: b1, else: b1}"),
		`a switch is on an integer or a string, not bool`:              endThen("{switch: q, cases: [], default: b1}"),
		`the case is of type int, not string`:                          endThen("{switch: s, cases: [{is: {int: 1}, to: b1}], default: b1}"),
		`case int(1) stands twice`:                                     endThen("{switch: n, cases: [{is: {int: 1}, to: b1}, {is: {int: 1}, to: b1}], default: b1}"),
		`1 values for 0 results`:                                       end("{return: [n]}"),
		`result 0 is of type string, not int`:                          fn("g: {results: [int], params: [{s: string}], blocks: {b0: {end: {return: [s]}}}}"),
		`the panic's value is of type string, not any`:                 end("{panic: s}"),
		`"s" is no local of type panic`:                                end("{repanic: s}"),
		`method "E.Nope" is not declared`:                              endThen("{invoke: E.Nope, on: e, then: b1}"),
		`function "two" is no method of an entity type`:                endThen("{invoke: two, on: e, then: b1}"),
		`the invoked reference is of type int, not ref E`:              endThen("{invoke: E.Add, on: n, args: [n], then: b1}"),
		`a value of type func() cannot cross to another entity`:        {funcs: "E.Do: {entity: E, self: e, params: [{fs: list func()}], blocks: {b0: {end: {return: []}}}}", blocks: "b0: {end: {invoke: E.Do, on: e, args: [{nil: list func()}], then: b1}}\n      b1: {end: {return: []}}"},
		`the draft is of type int, not a pointer to an entity's state`: endThen("{create: n, into: _, then: b1}"),
		`only a constructor of "E" creates one`:                        {blocks: "b0: {do: [{new: E, into: d}], end: {create: d, into: _, then: b1}}\n      b1: {end: {return: []}}"},
		`what is deleted is of type int`:                               endThen("{delete: n, then: b1}"),
		`what is asked for is of type int`:                             endThen("{exists: n, into: ok, then: b1}"),
		// expressions
		`local "zz" is not declared`:                         eval("zz"),
		`variable "zz" is not declared`:                      eval("{var: zz}"),
		`a panic slot is no value`:                           eval("{zero: panic}"),
		`panic slot "pan" is no value`:                       eval("pan"),
		`type int has no nil`:                                eval("{nil: int}"),
		`function "inner" needs a receiver or captures`:      eval("{func: inner}"),
		`neg of type string`:                                 eval("{neg: s}"),
		`not of type int`:                                    eval("{not: n}"),
		`inv of type bool`:                                   eval("{inv: q}"),
		`add of types int and string: both are the same`:     eval("{add: [n, s]}"),
		`sub of type string`:                                 eval("{sub: [s, s]}"),
		`shl of types int and string: both are integers`:     eval("{shl: [n, s]}"),
		`rem of type string`:                                 eval("{rem: [s, s]}"),
		`eq of type list int`:                                eval("{eq: [xs, xs]}"),
		`eq of type P`:                                       eval("{eq: [p, p]}"),
		`lt of type bool`:                                    eval("{lt: [q, q]}"),
		`land of type int`:                                   eval("{land: [n, n]}"),
		`field "n" of another entity: ref E is a reference`:  eval("{field: [e, n]}"),
		`type P has no field "zz"`:                           eval("{field: [pp, zz]}"),
		`field "x" of type int, which is no struct`:          eval("{field: [n, x]}"),
		`a blank field cannot be read`:                       eval("{field: [p, _]}"),
		`field "num" of the host is not exported`:            {funcs: "h: {params: [{e: ptr go:strconv.NumError}], results: [string], blocks: {b0: {end: {return: [{field: [e, num], as: string}]}}}}"},
		`field "x" says its type, but is not of a host type`: eval("{field: [p, x], as: int}"),
		`index of type int, which has no elements`:           eval("{index: [n, n]}"),
		`the index is of type string, not an integer`:        eval("{index: [xs, s]}"),
		`slice of type int`:                                  eval("{slice: n}"),
		`a bound is of type string, not an integer`:          eval("{slice: xs, lo: s}"),
		`a slice of a string has no max`:                     eval("{slice: s, hi: n, max: n}"),
		`a slice with max needs hi`:                          eval("{slice: xs, max: n}"),
		`len of type int`:                                    eval("{len: n}"),
		`cap of type string`:                                 eval("{cap: s}"),
		`deref of type int, which is no pointer`:             eval("{deref: n}"),
		`deref of ptr E copies an entity's state`:            do("{new: E, into: d}, {eval: {deref: d}}"),
		`the address of "n", which is no cell`:               eval("{addr: n}"),
		`the address of "p", which is no cell`:               eval("{addr: {field: [p, x]}}"),
		`string cannot be converted to int`:                  eval("{convert: s, as: int}"),
		`box as int, which is no interface`:                  eval("{box: n, as: int}"),
		`box of any, which is an interface`:                  eval("{box: a, as: any}"),
		`type string does not implement Shape`:               eval("{box: s, as: Shape}"),
		`a draft cannot be passed on`:                        do("{new: E, into: d}, {eval: {box: d, as: any}}"),
		`isnil of type int, which has no nil`:                eval("{isnil: n}"),
		`type int is no struct`:                              eval("{struct: int}"),
		`type P has no field "yy"`:                           eval("{struct: P, fields: {yy: n}}"),
		`field "x" is of type string, not int`:               eval("{struct: P, fields: {x: s}}"),
		`type int is no array`:                               eval("{array: int}"),
		`2 elements for array 1 int`:                         eval("{array: array 1 int, elems: [n, n]}"),
		`place 5 of array 3 int is out of range or taken`:    eval("{array: array 3 int, elems: [n], places: [5]}"),
		`entity type "Zz" is not declared`:                   eval("{ref: Zz, key: s}"),
		`the key is of type bool, not string`:                eval("{ref: E, key: q}"),
		`keyof of type int, which is no reference`:           eval("{keyof: n}"),
		`request has no constant "moon"`:                     eval("{request: moon}"),
		`"q" is no local of type panic`:                      eval("{panicking: q}"),
	} {
		p := read(t, c.text())
		switch want { // what the format cannot say
		case `type "P" is declared twice`:
			p.Types = append(p.Types, p.Type("P"))
		case `entity type E stands as a value`:
			p.Vars[0].Type = NamedType("E")
			want = `entity type "E" stands as a value`
		case `a type's name`:
			p.Vars[0].Type = nil
			want = "a type is missing"
		}
		err := Verify(p)
		if assert.Error(t, err, want) {
			assert.ErrorContains(t, err, want)
		}
	}
}

func TestVerifyTextsOfOneLine(t *testing.T) {
	p := load(t, "shop.yaml")
	p.Funcs[0].File = "shop.go:1\npackage other"
	require.ErrorContains(t, Verify(p), `name "shop.go:1\npackage other" is not printable`)
	p = load(t, "shop.yaml")
	p.ID = "shop\x00"
	require.ErrorContains(t, Verify(p), `name "shop\x00" is not printable`)
}

func TestVerifyRanks(t *testing.T) {
	p := load(t, "shop.yaml")
	p.Entities[0].Rank, p.Entities[1].Rank = 3, 3
	require.ErrorContains(t, Verify(p), `entity type User: rank 3 is the rank of "Item" too`)
	p.Entities[0].Rank, p.Entities[1].Rank = -1, 3
	require.ErrorContains(t, Verify(p), `entity type Item: rank -1 is negative`)
	p.Entities[0].Rank, p.Entities[1].Rank = 0, 0
	require.NoError(t, Verify(p), "absent")
	require.Equal(t, map[string]int{"User": 0, "Item": 1}, Analyze(p).Ranks)
}

func TestVerifySaysWhere(t *testing.T) {
	p := read(t, do("{set: i, to: n}, {set: i, to: s, at: 7}").text())
	err := Verify(p)
	line := 1 + strings.Count(do("").text()[:strings.Index(do("").text(), "b0: {do: [")], "\n")
	require.EqualError(t, err, fmt.Sprintf("test.yaml:%d:34: function f, block b0, instruction 2 (small.go:7): the value is of type string, not int", line))
	var problems Problems
	require.ErrorAs(t, err, &problems)
}

// ladder is a graph of n blocks b0 … in which two blocks of a loop can be entered from outside.
func ladder(n int, reduce bool) string {
	var b strings.Builder
	b.WriteString("b0: {end: {if: q, then: b1, else: b2}}\n")
	for i := 1; i < n-1; i++ {
		to := fmt.Sprintf("b%d", i+1)
		back := "b1"
		if reduce {
			back = to
		}
		fmt.Fprintf(&b, "      b%d: {end: {if: q, then: %s, else: %s}}\n", i, to, back)
	}
	fmt.Fprintf(&b, "      b%d: {end: {return: []}}\n", n-1)
	return b.String()
}

func TestVerifyRefusesLargeIrreducibleGraphs(t *testing.T) {
	require.NoError(t, Verify(read(t, parts{blocks: ladder(500, false)}.text())))
	require.NoError(t, Verify(read(t, parts{blocks: ladder(600, true)}.text())))
	require.ErrorContains(t, Verify(read(t, parts{blocks: ladder(501, false)}.text())), "an irreducible control-flow graph of 501 blocks")
}

func TestDeepExpressionsAreRefusedNotFatal(t *testing.T) {
	nest := func(n int) string { return strings.Repeat("{neg: ", n) + "n" + strings.Repeat("}", n) }
	require.NoError(t, Verify(read(t, eval(nest(900)).text())))
	_, err := Decode([]byte(eval(nest(1100)).text()), "deep.yaml")
	require.ErrorContains(t, err, "nested deeper than 1000")
	_, err = Decode([]byte(strings.Repeat("[", 100000)), "deep.json")
	require.ErrorContains(t, err, "nested deeper than")
	_, err = Decode([]byte(strings.Repeat("[", 100000)), "deep.yaml")
	require.Error(t, err)
}
