package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces/read"
)

// Source is from where a trace is read. It opens it for reading it once, and for reading parts of it again.
type Source func(ctx context.Context, progress func(bytes int)) (*read.Reader, read.File, error)

// File is a trace in a file, or in the folder of a run.
func File(path string) Source {
	return func(ctx context.Context, progress func(bytes int)) (*read.Reader, read.File, error) {
		return read.OpenTwice(ctx, path, progress)
	}
}

// Input is a trace that is anywhere; name is what errors call it.
func Input(name string, input io.ReaderAt) Source {
	return func(ctx context.Context, progress func(bytes int)) (*read.Reader, read.File, error) {
		all := io.NewSectionReader(input, 0, math.MaxInt64)
		return read.NewReader(name, read.Watch(ctx, all, progress)), open{input}, nil
	}
}

// open is an input that somebody else closes.
type open struct{ io.ReaderAt }

func (open) Close() error { return nil }

// Source returns where the trace was read from, to read it once more as long as it is not closed.
func (x *Trace) Source() Source { return Input(x.Name, x.file) }

// Options are how a trace is read.
type Options struct {
	Progress   func(bytes int) // is told how many more bytes were read; may be nil
	Resolution time.Duration   // of times that are finer: they are cut
	Lists      read.Lists      // the attributes that are lists
	Replies    []attribute.Key // that name a reply, besides the store's own
}

// Read reads a trace. Close closes its file.
func Read(ctx context.Context, from Source, o Options) (*Trace, error) {
	gather := func(*read.Line) struct{} { return struct{}{} }
	return ReadEach(ctx, from, o, func() func(*read.Line) struct{} { return gather },
		func(int32, struct{}) error { return nil })
}

// ReadEach reads a trace, and has a tool gather what it wants of the spans meanwhile, as read.Each does: newWorker is
// called for each processor; the function that it returns gets each line, and take what that returned, in the order of
// the file, with the number of the line's first span.
func ReadEach[T any](
	ctx context.Context, from Source, o Options, newWorker func() func(*read.Line) T, take func(first int32,
		gathered T) error,
) (*Trace, error) {
	r, file, err := from(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	r.Know(o.Lists)
	b := newBuilder(&Trace{Name: r.Name(), file: file, cut: o.Resolution})
	b.decoder.Know(o.Lists)
	type line struct {
		spans    []summary
		gathered T
	}
	work := func() func(*read.Line) line {
		gather := newWorker()
		return func(l *read.Line) line {
			spans := make([]summary, len(l.Spans))
			for i := range l.Spans {
				Cut(&l.Spans[i], o.Resolution)
				spans[i] = summaryOf(&l.Spans[i], l.Places[i], o.Replies)
			}
			return line{spans, gather(l)}
		}
	}
	err = read.Each(ctx, r, work, func(l line) error {
		first := int32(len(b.entries))
		for i := range l.spans {
			b.add(&l.spans[i])
		}
		return take(first, l.gathered)
	})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	b.finish()
	return b.Trace, nil
}

// Of returns a trace of spans that are all in memory, given the attributes that name a reply besides the store's own.
func Of(all []read.Span, replies ...attribute.Key) *Trace {
	b := newBuilder(&Trace{held: all})
	for i := range all {
		s := summaryOf(&all[i], read.Place{}, replies)
		b.add(&s)
	}
	b.finish()
	return b.Trace
}

// summary is what a processor that decodes a span makes of it.
type summary struct {
	Entry

	shape      shapeKey
	resource   []attribute.KeyValue
	resolution time.Duration
}

// shapeKey tells shapes apart.
type shapeKey struct {
	service, name string
	kind          trace.SpanKind
	resource      int32 // its number
}

func summaryOf(s *read.Span, at read.Place, replies []attribute.Key) summary {
	e := Entry{
		ID: s.ID, Parent: s.Parent, Root: s.Root, Run: s.Run, Start: s.Start.UnixNano(), End: s.End.UnixNano(), Place: at,
		HasEvents: len(s.Events) > 0,
	}
	e.readAttributes(s, replies)
	return summary{e, shapeKey{service: s.Service, name: s.Name, kind: s.Kind}, s.Resource, s.Resolution}
}

// builder is what is known only while a trace is read.
type builder struct {
	*Trace

	run       bool // the run's own span was read
	shapeOf   map[shapeKey]int32
	processes map[string]int32
	// resources are numbered by what they say. Each processor has its own copies of them, and of each of these the first
	// attribute is known, too, so that the rest is looked at once.
	resources map[string]int32
	copies    map[*attribute.KeyValue]int32
}

func newBuilder(x *Trace) *builder {
	x.Finest = math.MaxInt64
	return &builder{
		Trace: x, shapeOf: map[shapeKey]int32{}, processes: map[string]int32{}, resources: map[string]int32{},
		copies: map[*attribute.KeyValue]int32{},
	}
}

// add adds the next span.
func (b *builder) add(s *summary) {
	s.shape.resource = b.resource(s.resource)
	number, known := b.shapeOf[s.shape]
	if !known {
		number = int32(len(b.shapes))
		b.shapeOf[s.shape] = number
		process, known := b.processes[s.shape.service]
		if !known {
			process = int32(len(b.processes))
			b.processes[s.shape.service] = process
		}
		b.shapes = append(b.shapes, Shape{s.shape.service, s.shape.name, s.shape.kind, s.resource, process})
	}
	s.Shape = number
	b.Finest, b.Coarsest = min(b.Finest, s.resolution), max(b.Coarsest, s.resolution)
	switch start := time.Unix(0, s.Start).UTC(); {
	case b.run:
	case isRun(s.shape.name):
		b.Epoch, b.run = start, true
	case len(b.entries) == 0 || start.Before(b.Epoch):
		b.Epoch = start
	}
	b.reserve(s.Place.Offset)
	b.entries = append(b.entries, s.Entry)
}

// reserve makes room for all spans that most likely come, once it is known how large spans are and how much of the file
// was read: a list that grows bit by bit takes twice the memory.
func (b *builder) reserve(read int64) {
	const enoughToTell = 1 << 14
	if n := len(b.entries); n == enoughToTell && read > 0 {
		if file, ok := b.file.(interface{ Stat() (os.FileInfo, error) }); ok {
			if info, err := file.Stat(); err == nil {
				more := max(0, float64(info.Size())/float64(read)-1)
				b.entries = slices.Grow(b.entries, int(more*float64(n)*1.05))
			}
		}
	}
}

// resource returns the number of a resource.
func (b *builder) resource(of []attribute.KeyValue) int32 {
	if len(of) == 0 {
		return None
	}
	if number, known := b.copies[&of[0]]; known {
		return number
	}
	var text strings.Builder
	for _, a := range of {
		fmt.Fprintf(&text, "%q %d %q ", a.Key, a.Value.Type(), a.Value.String())
	}
	number, known := b.resources[text.String()]
	if !known {
		number = int32(len(b.resources))
		b.resources[text.String()] = number
	}
	b.copies[&of[0]] = number
	return number
}
