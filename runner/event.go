// This file defines what activations say to each other in message mode.

package runner

// Address is where an activation lives: an entity, or the place of a request that belongs to none.
type Address struct {
	Type int    // EntityType.ID; RequestCell for free functions and constructors; Client for who asked
	Key  string // of the entity; the request id otherwise
}

// Addresses that are no entities.
const (
	RequestCell = -1
	Client      = -2
)

// EventKind says what an event asks or answers.
type EventKind uint8

// The kinds of events. The first four ask, and each is answered by one of the others; only Stopped goes to the client
// from anywhere.
const (
	Invocation EventKind = iota + 1 // run a function: Func, Body holds the arguments
	Creation                        // Body holds the state
	Deletion
	Question  // does the entity exist?
	Returned  // Body holds the results of Func
	Fulfilled // a creation or deletion was done
	Answered  // Yes says whether the entity exists
	Panicked  // Body holds the panic
	Stopped   // Failure says why
)

// Event is one message of one request. There is never more than one on its way.
type Event struct {
	Kind     EventKind
	To, From Address
	Func     int // Func.ID
	Body     []byte
	Yes      bool
	At       string // of who asks: its place in the user's source
	Method   string // and its function
	Failure  *Failure
	Meter    Meter
}

// Meter is what a request carries along its calls.
type Meter struct {
	Request     Request
	Steps       int64 // left
	Bytes       int64 // left
	Depth       int   // in use by all frames that wait
	Invocations int   // made
	Entities    int   // touched
	Random      []byte
}
