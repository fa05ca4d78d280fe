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
	f      *os.File
	broken error // an append failed: what the file ends with is unknown
}

// openFile opens a journal, shows all its entries, and makes one if there is none.
func openFile(path string, p *runner.Program, show func(*entry) error) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &file{f: f}
	err = lock(f)
	if err == nil {
		err = j.read(head{p.ID, p.Hash}, show)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("journal %q: %w", path, err), f.Close())
	}
	return j, syncFolder(filepath.Dir(path))
}

// read reads the file to its end. A last line without a line feed is one whose append the process did not survive: its
// request was not answered, and is dropped. Any other line that is not as it was written is damage.
func (j *file) read(own head, show func(*entry) error) error {
	info, err := j.f.Stat()
	if err != nil {
		return err
	}
	text := make([]byte, info.Size())
	if _, err := j.f.ReadAt(text, 0); err != nil {
		return err
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	for n, at := 0, 0; at < whole; n++ {
		end := at + bytes.IndexByte(text[at:], '\n')
		if err := readLine(text[at:end], n == 0, own, show); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		at = end + 1
	}
	if err := j.f.Truncate(int64(whole)); err != nil {
		return err
	}
	if _, err := j.f.Seek(int64(whole), 0); err != nil || whole > 0 {
		return err
	}
	return j.append(own)
}

func readLine(line []byte, first bool, own head, show func(*entry) error) error {
	sum, text, found := bytes.Cut(line, []byte(" "))
	if !found || string(sum) != checksum(text) {
		return errors.New("it is damaged: put back a copy of the file")
	}
	if first {
		var h head
		err := json.Unmarshal(text, &h)
		if err == nil && h != own {
			err = fmt.Errorf("it holds the requests of program %q (%.8s), not of %q (%.8s)", h.Program, h.Hash, own.Program, own.Hash)
		}
		return err
	}
	var e entry
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	return show(&e)
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

// append writes a line, and returns when it is on disk.
func (j *file) append(v any) error {
	if j.broken != nil {
		return j.broken
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // a result must come back as it was
	if err := encoder.Encode(v); err != nil {
		return err
	}
	line := text.Bytes() // ends in a line feed
	line = append([]byte(checksum(line[:len(line)-1])+" "), line...)
	if _, j.broken = j.f.Write(line); j.broken == nil {
		j.broken = j.f.Sync()
	}
	return j.broken
}

func (j *file) close() error { return errors.Join(j.broken, j.f.Close()) }

// syncFolder makes a new file's name durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
