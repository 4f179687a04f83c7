package lzma

import "encoding/binary"

// How long is looked for matches: this many places for each, and until one is so long.
const (
	depth = 64
	nice  = 128
)

// match is bytes that were there before: how many, and how far back, from 0.
type match struct{ length, distance int }

// finder finds matches: all places with the same four bytes are in a chain, the last first.
type finder struct {
	data   []byte
	last   []int32 // by the hash of four bytes; one more than the place, 0 for none
	before []int32 // of each place, the same
	three  []int32 // by that of three bytes, the last place alone
	at     int     // what is in the chains is before
}

const hashBits, shortHashBits = 20, 16

func newFinder(data []byte) *finder {
	return &finder{
		data: data, last: make([]int32, 1<<hashBits), before: make([]int32, len(data)),
		three: make([]int32, 1<<shortHashBits),
	}
}

// keys are the hashes of the bytes at a place that has four.
func (f *finder) keys(at int) (four, three uint32) {
	bytes := binary.LittleEndian.Uint32(f.data[at:])
	return bytes * 0x9e3779b1 >> (32 - hashBits), bytes << 8 * 0x9e3779b1 >> (32 - shortHashBits)
}

// enter puts all places before one into the chains.
func (f *finder) enter(until int) {
	for ; f.at < until; f.at++ {
		if f.at+4 <= len(f.data) {
			four, three := f.keys(f.at)
			f.before[f.at] = f.last[four]
			f.last[four], f.three[three] = int32(f.at+1), int32(f.at+1)
		}
	}
}

// find returns the matches at a place, each longer and further back than the one before.
func (f *finder) find(at int, into []match) []match {
	into = into[:0]
	f.enter(at)
	if at+4 > len(f.data) {
		return into
	}
	four, three := f.keys(at)
	best := shortest
	if place := int(f.three[three]) - 1; place >= 0 {
		if n := f.same(place, at); n > best {
			best = n
			into = append(into, match{n, at - place - 1})
		}
	}
	place := int(f.last[four]) - 1
	for tries := depth; place >= 0 && tries > 0 && best < nice && at+best < len(f.data); tries-- {
		if f.data[place+best] == f.data[at+best] {
			if n := f.same(place, at); n > best {
				best = n
				into = append(into, match{n, at - place - 1})
			}
		}
		place = int(f.before[place]) - 1
	}
	return into
}

// same is how many bytes are the same at two places, up to the longest match.
func (f *finder) same(before, at int) int {
	most := min(longest, len(f.data)-at)
	n := 0
	for n < most && f.data[before+n] == f.data[at+n] {
		n++
	}
	return n
}
