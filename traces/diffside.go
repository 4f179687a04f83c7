package traces

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/words"
)

// Indexed is a trace that is ready to be compared: of each span a few numbers, and where the rest of it stands. A million spans take 100 MB.
type Indexed struct {
	name   string
	prints []fingerprint
	shapes []shape
	bases  []uint64 // their hashes
	byID   idTable
	input  io.ReaderAt
	closer io.Closer

	begin    time.Time     // when the run began: all times are counted from there
	end      time.Duration // of the last span
	run      *Span         // raftkv.run, if the trace has it
	coarsest time.Duration // of the spans' resolutions
	finest   time.Duration
	outcome  outcome
	detailed decoder
	changed  error // the file is not what it was when it was read first
	numbers  map[shape]uint32
	ignored  []string
	names    map[attribute.Key]struct{} // of all attributes; nil if none is ignored
	cut      time.Duration              // see IndexOptions
}

// shape is what many spans have in common.
type shape struct {
	Service, Name string
	Kind          trace.SpanKind
}

// fingerprint is what two spans are compared by, without their being in memory.
type fingerprint struct {
	id, parent, root world.CausalID
	start, end       int64  // in ns; from the beginning of the run once all is read
	content          uint64 // see hashes
	asked            uint64 // see hashes
	relations        uint64 // see hashRelations
	clock            uint64 // see hashClock
	what             uint64 // see hashes
	offset           int64  // of the span in the file
	length           uint32 // of the span in the file
	above            int32  // the span that it is below; -1 for none, or if that is missing
	step, done       uint32 // the steps that it begins and ends in; 0 where they have no numbers
	shape            uint16
	depth            uint8 // how many spans it is below
	unfinished       bool  // the run ended before the span did
	faulted          bool  // it links to a fault
	layout           layout
}

// IndexOptions are how a trace is made ready.
type IndexOptions struct {
	Ignore   []string        // attributes that are not looked at
	Progress func(bytes int) // told how much more of the file was read; may be nil
	cut      time.Duration   // make times as coarse as that
}

// Index makes the trace in a file, or in the folder of a run, ready to be compared. Close closes the file.
func Index(ctx context.Context, path string, o IndexOptions) (*Indexed, error) {
	r, again, err := openAgain(ctx, path, o.Progress)
	if err != nil {
		return nil, err
	}
	x, err := index(ctx, r, again, o)
	if err != nil {
		return nil, errors.Join(err, again.Close())
	}
	x.closer = again
	return x, nil
}

// IndexReader is Index for a trace that is anywhere; name is what errors and reports call it.
func IndexReader(ctx context.Context, name string, input io.ReaderAt, o IndexOptions) (*Indexed, error) {
	return index(ctx, NewReader(name, &watched{ctx, io.NewSectionReader(input, 0, math.MaxInt64), o.Progress}), input, o)
}

// Close closes the file.
func (x *Indexed) Close() error {
	if x.closer == nil {
		return nil
	}
	return x.closer.Close()
}

func index(ctx context.Context, r *Reader, input io.ReaderAt, o IndexOptions) (*Indexed, error) {
	x := &Indexed{name: r.Name(), input: input, ignored: o.Ignore, cut: o.cut, finest: math.MaxInt64, numbers: map[shape]uint32{}, outcome: newOutcome()}
	x.reserve(input)
	x.expectNames()
	first := time.Time{}
	r.decoder.note = x.note
	for {
		line, offset, err := r.lineOfSpans()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, interrupted(x.name)
		}
		for i := range line {
			s := &line[i]
			x.plain(s)
			x.coarsest, x.finest = max(x.coarsest, s.Resolution), min(x.finest, s.Resolution)
			if first.IsZero() || s.Start.Before(first) {
				first = s.Start
			}
			if s.Name == spans.RunName {
				if x.run != nil {
					return nil, fmt.Errorf("%s:%d: two runs in one file: the second begins here, with %s", x.name, r.Line(), s.ID)
				}
				run := *s
				run.Attributes = slices.Clone(run.Attributes)
				x.run, first = &run, s.Start
			}
			if err := x.add(s, offset, &r.decoder.places[i], r.layout); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", x.name, r.Line(), err)
			}
		}
	}
	x.begin = first
	if x.run != nil {
		x.begin = x.run.Start
	}
	begin := x.begin.UnixNano()
	for i := range x.prints {
		p := &x.prints[i]
		p.start, p.end = p.start-begin, p.end-begin
		x.end = max(x.end, time.Duration(p.end))
	}
	x.outcome.finish()
	return x, x.indexIDs()
}

// reserve makes room for as many spans as the file most likely has, which is faster than making more and more of it.
func (x *Indexed) reserve(input io.ReaderAt) {
	const perSpan, most = 850, 8 << 20 // bytes in a file, and spans: what a file says of its size is no reason to run out of memory
	if file, ok := input.(*os.File); ok {
		if info, err := file.Stat(); err == nil {
			x.prints = make([]fingerprint, 0, min(info.Size()/perSpan, most))
		}
	}
}

