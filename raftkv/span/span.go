// Package span is a span on its way, from who starts it to who reads it: one plain value. The generated starters of a
// spec's spans are built on what is here.
//
// Open span.go first: it says what a span is. tracer.go starts spans and fills them; provider.go hands them to any
// OpenTelemetry TracerProvider; spec.go, landmarks.go and story.go
// are the forms of the tables that say what spans there are, what tools know them by, and what a story tells of them.
package span

import (
	"encoding/binary"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Span is a span that has ended, as it is recorded, and as a file gives it back. What it refers to is shared with other
// spans: it is not to be changed. Clone makes one to keep of one that is recorded.
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
	Resolution time.Duration        // of the times, if they were cut: Jaeger has whole microseconds; 0 is as they were
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

// Clone is a copy that stays as it is when the span is given back. A list that is empty is nil.
func (s *Span) Clone() *Span {
	c := *s
	c.Attributes = append([]attribute.KeyValue(nil), s.Attributes...)
	c.Events = append([]Event(nil), s.Events...)
	c.Links = append([]Link(nil), s.Links...)
	return &c
}

// unused are spans that were given back. A run has some hundred thousand, and needs few at a time: without this, most
// of what a span costs is its memory.
var unused = sync.Pool{New: func() any { return new(Span) }}

// Free gives a recorded span back, of which another one will be made. Whoever keeps a span keeps a Clone.
func Free(s *Span) { unused.Put(s) }

// TraceID is the id of the trace that the span is part of.
func (s *Span) TraceID() trace.TraceID { return TraceID(s.Run, s.Root) }

// Attribute is the value of an attribute; one that the span does not have is empty.
func (s *Span) Attribute(key attribute.Key) attribute.Value { return Find(s.Attributes, key) }

// Attribute is the value of an attribute; one that the event does not have is empty.
func (e *Event) Attribute(key attribute.Key) attribute.Value { return Find(e.Attributes, key) }

// Find is the value of an attribute among others; one that is not there is empty.
func Find(attributes []attribute.KeyValue, key attribute.Key) attribute.Value {
	for i := range attributes {
		if attributes[i].Key == key {
			return attributes[i].Value
		}
	}
	return attribute.Value{}
}

// TraceID names a trace: by the run, then its root.
func TraceID(run uint64, root world.CausalID) (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[:8], run)
	binary.BigEndian.PutUint64(id[8:], uint64(root))
	return id
}

// ID is a causal id as OpenTelemetry has it.
func ID(causal world.CausalID) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(causal))
	return id
}
