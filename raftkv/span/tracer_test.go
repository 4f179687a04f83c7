package span_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
)

// A span is what its starter and its methods said until it ended, with the time and the step of each.
func TestSpanIsWhatWasSaid(t *testing.T) {
	got := &kept{}
	play(got)
	at := func(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }
	step := func(n int) attribute.KeyValue { return attribute.Int("step", n) }
	want := []*span.Span{
		{
			Run: run, Root: 3, ID: 3, Name: "raft.election", Kind: trace.SpanKindInternal, Service: "node-1", Start: at(3),
			End:        at(4),
			Attributes: []attribute.KeyValue{step(3), attribute.String("error.type", "crash"), attribute.Int("end_step", 4)},
			Status:     span.Status{Code: codes.Error, Description: "the process crashed"},
		},
		{
			Run: run, Root: 7, ID: 9, Parent: 8, Name: "raft.Raft/AppendEntries", Kind: trace.SpanKindClient, Service: "node-1",
			Start: at(1), End: at(7),
			Attributes: []attribute.KeyValue{
				attribute.String("node", "node-1"), attribute.Int("term", 4), attribute.StringSlice("entries", []string{"a", "b"}),
				step(1), attribute.Bool("late", true), attribute.Int("end_step", 7),
			},
			Events: []span.Event{
				{Name: "delay", At: at(2), Attributes: []attribute.KeyValue{attribute.String("cause", "network"), step(2)}},
				{Name: "bare", At: at(6), Attributes: []attribute.KeyValue{step(6)}},
			},
			Links: []span.Link{
				{Run: run, Root: 5, ID: 6, Attributes: []attribute.KeyValue{attribute.String("why", "previous")}},
				{Run: run, Root: 5, ID: 5},
				{Run: run, Root: 2, ID: 2, Attributes: []attribute.KeyValue{attribute.String("why", "commit")}},
			},
		},
		{
			Run: run, Root: 4, ID: 4, Name: "raft.heartbeat", Kind: trace.SpanKindInternal, Service: "node-1", Start: at(5),
			End:        at(8),
			Attributes: []attribute.KeyValue{step(5), attribute.Bool("unfinished", true), attribute.Int("end_step", 8)},
		},
	}
	if diff := cmp.Diff(want, got.spans, values, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// What starts a span keeps what it was given: a sink may keep the span.
func TestSpansShareNothingThatChanges(t *testing.T) {
	got := &kept{}
	tracer := span.NewTracer(got, "node-1", run, epoch, span.Keys{})
	tracer.Follow(&clock{})
	links, attributes := []span.Link{{ID: 1}}, []attribute.KeyValue{attribute.Int("n", 1)}
	s := tracer.Start(span.Begin{Links: links}, "name", trace.SpanKindInternal, attributes...)
	s.Event("event", attributes...)
	links[0].ID, attributes[0] = 2, attribute.Int("n", 2)
	s.End()
	ended := got.spans[0]
	if links[0].Run != 0 || ended.Links[0].ID != 1 || ended.Attribute("n").AsInt64() != 1 ||
		ended.Events[0].Attribute("n").AsInt64() != 1 {
		t.Errorf("the span %+v changed with what it was made of, or changed it: %+v", ended, links)
	}
	if len(ended.Attributes) != 1 {
		t.Errorf("without keys it has %v", ended.Attributes)
	}
}

// A span that was given back becomes another one, which who started the first cannot reach, and a clone stays.
func TestSpansAreUsedAgain(t *testing.T) {
	got := &kept{}
	tracer := span.NewTracer(got, "node-1", run, epoch, span.Keys{})
	tracer.Follow(&clock{})
	start := func(id uint64) span.Started {
		link := span.LinkTo(span.Ref{ID: id})
		begin := span.Begin{Self: span.Ref{Root: 1, ID: id}, Links: []span.Link{link}}
		return tracer.Start(begin, "name", trace.SpanKindInternal, attribute.Int64("n", int64(id)))
	}
	first := start(1)
	first.Event("first")
	first.End()
	clone, want := got.spans[0].Clone(), *got.spans[0].Clone()
	span.Free(got.spans[0])
	second := start(2)
	first.Set(attribute.Int("late", 1))
	first.Event("late")
	first.Link(span.Link{})
	first.Fail("late", "late")
	second.Event("second")
	second.End()
	if diff := cmp.Diff(&want, clone, values); diff != "" {
		t.Errorf("-the first span, +its clone when its memory is another's:\n%s", diff)
	}
	s := got.spans[1]
	if bare := (&span.Span{Events: []span.Event{}}).Clone(); bare.Events != nil {
		t.Error("a clone tells a list that was used before from one that never was")
	}
	if len(got.spans) != 2 || s.ID != 2 || len(s.Attributes) != 1 || s.Attribute("n").AsInt64() != 2 ||
		len(s.Links) != 1 ||
		len(s.Events) != 1 || s.Events[0].Name != "second" || s.Status != (span.Status{}) {
		t.Errorf("the second span is %+v", s)
	}
}

// values compares the values of attributes.
var values = cmp.Comparer(func(a, b attribute.Value) bool { return a.Type() == b.Type() && a.String() == b.String() })

// With no tracer nothing happens, and nothing is allocated.
func TestOff(t *testing.T) {
	var off *span.Tracer
	off.Follow(&clock{})
	var s span.Started
	if off.On() || s.On() {
		t.Error("they should be off")
	}
	if n := testing.AllocsPerRun(100, func() {
		s.Set(attribute.Int("n", 1))
		s.Event("event", attribute.Int("n", 1))
		s.Link(span.Link{})
		s.SetError("lost", "it was lost")
		s.Fail("lost", "it was lost")
		s.Unfinished()
		s.End()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
