package traces

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Spans are the spans of a trace whose file stays open: of each a few numbers are in memory, 100 bytes with the way to find it by its id, and the rest is read again when it is
// asked for.
type Spans struct {
	name   string
	List   []stored
	shapes []sharedShape
	ByID   idTable
	Epoch  time.Time // when the run began: the start of its own span, or else of the first one

	file    readerAtCloser
	held    []Span // those that were never in a file
	blocks  [64]block
	decoder decoder
	failed  error // a span could not be read again

	ctx      context.Context // of who asks for spans from now on; see Watch
	progress func(spans int)
	asked    int
}

// stored is what is in memory of each span.
type stored struct {
	Id, Parent world.CausalID
	Start, End int64 // in ns since 1970
	offset     int64 // in the file; among those that are held, its place
	length     uint32
	Trace      uint32 // the ordinal of its trace, in the order in which traces come up
	shape      uint32
	step, done uint32 // the numbers of the steps that it begins and ends in; 0 where it has none
	marks      marks
	layout     layout
}

// marks are what one wants to know of a span before it is read again.
type marks uint8

const (
	isHeld    marks = 1 << iota
	HasEvents       // things happened within it
	isCopy          // what it handled, or sent, was a message's second copy
	hasReply        // it names a reply
	toCopy          // which is to the second copy of the message
)

// sharedShape is what many spans have in common.
type sharedShape struct {
	shape

	resource []attribute.KeyValue
	process  int32 // the ordinal of its process, as moments have it
}

// block is a part of the file that is in memory: neighbours are often asked for one after the other.
type block struct {
	number int64 // from 1; 0 for none
	data   []byte
}

const blockSize = 64 << 10

// ReadSpans reads the trace in a file, or in the folder of a run. progress, which may be nil, is told how many more bytes were read, and once ctx is done reading fails. Close
// closes the file.
func ReadSpans(ctx context.Context, path string, progress func(bytes int)) (*Spans, error) {
	r, again, err := openAgain(ctx, path, progress)
	if err != nil {
		return nil, err
	}
	x := &Spans{name: r.Name(), file: again}
	if err := x.read(r); err != nil {
		return nil, errors.Join(err, again.Close())
	}
	return x, nil
}

// SpansOf are spans that are all in memory.
func SpansOf(all []Span) *Spans {
	x := &Spans{}
	b := newSpansBuilder(x)
	for i := range all {
		b.add(&all[i], -1, place{}, inOTLP)
	}
	b.finish()
	return x
}

// Len is how many there are.
func (x *Spans) Len() int { return len(x.List) }

// Close closes the file.
func (x *Spans) Close() error {
	if x.file == nil {
		return nil
	}
	return x.file.Close()
}

// Err says that a span could not be read again: then what was made of the spans is not to be trusted.
func (x *Spans) Err() error { return x.failed }

// Watch has progress be told how many more spans were asked for, and none be read again once ctx is done.
func (x *Spans) Watch(ctx context.Context, progress func(spans int)) {
	x.ctx, x.progress = ctx, progress
}

// tick goes on with what Watch is about.
func (x *Spans) tick() {
	const few = 1 << 10
	if x.asked++; x.asked%few == 0 && x.ctx != nil {
		x.progress(few)
		if x.ctx.Err() != nil {
			x.failed = interrupted(x.name)
		}
	}
}

func (x *Spans) read(r *Reader) error {
	b := newSpansBuilder(x)
	size := int64(0)
	if file, ok := x.file.(*os.File); ok {
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
	}
	// Once it is known how large spans are there is made room for all that most likely come: a list that grows bit by bit takes twice the memory.
	const enoughToTell = 1 << 14
	reserved := false
	for {
		line, offset, err := r.lineOfSpans()
		if errors.Is(err, io.EOF) {
			b.finish()
			return nil
		}
		if err != nil {
			return err
		}
		if n := len(x.List); n >= enoughToTell && !reserved && offset > 0 {
			reserved = true
			x.List = slices.Grow(x.List, int(float64(max(0, size-offset))/float64(offset)*float64(n)*1.05))
		}
		for i := range line {
			b.add(&line[i], offset, r.decoder.places[i], r.layout)
		}
	}
}

// spansBuilder is what is known only while spans are read.
type spansBuilder struct {
	*Spans

	numbers map[shapeKey]uint32
	traceOf map[traceName]uint32
	run     bool

	processes map[string]int32
}

type shapeKey struct {
	shape

	resource *attribute.KeyValue // the first of them: processes have a list each
}

type traceName struct {
	run  uint64
	root world.CausalID
}

