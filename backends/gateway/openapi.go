// This file describes the API of a program in OpenAPI 3.0, from its IR.

package gateway

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

type object = map[string]any

// ParametersKey is the extension that lists a request's arguments in order: [{"name": …, "schema": …}, …], with
// "optional": true where one may be left out. The body's schema cannot say it: an array's items have no schema each in
// OpenAPI 3.0.
const ParametersKey = "x-sfc-parameters"

// OpenAPI gives the description of a program's API.
func OpenAPI(p *ir.Program) ([]byte, error) {
	d := &describer{p: p, schemas: object{}, paths: object{}}
	d.fixed()
	for _, e := range p.Entities {
		if err := d.entity(e); err != nil {
			return nil, err
		}
	}
	for _, f := range p.Funcs {
		if !f.Exported {
			continue
		}
		if err := d.request(f); err != nil {
			return nil, err
		}
	}
	return json.MarshalIndent(object{
		"openapi": "3.0.3",
		"info": object{
			"title": p.Name, "version": fmt.Sprint(p.Version), "x-sfc-program": p.ID,
			"description": "Each request is one transaction. A reference is the key of its entity; an integer may also be sent as a string.",
		},
		"paths":      d.paths,
		"components": object{"schemas": d.schemas, "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}}},
		"security":   []object{{}, {"token": []string{}}}, // a program without a token file asks nobody
	}, "", "  ")
}

type describer struct {
	p              *ir.Program
	schemas, paths object
}

func (d *describer) fixed() {
	text := object{"type": "string"}
	d.schemas["sfc.Problem"] = object{ // no entity type has a dot in its name
		"type": "object", "required": []string{"title", "status", "detail", "code"},
		"properties": object{
			"title": text, "status": object{"type": "integer"}, "detail": text, "code": text,
			"entity": text, "method": text, "at": text, "id": text,
		},
	}
	number := object{"type": "integer", "minimum": 0}
	d.schemas["Record"] = object{
		"type": "object", "required": []string{"position", "time", "method", "changed"},
		"description": "what is kept of a request beside its answer; arguments by name, if they are known",
		"properties": object{
			"position": number, "time": object{"type": "string", "format": "date-time"}, "method": text, "entity": text,
			"arguments": object{"type": "object"}, "changed": object{"type": "array", "items": text},
		},
	}
	recorded := answer(object{}, []string{"result", "record"})
	recorded["properties"].(object)["record"] = object{"$ref": "#/components/schemas/Record"}
	d.paths["/v1/requests/{id}"] = object{"get": object{
		"operationId": "requests", "summary": "the recorded answer of a request, and what is kept beside it",
		"parameters": []any{parameter("path", "id", text, "the request's id")},
		"responses":  responses(recorded),
	}}
	selection := object{
		"type": "object", "required": []string{"type"}, "additionalProperties": false,
		"properties": object{"type": text, "key": text, "where": whereSchema(), "after": text, "limit": limitSchema()},
	}
	found := foundSchema(object{}, object{})
	found["properties"].(object)["type"] = text
	selections := object{"type": "array", "items": selection, "minItems": 1, "maxItems": maxSelections}
	d.paths["/query"] = object{"post": object{
		"operationId": "query", "summary": "entities of several types, as they were at one moment",
		"requestBody": object{"required": true, "content": object{"application/json": object{"schema": object{
			"type": "object", "required": []string{"select"}, "properties": object{"select": selections}, "additionalProperties": false,
		}}}},
		"responses": responses(object{
			"type": "object", "required": []string{"position", "select"},
			"properties": object{"position": number, "select": object{"type": "array", "items": found}},
		}),
	}}
}

func whereSchema() object {
	return object{"type": "string", "description": "those for which an expression in CEL over their fields holds"}
}

func limitSchema() object {
	return object{"type": "integer", "minimum": 1, "maximum": maxList, "default": defaultList}
}

// foundSchema is what a selection finds.
func foundSchema(key, state object) object {
	return object{"type": "object", "required": []string{"entities"}, "properties": object{
		"entities": object{"type": "array", "items": object{
			"type": "object", "required": []string{"key", "state"}, "properties": object{"key": key, "state": state},
		}},
		"next": object{"type": "string", "description": "there may be more after this key"},
	}}
}

func parameter(in, name string, schema object, doc string) object {
	return object{"in": in, "name": name, "required": in == "path", "schema": schema, "description": doc}
}

// responses are a successful answer, and problem details for everything else.
func responses(ok object) object {
	return object{
		"200": object{"description": "done", "content": object{"application/json": object{"schema": ok}}},
		"default": object{"description": "a problem (RFC 9457)", "content": object{
			"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/sfc.Problem"}}}},
	}
}

// answer is the body of a successful request.
func answer(result object, noResult []string) object {
	return object{
		"type": "object", "required": append([]string{"id"}, noResult...),
		"properties": object{"id": object{"type": "string"}, "result": result},
	}
}

