// This file tests that damage is found in a folder that no engine has open, and nothing else is taken for damage.

package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// counters makes 200 counters and bumps each, in tables and in the log.
func counters(t *testing.T, e *Engine) {
	for i := range 200 {
		require.Equal(t, strconv.Itoa(i), call(t, e, fmt.Sprint("made-", i), "NewCounter", "", fmt.Sprintf("[%d]", i)))
	}
	require.NoError(t, e.db.Flush())
	for i := range 200 {
		require.Equal(t, "1", call(t, e, fmt.Sprint("bump-", i), "Counter.Bump", strconv.Itoa(i), ``))
	}
}

func check(dir string) (found *Contents, err error) {
	err = Check(dir, nil, func(c *Contents) error { found = c; return nil })
	return found, err
}

// texts reads all files below a folder.
func texts(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

func TestCheckReadsWholeFolders(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir, Options{})
	counters(t, e)
	_, err := check(dir)
	require.ErrorContains(t, err, "in use by another process or engine")
	killed := filepath.Join(t.TempDir(), "killed") // as a killed process leaves it: all replies were on disk
	require.NoError(t, os.CopyFS(killed, os.DirFS(dir)))
	require.NoError(t, os.WriteFile(filepath.Join(killed, folder, "999999.sst"), []byte("half a table"), 0o600))
	require.NoError(t, e.Close())

	for _, folder := range []string{dir, killed} {
		before := texts(t, folder)
		found, err := check(folder)
		require.NoError(t, err)
		require.Equal(t, &Contents{Program: e.program.ID, Version: e.program.Version, Position: 400, Entities: 200}, found)
		require.Equal(t, before, texts(t, folder), "nothing is changed")
		require.ErrorContains(t, Check(folder, nil, func(*Contents) error {
			_, err := Open(folder, e.program, nil, Options{})
			return err
		}), "in use")
	}
	_, err = check(t.TempDir())
	require.ErrorContains(t, err, "it holds no database")
}

// TestCheckFindsFlippedBits: a folder that passes is one of which the engine can read all.
func TestCheckFindsFlippedBits(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir, Options{})
	counters(t, e)
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, e.Backup(copied))
	require.NoError(t, e.Close())
	files, err := os.ReadDir(filepath.Join(copied, folder))
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(3, 4))
	found := map[string]int{}
	for _, f := range files {
		path := filepath.Join(copied, folder, f.Name())
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		for range min(12, len(whole)) {
			bit := rng.IntN(8 * len(whole))
			hurt := append([]byte(nil), whole...)
			hurt[bit/8] ^= 1 << (bit % 8)
			require.NoError(t, os.WriteFile(path, hurt, 0o600))
			if _, err := check(copied); err != nil {
				require.ErrorContains(t, err, "damaged", "%s, bit %d", f.Name(), bit)
				require.ErrorContains(t, err, "restore the data folder from a backup")
				found[kindOf(f.Name())]++
				continue
			}
			outer := filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.CopyFS(outer, os.DirFS(copied)))
			require.Empty(t, readAll(t, outer), "%s, bit %d passes", f.Name(), bit)
		}
		require.NoError(t, os.WriteFile(path, whole, 0o600))
	}
	t.Logf("found by kind of file: %v", found)
	require.Equal(t, 12, found[".list"])
	require.NotZero(t, found[".log"])
	require.NotZero(t, found[".sst"])

	_, err = check(copied)
	require.NoError(t, err)
	for _, f := range files { // files that are gone
		if kindOf(f.Name()) != ".sst" && kindOf(f.Name()) != ".list" {
			continue
		}
		path := filepath.Join(copied, folder, f.Name())
		require.NoError(t, os.Rename(path, path+".gone"))
		_, err := check(copied)
		require.ErrorContains(t, err, strings.TrimSuffix(f.Name(), ".sst"))
		require.ErrorContains(t, err, "missing")
		require.NoError(t, os.Rename(path+".gone", path))
	}
}
