// This file has the faults of the file.

package broken

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

func fileFaults() []Fault {
	return []Fault{
		{Name: "answers_before_durable", Says: "answers come up to a fifth of a second before what they say is kept", file: keptLate},
	}
}

// keptLate gives a file that is a copy, and copies it back from time to time: what lies in the given file is what was
// kept.
func keptLate(path string) (string, error) {
	live := path + ".live"
	if err := replace(live, path); errors.Is(err, fs.ErrNotExist) {
		if err := os.RemoveAll(live); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	go func() {
		for range time.Tick(200 * time.Millisecond) {
			replace(path, live) // the last try decides what is kept
		}
	}()
	return live, nil
}

// replace makes a file the copy of another.
func replace(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}
