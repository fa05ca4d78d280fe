// This file is the verb test: the package's Go tests in a world of entities, and its script of requests.

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/frontend/plain"
	"github.com/stateful-entities/sfc/internal/calls"
)

func testCommand() *cli.Command {
	return &cli.Command{
		Name: "test", Usage: "run a package's Go tests in a world of entities, and its calls.txt on a fresh program", ArgsUsage: "[package]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "only tests that match this `pattern`, as go test"},
			&cli.BoolFlag{Name: "v", Usage: "show each test"},
			&cli.StringFlag{Name: "target", Usage: "`name` of the target that calls.txt is played on", Value: "local", EnvVars: []string{"SFC_TARGET"}},
		},
		Action: func(c *cli.Context) error {
			arg, err := onePackage(c)
			if err != nil {
				return err
			}
			if !isFolder(arg) {
				return usage("test wants the folder of a package, got %q", arg)
			}
			s, err := load(arg, nil) // a refused program is not tested
			if err != nil {
				return err
			}
			goOK, err := goTest(c, arg)
			if err != nil {
				return err
			}
			if c.IsSet("run") { // a choice of Go tests
				return failUnless(goOK)
			}
			callsOK, err := testCalls(c, s, arg)
			if err != nil {
				return err
			}
			return failUnless(goOK && callsOK)
		},
	}
}

func failUnless(ok bool) error {
	if ok {
		return nil
	}
	return errReported
}

// goTest runs `go test` with the oracle's overlay.
func goTest(c *cli.Context, dir string) (ok bool, err error) {
	overlay, remove, err := plain.Overlay(dir, []string{"."})
	if err != nil {
		return false, err
	}
	defer remove()
	args := []string{"test", "-vet=off", "-overlay", overlay} // vet would look for the overlay's folders on disk
	if c.Bool("v") {
		args = append(args, "-v")
	}
	if c.IsSet("run") {
		args = append(args, "-run", c.String("run"))
	}
	cmd := exec.CommandContext(c.Context, "go", append(args, ".")...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, c.App.Writer, c.App.ErrWriter
	err = cmd.Run()
	if _, failed := err.(*exec.ExitError); failed {
		return false, nil
	}
	return err == nil, err
}

// testCalls plays the package's calls.txt, if it has one, on a program started for it.
func testCalls(c *cli.Context, s *source, dir string) (ok bool, err error) {
	file := filepath.Join(dir, "calls.txt")
	if _, err := os.Stat(file); os.IsNotExist(err) {
		return true, nil
	}
	script, err := readScript(file, nil)
	if err != nil {
		return false, err
	}
	to, err := target(c.String("target"))
	if err != nil {
		return false, err
	}
	exe, err := s.build(c.Context, to, c.App.ErrWriter)
	if err != nil {
		return false, err
	}
	args := []string{"--listen", "127.0.0.1:0"}
	if to.Features().Has(backends.Durable) {
		data, err := os.MkdirTemp("", "sfc-test-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(data)
		args = append(args, "--data", data)
	}
	failures, err := playFresh(c.Context, &prepared{exe, args}, script, c.App.ErrWriter)
	if err != nil {
		return false, err
	}
	for _, f := range failures {
		fmt.Fprintln(c.App.Writer, f)
	}
	verdict := "ok  "
	if len(failures) > 0 {
		verdict = "FAIL"
	}
	fmt.Fprintf(c.App.Writer, "%s\t%s\t%d requests on %s\n", verdict, file, len(script), to.Name())
	return len(failures) == 0, nil
}

// playFresh starts a program, plays a script and stops it.
func playFresh(ctx context.Context, p *prepared, script []*calls.Request, stderr io.Writer) (failures []*calls.Failure, err error) {
	ctx, cancel := context.WithCancel(ctx)
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := p.serve(ctx, writer, stderr)
		writer.Close()
		ended <- err
	}()
	defer func() {
		cancel()
		if stopErr := <-ended; err == nil {
			err = stopErr
		}
	}()
	lines := bufio.NewScanner(reader)
	if !lines.Scan() {
		return nil, fmt.Errorf("the program did not start")
	}
	go io.Copy(io.Discard, reader)
	client := &calls.Client{Endpoint: strings.TrimPrefix(lines.Text(), "listening on ")}
	return calls.Run(ctx, script, client.Do, nil)
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
