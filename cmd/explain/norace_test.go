//go:build !race

package main

const drawnRuns = 30
