// This file routes HTTP requests to the executor.

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Headers of requests.
const (
	HeaderID       = "Idempotency-Key" // the request's id
	HeaderDeadline = "Sfc-Deadline"    // RFC 3339: the request does not start after it
)

// Handler is the HTTP API over an executor.
type Handler struct {
	codec    *jsonvalue.Codec
	exec     Executor
	openAPI  []byte
	types    map[string]*runner.EntityType
	funcs    map[string]*runner.Func            // free functions and constructors that can be requested
	methods  map[string]map[string]*runner.Func // by entity type
	longest  int64                              // body of a request, in bytes
	metrics  *metrics
	stopping func() bool

	program *runner.Program
	target  string     // name of the target; "" if nobody has said
	data    string     // the executor's folder; "" if nobody has said
	backing sync.Mutex // held while a backup is made
}

// NewHandler makes the API of a program. openAPI is what /openapi.json answers.
func NewHandler(p *runner.Program, openAPI []byte, exec Executor) *Handler {
	h := &Handler{
		codec: jsonvalue.For(p), exec: exec, openAPI: openAPI, longest: MaxMessage,
		types: map[string]*runner.EntityType{}, funcs: map[string]*runner.Func{},
		methods: map[string]map[string]*runner.Func{}, metrics: newMetrics(),
		stopping: func() bool { return false }, program: p,
	}
	for _, t := range p.Types {
		h.types[t.Name], h.methods[t.Name] = t, map[string]*runner.Func{}
	}
	for _, f := range p.Funcs {
		switch {
		case !f.Exported:
		case f.Entity == nil:
			h.funcs[f.Name] = f
		default:
			_, name, _ := strings.Cut(f.Name, ".")
			h.methods[f.Entity.Name][name] = f
		}
	}
	return h
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !plain(w, r) {
		return
	}
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, "/v1/"); ok {
		h.serveV1(w, r, strings.Split(rest, "/"))
		return
	}
	methods, serve := []string{http.MethodGet, http.MethodHead}, http.HandlerFunc(nil)
	switch path {
	case "/query":
		methods, serve = []string{http.MethodPost}, h.query
	case "/backup":
		methods, serve = []string{http.MethodGet}, h.backup
	case "/openapi.json":
		serve = h.description
	case "/healthz":
		serve = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }
	case "/readyz":
		serve = h.ready
	case "/metrics":
		serve = h.metrics.serve
	default:
		writeProblem(w, Errorf("NotFound", "no resource %q: requests are below /v1/, their description is /openapi.json", r.URL.Path), "")
		return
	}
	if allow(w, r, methods...) {
		serve(w, r)
	}
}

func (h *Handler) description(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(h.openAPI)
}

func (h *Handler) ready(w http.ResponseWriter, _ *http.Request) {
	if h.stopping() {
		writeProblem(w, Errorf("Unavailable", "the program is stopping"), "")
		return
	}
	io.WriteString(w, "ready\n")
}

// plain answers 415 unless the body is sent as it is: a compressed one would have to be bounded twice.
func plain(w http.ResponseWriter, r *http.Request) bool {
	for _, coding := range r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(coding, "identity") {
			w.Header().Set("Accept-Encoding", "identity")
			writeStatus(w, http.StatusUnsupportedMediaType, Errorf("InvalidArgument", "the body has Content-Encoding %q: send it as it is", coding))
			return false
		}
	}
	return true
}

// allow answers 405 unless the method is one of the given.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	list := strings.Join(methods, ", ")
	w.Header().Set("Allow", list)
	writeStatus(w, http.StatusMethodNotAllowed, Errorf("InvalidArgument", "method %s is not for this resource: it takes %s", r.Method, list))
	return false
}

// serveV1 serves a path below /v1/, given as its escaped segments.
func (h *Handler) serveV1(w http.ResponseWriter, r *http.Request, segments []string) {
	for i, s := range segments {
		text, err := url.PathUnescape(s)
		if err != nil || !utf8.ValidString(text) {
			writeProblem(w, Errorf("InvalidArgument", "path segment %q is not percent-encoded UTF-8", s), "")
			return
		}
		segments[i] = text
	}
	switch {
	case len(segments) == 2 && segments[0] == "requests":
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.recorded(w, r, segments[1])
		}
	case len(segments) == 1 && h.types[segments[0]] != nil:
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.list(w, r, h.types[segments[0]])
		}
	case len(segments) == 1 && h.funcs[segments[0]] != nil:
		if allow(w, r, http.MethodPost) {
			h.call(w, r, h.funcs[segments[0]], "")
		}
	case len(segments) == 1:
		writeProblem(w, h.unknown(segments[0], r.Method), "")
	case len(segments) == 2 || len(segments) == 3:
		h.entity(w, r, segments)
	default:
		writeProblem(w, Errorf("NotFound", "no resource %q: a path is /v1/Type/key/Method, /v1/Type/key or /v1/Function (a / in a key is written %%2F)", r.URL.Path), "")
	}
}

