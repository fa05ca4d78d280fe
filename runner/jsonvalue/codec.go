// This file defines the codec of one program: what it knows beyond the Go types it is shown.

// Package jsonvalue writes and reads the values of generated packages as JSON, by reflection.
//
// The form is that of encoding/json, with the rules of the HTTP API on top: a reference is its key, a value that JSON
// has no word for still has one form, and reading is strict. Results hide unexported fields as encoding/json does;
// states show them, at every depth.
//
//	reference             its key: a string, or a number for integer keys; nil is null
//	integer               a number; read from a string too, since JSON numbers lose digits beyond 2^53 in many clients
//	NaN, +Inf, -Inf       strings
//	error                 its message
//	interface             written as the value in it; read as {"$type": "Circle", "$value": …}, where Circle means the
//	                      type Circle, or *Circle if only that implements the interface
//	map                   an object if the keys are strings, integers, references or marshal to text; otherwise
//	                      [[key, value], …], sorted
//	pointer to what       {"$cycle": n}, n objects or arrays up: 1 is the one that directly holds it
//	encloses it
//
// Start with [For].
package jsonvalue

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/runner"
)

// MaxDepth is how deep arrays and objects may be nested, in both directions; encoding/json reads no deeper either.
const MaxDepth = 10_000

// Codec writes and reads values of one program. It may be used by many goroutines at once.
type Codec struct {
	types  map[string]reflect.Type // what "$type" may say
	fields sync.Map                // fieldsKey → []field
	voices sync.Map                // reflect.Type → voice

	encoders sync.Pool // of *encoder
}

// For makes the codec of a program. The program tells which types may stand behind an interface.
func For(p *runner.Program) *Codec {
	c := &Codec{types: basicTypes()}
	for _, d := range p.Dyn {
		if d.Zero == nil {
			continue
		}
		c.types[d.Name] = reflect.TypeOf(d.Zero)
		if name, isPointer := strings.CutPrefix(d.Name, "ptr "); isPointer {
			c.types["*"+name] = reflect.TypeOf(d.Zero)
		}
	}
	for _, d := range p.Dyn { // `ref Item` is "Item" to clients, who know no other Item
		name, isRef := strings.CutPrefix(d.Name, "ref ")
		if isRef && d.Zero != nil {
			c.types[name] = reflect.TypeOf(d.Zero)
		}
	}
	return c
}

// typeFor gives the type that a name means where a value of type face is wanted: of T and *T the one that fits, T if
// both do; nil if there is no such type.
func (c *Codec) typeFor(name string, face reflect.Type) reflect.Type {
	t, p := c.types[name], c.types["*"+name]
	if t == nil || p != nil && !t.AssignableTo(face) {
		return p
	}
	return t
}

// basicTypes gives the types that every program has, by their names in Go and in the IR.
func basicTypes() map[string]reflect.Type {
	return map[string]reflect.Type{
		"int8": reflect.TypeFor[int8](), "int16": reflect.TypeFor[int16](), "int32": reflect.TypeFor[int32](),
		"int64": reflect.TypeFor[int64](), "uint8": reflect.TypeFor[uint8](), "uint16": reflect.TypeFor[uint16](),
		"uint32": reflect.TypeFor[uint32](), "uint64": reflect.TypeFor[uint64](), "byte": reflect.TypeFor[byte](),
		"rune": reflect.TypeFor[rune](), "float32": reflect.TypeFor[float32](), "float64": reflect.TypeFor[float64](),
		"time.Time": reflect.TypeFor[time.Time](), "time.Duration": reflect.TypeFor[time.Duration](),
		"bool": reflect.TypeFor[bool](), "string": reflect.TypeFor[string](),
		"int": reflect.TypeFor[int](), "i8": reflect.TypeFor[int8](), "i16": reflect.TypeFor[int16](),
		"i32": reflect.TypeFor[int32](), "i64": reflect.TypeFor[int64](),
		"uint": reflect.TypeFor[uint](), "u8": reflect.TypeFor[uint8](), "u16": reflect.TypeFor[uint16](),
		"u32": reflect.TypeFor[uint32](), "u64": reflect.TypeFor[uint64](),
		"f32": reflect.TypeFor[float32](), "f64": reflect.TypeFor[float64](),
		"time": reflect.TypeFor[time.Time](), "duration": reflect.TypeFor[time.Duration](),
	}
}

// Error is a value that cannot be read or written, with the way to it.
type Error struct {
	Path    string // lines[2].price; "" is the whole value
	Problem string
	TooLong bool // written: passes the limit of bytes, or is nested too deeply
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return fmt.Sprintf("%s: %s", e.Path, e.Problem)
}

var (
	refType   = reflect.TypeFor[runner.Ref]()
	errorType = reflect.TypeFor[error]()
)
