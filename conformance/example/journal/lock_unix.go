// This file keeps a second process off the journal.

//go:build unix

package journal

import (
	"errors"
	"os"
	"syscall"
)

// lock holds until the file is closed, or the process ends.
func lock(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.New("it is in use by another process")
	}
	return nil
}
