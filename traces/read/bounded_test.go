package read_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/traces/read"
)

// endless is a file of so many bytes that is nowhere: a beginning, the same over and over, and an end. It notes the
// most memory that was in use while it was read.
type endless struct {
	begin, again, end []byte
	size              int
	at                int
	peak              uint64
}

func (f *endless) Read(p []byte) (int, error) {
	if f.at%(4<<20) < len(p) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		f.peak = max(f.peak, m.HeapAlloc)
	}
	n := 0
	for n < len(p) {
		var part []byte
		switch middle := f.at - len(f.begin); {
		case middle < 0:
			part = f.begin[f.at:]
		case middle < f.size:
			part = f.again[middle%len(f.again):]
		default:
			part = f.end[min(middle-f.size, len(f.end)):]
		}
		if len(part) == 0 {
			return n, io.EOF
		}
		c := copy(p[n:], part)
		n, f.at = n+c, f.at+c
	}
	return n, nil
}

// Whatever a file is, however long, a bounded part of it is in memory, and what is wrong with it is said.
func TestMemoryIsBounded(t *testing.T) {
	const (
		giga     = 1 << 30   // of what is seen to be no trace before all of it is read
		large    = 72 << 20  // more than the longest line
		longLine = 256 << 20 // a line that is too long, twice, and garbage
		parts    = 32 << 20  // what is read at once and cut out of it, and garbage
	)
	// As one value of a process's spans: what stands around a span and the span, which says much, as bytes cost less to
	// read than spans do.
	says := strings.Repeat("long ", 1000)
	stub := plainStub(1)
	stub.Attributes = []attribute.KeyValue{attribute.String("text", says)}
	process := strings.TrimSuffix(strings.TrimPrefix(string(bytes.TrimSpace(write(t, stub))), `{"resourceSpans":[`), "]}")
	_, span, _ := strings.Cut(process, `"spans":[`)
	span, _, _ = strings.Cut(span, `],"schemaUrl"`)
	wide := strings.Replace(process, span, strings.Repeat(span+",", 200)+span, 1) // a megabyte
	told := `{"traceID":"c","spanID":"ab","operationName":"a","references":[],"startTime":1,"duration":2,"tags":[{"key":"text","type":"string","value":"` + says + `"}],"logs":[],"processID":"p1"}`
	jaeger := `{"traceID":"c","spans":[` + strings.Repeat(told+",", 200) + told +
		`],"processes":{"p1":{"serviceName":"node-1","tags":[]}}}`
	times := func(s string, most int) int { return most / len(s) * len(s) }
	for name, c := range map[string]struct {
		file  endless
		bound uint64
		spans int
		want  string // of the error; empty for none
	}{
		"zeros": {
			endless{again: make([]byte, 4096), size: giga},
			parts, 0,
			"trace:1:1: want a JSON object or array, not '\\x00'",
		},
		"brackets": {
			endless{again: bytes.Repeat([]byte("["), 4096), size: giga},
			parts, 0,
			"nested more than 100 deep",
		},
		"a name without end": {
			endless{begin: []byte(`{"`), again: bytes.Repeat([]byte("a"), 4096), size: giga},
			longLine, 0, "a value longer than 64 MiB, which no trace has",
		},
		"blank lines": {
			endless{again: bytes.Repeat([]byte("\n"), 4096), size: large / 8},
			parts, 0,
			"trace: there are no spans in it",
		},
		"one blank line": {
			endless{again: bytes.Repeat([]byte(" "), 4096), size: large},
			parts, 0,
			"trace: there are no spans in it",
		},
		"one line": {endless{
			begin: []byte(`{"resourceSpans":[` + process), again: []byte("," + wide),
			size: times(","+wide, large), end: []byte("]}"),
		}, longLine, 1 + 201*(large/len(","+wide)), ""},
		"a document without spaces": {endless{
			begin: []byte("[" + jaeger), again: []byte("," + jaeger),
			size: times(","+jaeger, 2*parts), end: []byte("]"),
		}, parts, 201, ""},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			r := read.NewReader("trace", &c.file)
			spans := 0
			_, err := r.Next()
			for ; err == nil; _, err = r.Next() {
				spans++
			}
			if errors.Is(err, io.EOF) != (c.want == "") || !strings.Contains(err.Error(), c.want) || spans != c.spans {
				t.Errorf("%d spans, then error %v; want %d, then %q", spans, err, c.spans, c.want)
			}
			if c.file.peak > c.bound {
				t.Errorf("%d MiB were in use", c.file.peak>>20)
			}
		})
	}
}

// The same where lines are read ahead.
func TestMemoryIsBoundedAhead(t *testing.T) {
	const giga, parts, longLine = 1 << 30, 32 << 20, 384 << 20 // a long line is read ahead, and read again as a document
	for name, c := range map[string]struct {
		file  endless
		bound uint64
		want  string // of the error
	}{
		"zeros": {
			endless{again: make([]byte, 4096), size: giga},
			parts,
			"trace:1:1: want a JSON object or array, not '\\x00'",
		},
		"brackets": {
			endless{again: bytes.Repeat([]byte("["), 4096), size: giga},
			parts,
			"nested more than 100 deep",
		},
		"a name without end": {
			endless{begin: []byte(`{"`), again: bytes.Repeat([]byte("a"), 4096), size: giga},
			longLine,
			"a value longer than 64 MiB, which no trace has",
		},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			_, err := readAhead(t.Context(), read.NewReader("trace", &c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v; want %q", err, c.want)
			}
			if c.file.peak > c.bound {
				t.Errorf("%d MiB were in use", c.file.peak>>20)
			}
		})
	}
}
