package traces

import (
	"encoding/binary"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

func traceID(run, root uint64) (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[:8], run)
	binary.BigEndian.PutUint64(id[8:], root)
	return id
}

// isSender says whether a span sends a message when it begins.
func isSender(s *Span) bool {
	return s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindProducer
}

// isReceiver says whether a span takes in a message when it begins.
func isReceiver(s *Span) bool {
	return s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer
}

// spanShape is what tells the spans of the spec apart.
type spanShape struct {
	name string
	kind trace.SpanKind
}

// shortName is a span's name without the service in front: AppendEntries of raft.Raft/AppendEntries.
func shortName(s *Span) string {
	return lastPart(s.Name)
}

// isCrash says whether a fault ends what a process does. A rollback does, and starts it again at once.
func isCrash(f *Span) bool {
	return faultKind(f) == spans.FaultCrash || faultKind(f) == spans.FaultLoseUnsynced || faultKind(f) == spans.FaultRollback
}

// eventOf is the first event of a span of that name.
func eventOf(s *Span, name string) *Event {
	for i := range s.Events {
		if s.Events[i].Name == name {
			return &s.Events[i]
		}
	}
	return nil
}

func faultKind(f *Span) string { return f.Attribute(spans.RaftkvFaultKey).AsString() }
