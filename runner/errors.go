// This file encodes errors that consist of texts and other errors, and sentinels by name.

package runner

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"runtime"
	"strconv"
	"unsafe"
)

// hostSentinels are the error variables of the standard library that keep their identity.
var hostSentinels = map[string]error{
	"go:io.EOF":                io.EOF,
	"go:io.ErrUnexpectedEOF":   io.ErrUnexpectedEOF,
	"go:io.ErrShortBuffer":     io.ErrShortBuffer,
	"go:io.ErrShortWrite":      io.ErrShortWrite,
	"go:io.ErrNoProgress":      io.ErrNoProgress,
	"go:io.ErrClosedPipe":      io.ErrClosedPipe,
	"go:strconv.ErrSyntax":     strconv.ErrSyntax,
	"go:strconv.ErrRange":      strconv.ErrRange,
	"go:errors.ErrUnsupported": errors.ErrUnsupported,
	"go:hex.ErrLength":         hex.ErrLength,
	"go:path.ErrBadPattern":    path.ErrBadPattern,
}

// Names of the types of errors, as in an encoding.
const (
	nameSentinel = "sentinel"
	nameNew      = "go:errors.errorString"
	nameWrap     = "go:fmt.wrapError"
	nameWraps    = "go:fmt.wrapErrors"
	nameJoin     = "go:errors.joinError"
	nameRuntime  = "go:runtime.Error"
	nameText     = "go:runtime.errorString"
)

// The unexported types of the standard library's errors.
var (
	typeNew   = reflect.TypeOf(errors.New(""))
	typeFmt   = reflect.TypeOf(fmt.Errorf("%s", ""))
	typeWrap  = reflect.TypeOf(fmt.Errorf("%w", io.EOF))
	typeWraps = reflect.TypeOf(fmt.Errorf("%w%w", io.EOF, io.EOF))
	typeJoin  = reflect.TypeOf(errors.Join(io.EOF))
)

// sentinel writes v if it is a sentinel.
func (e *Enc) sentinel(v any) bool {
	err, ok := v.(error)
	if !ok || !isComparable(v) {
		return false
	}
	name, ok := e.p.tables().names[err]
	if ok {
		e.named(nameSentinel)
		e.String(name)
	}
	return ok
}

// runtimeError writes v if it is one of Go's run-time errors.
func (e *Enc) runtimeError(v any) bool {
	err, ok := v.(runtime.Error)
	if !ok {
		return false
	}
	if reflect.TypeOf(v).Kind() == reflect.String {
		e.named(nameText)
	} else {
		e.named(nameRuntime)
	}
	e.String(err.Error())
	return true
}

// textError writes v if it is an error that consists of a text and the errors that it wraps.
func (e *Enc) textError(v any) bool {
	err, ok := v.(error)
	if !ok {
		return false
	}
	write := func(name string, parts func()) bool {
		e.named(name)
		if e.enterShared(reflect.ValueOf(err).UnsafePointer()) {
			parts()
		}
		return true
	}
	switch ty := reflect.TypeOf(err); ty {
	case typeNew, typeFmt:
		return write(nameNew, func() { e.String(err.Error()) })
	case typeWrap:
		return write(nameWrap, func() {
			e.Array(2)
			e.String(err.Error())
			e.Any(errors.Unwrap(err))
		})
	case typeWraps:
		return write(nameWraps, func() {
			e.Array(2)
			e.String(err.Error())
			e.errors(err)
		})
	case typeJoin:
		return write(nameJoin, func() { e.errors(err) })
	}
	return false
}

func (e *Enc) errors(err error) {
	list := err.(interface{ Unwrap() []error }).Unwrap()
	e.Array(len(list))
	for _, x := range list {
		e.Any(x)
	}
}

// knownError reads what knownError and sentinel wrote.
func (d *Dec) knownError(name string) any {
	switch name {
	case nameSentinel:
		name = d.String()
		err, ok := d.p.tables().named[name]
		if !ok {
			d.fail("no sentinel %q in this program", name)
		}
		return err
	case nameRuntime:
		return RuntimeError{d.String()}
	case nameText:
		return RuntimeText(d.String())
	case nameNew, nameWrap, nameWraps, nameJoin:
		return d.textError(name)
	}
	if ty, ok := hostErrors[name]; ok {
		return d.hostError(ty)
	}
	d.fail("no type %q in this program", name)
	return nil
}

// error reads an interface value of type error.
func (d *Dec) error() error {
	v := d.Any()
	err, ok := v.(error)
	if v != nil && !ok {
		d.fail("%T is not an error", v)
	}
	return err
}

func (d *Dec) textError(name string) error {
	var err error
	d.shareable(
		func(slot int) {
			err = d.newTextError(name)
			d.define(slot, err)
		},
		func(old any) bool { x, ok := old.(error); err = x; return ok })
	return err
}

func (d *Dec) newTextError(name string) error {
	switch name {
	case nameNew:
		return errors.New(d.String())
	case nameWrap:
		d.ArrayOf(2)
		return newWrap(typeWrap, d.String(), d.error())
	case nameWraps:
		d.ArrayOf(2)
		return newWrap(typeWraps, d.String(), d.errors())
	}
	err := errors.Join(d.errors()...)
	if err == nil {
		d.fail("a join of no errors")
	}
	return err
}

func (d *Dec) errors() []error {
	list := make([]error, d.reserve(d.Array(), unsafe.Sizeof(error(nil))))
	for i := range list {
		list[i] = d.error()
	}
	return list
}

// newWrap makes what fmt.Errorf makes of %w: a text, and the error or errors that it wraps. There is no other way to
// get the same type with a given text: fmt.Errorf would call the Error methods of the wrapped errors, which may be the
// user's.
func newWrap(ty reflect.Type, text string, wrapped any) error {
	p := reflect.New(ty.Elem())
	setField(p, 0, reflect.ValueOf(&text).Elem())
	switch w := wrapped.(type) {
	case []error:
		setField(p, 1, reflect.ValueOf(&w).Elem())
	case error:
		setField(p, 1, reflect.ValueOf(&w).Elem())
	}
	return p.Interface().(error)
}

// setField sets a field of the struct that p points to, which may be unexported. It panics if the types differ.
func setField(p reflect.Value, i int, v reflect.Value) {
	settable(p.Elem().Field(i)).Set(v)
}

// settable gives a variable, which may be an unexported field, for setting.
func settable(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}
