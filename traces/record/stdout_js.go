package record

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0" // as in stdout.go
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// Stdout writes spans as OpenTelemetry's stdouttrace exporter does, to the byte, but without the SDK, which makes a
// page a fifth larger.
type Stdout struct {
	buffer    *bufio.Writer
	encoder   *json.Encoder
	resources map[string]*attribute.Set // by service
}

var _ Exporter = (*Stdout)(nil)

// NewStdout writes to w. Shutdown writes what is buffered, and leaves w open. It never fails.
func NewStdout(w io.Writer) (*Stdout, error) {
	buffer := bufio.NewWriterSize(w, 64<<10)
	return &Stdout{buffer, json.NewEncoder(buffer), map[string]*attribute.Set{}}, nil
}

// Shutdown writes what is buffered.
func (s *Stdout) Shutdown(context.Context) error { return s.buffer.Flush() }

// The fields of these are those of the SDK's, in its order.
type (
	stub struct {
		Name                   string
		SpanContext, Parent    trace.SpanContext
		SpanKind               trace.SpanKind
		StartTime, EndTime     time.Time
		Attributes             []attribute.KeyValue
		Events                 []stubEvent
		Links                  []stubLink
		Status                 stubStatus
		DroppedAttributes      int
		DroppedEvents          int
		DroppedLinks           int
		ChildSpanCount         int
		Resource               *attribute.Set
		InstrumentationScope   stubScope
		InstrumentationLibrary stubScope
	}
	stubEvent struct {
		Name                  string
		Attributes            []attribute.KeyValue
		DroppedAttributeCount int
		Time                  time.Time
	}
	stubLink struct {
		SpanContext           trace.SpanContext
		Attributes            []attribute.KeyValue
		DroppedAttributeCount int
	}
	stubStatus struct {
		Code        codes.Code
		Description string
	}
	stubScope struct {
		Name, Version, SchemaURL string
		Attributes               attribute.Set
	}
)

// Export writes a span.
func (s *Stdout) Export(ctx context.Context, ended *span.Span) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own, ok := s.resources[ended.Service]
	if !ok {
		set := attribute.NewSet(ended.Resource...)
		own = &set
		s.resources[ended.Service] = own
	}
	scope := stubScope{Name: spans.Scope, SchemaURL: semconv.SchemaURL}
	out := stub{
		Name: ended.Name, SpanContext: spanContext(ended.Run, ended.Root, ended.ID), SpanKind: ended.Kind,
		StartTime: ended.Start, EndTime: ended.End, Status: stubStatus{ended.Status.Code, ended.Status.Description},
		Resource: own, InstrumentationScope: scope, InstrumentationLibrary: scope,
	}
	if len(ended.Attributes) > 0 { // else there is none, not an empty list
		out.Attributes = ended.Attributes
	}
	if ended.Parent != 0 {
		out.Parent = spanContext(ended.Run, ended.Root, ended.Parent).WithRemote(true)
	}
	for _, e := range ended.Events {
		out.Events = append(out.Events, stubEvent{Name: e.Name, Attributes: e.Attributes, Time: e.At})
	}
	for _, l := range ended.Links {
		to := spanContext(l.Run, l.Root, l.ID).WithRemote(true)
		out.Links = append(out.Links, stubLink{SpanContext: to, Attributes: l.Attributes})
	}
	return s.encoder.Encode(&out)
}

func spanContext(run uint64, root, id world.CausalID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: span.TraceID(run, root), SpanID: span.ID(id), TraceFlags: trace.FlagsSampled,
	})
}
