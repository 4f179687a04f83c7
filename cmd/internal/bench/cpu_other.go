//go:build !unix

package main

import (
	"os"
	"time"
)

var began = time.Now()

// cpuTime is the time since the process began, where the system does not tell what it has used of its processors.
func cpuTime() time.Duration { return time.Since(began) }

// peakOf is the most memory that a process had resident, which such a system does not tell.
func peakOf(*os.ProcessState) float64 { return 0 }
