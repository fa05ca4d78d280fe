// This file defines what stands behind the HTTP API: an executor of requests.

// Package gateway is the HTTP API of every bundle: the paper's ingress and egress router. It turns a request into a
// frame with its arguments, hands it to the target's [Executor], and turns the outcome into JSON.
//
//	POST /v1/{Type}/{key}/{Method}   POST /v1/{Function}   GET /v1/{Type}/{key}   GET /v1/{Type}
//	GET /v1/requests/{id}   GET /openapi.json   GET /healthz   GET /readyz   GET /metrics
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

// Response is the outcome of a request.
type Response struct {
	ID     string
	Result json.RawMessage // null without results, one result's value, an array of several
	Err    *sfc.Error      // set if the request failed
}

// Entity is one entity of a list.
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
	// List gives up to limit entities of a type whose key is greater than after, in the order of their keys.
	List(ctx context.Context, ty *runner.EntityType, after string, limit int) ([]Entity, error)
	// Recorded gives the response of an earlier request.
	Recorded(ctx context.Context, id string) (Response, error)
	// Close ends the executor after the last call has returned.
	Close() error
}

// Errorf makes an error of the API.
func Errorf(code, format string, args ...any) *sfc.Error {
	return &sfc.Error{Code: code, Message: sprintf(format, args...)}
}
