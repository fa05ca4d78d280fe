// This file encodes the named errors of the standard library, field by field.

package runner

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/url"
	"reflect"
	"regexp/syntax"
	"strconv"
	"time"
)

// hostErrors are the types of errors, the runner's included, that need no declaration: structs of basic values, errors
// and types, pointers to such, and basic types.
var hostErrors = map[string]reflect.Type{
	"go:sfc.Error":                  reflect.TypeFor[*Error](),
	"go:strconv.NumError":           reflect.TypeFor[*strconv.NumError](),
	"go:time.ParseError":            reflect.TypeFor[*time.ParseError](),
	"go:time.parseDurationError":    reflect.TypeOf(second(time.ParseDuration(""))),
	"go:hex.InvalidByteError":       reflect.TypeFor[hex.InvalidByteError](),
	"go:base64.CorruptInputError":   reflect.TypeFor[base64.CorruptInputError](),
	"go:json.SyntaxError":           reflect.TypeFor[*json.SyntaxError](),
	"go:json.UnmarshalTypeError":    reflect.TypeFor[*json.UnmarshalTypeError](),
	"go:json.InvalidUnmarshalError": reflect.TypeFor[*json.InvalidUnmarshalError](),
	"go:json.UnsupportedTypeError":  reflect.TypeFor[*json.UnsupportedTypeError](),
	"go:json.UnsupportedValueError": reflect.TypeFor[*json.UnsupportedValueError](),
	"go:json.MarshalerError":        reflect.TypeFor[*json.MarshalerError](),
	"go:big.ErrNaN":                 reflect.TypeFor[big.ErrNaN](),
	"go:url.EscapeError":            reflect.TypeFor[url.EscapeError](),
	"go:url.InvalidHostError":       reflect.TypeFor[url.InvalidHostError](),
	"go:regexp/syntax.Error":        reflect.TypeFor[*syntax.Error](),
}

// second gives the error of a call, whose type has no name here.
func second(_ time.Duration, err error) error { return err }

var hostErrorNames = func() map[reflect.Type]string {
	names := map[reflect.Type]string{}
	for name, ty := range hostErrors {
		names[ty] = name
	}
	return names
}()

// knownError writes v if it is of one of hostErrors. Pointers to the same error stay so.
func (e *Enc) knownError(v any) bool {
	ty := reflect.TypeOf(v)
	name, ok := hostErrorNames[ty]
	if !ok {
		return false
	}
	e.named(name)
	part := reflect.ValueOf(v)
	if ty.Kind() == reflect.Pointer {
		if part.IsNil() {
			e.Nil()
			return true
		}
		if !e.enterShared(part.UnsafePointer()) {
			return true
		}
		part = part.Elem()
	}
	e.errorPart(part)
	return true
}

// hostError reads what knownError wrote after the name.
func (d *Dec) hostError(ty reflect.Type) any {
	if ty.Kind() != reflect.Pointer {
		p := reflect.New(ty)
		d.errorPart(p.Elem())
		return p.Elem().Interface()
	}
	if d.Nil() {
		return reflect.Zero(ty).Interface()
	}
	var v any
	d.shareable(
		func(slot int) {
			p := reflect.New(ty.Elem())
			v = p.Interface()
			d.define(slot, v)
			d.errorPart(p.Elem())
		},
		func(old any) bool { v = old; return reflect.TypeOf(old) == ty })
	return v
}

// errorPart writes an error or a field of one. A reflect.Value is left out: programs cannot look at it.
func (e *Enc) errorPart(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[reflect.Value]():
		e.Nil()
	case v.Type() == reflect.TypeFor[reflect.Type]():
		ty, _ := v.Interface().(reflect.Type)
		e.reflectType(ty)
	case v.Kind() == reflect.Interface:
		e.Any(v.Interface())
	case v.Kind() == reflect.Struct:
		e.Array(v.NumField())
		for i := range v.NumField() {
			e.errorPart(v.Field(i))
		}
	case !e.kind(v):
		e.fail("an error with a %s", v.Type())
	}
}

