// This file is the journal on disk: a line for each request that ran.

package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

// entry is one request that ran.
type entry struct {
	ID        string          `json:"id"`
	Time      time.Time       `json:"time"` // what time.Now meant
	Method    string          `json:"method"`
	Entity    string          `json:"entity,omitempty"` // Type/key
	Key       string          `json:"key,omitempty"`
	Arguments []byte          `json:"arguments"` // the frame as it began, encoded
	Result    json.RawMessage `json:"result,omitempty"`
	Err       *sfc.Error      `json:"error,omitempty"`
	Changes   []change        `json:"changes,omitempty"`

	position uint64 // its place in the order of all, from 1
}

func (e *entry) response() gateway.Response {
	return gateway.Response{ID: e.ID, Result: e.Result, Err: e.Err}
}

// head is the first line: whose journal it is. States and arguments are read as they were written, so it takes the very
// program that wrote them.
type head struct {
	Program string `json:"program"`
	Hash    string `json:"hash"`
}

// file is the journal, open at its end. Each line is a checksum, a blank and JSON.
type file struct {
	*os.File
	broken error // an append failed: what the file ends with is unknown
}

// openFile opens a journal, shows all its entries, and makes one if there is none.
func openFile(path string, p *runner.Program, show func(*entry) error) (*file, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	j := &file{File: f}
	if err = lock(f); err == nil {
		err = j.read(head{p.ID, p.Hash}, show)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("journal %q: %w", path, err), f.Close())
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, errors.Join(d.Sync(), d.Close()) // a new file's name is durable
}

// read reads the file to its end. A last line without a line feed is one whose append the process did not survive: its
// request was not answered, and is dropped. Any other line that is not as it was written is damage.
func (j *file) read(own head, show func(*entry) error) error {
	text, err := os.ReadFile(j.Name())
	if err != nil {
		return err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	if err := j.Truncate(int64(len(whole))); err != nil {
		return err
	}
	if len(whole) == 0 {
		return j.append(own)
	}
	for n, line := range bytes.Split(whole[:len(whole)-1], []byte("\n")) {
		var h head
		var e entry
		to := any(&e)
		if n == 0 {
			to = &h
		}
		err := readLine(line, to)
		if err == nil && n == 0 && h != own {
			err = fmt.Errorf("it holds the requests of program %q (%.8s), not of %q (%.8s)", h.Program, h.Hash, own.Program, own.Hash)
		}
		if err == nil && n > 0 {
			err = show(&e)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return nil
}

func readLine(line []byte, to any) error {
	sum, text, found := bytes.Cut(line, []byte(" "))
	if !found || string(sum) != checksum(text) {
		return errors.New("it is damaged: put back a copy of the file")
	}
	return json.Unmarshal(text, to)
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

// append writes a line, and returns when it is on disk.
func (j *file) append(v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // a result must come back as it was
	if err := encoder.Encode(v); err != nil {
		return err
	}
	line := text.Bytes() // ends in a line feed
	if _, j.broken = fmt.Fprintf(j, "%s %s", checksum(line[:len(line)-1]), line); j.broken == nil {
		j.broken = j.Sync()
	}
	return j.broken
}

func (j *file) close() error { return errors.Join(j.broken, j.Close()) }
