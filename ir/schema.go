// This file makes a JSON Schema of the text from the same tags that Encode and Decode follow.

package ir

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// object is a piece of JSON Schema.
type object map[string]any

// Schema gives the JSON Schema (draft 2020-12) of a program's text: the shape that Decode accepts. Names, types and the
// rules behind them are Verify's business. The same bytes every time.
func Schema() []byte {
	defs := object{
		"type": object{"type": "string", "minLength": 1, "description": "a type: int, list string, map string ref Item, func(int) (bool)"},
		"literal": object{"anyOf": []any{
			object{"type": "boolean"},
			object{"type": "integer", "minimum": -maxExact, "maximum": maxExact},
			object{"type": "string"},
			closed(object{bytesKey: object{"type": "string"}}, bytesKey),
		}},
	}
	for t, sh := range shapes {
		if sh.op == nil {
			defs[t.Name()] = entrySchema(sh)
		}
	}
	defs["Lit"] = literalSchema()
	defs["Instr"] = oneOf(instrTable)
	defs["Term"] = oneOf(termTable)
	defs["Expr"] = exprSchema()
	root := entrySchema(declared)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "a program of stateful entities, " + Version
	root["properties"].(object)["ir"] = object{"const": Version}
	root["$defs"] = defs
	delete(defs, "Program")
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(err) // it holds nothing that JSON cannot say
	}
	return b.Bytes()
}

// closed is a mapping with these keys and no others.
func closed(properties object, required ...string) object {
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

// fieldsSchema is what the fields of a shape allow, without its key.
func fieldsSchema(sh *shape) object {
	properties := object{}
	var required []string
	for _, f := range sh.fields {
		if f.inline {
			continue
		}
		properties[f.name] = fieldSchema(f)
		if !f.opt {
			required = append(required, f.name)
		}
	}
	return closed(properties, required...)
}

// entrySchema is what a name maps to.
func entrySchema(sh *shape) object {
	if sole := sh.sole(); sole != nil {
		return fieldSchema(sole)
	}
	if sh.short == nil {
		return fieldsSchema(sh)
	}
	return object{"anyOf": []any{fieldSchema(sh.short), fieldsSchema(sh)}}
}

func fieldSchema(f *fieldShape) object {
	elem := f.typ
	if elem.Kind() == reflect.Slice {
		elem = elem.Elem()
	}
	var one object
	switch {
	case elem == reflect.TypeFor[*Type]():
		one = ref("type")
	case elem.Kind() == reflect.Pointer:
		one = ref(elem.Elem().Name())
	case elem.Kind() == reflect.Interface:
		one = ref(elem.Name())
	case elem.Kind() == reflect.Int:
		least := -1 << 31
		if f.name == "at" {
			least = 0
		}
		one = object{"type": "integer", "minimum": least, "maximum": 1<<31 - 1}
	case elem.Kind() == reflect.Bool:
		one = object{"type": "boolean"}
	default:
		one = object{"type": "string"}
	}
	switch {
	case f.typ.Kind() != reflect.Slice:
		return one
	case f.keyed:
		return object{"type": "object", "additionalProperties": one}
	case f.pairs:
		return object{"type": "array", "items": object{"anyOf": []any{
			object{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": one},
			ref("type"),
		}}}
	}
	return object{"type": "array", "items": one}
}

// oneOf is a choice among nodes by their operations.
func oneOf(table map[string]*shape) object {
	var choices []any
	for _, op := range operations(table) {
		choices = append(choices, fieldsSchema(table[op]))
	}
	return object{"oneOf": choices}
}

// literalSchema: `{type: value}`, where the type is no operation; else `{lit: value, as: type}`.
func literalSchema() object {
	var reserved []string
	for _, sh := range exprTable {
		for _, f := range sh.fields {
			reserved = append(reserved, f.name)
		}
	}
	for _, words := range [][]string{unaryOps, binaryOps, selectorOps, {litOp}} {
		reserved = append(reserved, words...)
	}
	for word := range basics {
		reserved = append(reserved, word)
	}
	slices.Sort(reserved)
	choices := []any{closed(object{litOp: ref("literal"), "as": ref("type")}, litOp, "as")}
	for _, k := range []Kind{Bool, Int, Uint, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128, String, Duration} {
		choices = append(choices, closed(object{basicNames[k]: basicLiteral(k)}, basicNames[k]))
	}
	declaredType := object{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": ref("literal"),
		"propertyNames": object{"minLength": 1, "not": object{"enum": slices.Compact(reserved)}}}
	return object{"oneOf": append(choices, declaredType)}
}

// basicLiteral is the value of a literal of a basic kind.
func basicLiteral(k Kind) object {
	integer := func(min, max any, pattern string) object {
		return object{"anyOf": []any{
			object{"type": "integer", "minimum": min, "maximum": max},
			object{"type": "string", "pattern": pattern},
		}}
	}
	switch {
	case k == Bool:
		return object{"type": "boolean"}
	case isSigned(k) && sizeOf(k) < 64:
		return integer(-(1 << (sizeOf(k) - 1)), 1<<(sizeOf(k)-1)-1, decimal.String())
	case isUnsigned(k) && sizeOf(k) < 64:
		return integer(0, 1<<sizeOf(k)-1, decimal.String())
	case isUnsigned(k):
		return integer(0, maxExact, `^(0|[1-9][0-9]*)$`)
	case isInteger(k):
		return integer(-maxExact, maxExact, decimal.String())
	case isFloat(k):
		return object{"type": "string", "pattern": floatText.String()}
	case isComplex(k):
		return object{"type": "string", "pattern": strings.ReplaceAll(complexText.String(), "[-+]?[0-9NaInf.e+-]", "[-+0-9NaInf.e]")}
	}
	return object{"anyOf": []any{object{"type": "string"}, closed(object{bytesKey: object{"type": "string", "contentEncoding": "base64"}}, bytesKey)}}
}

func exprSchema() object {
	pair := func(second object) object {
		return object{"type": "array", "prefixItems": []any{ref("Expr"), second}, "items": false, "minItems": 2}
	}
	choices := []any{object{"type": "string", "description": "a local"}, ref("Lit")}
	for _, op := range unaryOps {
		choices = append(choices, closed(object{op: ref("Expr")}, op))
	}
	for _, op := range append(slices.Clone(binaryOps), "index") {
		choices = append(choices, closed(object{op: pair(ref("Expr"))}, op))
	}
	choices = append(choices, closed(object{"field": pair(object{"type": "string"}), "as": ref("type")}, "field"))
	choices = append(choices, oneOf(exprTable)["oneOf"].([]any)...)
	return object{"oneOf": choices}
}
