// This file reads a whole data folder that no engine has open, to see whether it is what was written.

package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Folder is the part of a data folder that is the engine's; there may be other files beside it.
const Folder = folder

// Contents say what a data folder holds.
type Contents struct {
	Program  string // the id of the program that its states are of
	Version  int    // of the newest one that it was opened with
	Position uint64 // of the newest request
	Entities int
}

// Check reads all of a data folder, changes nothing, and refuses it if anything is not as it was written; the error names
// the file. A folder that an engine has open is refused. then is called before one can open it: it may copy the files.
// read is told of lengths that were read, in bytes; it may be nil.
func Check(dir string, read func(bytes int64), then func(*Contents) error) (err error) {
	path := filepath.Join(filepath.Clean(dir), folder)
	defer func() {
		if err != nil {
			err = fmt.Errorf("data folder %q: %w", dir, err)
		}
	}()
	if _, err := vfs.Default.Stat(path); err != nil {
		return fmt.Errorf("it holds no database: %w", err)
	}
	lock, err := lockFolder(path, vfs.Default)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if read == nil {
		read = func(int64) {}
	}
	c := &checker{path: path, lock: lock, read: read}
	contents, err := c.check()
	if err != nil {
		return err
	}
	return then(contents)
}

// checker reads one folder.
type checker struct {
	path   string
	lock   *pebble.Lock
	read   func(bytes int64)
	damage atomic.Pointer[error] // what the database has said of a file
	log    string                // the write-ahead log that was opened last
}

func (c *checker) check() (*Contents, error) {
	desc, err := pebble.Peek(c.path, vfs.Default)
	if err != nil {
		return nil, err
	}
	if !desc.Exists {
		return nil, fmt.Errorf("%q holds no database", c.path)
	}
	if err := errors.Join(checkGuard(vfs.Default, c.path), checkLogs(vfs.Default, c.path)); err != nil {
		return nil, err
	}
	db, err := pebble.Open(c.path, &pebble.Options{
		FS: c.watched(), Lock: c.lock, ReadOnly: true, Logger: quiet{}, FormatMajorVersion: pebble.FormatNewest,
		EventListener: &pebble.EventListener{DataCorruption: func(i pebble.DataCorruptionInfo) {
			err := damaged(i)
			c.damage.CompareAndSwap(nil, &err)
		}},
	})
	if err != nil {
		return nil, c.explain(err)
	}
	var contents *Contents
	if err = c.tables(db); err == nil {
		contents, err = c.contents(db)
	}
	if err != nil {
		return nil, errors.Join(c.explain(err), db.Close())
	}
	return contents, db.Close()
}

// tables compares each block of the tables with its checksum: those too that reading all keys does not come by. Tables
// that a crash has left, which the database does not know, may have any form.
func (c *checker) tables(db *pebble.DB) error {
	levels, err := db.SSTables()
	if err != nil {
		return err
	}
	for _, level := range levels {
		for _, t := range level {
			path := filepath.Join(c.path, fmt.Sprintf("%06d.sst", uint64(t.BackingSSTNum)))
			if err := c.table(path); err != nil {
				return fmt.Errorf("file %q is damaged (%w): restore the data folder from a backup", path, err)
			}
		}
	}
	return nil
}

func (c *checker) table(path string) (err error) {
	f, err := vfs.Default.Open(path)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	from, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	o := &pebble.Options{Logger: quiet{}}
	o.EnsureDefaults()
	r, err := sstable.NewReader(context.Background(), from, o.MakeReaderOptions())
	if err != nil {
		return errors.Join(err, from.Close())
	}
	err = errors.Join(r.ValidateBlockChecksums(), r.Close())
	c.read(info.Size())
	return err
}

// contents reads all keys. The database compares what it reads with checksums.
func (c *checker) contents(db *pebble.DB) (*Contents, error) {
	program, err := readStored(db, keyProgram)
	if err != nil {
		return nil, err
	}
	if program == nil {
		return nil, errors.New("it holds no program")
	}
	if program.Layout != layoutVersion {
		return nil, fmt.Errorf("its layout is version %d; this engine knows version %d", program.Layout, layoutVersion)
	}
	found := &Contents{Program: program.ID, Version: program.Version}
	if found.Position, err = getNumber(db, keyLast); err != nil {
		return nil, err
	}
	first, err := getNumber(db, keyFirst)
	if err != nil {
		return nil, err
	}
	it, err := db.NewIter(nil)
	if err != nil {
		return nil, err
	}
	next := max(first, 1)
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		var value []byte
		if value, err = it.ValueAndErr(); err != nil {
			break
		}
		switch it.Key()[0] {
		case prefixEntity:
			found.Entities++
		case prefixHistory:
			next, err = followed(next, it.Key(), value)
		}
	}
	if err = errors.Join(err, it.Error(), it.Close()); err != nil {
		return nil, err
	}
	if next != found.Position+1 {
		return nil, fmt.Errorf("its history ends at position %d, not at %d: restore the data folder from a backup", next-1, found.Position)
	}
	return found, nil
}

// followed looks whether an entry of the history is the next one, and gives the position behind it.
func followed(next uint64, key, value []byte) (uint64, error) {
	position, err := parseNumber(key, key[1:])
	if err != nil {
		return 0, err
	}
	if position < next { // it is about to be deleted
		return next, nil
	}
	if position > next {
		return 0, fmt.Errorf("its history has no position %d: restore the data folder from a backup", next)
	}
	_, err = decodeEntry(position, value)
	return next + 1, err
}

// explain adds the file to an error of the database.
func (c *checker) explain(err error) error {
	if said := c.damage.Load(); said != nil {
		return *said
	}
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		return damaged(*info)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("a file is missing (%w): restore the data folder from a backup", err)
	}
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("it is damaged (%w, read from %q or an earlier file): restore the data folder from a backup", err, c.log)
	}
	return err
}

// watched is the file system, which notes the log that is read.
func (c *checker) watched() vfs.FS { return notesLogs{vfs.Default, c} }

type notesLogs struct {
	vfs.FS
	c *checker
}

func (n notesLogs) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	if strings.HasSuffix(name, ".log") {
		n.c.log = name
	}
	return n.FS.Open(name, o...)
}

// quiet is a log of a database that is only read: its errors are returned.
type quiet struct{}

func (quiet) Infof(string, ...any)              {}
func (quiet) Errorf(string, ...any)             {}
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
