// This file reads arguments from JSON, strictly.

package world

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// named are the types that {"$type": …} may name: those of the rewritten packages and the basic ones.
var named = map[string]reflect.Type{
	"bool": reflect.TypeFor[bool](), "string": reflect.TypeFor[string](), "int": reflect.TypeFor[int](),
	"int8": reflect.TypeFor[int8](), "int16": reflect.TypeFor[int16](), "int32": reflect.TypeFor[int32](),
	"int64": reflect.TypeFor[int64](), "uint": reflect.TypeFor[uint](), "uint8": reflect.TypeFor[uint8](),
	"uint16": reflect.TypeFor[uint16](), "uint32": reflect.TypeFor[uint32](), "uint64": reflect.TypeFor[uint64](),
	"float32": reflect.TypeFor[float32](), "float64": reflect.TypeFor[float64](),
	"time.Time": reflect.TypeFor[time.Time](), "time.Duration": reflect.TypeFor[time.Duration](),
}

// Type registers a declared type under its name, for values of interface types.
func Type[T any](pkg, name string) { named[pkg+"."+name] = reflect.TypeFor[T]() }

// input reads the arguments of one request of a program.
type input struct {
	pkgs []string // where type names are looked for, in order
}

// value reads JSON into an addressable value. An error says what is wrong, without naming the argument.
func (in input) value(raw json.RawMessage, v reflect.Value) error {
	raw = bytes.TrimSpace(raw)
	null := string(raw) == "null"
	if of, isRef := w.types[v.Type()]; isRef {
		return in.reference(of, raw, v)
	}
	if v.Kind() == reflect.Interface {
		return in.face(raw, v)
	}
	if null && !speaks(v) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			v.SetZero()
			return nil
		}
		return fmt.Errorf("null is not a value of %s", v.Type())
	}
	switch u := v.Addr().Interface().(type) {
	case json.Unmarshaler:
		return u.UnmarshalJSON(raw)
	case encoding.TextUnmarshaler:
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		return u.UnmarshalText([]byte(s))
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return in.value(raw, v.Elem())
	case reflect.Struct:
		return in.object(raw, v)
	case reflect.Slice:
		return in.slice(raw, v)
	case reflect.Array:
		return in.array(raw, v)
	case reflect.Map:
		return in.mapping(raw, v)
	case reflect.Float32, reflect.Float64:
		return in.float(raw, v)
	}
	if v.CanInt() || v.CanUint() {
		return in.integer(raw, v)
	}
	return json.Unmarshal(raw, v.Addr().Interface())
}

// speaks says whether a value reads JSON itself: it is asked about null too.
func speaks(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(json.Unmarshaler)
	return ok && v.Kind() != reflect.Pointer
}

func (in input) reference(of *entityType, raw json.RawMessage, v reflect.Value) (err error) {
	if string(raw) == "null" {
		v.SetZero()
		return nil
	}
	method, _ := v.Type().MethodByName("Key")
	// A reference is its key, whatever form values of the key's type have elsewhere.
	key := reflect.New(method.Type.Out(0)).Elem()
	if key.Kind() == reflect.String {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		key.SetString(text)
	} else if err := in.integer(raw, key); err != nil {
		return err
	}
	defer func() {
		if bad, ok := recover().(*Error); ok {
			err = bad
		}
	}()
	v.Set(reflect.ValueOf(w.reference(of, key.Interface())))
	return nil
}

func (in input) integer(raw json.RawMessage, v reflect.Value) error {
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
	}
	if v.CanInt() {
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(i)
		return err
	}
	u, err := strconv.ParseUint(text, 10, v.Type().Bits())
	v.SetUint(u)
	return err
}

func (in input) float(raw json.RawMessage, v reflect.Value) error {
	switch string(raw) {
	case `"NaN"`:
		v.SetFloat(math.NaN())
		return nil
	case `"+Inf"`:
		v.SetFloat(math.Inf(1))
		return nil
	case `"-Inf"`:
		v.SetFloat(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(raw, v.Addr().Interface())
}

func (in input) object(raw json.RawMessage, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	fields := fieldsOf(v.Type(), false)
	for name, member := range members {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			return fmt.Errorf("%s has no field %q", v.Type(), name)
		}
		target := v
		for _, n := range fields[i].index {
			if target.Kind() == reflect.Pointer {
				if target.IsNil() {
					target.Set(reflect.New(target.Type().Elem()))
				}
				target = target.Elem()
			}
			target = clean(target.Field(n))
		}
		if err := in.value(member, target); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (in input) slice(raw json.RawMessage, v reflect.Value) error {
	if v.Type().Elem().Kind() == reflect.Uint8 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		data, err := base64.StdEncoding.DecodeString(text)
		v.SetBytes(data)
		return err
	}
	var elems []json.RawMessage
	if err := json.Unmarshal(raw, &elems); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(elems), len(elems)))
	return in.elements(elems, v)
}

