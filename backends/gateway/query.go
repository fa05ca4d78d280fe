// This file defines queries and records, and serves them.

package gateway

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/runner"
)

// Selection says which entities of a type a query wants.
type Selection struct {
	Type  string `json:"type"`
	Key   string `json:"key"`   // one entity; "": all
	Where string `json:"where"` // those for which an expression in CEL holds (package where); "": all
	After string `json:"after"` // of all: those whose key comes later
	Limit int    `json:"limit"` // of all: how many at most. 0: all there are, however long that takes
}

// Cut is what a query found, at one moment: after the request at Position and before the next.
type Cut struct {
	Position uint64
	Entities [][]Entity // by selection; in the order of keys, integers by value
	// More is, by selection, the key after which another query finds the rest, "" if there is none. With a limit, an
	// executor may also end a selection because it has looked at very many entities, or found very long ones.
	More []string
}

// Record is what is kept of a request that ran.
type Record struct {
	Response
	Position  uint64          // its place in the order of all that are recorded, from 1
	Time      time.Time       // what time.Now meant, in UTC
	Method    string          // User.BuyItem, or the function's name
	Entity    string          // Type/key; "" for functions and constructors
	Arguments json.RawMessage // an object by name; nil if they have no form that today's program can tell
	Changed   []string        // entities written, created or deleted, as Type/key
}

// CompareKeys orders the keys of a type: text by bytes, integers by value.
func CompareKeys(ty *runner.EntityType, a, b string) int {
	if !ty.IntKey {
		return cmp.Compare(a, b)
	}
	// Canonical decimals: more digits are a greater number, or a lesser one below zero.
	below := strings.HasPrefix(a, "-")
	if below != strings.HasPrefix(b, "-") {
		return cmp.Compare(a, b) // '-' is before the digits
	}
	order := cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	if below {
		return -order
	}
	return order
}

// Bounds of a query that comes over HTTP.
const (
	defaultList   = 100 // entities of a selection, if the client does not say
	maxList       = 1000
	maxSelections = 100
)

// list serves GET /v1/{Type}.
func (h *Handler) list(w http.ResponseWriter, r *http.Request, ty *runner.EntityType) {
	sel, fail := listQuery(r)
	sel.Type = ty.Name
	if fail == nil {
		fail = h.checkSelection(&sel)
	}
	if fail != nil {
		writeProblem(w, fail, "")
		return
	}
	cut, err := h.exec.Query(r.Context(), sel)
	if err != nil {
		writeProblem(w, asError(err), "")
		return
	}
	writeJSON(w, struct {
		Position uint64 `json:"position"`
		found
	}{cut.Position, newFound(cut, 0)})
}

// found is what a query found for one selection, as clients see it.
type found struct {
	Entities []Entity `json:"entities"`
	Next     string   `json:"next,omitempty"` // go on after this key
}

func newFound(cut *Cut, i int) found {
	return found{append([]Entity{}, cut.Entities[i]...), cut.More[i]}
}

func listQuery(r *http.Request) (sel Selection, fail *sfc.Error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return sel, Errorf("InvalidArgument", "query: %v", err)
	}
	for name, values := range query {
		switch {
		case len(values) > 1:
			return sel, Errorf("InvalidArgument", "query: %s is given %d times", name, len(values))
		case name == "after":
			sel.After = values[0]
		case name == "where":
			sel.Where = values[0]
		case name == "limit":
			if sel.Limit, err = strconv.Atoi(values[0]); err != nil || sel.Limit < 1 || sel.Limit > maxList {
				return sel, Errorf("InvalidArgument", "query: limit: want 1 to %d, got %q", maxList, values[0])
			}
		default:
			return sel, Errorf("InvalidArgument", "query: unknown parameter %q (want where, limit, after)", name)
		}
	}
	return sel, nil
}

// checkSelection refuses what no query can want, and gives the limit its default.
func (h *Handler) checkSelection(sel *Selection) *sfc.Error {
	ty, fail := h.entityType(sel.Type)
	if fail != nil {
		return fail
	}
	if sel.Limit < 0 || sel.Limit > maxList {
		return Errorf("InvalidArgument", "limit: want 1 to %d, got %d", maxList, sel.Limit)
	}
	if sel.Limit == 0 {
		sel.Limit = defaultList
	}
	for _, key := range []string{sel.Key, sel.After} {
		if key == "" {
			continue
		}
		if fail := checkKey(ty, key); fail != nil {
			return fail
		}
	}
	if sel.Key != "" && sel.After != "" {
		return Errorf("InvalidArgument", "a selection of one key has nothing after it: give key or after")
	}
	return nil
}

// query serves POST /query.
func (h *Handler) query(w http.ResponseWriter, r *http.Request) {
	selections, fail := h.selections(w, r)
	if fail != nil {
		writeProblem(w, fail, "")
		return
	}
	cut, err := h.exec.Query(r.Context(), selections...)
	if err != nil {
		writeProblem(w, asError(err), "")
		return
	}
	type typed struct {
		Type string `json:"type"`
		found
	}
	list := make([]typed, len(selections))
	for i, sel := range selections {
		list[i] = typed{sel.Type, newFound(cut, i)}
	}
	writeJSON(w, struct {
		Position uint64  `json:"position"`
		Select   []typed `json:"select"`
	}{cut.Position, list})
}

// selections reads and checks the body of POST /query.
func (h *Handler) selections(w http.ResponseWriter, r *http.Request) ([]Selection, *sfc.Error) {
	body, fail := h.body(w, r)
	if fail != nil {
		return nil, fail
	}
	var q struct {
		Select []Selection `json:"select"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(&q)
	if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("there is more behind the object")
	}
	if err != nil {
		return nil, Errorf("InvalidArgument", `the body: %v (want {"select": [{"type", "key", "where", "after", "limit"}]})`, err)
	}
	if n := len(q.Select); n < 1 || n > maxSelections {
		return nil, Errorf("InvalidArgument", "the body: want 1 to %d selections, got %d", maxSelections, n)
	}
	for i := range q.Select {
		if fail := h.checkSelection(&q.Select[i]); fail != nil {
			fail.Message = fmt.Sprintf("selection %d: %s", i+1, fail.Message)
			return nil, fail
		}
	}
	return q.Select, nil
}

// history is a record as clients see it, beside the response.
type history struct {
	Position  uint64          `json:"position"`
	Time      time.Time       `json:"time"`
	Method    string          `json:"method"`
	Entity    string          `json:"entity,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
	Changed   []string        `json:"changed"`
}

// recorded serves GET /v1/requests/{id}: the response as it was, with the record of it.
func (h *Handler) recorded(w http.ResponseWriter, r *http.Request, id string) {
	if fail := CheckID(id); fail != nil {
		writeProblem(w, fail, "")
		return
	}
	rec, err := h.exec.Recorded(r.Context(), id)
	if err != nil {
		writeProblem(w, asError(err), id)
		return
	}
	shown := &history{rec.Position, rec.Time, rec.Method, rec.Entity, rec.Arguments, append([]string{}, rec.Changed...)}
	if rec.Err != nil {
		p := problemOf(rec.Err)
		p.ID, p.Record = rec.ID, shown
		p.write(w)
		return
	}
	writeJSON(w, struct {
		ID     string          `json:"id"`
		Result json.RawMessage `json:"result"`
		Record *history        `json:"record"`
	}{rec.ID, rec.Result, shown})
}
