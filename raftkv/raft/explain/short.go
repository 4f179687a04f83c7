package explain

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
)

// What is said again and again, by short names.

func say(format string, arguments ...any) explain.Sentence { return explain.Say(format, arguments...) }

func step(at explain.Moment, format string, arguments ...any) explain.Step {
	return explain.At(at, format, arguments...)
}

func shown(s *span.Span, key attribute.Key) string { return explain.Shown(s, key) }

func integer(s *span.Span, key attribute.Key) int64 { return explain.Integer(s, key) }

func peerOf(s *span.Span) string { return explain.Peer(s) }
