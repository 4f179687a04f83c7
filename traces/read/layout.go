package read

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
)

// Layout is how the text of a span is to be understood when it is read again, alone.
type Layout uint8

// The layouts of a span's text.
const (
	OTLP   Layout = iota
	Answer        // OTLP that a Jaeger made of what it keeps: see undoAnswer
	Jaeger        // Jaeger's own JSON
	Tempo         // OTLP as Tempo writes it
)

// otherFormats are the keys of objects without spans that say more of what these are than other keys, those that say
// most first.
var otherFormats = []struct{ key, what string }{
	{
		"localEndpoint",
		"this is Zipkin's own JSON; a Collector turns it into OTLP, with its zipkin receiver and file exporter",
	},
	{"Name", "this is the stdouttrace exporter's own format; " + FileName + " beside it has the same spans"},
	{"SpanContext", "this is the stdouttrace exporter's own format; " + FileName + " beside it has the same spans"},
	{"resourceLogs", "this is OTLP, but no traces"},
	{"resourceMetrics", "this is OTLP, but no traces"},
	{"resourceProfiles", "this is OTLP, but no traces"},
	{"traceEvents", "this is the trace event format of Chrome and Perfetto, which export writes and nothing reads"},
	{"traces", "this is a list of traces, as Tempo answers a search; it has no spans, and each trace has to be asked for"},
	{"errors", "this is an answer that tells of an error, and no trace"},
	{"error", "this is an answer that tells of an error, and no trace"},
	{"resource_spans", "this is OTLP with names_with_underscores; OTLP/JSON has them in camelCase"},
}

// tellingKey returns the one of two keys of an object that says more of what it is; before may be "".
func tellingKey(before, key string) string {
	for _, f := range otherFormats {
		if f.key == before || f.key == key {
			return f.key
		}
	}
	if before != "" {
		return before
	}
	return key
}

// whatElse says what an object with this key, and without spans, is. known is false if the key tells nothing.
func whatElse(key string) (what string, known bool) {
	for _, f := range otherFormats {
		if f.key == key {
			return f.what, true
		}
	}
	return fmt.Sprintf("this is no trace in the OTLP file format, and no layout that is known; it has %.40q", key), false
}

var (
	errUTF32 = errors.New("the text is UTF-32, and must be UTF-8")
	errUTF16 = errors.New("the text is UTF-16, as PowerShell's > writes it, and must be UTF-8: " +
		"write it with Out-File -Encoding utf8")
)

// skipMark goes past the mark of UTF-8 that a file may begin with, and returns how many bytes that was. It fails if the
// file is in UTF-16 or UTF-32.
func skipMark(input *bufio.Reader) (int, error) {
	begin, _ := input.Peek(4) // who reads on is told what is wrong
	if bytes.HasPrefix(begin, markUTF8) {
		return input.Discard(len(markUTF8))
	}
	for _, mark := range []string{"\xff\xfe\x00\x00", "\x00\x00\xfe\xff"} {
		if bytes.HasPrefix(begin, []byte(mark)) {
			return 0, errUTF32
		}
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "{\x00", "\x00{", "[\x00", "\x00["} {
		if bytes.HasPrefix(begin, []byte(mark)) {
			return 0, errUTF16
		}
	}
	return 0, nil
}
