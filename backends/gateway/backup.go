// This file serves backups of what an executor keeps.

package gateway

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/stateful-entities/sfc/internal/backup"
)

// Backuper is an executor that can copy what it keeps, as it is at one moment, while it goes on.
type Backuper interface {
	// Backup writes a copy of the data folder to a folder that is not there yet.
	Backup(dir string) error
}

// HeaderSize of a backup is the length of its files, in bytes.
const HeaderSize = "Sfc-Backup-Size"

// halfBackup begins the names of the folders, below the data folder, that backups are copied to: on the same disk, files
// are linked and not copied.
const halfBackup = "backup-"

// removeHalfBackups removes what a process that was killed has left.
func removeHalfBackups(data string) error {
	left, err := filepath.Glob(filepath.Join(data, halfBackup+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// backup serves GET /backup: a tar stream. One is made at a time.
func (h *Handler) backup(w http.ResponseWriter, _ *http.Request) {
	from, ok := h.exec.(Backuper)
	if !ok {
		writeProblem(w, Errorf("Unimplemented", "this target keeps nothing that could be backed up"), "")
		return
	}
	if !h.backing.TryLock() {
		writeProblem(w, Errorf("Overloaded", "another backup is being made"), "")
		return
	}
	defer h.backing.Unlock()
	dir, err := os.MkdirTemp(h.data, halfBackup)
	if err != nil {
		writeProblem(w, Errorf("Unavailable", "backup: %v", err), "")
		return
	}
	defer os.RemoveAll(dir)
	dir = filepath.Join(dir, "copy")
	list, err := h.copyTo(dir, from)
	if err != nil {
		writeProblem(w, Errorf("Unavailable", "backup: %v", err), "")
		return
	}
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set(HeaderSize, strconv.FormatInt(list.Size(), 10))
	if err := list.Write(w, dir); err != nil {
		panic(http.ErrAbortHandler) // the client must see that the stream is not whole
	}
}

func (h *Handler) copyTo(dir string, from Backuper) (*backup.List, error) {
	if err := from.Backup(dir); err != nil {
		return nil, err
	}
	return backup.Of(dir, h.program.ID, h.program.Version, h.target)
}