func (d *describer) keySchema(entity string) (object, error) {
	t, err := ir.KeyType(d.p, entity)
	if err != nil {
		return nil, err
	}
	if ir.Underlying(d.p, t).Kind == ir.String {
		return object{"type": "string", "minLength": 1}, nil
	}
	return object{"type": "integer"}, nil
}

func (d *describer) entity(e *ir.Entity) error {
	key, err := d.keySchema(e.Name)
	if err != nil {
		return err
	}
	state, err := d.structSchema(ir.NamedType(e.Name), true)
	if err != nil {
		return err
	}
	d.schemas[componentName(e.Name)] = state
	ref := object{"$ref": "#/components/schemas/" + componentName(e.Name)}
	d.paths["/v1/"+e.Name+"/{key}"] = object{"get": object{
		"operationId": e.Name + ".state", "summary": "the committed state of one " + e.Name,
		"parameters": []any{parameter("path", "key", key, "the entity's key, percent-encoded")},
		"responses":  responses(object{"type": "object", "required": []string{"state"}, "properties": object{"state": ref}}),
	}}
	found := foundSchema(object{"type": "string"}, ref)
	found["properties"].(object)["position"] = object{"type": "integer", "minimum": 0}
	d.paths["/v1/"+e.Name] = object{"get": object{
		"operationId": e.Name + ".list", "summary": "the entities of type " + e.Name + ", in the order of their keys, as they were at one moment",
		"parameters": []any{
			parameter("query", "where", whereSchema(), "those for which this holds"),
			parameter("query", "limit", limitSchema(), "how many"),
			parameter("query", "after", object{"type": "string"}, "keys greater than this one"),
		},
		"responses": responses(found),
	}}
	return nil
}

func (d *describer) request(f *ir.Func) error {
	path := "/v1/" + f.Name
	params := []any{
		parameter("header", HeaderID, object{"type": "string", "maxLength": maxID}, "the request's id: it takes effect once"),
		parameter("header", HeaderDeadline, object{"type": "string", "format": "date-time"}, "the request does not start later"),
	}
	if f.Entity != "" {
		key, err := d.keySchema(f.Entity)
		if err != nil {
			return err
		}
		path = "/v1/" + f.Entity + "/{key}/" + strings.TrimPrefix(f.Name, f.Entity+".")
		params = append(params, parameter("path", "key", key, "the entity's key, percent-encoded"))
	}
	named, ordered, needed, err := d.arguments(f)
	if err != nil {
		return err
	}
	result, err := d.result(f)
	if err != nil {
		return err
	}
	byPosition := object{"type": "array", "items": object{}, "minItems": needed, "maxItems": len(ordered)}
	d.paths[path] = object{"post": object{
		"operationId": f.Name, "parameters": params, ParametersKey: ordered,
		"requestBody": object{
			"required": needed > 0,
			"content":  object{"application/json": object{"schema": object{"oneOf": []any{byPosition, named}}}},
		},
		"responses": responses(answer(result, []string{"result"})),
	}}
	return nil
}

// arguments gives the schema of arguments by name, their list in order, and how many must be given: those of a variadic
// parameter are an array that may be left out.
func (d *describer) arguments(f *ir.Func) (named object, ordered []any, needed int, err error) {
	properties, required := object{}, []string{}
	ordered = []any{}
	for i, p := range f.Params {
		schema, err := d.schema(p.Type)
		if err != nil {
			return nil, nil, 0, err
		}
		parameter := object{"name": p.Name, "schema": schema}
		if f.Variadic && i == len(f.Params)-1 {
			parameter["optional"] = true
		} else {
			required = append(required, p.Name)
		}
		properties[p.Name] = schema
		ordered = append(ordered, parameter)
	}
	named = object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		named["required"] = required
	}
	return named, ordered, len(required), nil
}

func (d *describer) result(f *ir.Func) (object, error) {
	results := f.Results
	if n := len(results); n > 0 && results[n-1].Type.Kind == ir.Error {
		results = results[:n-1]
	}
	switch len(results) {
	case 0:
		return object{"nullable": true, "enum": []any{nil}}, nil
	case 1:
		return d.schema(results[0].Type)
	}
	return object{"type": "array", "items": object{}, "minItems": len(results), "maxItems": len(results)}, nil
}

// componentName makes a name that OpenAPI allows of a type's text.
func componentName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, name)
}

// integers gives the OpenAPI format of integer kinds; those without one say their range in the IR only.
var integers = map[ir.Kind]string{
	ir.Int: "int64", ir.I64: "int64", ir.I32: "int32", ir.I16: "int32", ir.I8: "int32",
	ir.Uint: "", ir.U64: "", ir.U32: "int64", ir.U16: "int32", ir.U8: "int32", ir.Duration: "int64",
}

