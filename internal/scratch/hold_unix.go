// This file tells whether a process lives by a lock that ends with it.

//go:build unix

package scratch

import (
	"os"
	"syscall"
)

// hold takes a lock that ends with the process, and says whether it got it.
func hold(f *os.File) bool { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil }
