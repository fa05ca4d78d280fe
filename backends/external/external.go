// This file defines the protocol between sfc and a backend that is an executable of its own.

// Package external lets backends live outside of sfc: a target NAME that sfc itself does not have is the executable
// sfc-backend-NAME on the path. It is run once for each question, with a word as its argument, and answers in JSON on
// its standard output. What it says on standard error is shown if it fails, which it says by its exit code.
//
//	sfc-backend-NAME describe
//	→ {"protocol": "sfc-backend/v1", "name": NAME, "doc": …, "features": […], "options": […]}
//
//	sfc-backend-NAME lower        with a request on standard input:
//	← {"protocol": "sfc-backend/v1", "program": {the IR, verified and complete}, "tool": "sfc v1.2.3",
//	   "limits": {"steps": …, "depth": …, "bytes": …, "invocations": …, "entities": …, "state": …, "message": …},
//	   "options": {those of sfc.yaml}, "module": "sfc.bundle", "goMod": …, "goSum": …, "library": ""}
//	→ {"protocol": "sfc-backend/v1", "files": {"main.go": "package main…"}, "binary": {"logo.png": base64}}
//	→ {"protocol": "sfc-backend/v1", "problems": [{"message": …, "file": …, "line": 0, "col": 0, "help": […]}]}
//
// The fields mean what those of [backends.Backend] and [backends.Options] mean. The files are those of a bundle: a Go
// module whose program takes the flags of every bundle and serves the HTTP API (package backends/gateway does both); a
// bundle that is no Go module can be written by sfc compile, but sfc cannot build it. Unknown fields are to be ignored;
// a change of what is there gets another version. Lowering is pure, so sfc may ask as often as it likes.
//
// A backend that is written in Go is a [backends.Backend] and a call of [Main]; docs/backends.md shows one.
package external

import (
	"encoding/json"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/runner"
)

// Protocol is the protocol's name and version.
const Protocol = "sfc-backend/v1"

// Prefix stands before the target's name in the name of its executable.
const Prefix = "sfc-backend-"

// description is the answer to describe.
type description struct {
	Protocol string            `json:"protocol"`
	Name     string            `json:"name"`
	Doc      string            `json:"doc"`
	Features backends.Features `json:"features"`
	Options  []string          `json:"options"`
}

// request is what lower is asked.
type request struct {
	Protocol string            `json:"protocol"`
	Program  json.RawMessage   `json:"program"`
	Tool     string            `json:"tool"`
	Limits   limits            `json:"limits"`
	Options  map[string]string `json:"options"`
	Module   string            `json:"module"`
	GoMod    string            `json:"goMod"`
	GoSum    string            `json:"goSum"`
	Library  string            `json:"library"`
}

// limits are runner.Limits with names.
type limits struct {
	Steps       int64 `json:"steps"`
	Depth       int   `json:"depth"`
	Bytes       int64 `json:"bytes"`
	Invocations int   `json:"invocations"`
	Entities    int   `json:"entities"`
	State       int   `json:"state"`
	Message     int   `json:"message"`
}

// Conversion compiles only while the fields are the same.
var _ = runner.Limits(limits{})

// answer is what lower gives: files, or problems.
type answer struct {
	Protocol string            `json:"protocol"`
	Files    map[string]string `json:"files,omitempty"`
	Binary   map[string][]byte `json:"binary,omitempty"` // files that are no UTF-8
	Problems []Problem         `json:"problems,omitempty"`
}

// A Problem is why a target cannot lower a program. A backend's Lower returns [Problems] to have them shown as the
// findings of the compiler are, at their places.
type Problem struct {
	Message string   `json:"message"`        // lower case, no full stop, names the thing
	File    string   `json:"file,omitempty"` // of the user's source, as the IR names it
	Line    int      `json:"line,omitempty"`
	Col     int      `json:"col,omitempty"`
	Help    []string `json:"help,omitempty"` // what to write instead, one proposal an element
}

// Problems is an error of Lower: each is the program's.
type Problems []Problem

func (ps Problems) Error() string {
	text := ""
	for i, p := range ps {
		if i > 0 {
			text += "\n"
		}
		text += p.Message
	}
	return text
}
