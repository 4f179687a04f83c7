package sweep

import (
	"maps"
	"math/bits"
	"slices"
	"time"
)

// counts says how often there was each number. It keeps all of them, so that counts of parts add up to those of the
// whole.
type counts map[uint64]uint64

func (c counts) add(number uint64) { c[number]++ }

// merge adds the counts of another part.
func (c counts) merge(other counts) {
	for number, n := range other {
		c[number] += n
	}
}

func (c counts) total() uint64 {
	total := uint64(0)
	for _, n := range c {
		total += n
	}
	return total
}

func (c counts) sorted() []uint64 { return slices.Sorted(maps.Keys(c)) }

// most is the highest number there is.
func (c counts) most() uint64 {
	sorted := c.sorted()
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)-1]
}

// upTo is the number that so many of a hundred are not above.
func (c counts) upTo(percent uint64) uint64 {
	wanted, seen := (c.total()*percent+99)/100, uint64(0)
	for _, number := range c.sorted() {
		if seen += c[number]; seen >= wanted {
			return number
		}
	}
	return 0
}

// columns counts in so many equal steps, from the lowest number to that which 99 of 100 are not above; the few above
// that are in the last one.
func (c counts) columns(most int) []uint64 {
	sorted := c.sorted()
	if len(sorted) == 0 {
		return nil
	}
	low, high := sorted[0], c.upTo(99)
	width := (high - low + uint64(most)) / uint64(most)
	columns := make([]uint64, (high-low)/width+1)
	for number, n := range c {
		columns[min((number-low)/width, uint64(len(columns)-1))] += n
	}
	return columns
}

// microseconds is a time as a number of microseconds whose first five bits count: counts of many times stay few, and
// are off by 3 % at the most.
func microseconds(d time.Duration) uint64 {
	const counting = 5
	us := uint64(max(d, 0) / time.Microsecond)
	cut := max(bits.Len64(us)-counting, 0)
	return us >> cut << cut
}
