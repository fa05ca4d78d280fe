// This file defines how a request ends, and the named errors.

package runner

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// Outcome is how a request ended.
type Outcome struct {
	Frame Frame    // the root frame with its results, if it committed
	Err   *Failure // nil: committed
}

// Failure is why a request was rolled back. Code is Application (the root returned an error), Panic (nobody recovered
// it), NotFound, AlreadyExists or InvalidArgument (a named error that nobody recovered), or that of a [Stop].
type Failure struct {
	Error
	ID string // of the request
}

// String gives code and message.
func (f *Failure) String() string { return f.Code + ": " + f.Message }

func notFound(entity, method, at string) *Error {
	return &Error{Code: "NotFound", Message: fmt.Sprintf("%s does not exist", entity), Entity: entity, Method: method, At: at}
}

func alreadyExists(entity, at string) *Error {
	return &Error{Code: "AlreadyExists", Message: fmt.Sprintf("%s exists already", entity), Entity: entity, At: at}
}

// asStop makes an error of a world or a codec the stop of a request.
func asStop(err error) Stop {
	var s Stop
	var e *EncodeError
	switch {
	case errors.As(err, &s):
		if prefix, said := strings.CutSuffix(err.Error(), s.Error()); said {
			s.Message = prefix + s.Message // state of User: …
		}
		return s
	case errors.As(err, &e):
		return Stop{Code: "Unimplemented", Message: err.Error()}
	case errors.Is(err, errTooLong):
		return Stop{Code: "LimitExceeded", Message: err.Error()}
	}
	return Stop{Code: "Unavailable", Message: err.Error()}
}

// rootError is the failure that a root's own error makes of the request; nil if it has none.
func rootError(c *Call, f Frame) *Failure {
	if !c.Func.HasError {
		return nil
	}
	results := f.Results()
	err := *results[len(results)-1].(*error)
	if err == nil {
		return nil
	}
	fail := newFailure(c, "Application")
	hostCall(fail, func() { fail.Message = told(err, err.Error) })
	return fail
}

// answerFailure is the failure that an error of Call.Answer makes of the request.
func answerFailure(c *Call, err error) *Failure {
	fail := newFailure(c, "Application")
	var named *Error
	if errors.As(err, &named) {
		fail.Code, fail.Message = named.Code, named.Message
		return fail
	}
	fail.Message = err.Error()
	return fail
}

// panicFailure is the failure that a panic makes of the request.
func panicFailure(prog *Program, c *Call, p *Panic) *Failure {
	fail := newFailure(c, "Panic")
	if p.Method != "" { // else it was raised for the root, before that ran
		fail.At, fail.Method, fail.Entity = p.At, p.Method, p.Entity
	}
	if e, ok := p.Val.(*Error); ok && e != nil {
		switch e.Code {
		case "NotFound", "AlreadyExists", "InvalidArgument":
			fail.Code, fail.Message = e.Code, e.Message
			if e.Entity != "" {
				fail.Entity = e.Entity
			}
			if e.Method != "" {
				fail.Method = e.Method
			}
			return fail
		}
	}
	hostCall(fail, func() { fail.Message = told(p.Val, func() string { return panicText(p.Val, prog.spoken) }) })
	return fail
}

// newFailure is a failure of the root, at its declaration.
func newFailure(c *Call, code string) *Failure {
	f := &Failure{Error: Error{Code: code, Method: c.Func.Name, At: c.Func.place()}, ID: c.Request.ID}
	if c.Func.Entity != nil {
		f.Entity = c.Func.Entity.Name + "/" + c.Key
	}
	return f
}

// place is where a function is declared.
func (fn *Func) place() string {
	if fn.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", fn.File, fn.Line)
}

// errorFailure is the failure that an error of a world or a codec makes of the request.
func errorFailure(c *Call, err error) *Failure {
	s := asStop(err)
	fail := newFailure(c, s.Code)
	fail.Message = s.Message
	return fail
}

// told is the text of a value, after it is known that the methods which may tell of it come to an end.
func told(v any, text func() string) string {
	switch v.(type) {
	case error, fmt.Stringer:
		Tells(Callback(), v)
	}
	return text()
}

// hostCall runs f, which calls a user's Error, String or MarshalJSON. If that panics, it becomes the failure.
func hostCall(fail *Failure, f func()) {
	defer func() {
		r := recover()
		if s, ok := TakeStop(); ok {
			r = s
		}
		switch r := r.(type) {
		case nil:
		case Stop:
			fail.Code, fail.Message = r.Code, r.Message
		case rethrown:
			fail.Code, fail.Message = "Panic", plainText(r.p.Val)
		default:
			fail.Code, fail.Message = "Panic", plainText(r)
		}
	}()
	f()
}

// plainText is PanicText without calling a method of the user's.
func plainText(v any) string {
	if e, ok := v.(runtime.Error); ok {
		return e.Error()
	}
	if text, ok := basicText(reflect.ValueOf(v)); ok {
		return text
	}
	return fmt.Sprintf("(%T)", v)
}

// PanicText is a panic's value as Go prints it after `panic: `: errors and Stringers by their methods, basic values as
// the builtin print does, values of defined basic types with their type's name. Of other values Go prints an address;
// this gives the type's name in parentheses.
func PanicText(v any) string { return panicText(v, func(name string) string { return name }) }

// panicText is PanicText with the names of types as spoken gives them.
func panicText(v any, spoken func(typeName string) string) string {
	switch v := v.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	case nil:
		return "nil"
	}
	rv := reflect.ValueOf(v)
	text, ok := basicText(rv)
	_, ref := v.(Ref) // a pointer in the source
	switch {
	case !ok || ref:
		return "(" + spoken(rv.Type().String()) + ")"
	case rv.Type().PkgPath() == "":
		return text
	case rv.Kind() == reflect.String:
		return spoken(rv.Type().String()) + `("` + text + `")`
	}
	return spoken(rv.Type().String()) + "(" + text + ")"
}

// basicText is what the builtin print gives for a value of a basic kind.
func basicText(v reflect.Value) (string, bool) {
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), true
	case v.CanComplex():
		return strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()), true
	case v.Kind() == reflect.String:
		return v.String(), true
	}
	return "", false
}
