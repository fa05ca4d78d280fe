// This file helps executors: results as JSON, and fingerprints of requests.

package gateway

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
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

// Fingerprint identifies what a request asks for: equal for the same function, entity and arguments, whatever form
// they came in.
func Fingerprint(p *runner.Program, r Request) ([sha256.Size]byte, *sfc.Error) {
	arguments, err := p.EncodeFrame(r.Frame)
	if err != nil {
		return [sha256.Size]byte{}, Errorf("InvalidArgument", "arguments: %v", err)
	}
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %s", r.Func.Name, r.Key, arguments)), nil
}