func newSpansBuilder(x *Spans) *spansBuilder {
	return &spansBuilder{Spans: x, numbers: map[shapeKey]uint32{}, traceOf: map[traceName]uint32{}, processes: map[string]int32{}}
}

// add adds a span that stands there in the file; offset is what its place counts from, and -1 for one that is in no file.
func (b *spansBuilder) add(s *Span, offset int64, at place, as layout) {
	key := shapeKey{shape: shape{s.Service, s.Name, s.Kind}}
	if len(s.Resource) > 0 {
		key.resource = &s.Resource[0]
	}
	number, ok := b.numbers[key]
	if !ok {
		number = uint32(len(b.shapes))
		b.numbers[key] = number
		process, known := b.processes[s.Service]
		if !known {
			process = int32(len(b.processes))
			b.processes[s.Service] = process
		}
		b.shapes = append(b.shapes, sharedShape{key.shape, s.Resource, process})
	}
	name := traceName{s.Run, s.Root}
	ordinal, ok := b.traceOf[name]
	if !ok {
		ordinal = uint32(len(b.traceOf))
		b.traceOf[name] = ordinal
	}
	e := stored{
		Id: s.ID, Parent: s.Parent, Start: s.Start.UnixNano(), End: s.End.UnixNano(), offset: offset + int64(at.start), length: uint32(at.end - at.start), Trace: ordinal, shape: number,
		marks: marksOf(s), layout: as,
	}
	e.step, e.done = StepsOf(s)
	if offset < 0 {
		e.offset, e.marks = int64(len(b.held)), e.marks|isHeld
		b.held = append(b.held, *s)
	}
	switch {
	case b.run:
	case s.Name == spans.RunName:
		b.Epoch, b.run = s.Start, true
	case len(b.List) == 0 || s.Start.Before(b.Epoch):
		b.Epoch = s.Start
	}
	b.List = append(b.List, e)
}

func marksOf(s *Span) (m marks) {
	if len(s.Events) > 0 {
		m |= HasEvents
	}
	if s.Attribute(spans.RaftkvCopyKey).AsInt64() != 0 {
		m |= isCopy
	}
	if s.Attribute(spans.RaftReplyKey).AsString() != "" {
		m |= hasReply
	}
	if s.Attribute(spans.RaftkvAnsweredCopyKey).AsInt64() != 0 {
		m |= toCopy
	}
	return m
}

func (b *spansBuilder) finish() {
	b.ByID = newIDTable(len(b.List))
	for i := range b.List {
		b.ByID.put(b.List[i].Id, int32(i))
	}
}

// At is a span with all that it says.
func (x *Spans) At(i int32) *Span {
	x.tick()
	e := &x.List[i]
	shape := &x.shapes[e.shape]
	if e.marks&isHeld != 0 {
		s := x.held[e.offset]
		return &s
	}
	s, ok := x.decoder.again(x.text(e.offset, int(e.length)), e.layout, e.Id, &knownResource{service: shape.Service, attributes: shape.resource})
	if !ok {
		if x.failed == nil {
			x.failed = fmt.Errorf("%s: the file changed while it was read", x.name)
		}
		return &Span{ID: e.Id, Parent: e.Parent, Name: shape.Name, Service: shape.Service, Kind: shape.Kind, Start: time.Unix(0, e.Start).UTC(), End: time.Unix(0, e.End).UTC()}
	}
	return &s
}

