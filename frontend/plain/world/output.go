// This file writes values as JSON.

package world

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// output writes results (exported fields) or states (all fields).
type output struct {
	bytes.Buffer
	hidden bool
	above  []place // the objects and arrays that enclose what is written
}

// toJSON gives the JSON of a result.
func toJSON(v reflect.Value, hidden bool) (json.RawMessage, error) {
	o := &output{hidden: hidden}
	if err := o.value(v, false); err != nil {
		return nil, err
	}
	if !json.Valid(o.Bytes()) {
		return nil, fmt.Errorf("not JSON: %q", o.String())
	}
	return o.Bytes(), nil
}

// value writes v. located says whether v is addressable in the eyes of encoding/json, which asks methods of pointers
// only then: behind a pointer, an element of a slice, a field or an element of what is.
func (o *output) value(v reflect.Value, located bool) error {
	if of, isRef := w.types[v.Type()]; isRef {
		return o.reference(of, v)
	}
	if done, err := o.marshalled(v, located); done || err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Bool:
		o.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Float32, reflect.Float64:
		return o.float(v.Float(), v.Type().Bits())
	case reflect.String:
		return o.text(v.String())
	case reflect.Pointer:
		if v.IsNil() {
			o.WriteString("null")
			return nil
		}
		return o.value(v.Elem(), true)
	case reflect.Interface:
		return o.face(v)
	case reflect.Struct:
		return o.object(v, located)
	case reflect.Slice:
		return o.slice(v)
	case reflect.Array:
		return o.enclosed(place{}, func() error { return o.elements(v, located) })
	case reflect.Map:
		return o.mapping(v)
	default:
		switch {
		case v.CanInt():
			o.WriteString(strconv.FormatInt(v.Int(), 10))
		case v.CanUint():
			o.WriteString(strconv.FormatUint(v.Uint(), 10))
		default:
			return fmt.Errorf("%s cannot be JSON", v.Type())
		}
	}
	return nil
}

func (o *output) reference(of *entityType, v reflect.Value) error {
	switch id := w.ids[clean(v).Interface()]; {
	case v.IsNil():
		o.WriteString("null")
	case of.intKey:
		o.WriteString(id.key)
	default:
		return o.text(id.key)
	}
	return nil
}

// marshalled lets a type with a MarshalJSON or MarshalText speak for itself.
func (o *output) marshalled(v reflect.Value, located bool) (done bool, err error) {
	if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && v.IsNil() {
		return false, nil
	}
	x := v.Interface()
	if located && v.CanAddr() && v.Kind() != reflect.Pointer {
		x = v.Addr().Interface()
	}
	switch m := x.(type) {
	case json.Marshaler:
		raw, err := m.MarshalJSON()
		if err == nil {
			err = json.Compact(&o.Buffer, raw) // refuses what is no JSON
		}
		return true, err
	case encoding.TextMarshaler:
		text, err := m.MarshalText()
		if err != nil {
			return true, err
		}
		return true, o.text(string(text))
	}
	return false, nil
}

func (o *output) float(f float64, bits int) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return o.text(map[bool]string{true: "NaN", false: fmt.Sprintf("%+v", f)}[math.IsNaN(f)])
	}
	var x any = f
	if bits == 32 {
		x = float32(f)
	}
	raw, err := json.Marshal(x)
	o.Write(raw)
	return err
}

func (o *output) text(s string) error {
	e := json.NewEncoder(&o.Buffer)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	o.Truncate(o.Len() - 1) // the encoder ends with a newline
	return err
}

func (o *output) face(v reflect.Value) error {
	if v.IsNil() {
		o.WriteString("null")
		return nil
	}
	if err, ok := v.Interface().(error); ok {
		return o.text(err.Error())
	}
	return o.value(v.Elem(), false)
}

// enclosed writes an object or array; a pointer back to it from inside becomes {"$cycle": levels}.
func (o *output) enclosed(at place, write func() error) error {
	if at.at != nil {
		if i := slices.Index(o.above, at); i >= 0 {
			fmt.Fprintf(o, `{"$cycle":%d}`, len(o.above)-i)
			return nil
		}
	}
	o.above = append(o.above, at)
	defer func() { o.above = o.above[:len(o.above)-1] }()
	return write()
}

func (o *output) object(v reflect.Value, located bool) error {
	at := place{}
	if v.CanAddr() {
		at = place{unsafe.Pointer(v.UnsafeAddr()), v.Type(), 1}
	} else {
		v = addressable(v)
	}
	return o.enclosed(at, func() error {
		o.WriteByte('{')
		first := true
		for _, f := range fieldsOf(v.Type(), o.hidden) {
			x, behind, ok := inside(v, f.index)
			if !ok || f.omitEmpty && empty(x) || f.omitZero && zero(x) {
				continue
			}
			if !first {
				o.WriteByte(',')
			}
			first = false
			if err := o.member(f, x, located || behind); err != nil {
				return err
			}
		}
		o.WriteByte('}')
		return nil
	})
}

