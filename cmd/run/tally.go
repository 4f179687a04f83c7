package main

import (
	"context"
	"fmt"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// tally counts what the summary tells, as spans go by.
type tally struct {
	spans, elections int

	begin        time.Time // of all spans
	notification string    // the id of the last CommitNotification that nothing happened to: a message worth losing
	message      string    // the same in words: from whom to whom, when, and what it tells
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
	switch s.Name() {
	case spans.ElectionName:
		t.elections++
	case spans.CommitNotificationProducerName:
		if s.SpanKind() == trace.SpanKindProducer && len(s.Events()) == 0 {
			t.notification, t.message = s.SpanContext().SpanID().String(), t.described(s)
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
