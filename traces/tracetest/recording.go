package tracetest

import (
	"context"
	"time"

	"github.com/raftkv/raftkv/raftkv/span"
)

// Memory is an exporter that keeps the spans of a run.
type Memory struct{ Spans []span.Span }

// Export implements record.Exporter.
func (m *Memory) Export(_ context.Context, s *span.Span) error {
	m.Spans = append(m.Spans, *s.Clone())
	return nil
}

// Shutdown implements record.Exporter.
func (*Memory) Shutdown(context.Context) error { return nil }

// Clock is a clock that a test sets: when a step begins, when something happens in it, and when it ends.
type Clock struct{ Begins, Happens, Ends time.Duration }

// Set has a step begin and end now.
func (c *Clock) Set(now time.Duration) { *c = Clock{now, now, now} }

// BeginsAt implements span.Clock.
func (c *Clock) BeginsAt() time.Duration { return c.Begins }

// HappensAt implements span.Clock.
func (c *Clock) HappensAt() time.Duration { return c.Happens }

// EndsAt implements span.Clock.
func (c *Clock) EndsAt() time.Duration { return c.Ends }

// Step implements span.Clock: there are no steps.
func (*Clock) Step() uint64 { return 0 }
