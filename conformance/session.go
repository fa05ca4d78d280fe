// This file is a client of the HTTP API.

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
)

// A Session is one client of a service.
type Session interface {
	// Call makes a request. An Answer without a Code is the result; the error means that no answer came, or none of the
	// API: whether the request ran is unknown.
	Call(ctx context.Context, r Request) (Answer, error)
	// State gives an entity's committed state.
	State(ctx context.Context, typ, key string) (Answer, error)
	// Query gives entities of several types as they were at one moment.
	Query(ctx context.Context, selections ...Selection) (Cut, error)
	// Recorded gives what is kept of a request.
	Recorded(ctx context.Context, id string) (Answer, error)
	// Raw sends any HTTP request and gives status, headers and body: for what no proper client would send. Headers take
	// the place of the session's own, Authorization too; one without values is not sent.
	Raw(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, []byte, error)
}

// A Request is a call of a method, or of a function or constructor if Type is "".
type Request struct {
	ID        string // "" lets the endpoint make one
	Type, Key string
	Name      string
	Args      []any // JSON is made of them; json.RawMessage as it is
	Deadline  time.Time
}

// On is a request to a method.
func On(typ, key, method string, args ...any) Request {
	return Request{Type: typ, Key: key, Name: method, Args: args}
}

// To is a request to a function or constructor.
func To(function string, args ...any) Request { return Request{Name: function, Args: args} }

// With gives the request an id.
func (r Request) With(id string) Request { r.ID = id; return r }

// An Answer is what a request gave.
type Answer struct {
	ID     string
	Value  json.RawMessage // result or state; nil if Code is set
	Code   string          // of the error, "" if there is none
	Detail string          // its message
	Entity string          // Type/key, method and place, as far as the error names them
	Method string
	At     string
	Status int         // of HTTP
	Header http.Header // of the answer
	Body   []byte      // of the answer, whole
}

// A Selection says which entities of a type a query wants.
type Selection struct {
	Type  string `json:"type"`
	Key   string `json:"key,omitempty"`   // one entity; "": all
	Where string `json:"where,omitempty"` // of all: those for which the expression holds
	After string `json:"after,omitempty"` // of all: those whose key comes later
	Limit int    `json:"limit,omitempty"` // of all: how many at most; 0: the endpoint's limit
}

// An Entity is one that a query found.
type Entity struct {
	Key   string          `json:"key"`
	State json.RawMessage `json:"state"`
}

// A Cut is the answer to a query.
type Cut struct {
	Answer   // without Value
	Position uint64
	Entities [][]Entity // by selection
	Next     []string   // by selection: the key after which another query goes on; "" if that was all
}

// httpSession is a Session over HTTP. endpoint is asked each time: a service that starts again may have another.
type httpSession struct {
	endpoint func() string
	token    string
	client   *http.Client
}

// newSession makes a client with connections of its own.
func newSession(endpoint func() string, token string) *httpSession {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 4
	transport.Proxy = nil
	return &httpSession{endpoint, token, &http.Client{Transport: transport}}
}

func (s *httpSession) Call(ctx context.Context, r Request) (Answer, error) {
	body, err := json.Marshal(append([]any{}, r.Args...))
	if err != nil {
		return Answer{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if r.ID != "" {
		header.Set(gateway.HeaderID, r.ID)
	}
	if !r.Deadline.IsZero() {
		header.Set(gateway.HeaderDeadline, r.Deadline.Format(time.RFC3339Nano))
	}
	path := "/v1/" + segment(r.Name)
	if r.Type != "" {
		path = "/v1/" + segment(r.Type) + "/" + segment(r.Key) + "/" + segment(r.Name)
	}
	return s.answer(s.Raw(ctx, http.MethodPost, path, header, body))
}

func (s *httpSession) State(ctx context.Context, typ, key string) (Answer, error) {
	return s.answer(s.Raw(ctx, http.MethodGet, "/v1/"+segment(typ)+"/"+segment(key), nil, nil))
}

func (s *httpSession) Recorded(ctx context.Context, id string) (Answer, error) {
	return s.answer(s.Raw(ctx, http.MethodGet, "/v1/requests/"+segment(id), nil, nil))
}

func (s *httpSession) Query(ctx context.Context, selections ...Selection) (Cut, error) {
	body, err := json.Marshal(map[string]any{"select": selections})
	if err != nil {
		return Cut{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	a, err := s.answer(s.Raw(ctx, http.MethodPost, "/query", header, body))
	if err != nil || a.Code != "" {
		return Cut{Answer: a}, err
	}
	var c struct {
		Position uint64
		Select   []struct {
			Type     string
			Entities []Entity
			Next     string
		}
	}
	if err := json.Unmarshal(a.Body, &c); err != nil {
		return Cut{}, err
	}
	cut := Cut{Answer: a, Position: c.Position}
	for _, x := range c.Select {
		cut.Entities, cut.Next = append(cut.Entities, x.Entities), append(cut.Next, x.Next)
	}
	return cut, nil
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 256 << 20

func (s *httpSession) Raw(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.endpoint(), "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	maps.Copy(req.Header, header)
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp, text, err
}

// answer reads an answer of the API.
func (s *httpSession) answer(resp *http.Response, body []byte, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	var a struct {
		ID, Code, Detail, Entity, Method, At string
		Result, State                        json.RawMessage
	}
	err = json.Unmarshal(body, &a)
	if err != nil || (resp.StatusCode == http.StatusOK) != (a.Code == "") {
		return Answer{}, fmt.Errorf("the endpoint does not speak the API of sfc: status %d, %.200q", resp.StatusCode, body)
	}
	if a.Result == nil {
		a.Result = a.State
	}
	return Answer{ID: a.ID, Value: a.Result, Code: a.Code, Detail: a.Detail, Entity: a.Entity, Method: a.Method, At: a.At,
		Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// segment percent-encodes a path segment, dots alone included: they would be taken for a way up.
func segment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}
