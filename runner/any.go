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
	if !e.known(v) && !e.sentinel(v) && !e.knownError(v) && !e.dynamic(v) && !e.runtimeError(v) && !e.textError(v) {
		e.unknown(v)
	}
	e.leave()
}

func (e *Enc) named(name string) {
	e.Array(2)
	e.String(name)
}

// knownType is a type that needs no declaration to stand behind an interface.
type knownType struct {
	name string
	enc  func(*Enc, any)
	dec  func(*Dec) any
}

// knownTypes gives these types, by themselves and by their names.
func knownTypes() (map[reflect.Type]knownType, map[string]knownType) {
	byType, byName := map[reflect.Type]knownType{}, map[string]knownType{}
	add := func(ty reflect.Type, k knownType) { byType[ty], byName[k.name] = k, k }
	addKnown(add, "bool", (*Enc).Bool, (*Dec).Bool)
	addKnown(add, "int", EncInt[int], DecInt[int])
	addKnown(add, "i8", EncInt[int8], DecInt[int8])
	addKnown(add, "i16", EncInt[int16], DecInt[int16])
	addKnown(add, "i32", EncInt[int32], DecInt[int32])
	addKnown(add, "i64", EncInt[int64], DecInt[int64])
	addKnown(add, "uint", EncUint[uint], DecUint[uint])
	addKnown(add, "u8", EncUint[uint8], DecUint[uint8])
	addKnown(add, "u16", EncUint[uint16], DecUint[uint16])
	addKnown(add, "u32", EncUint[uint32], DecUint[uint32])
	addKnown(add, "u64", EncUint[uint64], DecUint[uint64])
	addKnown(add, "f32", (*Enc).Float32, (*Dec).Float32)
	addKnown(add, "f64", (*Enc).Float, (*Dec).Float)
	addKnown(add, "c64", func(e *Enc, c complex64) { e.Complex(complex128(c)) }, func(d *Dec) complex64 { return complex64(d.Complex()) })
	addKnown(add, "c128", (*Enc).Complex, (*Dec).Complex)
	addKnown(add, "string", (*Enc).String, (*Dec).String)
	addKnown(add, "time", (*Enc).Time, (*Dec).Time)
	addKnown(add, "duration", EncInt[time.Duration], DecInt[time.Duration])
	addKnown(add, "list u8", (*Enc).Bytes, (*Dec).Bytes)
	addKnown(add, "list int", encList(EncInt[int]), decList(DecInt[int]))
	addKnown(add, "list f64", encList((*Enc).Float), decList((*Dec).Float))
	addKnown(add, "list string", encList((*Enc).String), decList((*Dec).String))
	addKnown(add, "list any", encList((*Enc).Any), decList((*Dec).Any))
	addKnown(add, "map string any",
		func(e *Enc, m map[string]any) { EncMap(e, m, (*Enc).String, (*Enc).Any) },
		func(d *Dec) map[string]any { return DecMap(d, (*Dec).String, (*Dec).Any) })
	return byType, byName
}

func addKnown[T any](add func(reflect.Type, knownType), name string, enc func(*Enc, T), dec func(*Dec) T) {
	add(reflect.TypeFor[T](), knownType{name, func(e *Enc, v any) { enc(e, v.(T)) }, func(d *Dec) any { return dec(d) }})
}

func encList[T any](elem func(*Enc, T)) func(*Enc, []T) {
	return func(e *Enc, xs []T) { EncList(e, xs, elem) }
}

func decList[T any](elem func(*Dec) T) func(*Dec) []T {
	return func(d *Dec) []T { return DecList(d, elem) }
}

// known writes v if its type needs no declaration.
func (e *Enc) known(v any) bool {
	k, ok := e.p.tables().known[reflect.TypeOf(v)]
	if ok {
		e.named(k.name)
		k.enc(e, v)
	}
	return ok
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
	if k, ok := d.p.tables().knownNames[name]; ok {
		return k.dec(d)
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
