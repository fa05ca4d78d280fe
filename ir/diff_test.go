// This file changes a program in one place at a time and looks at what Diff says.

package ir

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const before = `
ir: sfc/v1
id: p
name: p
version: 1
types:
  A: {struct: [{k: string}, {n: i32}, {line: Line}, {tree: ptr Node}, {any: any}, {m: map string list f32}, {dir: Dir}]}
  Dir: {is: map string File}
  File: {is: list Dir}
  B: {struct: [{id: int}]}
  Line: {struct: [{qty: {type: int, tag: 'json:"q"'}}, {_: int}]}
  Node: {struct: [{kids: list ptr Node}, {v: u8}, {depth: Level}]}
  Level: {is: i8}
  Money: {struct: [{cents: int}]}
entities: {A: {key: A.Key}, B: {key: B.Key, rank: 1}}
funcs:
  A.Key: {entity: A, self: a, results: [string], blocks: {b0: {end: {return: [{field: [a, k]}]}}}}
  B.Key: {entity: B, self: b, results: [int], blocks: {b0: {end: {return: [{field: [b, id]}]}}}}
  A.Put: {entity: A, self: a, exported: true, params: [{x: Line}, {y: i32}], results: [int, error], blocks: {b0: {do: [{set: {field: [a, any]}, to: {box: {zero: Money}, as: any}}], end: {return: [{int: 1}, {nil: error}]}}}}
  free: {exported: true, results: [Line], blocks: {b0: {end: {return: [{zero: Line}]}}}}
  many: {exported: true, variadic: true, params: [{xs: list int}], blocks: {b0: {end: {return: []}}}}
  inner: {params: [{x: int}], blocks: {b0: {end: {return: []}}}}
`

