//go:build race

package cluster_test

// Under the race detector a run takes ten times as long, and chance has no more to show: fewer seeds are looked at. All are without it.
const (
	dropSeeds   = 1
	idSeeds     = 50
	faultStride = 97
	orderSeeds  = 8
)
