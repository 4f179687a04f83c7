package traces

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
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

// ShortName is a span's name without the service in front: Put of raftkv.KV/Put.
func ShortName(s *Span) string {
	return words.LastPart(s.Name)
}

// IsCrash says whether a fault ends what a process does. A rollback does, and starts it again at once.
func IsCrash(f *Span) bool {
	return FaultKind(f) == worldspans.FaultCrash || FaultKind(f) == worldspans.FaultLoseUnsynced ||
		FaultKind(f) == worldspans.FaultRollback
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

// NearTheEnd is how long before the end of its step a process does at most what it does in that: what is told of a step
// is no longer than that less than the step, and what waited for the step begins no later than that after what is told
// of it. It is what raftkv/sim/moments.go leaves.
const NearTheEnd = 100 * time.Microsecond

// AtOnceWithin is how far times are apart at most of what the world and a process do at one moment: each thing that
// takes no time has a microsecond of its own.
const AtOnceWithin = 10 * time.Microsecond

// IsStep says whether an attribute numbers a step of a process.
func IsStep(key attribute.Key) bool {
	return key == worldspans.RaftkvStepKey || key == worldspans.RaftkvEndStepKey
}
