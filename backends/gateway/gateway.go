// This file defines what stands behind the HTTP API: an executor of requests.

// Package gateway is the HTTP API of every bundle: the paper's ingress and egress router. It turns a request into a
// frame with its arguments, hands it to the target's [Executor], and turns the outcome into JSON.
//
//	POST /v1/{Type}/{key}/{Method}   POST /v1/{Function}   GET /v1/{Type}/{key}   GET /v1/{Type}
//	GET /v1/requests/{id}   POST /query   GET /openapi.json   GET /healthz   GET /readyz   GET /metrics   GET /backup
//
// A bundle's program calls [Main] with its [Target]; everything else serves tests and embedding.
package gateway

import (
	"context"
	"encoding/json"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/runner"
)

// MaxMessage is the longest body of a request and of a response, in bytes, if the target does not say.
const MaxMessage = 1 << 20

// Request is one request with its arguments in the frame.
type Request struct {
	ID       string // the client's, or made by the gateway
	Client   bool   // the id is the client's: it may come again
	Func     *runner.Func
	Key      string // of the entity; "" for functions and constructors
	Frame    runner.Frame
	Deadline time.Time // zero: none
}

// Entity is the entity that is asked, as Type/key; "" for functions and constructors.
func (r *Request) Entity() string { return entityName(r.Func, r.Key) }

// Response is the outcome of a request.
type Response struct {
	ID     string
	Result json.RawMessage // null without results, one result's value, an array of several
	Err    *sfc.Error      // set if the request failed
}

// Entity is one entity that a query found.
type Entity struct {
	Key   string          `json:"key"`
	State json.RawMessage `json:"state"`
}

// Executor runs requests for the gateway. Errors are *sfc.Error with the codes of the API; any other error is
// Unavailable. All methods may be called at once.
type Executor interface {
	// Call runs a request, or answers with what is recorded under its id.
	Call(ctx context.Context, r Request) Response
	// State gives an entity's committed state.
	State(ctx context.Context, ty *runner.EntityType, key string) (json.RawMessage, error)
	// Query gives entities of several types as they were at one moment, which is not before the last reply that was sent
	// when it was called.
	Query(ctx context.Context, selections ...Selection) (*Cut, error)
	// Recorded gives what is kept of an earlier request: NotFound if nothing, Expired if nothing any longer.
	Recorded(ctx context.Context, id string) (*Record, error)
	// Close ends the executor after the last call has returned.
	Close() error
}

// Errorf makes an error of the API.
func Errorf(code, format string, args ...any) *sfc.Error {
	return &sfc.Error{Code: code, Message: sprintf(format, args...)}
}
