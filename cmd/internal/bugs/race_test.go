//go:build race

package main

// Under the race detector a run takes ten times as long, and chance has no more to show: every fourth bug is hunted. All are without it.
const bugStride = 4