func (o *output) member(f field, x reflect.Value, located bool) error {
	if err := o.text(f.name); err != nil {
		return err
	}
	o.WriteByte(':')
	if k := x.Kind(); f.quoted && (k == reflect.Bool || k == reflect.String || x.CanInt() || x.CanUint() || x.CanFloat()) {
		inner := &output{hidden: o.hidden}
		if err := inner.value(x, located); err != nil {
			return err
		}
		return o.text(inner.String())
	}
	return o.value(x, located)
}

// inside follows a field's path, and says whether it leads over a pointer; not ok behind a nil embedded pointer.
func inside(v reflect.Value, index []int) (x reflect.Value, behind, ok bool) {
	for _, i := range index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, true, false
			}
			v, behind = v.Elem(), true
		}
		v = clean(v.Field(i))
	}
	return v, behind, true
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func zero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	return v.IsZero()
}

func (o *output) slice(v reflect.Value) error {
	switch {
	case v.IsNil():
		o.WriteString("null")
		return nil
	case v.Type().Elem().Kind() == reflect.Uint8:
		return o.text(base64.StdEncoding.EncodeToString(v.Bytes()))
	}
	at := place{}
	if v.Len() > 0 {
		at = place{v.UnsafePointer(), v.Type(), v.Len()}
	}
	return o.enclosed(at, func() error { return o.elements(v, true) })
}

func (o *output) elements(v reflect.Value, located bool) error {
	o.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			o.WriteByte(',')
		}
		if err := o.value(v.Index(i), located); err != nil {
			return err
		}
	}
	o.WriteByte(']')
	return nil
}

// entry is one entry of a map on its way into JSON.
type entry struct {
	name       string // the member's name, or the key's JSON
	key, value reflect.Value
}

func (o *output) mapping(v reflect.Value) error {
	if v.IsNil() {
		o.WriteString("null")
		return nil
	}
	return o.enclosed(place{v.UnsafePointer(), v.Type(), 1}, func() error {
		byName := nameable(v.Type().Key())
		var entries []entry
		for it := v.MapRange(); it.Next(); {
			e := entry{key: addressable(it.Key()), value: addressable(it.Value())}
			var err error
			if e.name, err = o.keyName(e.key, byName); err != nil {
				return err
			}
			entries = append(entries, e)
		}
		sortEntries(entries, v.Type().Key())
		if byName {
			return o.members(entries)
		}
		return o.pairs(entries)
	})
}

// nameable says whether keys of a type become the names of an object's members.
func nameable(t reflect.Type) bool {
	if _, isRef := w.types[t]; isRef || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

func (o *output) keyName(k reflect.Value, byName bool) (string, error) {
	if !byName {
		inner := &output{hidden: o.hidden}
		err := inner.value(k, false)
		return inner.String(), err
	}
	if _, isRef := w.types[k.Type()]; isRef {
		return w.ids[k.Interface()].key, nil
	}
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return string(text), err
	}
	if k.CanInt() {
		return strconv.FormatInt(k.Int(), 10), nil
	}
	return strconv.FormatUint(k.Uint(), 10), nil
}

// sortEntries puts bools and numbers in their own order, everything else in that of its text.
func sortEntries(entries []entry, key reflect.Type) {
	byValue := !nameable(key) && (key.Kind() == reflect.Bool || key.Kind() == reflect.Float64 || key.Kind() == reflect.Float32)
	slices.SortFunc(entries, func(a, b entry) int {
		if byValue {
			return compare(a.key, b.key)
		}
		return strings.Compare(a.name, b.name)
	})
}

func (o *output) members(entries []entry) error {
	o.WriteByte('{')
	for i, e := range entries {
		if i > 0 {
			o.WriteByte(',')
		}
		if err := o.text(e.name); err != nil {
			return err
		}
		o.WriteByte(':')
		if err := o.value(e.value, false); err != nil {
			return err
		}
	}
	o.WriteByte('}')
	return nil
}

func (o *output) pairs(entries []entry) error {
	o.WriteByte('[')
	for i, e := range entries {
		if i > 0 {
			o.WriteByte(',')
		}
		fmt.Fprintf(o, "[%s,", e.name)
		if err := o.value(e.value, false); err != nil {
			return err
		}
		o.WriteByte(']')
	}
	o.WriteByte(']')
	return nil
}
