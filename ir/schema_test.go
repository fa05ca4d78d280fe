// This file holds the JSON Schema, the reader and the package comment to one another.

package ir

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// schema compiles the schema with a library of others.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("program.json", doc))
	s, err := c.Compile("program.json")
	require.NoError(t, err)
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err, string(text))
	return s.Validate(doc)
}

func TestSchemaAcceptsPrograms(t *testing.T) {
	s := schema(t)
	programs := []*Program{load(t, "shop.yaml"), read(t, calling), read(t, twoBlocks)}
	Complete(programs[0])
	for _, p := range programs {
		text, err := Encode(p, JSON)
		require.NoError(t, err)
		assert.NoError(t, validate(t, s, text))
	}
}

// sample gives the JSON of a value that a field may have.
func sample(f *fieldShape) string {
	elem := f.typ
	if elem.Kind() == reflect.Slice {
		elem = elem.Elem()
	}
	one := `"x"`
	switch {
	case elem == reflect.TypeFor[*Type]():
		one = `"int"`
	case elem == reflect.TypeFor[*Case]():
		one = `{"is": {"int": 1}, "to": "b0"}`
	case elem.Kind() == reflect.Int:
		one = `7`
	case elem.Kind() == reflect.Bool:
		one = `true`
	}
	switch {
	case f.typ.Kind() != reflect.Slice:
		return one
	case f.keyed:
		return `{"x": ` + one + `}`
	}
	return `[` + one + `]`
}

// wrong gives JSON that no field of the kind takes.
func wrong(f *fieldShape) string {
	if f.typ.Kind() == reflect.Slice {
		return `7`
	}
	return `[7]`
}

