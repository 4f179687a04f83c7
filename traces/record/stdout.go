//go:build !js

package record

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0" // the newest that this release of OpenTelemetry has
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// Stdout writes spans as OpenTelemetry's stdouttrace exporter does, a JSON value a line. The format is that exporter's
// own: Jaeger cannot open it.
type Stdout struct {
	exporter  *stdouttrace.Exporter
	buffer    *bufio.Writer
	resources map[string]*resource.Resource // by service
}

var _ Exporter = (*Stdout)(nil)

// NewStdout writes to w. Shutdown writes what is buffered, and leaves w open.
func NewStdout(w io.Writer) (*Stdout, error) {
	buffer := bufio.NewWriterSize(w, 64<<10)
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(buffer))
	if err != nil {
		return nil, fmt.Errorf("stdouttrace exporter: %w", err)
	}
	return &Stdout{exporter, buffer, map[string]*resource.Resource{}}, nil
}

// Export writes a span.
func (s *Stdout) Export(ctx context.Context, ended *span.Span) error {
	return s.exporter.ExportSpans(ctx, []sdktrace.ReadOnlySpan{s.forSDK(ended)})
}

// Shutdown writes what is buffered.
func (s *Stdout) Shutdown(ctx context.Context) error {
	return errors.Join(s.buffer.Flush(), s.exporter.Shutdown(ctx))
}

// forSDK is a span as the SDK's exporters take it.
func (s *Stdout) forSDK(ended *span.Span) sdktrace.ReadOnlySpan {
	own, ok := s.resources[ended.Service]
	if !ok {
		own = resource.NewWithAttributes(semconv.SchemaURL, ended.Resource...)
		s.resources[ended.Service] = own
	}
	stub := tracetest.SpanStub{
		Name: ended.Name, SpanContext: spanContext(ended.Run, ended.Root, ended.ID), SpanKind: ended.Kind,
		StartTime: ended.Start, EndTime: ended.End,
		Status:               sdktrace.Status{Code: ended.Status.Code, Description: ended.Status.Description},
		Resource:             own,
		InstrumentationScope: instrumentation.Scope{Name: spans.Scope, SchemaURL: semconv.SchemaURL},
	}
	if len(ended.Attributes) > 0 { // else there is none, not an empty list
		stub.Attributes = ended.Attributes
	}
	if ended.Parent != 0 {
		stub.Parent = spanContext(ended.Run, ended.Root, ended.Parent).WithRemote(true)
	}
	for _, e := range ended.Events {
		stub.Events = append(stub.Events, sdktrace.Event{Name: e.Name, Attributes: e.Attributes, Time: e.At})
	}
	for _, l := range ended.Links {
		to := spanContext(l.Run, l.Root, l.ID).WithRemote(true)
		stub.Links = append(stub.Links, sdktrace.Link{SpanContext: to, Attributes: l.Attributes})
	}
	return stub.Snapshot()
}

func spanContext(run uint64, root, id world.CausalID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: span.TraceID(run, root), SpanID: span.ID(id), TraceFlags: trace.FlagsSampled,
	})
}
