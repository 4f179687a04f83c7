//go:build race

package main

// Under the race detector a run takes ten times as long, and chance has no more to show: fewer seeds are looked at. All are without it.
const (
	drawnSeeds = 10
	tried      = 40
)
