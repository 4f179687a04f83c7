package traces

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
)

// batch is a line that was read ahead, to be decoded by another processor than the one that reads.
type batch struct {
	raw     []byte
	err     error // of reading it
	line    int
	refused bool // there are not just spans in it, or it is faulty
	spans   []Span
	places  []place
	kept    []attribute.KeyValue
	digest  digest // of those spans that are not among these
	decoded chan struct{}
}

// ahead decodes the lines of a file with all processors there are, and hands them out in the file's order. hire makes a decoder ready for each of them, and returns what is to be
// called on that processor before each line; take is called on this one, in order. What is in a batch is theirs until take returns. It ends, without an error, where the lines do, or before the first that does not just have spans: Next goes on from there, and tells
// what is wrong.
func (r *Reader) ahead(ctx context.Context, hire func(*decoder) (begin func(*batch)), take func(*batch)) error {
	if r.whole != nil || r.err != nil || len(r.spans) > 0 {
		return r.err
	}
	if r.err = r.mark(); r.err != nil {
		return r.err
	}
	processors := runtime.GOMAXPROCS(0)
	fewest, most := 2*processors, 8*processors // lines that are decoded, or are to be: the more there are, the less one waits for another
	const much = 8 << 20                       // bytes of them, beyond the fewest
	todo := make(chan *batch, most)
	var working sync.WaitGroup
	defer working.Wait()
	defer close(todo)
	for range processors {
		working.Go(func() {
			d := &decoder{reuse: true}
			begin := hire(d)
			for b := range todo {
				b.decode(d, begin)
			}
		})
	}
	feed := r.feed()
	defer r.goOn(feed)
	var queue, free []*batch
	waiting := 0 // bytes of the queue
	for line := r.line; ; {
		for len(queue) < most && (len(queue) < fewest || waiting < much) && len(r.pending) == 0 {
			line++
			b := r.readAhead(line, free, feed)
			free = free[:max(0, len(free)-1)]
			if b.err != nil {
				r.pending = append(r.pending, b)
				break
			}
			queue, waiting = append(queue, b), waiting+len(b.raw)
			todo <- b
		}
		if len(queue) == 0 {
			return nil
		}
		b := queue[0]
		<-b.decoded
		if ctx.Err() != nil {
			return interrupted(r.name)
		}
		if b.refused {
			r.pending = append(queue, r.pending...)
			return nil
		}
		queue, waiting = queue[1:], waiting-len(b.raw)
		r.line, r.any = b.line, r.any || len(b.spans)+len(b.digest.records) > 0
		take(b)
		free = append(free, b)
	}
}

// readAhead reads a line, into the last batch that is free, if any is.
func (r *Reader) readAhead(line int, free []*batch, feed *feed) *batch {
	b := &batch{decoded: make(chan struct{}, 1)}
	if len(free) > 0 {
		b = free[len(free)-1]
	}
	b.line = line
	if len(r.pending) > 0 {
		raw, err := r.nextPending()
		b.raw, b.err = append(b.raw[:0], raw...), err
	} else {
		b.raw, b.err = feed.line(b.raw)
	}
	return b
}

// feed is what reads the lines from where the reader stands.
func (r *Reader) feed() *feed {
	read, _ := r.input.Peek(r.input.Buffered()) // which cannot fail
	return &feed{source: r.source, beyond: bytes.Clone(read)}
}

// goOn has the reader stand where a feed stands.
func (r *Reader) goOn(f *feed) {
	r.from(io.MultiReader(bytes.NewReader(f.beyond), f))
}

// feed reads lines to where they stay, so that they need not be copied.
type feed struct {
	source io.Reader
	beyond []byte // what was read beyond the last line
	err    error  // that came with it
	idle   int    // how often nothing came, and no error
}

// Read is what is behind all that was read.
func (f *feed) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.source.Read(p)
}

// line reads the next line with its end into buffer, or into a larger one; what it returns is as what Reader.next does.
func (f *feed) line(buffer []byte) ([]byte, error) {
	const atOnce, much, mostIdle = 32 << 10, 1 << 20, 100 // bytes, but for the last
	line := append(buffer[:0], f.beyond...)
	f.beyond = f.beyond[:0]
	for from := 0; ; {
		if i := bytes.IndexByte(line[from:], '\n'); i >= 0 {
			end := from + i + 1
			f.beyond = append(f.beyond, line[end:]...)
			return line[:end], nil
		}
		switch from = len(line); {
		case f.err != nil:
			return line, f.err
		case from > maxLine, from > much && !opensObject(line):
			return line, errLongLine
		}
		line = slices.Grow(line, atOnce)
		var n int
		if n, f.err = f.source.Read(line[from : from+atOnce]); n > 0 {
			f.idle = 0
		} else if f.idle++; f.err == nil && f.idle == mostIdle {
			f.err = io.ErrNoProgress
		}
		line = line[:from+n]
	}
}

func (b *batch) decode(d *decoder, begin func(*batch)) {
	begin(b)
	d.spans, d.places, d.kept = b.spans, b.places, b.kept
	if blank(b.raw) {
		d.clear()
	} else if _, f := d.decode(b.raw); f != nil || d.wrapped || d.other != "" {
		b.refused = true
	}
	b.spans, b.places, b.kept = d.spans, d.places, d.kept
	b.decoded <- struct{}{}
}

// nextPending is the next line of those that were read ahead and not taken.
func (r *Reader) nextPending() ([]byte, error) {
	b := r.pending[0]
	r.pending = r.pending[1:]
	return b.raw, b.err
}

// pendingLines are all of them.
func (r *Reader) pendingLines() *bytes.Reader {
	var all []byte
	for _, b := range r.pending {
		all = append(all, b.raw...)
	}
	r.pending = nil
	return bytes.NewReader(all)
}
