package traces

import (
	"go.opentelemetry.io/otel/trace"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// IsSender says whether a span sends a message when it begins.
func IsSender(s *Span) bool {
	return s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindProducer
}

// IsReceiver says whether a span takes in a message when it begins.
func IsReceiver(s *Span) bool {
	return s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer
}

// SpanShape is what tells the spans of the spec apart.
type SpanShape struct {
	Name string
	Kind trace.SpanKind
}

// ShortName is a span's name without the service in front: AppendEntries of raft.Raft/AppendEntries.
func ShortName(s *Span) string {
	return words.LastPart(s.Name)
}

// IsCrash says whether a fault ends what a process does. A rollback does, and starts it again at once.
func IsCrash(f *Span) bool {
	return FaultKind(f) == worldspans.FaultCrash || FaultKind(f) == worldspans.FaultLoseUnsynced || FaultKind(f) == worldspans.FaultRollback
}

// EventOf is the first event of a span of that name.
func EventOf(s *Span, name string) *Event {
	for i := range s.Events {
		if s.Events[i].Name == name {
			return &s.Events[i]
		}
	}
	return nil
}

// FaultKind is which fault a span tells of.
func FaultKind(f *Span) string { return f.Attribute(worldspans.RaftkvFaultKey).AsString() }
