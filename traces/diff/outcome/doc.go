// Package outcome is what a run came to: what its clients got, who led, and how the log and the store end.
//
//	outcome.go  what a run came to, gathered of its spans
//	users.go    what users saw otherwise in two runs
package outcome
