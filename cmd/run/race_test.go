//go:build race

package main

// raceEnabled says whether the tests run with the race detector: then the command can be built with it, too.
const raceEnabled = true
