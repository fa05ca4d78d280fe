// This file makes requests over HTTP: to the gateway over the engine, and to a handler that does nothing.

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/stateful-entities/sfc/backends/native/bench/plan/ledger"
)

// server serves a handler on the loopback interface, with net/http's defaults and clients in the same process.
type server struct {
	title   string
	records *records
	http    *http.Server
	base    string
	client  *http.Client
	failed  chan error
}

func serve(title string, h http.Handler, x *records, clients int) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{
		title: title, records: x, http: &http.Server{Handler: h, ReadHeaderTimeout: time.Minute},
		base: "http://" + l.Addr().String() + "/v1/Account/", failed: make(chan error, 1),
		client: &http.Client{Transport: &http.Transport{
			MaxIdleConns: clients, MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients, DisableCompression: true,
		}},
	}
	go func() { s.failed <- s.http.Serve(l) }()
	return s, nil
}

func (s *server) close() error {
	s.client.CloseIdleConnections()
	err := s.http.Close()
	if served := <-s.failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (s *server) name() string { return s.title }

func (s *server) session() (session, error) { return &httpClient{server: s}, nil }

// httpClient is one client.
type httpClient struct {
	*server
	body, answer bytes.Buffer
}

// methods are the ends of paths, by kind.
var methods = [kinds]string{read: "/Read", update: "/Update", transfer: "/Transfer"}

func (c *httpClient) do(ctx context.Context, o *operation) (bool, error) {
	c.body.Reset()
	switch o.kind {
	case update:
		fmt.Fprintf(&c.body, `[%d,"%s"]`, o.field, o.value)
	case transfer:
		fmt.Fprintf(&c.body, `["%s",%d]`, c.records.names[o.b], o.amount)
	case read:
		c.body.WriteString("[]")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+c.records.names[o.a]+methods[o.kind], bytes.NewReader(c.body.Bytes()))
	if err != nil {
		return false, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	c.answer.Reset()
	if _, err := c.answer.ReadFrom(resp.Body); err != nil {
		return false, err
	}
	if resp.StatusCode == http.StatusOK {
		return false, nil
	}
	var problem struct{ Code, Detail string }
	if err := json.Unmarshal(c.answer.Bytes(), &problem); err != nil {
		return false, fmt.Errorf("status %d: %s", resp.StatusCode, c.answer.Bytes())
	}
	if isAbort(o.kind, problem.Code) {
		return true, nil
	}
	return false, fmt.Errorf("status %d: %s: %s", resp.StatusCode, problem.Code, problem.Detail)
}

// bareHandler decodes a request's JSON, encodes an answer of the same form, and does nothing else.
type bareHandler struct {
	id     string
	fields [ledger.Fields]string
}

func newBareHandler(x *records) *bareHandler {
	h := &bareHandler{id: newID()}
	copy(h.fields[:], x.values)
	return h
}

// answer is the form of answers.
type answer struct {
	ID     string `json:"id"`
	Result any    `json:"result"`
}

func (h *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var args []any
	if err == nil {
		err = json.Unmarshal(body, &args)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := answer{ID: h.id}
	if strings.HasSuffix(r.URL.Path, methods[read]) {
		out.Result = &h.fields
	}
	text, err := json.Marshal(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(text)
}
