// This file runs an executable for one question.

package external

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// A question bounds what an executable may take for one.
type question struct {
	word     string
	patience time.Duration
	longest  int // of its output, in bytes
}

var (
	describe = question{"describe", 10 * time.Second, 1 << 20}
	lower    = question{"lower", 2 * time.Minute, 256 << 20}
)

// ask runs an executable and reads its answer into out.
func (q question) ask(path string, in []byte, out any) error {
	ctx, cancel := context.WithTimeout(context.Background(), q.patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, q.word)
	cmd.WaitDelay = time.Second // what it has started may keep its output open
	stdout, stderr := &bounded{longest: q.longest}, &tail{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), stdout, stderr
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("`%s %s` gave no answer in %v%s", path, q.word, q.patience, said(stderr))
	case stdout.full:
		return fmt.Errorf("`%s %s` answers with more than %d bytes", path, q.word, q.longest)
	case err != nil:
		return fmt.Errorf("`%s %s`: %w%s", path, q.word, err, said(stderr))
	}
	if err := json.Unmarshal(stdout.text.Bytes(), out); err != nil {
		return fmt.Errorf("`%s %s` does not answer in JSON of the protocol %s: %w: %.200q", path, q.word, Protocol, err, stdout.text.Bytes())
	}
	return nil
}

// said gives the last of what an executable says to people.
func said(stderr *tail) string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(stderr.text), ""))
	if text == "" {
		return ""
	}
	return "\n" + text
}

// spoken checks the protocol of an answer.
func spoken(path, protocol string) error {
	if protocol == Protocol {
		return nil
	}
	return fmt.Errorf("%s speaks %q, this sfc speaks %q", path, protocol, Protocol)
}

// bounded keeps what is written to it, up to a bound; then it breaks the pipe.
type bounded struct {
	text    bytes.Buffer
	longest int
	full    bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.full = b.full || b.text.Len()+len(p) > b.longest; b.full {
		return 0, errors.New("too long")
	}
	return b.text.Write(p)
}

// maxSaid is how much of its words is shown, in bytes.
const maxSaid = 4 << 10

// tail keeps the last of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-maxSaid):]
	return len(p), nil
}
