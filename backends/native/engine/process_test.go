// This file tests engines of several processes on one folder.

package engine

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// otherProcess names a folder that this test, run as a process of its own, tries to open.
const otherProcess = "SFC_TEST_OPEN"

func TestSecondProcessIsRefused(t *testing.T) {
	if dir := os.Getenv(otherProcess); dir != "" {
		e, err := Open(dir, gatewaytest.Program(), gatewaytest.Text(), Options{})
		fmt.Printf("opened: %v\n", err)
		if err == nil {
			require.NoError(t, e.Close())
		}
		return
	}
	dir := t.TempDir()
	try := func() string {
		c := exec.Command(os.Args[0], "-test.run=^TestSecondProcessIsRefused$")
		c.Env = append(os.Environ(), otherProcess+"="+dir)
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	e := open(t, dir, Options{})
	require.Equal(t, "1", call(t, e, "", "NewCounter", "", `[1]`))
	require.Contains(t, try(), fmt.Sprintf("opened: data folder %q: it is in use by another process or engine", dir))
	require.Equal(t, "1", call(t, e, "", "Counter.Bump", "1", ``), "the first process goes on")
	require.NoError(t, e.Close())
	require.Contains(t, try(), "opened: <nil>")
}
