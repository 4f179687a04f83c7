//go:build !unix

package main

import "time"

var began = time.Now()

// cpuTime is the time since the process began, where the system does not tell what it has used of its processors.
func cpuTime() time.Duration { return time.Since(began) }
