package traces

import (
	"context"
	"io"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// FileName is the name of the file that OTLPFile writes in the folder of a run.
const FileName = "trace.otlp.jsonl"

// A line of the file ends after so many spans or bytes, whichever comes first: by what is in it alone, so that the same spans make the same lines. The bytes are few enough
// for the Collector's file receiver, which takes 1 MiB a line.
const (
	lineSpans = 256
	lineBytes = 256 << 10
)

// OTLPFile writes spans in the OTLP file format: JSON lines, each a TracesData, with the spans in order of their end. It is an exporter as the SDK knows them, and
// keeps no more than one line in memory.
type OTLPFile struct {
	w       io.Writer
	line    []byte
	spans   int // on this line
	service serviceKey
	around  map[serviceKey]surroundings
	err     error
}

// serviceKey tells apart what cannot share an entry of resourceSpans.
type serviceKey struct {
	resource *resource.Resource
	scope    instrumentation.Scope
}

// surroundings are what stands before the spans of an entry, and behind them.
type surroundings struct{ before, behind []byte }

var _ sdktrace.SpanExporter = (*OTLPFile)(nil)

// NewOTLPFile writes to w, a line at a time. Shutdown writes the last line, and leaves w open.
func NewOTLPFile(w io.Writer) *OTLPFile {
	return &OTLPFile{w: w, around: map[serviceKey]surroundings{}}
}

// ExportSpans appends spans to the current line, and writes the line when it is full. After an error it writes no more, and returns that error again.
func (f *OTLPFile) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		if f.err != nil {
			break
		}
		f.add(s)
		if f.spans >= lineSpans || len(f.line) >= lineBytes {
			f.endLine()
		}
	}
	return f.err
}

// Shutdown writes what is left.
func (f *OTLPFile) Shutdown(context.Context) error {
	if f.spans > 0 && f.err == nil {
		f.endLine()
	}
	return f.err
}

func (f *OTLPFile) add(s sdktrace.ReadOnlySpan) {
	service := serviceKey{s.Resource(), s.InstrumentationScope()}
	switch {
	case f.spans == 0:
		f.line = append(f.line[:0], `{"resourceSpans":[`...)
		f.line = append(f.line, f.of(service).before...)
	case service == f.service:
		f.line = append(f.line, ',')
	default:
		f.line = append(f.line, f.of(f.service).behind...)
		f.line = append(f.line, ',')
		f.line = append(f.line, f.of(service).before...)
	}
	f.service = service
	f.line = appendSpan(f.line, s)
	f.spans++
}

// of returns the surroundings of a service's spans.
func (f *OTLPFile) of(service serviceKey) surroundings {
	s, ok := f.around[service]
	if !ok {
		s.before = appendSpansOf(nil, service.resource, service.scope)
		s.behind = appendSpansEnd(nil, service.resource, service.scope)
		f.around[service] = s
	}
	return s
}

func (f *OTLPFile) endLine() {
	f.line = append(f.line, f.of(f.service).behind...)
	f.line = append(f.line, "]}\n"...)
	f.spans = 0
	_, f.err = f.w.Write(f.line)
}
