// This file is the verb run: compile for a target, build, serve.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/backends/native/engine"
	"github.com/stateful-entities/sfc/internal/module"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "run a package (or an IR file) on a target", ArgsUsage: "[package | file.yaml]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "target", Usage: "`name` of the target", Value: defaultTarget, EnvVars: []string{"SFC_TARGET"}},
			&cli.StringFlag{Name: "listen", Usage: "`host:port` to serve on; port 0 picks a free one", Value: "127.0.0.1:8484", EnvVars: []string{"SFC_LISTEN"}},
			&cli.StringFlag{Name: "data", Usage: "`folder` for what outlives the process", EnvVars: []string{"SFC_DATA"}},
			&cli.BoolFlag{Name: "fresh", Usage: "start from nothing: forget what lies in .sfc"},
			&cli.BoolFlag{Name: "watch", Usage: "build and start again when a file changes"},
			&cli.StringFlag{Name: "token-file", Usage: "`file` with the bearer tokens that are let in", EnvVars: []string{"SFC_TOKEN_FILE"}},
			&cli.StringFlag{Name: "tls-cert", Usage: "`file` with the certificate chain to serve HTTPS with, in PEM", EnvVars: []string{"SFC_TLS_CERT"}},
			&cli.StringFlag{Name: "tls-key", Usage: "`file` with the certificate's key, in PEM", EnvVars: []string{"SFC_TLS_KEY"}},
			&cli.BoolFlag{Name: "insecure", Usage: "serve other machines without tokens or HTTPS"},
			&cli.BoolFlag{Name: "chaos", Usage: "for tests: encode, drop and decode everything at each suspension", Hidden: true},
		},
		Action: func(c *cli.Context) error {
			arg, err := onePackage(c)
			if err != nil {
				return err
			}
			if _, _, err := net.SplitHostPort(c.String("listen")); err != nil {
				return usage("--listen: want host:port, got %q", c.String("listen"))
			}
			if c.Bool("fresh") && c.IsSet("data") {
				return usage("--fresh forgets what lies in .sfc; a folder given with --data is yours to empty")
			}
			r := session{c: c, arg: arg, talk: c.App.ErrWriter}
			if c.Bool("watch") {
				return r.watch(c.Context)
			}
			p, err := r.prepare(c.Context)
			if err != nil {
				return err
			}
			return p.serve(c.Context, c.App.Writer, r.talk)
		},
	}
}

// session is one `sfc run`.
type session struct {
	c    *cli.Context
	arg  string
	talk io.Writer
}

// prepared is a program ready to start.
type prepared struct {
	exe  string
	args []string
}

// prepare compiles and builds the program.
func (r *session) prepare(ctx context.Context) (*prepared, error) {
	to, err := target(r.c.String("target"))
	if err != nil {
		return nil, err
	}
	s, err := load(r.arg, func(s *source) (earlier, error) {
		return earlierIn(s.bundleDir(to), to.Features().Has(backends.Durable) && !r.c.Bool("fresh"))
	})
	if err != nil {
		return nil, err
	}
	if len(s.warnings) > 0 {
		writeFindings(s.warnings, false, r.c.App.Writer, r.talk)
	}
	exe, err := s.build(ctx, to, r.talk)
	if err != nil {
		return nil, err
	}
	p := &prepared{exe: exe, args: []string{"--listen", r.c.String("listen")}}
	data := filepath.Join(s.work(), s.name(), "data", to.Name())
	if r.c.IsSet("data") {
		data = r.c.String("data")
	}
	if r.c.IsSet("data") || to.Features().Has(backends.Durable) {
		p.args = append(p.args, "--data", data)
	}
	if r.c.Bool("fresh") {
		if err := forget(to, data); err != nil {
			return nil, err
		}
	}
	for _, flag := range []string{"insecure", "chaos"} {
		if r.c.Bool(flag) {
			p.args = append(p.args, "--"+flag)
		}
	}
	for _, flag := range []string{"token-file", "tls-cert", "tls-key"} {
		if file := r.c.String(flag); file != "" {
			p.args = append(p.args, "--"+flag, file)
		}
	}
	return p, nil
}

// forget removes a data folder, unless a program runs on it.
func forget(to backends.Backend, data string) error {
	if to.Name() == nativeTarget {
		return engine.Remove(data)
	}
	return os.RemoveAll(data)
}

// stopTime is how long a program may take to stop.
const stopTime = 20 * time.Second

// serve runs the program until it ends by itself, or ctx ends and it is told to stop.
func (p *prepared) serve(ctx context.Context, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, p.exe, p.args...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	err := cmd.Run()
	var exit *exec.ExitError
	exited := errors.As(err, &exit)
	switch {
	case err == nil, ctx.Err() != nil && !exited:
		return nil
	case exited && exit.ExitCode() > 0:
		return errReported // it has said why
	}
	return fmt.Errorf("the program ended: %w", err)
}

// pollEvery is how often the files are looked at.
const pollEvery = 300 * time.Millisecond

// watch runs the program, and again whenever a file of the module changes. A program that is refused leaves the one
// before running.
func (r *session) watch(ctx context.Context) error {
	dir, err := r.watched()
	if err != nil {
		return err
	}
	stop := func() error { return nil }
	for seen := ""; ; {
		if now := module.Changed(dir); now != seen {
			seen = now
			p, err := r.prepare(ctx)
			if ctx.Err() != nil {
				return stop()
			}
			if err != nil {
				report(err, false, r.c.App.Writer, r.talk)
				fmt.Fprintln(r.talk, "sfc: waiting for a change")
			} else {
				if err := stop(); err != nil {
					report(err, false, r.c.App.Writer, r.talk)
				}
				stop = r.start(ctx, p)
			}
		}
		select {
		case <-ctx.Done():
			return stop()
		case <-time.After(pollEvery):
		}
	}
}

// watched gives the folder whose files make the program.
func (r *session) watched() (string, error) {
	dir := r.arg
	if isIRFile(dir) {
		return filepath.Dir(dir), nil
	}
	if !isFolder(dir) {
		dir = "."
	}
	m, err := module.Find(dir)
	if err != nil {
		return "", err
	}
	return m.Dir, nil
}

// start runs a program beside; the function it gives stops it and waits for its end.
func (r *session) start(ctx context.Context, p *prepared) (stop func() error) {
	inner, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		err := p.serve(inner, r.c.App.Writer, r.talk)
		if err != nil && inner.Err() == nil {
			fmt.Fprintln(r.talk, "sfc: the program has ended; waiting for a change")
		}
		ended <- err
	}()
	return func() error {
		cancel()
		return <-ended
	}
}
