package span

import (
	"context"
	"crypto/rand"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Provided hands spans to a TracerProvider that a program brings.
//
// A provider makes ids of its own. One that takes a generator of ids, as OpenTelemetry's own does, is to be given IDs.
// Its resource is its own, too: which process a span is of is an attribute of the scope.
type Provided struct {
	provider trace.TracerProvider
	scope    string
	tracers  map[string]trace.Tracer // by service
	open     map[world.CausalID]openSpan
}

// openSpan is a span of the provider, and how many links it began with.
type openSpan struct {
	trace.Span

	links int
}

var _ Sink = (*Provided)(nil)

// NewProvided makes a sink of a program's provider; the scope is the name of the instrumentation.
func NewProvided(provider trace.TracerProvider, scope string) *Provided {
	return &Provided{provider, scope, map[string]trace.Tracer{}, map[world.CausalID]openSpan{}}
}

// Begun starts the span.
func (p *Provided) Begun(s *Span) { p.open[s.ID] = openSpan{p.start(s), len(s.Links)} }

// Ended says what happened since the span began, and ends it.
func (p *Provided) Ended(s *Span) {
	started := p.open[s.ID]
	delete(p.open, s.ID)
	started.SetAttributes(s.Attributes...)
	for i := range s.Links[started.links:] {
		started.AddLink(link(&s.Links[started.links+i]))
	}
	end(started, s)
}

// Export starts a span and ends it, where a recorder hands it on when it has ended and what it sent has arrived.
func (p *Provided) Export(_ context.Context, s *Span) error {
	end(p.start(s), s)
	return nil
}

func (p *Provided) start(s *Span) trace.Span {
	tracer, ok := p.tracers[s.Service]
	if !ok {
		process := attribute.String("service.name", s.Service)
		tracer = p.provider.Tracer(p.scope, trace.WithInstrumentationAttributes(process))
		p.tracers[s.Service] = tracer
	}
	ctx := context.WithValue(context.Background(), spanKey{}, s)
	if s.Parent != 0 {
		ctx = trace.ContextWithRemoteSpanContext(ctx, remote(s.Run, s.Root, s.Parent))
	}
	links := make([]trace.Link, len(s.Links))
	for i := range s.Links {
		links[i] = link(&s.Links[i])
	}
	//nolint:spancheck // end ends it, with what happened until then
	_, started := tracer.Start(ctx, s.Name, trace.WithTimestamp(s.Start), trace.WithSpanKind(s.Kind),
		trace.WithAttributes(s.Attributes...), trace.WithLinks(links...))
	return started //nolint:spancheck // as above
}

func end(started trace.Span, s *Span) {
	for i := range s.Events {
		e := &s.Events[i]
		started.AddEvent(e.Name, trace.WithTimestamp(e.At), trace.WithAttributes(e.Attributes...))
	}
	if s.Status.Code != codes.Unset {
		started.SetStatus(s.Status.Code, s.Status.Description)
	}
	started.End(trace.WithTimestamp(s.End))
}

// Shutdown does nothing: the provider is the program's.
func (*Provided) Shutdown(context.Context) error { return nil }

func link(l *Link) trace.Link {
	return trace.Link{SpanContext: remote(l.Run, l.Root, l.ID), Attributes: l.Attributes}
}

// remote is a span as another names it: by its ids alone.
func remote(run uint64, root, id world.CausalID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: TraceID(run, root), SpanID: ID(id), TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

type spanKey struct{}

// IDs gives a span of Provided its causal ids, and others random ones: a generator of ids as OpenTelemetry's SDK takes
// it.
type IDs struct{}

// NewIDs are those of a span that begins a trace.
func (IDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if s, ok := ctx.Value(spanKey{}).(*Span); ok {
		return s.TraceID(), ID(s.ID)
	}
	var of trace.TraceID
	_, _ = rand.Read(of[:]) // it never fails
	return of, newSpanID()
}

// NewSpanID is that of a span that has a parent.
func (IDs) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	if s, ok := ctx.Value(spanKey{}).(*Span); ok {
		return ID(s.ID)
	}
	return newSpanID()
}

func newSpanID() (id trace.SpanID) {
	_, _ = rand.Read(id[:]) // it never fails
	return id
}
