package world

import (
	"math/bits"
	"time"
)

// Range is a uniform range of durations, both ends included.
type Range struct{ Min, Max time.Duration }

// Pick is the duration in the range that a random number stands for.
func (r Range) Pick(random uint64) time.Duration {
	if r.Max <= r.Min {
		return r.Min
	}
	// The high word of a product spreads the numbers as evenly as a remainder would, for a fraction of a division's
	// time.
	offset, _ := bits.Mul64(random, uint64(r.Max-r.Min)+1)
	return r.Min + time.Duration(offset)
}

// Happens says whether something of this probability happens, given a random number.
func Happens(random uint64, probability float64) bool {
	return float64(random>>11) < probability*(1<<53)
}
