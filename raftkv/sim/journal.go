package sim

import (
	"encoding/binary"
	"iter"
	"slices"
)

// journal is what is on a disk: records, of which those that were not synced do not outlive a crash.
//
// Records lie one behind the other in large chunks, each behind its length. So a record costs its own bytes and no
// pointer, and nothing is copied as it grows.
type journal struct {
	chunks [][]byte

	synced place // what is durable is before it
}

// place is one between two records: all chunks before this one, and so many bytes of it, are before it.
type place struct{ chunk, bytes int }

const (
	firstChunk = 1 << 10
	largeChunk = 1 << 20
)

// Append writes a record at the end.
func (j *journal) Append(record []byte) error {
	need := binary.MaxVarintLen64 + len(record)
	last := len(j.chunks) - 1
	if last < 0 || cap(j.chunks[last])-len(j.chunks[last]) < need {
		size := firstChunk
		if last >= 0 {
			size = min(2*cap(j.chunks[last]), largeChunk)
		}
		j.chunks = append(j.chunks, make([]byte, 0, max(size, need)))
		last++
	}
	j.chunks[last] = append(binary.AppendUvarint(j.chunks[last], uint64(len(record))), record...)
	return nil
}

// Sync makes all that was appended durable.
func (j *journal) Sync() error {
	if last := len(j.chunks) - 1; last >= 0 {
		j.synced = place{last, len(j.chunks[last])}
	}
	return nil
}

// tear makes all that was appended durable but for the end of the last record, of which as many bytes are kept as keep
// tells for its length. What is too short to be torn, and a record that was synced, it leaves alone.
func (j *journal) tear(keep func(length int) int) {
	chunk, begin := j.lastUnsynced()
	if chunk < 0 {
		return
	}
	length, n := binary.Uvarint(j.chunks[chunk][begin:])
	if length < 2 {
		j.chunks[chunk] = j.chunks[chunk][:begin]
	} else {
		left := slices.Clone(j.chunks[chunk][begin+n:][:keep(int(length))])
		j.chunks[chunk] = append(binary.AppendUvarint(j.chunks[chunk][:begin], uint64(len(left))), left...)
	}
	_ = j.Sync() // of a journal in memory: it does not fail
}

// lastUnsynced is where the last record is, if it was not synced.
func (j *journal) lastUnsynced() (chunk, begin int) {
	chunk, begin = -1, 0
	for i, at := j.synced.chunk, j.synced.bytes; i < len(j.chunks); i, at = i+1, 0 {
		for at < len(j.chunks[i]) {
			chunk, begin = i, at
			length, n := binary.Uvarint(j.chunks[i][at:])
			at += n + int(length)
		}
	}
	return chunk, begin
}

// Records yields what is on the disk, oldest first, without copying it.
func (j *journal) Records() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 0; i < len(j.chunks); i++ {
			for at := 0; at < len(j.chunks[i]); {
				size, n := binary.Uvarint(j.chunks[i][at:])
				begin := at + n
				at = begin + int(size)
				if !yield(j.chunks[i][begin:at:at]) {
					return
				}
			}
		}
	}
}

// crash forgets what was not synced.
func (j *journal) crash() {
	if len(j.chunks) == 0 {
		return
	}
	clear(j.chunks[j.synced.chunk+1:])
	j.chunks = j.chunks[:j.synced.chunk+1]
	j.chunks[j.synced.chunk] = j.chunks[j.synced.chunk][:j.synced.bytes]
}
