// This file watches the operations on a data folder: the first that fails stops the engine.

package engine

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A database retries some of what fails, and lives on with other failures until they matter, or panics. An engine does
// not: a disk that has failed once may have dropped what was written before, and says so once only. So the first
// failure, whatever its operation, is the last thing that is done to the folder. Goroutines that want to change something
// there hang from then on, those that read get the failure; the database cannot go on in ways it was not tested for.

// watchFS is a file system that is watched below one folder. A backup, which is written elsewhere, may fail.
type watchFS struct {
	vfs.FS
	*watch
}

// watch knows whether an operation has failed.
type watch struct {
	dir    string
	failed atomic.Pointer[error]
	tell   func(error)            // of the first failure
	log    atomic.Pointer[string] // the one that was opened last
	last   atomic.Pointer[string] // the file that was opened last
}

// within says whether a file is in the folder.
func (w *watch) within(name string) bool {
	rest, ok := strings.CutPrefix(name, w.dir)
	return ok && (rest == "" || os.IsPathSeparator(rest[0]))
}

// read does an operation on a file that changes nothing.
func (w *watch) read(op, name string, f func() error) error {
	if before := w.failed.Load(); before != nil && w.within(name) {
		return *before
	}
	err := f()
	if err == nil || expected(err) || !w.within(name) {
		return err
	}
	return w.fail(op, name, err)
}

// write does an operation that changes something. In the folder, it does not come back when something has failed.
func (w *watch) write(op, name string, f func() error) error {
	if !w.within(name) {
		return f()
	}
	if w.failed.Load() != nil {
		select {}
	}
	err := f()
	if err == nil || expected(err) {
		return err
	}
	w.fail(op, name, err)
	select {}
}

// fail takes note of the first failure, and gives it.
func (w *watch) fail(op, name string, err error) error {
	if !errors.As(err, new(*fs.PathError)) && !errors.As(err, new(*os.LinkError)) {
		err = &fs.PathError{Op: op, Path: name, Err: err}
	}
	err = diskFailure{err}
	if w.failed.CompareAndSwap(nil, &err) {
		w.tell(err)
	}
	return *w.failed.Load()
}

// expected says whether an error tells about files, not about the disk.
func expected(err error) bool {
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, fs.ErrNotExist, fs.ErrExist, fs.ErrClosed, errors.ErrUnsupported, vfs.ErrUnsupported} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// diskFailure is an error of the disk, with the way out.
type diskFailure struct{ error }

func (f diskFailure) Error() string {
	out := "check the disk, then start again"
	switch {
	case errors.Is(f.error, syscall.ENOSPC), errors.Is(f.error, syscall.EDQUOT):
		out = "make room on the disk, then start again"
	case errors.Is(f.error, fs.ErrPermission), errors.Is(f.error, syscall.EROFS):
		out = "let this user write there, then start again"
	case errors.Is(f.error, syscall.EMFILE), errors.Is(f.error, syscall.ENFILE):
		out = "allow more open files (ulimit -n), then start again"
	}
	return f.error.Error() + ": " + out + "; what was acknowledged is not lost"
}

func (f diskFailure) Unwrap() error { return f.error }

// open does an operation that gives a file, and watches the file.
func (w watchFS) open(do func(string, string, func() error) error, op, name string, f func() (vfs.File, error)) (vfs.File, error) {
	var file vfs.File
	err := do(op, name, func() (err error) { file, err = f(); return err })
	if err != nil || !w.within(name) {
		return file, err
	}
	w.last.Store(&name)
	if strings.HasSuffix(name, ".log") {
		w.log.Store(&name)
	}
	return &watched{File: file, watch: w.watch, name: name}, nil
}

// The methods of vfs.FS that reach the disk.

// Create makes a file.
func (w watchFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return w.open(w.write, "create", name, func() (vfs.File, error) { return w.FS.Create(name, c) })
}

