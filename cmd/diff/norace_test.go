//go:build !race

package main

const (
	dropsOfEach    = 20 // messages of a scenario that are lost, one at a time
	dropsOfDefault = 200
)
