// This file tests that a restored folder is the one that was backed up, or is not there.

package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func write(t *testing.T, dir string, files map[string]string) {
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

func backup(t *testing.T) []byte {
	dir := t.TempDir()
	write(t, dir, map[string]string{"db/000001.log": "log", "db/empty": "", "db/deep/er/x": "deep", "guard": "g"})
	l, err := Of(dir, "example.com/bank", 3, "native")
	require.NoError(t, err)
	require.Equal(t, int64(len("log")+len("deep")+len("g")), l.Size())
	var b bytes.Buffer
	require.NoError(t, l.Write(&b, dir))
	return b.Bytes()
}

func restore(text []byte, dir string) error {
	return Restore(bytes.NewReader(text), dir, func(*List) {}, func(string, *List) error { return nil })
}

func TestRestore(t *testing.T) {
	text := backup(t)
	parent := t.TempDir()
	for _, dir := range []string{filepath.Join(parent, "new", "data"), t.TempDir()} {
		seen := false
		require.NoError(t, Restore(bytes.NewReader(text), dir, func(l *List) {
			require.Equal(t, "example.com/bank", l.Program)
			require.Equal(t, 3, l.Version)
			seen = true
		}, func(whole string, l *List) error {
			require.True(t, seen)
			require.FileExists(t, filepath.Join(whole, "db/deep/er/x"))
			require.NoFileExists(t, filepath.Join(dir, "guard"), "it is checked before it is put in place")
			return nil
		}))
		for name, want := range map[string]string{"db/000001.log": "log", "db/empty": "", "db/deep/er/x": "deep", "guard": "g"} {
			got, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
		require.NoFileExists(t, filepath.Join(dir, listName))
	}
	require.ErrorContains(t, restore(text, filepath.Join(parent, "new")), "is not empty")
}

// TestRefusedFolders: what the check refuses is not there, nor is anything else.
func TestRefusedFolders(t *testing.T) {
	parent := t.TempDir()
	err := Restore(bytes.NewReader(backup(t)), filepath.Join(parent, "data"), func(*List) {}, func(string, *List) error { return errors.New("no good") })
	require.ErrorContains(t, err, "no good")
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestHalfRestoresAreRemoved: what a process that was killed while it restored has left goes with the next restoring.
func TestHalfRestoresAreRemoved(t *testing.T) {
	parent := t.TempDir()
	left := filepath.Join(parent, ".data-restoring-123")
	write(t, left, map[string]string{"data/db/000001.log": "lo"})
	hourAgo := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(left, hourAgo, hourAgo))
	require.NoError(t, restore(backup(t), filepath.Join(parent, "data")))
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, "data", entries[0].Name())
}

// TestFlippedBits: a bit of a file that is not as it was is found, and the file is named.
func TestFlippedBits(t *testing.T) {
	text := backup(t)
	parent := t.TempDir()
	for name, content := range map[string]string{"db/000001.log": "log", "db/deep/er/x": "deep", "guard": "g"} {
		at := bytes.Index(text, append([]byte(content), 0)) // a file begins a block, and zeros fill it
		for at%512 != 0 {
			at += 1 + bytes.Index(text[at+1:], append([]byte(content), 0))
		}
		hurt := bytes.Clone(text)
		hurt[at] ^= 1
		err := restore(hurt, filepath.Join(parent, "data"))
		require.ErrorContains(t, err, `the backup is damaged: file "`+name+`" has not the checksum that its list says: take another copy of it, or another backup`)
		entries, err := os.ReadDir(parent)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
}

// TestSomeFolders: what is beside the folders that are asked for is not in the list.
func TestSomeFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"db/a": "1", "backup-1/db/b": "2", "tokens": "3"})
	l, err := Of(dir, "p", 1, "native", "db")
	require.NoError(t, err)
	require.Equal(t, []File{{Name: "db/a", Size: 1, Sum: "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}}, l.Files)
}

// A stream that was cut anywhere before its last file is whole leaves nothing.
func TestCutStreams(t *testing.T) {
	text := backup(t)
	parent := t.TempDir()
	for n := 0; n <= len(text)-1024-512; n += 128 { // two blocks end a stream; the last file fills one
		require.Error(t, restore(text[:n], filepath.Join(parent, "data")), "cut at %d of %d", n, len(text))
		entries, err := os.ReadDir(parent)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
}

func TestForgedStreams(t *testing.T) {
	forge := func(list string, files ...string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i, text := range append([]string{list}, files...) {
			name := []string{listName, "../evil", "x"}[i]
			require.NoError(t, w.WriteHeader(header(name, int64(len(text)))))
			_, err := w.Write([]byte(text))
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		return b.Bytes()
	}
	parent := t.TempDir()
	for want, text := range map[string][]byte{
		"this is no backup":          []byte("hello"),
		"its list cannot be read":    forge("{"),
		`format "sfc-backup/v9"`:     forge(`{"format":"sfc-backup/v9"}`),
		`has "../evil" with 4 bytes`: forge(`{"format":"sfc-backup/v2","files":[{"name":"../evil","size":4}]}`, "evil"),
		`its list has "db/x" with 4`: forge(`{"format":"sfc-backup/v2","files":[{"name":"db/x","size":4}]}`, "evil"),
		"is not where its list says": forge(`{"format":"sfc-backup/v2","files":[{"name":"db/x","size":4}]}`),
		`knows "sfc-backup/v2"`:      forge(`{"format":"sfc-backup/v1"}`),
	} {
		require.ErrorContains(t, restore(text, filepath.Join(parent, "data")), want)
		require.NoFileExists(t, filepath.Join(parent, "evil"))
	}
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, entries)
}
