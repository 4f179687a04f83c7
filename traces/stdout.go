package traces

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Stdout writes spans as OpenTelemetry's stdouttrace exporter does, a JSON value a line. The format is that exporter's own: Jaeger cannot open it.
type Stdout struct {
	exporter *stdouttrace.Exporter
	buffer   *bufio.Writer
}

var _ sdktrace.SpanExporter = (*Stdout)(nil)

// NewStdout writes to w. Shutdown writes what is buffered, and leaves w open.
func NewStdout(w io.Writer) (*Stdout, error) {
	buffer := bufio.NewWriterSize(w, 64<<10)
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(buffer))
	if err != nil {
		return nil, fmt.Errorf("stdouttrace exporter: %w", err)
	}
	return &Stdout{exporter, buffer}, nil
}

// ExportSpans writes the spans.
func (s *Stdout) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return s.exporter.ExportSpans(ctx, spans)
}

// Shutdown writes what is buffered.
func (s *Stdout) Shutdown(ctx context.Context) error {
	return errors.Join(s.buffer.Flush(), s.exporter.Shutdown(ctx))
}
