// This file tests that folders go with their processes, and not before.

package scratch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain is also a process that holds a folder until it is killed.
func TestMain(m *testing.M) {
	if in := os.Getenv("SCRATCH_HOLD"); in != "" {
		f, err := New(in, "work-")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(f.Path)
		select {}
	}
	os.Exit(m.Run())
}

// age has a folder be an hour old.
func age(t *testing.T, path string) {
	at := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(path, at, at))
}

func TestFoldersOfKilledProcessesAreRemoved(t *testing.T) {
	in := filepath.Join(t.TempDir(), "a[b]*") // as no pattern
	require.NoError(t, os.Mkdir(in, 0o755))
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "SCRATCH_HOLD="+in)
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	path, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	path = path[:len(path)-1]
	require.DirExists(t, path)
	require.NoError(t, os.WriteFile(filepath.Join(path, "file"), []byte("x"), 0o600))

	age(t, path)
	own, err := New(in, "work-")
	require.NoError(t, err)
	require.DirExists(t, path, "its process lives")
	age(t, own.Path)
	again, err := New(in, "work-")
	require.NoError(t, err)
	require.DirExists(t, own.Path, "a process does not remove its own")
	require.NoError(t, again.Remove())
	require.NoDirExists(t, again.Path)

	require.NoError(t, other.Process.Kill())
	require.Error(t, other.Wait())
	again, err = New(in, "work-")
	require.NoError(t, err)
	require.NoDirExists(t, path)
	require.DirExists(t, own.Path)
	require.NoError(t, again.Remove())
	require.NoError(t, own.Remove())
}

func TestFoldersWithoutALockAreRemovedWhenTheyAreOld(t *testing.T) {
	in := t.TempDir()
	for name, old := range map[string]bool{"work-old": true, "work-new": false, "other-old": true} {
		require.NoError(t, os.Mkdir(filepath.Join(in, name), 0o755))
		if old {
			age(t, filepath.Join(in, name))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(in, "work-file"), nil, 0o600))
	f, err := New(in, "work-")
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(in, "work-old"))
	require.DirExists(t, filepath.Join(in, "work-new"))
	require.DirExists(t, filepath.Join(in, "other-old"))
	require.FileExists(t, filepath.Join(in, "work-file"))
	require.NoError(t, f.Remove())
}
