// This file encodes values of host types that may be alive across a call.

package runner

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"sort"
	"strings"
)

// Host writes the value of a host type that p points to: a strings.Builder or bytes.Buffer as its content, one of a
// basic kind (time.Month, json.Number) as a value of that kind, a slice (json.RawMessage, sort.IntSlice) as one, with what
// it shares, others by their text or binary marshaller.
func (e *Enc) Host(p any) {
	if e.list(p) {
		return
	}
	if e.scanning() {
		return // it shares nothing with the program's values
	}
	if e.kind(reflect.ValueOf(p).Elem()) {
		return
	}
	switch p := p.(type) {
	case *strings.Builder:
		e.String(p.String())
	case *bytes.Buffer:
		e.head(majorBytes, uint64(p.Len()))
		e.bytes(p.Bytes()...)
	case encoding.TextMarshaler:
		b, err := p.MarshalText()
		if err != nil {
			e.fail("a value of type %T: %v", p, err)
		}
		e.String(string(b))
	case encoding.BinaryMarshaler:
		b, err := p.MarshalBinary()
		if err != nil {
			e.fail("a value of type %T: %v", p, err)
		}
		e.head(majorBytes, uint64(len(b)))
		e.bytes(b...)
	default:
		e.unknown(p)
	}
}

// Host reads a value of a host type into the zero value that p points to.
func (d *Dec) Host(p any) {
	if d.list(p) || d.kind(reflect.ValueOf(p).Elem()) {
		return
	}
	var err error
	switch p := p.(type) {
	case *strings.Builder:
		p.WriteString(d.String())
	case *bytes.Buffer:
		p.Write(d.take(d.count(majorBytes, 1)))
	case encoding.TextUnmarshaler:
		err = p.UnmarshalText([]byte(d.String()))
	case encoding.BinaryUnmarshaler:
		err = p.UnmarshalBinary(d.take(d.count(majorBytes, 1)))
	default:
		d.fail("no codec for %T", p)
	}
	if err != nil {
		d.fail("%T: %v", p, err)
	}
}

// list writes what p points to if that is a slice.
func (e *Enc) list(p any) bool {
	switch p := p.(type) {
	case *json.RawMessage:
		e.Bytes(*p)
	case *sort.IntSlice:
		EncList(e, *p, EncInt[int])
	case *sort.Float64Slice:
		EncList(e, *p, (*Enc).Float)
	case *sort.StringSlice:
		EncList(e, *p, (*Enc).String)
	default:
		return false
	}
	return true
}

// list reads into what p points to if that is a slice.
func (d *Dec) list(p any) bool {
	switch p := p.(type) {
	case *json.RawMessage:
		*p = d.Bytes()
	case *sort.IntSlice:
		*p = DecList(d, DecInt[int])
	case *sort.Float64Slice:
		*p = DecList(d, (*Dec).Float)
	case *sort.StringSlice:
		*p = DecList(d, (*Dec).String)
	default:
		return false
	}
	return true
}

// kind writes v if it is of a basic kind. Such a value is all there is: a marshaller, as slog.Level has one, may refuse
// some values, or write several alike.
func (e *Enc) kind(v reflect.Value) bool {
	switch k := v.Kind(); {
	case k == reflect.Bool:
		e.Bool(v.Bool())
	case v.CanInt():
		e.Int(v.Int())
	case v.CanUint():
		e.Uint(v.Uint())
	case k == reflect.Float32:
		e.Float32(float32(v.Float()))
	case k == reflect.Float64:
		e.Float(v.Float())
	case v.CanComplex():
		e.Complex(v.Complex())
	case k == reflect.String:
		e.String(v.String())
	default:
		return false
	}
	return true
}

// kind reads into v if that is of a basic kind.
func (d *Dec) kind(v reflect.Value) bool {
	switch k := v.Kind(); {
	case k == reflect.Bool:
		v.SetBool(d.Bool())
	case v.CanInt():
		n := d.Int()
		if v.OverflowInt(n) {
			d.fail("%d does not fit %s", n, v.Type())
		}
		v.SetInt(n)
	case v.CanUint():
		n := d.Uint()
		if v.OverflowUint(n) {
			d.fail("%d does not fit %s", n, v.Type())
		}
		v.SetUint(n)
	case k == reflect.Float32:
		v.SetFloat(float64(d.Float32()))
	case k == reflect.Float64:
		v.SetFloat(d.Float())
	case v.CanComplex():
		c := d.Complex()
		if v.OverflowComplex(c) {
			d.fail("%v does not fit %s", c, v.Type())
		}
		v.SetComplex(c)
	case k == reflect.String:
		v.SetString(d.String())
	default:
		return false
	}
	return true
}
