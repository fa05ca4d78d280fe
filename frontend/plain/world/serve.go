// This file answers requests, one line of JSON each.

package world

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Program is one named package with all packages it reaches.
type Program struct {
	Path     string   // import path
	Packages []string // import paths of rewritten packages that it consists of, its own first
}

// Function is one exported function, or one exported method of an entity type (its receiver is the first argument).
type Function struct {
	Params []string // names, without a receiver
	Fn     any
}

// functions are the registered ones, by import path and name (User.BuyItem, NewItem).
var functions = map[string]map[string]Function{}

// Functions registers what can be requested from a package. Rewritten packages call it while they are initialised.
func Functions(pkg string, fns map[string]Function) { functions[pkg] = fns }

// Request is one line of input.
type Request struct {
	Op       string            `json:"op"`       // call, states, describe, reset, copy (at all crossings)
	Program  string            `json:"program"`  // import path
	Function string            `json:"function"` // User.BuyItem, NewItem
	Key      string            `json:"key"`      // of the entity, if it is a method
	Args     []json.RawMessage `json:"args"`
	ID       string            `json:"id"`
	Time     time.Time         `json:"time"`
	On       bool              `json:"on"`
}

// Answer is one line of output.
type Answer struct {
	Results   []json.RawMessage                     `json:"results,omitempty"` // without a last error
	Error     *Failure                              `json:"error,omitempty"`
	States    map[string]map[string]json.RawMessage `json:"states,omitempty"`
	Functions map[string][]Param                    `json:"functions,omitempty"`
}

// Failure is what a request ended with instead of results.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	At      string `json:"at,omitempty"`
}

// Param describes a parameter for whoever reads bare words: text says that it is written in JSON as a string.
type Param struct {
	Name string `json:"name"`
	Text bool   `json:"text"`
}

