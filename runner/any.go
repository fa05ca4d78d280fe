// This file encodes interface values: [name of the dynamic type, value].

package runner

import (
	"fmt"
	"reflect"
	"time"
)

// Any writes an interface value: nil, a value of a basic type, a time, an error that the runner knows (see errors.go),
// a list or map of a few common types, a sentinel, or a value of a type that Program.Dyn lists.
func (e *Enc) Any(v any) {
	if v == nil {
		e.Nil()
		return
	}
	e.enter()
	// The user's types come before those that are known by what they implement.
	if !e.basic(v) && !e.common(v) && !e.sentinel(v) && !e.knownError(v) && !e.dynamic(v) && !e.runtimeError(v) && !e.textError(v) {
		e.unknown(v)
	}
	e.leave()
}

func (e *Enc) named(name string) {
	e.Array(2)
	e.String(name)
}

// basic writes v if it is of a basic type.
func (e *Enc) basic(v any) bool {
	switch v := v.(type) {
	case bool:
		e.named("bool")
		e.Bool(v)
	case int:
		e.named("int")
		e.Int(int64(v))
	case int8:
		e.named("i8")
		e.Int(int64(v))
	case int16:
		e.named("i16")
		e.Int(int64(v))
	case int32:
		e.named("i32")
		e.Int(int64(v))
	case int64:
		e.named("i64")
		e.Int(v)
	case uint:
		e.named("uint")
		e.Uint(uint64(v))
	case uint8:
		e.named("u8")
		e.Uint(uint64(v))
	case uint16:
		e.named("u16")
		e.Uint(uint64(v))
	case uint32:
		e.named("u32")
		e.Uint(uint64(v))
	case uint64:
		e.named("u64")
		e.Uint(v)
	case float32:
		e.named("f32")
		e.Float32(v)
	case float64:
		e.named("f64")
		e.Float(v)
	case complex64:
		e.named("c64")
		e.Complex(complex128(v))
	case complex128:
		e.named("c128")
		e.Complex(v)
	case string:
		e.named("string")
		e.String(v)
	case time.Time:
		e.named("time")
		e.Time(v)
	case time.Duration:
		e.named("duration")
		e.Int(int64(v))
	default:
		return false
	}
	return true
}

// common writes v if it is of a list or map type that needs no declaration.
func (e *Enc) common(v any) bool {
	switch v := v.(type) {
	case []byte:
		e.named("list u8")
		e.Bytes(v)
	case []int:
		e.named("list int")
		EncList(e, v, EncInt[int])
	case []float64:
		e.named("list f64")
		EncList(e, v, (*Enc).Float)
	case []string:
		e.named("list string")
		EncList(e, v, (*Enc).String)
	case []any:
		e.named("list any")
		EncList(e, v, (*Enc).Any)
	case map[string]any:
		e.named("map string any")
		EncMap(e, v, (*Enc).String, (*Enc).Any)
	default:
		return false
	}
	return true
}

// dynamic writes v if its type is one of Program.Dyn.
func (e *Enc) dynamic(v any) bool {
	d := e.p.dynOf(v)
	if d == nil {
		return false
	}
	e.named(d.Name)
	d.Enc(e, v)
	return true
}

// dynOf finds the declaration of a value's type.
func (p *Program) dynOf(v any) *DynType {
	tb := p.tables()
	ty := reflect.TypeOf(v)
	if d, ok := tb.byType.Load(ty); ok {
		return d.(*DynType)
	}
	var found *DynType
	for _, d := range p.Dyn {
		if d.Is(v) {
			found = d
			break
		}
	}
	tb.byType.Store(ty, found)
	return found
}

// Any reads an interface value.
func (d *Dec) Any() any {
	if d.Nil() {
		return nil
	}
	d.enter()
	d.ArrayOf(2)
	v := d.value(d.String())
	d.leave()
	return v
}

func (d *Dec) value(name string) any {
	switch name {
	case "bool":
		return d.Bool()
	case "int":
		return DecInt[int](d)
	case "i8":
		return DecInt[int8](d)
	case "i16":
		return DecInt[int16](d)
	case "i32":
		return DecInt[int32](d)
	case "i64":
		return d.Int()
	case "uint":
		return DecUint[uint](d)
	case "u8":
		return DecUint[uint8](d)
	case "u16":
		return DecUint[uint16](d)
	case "u32":
		return DecUint[uint32](d)
	case "u64":
		return d.Uint()
	case "f32":
		return d.Float32()
	case "f64":
		return d.Float()
	case "c64":
		return complex64(d.Complex())
	case "c128":
		return d.Complex()
	case "string":
		return d.String()
	case "time":
		return d.Time()
	case "duration":
		return time.Duration(d.Int())
	case "list u8":
		return d.Bytes()
	case "list int":
		return DecList(d, DecInt[int])
	case "list f64":
		return DecList(d, (*Dec).Float)
	case "list string":
		return DecList(d, (*Dec).String)
	case "list any":
		return DecList(d, (*Dec).Any)
	case "map string any":
		return DecMap(d, (*Dec).String, (*Dec).Any)
	}
	if dyn := d.p.tables().dyn[name]; dyn != nil {
		return dyn.Dec(d)
	}
	return d.knownError(name)
}

// EncInt writes a signed integer of any type.
func EncInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64](e *Enc, v T) { e.Int(int64(v)) }

// EncUint writes an unsigned integer of any type.
func EncUint[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](e *Enc, v T) {
	e.Uint(uint64(v))
}

// EncString writes a string of any type.
func EncString[T ~string](e *Enc, v T) { e.String(string(v)) }

// DecInt reads a signed integer that must fit its type.
func DecInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64](d *Dec) T {
	n := d.Int()
	if int64(T(n)) != n {
		d.fail("%d does not fit %s", n, fmt.Sprintf("%T", T(0)))
	}
	return T(n)
}

// DecUint reads an unsigned integer that must fit its type.
func DecUint[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](d *Dec) T {
	n := d.Uint()
	if uint64(T(n)) != n {
		d.fail("%d does not fit %s", n, fmt.Sprintf("%T", T(0)))
	}
	return T(n)
}

// DecString reads a string of any type.
func DecString[T ~string](d *Dec) T { return T(d.String()) }
