// This file ends applications with the process that has started them, however that ends.

package conformance

import (
	"os/exec"
	"syscall"
)

// tie has the system kill a process when the thread ends that starts it.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
