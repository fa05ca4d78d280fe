// This file does requests over the HTTP API.

package calls

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// Client does requests at an endpoint that speaks the HTTP API.
type Client struct {
	Endpoint string // http://127.0.0.1:8484
	Token    string // bearer token; "" for none

	once    sync.Once
	surface Surface
	refused Answer // an error answer in place of /openapi.json
	failed  error
}

// schema is what the client needs to know of a parameter's type.
type schema struct {
	Type     string
	Nullable bool
	AllOf    []schema
}

// isText says whether a bare word for the parameter is a string.
func (s schema) isText() bool { return s.Type == "string" || len(s.AllOf) > 0 && s.AllOf[0].isText() }

// maxAnswer bounds what the client reads of an answer, in bytes.
const maxAnswer = 256 << 20

// load reads /openapi.json once, for the types of parameters.
func (c *Client) load(ctx context.Context) error {
	c.once.Do(func() {
		status, body, err := c.send(ctx, http.MethodGet, "/openapi.json", nil, "")
		switch {
		case err != nil:
		case status != http.StatusOK:
			c.refused, err = c.answer(status, body, nil)
		default:
			c.surface, err = ReadSurface(body)
		}
		c.failed = err
	})
	return c.failed
}

// Do does a request; its error means that the endpoint gave no answer of the API.
func (c *Client) Do(ctx context.Context, r *Request) (Answer, error) {
	if r.Get {
		return c.answer(c.send(ctx, http.MethodGet, "/v1/"+segment(r.Type)+"/"+segment(r.Key), nil, ""))
	}
	if err := c.load(ctx); err != nil || c.refused.Code != "" {
		return c.refused, err
	}
	if r.Type == "" && c.surface.types[r.Name] {
		return Answer{Code: "InvalidArgument", Error: keyMissing(r)}, nil
	}
	path := "/v1/" + segment(r.Name)
	if r.Type != "" {
		path = "/v1/" + segment(r.Type) + "/" + segment(r.Key) + "/" + segment(r.Name)
	}
	return c.answer(c.send(ctx, http.MethodPost, path, c.surface.Arguments(r), r.ID))
}

// keyMissing says what a request lacks that names a type where an entity belongs.
func keyMissing(r *Request) string {
	method := "Method"
	if len(r.Args) > 0 && r.Args[0].Bare {
		method = r.Args[0].Text
	}
	return fmt.Sprintf("%s is an entity type: name one of its entities, as %s/KEY %s", r.Name, r.Name, method)
}

// segment percent-encodes a path segment, dots alone included: they would be taken for a way up.
func segment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}

// arguments makes the JSON array of the arguments.
func arguments(words []Word, types []schema) []byte {
	list := make([]json.RawMessage, len(words))
	for i, w := range words {
		list[i] = json.RawMessage(w.Text)
		if w.Bare {
			var s schema
			if i < len(types) {
				s = types[i]
			}
			list[i] = read(w.Text, s)
		}
	}
	body, err := json.Marshal(list)
	if err != nil {
		panic(err) // every element is valid JSON
	}
	return body
}

// read reads a bare word by its parameter's type: as text if that is a string, else as JSON if it is.
func read(word string, s schema) json.RawMessage {
	if json.Valid([]byte(word)) && (!s.isText() || s.Nullable && word == "null") {
		return json.RawMessage(word)
	}
	text, err := json.Marshal(word)
	if err != nil {
		panic(err) // a string
	}
	return text
}

// send does one HTTP request.
func (c *Client) send(ctx context.Context, method, path string, body []byte, id string) (int, []byte, error) {
	resp, err := c.open(ctx, method, path, body, id)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, text, err
}

// open does one HTTP request, and leaves the answer's body to be read.
func (c *Client) open(ctx context.Context, method, path string, body []byte, id string) (*http.Response, error) {
	endpoint := strings.TrimSuffix(c.Endpoint, "/")
	req, err := http.NewRequestWithContext(ctx, method, endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", c.Endpoint, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if id != "" {
		req.Header.Set("Idempotency-Key", id)
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return http.DefaultClient.Do(req)
}

// SizeHeader of a backup is the length of the files in it, in bytes.
const SizeHeader = "Sfc-Backup-Size"

// Backup asks for a backup, a tar stream, and gives it with the length of its files. An error answer of the API has a
// code, and no stream.
func (c *Client) Backup(ctx context.Context) (stream io.ReadCloser, size int64, a Answer, err error) {
	resp, err := c.open(ctx, http.MethodGet, "/backup", nil, "")
	if err != nil {
		return nil, 0, Answer{}, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		a, err := c.answer(resp.StatusCode, text, err)
		return nil, 0, a, err
	}
	if size, err = strconv.ParseInt(resp.Header.Get(SizeHeader), 10, 64); err != nil {
		resp.Body.Close()
		return nil, 0, Answer{}, fmt.Errorf("%s does not speak the API of sfc: a backup has the header %s", c.Endpoint, SizeHeader)
	}
	return resp.Body, size, Answer{}, nil
}

// answer reads an answer of the API.
func (c *Client) answer(status int, body []byte, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	var a struct {
		ID, Code, Detail, At string
		Result, State        json.RawMessage
	}
	if err := json.Unmarshal(body, &a); err != nil || status != http.StatusOK && a.Code == "" {
		return Answer{}, fmt.Errorf("%s does not speak the API of sfc: status %d, %.200q", c.Endpoint, status, body)
	}
	if a.Result == nil {
		a.Result = a.State
	}
	return Answer{ID: a.ID, Value: a.Result, Code: a.Code, Error: a.Detail, At: a.At}, nil
}
