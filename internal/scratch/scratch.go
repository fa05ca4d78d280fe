// This file makes folders for what a process writes on its way, and removes those of processes that are gone.

// Package scratch makes temporary folders that do not stay behind when a process is killed: the next one removes them.
package scratch

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Folder is a temporary folder. Its process holds a lock on it, as long as it lives.
type Folder struct {
	Path string
	lock *os.File
}

// lockName is the file in a folder that is locked.
const lockName = ".held"

// New makes a folder below another one, with a name that begins with a prefix. Folders of that prefix that no living
// process holds are removed. In "" it is made where the system has temporary files.
func New(in, prefix string) (*Folder, error) {
	if in == "" {
		in = os.TempDir()
	}
	sweep(in, prefix)
	path, err := os.MkdirTemp(in, prefix)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	f := &Folder{path, lock}
	if !hold(lock) {
		return nil, errors.Join(errors.New("a new folder is held by another process"), f.Remove())
	}
	return f, nil
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error { return errors.Join(f.lock.Close(), os.RemoveAll(f.Path)) }

// young is how old a folder is at most that a process may be about to lock.
const young = time.Minute

// sweep removes what is left. What cannot be removed stays: it is not what the caller asks for.
func sweep(in, prefix string) {
	left, err := filepath.Glob(filepath.Join(quote(in), quote(prefix)+"*"))
	if err != nil {
		return
	}
	for _, path := range left {
		if abandoned(path) {
			os.RemoveAll(path)
		}
	}
}

// abandoned says whether no living process holds a folder.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || time.Since(info.ModTime()) < young {
		return false
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0)
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	defer lock.Close()
	return hold(lock)
}

// quote has every character of a path mean itself in a pattern.
func quote(path string) string {
	var b []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' && filepath.Separator != '\\' {
			b = append(b, '\\')
		}
		b = append(b, r)
	}
	return string(b)
}
