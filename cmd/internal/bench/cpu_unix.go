//go:build unix

package main

import (
	"os"
	"runtime"
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

// peakOf is the most memory that a process had resident, in MiB, where the system tells it in a unit that is known.
func peakOf(p *os.ProcessState) float64 {
	used, ok := p.SysUsage().(*syscall.Rusage)
	switch {
	case ok && runtime.GOOS == "linux":
		return float64(used.Maxrss) / 1024
	case ok && runtime.GOOS == "darwin":
		return float64(used.Maxrss) / (1 << 20)
	}
	return 0
}
