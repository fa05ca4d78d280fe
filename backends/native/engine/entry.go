// This file defines the entries of the history and their encoding.

package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
)

// Entry is one request in the history: every request that ran has one, unless its function is read-only.
type Entry struct {
	Position  uint64    // its place in the order of all, from 1, without gaps
	ID        string    // of the request
	Client    bool      // the id was the client's
	Program   int       // which of the programs that the folder was opened with ran it, from 1
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

// isFor says whether a request asks for what the entry did. If the parameters have another form now, its arguments are
// taken to be the same: the id is.
func (x *Entry) isFor(t *task, s *stored) bool {
	return x.Function == t.Func.Name && x.Key == t.Key && (bytes.Equal(x.Arguments, t.arguments) || !s.reads(x))
}

// reads says whether the arguments of an entry have the form that the program gives them.
func (s *stored) reads(x *Entry) bool { return x.Program >= s.Params[x.Function].Since }

// entryVersion is the form of entries; a newer form has a greater number.
const entryVersion = 1

// append writes the entry without its position, which is in the key: the version as a byte, then the fields in order.
// Texts and lists have their length in front, integers are varints (encoding/binary), a failure has a result of none.
func (x *Entry) append(b []byte) []byte {
	b = append(b, entryVersion)
	b = appendText(b, x.ID)
	b = appendBool(b, x.Client)
	b = binary.AppendUvarint(b, uint64(x.Program))
	b = binary.AppendVarint(b, x.Time.Unix())
	b = binary.AppendUvarint(b, uint64(x.Time.Nanosecond()))
	b = appendText(b, x.Function)
	b = appendText(b, x.Key)
	b = appendText(b, x.Arguments)
	b = appendText(b, x.Result)
	if b = appendBool(b, x.Err != nil); x.Err != nil {
		for _, s := range [...]string{x.Err.Code, x.Err.Message, x.Err.Entity, x.Err.Method, x.Err.At} {
			b = appendText(b, s)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(x.Changed)))
	for _, s := range x.Changed {
		b = appendText(b, s)
	}
	return b
}

func appendText[T ~string | ~[]byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// badEntry is an entry, by its position, that is not what its checksum vouches for.
type badEntry uint64

func (p badEntry) Error() string {
	return fmt.Sprintf("the history at position %d has not the form of an entry: was it written by another version of sfc?", uint64(p))
}

// decodeEntry reads what append wrote; b may be changed afterwards.
func decodeEntry(position uint64, b []byte) (*Entry, error) {
	d := &entryReader{b: b}
	x := &Entry{Position: position}
	version := d.byte()
	x.ID, x.Client = string(d.text()), d.byte() == 1
	x.Program = int(d.uvarint())
	x.Time = time.Unix(d.varint(), int64(d.uvarint())).UTC()
	x.Function, x.Key = string(d.text()), string(d.text())
	x.Arguments, x.Result = bytes.Clone(d.text()), bytes.Clone(d.text())
	if d.byte() == 1 {
		x.Err = &sfc.Error{
			Code: string(d.text()), Message: string(d.text()), Entity: string(d.text()), Method: string(d.text()), At: string(d.text()),
		}
		x.Result = nil
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		x.Changed = append(x.Changed, string(d.text()))
	}
	if version != entryVersion || d.bad || len(d.b) > 0 {
		return nil, badEntry(position)
	}
	return x, nil
}

// entryReader reads fields; past the end it gives zeros and is bad.
type entryReader struct {
	b   []byte
	bad bool
}

func (d *entryReader) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *entryReader) varint() int64 {
	v, n := binary.Varint(d.b)
	d.skip(n)
	return v
}

func (d *entryReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.skip(n)
	return v
}

func (d *entryReader) skip(n int) {
	if n <= 0 {
		d.bad, n = true, len(d.b)
	}
	d.b = d.b[n:]
}

func (d *entryReader) text() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}