// mapping writes fields as a JSON object.
func mapping(sh *shape, value func(*fieldShape) string) string {
	var parts []string
	for _, f := range sh.fields {
		if s := value(f); s != "" {
			parts = append(parts, fmt.Sprintf("%q: %s", f.name, s))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func TestSchemaAndDecodeRefuseTheSame(t *testing.T) {
	s := schema(t)
	frame := func(do, end string) []byte {
		return fmt.Appendf(nil, `{"ir": "sfc/v1", "id": "p", "name": "p", "version": 1, "funcs": {"f": {"blocks": {"b0": {"do": [%s], "end": %s}}}}}`, do, end)
	}
	check := func(name string, text []byte, ok bool) {
		t.Helper()
		_, decodeErr := Decode(text, "p.json")
		schemaErr := validate(t, s, text)
		if ok {
			assert.NoError(t, decodeErr, name)
			assert.NoError(t, schemaErr, name)
			return
		}
		assert.Error(t, decodeErr, "Decode: "+name)
		assert.Error(t, schemaErr, "schema: "+name)
	}
	node := func(sh *shape, put func(string) []byte) {
		full := mapping(sh, sample)
		check(sh.name, put(full), true)
		check(sh.name+" with an unknown key", put(strings.Replace(full, "{", `{"unknown": 1, `, 1)), false)
		for _, f := range sh.fields {
			without := mapping(sh, func(g *fieldShape) string {
				if g == f {
					return ""
				}
				return sample(g)
			})
			check(sh.name+" without "+f.name, put(without), f.opt)
			ill := mapping(sh, func(g *fieldShape) string {
				if g == f {
					return wrong(g)
				}
				return sample(g)
			})
			check(sh.name+" with an ill-typed "+f.name, put(ill), false)
		}
	}
	for _, op := range operations(instrTable) {
		node(instrTable[op], func(text string) []byte { return frame(text, `{"return": []}`) })
	}
	for _, op := range operations(termTable) {
		node(termTable[op], func(text string) []byte { return frame("", text) })
	}
	expr := func(text string) []byte { return frame(`{"eval": `+text+`}`, `{"return": []}`) }
	for _, op := range operations(exprTable) {
		node(exprTable[op], expr)
	}
	for text, ok := range map[string]bool{
		`"x"`: true, `7`: false, `null`: false, `true`: false, `["x"]`: false, `{}`: false,
		`{"neg": "x"}`: true, `{"neg": ["x"]}`: false, `{"neg": "x", "at": 1}`: false,
		`{"add": ["x", "y"]}`: true, `{"add": ["x"]}`: false, `{"add": ["x", "y", "z"]}`: false, `{"add": "x"}`: false,
		`{"field": ["x", "f"]}`: true, `{"field": ["x", {"int": 1}]}`: false, `{"field": ["x"]}`: false,
		`{"field": ["x", "F"], "as": "int"}`: true, `{"field": ["x", "F"], "as": 7}`: false, `{"field": ["x", "F"], "at": 7}`: false, `{"neg": "x", "as": "int"}`: false,
		`{"index": ["x", {"int": 1}]}`: true, `{"index": [1, "x"]}`: false,
		`{"int": 7}`: true, `{"int": 9007199254740993}`: false, `{"int": "9007199254740993"}`: true, `{"int": 1.5}`: false,
		`{"int": "x"}`: false, `{"int": true}`: false, `{"i8": 128}`: false, `{"i8": -128}`: true, `{"u8": -1}`: false, `{"u64": "18446744073709551615"}`: true,
		`{"f64": "1.5"}`: true, `{"f64": 1.5}`: false, `{"f64": "nan"}`: false, `{"f64": "-Inf"}`: true, `{"c128": "(1+2i)"}`: true, `{"c128": "1"}`: false,
		`{"bool": false}`: true, `{"bool": "false"}`: false, `{"string": "x"}`: true, `{"string": 7}`: false, `{"string": {"b64": "/w=="}}`: true, `{"string": {"b65": "/w=="}}`: false,
		`{"lit": 7, "as": "int"}`: true, `{"lit": 7}`: false, `{"duration": 5}`: true, `{"any": 7}`: false, `{"error": "x"}`: false,
		`{"int": 7, "string": "x"}`: false,
	} {
		check(text, expr(text), ok)
	}
	for text, ok := range map[string]bool{
		`"types": {"T": {"is": "int"}}`:                                                                    true,
		`"types": {"T": {"is": 7}}`:                                                                        false,
		`"types": {"T": {"struct": [{"x": "int"}, "int"]}}`:                                                true,
		`"types": {"T": {"struct": [{"x": "int", "y": "int"}]}}`:                                           false,
		`"types": {"T": {"struct": {"x": "int"}}}`:                                                         false,
		`"types": {"T": {"struct": [{"x": {"tag": "t"}}]}}`:                                                false,
		`"types": {"T": {"what": 1}}`:                                                                      false,
		`"types": []`:                                                                                      false,
		`"entities": {"E": {"key": "E.Key", "rank": 1}}`:                                                   true,
		`"entities": {"E": {"rank": 1}}`:                                                                   false,
		`"entities": {"E": {"key": "E.Key", "rank": "1"}}`:                                                 false,
		`"vars": {"v": "int", "w": {"type": "int", "at": "f:1"}}`:                                          true,
		`"vars": {"v": {"at": "f:1"}}`:                                                                     false,
		`"externs": {"go:f": {"params": ["int"], "debug": true}}`:                                          true,
		`"externs": {"go:f": {"params": "int"}}`:                                                           false,
		`"edges": [{"from": "A", "to": "B", "method": "M"}]`:                                               true,
		`"edges": [{"from": "A", "to": "B"}]`:                                                              false,
		`"funcs": {"g": {"blocks": {}}}`:                                                                   true,
		`"funcs": {"g": {}}`:                                                                               false,
		`"funcs": {"g": {"blocks": {"b0": {}}}}`:                                                           false,
		`"funcs": {"g": {"blocks": {"b0": {"end": {"jump": 7}}}}}`:                                         false,
		`"funcs": {"g": {"blocks": {"b0": {"unwind": {"to": "b0"}, "end": {"return": []}}}}}`:              false,
		`"funcs": {"g": {"blocks": {"b0": {"unwind": {"to": "b0", "into": "p"}, "end": {"return": []}}}}}`: true,
	} {
		check(text, []byte(`{"ir": "sfc/v1", "id": "p", "name": "p", "version": 1, `+text+`}`), ok)
	}
}

// row is a node's line in the package comment: its operation and its other keys.
func row(sh *shape) string {
	keys := ""
	for _, f := range sh.fields {
		switch {
		case f == sh.op || f.name == "at":
		case f.opt:
			keys += " [" + f.name + "]"
		default:
			keys += " " + f.name
		}
	}
	return strings.TrimRight(fmt.Sprintf("//\t%-12s %-12s%s", sh.name, sh.op.name, keys), " ")
}

// The package comment's table of nodes is what a reader goes by: it lists every node with its keys.
func TestPackageCommentListsEveryNode(t *testing.T) {
	source, err := os.ReadFile("ir.go")
	require.NoError(t, err)
	doc := string(source)[:strings.Index(string(source), "\npackage ir")]
	for _, table := range []map[string]*shape{instrTable, termTable, exprTable} {
		for _, op := range operations(table) {
			assert.True(t, strings.Contains(doc, row(table[op])+"\n"), row(table[op]))
		}
	}
	for _, op := range append(append(append([]string{}, unaryOps...), binaryOps...), selectorOps...) {
		assert.Contains(t, doc, op)
	}
}
