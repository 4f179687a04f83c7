package main

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/record"
)

// tally counts what the summary tells, as spans go by.
type tally struct {
	spans, elections int

	begin        time.Time // of all spans
	notification string    // the id of the last CommitNotification that nothing happened to: a message worth losing
	message      string    // the same in words: from whom to whom, when, and what it tells
}

var _ record.Exporter = (*tally)(nil)

// Export counts a span.
func (t *tally) Export(_ context.Context, s *span.Span) error {
	t.count(s)
	return nil
}

// Shutdown does nothing.
func (*tally) Shutdown(context.Context) error { return nil }

func (t *tally) count(s *span.Span) {
	t.spans++
	if t.begin.IsZero() || s.Start.Before(t.begin) {
		t.begin = s.Start
	}
	switch s.Name {
	case spans.ElectionName:
		t.elections++
	case spans.CommitNotificationProducerName:
		if s.Kind == trace.SpanKindProducer && len(s.Events) == 0 {
			t.notification, t.message = s.ID.String(), t.described(s)
		}
	}
}

// described is a CommitNotification in words.
func (t *tally) described(s *span.Span) string {
	to, index := s.Attribute(spans.RaftPeerIDKey).AsString(), s.Attribute(spans.RaftLeaderCommitKey).AsInt64()
	at := s.Start.Sub(t.begin) // the run's own span, which is the first, begins with the run
	return fmt.Sprintf("the CommitNotification that %s sends to %s at %d.%03dms, that index %d is committed",
		s.Service, to, at.Milliseconds(), at.Microseconds()%1000, index)
}
