// This file defines the form of backups: a tar stream that begins with a list of its files.

// Package backup writes a copy of a data folder as a tar stream, and makes a data folder of such a stream.
package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stateful-entities/sfc/internal/scratch"
)

// format is the version of the form.
const format = "sfc-backup/v2"

// listName is the stream's first entry: the list in JSON.
const listName = "backup.json"

// List says what a backup holds.
type List struct {
	Format  string `json:"format"`
	Program string `json:"program"` // its id
	Version int    `json:"version"`
	Target  string `json:"target"`
	Files   []File `json:"files"`
}

// File is one file of a data folder.
type File struct {
	Name string `json:"name"` // below the folder, with slashes
	Size int64  `json:"size"` // in bytes
	Sum  string `json:"sum"`  // SHA-256, in hexadecimal
}

// Size is the length of all files, in bytes.
func (l *List) Size() int64 {
	var size int64
	for _, f := range l.Files {
		size += f.Size
	}
	return size
}

// Of lists the files of a folder that nobody writes to, with their checksums: all of them, or those in some folders below.
func Of(dir, program string, version int, target string, below ...string) (*List, error) {
	l := &List{Format: format, Program: program, Version: version, Target: target}
	if len(below) == 0 {
		below = []string{"."}
	}
	for _, name := range below {
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			f, err := fileOf(dir, path)
			l.Files = append(l.Files, f)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// fileOf describes a file below a folder.
func fileOf(dir, path string) (File, error) {
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return File{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	return File{filepath.ToSlash(name), size, hex.EncodeToString(sum.Sum(nil))}, err
}

// Write writes the list and the files of a folder as a tar stream.
func (l *List) Write(to io.Writer, dir string) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	t := tar.NewWriter(to)
	if err := t.WriteHeader(header(listName, int64(len(text)))); err != nil {
		return err
	}
	if _, err := t.Write(text); err != nil {
		return err
	}
	for _, f := range l.Files {
		if err := writeFile(t, dir, f); err != nil {
			return err
		}
	}
	return t.Close()
}

func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600}
}

func writeFile(t *tar.Writer, dir string, f File) error {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Name)))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := t.WriteHeader(header(f.Name, f.Size)); err != nil {
		return err
	}
	_, err = io.Copy(t, file)
	return err
}

// maxList bounds the list, in bytes.
const maxList = 64 << 20

// Restore makes a data folder of a stream: all of it, synced to disk, or nothing. The folder must be new or empty.
// seen is told of the list before the files are read. check is given a folder of all files, each of which has its
// checksum, before it is put in place; it may add to the folder. An error of either ends the restoring.
func Restore(from io.Reader, dir string, seen func(*List), check func(folder string, l *List) error) error {
	if err := isFree(dir); err != nil {
		return err
	}
	t := tar.NewReader(from)
	l, err := readList(t)
	if err != nil {
		return err
	}
	seen(l)
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	// Beside the folder, so that it can be put in place by renaming. One that a killed process has left is removed.
	half, err := scratch.New(filepath.Dir(dir), "."+filepath.Base(dir)+"-restoring-")
	if err != nil {
		return err
	}
	whole := filepath.Join(half.Path, "data")
	if err = os.Mkdir(whole, 0o755); err == nil {
		err = l.read(t, whole)
	}
	if err == nil {
		err = check(whole, l)
	}
	if err == nil {
		err = putInPlace(whole, dir)
	}
	return errors.Join(err, half.Remove())
}

// isFree says whether a folder may be made, or filled.
func isFree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("the folder %q is not empty: a backup is restored to a new one", dir)
}

func readList(t *tar.Reader) (*List, error) {
	h, err := t.Next()
	if err != nil || h.Name != listName || h.Size > maxList {
		return nil, fmt.Errorf("this is no backup of sfc, or a damaged one: it does not begin with %s", listName)
	}
	l := &List{}
	if err := json.NewDecoder(t).Decode(l); err != nil {
		return nil, damaged("its list cannot be read: %v", err)
	}
	if l.Format != format {
		return nil, fmt.Errorf("the backup has format %q; this sfc knows %q", l.Format, format)
	}
	return l, nil
}

// read reads the files that the list names, in its order, each with its length.
func (l *List) read(t *tar.Reader, dir string) error {
	folders := map[string]bool{dir: true}
	for _, f := range l.Files {
		h, err := t.Next()
		if err != nil {
			return damaged("file %q is not where its list says: %v", f.Name, err)
		}
		if h.Name != f.Name || h.Size != f.Size || h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
			return damaged("it has %q with %d bytes where its list has %q with %d", h.Name, h.Size, f.Name, f.Size)
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		for above := filepath.Dir(path); !folders[above]; above = filepath.Dir(above) {
			folders[above] = true
		}
		sum, err := readFile(t, path)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return damaged("it ends in file %q", f.Name)
		}
		if err != nil {
			return fmt.Errorf("file %q: %w", f.Name, err)
		}
		if sum != f.Sum {
			return damaged("file %q has not the checksum that its list says", f.Name)
		}
	}
	for folder := range folders {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// damaged is a backup that is not what was written.
func damaged(format string, args ...any) error {
	return fmt.Errorf("the backup is damaged: "+format+": take another copy of it, or another backup", args...)
}

// readFile writes a file, synced, and gives its checksum.
func readFile(from io.Reader, path string) (sum string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, hash), from)
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, file.Sync(), file.Close())
}

// putInPlace renames a folder to another, which may be there if it is empty.
func putInPlace(from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