// schema describes the JSON form of a type's values (package jsonvalue).
func (d *describer) schema(t *ir.Type) (object, error) {
	if format, ok := integers[t.Kind]; ok {
		s := object{"type": "integer"}
		if format != "" {
			s["format"] = format
		}
		return s, nil
	}
	switch t.Kind {
	case ir.Bool:
		return object{"type": "boolean"}, nil
	case ir.F32, ir.F64:
		return object{"oneOf": []any{object{"type": "number"}, object{"type": "string", "enum": []string{"NaN", "+Inf", "-Inf"}}}}, nil
	case ir.String:
		return object{"type": "string"}, nil
	case ir.Time:
		return object{"type": "string", "format": "date-time"}, nil
	case ir.Error:
		return object{"type": "string", "nullable": true, "description": "an error's message"}, nil
	case ir.Any, ir.FuncKind:
		return object{"description": `any value; as an argument {"$type": name, "$value": value}`}, nil
	case ir.Host:
		return object{"description": "as encoding/json writes a " + strings.TrimPrefix(t.Name, "go:")}, nil
	case ir.RefKind:
		key, err := d.keySchema(t.Name)
		if err != nil {
			return nil, err
		}
		key["nullable"], key["x-sfc-ref"] = true, t.Name
		return key, nil
	case ir.ListKind:
		if ir.Underlying(d.p, t.Elem).Kind == ir.U8 {
			return object{"type": "string", "format": "byte", "nullable": true}, nil
		}
		return d.list(t, object{"type": "array", "nullable": true})
	case ir.ArrayKind:
		return d.list(t, object{"type": "array", "minItems": t.Len, "maxItems": t.Len})
	case ir.MapKind:
		return d.mapping(t)
	case ir.PtrKind:
		s, err := d.schema(t.Elem)
		return object{"nullable": true, "allOf": []any{s}}, err
	case ir.NamedKind:
		return d.named(t)
	}
	return object{}, nil
}

func (d *describer) list(t *ir.Type, s object) (object, error) {
	items, err := d.schema(t.Elem)
	s["items"] = items
	return s, err
}

func (d *describer) mapping(t *ir.Type) (object, error) {
	switch k := ir.Underlying(d.p, t.Key); k.Kind {
	case ir.Bool, ir.F32, ir.F64, ir.ArrayKind, ir.NamedKind, ir.Any, ir.Error, ir.PtrKind:
		pair := object{"type": "array", "items": object{}, "minItems": 2, "maxItems": 2}
		return object{"type": "array", "items": pair, "nullable": true}, nil
	}
	values, err := d.schema(t.Elem)
	return object{"type": "object", "additionalProperties": values, "nullable": true}, err
}

// named describes a declared type. Those with other types inside are components, so that recursive types end.
func (d *describer) named(t *ir.Type) (object, error) {
	if _, isInterface := ir.Sigs(d.p, t); isInterface {
		return object{"nullable": true, "description": "a value of type " + t.Name + `; as an argument {"$type": name, "$value": value}`}, nil
	}
	if m, _ := ir.MethodOf(d.p, t, "MarshalJSON"); m != nil {
		return object{"description": "as " + t.Name + " marshals itself"}, nil
	}
	if m, _ := ir.MethodOf(d.p, t, "MarshalText"); m != nil {
		return object{"type": "string"}, nil
	}
	u := ir.Underlying(d.p, t)
	describe, id := d.schema, t.Name
	switch u.Kind {
	case ir.NamedKind:
		id = u.Name
		describe = func(u *ir.Type) (object, error) { return d.structSchema(u, false) }
	case ir.ListKind, ir.ArrayKind, ir.MapKind:
	case ir.PtrKind:
		if d.pointsToItself(u) {
			return object{"nullable": true, "description": "pointers and nothing else"}, nil
		}
	default:
		return d.schema(u)
	}
	// A type of which both values and states are shown would need two components: values have exported fields only.
	name := componentName(id) + ".value"
	if _, done := d.schemas[name]; !done {
		d.schemas[name] = nil // a type that contains itself ends here
		s, err := describe(u)
		if err != nil {
			return nil, err
		}
		d.schemas[name] = s
	}
	return object{"$ref": "#/components/schemas/" + name}, nil
}

// pointsToItself says whether a pointer leads to pointers only, as type P *P: JSON shows no pointers.
func (d *describer) pointsToItself(u *ir.Type) bool {
	for range len(d.p.Types) {
		if u == nil || u.Kind != ir.PtrKind {
			return false
		}
		u = ir.Underlying(d.p, u.Elem)
	}
	return u != nil && u.Kind == ir.PtrKind
}

// structSchema describes a struct; embedded ones are left open, since their fields are flattened by name.
func (d *describer) structSchema(t *ir.Type, all bool) (object, error) {
	fields, ok := ir.Fields(d.p, t)
	if !ok {
		return nil, fmt.Errorf("%s is not a struct", t)
	}
	properties := object{}
	for _, f := range fields {
		name, _, _ := strings.Cut(reflect.StructTag(f.Tag).Get("json"), ",")
		exported := f.Name[0] >= 'A' && f.Name[0] <= 'Z'
		if name == "-" || f.Embedded && name == "" || !all && !exported {
			continue
		}
		if name == "" {
			name = f.Name
		}
		schema, err := d.schema(f.Type)
		if err != nil {
			return nil, err
		}
		properties[name] = schema
	}
	return object{"type": "object", "properties": properties}, nil
}
