package read

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
)

// Line is what one line of a trace holds, or one piece of a document that is not in lines. It is valid, with all that
// its spans refer to but their texts and their resources, only until the function that got it returns.
type Line struct {
	Spans  []Span
	Places []Place // of each span
}

// Each decodes the lines of a trace on all processors. newWorker is called once for each of them; the function that it
// returns gets each line with spans, on that processor. take gets what it returned, in the file's order, where Each was
// called.
// Each ends with the first error of take, or with what is wrong with the file, after what stands before that was taken.
func Each[T any](ctx context.Context, r *Reader, newWorker func() func(*Line) T, take func(T) error) error {
	r.decoder.reuse = true
	if err := eachLine(ctx, r, newWorker, take); err != nil {
		return err
	}
	work := newWorker()
	for {
		if err := r.fill(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return Interrupted(r.name)
		}
		line := Line{r.spans, r.places}
		r.spans = nil
		if err := take(work(&line)); err != nil {
			return err
		}
	}
}

// eachLine is Each up to the first line that has to be looked at again.
func eachLine[T any](ctx context.Context, r *Reader, newWorker func() func(*Line) T, take func(T) error) error {
	if len(r.spans) > 0 || r.whole != nil || r.err != nil {
		return nil
	}
	if r.err = r.skipMark(); r.err != nil {
		return r.err
	}
	const each = 4 // lines that are on their way, for each processor
	processors := runtime.GOMAXPROCS(0)
	a := ahead[T]{r: r, number: r.number, offset: r.offset, todo: make(chan *job[T], each*processors)}
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(a.todo)
	for range processors {
		work := newWorker()
		workers.Go(func() {
			d, line := &decoder{reuse: true, lists: r.decoder.lists}, &Line{}
			for j := range a.todo {
				j.decode(d, line, work)
			}
		})
	}
	for {
		if a.readOn(each * processors); len(a.queue) == 0 {
			return nil
		}
		j := a.queue[0]
		<-j.done
		if ctx.Err() != nil {
			return Interrupted(r.name)
		}
		if !j.plain {
			a.putBack()
			return nil
		}
		if err := a.take(j, take); err != nil {
			return err
		}
	}
}

// job is a line that is decoded by another processor than the one that reads.
type job[T any] struct {
	raw    []byte
	offset int64
	number int
	err    error // of reading it

	plain  bool // it has spans, or nothing: no fault, and nothing that has to be read as a document
	some   bool // it has spans
	other  string
	result T
	done   chan struct{}
}

// ahead are the lines that were read and not taken.
type ahead[T any] struct {
	r           *Reader
	todo        chan *job[T]
	queue, free []*job[T]
	number      int   // of the last of them
	offset      int64 // behind it
	ended       bool  // no more can be read
}

// readOn reads lines until so many are on their way.
func (a *ahead[T]) readOn(most int) {
	for len(a.queue) < most && !a.ended {
		j := &job[T]{done: make(chan struct{}, 1)}
		if last := len(a.free) - 1; last >= 0 {
			j, a.free = a.free[last], a.free[:last]
		}
		a.number++
		j.raw, j.err = a.r.nextLine(j.raw[:0])
		j.number, j.offset = a.number, a.offset
		a.offset += int64(len(j.raw))
		a.ended = j.err != nil
		a.queue = append(a.queue, j)
		a.todo <- j
	}
}

// decode decodes a line, and does the work on it.
func (j *job[T]) decode(d *decoder, line *Line, work func(*Line) T) {
	j.plain = j.err == nil || errors.Is(j.err, io.EOF) && len(j.raw) > 0
	if j.plain {
		fault := d.line(j.raw)
		j.plain = fault == nil && !d.nested
	}
	if j.some = j.plain && len(d.spans) > 0; j.some {
		line.Spans, line.Places = d.spans, d.places(line.Places[:0], j.offset, j.number)
		j.result = work(line)
	}
	j.other = d.other
	j.done <- struct{}{}
}

// take has the first line taken.
func (a *ahead[T]) take(j *job[T], take func(T) error) error {
	a.queue, a.free = a.queue[1:], append(a.free, j)
	a.r.number, a.r.offset = j.number, j.offset+int64(len(j.raw))
	a.r.noteOther(j.other, j.number)
	if !j.some {
		return nil
	}
	a.r.any = true
	return take(j.result)
}

// putBack has all these lines be read again, one after the other.
func (a *ahead[T]) putBack() {
	inputs := make([]io.Reader, 0, len(a.queue)+1)
	for _, j := range a.queue {
		inputs = append(inputs, bytes.NewReader(j.raw))
	}
	input := a.r.input
	a.r.input = bufio.NewReaderSize(io.MultiReader(append(inputs, input)...), input.Size())
}
