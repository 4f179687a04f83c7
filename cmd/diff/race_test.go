//go:build race

package main

// Under the race detector a comparison takes ten times as long, and chance has no more to show: fewer messages are lost. All are without it.
const (
	dropsOfEach    = 4
	dropsOfDefault = 10
)
