package span

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Sink takes the spans of a run: a recorder, or a program's own TracerProvider.
type Sink interface {
	// Begun tells of a span that begins, with what it begins with. It is still being filled, and not to be changed.
	Begun(*Span)

	// Ended takes a span that has ended, which is the sink's from now on. It may Free it.
	Ended(*Span)
}

// Ref names a span of this run: its trace by the causal id of its root, itself by its own.
type Ref struct{ Root, ID uint64 }

// Begin is what every span needs besides its attributes.
type Begin struct {
	Self   Ref    // of a root, Root is ID
	Parent uint64 // the parent's causal id; 0 of a root
	Links  []Link // their Run is that of the span
}

// LinkTo is a link to a span of the same run, with what it says.
func LinkTo(to Ref, says ...attribute.KeyValue) Link {
	return Link{Root: world.CausalID(to.Root), ID: world.CausalID(to.ID), Attributes: says}
}

// Clock tells when things happen, for spans to say so: whatever a process does, in the order in which it does it.
type Clock interface {
	// BeginsAt is the moment at which something begins that the process does; since the run began.
	BeginsAt() time.Duration

	// HappensAt is the moment of an event within that; since the run began.
	HappensAt() time.Duration

	// EndsAt is the moment at which something ends; since the run began.
	EndsAt() time.Duration

	// Step is the number of the step that the process is in; 0 where it has none.
	Step() uint64
}

// Tracer starts the spans of one process, one after another. A nil Tracer is off: the spans that it starts are off too,
// cost nothing and allocate nothing.
type Tracer struct {
	sink    Sink
	service string
	run     uint64
	epoch   time.Time
	clock   Clock
	keys    Keys
}

// NewTracer makes a tracer of a process of the run that this number names and that began at epoch. The generated
// function of the same name knows the keys.
func NewTracer(sink Sink, service string, run uint64, epoch time.Time, keys Keys) *Tracer {
	return &Tracer{sink: sink, service: service, run: run, epoch: epoch.UTC(), keys: keys}
}

// Follow has the spans that begin and end from now on take their times, and the numbers of their steps, from a clock.
// It comes before the first span.
func (t *Tracer) Follow(clock Clock) {
	if t != nil {
		t.clock = clock
	}
}

// On says whether spans are recorded. What is costly to find out for a span need not be found out if not.
func (t *Tracer) On() bool { return t != nil }

// Started is a span that has begun: what all generated ones are made of. The zero value is off.
type Started struct {
	span   *Span
	tracer *Tracer
	id     world.CausalID
	step   uint64 // that it began in
}

// Start starts a span, for the generated starters, which know what a span must have.
func (t *Tracer) Start(b Begin, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) Started {
	step := t.clock.Step()
	s := unused.Get().(*Span)
	*s = Span{
		Run: t.run, Root: world.CausalID(b.Self.Root), ID: world.CausalID(b.Self.ID), Parent: world.CausalID(b.Parent),
		Name: name, Kind: kind, Service: t.service, Start: t.epoch.Add(t.clock.BeginsAt()),
		Attributes: append(s.Attributes[:0], attributes...), Events: s.Events[:0], Links: append(s.Links[:0], b.Links...),
	}
	for i := range s.Links {
		s.Links[i].Run = t.run
	}
	if step != 0 && t.keys.Step != "" {
		s.Attributes = append(s.Attributes, t.keys.Step.Int64(int64(step)))
	}
	t.sink.Begun(s)
	return Started{s, t, s.ID, step}
}

// On says whether the span is recorded.
func (s Started) On() bool { return s.span != nil }

// open says whether the span is recorded and has not ended. What comes later is none of its: its memory may be another
// span's by then.
func (s Started) open() bool { return s.span != nil && s.span.ID == s.id && s.span.End.IsZero() }

// Link adds a link to the span, to what came after it began.
func (s Started) Link(l Link) {
	if s.open() {
		l.Run = s.span.Run
		s.span.Links = append(s.span.Links, l)
	}
}

// Set sets attributes, anew where the span has them.
func (s Started) Set(attributes ...attribute.KeyValue) {
	if s.open() {
		for _, a := range attributes {
			s.span.set(a)
		}
	}
}

// Event adds an event.
func (s Started) Event(name string, attributes ...attribute.KeyValue) {
	if !s.open() {
		return
	}
	clock, keys := s.tracer.clock, &s.tracer.keys
	e := Event{Name: name}
	if len(attributes) > 0 {
		e.Attributes = append(make([]attribute.KeyValue, 0, len(attributes)+1), attributes...)
	}
	if step := clock.Step(); step != s.step && keys.Step != "" {
		e.Attributes = append(e.Attributes, keys.Step.Int64(int64(step)))
	}
	e.At = s.tracer.epoch.Add(clock.HappensAt())
	s.span.Events = append(s.span.Events, e)
}

// SetError has the span say that it is about an error of a type, and what happened.
func (s Started) SetError(errorType, description string) {
	if s.open() {
		s.span.SetError(s.tracer.keys.Error.String(errorType), description)
	}
}

// End ends the span.
func (s Started) End() {
	if !s.open() {
		return
	}
	clock, keys := s.tracer.clock, &s.tracer.keys
	if step := clock.Step(); step != s.step && keys.EndStep != "" {
		s.span.set(keys.EndStep.Int64(int64(step)))
	}
	s.span.End = s.tracer.epoch.Add(clock.EndsAt())
	s.tracer.sink.Ended(s.span)
}

// Fail ends the span with an error of a type, and says what happened.
func (s Started) Fail(errorType, description string) {
	s.SetError(errorType, description)
	s.End()
}

// Unfinished ends the span because the run ends.
func (s Started) Unfinished() {
	if s.open() {
		s.span.set(s.tracer.keys.Unfinished.Bool(true))
		s.End()
	}
}

// set sets an attribute, anew if the span has it.
func (s *Span) set(a attribute.KeyValue) {
	for i := range s.Attributes {
		if s.Attributes[i].Key == a.Key {
			s.Attributes[i].Value = a.Value
			return
		}
	}
	s.Attributes = append(s.Attributes, a)
}

// SetError has the span say that it is about an error, of a type that is an attribute, and what happened.
func (s *Span) SetError(errorType attribute.KeyValue, description string) {
	s.Status = Status{Code: codes.Error, Description: description}
	s.set(errorType)
}
