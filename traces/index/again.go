package index

import (
	"context"
	"fmt"
	"time"

	"github.com/raftkv/raftkv/traces/read"
)

// block is a part of the file that is in memory: neighbours are often asked for one after the other.
type block struct {
	number int64 // from 1; 0 for none
	data   []byte
}

const blockSize = 64 << 10

// Span returns a span with all that it says. If it cannot be read again, Err says so from then on, and what is returned
// has only what is in memory.
func (x *Trace) Span(i int32) *read.Span {
	x.tick()
	e, shape := &x.entries[i], x.Shape(i)
	if x.held != nil {
		s := x.held[i]
		Cut(&s, x.cut)
		return &s
	}
	text := x.text(e.Place.Offset, int(e.Place.Length))
	s, ok := x.decoder.Again(text, e.Place.Layout, e.ID, shape.Service, shape.Resource)
	if !ok {
		if x.failed == nil {
			x.failed = fmt.Errorf("%s: the file changed while it was read", x.Name)
		}
		return &read.Span{
			Run: e.Run, Root: e.Root, ID: e.ID, Parent: e.Parent, Name: shape.Name, Service: shape.Service, Kind: shape.Kind,
			Start: time.Unix(0, e.Start).UTC(), End: time.Unix(0, e.End).UTC(),
		}
	}
	Cut(&s, x.cut)
	return &s
}

// text returns a part of the file, or as much of it as can be read. It is valid until the next one is asked for.
func (x *Trace) text(offset int64, length int) []byte {
	number, from := offset/blockSize+1, int(offset%blockSize)
	if from+length > blockSize {
		text := make([]byte, length)
		n, _ := x.file.ReadAt(text, offset) // what is missing is seen when it is decoded
		return text[:n]
	}
	b := &x.blocks[number%int64(len(x.blocks))]
	if b.number != number {
		if b.data == nil {
			b.data = make([]byte, blockSize)
		}
		n, _ := x.file.ReadAt(b.data[:blockSize], offset-int64(from)) // likewise
		b.number, b.data = number, b.data[:n]
	}
	return b.data[min(from, len(b.data)):min(from+length, len(b.data))]
}

// Err says that a span could not be read again: then what was made of the spans is not to be trusted.
func (x *Trace) Err() error { return x.failed }

// Close closes the file.
func (x *Trace) Close() error {
	if x.file == nil {
		return nil
	}
	return x.file.Close()
}

// Watch has progress be told how many more spans were asked for, and Err be set once ctx is done.
func (x *Trace) Watch(ctx context.Context, progress func(spans int)) {
	x.ctx, x.progress = ctx, progress
}

// tick does what Watch is about.
func (x *Trace) tick() {
	const few = 1 << 10
	if x.asked++; x.asked%few == 0 && x.ctx != nil {
		x.progress(few)
		if x.ctx.Err() != nil {
			x.failed = read.Interrupted(x.Name)
		}
	}
}
