//go:build !race

package main

const (
	mixedSeeds = 300 // of mixed that are judged
	tried      = 150 // seeds of mixed that a bug may take until a trace convicts it
)
