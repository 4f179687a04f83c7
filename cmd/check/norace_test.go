//go:build !race

package main

const (
	drawnSeeds = 200 // of mixed that are judged; fewer of the others
	tried      = 150 // seeds of mixed that a bug may take until a trace convicts it
)
