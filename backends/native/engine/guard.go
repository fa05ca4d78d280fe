// This file guards the list of the database's files against damage, and its logs against being lost.

package engine

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// The database lists its files in a file called MANIFEST-n. Each of its records has a checksum, but one that does not
// match is taken for the torn end of an interrupted write: a flipped bit would make the database forget, without a word,
// the files that were added since. So beside it stands a file guard-MANIFEST-n with the length and checksum that it had
// when it was last synced. It is written before that sync is reported as done, so that nothing is deleted that an older
// list still needs; a crash between both leaves at most one record behind the guarded part.

//
// The list does not name the logs, so the database misses neither one that is gone nor one that is cut off, and with them
// all that was acknowledged since they were begun. The file guard-logs names them: each from when it is there for certain
// until it is about to be removed, with a length up to which it was synced once (note: about every second). A stop writes
// all that logs hold to tables.

const (
	manifestPrefix = "MANIFEST-"
	logSuffix      = ".log"
	logsGuard      = "guard-logs"
)

// guardName is where the guard of a list is.
func guardName(fs vfs.FS, path string) string {
	return fs.PathJoin(fs.PathDir(path), "guard-"+fs.PathBase(path))
}

// guardFS is a file system that guards what the database writes to it.
type guardFS struct {
	vfs.FS
	*logs
}

// logs are those of one folder.
type logs struct {
	fs  vfs.FS
	dir string

	mu     sync.Mutex
	synced map[string]int64 // by name
}

// guard begins to guard the database in a folder, which may have been there before.
func guard(fs vfs.FS, dir string) (guardFS, error) {
	synced, err := guardedLogs(fs, dir)
	return guardFS{fs, &logs{fs: fs, dir: dir, synced: synced}}, err
}

// guardedLogs gives the logs that there must be, and how long they are at least.
func guardedLogs(fs vfs.FS, dir string) (map[string]int64, error) {
	synced := map[string]int64{}
	path := fs.PathJoin(dir, logsGuard)
	text, err := readFile(fs, path, 1<<20)
	if errors.Is(err, os.ErrNotExist) { // there is none yet
		return synced, nil
	}
	for line := range strings.Lines(string(text)) {
		var name string
		var length int64
		if _, err := fmt.Sscanf(line, "%s %d\n", &name, &length); err != nil {
			return nil, damagedList(path, err)
		}
		synced[name] = length
	}
	return synced, err
}

// isLog says whether a file is a log of the guarded folder: a backup's are not.
func (g guardFS) isLog(name string) bool {
	return strings.HasSuffix(name, logSuffix) && g.PathDir(name) == g.dir
}

// Create makes a file; a list is guarded from its first sync.
func (g guardFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.Create(name, category)
	switch {
	case err != nil:
		return f, err
	case g.isLog(name):
		return &log{File: f, logs: g.logs, name: g.PathBase(name)}, g.begun(name)
	case strings.HasPrefix(g.PathBase(name), manifestPrefix):
		return &guarded{File: f, fs: g.FS, name: name}, nil
	}
	return f, nil
}

// ReuseForWrite makes a log of one that is not needed any more.
func (g guardFS) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := g.done(old); err != nil {
		return nil, err
	}
	f, err := g.FS.ReuseForWrite(old, name, category)
	if err != nil || !g.isLog(name) {
		return f, err
	}
	return &log{File: f, logs: g.logs, name: g.PathBase(name)}, g.begun(name)
}

// Remove removes a file, and its guard.
func (g guardFS) Remove(name string) error {
	switch {
	case g.isLog(name):
		if err := g.done(name); err != nil {
			return err
		}
	case strings.HasPrefix(g.PathBase(name), manifestPrefix):
		if err := g.FS.Remove(guardName(g.FS, name)); err != nil {
			if _, missing := g.FS.Stat(guardName(g.FS, name)); missing == nil {
				return err
			}
		}
	}
	return g.FS.Remove(name)
}

// begun notes a log once it is there, whatever happens.
func (l *logs) begun(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := syncFolder(l.fs, l.dir); err != nil {
		return err
	}
	l.synced[l.fs.PathBase(name)] = 0
	return l.write()
}

