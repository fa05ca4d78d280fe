// This file talks to the executables of the oracle and of the generated programs.

package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/conformance/driver"
	"github.com/stateful-entities/sfc/internal/calls"
)

// A line is one request to either executable; each ignores the fields of the other.
type line struct {
	driver.Request
	On bool `json:"on"` // oracle, copy: copy at all crossings
}

// An answer is one line of output of either.
type answer struct {
	driver.Answer
	Functions map[string][]parameter `json:"functions"` // oracle, describe
}

// A parameter is described by the oracle: text says that its JSON is a string.
type parameter struct {
	Name string
	Text bool
}

// A process is a running executable. One that dies, or is stopped because an answer does not come, is started again for
// the next request: one bad program must not hide what the others do.
type process struct {
	path string
	cmd  *exec.Cmd // nil if it is not running
	in   io.WriteCloser
	out  *bufio.Reader
	err  *bytes.Buffer
}

// patience is how long an answer may take before the executable is given up.
const patience = 30 * time.Second

func startProcess(t testing.TB, path string) *process {
	p := &process{path: path}
	t.Cleanup(p.stop)
	return p
}

func (p *process) start() (err error) {
	p.cmd, p.err = exec.Command(p.path), &bytes.Buffer{}
	p.cmd.Stderr = p.err
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	return p.cmd.Start()
}

func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.in.Close()
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // it is judged by its answers
	p.cmd = nil
}

// ask puts one request. An executable that ends instead of answering fails the test with what it said.
func (p *process) ask(t testing.TB, l line) answer {
	if p.cmd == nil {
		require.NoError(t, p.start())
	}
	running := p.cmd.Process
	late := time.AfterFunc(patience, func() { _ = running.Kill() })
	defer late.Stop()
	text, err := json.Marshal(l)
	require.NoError(t, err)
	_, err = p.in.Write(append(text, '\n'))
	var reply []byte
	if err == nil {
		reply, err = p.out.ReadBytes('\n')
	}
	if err != nil {
		p.stop()
		t.Fatalf("no answer to %s: %v\n%.3000s", text, err, p.err)
	}
	var a answer
	require.NoError(t, json.Unmarshal(reply, &a), "%s", reply)
	return a
}

// call makes a request of a script's line. Bare words are read by the parameters' types.
func call(program string, n int, r *calls.Request, functions map[string][]parameter) line {
	l := line{Request: driver.Request{
		Op: "call", Program: program, Function: r.Name, Key: r.Key, ID: r.ID,
		Time: time.Date(2026, 1, 2, 3, 4, 5+n, 678_000_000, time.UTC),
	}}
	if r.Type != "" {
		l.Function = r.Type + "." + r.Name
	}
	if l.ID == "" {
		l.ID = program + "#" + string(rune('a'+n%26)) + r.Name
	}
	params := functions[l.Function]
	for i, w := range r.Args {
		text := i < len(params) && params[i].Text
		l.Args = append(l.Args, word(w, text))
	}
	return l
}

func word(w calls.Word, text bool) json.RawMessage {
	if !w.Bare || w.Text == "null" || !text && json.Valid([]byte(w.Text)) {
		return json.RawMessage(w.Text)
	}
	quoted, _ := json.Marshal(w.Text) // a string always has a JSON form
	return quoted
}
