// This file turns errors into problem details (RFC 9457).

package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/stateful-entities/sfc"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// statuses gives the HTTP status of each error code.
var statuses = map[string]int{
	"InvalidArgument":  http.StatusBadRequest,
	"Unauthenticated":  http.StatusUnauthorized,
	"NotFound":         http.StatusNotFound,
	"Unimplemented":    http.StatusNotImplemented,
	"AlreadyExists":    http.StatusConflict,
	"Conflict":         http.StatusConflict,
	"Application":      http.StatusUnprocessableEntity,
	"Panic":            http.StatusUnprocessableEntity,
	"LimitExceeded":    http.StatusRequestEntityTooLarge,
	"Expired":          http.StatusGone,
	"DeadlineExceeded": http.StatusGatewayTimeout,
	"Overloaded":       http.StatusTooManyRequests,
	"Unavailable":      http.StatusServiceUnavailable,
}

// Status gives the HTTP status of an error code; an unknown code is an internal error.
func Status(code string) int {
	if s, ok := statuses[code]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Problem is the body of every error answer: problem details of type about:blank with members of our own.
type Problem struct {
	Title  string `json:"title"` // the status in words
	Status int    `json:"status"`
	Detail string `json:"detail"` // the message, the user's whole
	Code   string `json:"code"`
	Entity string `json:"entity,omitempty"` // Type/key
	Method string `json:"method,omitempty"` // User.BuyItem
	At     string `json:"at,omitempty"`     // file:line in the user's source
	ID     string `json:"id,omitempty"`     // of the request
	// Record is set in the answer of GET /v1/requests/{id}: what is kept of the request that failed so.
	Record *history `json:"record,omitempty"`
}

// asError gives the *sfc.Error in an error; any other error is Unavailable: its outcome is unknown.
func asError(err error) *sfc.Error {
	var e *sfc.Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf("Unavailable", "%v", err)
}

// writeProblem answers with an error of a request; id is "" if it has none.
func writeProblem(w http.ResponseWriter, e *sfc.Error, id string) {
	p := problemOf(e)
	p.ID = id
	p.write(w)
}

// writeStatus answers with an error whose status says more than its code does.
func writeStatus(w http.ResponseWriter, status int, e *sfc.Error) {
	p := problemOf(e)
	p.Status = status
	p.write(w)
}

func problemOf(e *sfc.Error) Problem {
	return Problem{Status: Status(e.Code), Detail: e.Message, Code: e.Code, Entity: e.Entity, Method: e.Method, At: e.At}
}

func (p Problem) write(w http.ResponseWriter) {
	p.Title = http.StatusText(p.Status)
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of strings
	}
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n'))
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		writeProblem(w, Errorf("Unavailable", "the answer cannot be written: %v", err), "")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(body, '\n'))
}