// Serve answers requests until the input ends. It sets time.Local to UTC.
func Serve(in io.Reader, out io.Writer, programs []Program) error {
	time.Local = time.UTC
	lines, answers := bufio.NewReader(in), json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var r Request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
		a, err := answer(r, programs)
		if err != nil {
			return err
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

func answer(r Request, programs []Program) (Answer, error) {
	i := slices.IndexFunc(programs, func(p Program) bool { return p.Path == r.Program })
	if i < 0 && r.Op != "reset" && r.Op != "copy" {
		return Answer{}, fmt.Errorf("no program %q", r.Program)
	}
	switch r.Op {
	case "reset":
		Reset()
		current.last = time.Time{}
		return Answer{}, nil
	case "copy":
		current.copyAll = r.On
		return Answer{}, nil
	case "describe":
		return Answer{Functions: describe(programs[i])}, nil
	case "states":
		return states(programs[i])
	case "call":
		return programs[i].call(r), nil
	}
	return Answer{}, fmt.Errorf("no operation %q", r.Op)
}

// find gives a function that can be requested: one of the program's own package, or a method of any of its entities.
func (p Program) find(name string) (Function, bool) {
	for i, pkg := range p.Packages {
		if f, ok := functions[pkg][name]; ok && (i == 0 || strings.Contains(name, ".")) {
			return f, true
		}
	}
	return Function{}, false
}

func describe(p Program) map[string][]Param {
	all := map[string][]Param{}
	for i, pkg := range p.Packages {
		for name, f := range functions[pkg] {
			if i > 0 && !strings.Contains(name, ".") {
				continue
			}
			all[name] = []Param{}
			for j, t := range f.arguments(strings.Contains(name, ".")) {
				all[name] = append(all[name], Param{f.Params[j], isText(t)})
			}
		}
	}
	return all
}

func isText(t reflect.Type) bool {
	if of, isRef := w.types[t]; isRef {
		return !of.intKey
	}
	return t.Kind() == reflect.String
}

// arguments lists the types of the parameters that a request gives: no receiver, no context.
func (f Function) arguments(method bool) []reflect.Type {
	t := reflect.TypeOf(f.Fn)
	var types []reflect.Type
	for i := range t.NumIn() {
		if i == 0 && method || t.In(i) == reflect.TypeFor[context.Context]() {
			continue
		}
		types = append(types, t.In(i))
	}
	return types
}

func refused(code, format string, args ...any) Answer {
	return Answer{Error: &Failure{Code: code, Message: fmt.Sprintf(format, args...)}}
}

func (p Program) call(r Request) Answer {
	f, ok := p.find(r.Function)
	if !ok {
		return refused("NotFound", "no function %q", r.Function)
	}
	fn := reflect.ValueOf(f.Fn)
	method := strings.Contains(r.Function, ".")
	types := f.arguments(method)
	if len(r.Args) > len(types) {
		return refused("InvalidArgument", "%s takes %d arguments, not %d", r.Function, len(types), len(r.Args))
	}
	var args []reflect.Value
	if method {
		ref, err := target(fn.Type().In(0), r.Key)
		if err != nil {
			return refused("InvalidArgument", "%v", err)
		}
		args = append(args, ref)
	}
	if len(args) < fn.Type().NumIn() && fn.Type().In(len(args)) == reflect.TypeFor[context.Context]() {
		args = append(args, reflect.ValueOf(requestContext{context.Background()}))
	}
	in := input{pkgs: p.Packages}
	for i, t := range types {
		if i >= len(r.Args) && i == len(types)-1 && fn.Type().IsVariadic() { // a call may leave them out
			args = append(args, reflect.Zero(t))
			continue
		}
		if i >= len(r.Args) {
			return refused("InvalidArgument", "argument %q is missing", f.Params[i])
		}
		v := reflect.New(t).Elem()
		if err := in.value(r.Args[i], v); err != nil {
			return refused("InvalidArgument", "argument %q: %v", f.Params[i], err)
		}
		args = append(args, v)
	}
	current.next = func() (string, time.Time) { return r.ID, r.Time.UTC() }
	return run(fn, args)
}

// target makes the reference to the entity that a method is requested of.
func target(t reflect.Type, key string) (reflect.Value, error) {
	raw, err := json.Marshal(key)
	if err != nil {
		return reflect.Value{}, err
	}
	of := w.types[t]
	if of.intKey {
		if i, err := strconv.ParseInt(key, 10, 64); err != nil || strconv.FormatInt(i, 10) != key {
			if u, err := strconv.ParseUint(key, 10, 64); err != nil || strconv.FormatUint(u, 10) != key {
				return reflect.Value{}, fmt.Errorf("%q is not the key of a %s", key, of.name)
			}
		}
	}
	ref := reflect.New(t).Elem()
	return ref, input{}.reference(of, raw, ref)
}

// run calls a function in a goroutine of its own, which may end without returning.
func run(fn reflect.Value, args []reflect.Value) Answer {
	done := make(chan Answer)
	go func() {
		a := refused("LimitExceeded", "calls are nested too deeply")
		defer func() {
			if p := recover(); p != nil {
				a = Answer{Error: failure(p)}
				a.Error.At = current.at
			}
			current.depth = 0
			done <- a
		}()
		var results []reflect.Value
		if fn.Type().IsVariadic() {
			results = fn.CallSlice(args)
		} else {
			results = fn.Call(args)
		}
		a = given(results)
	}()
	return <-done
}

func given(results []reflect.Value) Answer {
	if n := len(results); n > 0 && results[n-1].Type() == reflect.TypeFor[error]() {
		if err, _ := results[n-1].Interface().(error); err != nil {
			return Answer{Error: &Failure{Code: "Application", Message: err.Error()}}
		}
		results = results[:n-1]
	}
	a := Answer{Results: []json.RawMessage{}}
	for _, r := range results {
		raw, err := toJSON(r, false)
		if err != nil {
			return refused("Panic", "result: %v", err)
		}
		a.Results = append(a.Results, raw)
	}
	return a
}

// failure names a panic that nobody recovered.
func failure(p any) *Failure {
	if x, ok := p.(*Error); ok {
		return &Failure{Code: x.Code, Message: x.Message}
	}
	return &Failure{Code: "Panic", Message: panicText(p)}
}

func states(p Program) (Answer, error) {
	a := Answer{States: map[string]map[string]json.RawMessage{}}
	var problems []error
	for of, byKey := range w.entities(p.Packages) {
		a.States[of.name] = map[string]json.RawMessage{}
		for key, object := range byKey {
			o := &output{hidden: true}
			problems = append(problems, o.object(reflect.ValueOf(object).Elem(), true))
			a.States[of.name][key] = o.Bytes()
		}
	}
	return a, errors.Join(problems...)
}

// requestContext is the context of a request: its deadline is a constant, and it never ends.
type requestContext struct{ context.Context }
