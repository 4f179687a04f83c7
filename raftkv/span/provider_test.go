package span_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

const run = 0x1234567890abcdef

var (
	epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	keys  = span.Keys{Step: "step", EndStep: "end_step", Error: "error.type", Unfinished: "unfinished"}
)

// clock is a millisecond later, and a step further, each time that it is asked.
type clock struct {
	now  time.Duration
	step uint64
}

func (c *clock) BeginsAt() time.Duration  { c.now += time.Millisecond; return c.now }
func (c *clock) HappensAt() time.Duration { return c.BeginsAt() }
func (c *clock) EndsAt() time.Duration    { return c.BeginsAt() }
func (c *clock) Step() uint64             { c.step++; return c.step }

// kept are the spans that ended.
type kept struct{ spans []*span.Span }

func (*kept) Begun(*span.Span)     {}
func (k *kept) Ended(s *span.Span) { k.spans = append(k.spans, s) }

// play has a tracer start a span with all that a span can have, a root that fails within it, and one that is still open
// when the run ends.
func play(sink span.Sink) {
	tracer := span.NewTracer(sink, "node-1", run, epoch, keys)
	tracer.Follow(&clock{})
	begin := span.Begin{
		Self: span.Ref{Root: 7, ID: 9}, Parent: 8,
		Links: []span.Link{
			span.LinkTo(span.Ref{Root: 5, ID: 6}, attribute.String("why", "previous")),
			span.LinkTo(span.Ref{Root: 5, ID: 5}),
		},
	}
	s := tracer.Start(begin, "raft.Raft/AppendEntries", trace.SpanKindClient,
		attribute.String("node", "node-1"), attribute.Int("term", 3), attribute.StringSlice("entries", []string{"a", "b"}))
	s.Event("delay", attribute.String("cause", "network"))
	s.Set(attribute.Int("term", 4), attribute.Bool("late", true))
	inner := tracer.Start(span.Begin{Self: span.Ref{Root: 3, ID: 3}}, "raft.election", trace.SpanKindInternal)
	inner.Fail("crash", "the process crashed")
	inner.Set(attribute.Int("term", 5)) // comes too late
	inner.Event("late")
	inner.Link(span.LinkTo(span.Ref{Root: 1, ID: 1}))
	inner.Fail("timeout", "twice")
	open := tracer.Start(span.Begin{Self: span.Ref{Root: 4, ID: 4}}, "raft.heartbeat", trace.SpanKindInternal)
	s.Event("bare")
	s.Link(span.LinkTo(span.Ref{Root: 2, ID: 2}, attribute.String("why", "commit")))
	s.End()
	open.Unfinished()
}

// fromSDK is a span as a provider of OpenTelemetry's SDK has it.
func fromSDK(s *tracetest.SpanStub) *span.Span {
	out := &span.Span{
		Name: s.Name, Kind: s.SpanKind, Start: s.StartTime, End: s.EndTime, Attributes: s.Attributes,
		Status: span.Status{Code: s.Status.Code, Description: s.Status.Description},
	}
	var of span.Link
	of.Run, of.Root, of.ID = ids(s.SpanContext)
	out.Run, out.Root, out.ID = of.Run, of.Root, of.ID
	_, _, out.Parent = ids(s.Parent)
	service, _ := s.InstrumentationScope.Attributes.Value("service.name")
	out.Service = service.AsString()
	for _, e := range s.Events {
		out.Events = append(out.Events, span.Event{Name: e.Name, At: e.Time, Attributes: e.Attributes})
	}
	for _, l := range s.Links {
		to := span.Link{Attributes: l.Attributes}
		to.Run, to.Root, to.ID = ids(l.SpanContext)
		out.Links = append(out.Links, to)
	}
	return out
}

func ids(c trace.SpanContext) (of uint64, root, id world.CausalID) {
	traceID, spanID := c.TraceID(), c.SpanID()
	return binary.BigEndian.Uint64(traceID[:8]), world.CausalID(binary.BigEndian.Uint64(traceID[8:])),
		world.CausalID(binary.BigEndian.Uint64(spanID[:]))
}

// The SDK's own provider is told of a span all that a recorder is: while it lasts, and when it is handed over at its
// end.
func TestProviderOfTheSDK(t *testing.T) {
	want := &kept{}
	play(want)
	for name, hand := range map[string]func(*span.Provided) span.Sink{
		"while it lasts": func(p *span.Provided) span.Sink { return p },
		"at its end":     func(p *span.Provided) span.Sink { return atItsEnd{t, p} },
	} {
		t.Run(name, func(t *testing.T) {
			exporter := tracetest.NewInMemoryExporter()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter), sdktrace.WithIDGenerator(span.IDs{}))
			play(hand(span.NewProvided(provider, "scope")))
			var got []*span.Span
			stubs := exporter.GetSpans()
			for i := range stubs {
				got = append(got, fromSDK(&stubs[i]))
				if scope := stubs[i].InstrumentationScope.Name; scope != "scope" {
					t.Errorf("a span is of the scope %q", scope)
				}
			}
			if diff := cmp.Diff(want.spans, got, values, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-what the sink gets, +what the provider exports:\n%s", diff)
			}
		})
	}
}

// atItsEnd hands each span to a provider when it has ended, as a recorder does.
type atItsEnd struct {
	t *testing.T
	p *span.Provided
}

func (atItsEnd) Begun(*span.Span) {}

func (a atItsEnd) Ended(s *span.Span) {
	if err := a.p.Export(a.t.Context(), s); err != nil {
		a.t.Error(err)
	}
}

// A provider that does nothing gets nothing, and nothing happens.
func TestProviderThatDoesNothing(t *testing.T) {
	p := span.NewProvided(noop.NewTracerProvider(), "scope")
	play(p)
	play(atItsEnd{t, p})
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// Spans that a program starts itself get ids, too, when it uses the generator.
func TestIDsOfOtherSpans(t *testing.T) {
	provider := sdktrace.NewTracerProvider(sdktrace.WithIDGenerator(span.IDs{}))
	ctx, parent := provider.Tracer("").Start(t.Context(), "parent")
	_, child := provider.Tracer("").Start(ctx, "child")
	a, b := parent.SpanContext(), child.SpanContext()
	if !a.IsValid() || !b.IsValid() || a.TraceID() != b.TraceID() || a.SpanID() == b.SpanID() {
		t.Errorf("parent %v, child %v", a, b)
	}
}
