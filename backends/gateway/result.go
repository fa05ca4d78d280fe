// This file helps executors: results, states and arguments as JSON.

package gateway

import (
	"encoding/json"
	"errors"
	"reflect"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Result gives the results in a frame as clients see them: null, one value, or an array; the last error is not among
// them. An executor calls it before it commits, so that a result that has no form undoes the request: LimitExceeded
// if it passes longest bytes, Panic if the program's own marshaller fails.
func Result(c *jsonvalue.Codec, f runner.Frame, longest int) (json.RawMessage, *sfc.Error) {
	results := f.Results()
	if f.Func().HasError {
		results = results[:len(results)-1]
	}
	var text []byte
	var err error
	switch len(results) {
	case 0:
		text = []byte("null")
	case 1:
		text, err = c.Result(pointee(results[0]), longest)
	default:
		values := make([]any, len(results))
		for i, r := range results {
			values[i] = pointee(r)
		}
		text, err = array(c, values, longest)
	}
	return text, encodeFailure(err)
}

// array writes several results. Each is written for itself: put into interfaces, an error in them would not differ
// from a result of type error.
func array(c *jsonvalue.Codec, values []any, longest int) ([]byte, error) {
	text := []byte{'['}
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		one, err := c.Result(v, longest-len(text))
		if err != nil {
			return nil, err
		}
		text = append(text, one...)
	}
	return append(text, ']'), nil
}

// pointee gives the variable that p points to; variables of interface type stay behind their pointer, which keeps the
// static type.
func pointee(p any) any {
	v := reflect.ValueOf(p).Elem()
	if v.Kind() == reflect.Interface {
		return p
	}
	return v.Interface()
}

func encodeFailure(err error) *sfc.Error {
	if err == nil {
		return nil
	}
	var e *jsonvalue.Error
	if errors.As(err, &e) && e.TooLong {
		return Errorf("LimitExceeded", "result: %v", err)
	}
	return Errorf("Panic", "the result cannot be written as JSON: %v", err)
}

// StateOf gives a state as clients see it.
func StateOf(c *jsonvalue.Codec, state any) (json.RawMessage, *sfc.Error) {
	text, err := c.State(state, maxState)
	return text, encodeFailure(err)
}

// maxState is the longest state that is shown, in bytes: what is stored is shorter.
const maxState = 64 << 20

// ArgumentsOf gives the arguments of a request of f as an object by name, given its frame as it began, encoded; nil if
// they cannot be decoded, or have no form.
func ArgumentsOf(p *runner.Program, c *jsonvalue.Codec, f *runner.Func, encoded []byte) json.RawMessage {
	frame, err := p.DecodeFrame(f, encoded)
	if err != nil {
		return nil
	}
	text := []byte{'{'}
	for i, a := range frame.Args() {
		if i > 0 {
			text = append(text, ',')
		}
		name, err := json.Marshal(f.Params[i])
		if err != nil {
			return nil
		}
		value, err := c.Result(pointee(a), maxState)
		if err != nil {
			return nil
		}
		text = append(append(append(text, name...), ':'), value...)
	}
	return append(text, '}')
}
