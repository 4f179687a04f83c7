package traces

import (
	"encoding/binary"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Span is a span that has ended, read from a file or handed over by the SDK. What it refers to is shared with other spans: it is not to be changed.
type Span struct {
	Run        uint64         // names the run: the first half of the trace id
	Root       world.CausalID // of the span that began the trace: the second half of the trace id
	ID         world.CausalID
	Parent     world.CausalID // 0 for a root
	Name       string
	Kind       trace.SpanKind
	Service    string // the process: node-1, client-2, world
	Start, End time.Time
	Attributes []attribute.KeyValue // in the order in which they were set
	Events     []Event
	Links      []Link
	Status     Status
	Resource   []attribute.KeyValue // of the process, service.name included
	Resolution time.Duration        // of the times, where they were cut on the way: Jaeger has whole microseconds; 0 is as they were
}

// Event is something that happened within a span.
type Event struct {
	Name       string
	At         time.Time
	Attributes []attribute.KeyValue
}

// Link is a reference to another span.
type Link struct {
	Run        uint64
	Root       world.CausalID
	ID         world.CausalID
	Attributes []attribute.KeyValue
}

// Status is how a span ended.
type Status struct {
	Code        codes.Code
	Description string
}

// TraceID is the id of the trace that the span is part of.
func (s *Span) TraceID() trace.TraceID { return TraceID(s.Run, uint64(s.Root)) }

// Attribute is the value of an attribute; one that the span does not have is empty.
func (s *Span) Attribute(key attribute.Key) attribute.Value { return Find(s.Attributes, key) }

// Attribute is the value of an attribute; one that the event does not have is empty.
func (e *Event) Attribute(key attribute.Key) attribute.Value { return Find(e.Attributes, key) }

// IsFault says whether a span of this name tells of a fault: the name goes on with what fault it is, and to whom.
func IsFault(name string) bool {
	rest, is := strings.CutPrefix(name, spans.FaultName)
	return is && (rest == "" || rest[0] == ' ')
}

// DeclaredName is the name that the spec has for spans of a name: the first word of a fault's.
func DeclaredName(name string) string {
	if IsFault(name) {
		return spans.FaultName
	}
	return name
}

func Find(attributes []attribute.KeyValue, key attribute.Key) attribute.Value {
	for i := range attributes {
		if attributes[i].Key == key {
			return attributes[i].Value
		}
	}
	return attribute.Value{}
}

// FromSDK is the span that a file would give back.
func FromSDK(s sdktrace.ReadOnlySpan) Span {
	context, parent := s.SpanContext(), s.Parent()
	run, root := splitTraceID(context.TraceID())
	status := s.Status()
	span := Span{
		Run:        run,
		Root:       root,
		ID:         splitSpanID(context.SpanID()),
		Parent:     splitSpanID(parent.SpanID()),
		Name:       s.Name(),
		Kind:       s.SpanKind(),
		Start:      s.StartTime().UTC(),
		End:        s.EndTime().UTC(),
		Attributes: s.Attributes(),
		Status:     Status{status.Code, status.Description},
		Resource:   s.Resource().Attributes(),
	}
	span.Service = Find(span.Resource, ServiceName).AsString()
	for _, e := range s.Events() {
		span.Events = append(span.Events, Event{e.Name, e.Time.UTC(), e.Attributes})
	}
	for _, l := range s.Links() {
		run, root := splitTraceID(l.SpanContext.TraceID())
		span.Links = append(span.Links, Link{run, root, splitSpanID(l.SpanContext.SpanID()), l.Attributes})
	}
	return span
}

const ServiceName = attribute.Key("service.name")

func splitTraceID(id trace.TraceID) (run uint64, root world.CausalID) {
	return binary.BigEndian.Uint64(id[:8]), world.CausalID(binary.BigEndian.Uint64(id[8:]))
}

func splitSpanID(id trace.SpanID) world.CausalID {
	return world.CausalID(binary.BigEndian.Uint64(id[:]))
}
