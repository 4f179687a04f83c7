package traces

import (
	"bytes"
	"fmt"

	"github.com/raftkv/raftkv/traces/record"
)

// layoutKey is by what an object is known that has no spans, and what it is.
type layoutKey struct{ key, what string }

// layoutKeys are the keys that say more than others, those that say most first.
var layoutKeys = []layoutKey{
	{"localEndpoint", "this is Zipkin's own JSON; a Collector turns it into OTLP, with its zipkin receiver and file exporter"},
	{"Name", "this is the stdouttrace exporter's own format; " + record.FileName + " beside it has the same spans"},
	{"SpanContext", "this is the stdouttrace exporter's own format; " + record.FileName + " beside it has the same spans"},
	{"resourceLogs", "this is OTLP, but no traces"},
	{"resourceMetrics", "this is OTLP, but no traces"},
	{"resourceProfiles", "this is OTLP, but no traces"},
	{"traceEvents", "this is the trace event format of Chrome and Perfetto, which export writes and nothing reads"},
	{"traces", "this is a list of traces, as Tempo answers a search; it has no spans, and each trace has to be asked for"},
	{"errors", "this is an answer that tells of an error, and no trace"},
	{"error", "this is an answer that tells of an error, and no trace"},
	{"resource_spans", "this is OTLP with names_with_underscores; OTLP/JSON has them in camelCase"},
}

// foreign is the one of two keys of an object that says more of what it is; "" is none.
func foreign(before, key string) string {
	for _, f := range layoutKeys {
		if f.key == before || f.key == key {
			return f.key
		}
	}
	if before != "" {
		return before
	}
	return key
}

// whatElse says what an object without spans is.
func whatElse(key string) string {
	for _, f := range layoutKeys {
		if f.key == key {
			return f.what
		}
	}
	return fmt.Sprintf("this is no trace in the OTLP file format, and no layout that is known; it has %.40q", key)
}

// noSpans is the error of a file in which there are none.
func (r *Reader) noSpans() error {
	if r.other == "" {
		return fmt.Errorf("%s: there are no spans in it", r.name)
	}
	return fmt.Errorf("%s:%d:1: no resourceSpans: %s", r.name, r.otherLine, whatElse(r.other))
}

// noteOther notes what an object without spans has in their place: who reads a file in which there are none wants to
// know what it is.
func (r *Reader) noteOther(key string, line int) {
	if key == "" {
		return
	}
	if best := foreign(r.other, key); best != r.other {
		r.other, r.otherLine = best, line
	}
}

// markUTF8 is what a file in UTF-8 may begin with.
var markUTF8 = []byte("\xef\xbb\xbf")

// mark goes past the mark of UTF-8 that a file may begin with, and says what is wrong with one in UTF-16.
func (r *Reader) mark() error {
	if r.marked {
		return nil
	}
	r.marked = true
	begin, _ := r.input.Peek(4) // who reads on is told what is wrong
	if bytes.HasPrefix(begin, markUTF8) {
		n, err := r.input.Discard(len(markUTF8))
		r.offset += int64(n)
		return err
	}
	if bytes.Equal(begin, []byte("\xff\xfe\x00\x00")) || bytes.Equal(begin, []byte("\x00\x00\xfe\xff")) {
		return fmt.Errorf("%s:1:1: the text is UTF-32, and must be UTF-8", r.name)
	}
	if bytes.HasPrefix(begin, []byte("\xff\xfe")) || bytes.HasPrefix(begin, []byte("\xfe\xff")) ||
		bytes.HasPrefix(begin, []byte("{\x00")) || bytes.HasPrefix(begin, []byte("\x00{")) || bytes.HasPrefix(begin, []byte("[\x00")) || bytes.HasPrefix(begin, []byte("\x00[")) {
		return fmt.Errorf("%s:1:1: the text is UTF-16, as PowerShell's > writes it, and must be UTF-8: write it with Out-File -Encoding utf8", r.name)
	}
	return nil
}
