//go:build !race

package profile_test

const (
	manySeeds = 2000
	fewSeeds  = 200
)