func TestDiff(t *testing.T) {
	for name, c := range map[string]struct {
		change []string
		want   []string // "!" marks what breaks
	}{
		"nothing":                 {nil, nil},
		"bodies":                  {[]string{"{int: 1}, {nil", "{int: 2}, {nil", "inner: {params: [{x: int}]", "inner: {params: [{x: string}]"}, nil},
		"field added":             {[]string{"{n: i32}", "{n: i32}, {new: int}"}, []string{"entity type A, field new: is new: zero where it is absent"}},
		"field removed":           {[]string{"{n: i32}, ", ""}, []string{"entity type A, field n: is gone"}},
		"field renamed":           {[]string{"{n: i32}", "{count: {type: i32, was: n}}"}, []string{"entity type A, field n: is now called count"}},
		"field renamed before":    {[]string{"{n: i32}", "{n: {type: i32, was: old}}"}, nil},
		"field renamed unsaid":    {[]string{"{n: i32}", "{count: i32}"}, []string{"entity type A, field n: is gone", "entity type A, field count: is new: zero where it is absent"}},
		"field renamed by a slip": {[]string{"{n: i32}", "{count: {type: i32, was: m}}, {m2: map string list f32}", "{m: map string list f32}, ", ""}, []string{"entity type A, field n: is gone", "entity type A, field m: is now called count", "!entity type A, field m: is of type int32, was of type map[string][]float32", "entity type A, field m2: is new: zero where it is absent"}},
		"renamed from nothing":    {[]string{"{n: i32}", "{count: {type: i32, was: num}}"}, []string{"entity type A, field n: is gone", "entity type A, field count: is new: zero where it is absent", "!entity type A, field count: says that it was num, which the version before does not have: was it n, which is gone?"}},
		"new, renamed in between": {[]string{"{n: i32}", "{n: i32}, {count: {type: i32, was: num}}"}, []string{"entity type A, field count: is new: zero where it is absent"}},
		"renamed, and there":      {[]string{"{n: i32}", "{n: i32}, {count: {type: i32, was: n}}"}, []string{"entity type A, field count: is new: zero where it is absent", "!entity type A, field count: says that it was n, but there is a field of that name still"}},
		"fields swapped":          {[]string{"[{k: string}, {n: i32}", "[{k: {type: string, was: n}}, {n: {type: i32, was: k}}"}, []string{"!entity type A: the key is computed in another way: stored entities would be found under other keys", "!entity type A, field k: says that it was n, but the version before has both", "!entity type A, field n: says that it was k, but the version before has both"}},
		"widened":                 {[]string{"{n: i32}", "{n: int}"}, []string{"entity type A, field n: widened from int32 to int"}},
		"narrowed":                {[]string{"{n: i32}", "{n: i16}"}, []string{"!entity type A, field n: is of type int16, was of type int32"}},
		"made unsigned":           {[]string{"{n: i32}", "{n: u64}"}, []string{"!entity type A, field n: is of type uint64, was of type int32"}},
		"made text":               {[]string{"{n: i32}", "{n: string}"}, []string{"!entity type A, field n: is of type string, was of type int32"}},
		"named":                   {[]string{"types:", "types:\n  N: {is: i32}", "{n: i32}", "{n: N}"}, nil},
		"made a reference":        {[]string{"{n: i32}", "{n: ref B}"}, []string{"!entity type A, field n: is of type *B, was of type int32"}},
		"an instance":             {[]string{"Line: {", "'Pair[list int, i8]': {struct: [{x: int}]}\n  Line: {", "{n: i32}", "{n: 'map string Pair[list int, i8]'}"}, []string{"!entity type A, field n: is of type map[string]Pair[[]int, int8], was of type int32"}},
		"a declared type widened": {[]string{"{is: i8}", "{is: i16}"}, []string{"entity type A, field tree, field depth: widened from Level (int8) to Level (int16)"}},
		"a declared type changed": {[]string{"{is: i8}", "{is: list int}"}, []string{"!entity type A, field tree, field depth: is of type Level ([]int), was of type Level (int8)"}},
		"variadic no more":        {[]string{"exported: true, variadic: true", "exported: true"}, []string{"!function many: its last parameter is not variadic any more: requests may leave it out"}},
		"variadic":                {[]string{"[{x: Line}, {y: i32}]", "[{x: Line}, {y: list i32}], variadic: true"}, []string{"!function A.Put, parameter y: is of type []int32, was of type int32"}},
		"deep in a tree":          {[]string{"{v: u8}", "{v: i16}"}, []string{"entity type A, field tree, field v: widened from uint8 to int16"}},
		"a type in itself":        {[]string{"list Dir", "list list Dir"}, []string{"!entity type A, field dir, values, elements: is of type []Dir, was of type Dir (map[string]File)"}},
		"inside a map":            {[]string{"list f32", "list string"}, []string{"!entity type A, field m, values, elements: is of type string, was of type float32"}},
		"behind an interface":     {[]string{"{cents: int}", "{cents: string}"}, []string{"!type Money behind an interface in state, field cents: is of type string, was of type int"}},
		"gone behind one":         {[]string{"Money", "Cash"}, []string{"!type Money behind an interface in state: is gone"}},
		"entity type gone":        {[]string{"B: {key: B.Key, rank: 1}", "", "  B.Key: {entity: B, self: b, results: [int], blocks: {b0: {end: {return: [{field: [b, id]}]}}}}\n", ""}, []string{"!entity type B: is gone: its entities would be lost"}},
		"entity type added":       {[]string{"B: {key: B.Key, rank: 1}", "B: {key: B.Key, rank: 1}, Money: {key: M.Key, rank: 2}"}, []string{"entity type Money: is new"}},
		"key's type":              {[]string{"[{k: string}", "[{k: int}", "results: [string], blocks", "results: [int], blocks"}, []string{"!entity type A: keys are of type int, were of type string", "!entity type A, field k: is of type int, was of type string"}},
		"key's field":             {[]string{"[{k: string}", "[{k: string}, {k2: string}", "{field: [a, k]}", "{field: [a, k2]}"}, []string{"!entity type A: the key is computed in another way: stored entities would be found under other keys", "entity type A, field k2: is new: zero where it is absent"}},
		"key's field renamed":     {[]string{"[{k: string}", "[{name: {type: string, was: k}}", "{field: [a, k]}", "{field: [a, name]}"}, []string{"entity type A, field k: is now called name"}},
		"key's receiver":          {[]string{"self: a, results: [string], blocks: {b0: {end: {return: [{field: [a, k]}", "self: me, results: [string], blocks: {start: {end: {return: [{field: [me, k]}"}, nil},
		"function gone":           {[]string{"free: {exported: true", "free: {exported: false"}, []string{"!function free: is gone, or not exported any more"}},
		"function added":          {[]string{"inner: {", "inner: {exported: true, "}, []string{"function inner: is new"}},
		"parameter added":         {[]string{"{y: i32}", "{y: i32}, {z: int}"}, []string{"!function A.Put: has 3 parameters, had 2"}},
		"parameter renamed":       {[]string{"{y: i32}", "{z: i32}"}, []string{"!function A.Put, parameter y: is called z: requests name their arguments"}},
		"parameter widened":       {[]string{"{y: i32}", "{y: i64}"}, []string{"function A.Put, parameter y: widened from int32 to int64"}},
		"result added":            {[]string{"results: [int, error]", "results: [int, int, error]"}, []string{"!function A.Put: has 2 results, had 1"}},
		"error dropped":           {[]string{"results: [int, error]", "results: [int]"}, nil},
		"json name":               {[]string{`json:"q"`, `json:"qty"`}, []string{"!function A.Put, parameter x, field qty: is gone", "function A.Put, parameter x, field qty: is new: zero where it is absent", "!function free, result 0, field qty: is gone", "function free, result 0, field qty: is new: zero where it is absent"}},
		"another program":         {[]string{"id: p", "id: q"}, []string{`!program: is "q", was "p": another program`}},
		"field that is not seen":  {[]string{"{_: int}", "{_: string}"}, nil},
		"another order of fields": {[]string{"[{k: string}, {n: i32}", "[{n: i32}, {k: string}"}, nil},
	} {
		text := before
		for i := 0; i < len(c.change); i += 2 {
			require.Contains(t, text, c.change[i], name)
			text = strings.ReplaceAll(text, c.change[i], c.change[i+1])
		}
		var got []string
		for _, change := range Diff(read(t, before), read(t, text)) {
			s := change.String()
			if change.Breaking {
				s = "!" + s
			}
			got = append(got, s)
		}
		assert.Equal(t, c.want, got, name)
	}
}
