// This file lets one process at a time work on a data folder.

package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// lockFolder locks the folder of a database against other processes and engines.
func lockFolder(path string, on vfs.FS) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(path, on)
	switch {
	case err == nil:
		return lock, nil
	case errors.As(err, new(*fs.PathError)): // the lock's file cannot be made
		return nil, fmt.Errorf("it cannot be locked: %w", diskFailure{err})
	}
	return nil, fmt.Errorf("it is in use by another process or engine: %w", err)
}

// Remove removes a data folder and all that is in it. One that an engine has open is refused, and left as it is; one that
// is not there is removed already.
func Remove(dir string) error {
	path := filepath.Join(dir, folder)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(dir)
	}
	lock, err := lockFolder(path, vfs.Default)
	if err != nil {
		return fmt.Errorf("data folder %q: %w", dir, err)
	}
	return errors.Join(os.RemoveAll(dir), lock.Close())
}
