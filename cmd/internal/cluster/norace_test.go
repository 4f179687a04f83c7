//go:build !race

package cluster_test

const (
	dropSeeds   = 6
	idSeeds     = 1000
	faultStride = 7
	orderSeeds  = 100
)
