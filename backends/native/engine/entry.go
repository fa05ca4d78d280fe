// This file defines the entries of the history and their encoding.

package engine

import (
	"bytes"
	"fmt"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

// Entry is one request in the history: every request that ran has one, unless its function is read-only.
type Entry struct {
	Position  uint64    // its place in the order of all, from 1, without gaps
	ID        string    // of the request
	Client    bool      // the id was the client's
	Time      time.Time // what time.Now meant, in UTC
	Function  string    // User.BuyItem
	Key       string    // of the entity; "" for functions and constructors
	Arguments []byte    // the root frame as it began, as the program's codec writes it
	Result    []byte    // JSON; nil if it failed
	Err       *sfc.Error
	Changed   []string // entities written, created or deleted, as Type/key, in the order in which they were touched
}

// response is the entry as its client saw it.
func (x *Entry) response() gateway.Response {
	return gateway.Response{ID: x.ID, Result: x.Result, Err: x.Err}
}

// isFor says whether a request asks for what the entry did. An upgrade that changes how the type of an argument is
// written makes a repetition of an older request another one.
func (x *Entry) isFor(t *task) bool {
	return x.Function == t.Func.Name && x.Key == t.Key && bytes.Equal(x.Arguments, t.arguments)
}

// entryVersion is the form of entries; a newer form has a greater number.
const entryVersion = 1

// encode gives the entry's bytes, without its position: that is the key.
func (x *Entry) encode(p *runner.Program) ([]byte, error) {
	return p.Encode(false, func(e *runner.Enc) {
		e.Uint(entryVersion)
		e.String(x.ID)
		e.Bool(x.Client)
		e.Time(x.Time)
		e.String(x.Function)
		e.String(x.Key)
		e.Bytes(x.Arguments)
		e.Bytes(x.Result)
		if e.Bool(x.Err != nil); x.Err != nil {
			for _, s := range []string{x.Err.Code, x.Err.Message, x.Err.Entity, x.Err.Method, x.Err.At} {
				e.String(s)
			}
		}
		runner.EncList(e, x.Changed, (*runner.Enc).String)
	})
}

// decodeEntry reads what encode wrote.
func decodeEntry(p *runner.Program, position uint64, b []byte) (*Entry, error) {
	x := &Entry{Position: position}
	var version uint64
	err := p.Decode(b, func(d *runner.Dec) {
		version = d.Uint()
		x.ID, x.Client, x.Time = d.String(), d.Bool(), d.Time()
		x.Function, x.Key = d.String(), d.String()
		x.Arguments, x.Result = d.Bytes(), d.Bytes()
		if d.Bool() {
			x.Err = &sfc.Error{Code: d.String(), Message: d.String(), Entity: d.String(), Method: d.String(), At: d.String()}
		}
		x.Changed = runner.DecList(d, (*runner.Dec).String)
	})
	if err == nil && version != entryVersion {
		err = fmt.Errorf("form %d, not %d", version, entryVersion)
	}
	if err != nil {
		return nil, fmt.Errorf("history at position %d: %w", position, err)
	}
	return x, nil
}
