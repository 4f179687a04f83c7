package run

import (
	"context"
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// tally counts what the summary tells, as spans go by.
type tally struct {
	protocol         *whole.Protocol
	spans, elections int

	begin time.Time // of all spans
	// the id of the last message that only tells something and that nothing happened to: a message worth losing
	notification string
	message      string // the same in words: from whom to whom, when, and what it tells
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
	if t.protocol.Landmarks.Stands.Is(s) {
		t.elections++
	}
	if message, tells := words.Notification(&t.protocol.Landmarks, s); message != "" && len(s.Events) == 0 {
		t.notification, t.message = s.ID.String(), t.described(s, message, tells)
	}
}

// described is a message in words, given what it is called and what it tells.
func (t *tally) described(s *span.Span, message, tells string) string {
	to := t.protocol.Landmarks.PeerOf(s)
	at := s.Start.Sub(t.begin) // the run's own span, which is the first, begins with the run
	return fmt.Sprintf("the %s that %s sends to %s at %d.%03dms, %s",
		message, s.Service, to, at.Milliseconds(), at.Microseconds()%1000, tells)
}
