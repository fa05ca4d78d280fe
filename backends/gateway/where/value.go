// This file makes CEL's values of the JSON of states, each when it is asked for.

package where

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// object is a struct's value: an object of JSON whose fields are read when they are asked for.
type object struct {
	schema *schema
	form   *jsonvalue.Form
	text   json.RawMessage
	fields map[string]json.RawMessage
}

var errCycle = errors.New("it follows a pointer back to what encloses it, which states do not show")

func (s *schema) newObject(f *jsonvalue.Form, text json.RawMessage) (*object, error) {
	o := &object{schema: s, form: f, text: text}
	if err := json.Unmarshal(text, &o.fields); err != nil {
		return nil, err
	}
	return o, nil
}

// root makes the variables of a state.
func (s *schema) root(state []byte) (interpreter.Activation, error) {
	o, err := s.newObject(s.form, state)
	return (*variables)(o), err
}

// variables resolves names while an expression runs.
type variables object

// ResolveName gives a field, or the state as a whole.
func (v *variables) ResolveName(name string) (any, bool) {
	o := (*object)(v)
	if o.schema.structs[o.form.Name].byName[name] != nil {
		x, err := o.field(name)
		if err != nil {
			return types.WrapErr(err), true
		}
		return x, true
	}
	return o, name == rootName
}

// Parent is none.
func (v *variables) Parent() interpreter.Activation { return nil }

// has says whether a field is shown.
func (o *object) has(name string) bool {
	_, ok := o.fields[name]
	return ok
}

// field gives a field; one that is left out is zero.
func (o *object) field(name string) (ref.Val, error) {
	form := o.schema.structs[o.form.Name].byName[name]
	text, ok := o.fields[name]
	if !ok && o.has("$cycle") {
		return nil, errCycle
	}
	if !ok {
		return o.schema.zero(form), nil
	}
	v := o.schema.value(form, text)
	if err, bad := v.(*types.Err); bad {
		return nil, err
	}
	return v, nil
}

// The methods of ref.Val.

// ConvertToNative is not for objects.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s cannot become %s", o.form.Name, t)
}

// ConvertToType is not for objects, but for their type.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return types.NewObjectType(o.form.Name)
	}
	return types.NewErr("%s cannot become %s", o.form.Name, t.TypeName())
}

// Equal compares what is shown.
func (o *object) Equal(other ref.Val) ref.Val {
	p, ok := other.(*object)
	return types.Bool(ok && o.form.Name == p.form.Name && bytes.Equal(o.text, p.text))
}

// Type is the struct's.
func (o *object) Type() ref.Type { return types.NewObjectType(o.form.Name) }

// Value is the object itself, for the fields' getters.
func (o *object) Value() any { return o }

// zero is the value of a field that is left out.
func (s *schema) zero(f *jsonvalue.Form) ref.Val {
	switch f.Is {
	case jsonvalue.List:
		return types.NewRefValList(s, nil)
	case jsonvalue.Map:
		return types.NewRefValMap(s, map[ref.Val]ref.Val{})
	}
	if f.Null {
		return types.NullValue
	}
	switch f.Is {
	case jsonvalue.Bool:
		return types.False
	case jsonvalue.Int:
		return types.IntZero
	case jsonvalue.Uint:
		return types.Uint(0)
	case jsonvalue.Float:
		return types.Double(0)
	case jsonvalue.Text:
		return types.String("")
	case jsonvalue.Time:
		return types.Timestamp{Time: time.Time{}}
	case jsonvalue.Object:
		return &object{schema: s, form: f, text: []byte("{}"), fields: map[string]json.RawMessage{}}
	}
	return types.NullValue
}

// value makes a value of JSON that has a form. What does not fit is an error as a value.
func (s *schema) value(f *jsonvalue.Form, text json.RawMessage) ref.Val {
	if string(text) == "null" {
		return s.zero(f)
	}
	v, err := s.read(f, text)
	if err != nil {
		return types.WrapErr(err)
	}
	return v
}

func (s *schema) read(f *jsonvalue.Form, text json.RawMessage) (ref.Val, error) {
	switch f.Is {
	case jsonvalue.Bool:
		return types.Bool(string(text) == "true"), nil
	case jsonvalue.Int:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return types.Int(n), err
	case jsonvalue.Uint:
		n, err := strconv.ParseUint(string(text), 10, 64)
		return types.Uint(n), err
	case jsonvalue.Float:
		return readFloat(text)
	case jsonvalue.Text:
		var t string
		err := json.Unmarshal(text, &t)
		return types.String(t), err
	case jsonvalue.Time:
		var t time.Time
		err := json.Unmarshal(text, &t)
		return types.Timestamp{Time: t}, err
	case jsonvalue.List:
		return s.list(f, text)
	case jsonvalue.Map:
		return s.mapping(f, text)
	case jsonvalue.Object:
		return s.newObject(f, text)
	}
	return s.anything(text)
}

func readFloat(text json.RawMessage) (ref.Val, error) {
	switch string(text) {
	case `"NaN"`:
		return types.Double(math.NaN()), nil
	case `"+Inf"`:
		return types.Double(math.Inf(1)), nil
	case `"-Inf"`:
		return types.Double(math.Inf(-1)), nil
	}
	x, err := strconv.ParseFloat(string(text), 64)
	return types.Double(x), err
}

func (s *schema) list(f *jsonvalue.Form, text json.RawMessage) (ref.Val, error) {
	if text[0] == '{' {
		return nil, errCycle
	}
	var texts []json.RawMessage
	if err := json.Unmarshal(text, &texts); err != nil {
		return nil, err
	}
	values := make([]ref.Val, len(texts))
	for i, t := range texts {
		values[i] = s.value(f.Elem, t)
		if err, bad := values[i].(*types.Err); bad {
			return nil, err
		}
	}
	return types.NewRefValList(s, values), nil
}

func (s *schema) mapping(f *jsonvalue.Form, text json.RawMessage) (ref.Val, error) {
	var texts map[string]json.RawMessage
	if err := json.Unmarshal(text, &texts); err != nil {
		return nil, err
	}
	values := make(map[ref.Val]ref.Val, len(texts))
	for name, t := range texts {
		key, err := readKey(f.Key, name)
		if err != nil {
			return nil, err
		}
		v := s.value(f.Elem, t)
		if err, bad := v.(*types.Err); bad {
			return nil, err
		}
		values[key] = v
	}
	return types.NewRefValMap(s, values), nil
}

// readKey reads the name of a member of an object that is a map.
func readKey(f *jsonvalue.Form, name string) (ref.Val, error) {
	if f.Is == jsonvalue.Text {
		return types.String(name), nil
	}
	if n, err := strconv.ParseInt(name, 10, 64); f.Is == jsonvalue.Int && err == nil {
		return types.Int(n), nil
	}
	n, err := strconv.ParseUint(name, 10, 64)
	if err != nil && name == "$cycle" {
		return nil, errCycle
	}
	return types.Uint(n), err
}

// anything makes a value of JSON whose type nobody knows: whole numbers are integers.
func (s *schema) anything(text json.RawMessage) (ref.Val, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return s.NativeToValue(natural(v)), nil
}

func natural(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseUint(string(v), 10, 64); err == nil {
			return n
		}
		x, _ := v.Float64() // what is too large is infinite
		return x
	case []any:
		for i := range v {
			v[i] = natural(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = natural(v[k])
		}
	}
	return v
}