func (in input) array(raw json.RawMessage, v reflect.Value) error {
	var elems []json.RawMessage
	if err := json.Unmarshal(raw, &elems); err != nil {
		return err
	}
	if len(elems) != v.Len() {
		return fmt.Errorf("%d elements, not %d", len(elems), v.Len())
	}
	return in.elements(elems, v)
}

func (in input) elements(elems []json.RawMessage, v reflect.Value) error {
	for i, e := range elems {
		if err := in.value(e, v.Index(i)); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func (in input) mapping(raw json.RawMessage, v reflect.Value) error {
	v.Set(reflect.MakeMap(v.Type()))
	put := func(key, value json.RawMessage) error {
		k, x := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if _, asText := k.Addr().Interface().(encoding.TextUnmarshaler); !asText && nameable(k.Type()) && k.Kind() == reflect.String && w.types[k.Type()] == nil {
			// As a name in an object, a string is not asked how it reads itself as a value.
			var text string
			if err := json.Unmarshal(key, &text); err != nil {
				return err
			}
			k.SetString(text)
		} else if err := in.value(key, k); err != nil {
			return err
		}
		if err := in.value(value, x); err != nil {
			return fmt.Errorf("[%s]: %w", key, err)
		}
		v.SetMapIndex(k, x)
		return nil
	}
	if !nameable(v.Type().Key()) {
		var pairs [][2]json.RawMessage
		if err := json.Unmarshal(raw, &pairs); err != nil {
			return err
		}
		for _, p := range pairs {
			if err := put(p[0], p[1]); err != nil {
				return err
			}
		}
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	for _, name := range Entries(members) {
		key, _ := json.Marshal(name.key)
		if err := put(key, members[name.key]); err != nil {
			return err
		}
	}
	return nil
}

// named finds a type: Circle of the program's own package, money.Amount of another one, int64. A * in front is allowed.
func (in input) named(name string) (reflect.Type, bool) {
	if elem, isPointer := strings.CutPrefix(name, "*"); isPointer {
		t, known := in.named(elem)
		if known {
			t = reflect.PointerTo(t)
		}
		return t, known
	}
	for i, pkg := range in.pkgs {
		short := strings.TrimPrefix(name, pkg[strings.LastIndexByte(pkg, '/')+1:]+".")
		if t, ok := named[pkg+"."+short]; ok && (i == 0) == (short == name) {
			return t, true
		}
	}
	t, known := named[name]
	return t, known
}

// face reads {"$type": …, "$value": …}, or null.
func (in input) face(raw json.RawMessage, v reflect.Value) error {
	if string(raw) == "null" {
		v.SetZero()
		return nil
	}
	switch {
	case v.Type() == reflect.TypeFor[error]() && raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		v.Set(reflect.ValueOf(errors.New(text)))
		return err
	case v.NumMethod() == 0 && (raw[0] == '"' || raw[0] == 't' || raw[0] == 'f'): // it says its type
		return json.Unmarshal(raw, v.Addr().Interface())
	}
	var typed struct {
		Type  string          `json:"$type"`
		Value json.RawMessage `json:"$value"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&typed); err != nil || typed.Type == "" {
		return fmt.Errorf(`want {"$type": …, "$value": …}`)
	}
	t, known := in.named(typed.Type)
	if !known {
		return fmt.Errorf("no type %q", typed.Type)
	}
	if _, isEntity := w.types[reflect.PointerTo(t)]; isEntity || !t.Implements(v.Type()) {
		t = reflect.PointerTo(t)
	}
	if !t.Implements(v.Type()) {
		return fmt.Errorf("%s is no %s", typed.Type, v.Type())
	}
	x := reflect.New(t).Elem()
	if err := in.value(typed.Value, x); err != nil {
		return err
	}
	v.Set(x)
	return nil
}
