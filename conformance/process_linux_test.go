// This file tests that no application outlives the process that has started it.

package conformance

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain is also a process that starts an application and lives until it is killed.
func TestMain(m *testing.M) {
	if os.Getenv("CONFORMANCE_START") == "" {
		os.Exit(m.Run())
	}
	p, err := start(context.Background(), "/bin/sh", []string{"-c", "echo listening on http://nowhere; exec sleep 600"}, "/nonexistent", "")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.cmd.Process.Pid)
	select {}
}

func TestApplicationsEndWithTheirStarter(t *testing.T) {
	starter := exec.Command(os.Args[0])
	starter.Env = append(os.Environ(), "CONFORMANCE_START=1")
	out, err := starter.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, starter.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	application, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	require.NoError(t, syscall.Kill(application, 0), "it runs")
	require.NoError(t, starter.Process.Kill())
	require.Error(t, starter.Wait())
	require.Eventually(t, func() bool { return syscall.Kill(application, 0) == syscall.ESRCH }, time.Minute, 10*time.Millisecond)
}
