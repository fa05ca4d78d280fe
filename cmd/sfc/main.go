// This file is the program's entry: the verbs, and what becomes of their errors.

// Command sfc compiles stateful entities, plain Go structs whose methods call methods of other entities, into stateful
// dataflows, and runs them.
//
// Results go to stdout, talk to stderr. The exit code is 0 if all is fine, 1 if the program (or an answer) has
// problems, 2 for wrong usage.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/diag"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs one command line and gives the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "sfc: a bug in sfc: %v (SF9001)\n%s", p, debug.Stack())
			code = 1
		}
	}()
	app := newApp(stdin, stdout, stderr)
	ordered, err := order(app, args)
	if err == nil {
		err = app.RunContext(ctx, append([]string{app.Name}, ordered...))
	}
	return report(err, wantsJSON(ordered), stdout, stderr)
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:  "sfc",
		Usage: "compile stateful entities (plain Go structs) into stateful dataflows, and run them",
		Commands: []*cli.Command{
			initCommand(), vetCommand(), testCommand(), compileCommand(), runCommand(), callCommand(), queryCommand(), backupCommand(), restoreCommand(), compatCommand(), graphCommand(),
			benchCommand(), conformanceCommand(), explainCommand(), schemaCommand(), targetsCommand(), completionCommand(), versionCommand(),
		},
		Reader: stdin, Writer: stdout, ErrWriter: stderr,
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return usage("%v", err) },
		Action:         func(c *cli.Context) error { return cli.ShowAppHelp(c) },
		HideVersion:    true,
		// A comma in a flag's value is part of it.
		DisableSliceFlagSeparator: true,
		HideHelpCommand:           true,
	}
	for _, c := range app.Commands {
		c.OnUsageError = app.OnUsageError
		c.HideHelpCommand = true
	}
	return app
}

// usageError is a command line that cannot be understood.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errReported ends a verb with exit code 1 when everything has been said.
var errReported = errors.New("reported")

// report writes an error and gives the exit code.
func report(err error, asJSON bool, stdout, stderr io.Writer) int {
	var wrong *usageError
	var found diag.List
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "sfc: %v\n", wrong)
		return 2
	case errors.As(err, &found):
		writeFindings(found, asJSON, stdout, stderr)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "sfc: interrupted")
	default:
		fmt.Fprintf(stderr, "sfc: %v\n", err)
	}
	return 1
}

// writeFindings writes diagnostics: for people on stderr, for machines on stdout.
func writeFindings(found diag.List, asJSON bool, stdout, stderr io.Writer) {
	to, options := stderr, diag.Options{Format: diag.Plain}
	if f, ok := stderr.(*os.File); ok {
		options = diag.Terminal(f)
	}
	if asJSON {
		to, options = stdout, diag.Options{Format: diag.JSON}
	}
	if dir, err := os.Getwd(); err == nil {
		options.Base = dir
	}
	if err := diag.Write(to, found, options); err != nil {
		fmt.Fprintf(stderr, "sfc: %v\n", err)
	}
}

// writeJSON writes a result for machines.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
