// This file tells people how far it is.

package bench

import (
	"fmt"
	"io"

	shared "github.com/stateful-entities/sfc/internal/progress"
)

// progress writes what is being done, between measurements: on a terminal over what it wrote before, elsewhere line by
// line. Package internal/progress would write from a goroutine of its own, while things are measured.
type progress struct {
	to       io.Writer
	terminal bool
	open     bool // the line on the terminal has no end yet
}

func newProgress(to io.Writer) *progress {
	return &progress{to: to, terminal: shared.IsTerminal(to)}
}

func (p *progress) say(format string, args ...any) {
	text := "bench: " + fmt.Sprintf(format, args...)
	if p.terminal {
		fmt.Fprintf(p.to, "\r\x1b[K%s", text)
		p.open = true
		return
	}
	fmt.Fprintln(p.to, text)
}

// end leaves the terminal with an empty line.
func (p *progress) end() {
	if p.open {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}
