// This file tests that files which are gone, or cut off, are missed.

package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// TestMissingFilesAreMissed takes each file of a data folder away, or a part of it. The engine must refuse the folder and
// say what to do, or have lost nothing. The log of a process that was killed may be cut off: that is what a crash does.
func TestMissingFilesAreMissed(t *testing.T) {
	const requests = 8
	for _, clean := range []bool{true, false} {
		dir := killed(t, requests, 1, true)
		if clean {
			e := open(t, dir, Options{})
			require.NoError(t, e.Close())
		}
		files, err := os.ReadDir(filepath.Join(dir, folder))
		require.NoError(t, err)
		refused := 0
		for _, f := range files {
			for _, part := range []string{"all", "half", "content"} {
				if part != "all" && !clean && strings.HasSuffix(f.Name(), logSuffix) {
					continue
				}
				t.Run(fmt.Sprintf("clean %v, %s of %s", clean, part, f.Name()), func(t *testing.T) {
					hurt := filepath.Join(t.TempDir(), "hurt")
					require.NoError(t, os.CopyFS(hurt, os.DirFS(dir)))
					path := filepath.Join(hurt, folder, f.Name())
					info, err := os.Stat(path)
					require.NoError(t, err)
					switch part {
					case "all":
						err = os.Remove(path)
					case "half":
						err = os.Truncate(path, info.Size()/2)
					default:
						err = os.Truncate(path, 0)
					}
					require.NoError(t, err)
					e, err := Open(hurt, gatewaytest.Program(), gatewaytest.Text(), Options{})
					if err != nil {
						require.ErrorContains(t, err, "restore the data folder from a backup")
						refused++
						return
					}
					last, err := getNumber(e.db, keyLast)
					require.NoError(t, err)
					require.EqualValues(t, requests, last)
					require.NoError(t, e.Close())
				})
			}
		}
		require.NotZero(t, refused)
	}
}
