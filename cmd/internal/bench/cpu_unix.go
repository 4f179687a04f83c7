//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime is what the process has used of its processors so far. Unlike a clock it does not run while others use them.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