// entity serves /v1/{Type}/{key} and /v1/{Type}/{key}/{Method}.
func (h *Handler) entity(w http.ResponseWriter, r *http.Request, segments []string) {
	ty, fail := h.entityType(segments[0])
	if fail != nil {
		writeProblem(w, fail, "")
		return
	}
	key := segments[1]
	if len(segments) == 2 {
		if !allow(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		if fail := checkKey(ty, key); fail != nil {
			writeProblem(w, fail, "")
			return
		}
		h.state(w, r, ty, key)
		return
	}
	f, fail := h.method(ty, segments[2])
	if fail == nil && !allow(w, r, http.MethodPost) {
		return
	}
	if fail == nil {
		fail = checkKey(ty, key)
	}
	if fail != nil {
		writeProblem(w, fail, "")
		return
	}
	h.call(w, r, f, key)
}

func (h *Handler) entityType(name string) (*runner.EntityType, *sfc.Error) {
	if ty := h.types[name]; ty != nil {
		return ty, nil
	}
	return nil, Errorf("NotFound", "no entity type %q%s", name, didYouMean(name, h.types))
}

// unknown says that no function, and no entity type, has a name.
func (h *Handler) unknown(name, method string) *sfc.Error {
	if method != http.MethodPost {
		_, fail := h.entityType(name)
		return fail
	}
	all := map[string]bool{}
	for n := range h.funcs {
		all[n] = true
	}
	for n := range h.types {
		all[n] = true
	}
	return Errorf("NotFound", "no function %q can be requested%s", name, didYouMean(name, all))
}

func (h *Handler) method(ty *runner.EntityType, name string) (*runner.Func, *sfc.Error) {
	if f := h.methods[ty.Name][name]; f != nil {
		return f, nil
	}
	return nil, Errorf("NotFound", "%s has no method %q that can be requested%s", ty.Name, name, didYouMean(name, h.methods[ty.Name]))
}

// checkKey refuses a key that no entity of the type can have.
func checkKey(ty *runner.EntityType, key string) *sfc.Error {
	if why := ty.KeyFault(key); why != "" {
		return Errorf("InvalidArgument", "%s: %s", ty.Name, why)
	}
	return nil
}

// call runs one request.
func (h *Handler) call(w http.ResponseWriter, r *http.Request, f *runner.Func, key string) {
	end := h.metrics.begin(f.Name)
	req := Request{Func: f, Key: key}
	fail := h.prepare(w, r, &req)
	resp := Response{ID: req.ID, Err: fail}
	if fail == nil {
		ctx := r.Context()
		if !req.Deadline.IsZero() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, req.Deadline)
			defer cancel()
		}
		resp = h.exec.Call(ctx, req)
	} else if fail.Method == "" {
		fail.Method, fail.Entity = f.Name, entityName(f, key)
	}
	end(resp.Err)
	h.respond(w, resp)
}

func entityName(f *runner.Func, key string) string {
	if f.Entity == nil {
		return ""
	}
	return f.Entity.Name + "/" + key
}

func (h *Handler) respond(w http.ResponseWriter, resp Response) {
	if resp.Err != nil {
		writeProblem(w, resp.Err, resp.ID)
		return
	}
	id, err := json.Marshal(resp.ID)
	if err != nil {
		panic(err) // a string always has a form
	}
	// Marshalling the result would read it through again, which takes longer than most methods.
	b := append(append(append(make([]byte, 0, len(id)+len(resp.Result)+24), `{"id":`...), id...), `,"result":`...)
	if b = append(b, resp.Result...); resp.Result == nil {
		b = append(b, "null"...)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(b, "}\n"...))
}

// prepare reads headers and arguments.
func (h *Handler) prepare(w http.ResponseWriter, r *http.Request, req *Request) *sfc.Error {
	if fail := requestID(r, req); fail != nil {
		return fail
	}
	if text := r.Header.Get(HeaderDeadline); text != "" {
		deadline, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return Errorf("InvalidArgument", "header %s: want a time as 2006-01-02T15:04:05Z, got %q", HeaderDeadline, text)
		}
		if req.Deadline = deadline.UTC(); time.Now().After(deadline) {
			return Errorf("DeadlineExceeded", "the deadline has passed")
		}
	}
	body, fail := h.body(w, r)
	if fail != nil {
		return fail
	}
	req.Frame, fail = h.arguments(req.Func, body)
	return fail
}

func (h *Handler) body(w http.ResponseWriter, r *http.Request) ([]byte, *sfc.Error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.longest))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, Errorf("LimitExceeded", "the body passes %d bytes", h.longest)
	}
	if err != nil {
		return nil, Errorf("InvalidArgument", "the body cannot be read: %v", err)
	}
	return body, nil
}

// requestID takes the client's id, or makes one.
func requestID(r *http.Request, req *Request) *sfc.Error {
	ids := r.Header.Values(HeaderID)
	if len(ids) == 0 {
		req.ID = NewID(time.Now())
		return nil
	}
	if fail := CheckID(ids[0]); fail != nil || len(ids) > 1 {
		return Errorf("InvalidArgument", "header %s: want one id of 1 to %d visible characters", HeaderID, maxID)
	}
	req.ID, req.Client = ids[0], true
	return nil
}

// arguments makes a frame with the arguments that a body holds.
func (h *Handler) arguments(f *runner.Func, body []byte) (runner.Frame, *sfc.Error) {
	frame, err := h.codec.Frame(body, f)
	if err != nil {
		return nil, Errorf("InvalidArgument", "arguments of %s: %v", f.Name, err)
	}
	return frame, nil
}

func (h *Handler) state(w http.ResponseWriter, r *http.Request, ty *runner.EntityType, key string) {
	state, err := h.exec.State(r.Context(), ty, key)
	if err != nil {
		writeProblem(w, asError(err), "")
		return
	}
	writeJSON(w, struct {
		State json.RawMessage `json:"state"`
	}{state})
}
