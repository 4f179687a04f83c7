//go:build race

package main

// drawnRuns are asked about. Under the race detector a run takes ten times as long, and chance has no more to show.
const drawnRuns = 3
