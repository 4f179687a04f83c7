//go:build race

package profile_test

// Under the race detector a run takes ten times as long, and chance has no more to show.
const (
	manySeeds = 600
	fewSeeds  = 20
)