func (x *Indexed) add(s *Span, offset int64, at *place, as layout) error {
	number, err := x.number(s, at.seen)
	if err != nil {
		return err
	}
	x.outcome.add(s)
	x.keepNames(s)
	notes := at.notes
	if at.seen == nil {
		notes = x.notesOf(s)
	}
	h := hashesOf(s, notes, x.bases[number], x.ignored)
	step, done := StepsOf(s)
	x.prints = append(x.prints, fingerprint{
		id: s.ID, parent: s.Parent, root: s.Root, start: s.Start.UnixNano(), end: s.End.UnixNano(), content: h.content, asked: h.asked, what: h.what,
		relations: hashRelations(s, x.ignored), clock: hashClock(s), offset: offset + int64(at.start), length: uint32(at.end - at.start), shape: number,
		unfinished: h.unfinished && s.Attribute(spans.RaftUnfinishedKey).AsBool(), layout: as, step: step, done: done,
		faulted: slices.ContainsFunc(s.Links, toFault),
	})
	return nil
}

// plain makes a span what the same span is in another trace: its times as coarse as they are to be, and its events in
// one order, since Jaeger's API v3 has them by their names.
func (x *Indexed) plain(s *Span) {
	coarsen(s, x.cut)
	order := func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name)) }
	if !slices.IsSortedFunc(s.Events, order) {
		s.Events = slices.Clone(s.Events) // they may be shared
		slices.SortStableFunc(s.Events, order)
	}
}

// number is that of a kind of spans.
func (x *Indexed) number(s *Span, seen *template) (uint16, error) {
	is := shape{s.Service, s.Name, s.Kind}
	if seen != nil && seen.number > 0 && x.shapes[seen.number-1] == is { // it is another where the attributes stand before the name
		return uint16(seen.number - 1), nil
	}
	number, ok := x.numbers[is]
	if !ok {
		if number = uint32(len(x.shapes)); number > math.MaxUint16 {
			return 0, errors.New("more than 65,536 kinds of spans: this is no trace of a run")
		}
		x.numbers[is] = number
		x.shapes, x.bases = append(x.shapes, is), append(x.bases, hashShape(&is))
	}
	if seen != nil {
		seen.number = number + 1
	}
	return uint16(number), nil
}

// note is what the fingerprint of a span takes from an attribute.
func (x *Indexed) note(_ *Span, a *attribute.KeyValue, n *note) {
	key := hashText(string(a.Key))
	n.hash, n.role = join(key, hashValue(a.Value)), roleOf(key)
	if slices.Contains(x.ignored, string(a.Key)) {
		n.role |= ignored
	}
	x.keepName(a.Key)
}

func (x *Indexed) notesOf(s *Span) []note {
	notes := make([]note, len(s.Attributes))
	for i := range s.Attributes {
		x.note(s, &s.Attributes[i], &notes[i])
	}
	return notes
}

// indexIDs makes spans be found by their ids, and says which one clashes.
func (x *Indexed) indexIDs() error {
	x.byID = newIDTable(len(x.prints))
	for i := range x.prints {
		if other, there := x.byID.put(x.prints[i].id, int32(i)); there {
			a, b := x.shapes[x.prints[other].shape], x.shapes[x.prints[i].shape]
			return fmt.Errorf("%s: ids clash: %s is the id of two spans, %s of %s and %s of %s", x.name, x.prints[i].id, words.Printable(a.Name), words.Printable(a.Service), words.Printable(b.Name), words.Printable(b.Service))
		}
	}
	for i := range x.prints {
		x.prints[i].above = x.byID.Get(x.prints[i].parent)
	}
	for i := range x.prints {
		p := &x.prints[i]
		for at := p.above; at >= 0 && p.depth < math.MaxUint8; at = x.prints[at].above { // those whose parents go around in a ring are as deep as can be
			p.depth++
		}
	}
	return nil
}

// span is a span with all that it says, read again.
func (x *Indexed) span(i int32) Span {
	p := &x.prints[i]
	shape := &x.shapes[p.shape]
	text := make([]byte, p.length)
	s := Span{ID: p.id, Parent: p.parent, Root: p.root, Name: shape.Name, Service: shape.Service, Kind: shape.Kind}
	if n, err := x.input.ReadAt(text, p.offset); n == len(text) || err == nil {
		if again, ok := x.detailed.again(text, p.layout, p.id, &knownResource{service: shape.Service}); ok {
			s = again
			x.plain(&s)
		}
	}
	if s.Start.IsZero() {
		x.changed = fmt.Errorf("%s: the file changed while it was read", x.name)
	}
	return s
}

// about is an attribute of the first span, which says what made the trace.
func (x *Indexed) about(key attribute.Key) string {
	if x.run == nil {
		return ""
	}
	return x.run.Attribute(key).AsString()
}