// text is a part of the file; what cannot be read is empty. It is valid until the next one is asked for.
func (x *Spans) text(offset int64, length int) []byte {
	number, from := offset/blockSize+1, int(offset%blockSize)
	if from+length > blockSize {
		text := make([]byte, length)
		n, _ := x.file.ReadAt(text, offset) // what is missing is seen when it is read
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

// ShapeOf is what a span has in common with others.
func (x *Spans) ShapeOf(i int32) *sharedShape { return &x.shapes[x.List[i].shape] }

// ParentOf is the place of a span's parent; -1 for none, or one that is missing.
func (x *Spans) ParentOf(i int32) int32 {
	if x.List[i].Parent == 0 {
		return -1
	}
	return x.ByID.Get(x.List[i].Parent)
}

func (x *Spans) Has(i int32, m marks) bool { return x.List[i].marks&m != 0 }

// IsReceiver says of a span what isReceiver says.
func (x *Spans) IsReceiver(i int32) bool {
	kind := x.ShapeOf(i).Kind
	return kind == trace.SpanKindServer || kind == trace.SpanKindConsumer
}

// isAnswered says whether a call got its reply.
func (x *Spans) isAnswered(i int32) bool {
	return x.ShapeOf(i).Kind == trace.SpanKindClient && x.Has(i, hasReply)
}

// Replies are, of each call, the span that handled it and whose reply was taken in; -1 for none. Both copies of a
// message are answered. A call whose steps have numbers says which reply it was; of any other it is taken to be that to
// the first copy, unless that was handled only after a reply had come.
func (x *Spans) Replies() []int32 {
	replies := fill(len(x.List))
	for i := range x.List {
		at := int32(i)
		call := x.ParentOf(at)
		if call < 0 || !x.IsReceiver(at) || !x.isAnswered(call) || x.List[at].End > x.List[call].End {
			continue
		}
		if x.List[call].step > 0 {
			if x.Has(at, isCopy) == x.Has(call, toCopy) {
				replies[call] = at
			}
		} else if replies[call] < 0 || !x.Has(at, isCopy) {
			replies[call] = at
		}
	}
	return replies
}

// Depths are how many ancestors each span has; in a ring of parents, which no sound trace has, how many it takes to see that.
func (x *Spans) Depths() []uint8 {
	depths := make([]uint8, len(x.List))
	for i := range depths {
		for at := x.ParentOf(int32(i)); at >= 0 && depths[i] < MaxDepth; at = x.ParentOf(at) {
			depths[i]++
		}
	}
	return depths
}

// InOrder are the places of all spans, in an order; of those that are the same in it, in that of the file.
func (x *Spans) InOrder(compare func(a, b int32) int) []int32 {
	order := make([]int32, len(x.List))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(compare(a, b), cmp.Compare(a, b)) })
	return order
}

// Services are the processes, as a person looks for them.
func (x *Spans) Services() []string {
	var list []string
	seen := map[string]bool{}
	for i := range x.shapes {
		if service := x.shapes[i].Service; !seen[service] {
			seen[service] = true
			list = append(list, service)
		}
	}
	slices.SortFunc(list, CompareProcesses)
	return list
}

// Moment is one end of a span.
type Moment struct {
	Span int32
	Ends bool
}

// index is a number for each moment.
func (m Moment) IndexOf() int32 {
	if m.Ends {
		return 2*m.Span + 1
	}
	return 2 * m.Span
}

// MomentOf is the moment with a number.
func MomentOf(index int32) Moment { return Moment{index / 2, index%2 == 1} }

// Moments are both ends of all spans in the one order. after is the moment that comes before another one whatever the
// times say; one of no span, -1, where there is none.
func (x *Spans) Moments(after func(Moment) Moment) iter.Seq[Moment] {
	order := Ordered(2*len(x.List), len(x.Services()), func(i int32) Happening { return x.happening(MomentOf(i)) }, func(i int32) int32 {
		if before := after(MomentOf(i)); before.Span >= 0 {
			return before.IndexOf()
		}
		return -1
	})
	return func(yield func(Moment) bool) {
		for i := range order {
			if !yield(MomentOf(i)) {
				return
			}
		}
	}
}

// BeginningsAndEnds are the places of all spans, in the one order of their beginnings, and in that of their ends.
func (x *Spans) BeginningsAndEnds() (beginnings, ends []int32) {
	beginnings, ends = make([]int32, 0, len(x.List)), make([]int32, 0, len(x.List))
	replies := x.Replies()
	for m := range x.Moments(func(m Moment) Moment { return x.SentBefore(m, replies) }) {
		if m.Ends {
			ends = append(ends, m.Span)
		} else {
			beginnings = append(beginnings, m.Span)
		}
	}
	return beginnings, ends
}

// happening is a moment that is to be put in order.
func (x *Spans) happening(m Moment) Happening {
	e, shape := &x.List[m.Span], x.ShapeOf(m.Span)
	whole := e.step == e.done
	h := Happening{shape.process, e.Start, e.step, StageOf(shape.Kind, shape.Name, m.Ends, whole, x.Has(m.Span, hasReply))}
	if m.Ends {
		h.At, h.Step = e.End, e.done
	}
	return h
}

// SentBefore is the moment at which a message was sent that a moment takes in; of no span, -1, where none is. replies
// are those that Spans.replies returns.
func (x *Spans) SentBefore(m Moment, replies []int32) Moment {
	switch {
	case m.Ends && replies[m.Span] >= 0:
		return Moment{replies[m.Span], true}
	case m.Ends && x.ShapeOf(m.Span).Name == spans.LateReplyName:
		return Moment{x.ParentOf(m.Span), true}
	case !m.Ends && x.IsReceiver(m.Span):
		return Moment{x.ParentOf(m.Span), false}
	}
	return Moment{Span: -1}
}

// shape is what many spans have in common.
type shape struct {
	Service, Name string
	Kind          trace.SpanKind
}