// errorPart reads into a variable.
func (d *Dec) errorPart(v reflect.Value) {
	v = settable(v)
	switch {
	case v.Type() == reflect.TypeFor[reflect.Value]():
		if !d.Nil() {
			d.fail("a value that nobody wrote")
		}
	case v.Type() == reflect.TypeFor[reflect.Type]():
		if ty := d.reflectType(); ty != nil {
			v.Set(reflect.ValueOf(ty))
		}
	case v.Kind() == reflect.Interface:
		if err := d.error(); err != nil {
			v.Set(reflect.ValueOf(err))
		}
	case v.Kind() == reflect.Struct:
		d.ArrayOf(v.NumField())
		for i := range v.NumField() {
			d.errorPart(v.Field(i))
		}
	case !d.kind(v):
		d.fail("an error with a %s", v.Type())
	}
}

// reflectType writes a type that an error of package json names: [kind, element …], or the name of a type that a value
// behind an interface can hold.
func (e *Enc) reflectType(ty reflect.Type) {
	switch {
	case ty == nil:
		e.Nil()
	case ty.Name() == "" && ty.Kind() == reflect.Map:
		e.Array(3)
		e.Uint(uint64(ty.Kind()))
		e.reflectType(ty.Key())
		e.reflectType(ty.Elem())
	case ty.Name() == "" && (ty.Kind() == reflect.Slice || ty.Kind() == reflect.Pointer):
		e.Array(2)
		e.Uint(uint64(ty.Kind()))
		e.reflectType(ty.Elem())
	case e.p.tables().types[typeName(ty)] == ty:
		e.String(typeName(ty))
	default:
		e.fail("an error that names the type %s", ty)
	}
}

// reflectType reads a type.
func (d *Dec) reflectType() reflect.Type {
	if d.Nil() {
		return nil
	}
	if d.peek()&0xe0 != majorArray {
		name := d.String()
		ty := d.p.tables().types[name]
		if ty == nil {
			d.fail("no type %q in this program", name)
		}
		return ty
	}
	d.enter()
	defer d.leave()
	n := d.Array()
	switch kind := reflect.Kind(d.Uint()); {
	case n == 2 && kind == reflect.Slice:
		return reflect.SliceOf(d.part())
	case n == 2 && kind == reflect.Pointer:
		return reflect.PointerTo(d.part())
	case n == 3 && kind == reflect.Map:
		key := d.part()
		if !key.Comparable() {
			d.fail("a map of keys of type %s", key)
		}
		return reflect.MapOf(key, d.part())
	default:
		d.fail("a type of kind %s and %d items", kind, n)
		return nil
	}
}

// part reads a type that another one is made of.
func (d *Dec) part() reflect.Type {
	ty := d.reflectType()
	if ty == nil {
		d.fail("a part of a type is missing")
	}
	return ty
}

// typeName is a name of a type that no other type of a program has, as far as types have names.
func typeName(ty reflect.Type) string {
	if ty.Name() == "" || ty.PkgPath() == "" {
		return ty.String()
	}
	return ty.PkgPath() + "." + ty.Name()
}

// namedTypes gives the basic types and all types that the given ones are made of, by name.
func namedTypes(from []*DynType) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	var visit func(ty reflect.Type)
	visit = func(ty reflect.Type) {
		name := typeName(ty)
		if all[name] != nil {
			return
		}
		all[name] = ty
		switch ty.Kind() {
		case reflect.Map:
			visit(ty.Key())
			visit(ty.Elem())
		case reflect.Slice, reflect.Array, reflect.Pointer:
			visit(ty.Elem())
		case reflect.Struct:
			for i := range ty.NumField() {
				visit(ty.Field(i).Type)
			}
		}
	}
	for _, v := range []any{
		false, 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0),
		float32(0), float64(0), complex64(0), complex128(0), "", time.Time{}, time.Duration(0), []any{}, []error{},
	} {
		visit(reflect.TypeOf(v))
	}
	for _, d := range from {
		if d.Zero != nil {
			visit(reflect.TypeOf(d.Zero))
		}
	}
	return all
}
