// This file shows how far long work is: a live line on a terminal, plain lines now and then elsewhere.

// Package progress shows how far long work is. It writes for people, to the stream for talk (stderr).
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
	"unicode/utf8"
)

// Unit writes an amount of work: "12 rounds", "3.5 MiB".
type Unit func(n int64) string

// Bytes writes an amount of data.
func Bytes(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// Count writes a number of things, named in the plural.
func Count(things string) Unit {
	return func(n int64) string { return fmt.Sprintf("%d %s", n, things) }
}

// How often something is shown.
const (
	liveEvery  = 100 * time.Millisecond
	plainEvery = 10 * time.Second
)

// Work is long work under way. All methods may be called at once.
type Work struct {
	to      io.Writer
	title   string
	unit    Unit
	live    bool
	started time.Time
	stop    chan struct{}
	ended   chan struct{}
	once    sync.Once

	mu          sync.Mutex
	done, total int64
	note        string
}

// Start begins to show work. Elsewhere than on a terminal the title is written at once. A nil unit is for work of
// which nobody knows how far it is.
func Start(to io.Writer, title string, unit Unit) *Work {
	return start(to, title, unit, IsTerminal(to))
}

func start(to io.Writer, title string, unit Unit, live bool) *Work {
	w := &Work{to: to, title: title, unit: unit, live: live, started: time.Now(), stop: make(chan struct{}), ended: make(chan struct{})}
	every := liveEvery
	if !live {
		fmt.Fprintln(to, title)
		every = plainEvery
	}
	go w.show(every)
	return w
}

// IsTerminal says whether a stream is a terminal that can show live lines.
func IsTerminal(to io.Writer) bool {
	f, ok := to.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Total sets how much there is to do; 0 if that is not known.
func (w *Work) Total(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total = n
}

// Add notes that n more have been done.
func (w *Work) Add(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += n
}

// Note sets what is shown behind the amount: what is under way just now.
func (w *Work) Note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note = text
}

// Write counts what is written, so that work on a stream can be shown by a tee.
func (w *Work) Write(p []byte) (int, error) {
	w.Add(int64(len(p)))
	return len(p), nil
}

// Stop ends the showing, and clears the live line: how the work ended is for the caller to say. It may be called twice.
func (w *Work) Stop() {
	w.once.Do(func() {
		close(w.stop)
		<-w.ended
	})
}

func (w *Work) show(every time.Duration) {
	defer close(w.ended)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if w.live {
			fmt.Fprintf(w.to, "\r%s\x1b[K", w.text(time.Since(w.started)))
		}
		select {
		case <-w.stop:
			if w.live {
				fmt.Fprint(w.to, "\r\x1b[K")
			}
			return
		case <-tick.C:
		}
		if !w.live {
			fmt.Fprintln(w.to, w.text(time.Since(w.started)))
		}
	}
}

// width is how long a live line is at most, in characters: one that is broken is not cleared.
const width = 79

// text is the line after some time.
func (w *Work) text(elapsed time.Duration) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	state := ""
	switch {
	case w.unit == nil:
	case w.total > 0:
		state = fmt.Sprintf(": %s of %s (%d%%)", w.unit(w.done), w.unit(w.total), min(100, 100*w.done/w.total))
	default:
		state = ": " + w.unit(w.done)
	}
	if w.note != "" {
		state += ", " + w.note
	}
	state += fmt.Sprintf(", %s", elapsed.Truncate(time.Second))
	if w.live {
		return shorten(w.title, width-utf8.RuneCountInString(state)) + shorten(state, width)
	}
	return w.title + state
}

// shorten cuts a text off at a number of characters.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:max(0, n-1)]) + "…"
}
