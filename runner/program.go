// This file defines what a generated package tells the runner about itself: entity types, functions, dynamic types.

package runner

import (
	"sync"
	"time"
)

// Program is what a generated package's function Program returns. It is never changed after that, nor copied.
type Program struct {
	ID      string // module path + package path
	Name    string // package name
	Version int
	Hash    string // of the IR's meaning
	Types   []*EntityType
	Funcs   []*Func // every function that has a frame; Func.ID is the index
	// Dyn lists the concrete types that an interface value may hold, for the codec of `any`, `error` and other
	// interfaces. Basic types, time and the errors of the standard library are known to the runner.
	Dyn []*DynType
	// Sentinels are package variables of type error: encoded by name, so that they keep their identity.
	Sentinels []Sentinel
	// Names gives types that are called differently in the generated package the names that Go would show:
	// "app.money_Amount" is "money.Amount".
	Names map[string]string

	once  sync.Once
	ready *tables // what the runner derives from the fields above
}

// EntityType is one type of entity. Its state is a pointer to the generated struct.
type EntityType struct {
	Name   string
	ID     int // index in Program.Types
	Rank   int
	IntKey bool // keys are integers (in canonical decimal form)
	// CheckInt refuses integer keys that no value of their type has (CheckIntKey of it); nil: that type is int.
	CheckInt func(key string) error
	Graph    bool                    // state may reach one slice, map or pointer by two paths: keep sharing
	New      func() any              // a new zero state, *User
	Key      func(state any) string  // computes the key from the state
	Enc      func(e *Enc, state any) // state as a CBOR map keyed by field name
	Dec      func(d *Dec) any        // unknown fields are dropped, absent ones zero
}

// Func is one function with a frame: every function that may be requested, invoked, or that suspends.
type Func struct {
	Name        string // User.BuyItem, Transfer
	ID          int
	Entity      *EntityType // whose method it is; nil for free functions
	Creates     *EntityType // constructor
	Exported    bool        // may be requested from outside
	Params      []string    // names, without a context
	Variadic    bool
	Results     int  // number of results, a last error included
	HasError    bool // the last result is of type error
	Writes      bool // may write its own entity's state: needs a backup, or the exclusive lock
	ReadOnly    bool // neither it nor anything it reaches writes, creates or deletes: not recorded
	CopyArgs    bool // arguments reach memory (slices, maps, pointers …): copied when they cross an invoke
	CopyResults bool
	File        string // user's file and line, for errors
	Line        int
	New         func() Frame
	Zero        func(Frame) // clears a frame for its next use; nil: frames of this function are not pooled
}

// DynType is one concrete type behind interfaces. Name is the IR type's text.
type DynType struct {
	Name string
	Zero any // a zero value of the type, for its reflect.Type: typed nil for pointers
	Is   func(v any) bool
	Enc  func(e *Enc, v any)
	Dec  func(d *Dec) any
}

// Sentinel names a package variable of type error.
type Sentinel struct {
	Name  string
	Value error
}

// Op says why Step came back.
type Op uint8

const (
	Return   Op = iota // the results are in the frame
	Calling            // another frame runs on the same activation: a suspending function of the program
	Invoking           // a frame runs on another entity
	Creating           // a state becomes an entity
	Deleting           // an entity goes
	Asking             // whether an entity exists; the answer comes as Thread.Found
)

// Frame is one call of a function: arguments, live variables, results. Generated code implements it with a field
// `pc`: 0 before the first step, Done after return, else the continuation.
type Frame interface {
	Func() *Func
	Step(t *Thread) Op
	Args() []any    // pointers to the argument fields, in order
	Results() []any // pointers to the result fields, in order
	Enc(e *Enc)     // pc and what is live there: the arguments at 0, the results at Done
	Dec(d *Dec)
}

// Done is the pc of a frame that has returned.
const Done = -1

// Unwinder is a frame with unwind edges. Unwind is told of a panic in its current block: it stores the panic in the
// edge's slot, sets pc and answers true, or answers false if the block has no edge.
type Unwinder interface {
	Unwind(p *Panic) bool
}

// Ref is implemented by every generated reference type (`type UserRef string`, "" is nil).
type Ref interface {
	EntityType() *EntityType
	RefKey() string
}

// Request is one request, as the first to record it fixed it.
type Request struct {
	ID       string
	Time     time.Time // in UTC: what time.Now means
	Deadline time.Time // zero: none
}

// Limits bound one request. Zero fields mean the defaults of DefaultLimits.
type Limits struct {
	Steps       int64 // one per backward jump and per call of a function that itself calls
	Depth       int   // frames, weighted by their size in units of 512 bytes
	Bytes       int64 // allocated
	Invocations int
	Entities    int // touched
	State       int // bytes of one entity's state, encoded
	Message     int // bytes of the arguments or results of one invoke, encoded
}
