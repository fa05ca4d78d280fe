// This file tells people how far it is.

package bench

import (
	"fmt"
	"io"
	"os"
)

// progress writes what is being done: on a terminal over what it wrote before, elsewhere line by line.
type progress struct {
	to       io.Writer
	terminal bool
	open     bool // the line on the terminal has no end yet
}

func newProgress(to io.Writer) *progress {
	p := &progress{to: to}
	if f, ok := to.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
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
