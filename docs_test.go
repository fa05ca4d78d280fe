// This file runs every command that the documents show, and compares what it prints with what they say.

package sfc_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
)

// documents are the files whose ```console blocks are sessions: a line `$ command` and what it prints (stdout and
// stderr). The blocks of one file run in order in one shell's folder. A command that ends in ` &` goes on in the
// background; what it prints up to `listening on` stands below it. `...` alone on a line stands for any lines.
var documents = []string{"README.md", "docs/operations.md", "docs/backends.md"}

func TestDocumentsTellTheTruth(t *testing.T) {
	for _, name := range documents {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			steps := sessions(string(text))
			require.NotEmpty(t, steps)
			s := newSession(t)
			defer s.stop()
			for _, step := range steps {
				s.run(step)
			}
		})
	}
}

// step is one command of a document.
type step struct {
	line    int
	command string
	want    []string
}

func sessions(text string) []step {
	var out []step
	inside := false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case inside && strings.HasPrefix(line, "$ "):
			out = append(out, step{line: i + 1, command: strings.TrimPrefix(line, "$ ")})
		case inside && len(out) > 0:
			out[len(out)-1].want = append(out[len(out)-1].want, line)
		}
	}
	return out
}

// session runs commands on a port of its own: the documents speak of the default one.
type session struct {
	t       *testing.T
	port    string
	env     []string
	servers []*exec.Cmd
}

func newSession(t *testing.T) *session {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return &session{t: t, port: port, env: append(os.Environ(),
		"SFC_LISTEN=127.0.0.1:"+port, "SFC_ENDPOINT=http://127.0.0.1:"+port, "NO_COLOR=1", "TMP_DIR="+t.TempDir())}
}

func (s *session) command(text string) *exec.Cmd {
	c := exec.Command("bash", "-c", strings.ReplaceAll(text, "8484", s.port))
	c.Env = s.env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c
}

func (s *session) run(st step) {
	if text, ok := strings.CutSuffix(st.command, " &"); ok {
		s.start(st, text)
		return
	}
	out, err := s.command(st.command).CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		s.t.Fatalf("line %d: %s: %v", st.line, st.command, err)
	}
	s.compare(st, string(out))
}

// start runs a server until the end of the session; it must come up within two minutes (a cold build).
func (s *session) start(st step, text string) {
	c := s.command(text + " 2>&1")
	pipe, err := c.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, c.Start())
	s.servers = append(s.servers, c)
	seen := make(chan string, 1)
	go func() {
		var b bytes.Buffer
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			fmt.Fprintln(&b, lines.Text())
			if strings.Contains(lines.Text(), "listening on") {
				break
			}
		}
		seen <- b.String()
		for lines := bufio.NewScanner(pipe); lines.Scan(); { // keep the pipe empty
		}
	}()
	select {
	case out := <-seen:
		s.compare(st, out)
	case <-time.After(2 * time.Minute):
		s.t.Fatalf("line %d: %s: does not listen", st.line, st.command)
	}
}

func (s *session) stop() {
	for _, c := range s.servers {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
		_ = c.Wait()
	}
}

// times are what differs from run to run: durations, and go test's note that it ran nothing anew.
var times = regexp.MustCompile(`\b[0-9.]+m?s\b|\(cached\)`)

func (s *session) compare(st step, out string) {
	norm := func(text string) []string {
		text = times.ReplaceAllString(strings.ReplaceAll(text, ":"+s.port, ":8484"), "TIME")
		lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " \t")
		}
		return lines
	}
	want, got := norm(strings.Join(st.want, "\n")), norm(out)
	if !matches(want, got) {
		s.t.Errorf("line %d: $ %s\nthe document says:\n%s\nit prints:\n%s", st.line, st.command, strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}

// matches compares lines; `...` stands for any number of lines.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for i := 0; i <= len(got); i++ {
			if matches(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && want[0] == got[0] && matches(want[1:], got[1:])
}

func TestMatches(t *testing.T) {
	require.True(t, matches([]string{"a", "...", "c"}, []string{"a", "b", "b", "c"}))
	require.True(t, matches([]string{"..."}, nil))
	require.False(t, matches([]string{"a", "..."}, []string{"b"}))
	require.False(t, matches([]string{"a"}, []string{"a", "b"}))
}

// Every Go example in the documents that declares an entity is a program that the compiler accepts.
func TestExamplesInDocumentsCompile(t *testing.T) {
	found := 0
	for _, name := range []string{"docs/effects.md", "docs/language.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			source := block[1]
			if !strings.Contains(source, "//sfc:entity") {
				continue
			}
			found++
			if !strings.Contains(source, "package ") {
				source = "package example\n\n" + source
			}
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(dir+"/go.mod", []byte("module example.com/example\n\ngo 1.26\n"), 0o600))
			require.NoError(t, os.WriteFile(dir+"/example.go", []byte(source), 0o600))
			_, err := frontend.Compile(frontend.Options{Dir: dir, Pattern: "."})
			require.NoError(t, err, "%s:\n%s", name, source)
		}
	}
	require.GreaterOrEqual(t, found, 2)
}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")
