// This file is the executable's side, for backends that are written in Go.

package external

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// Main is the whole program sfc-backend-NAME of a backend: it answers the question in the process's arguments and ends
// the process, with 0 if it has answered, 2 for wrong usage, 1 for other problems.
func Main(b backends.Backend) {
	os.Exit(Serve(b, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Serve answers one question and gives the exit code.
func Serve(b backends.Backend, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var out any
	var err error
	switch {
	case len(args) == 1 && args[0] == describe.word:
		out = description{Protocol, b.Name(), b.Doc(), b.Features(), b.Options()}
	case len(args) == 1 && args[0] == lower.word:
		out, err = answerLower(b, stdin)
	default:
		fmt.Fprintf(stderr, "usage: %s%s %s | %s (sfc asks, in the protocol %s)\n", Prefix, b.Name(), describe.word, lower.word, Protocol)
		return 2
	}
	if err == nil {
		err = json.NewEncoder(stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func answerLower(b backends.Backend, stdin io.Reader) (*answer, error) {
	var r request
	if err := json.NewDecoder(stdin).Decode(&r); err != nil {
		return nil, fmt.Errorf("the request on standard input: %w", err)
	}
	if r.Protocol != Protocol {
		return nil, fmt.Errorf("sfc speaks %q, this backend speaks %q", r.Protocol, Protocol)
	}
	p, err := ir.Decode(r.Program, "program")
	if err != nil {
		return nil, fmt.Errorf("the program: %w", err)
	}
	if err := ir.Verify(p); err != nil {
		return nil, fmt.Errorf("the program: %w", err)
	}
	ir.Complete(p)
	bundle, err := b.Lower(p, backends.Options{
		Tool: r.Tool, GoMod: []byte(r.GoMod), GoSum: []byte(r.GoSum), Module: r.Module, Limits: runner.Limits(r.Limits),
		Target: r.Options, Library: r.Library,
	})
	if problems := (Problems)(nil); errors.As(err, &problems) {
		return &answer{Protocol: Protocol, Problems: problems}, nil
	}
	if err != nil {
		return nil, err
	}
	a := &answer{Protocol: Protocol, Files: map[string]string{}, Binary: map[string][]byte{}}
	for name, text := range bundle.Files {
		if utf8.Valid(text) {
			a.Files[name] = string(text)
		} else {
			a.Binary[name] = text
		}
	}
	return a, nil
}
