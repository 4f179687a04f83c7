package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
)

// perSpan is what a span costs: processor time, and how often memory is allocated.
type perSpan struct{ Nanoseconds, Allocations float64 }

// spanCosts has the spans of a run told once more: to a recorder that writes them as OTLP/JSON, and to OpenTelemetry's
// SDK, which hands them to an exporter that does nothing. Both are told the same, of values that are there already.
// They take turns, and the middle of each is what counts.
func spanCosts() (recorded, sdk perSpan, err error) {
	c := config.Default()
	c.Scenario, c.RequestsPerClient = "default", 400
	var all kept
	recorder := record.NewRecorder(record.RecorderOptions{}, &all)
	if _, err = cluster.New(c,
		cluster.Options{Unchecked: true, Recorder: recorder}).Run(context.Background()); err != nil {
		return recorded, sdk, err
	}
	if err = recorder.Close(context.Background()); err != nil {
		return recorded, sdk, err
	}
	var ours, theirs []perSpan
	for range 9 {
		ours = append(ours, all.cost(func() {
			again := record.NewRecorder(record.RecorderOptions{Name: "bench"}, record.NewOTLPFile(io.Discard))
			tellAgain(all.spans, again, c.Hash(), c.StartTime)
			err = again.Close(context.Background())
		}))
		provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(nothing{}), sdktrace.WithIDGenerator(span.IDs{}))
		provided := span.NewProvided(provider, spans.Scope)
		theirs = append(theirs, all.cost(func() {
			for _, s := range all.spans {
				_ = provided.Export(context.Background(), s) // it never fails
			}
		}))
	}
	return middleOf(ours), middleOf(theirs), err
}

// spanRows are the lines of the table about spanCosts.
func spanRows(f *figures) [][]string {
	cost := func(c perSpan) string { return fmt.Sprintf("%.0f ns, %.1f allocations", c.Nanoseconds, c.Allocations) }
	return [][]string{
		{"  told, recorded and written", cost(f.Recorded) + " (wanted: at most 4)"},
		{"  handed to nobody by the SDK", cost(f.SDK)},
		{"  the first, of the second", fmt.Sprintf("%.2f (wanted: at most 0.33)", f.Recorded.Nanoseconds/f.SDK.Nanoseconds)},
	}
}

// middleOf is the middle of several costs, by time.
func middleOf(costs []perSpan) perSpan {
	slices.SortFunc(costs, func(a, b perSpan) int { return int(a.Nanoseconds - b.Nanoseconds) })
	return costs[len(costs)/2]
}

// tellAgain has tracers start and end the spans that ended before, and the recorder know of what they send.
func tellAgain(all []*span.Span, recorder *record.Recorder, run uint64, epoch time.Time) {
	tracers := map[string]*span.Tracer{}
	clock := &told{epoch: epoch}
	for _, s := range all {
		tracer := tracers[s.Service]
		if tracer == nil {
			tracer = span.NewTracer(recorder, s.Service, run, epoch, span.Keys{Error: spans.ErrorTypeKey})
			tracer.Follow(clock)
			tracers[s.Service] = tracer
		}
		self := span.Ref{Root: uint64(s.Root), ID: uint64(s.ID)}
		clock.at = s.Start
		begin := span.Begin{Self: self, Parent: uint64(s.Parent), Links: s.Links}
		started := tracer.Start(begin, s.Name, s.Kind, s.Attributes...)
		for i := range s.Events {
			clock.at = s.Events[i].At
			started.Event(s.Events[i].Name, s.Events[i].Attributes...)
		}
		sends := s.Kind != trace.SpanKindInternal && s.Kind != trace.SpanKindConsumer
		if sends {
			recorder.Sent(self.ID, 1)
		}
		clock.at = s.End
		if errorType := s.Attribute(spans.ErrorTypeKey).AsString(); errorType != "" {
			started.Fail(errorType, s.Status.Description)
		} else {
			started.End()
		}
		if sends {
			recorder.Handled(self.ID)
		}
	}
}

// told is a clock that tells the moment that it is told.
type told struct {
	epoch, at time.Time
}

func (t *told) BeginsAt() time.Duration  { return t.at.Sub(t.epoch) }
func (t *told) HappensAt() time.Duration { return t.at.Sub(t.epoch) }
func (t *told) EndsAt() time.Duration    { return t.at.Sub(t.epoch) }
func (*told) Step() uint64               { return 0 }

// kept is an exporter that keeps spans.
type kept struct{ spans []*span.Span }

func (k *kept) Export(_ context.Context, s *span.Span) error {
	k.spans = append(k.spans, s.Clone())
	return nil
}

func (*kept) Shutdown(context.Context) error { return nil }

// cost is what each of the spans costs whoever does something with all of them.
func (k *kept) cost(do func()) perSpan {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := cpuTime()
	do()
	spent := cpuTime() - begin
	runtime.ReadMemStats(&after)
	n := float64(len(k.spans))
	return perSpan{float64(spent.Nanoseconds()) / n, float64(after.Mallocs-before.Mallocs) / n}
}

// nothing is an exporter that does nothing.
type nothing struct{}

func (nothing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (nothing) Shutdown(context.Context) error                             { return nil }
