// This file tests the normal form, the hash and the printed text.

package ir

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const twoBlocks = `
ir: sfc/v1
id: example.com/p
name: p
version: 1
funcs:
  f:
    params: [{n: int}]
    results: [int]
    locals: {total: int}
    blocks:
      b0: {do: [{set: total, to: {add: [n, {int: 1}]}}], end: {jump: b1}}
      b1: {end: {return: [total]}}
`

func TestHashIsOfMeaningAlone(t *testing.T) {
	want := Hash(read(t, twoBlocks))
	for name, change := range map[string][2]string{
		"version":       {"version: 1", "version: 7"},
		"position":      {"{return: [total]}", "{return: [total], at: 12}"},
		"local":         {"total", "sum"},
		"block":         {"b1", "out"},
		"derived":       {"locals:", "effects: reads\n    locals:"},
		"temporary":     {"{total: int}", "{total: {type: int, temp: true}}"},
		"unused local":  {"{total: int}", "{w: int, total: int}"},
		"dead block":    {"b1: {", "b7: {end: {jump: b7}}\n      b1: {"},
		"result's name": {"results: [int]", "results: [{r: int}]"},
	} {
		text := strings.ReplaceAll(twoBlocks, change[0], change[1])
		assert.Equal(t, want, Hash(read(t, text)), name)
	}
	for name, change := range map[string][2]string{
		"literal":  {"{int: 1}", "{int: 2}"},
		"operator": {"add", "sub"},
		"type":     {"int", "i64"},
		"id":       {"example.com/p", "example.com/q"},
		"exported": {"params:", "exported: true\n    params:"},
	} {
		text := strings.ReplaceAll(twoBlocks, change[0], change[1])
		assert.NotEqual(t, want, Hash(read(t, text)), name)
	}
	unexported := strings.NewReplacer("{n: int}", "{m: int}", "[n, ", "[m, ").Replace(twoBlocks)
	assert.Equal(t, want, Hash(read(t, unexported)), "parameter")
	exported := strings.Replace(twoBlocks, "params:", "exported: true\n    params:", 1)
	renamed := strings.NewReplacer("{n: int}", "{m: int}", "[n, ", "[m, ").Replace(exported)
	assert.NotEqual(t, Hash(read(t, exported)), Hash(read(t, renamed)), "a request may name the parameter")
}

func TestHashLeavesTheProgramAlone(t *testing.T) {
	p := load(t, "shop.yaml")
	before, err := Encode(p, JSON)
	require.NoError(t, err)
	Hash(p)
	after, err := Encode(p, JSON)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

func TestNormalizeNamesBlocksInReversePostorder(t *testing.T) {
	p := read(t, `
ir: sfc/v1
id: p
name: p
version: 1
funcs:
  f:
    params: [{c: bool}]
    locals: {p: panic}
    blocks:
      start: {end: {if: c, then: yes, else: other}, unwind: {to: caught, into: p}}
      dead: {end: {jump: start}}
      caught: {end: {repanic: p}}
      end: {end: {return: []}}
      other: {end: {jump: end}}
      "yes": {end: {jump: end}}
`)
	Normalize(p)
	var out bytes.Buffer
	require.NoError(t, FprintFunc(&out, p.Funcs[0]))
	assert.Equal(t, `func f(c bool) ()
  locals p panic
b0: unwind b4 into p
  if c then b1 else b2
b1:
  jump b3
b2:
  jump b3
b3:
  return
b4:
  repanic p
`, out.String())
}

func TestPrintShop(t *testing.T) {
	p := load(t, "shop.yaml")
	Complete(p)
	var out bytes.Buffer
	require.NoError(t, Fprint(&out, p))
	golden(t, "shop.txt", out.Bytes())
}
