package record

import (
	"context"
	"io"

	"github.com/raftkv/raftkv/raftkv/span"
)

// FileName is the name of the file that OTLPFile writes in the folder of a run.
const FileName = "trace.otlp.jsonl"

// A line of the file ends after so many spans or bytes, whichever comes first: by what is in it alone, so that the same
// spans make the same lines. The bytes are few enough for the Collector's file receiver, which takes 1 MiB a line.
const (
	lineSpans = 256
	lineBytes = 256 << 10
)

// OTLPFile writes spans in the OTLP file format: JSON lines, each a TracesData, with the spans in order of their end.
// It is an exporter, and keeps no more than one line in memory.
type OTLPFile struct {
	w     io.Writer
	line  tracesData
	spans int // on this line
	err   error
}

var _ Exporter = (*OTLPFile)(nil)

// NewOTLPFile writes to w, a line at a time. Shutdown writes the last line, and leaves w open.
func NewOTLPFile(w io.Writer) *OTLPFile { return &OTLPFile{w: w} }

// Export appends a span to the current line, and writes the line when it is full. After an error it writes no more, and
// returns that error again.
func (f *OTLPFile) Export(_ context.Context, s *span.Span) error {
	if f.err != nil {
		return f.err
	}
	f.line.add(s)
	if f.spans++; f.spans >= lineSpans || len(f.line.bytes) >= lineBytes {
		f.endLine()
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

func (f *OTLPFile) endLine() {
	_, f.err = f.w.Write(append(f.line.end(), '\n'))
	f.line.bytes, f.spans = f.line.bytes[:0], 0
}

// tracesData is a TracesData of OTLP/JSON that is being written. The spans of one service have one resource.
type tracesData struct {
	bytes   []byte
	service string            // of the last span
	before  map[string][]byte // what stands before the spans of a service
}

// add appends a span.
func (d *tracesData) add(s *span.Span) {
	switch {
	case len(d.bytes) == 0:
		d.bytes = append(d.bytes, `{"resourceSpans":[`...)
		d.bytes = append(d.bytes, d.beforeSpansOf(s)...)
	case s.Service == d.service:
		d.bytes = append(d.bytes, ',')
	default:
		d.bytes = append(d.bytes, afterSpans...)
		d.bytes = append(d.bytes, ',')
		d.bytes = append(d.bytes, d.beforeSpansOf(s)...)
	}
	d.service = s.Service
	d.bytes = appendSpan(d.bytes, s)
}

// end is the whole TracesData. What comes next begins a new one, once bytes is empty.
func (d *tracesData) end() []byte {
	d.bytes = append(append(d.bytes, afterSpans...), "]}"...)
	return d.bytes
}

func (d *tracesData) beforeSpansOf(s *span.Span) []byte {
	before, ok := d.before[s.Service]
	if !ok {
		if before = appendBeforeSpans(nil, s.Resource); d.before == nil {
			d.before = map[string][]byte{}
		}
		d.before[s.Service] = before
	}
	return before
}
