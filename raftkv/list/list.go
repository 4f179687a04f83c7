// Package list is a list that grows without being moved, for a log of many entries: it lies in chunks. Generated types
// are made of it where a spec writes [...]T.
package list

import (
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"strings"
)

// The first chunk has room for firstChunk elements, and each one after it for twice as many, up to fullChunk: so a
// short list is small, and a long one grows by little at a time.
const (
	firstChunk  = 8
	smallChunks = 7 // how many chunks have less room than a full one
	fullChunk   = firstChunk << smallChunks
)

// Element is what a list holds: a generated record.
type Element[E any] interface {
	Clone() E
	Equal(other E) bool
	String() string
}

// List is a list in chunks. Positions count from 0. The zero value is an empty list. A copy by assignment shares the
// chunks, as that of a slice shares the array: Clone makes a list of its own.
type List[E Element[E]] struct {
	chunks [][]E // each but the last has no room left
	length int
}

// Len is how many elements there are.
func (l List[E]) Len() int { return l.length }

// At is the element at a position. It panics where there is none.
func (l List[E]) At(position int) E {
	chunk, offset := inChunk(position)
	return l.chunks[chunk][offset]
}

// All yields each position and its element, in order.
func (l List[E]) All() iter.Seq2[int, E] {
	return func(yield func(int, E) bool) {
		position := 0
		for _, chunk := range l.chunks {
			for _, element := range chunk {
				if !yield(position, element) {
					return
				}
				position++
			}
		}
	}
}

// AppendTo puts the elements from a position up to another, the latter excluded, at the end of a slice. It panics where
// there are none.
func (l List[E]) AppendTo(slice []E, from, to int) []E {
	checkPart(from, to, l.length)
	slice = slices.Grow(slice, to-from)
	for from < to {
		chunk, offset := inChunk(from)
		end := min(len(l.chunks[chunk]), offset+to-from)
		slice = append(slice, l.chunks[chunk][offset:end]...)
		from += end - offset
	}
	return slice
}

// Append puts elements at the end.
func (l *List[E]) Append(elements ...E) {
	for len(elements) > 0 {
		last := len(l.chunks) - 1
		if last < 0 || len(l.chunks[last]) == cap(l.chunks[last]) {
			last++
			l.chunks = append(l.chunks, make([]E, 0, roomOfChunk(last)))
		}
		chunk := l.chunks[last]
		fitting := min(cap(chunk)-len(chunk), len(elements))
		l.chunks[last] = append(chunk, elements[:fitting]...)
		l.length += fitting
		elements = elements[fitting:]
	}
}

// Truncate keeps the first elements, as many as length says, and lets go of the others. It panics where there are
// fewer. The room for the next element is kept, so that it costs nothing to cut off and append again.
func (l *List[E]) Truncate(length int) {
	checkPart(0, length, l.length)
	if chunk, offset := inChunk(length); chunk < len(l.chunks) {
		clear(l.chunks[chunk][offset:])
		l.chunks[chunk] = l.chunks[chunk][:offset]
		clear(l.chunks[chunk+1:])
		l.chunks = l.chunks[:chunk+1]
	}
	l.length = length
}

// Clone makes a copy that shares nothing that could change.
func (l List[E]) Clone() List[E] {
	l.chunks = slices.Clone(l.chunks)
	for i, chunk := range l.chunks {
		copied := make([]E, len(chunk), cap(chunk))
		for j := range chunk {
			copied[j] = chunk[j].Clone()
		}
		l.chunks[i] = copied
	}
	return l
}

// Equal says whether both have equal elements in the same order.
func (l List[E]) Equal(other List[E]) bool {
	if l.length != other.length {
		return false
	}
	for position, element := range l.All() {
		if !element.Equal(other.At(position)) {
			return false
		}
	}
	return true
}

// String is how a person reads it: [first, second].
func (l List[E]) String() string {
	texts := make([]string, 0, l.length)
	for _, element := range l.All() {
		texts = append(texts, element.String())
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// roomOfChunk is how many elements a chunk has room for.
func roomOfChunk(chunk int) int { return firstChunk << min(chunk, smallChunks) }

// inChunk says in which chunk a position is, and where in it.
func inChunk(position int) (chunk, offset int) {
	place := position + firstChunk
	if place >= fullChunk {
		return smallChunks - 1 + place/fullChunk, place % fullChunk
	}
	chunk = bits.Len(uint(place)) - bits.Len(firstChunk)
	return chunk, place - firstChunk<<chunk
}

// checkPart panics, as a slice does, where a list has no such part.
func checkPart(from, to, length int) {
	if from < 0 || from > to || to > length {
		panic(fmt.Sprintf("list: no part [%d:%d] of a list of %d", from, to, length))
	}
}
