// This file runs the scripts in testdata/script: what people type, and what they see.

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sfc": main})
}

func TestScripts(t *testing.T) {
	checkout, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	// The scripts' home is an empty folder: the Go tool finds its caches by these.
	caches := map[string]string{"GOPROXY": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local", "CHECKOUT": checkout}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		caches[name] = strings.TrimSpace(string(out))
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			for name, value := range caches {
				env.Setenv(name, value)
			}
			env.Values[running] = &served{}
			return setPort(env)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"serve": serve, "shutdown": shutdown, "until": until,
		},
		ContinueOnError:     true,
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// setPort sets PORT to one that was free a moment ago, for scripts whose program starts more than once.
func setPort(env *testscript.Env) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	env.Setenv("PORT", port)
	return errors.Join(err, l.Close())
}

// running is where a script keeps the program that it has started.
type runningKey struct{}

var running runningKey

// served is a program that a script has started.
type served struct {
	cmd            *exec.Cmd
	stdout, stderr *bytes.Buffer
	read           chan struct{}
}

// patience is how long a program may take to build and start, and to stop.
const patience = 3 * time.Minute

// serve starts `sfc args…` beside the script, waits until it listens, and sets SFC_ENDPOINT.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(running).(*served)
	*s = served{cmd: exec.Command("sfc", args...), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, read: make(chan struct{})}
	s.cmd.Dir, s.cmd.Stderr = ts.MkAbs("."), s.stderr
	for _, name := range []string{"PATH", "HOME", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN", "TMPDIR", "SFC_MODULE", "SFC_TARGET"} {
		if value := ts.Getenv(name); value != "" {
			s.cmd.Env = append(s.cmd.Env, name+"="+value)
		}
	}
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	kill := time.AfterFunc(patience, func() { s.cmd.Process.Kill() })
	ts.Defer(func() {
		kill.Stop()
		s.cmd.Process.Kill()
	})
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		s.cmd.Wait()
		ts.Fatalf("sfc %s does not serve: %s", strings.Join(args, " "), s.stderr)
	}
	s.stdout.WriteString(line)
	stdout, read := s.stdout, s.read // a script that has killed the program may start another one
	go func() {
		io.Copy(stdout, lines)
		close(read)
	}()
	ts.Setenv("SFC_ENDPOINT", strings.TrimSpace(strings.TrimPrefix(line, "listening on ")))
}

// shutdown interrupts what serve started, and leaves its output in the files served.out and served.err.
func shutdown(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(running).(*served)
	ts.Check(s.cmd.Process.Signal(os.Interrupt))
	select {
	case <-s.read:
	case <-time.After(patience):
		ts.Fatalf("does not stop: %s", s.stderr)
	}
	if err := s.cmd.Wait(); err != nil {
		ts.Fatalf("stopped with %v: %s", err, s.stderr)
	}
	ts.Check(os.WriteFile(ts.MkAbs("served.out"), s.stdout.Bytes(), 0o644))
	ts.Check(os.WriteFile(ts.MkAbs("served.err"), s.stderr.Bytes(), 0o644))
}

// until runs `TEXT command…` again and again until its standard output contains the text.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until TEXT command…")
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%q did not come: %v", args[0], errors.Join(err))
		}
	}
}
