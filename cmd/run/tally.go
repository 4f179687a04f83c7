package main

import (
	"context"
	"fmt"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/spans"
)

// tally counts what the summary tells, as spans go by.
type tally struct {
	spans, elections int

	begin, end         time.Time     // of all spans
	operation, elected trace.TraceID // of the first operation, and of the first election that was won
	client             string        // who asked for that operation
	notification       string        // the id of the last CommitNotification that nothing happened to: a message worth losing
	message            string        // the same in words: from whom to whom, when, and what it tells
}

var _ sdktrace.SpanExporter = (*tally)(nil)

// ExportSpans counts spans.
func (t *tally) ExportSpans(_ context.Context, all []sdktrace.ReadOnlySpan) error {
	for _, s := range all {
		t.count(s)
	}
	return nil
}

// Shutdown does nothing.
func (*tally) Shutdown(context.Context) error { return nil }

func (t *tally) count(s sdktrace.ReadOnlySpan) {
	t.spans++
	if t.begin.IsZero() || s.StartTime().Before(t.begin) {
		t.begin = s.StartTime()
	}
	if s.EndTime().After(t.end) {
		t.end = s.EndTime()
	}
	switch s.Name() {
	case spans.ElectionName:
		t.elections++
		if !t.elected.IsValid() && won(s) {
			t.elected = s.SpanContext().TraceID()
		}
	case spans.CommitNotificationProducerName:
		if s.SpanKind() == trace.SpanKindProducer && len(s.Events()) == 0 {
			t.notification, t.message = s.SpanContext().SpanID().String(), t.described(s)
		}
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		if !t.operation.IsValid() {
			t.operation = s.SpanContext().TraceID()
			t.client = service(s)
		}
	}
}

// described is a CommitNotification in words.
func (t *tally) described(s sdktrace.ReadOnlySpan) string {
	to, index := "", int64(0)
	for _, a := range s.Attributes() {
		switch a.Key {
		case spans.RaftPeerIDKey:
			to = a.Value.AsString()
		case spans.RaftLeaderCommitKey:
			index = a.Value.AsInt64()
		}
	}
	at := s.StartTime().Sub(t.begin) // the run's own span, which is the first, begins with the run
	return fmt.Sprintf("the CommitNotification that %s sends to %s at %d.%03dms, that index %d is committed", service(s), to, at.Milliseconds(), at.Microseconds()%1000, index)
}

// service is the process of a span.
func service(s sdktrace.ReadOnlySpan) string {
	for _, a := range s.Resource().Attributes() {
		if a.Key == "service.name" {
			return a.Value.AsString()
		}
	}
	return ""
}

func won(s sdktrace.ReadOnlySpan) bool {
	for _, a := range s.Attributes() {
		if a.Key == spans.RaftOutcomeKey {
			return a.Value.AsString() == spans.OutcomeWon
		}
	}
	return false
}