// done forgets a log that is about to go.
func (l *logs) done(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.synced[l.fs.PathBase(name)]; !known {
		return nil
	}
	delete(l.synced, l.fs.PathBase(name))
	return l.write()
}

// note notes how far the logs are synced.
func (l *logs) note() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write()
}

func (l *logs) write() error {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l.synced)) {
		fmt.Fprintln(&text, name, l.synced[name])
	}
	return replaceFile(l.fs, l.fs.PathJoin(l.dir, logsGuard), text.String())
}

// log is a log that is being written, from its beginning, by one goroutine.
type log struct {
	vfs.File
	logs    *logs
	name    string
	written int64
}

// Write appends.
func (f *log) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.written += int64(n)
	return n, err
}

// Sync syncs the log.
func (f *log) Sync() error { return f.reached(f.written, f.File.Sync()) }

// SyncData is Sync.
func (f *log) SyncData() error { return f.reached(f.written, f.File.SyncData()) }

func (f *log) reached(length int64, err error) error {
	if err != nil {
		return err
	}
	f.logs.mu.Lock()
	defer f.logs.mu.Unlock()
	if _, known := f.logs.synced[f.name]; known {
		f.logs.synced[f.name] = length
	}
	return nil
}

// Unwrap gives the file system below.
func (g guardFS) Unwrap() vfs.FS { return g.FS }

// guarded is a list that is being written, from its beginning.
type guarded struct {
	vfs.File
	fs     vfs.FS
	name   string
	length int64
	sum    uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Write appends.
func (f *guarded) Write(p []byte) (int, error) {
	sum := crc32.Update(f.sum, castagnoli, p) // before: writing may change p
	n, err := f.File.Write(p)
	if err == nil {
		f.length, f.sum = f.length+int64(n), sum
	}
	return n, err
}

// Sync syncs the list, then its guard.
func (f *guarded) Sync() error { return f.guard(f.File.Sync()) }

// SyncData is Sync.
func (f *guarded) SyncData() error { return f.guard(f.File.SyncData()) }

func (f *guarded) guard(err error) error {
	if err != nil {
		return err
	}
	return replaceFile(f.fs, guardName(f.fs, f.name), fmt.Sprintf("%d %08x\n", f.length, f.sum))
}

// replaceFile writes a file, whole or not at all.
func replaceFile(fs vfs.FS, name, text string) error {
	if err := writeSynced(fs, name+".new", text); err != nil {
		return err
	}
	if err := fs.Rename(name+".new", name); err != nil {
		return err
	}
	return syncFolder(fs, fs.PathDir(name))
}

func writeSynced(fs vfs.FS, name, text string) error {
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncFolder(fs vfs.FS, dir string) error {
	f, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// checkGuard refuses a folder whose list of files is damaged or gone.
func checkGuard(fs vfs.FS, dir string) error {
	desc, err := pebble.Peek(dir, fs)
	if err != nil {
		return err
	}
	if !desc.Exists {
		return checkEmpty(fs, dir)
	}
	path := desc.ManifestFilename
	if filepath.Base(path) == path {
		path = fs.PathJoin(dir, path)
	}
	var length int64
	var sum uint32
	text, err := readFile(fs, guardName(fs, path), 64)
	if err != nil {
		return damagedList(guardName(fs, path), err)
	}
	if _, err := fmt.Sscanf(string(text), "%d %08x\n", &length, &sum); err != nil {
		return damagedList(guardName(fs, path), err)
	}
	list, err := readFile(fs, path, length)
	if err != nil {
		return damagedList(path, err)
	}
	if int64(len(list)) < length || crc32.Checksum(list, castagnoli) != sum {
		return damagedList(path, fmt.Errorf("its first %d bytes do not have the checksum %08x", length, sum))
	}
	return nil
}

func damagedList(path string, why error) error {
	return fmt.Errorf("file %q is damaged or missing: %w: restore the data folder from a backup", path, why)
}

// checkEmpty refuses a folder without a list that has what a list would name.
func checkEmpty(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".sst") {
			return damagedList(fs.PathJoin(dir, manifestPrefix+"*"), fmt.Errorf("there is %q, but no list of files", name))
		}
	}
	return nil
}

// readFile reads up to limit bytes of a file.
func readFile(fs vfs.FS, name string, limit int64) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, limit))
	return b, errors.Join(err, f.Close())
}