// Link makes a second name.
func (w watchFS) Link(from, to string) error {
	return w.write("link", to, func() error { return w.FS.Link(from, to) })
}

// Open opens a file to read.
func (w watchFS) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	return w.open(w.read, "open", name, func() (vfs.File, error) { return w.FS.Open(name, o...) })
}

// OpenReadWrite opens a file to read and write.
func (w watchFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return w.open(w.write, "open", name, func() (vfs.File, error) { return w.FS.OpenReadWrite(name, c, o...) })
}

// OpenDir opens a folder to sync it.
func (w watchFS) OpenDir(name string) (vfs.File, error) {
	return w.open(w.write, "open", name, func() (vfs.File, error) { return w.FS.OpenDir(name) })
}

// Remove removes a file.
func (w watchFS) Remove(name string) error {
	return w.write("remove", name, func() error { return w.FS.Remove(name) })
}

// RemoveAll removes a folder.
func (w watchFS) RemoveAll(name string) error {
	return w.write("remove", name, func() error { return w.FS.RemoveAll(name) })
}

// Rename renames a file.
func (w watchFS) Rename(from, to string) error {
	return w.write("rename", to, func() error { return w.FS.Rename(from, to) })
}

// ReuseForWrite renames a file, to write it anew.
func (w watchFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return w.open(w.write, "reuse", to, func() (vfs.File, error) { return w.FS.ReuseForWrite(from, to, c) })
}

// MkdirAll makes a folder.
func (w watchFS) MkdirAll(name string, mode os.FileMode) error {
	return w.write("mkdir", name, func() error { return w.FS.MkdirAll(name, mode) })
}

// List lists a folder.
func (w watchFS) List(name string) (names []string, err error) {
	err = w.read("list", name, func() (err error) { names, err = w.FS.List(name); return err })
	return names, err
}

// Stat describes a file.
func (w watchFS) Stat(name string) (info vfs.FileInfo, err error) {
	err = w.read("stat", name, func() (err error) { info, err = w.FS.Stat(name); return err })
	return info, err
}

// Unwrap gives the file system below.
func (w watchFS) Unwrap() vfs.FS { return w.FS }

// watched is an open file of the folder.
type watched struct {
	vfs.File
	*watch
	name string
}

// The methods of vfs.File that reach the disk. Closing does so too, and is no matter: what counts is synced before.

// Read reads.
func (f *watched) Read(p []byte) (n int, err error) {
	err = f.watch.read("read", f.name, func() (err error) { n, err = f.File.Read(p); return err })
	return n, err
}

// ReadAt reads at an offset.
func (f *watched) ReadAt(p []byte, at int64) (n int, err error) {
	err = f.watch.read("read", f.name, func() (err error) { n, err = f.File.ReadAt(p, at); return err })
	return n, err
}

// Write appends.
func (f *watched) Write(p []byte) (n int, err error) {
	err = f.watch.write("write", f.name, func() (err error) { n, err = f.File.Write(p); return err })
	return n, err
}

// WriteAt writes at an offset.
func (f *watched) WriteAt(p []byte, at int64) (n int, err error) {
	err = f.watch.write("write", f.name, func() (err error) { n, err = f.File.WriteAt(p, at); return err })
	return n, err
}

// Preallocate reserves space.
func (f *watched) Preallocate(at, length int64) error {
	return f.watch.write("preallocate", f.name, func() error { return f.File.Preallocate(at, length) })
}

// Sync puts all on disk.
func (f *watched) Sync() error { return f.watch.write("sync", f.name, f.File.Sync) }

// SyncData puts the contents on disk.
func (f *watched) SyncData() error { return f.watch.write("sync", f.name, f.File.SyncData) }

// SyncTo puts a part on disk.
func (f *watched) SyncTo(length int64) (full bool, err error) {
	err = f.watch.write("sync", f.name, func() (err error) { full, err = f.File.SyncTo(length); return err })
	return full, err
}
