// This file plays scripts and compares answers with what was expected.

package calls

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Answer is what a request gave: a JSON value, or an error.
type Answer struct {
	ID    string
	Value json.RawMessage // the result, or the state
	Code  string          // of the error; "" if there is none
	Error string          // its message
	At    string          // file:line in the program, where the error names one
}

// Do does one request. Its error means that no answer came: the script ends.
type Do func(ctx context.Context, r *Request) (Answer, error)

// Failure is a line that was not answered as expected.
type Failure struct {
	Request   *Request
	Want, Got string
}

// Error tells place, request, what was wanted and what came.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s:%d: %s\n\twant %s\n\tgot  %s", f.Request.File, f.Request.Line, f.Request.Text, f.Want, f.Got)
}

// Run does the requests of a script in order, all of them, and gives the failures. seen is shown each answer; it may be
// nil.
func Run(ctx context.Context, script []*Request, do Do, seen func(*Request, Answer)) ([]*Failure, error) {
	var failures []*Failure
	for _, r := range script {
		a, err := do(ctx, r)
		if err != nil {
			return failures, fmt.Errorf("%s:%d: %w", r.File, r.Line, err)
		}
		if seen != nil {
			seen(r, a)
		}
		if f := Check(r, a); f != nil {
			failures = append(failures, f)
		}
	}
	return failures, nil
}

// Check compares an answer with what the request's line expects; nil if it is as expected.
func Check(r *Request, a Answer) *Failure {
	w := r.Want
	switch {
	case w == nil && a.Code == "":
		return nil
	case w == nil:
		return &Failure{r, "no error", a.String()}
	case w.Code != "":
		if a.Code == w.Code && strings.Contains(a.Error, w.Part) {
			return nil
		}
	case a.Code == "" && w.Value.matches(a.Value):
		return nil
	}
	return &Failure{r, w.String(), a.String()}
}

func (w *Want) String() string {
	switch {
	case w.Part != "":
		return fmt.Sprintf("error %s %q", w.Code, w.Part)
	case w.Code != "":
		return "error " + w.Code
	}
	return w.Value.Text
}

// String is the answer in the form of a script.
func (a Answer) String() string {
	if a.Code != "" {
		return fmt.Sprintf("error %s %q", a.Code, a.Error)
	}
	return string(a.Value)
}

// matches says whether a value is the expected one: equal as JSON, or a string equal to a bare word.
func (w Word) matches(value json.RawMessage) bool {
	got, err := parseJSON(value)
	if err != nil {
		return false
	}
	if text, isString := got.(string); isString && w.Bare {
		return text == w.Text
	}
	want, err := parseJSON([]byte(w.Text))
	return err == nil && equal(want, got)
}

func parseJSON(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// equal compares JSON values; numbers by value, objects without order.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && equalNumbers(string(a), string(b))
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, x := range a {
			if y, ok := b[k]; !ok || !equal(x, y) {
				return false
			}
		}
		return true
	}
	return a == b
}

// equalNumbers compares integers by their digits and others as float64.
func equalNumbers(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.ContainsAny(a+b, ".eE") {
		return false
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}
