package span

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Ref names a span of this run: its trace by the causal id of its root, itself by its own.
type Ref struct{ Root, ID uint64 }

// Begin is what every span needs besides its attributes.
type Begin struct {
	Self   Ref    // of a root, Root is ID
	Parent uint64 // the parent's causal id; 0 of a root
	Links  []Link
}

// LinkTo is a link to a span of the same run, with what it says.
func LinkTo(to Ref, says attribute.KeyValue, more ...attribute.KeyValue) Link {
	attributes := append(append(make([]attribute.KeyValue, 0, 1+len(more)), says), more...)
	return Link{Root: world.CausalID(to.Root), ID: world.CausalID(to.ID), Attributes: attributes}
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
	tracer trace.Tracer
	run    uint64
	epoch  time.Time
	clock  Clock
	keys   Keys
}

// NewTracer makes a tracer of the run that this number names and that began at epoch. The generated function of the
// same name knows the keys.
func NewTracer(tracer trace.Tracer, run uint64, epoch time.Time, keys Keys) *Tracer {
	return &Tracer{tracer: tracer, run: run, epoch: epoch, keys: keys}
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

// remote is a span as another names it: by its ids alone, so that nothing is ever read back from a span.
func (t *Tracer) remote(root, id world.CausalID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: TraceID(t.run, root), SpanID: ID(id), TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

type causalKey struct{}

// causal carries the ids that a span shall have to the generator of ids.
type causal struct {
	context.Context
	self Ref
}

// Value answers who asks for the ids.
func (c *causal) Value(key any) any {
	if key == (causalKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// CausalIDs are the causal ids that a span which is being started shall have: its root's and its own.
func CausalIDs(ctx context.Context) (root, id uint64, ok bool) {
	if c, ok := ctx.Value(causalKey{}).(*causal); ok {
		return c.self.Root, c.self.ID, true
	}
	return 0, 0, false
}

// Started is a span that has begun: what all generated ones are made of. The zero value is off.
type Started struct {
	span   trace.Span
	tracer *Tracer
	step   uint64 // that it began in
}

// Start starts a span, for the generated starters, which know what a span must have.
func (t *Tracer) Start(b Begin, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) Started {
	var ctx context.Context = &causal{Context: context.Background(), self: b.Self}
	if b.Parent != 0 {
		ctx = trace.ContextWithRemoteSpanContext(ctx, t.remote(world.CausalID(b.Self.Root), world.CausalID(b.Parent)))
	}
	step := t.clock.Step()
	if step != 0 && t.keys.Step != "" {
		attributes = append(attributes, t.keys.Step.Int64(int64(step)))
	}
	options := []trace.SpanStartOption{
		trace.WithTimestamp(t.epoch.Add(t.clock.BeginsAt())), trace.WithSpanKind(kind), trace.WithAttributes(attributes...),
	}
	if len(b.Links) > 0 {
		links := make([]trace.Link, len(b.Links))
		for i, link := range b.Links {
			links[i] = t.link(link)
		}
		options = append(options, trace.WithLinks(links...))
	}
	_, started := t.tracer.Start(ctx, name, options...)
	return Started{span: started, tracer: t, step: step}
}

// link is a link as the API has it.
func (t *Tracer) link(l Link) trace.Link {
	return trace.Link{SpanContext: t.remote(l.Root, l.ID), Attributes: l.Attributes}
}

// On says whether the span is recorded.
func (s Started) On() bool { return s.span != nil }

// Link adds a link to the span, to what came after it began.
func (s Started) Link(l Link) {
	if s.On() {
		s.span.AddLink(s.tracer.link(l))
	}
}

// Set sets attributes, anew where the span has them.
func (s Started) Set(attributes ...attribute.KeyValue) {
	if s.On() {
		s.span.SetAttributes(attributes...)
	}
}

// Event adds an event.
func (s Started) Event(name string, attributes ...attribute.KeyValue) {
	if !s.On() {
		return
	}
	clock, keys := s.tracer.clock, &s.tracer.keys
	if step := clock.Step(); step != s.step && keys.Step != "" {
		attributes = append(attributes, keys.Step.Int64(int64(step)))
	}
	s.span.AddEvent(name, trace.WithTimestamp(s.tracer.epoch.Add(clock.HappensAt())), trace.WithAttributes(attributes...))
}

// End ends the span.
func (s Started) End() {
	if !s.On() {
		return
	}
	clock, keys := s.tracer.clock, &s.tracer.keys
	if step := clock.Step(); step != s.step && keys.EndStep != "" {
		s.Set(keys.EndStep.Int64(int64(step)))
	}
	s.span.End(trace.WithTimestamp(s.tracer.epoch.Add(clock.EndsAt())))
}

// SetError has the span say that it is about an error of a type, and what happened.
func (s Started) SetError(errorType, description string) {
	if !s.On() {
		return
	}
	s.span.SetStatus(codes.Error, description)
	s.Set(s.tracer.keys.Error.String(errorType))
}

// Fail ends the span with an error of a type, and says what happened.
func (s Started) Fail(errorType, description string) {
	if s.On() {
		s.SetError(errorType, description)
		s.End()
	}
}

// Unfinished ends the span because the run ends.
func (s Started) Unfinished() {
	if s.On() {
		s.Set(s.tracer.keys.Unfinished.Bool(true))
		s.End()
	}
}
