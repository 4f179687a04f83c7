package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// The Collector's own marshaler, given what it read of our line, writes that very line.
func TestOTLPFileIsWhatTheCollectorWrites(t *testing.T) {
	ok, unspecified := tracetest.Full(3), tracetest.Plain(4)
	ok.Status = span.Status{Code: codes.Ok}
	unspecified.Kind, unspecified.Name = trace.SpanKindUnspecified, ""
	line := tracetest.Write(t, tracetest.Full(1), tracetest.Plain(1), tracetest.Plain(2), ok, unspecified)
	read, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
	if err != nil {
		t.Fatal(err)
	}
	if got := read.SpanCount(); got != 5 {
		t.Errorf("the Collector reads %d spans, want 5", got)
	}
	again, err := (&ptrace.JSONMarshaler{}).MarshalTraces(read)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(again), ","),
		strings.Split(strings.TrimSuffix(string(line), "\n"), ",")); diff != "" {
		t.Errorf("-the Collector's, +ours:\n%s", diff)
	}
}

// What the Collector reads of our line has the content of the span, attribute by attribute.
func TestOTLPFileMeansWhatTheSpanSaid(t *testing.T) {
	s := tracetest.Full(1)
	read, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(tracetest.Write(t, s))
	if err != nil {
		t.Fatal(err)
	}
	rs := read.ResourceSpans().At(0)
	written := rs.ScopeSpans().At(0).Spans().At(0)
	for _, c := range []struct{ what, got, want string }{
		{"service", rs.Resource().Attributes().AsRaw()["service.name"].(string), "node-2"},
		{"scope", rs.ScopeSpans().At(0).Scope().Name(), worldspans.Scope},
		{"trace id", written.TraceID().String(), s.TraceID().String()},
		{"span id", written.SpanID().String(), s.ID.String()},
		{"parent", written.ParentSpanID().String(), s.Parent.String()},
		{"name", written.Name(), s.Name},
		{"kind", written.Kind().String(), "Client"},
		{"start", written.StartTimestamp().AsTime().String(), s.Start.String()},
		{"end", written.EndTimestamp().AsTime().String(), s.End.String()},
		{"status", written.Status().Code().String() + " " + written.Status().Message(), "Error lost\non the way"},
		{
			"event", written.Events().At(0).Name() + fmt.Sprint(written.Events().At(0).Attributes().AsRaw()),
			"dropmap[raftkv.cause:network]",
		},
		{"event's time", written.Events().At(0).Timestamp().AsTime().String(), s.Events[0].At.String()},
		{
			"link", written.Links().At(0).TraceID().String() + written.Links().At(0).SpanID().String(),
			span.TraceID(s.Links[0].Run, s.Links[0].Root).String() + s.Links[0].ID.String(),
		},
		{"flags", fmt.Sprint(written.Flags(), written.Links().At(0).Flags(), written.Links().At(1).Flags()), "769 769 769"},
	} {
		if c.got != c.want {
			t.Errorf("%s: the Collector reads %q, want %q", c.what, c.got, c.want)
		}
	}
	want := map[string]any{
		"string": "plain", "string.empty": "", "string.escapes": tracetest.EveryType[2].Value.AsString(),
		"string.unicode": tracetest.EveryType[3].Value.AsString(),
		"int.least":      int64(math.MinInt64), "int.most": int64(math.MaxInt64), "int.zero": int64(0), "bool.true": true,
		"bool.false": false,
		"float":      0.1, "float.large": 1e300, "float.small": -5e-324, "float.whole": 3.0, "float.infinite": math.Inf(1),
		"float.minus.infinite": math.Inf(-1),
		"strings":              []any{"a", "", "\"c\"", "d", "e"}, "strings.empty": []any{}, "ints": []any{
			int64(1),
			int64(-2),
		},
		"bools":  []any{true, false},
		"floats": []any{1.5, 2.0}, "bytes": []byte{0, 1, 254, 255}, "slice": []any{"a", int64(1), nil},
		"map": map[string]any{"a": "b", "nested": []any{int64(1), true}}, "map.empty": map[string]any{},
	}
	if diff := cmp.Diff(want, written.Attributes().AsRaw()); diff != "" {
		t.Errorf("attributes: -want, +what the Collector reads:\n%s", diff)
	}
}

func TestOTLPFileWithWhatJSONCannotHold(t *testing.T) {
	s := tracetest.Plain(1)
	s.Attributes = []attribute.KeyValue{attribute.String("broken", "a\xffb\xc3"), attribute.Float64("nan", math.NaN())}
	read, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(tracetest.Write(t, s))
	if err != nil {
		t.Fatal(err)
	}
	got := read.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw()
	if got["broken"] != "a\ufffdb\ufffd" {
		t.Errorf("broken UTF-8 is read as %q", got["broken"])
	}
	if n, ok := got["nan"].(float64); !ok || !math.IsNaN(n) {
		t.Errorf("NaN is read as %v", got["nan"])
	}
}

// A line ends by what is in it alone, and spans stand in the order in which they ended, also where services take turns.
func TestOTLPFileLines(t *testing.T) {
	var stubs []span.Span
	for n := range 1000 {
		stubs = append(stubs, tracetest.Plain(n))
	}
	file := tracetest.Write(t, stubs...)
	if again := tracetest.Write(t, stubs...); !bytes.Equal(file, again) {
		t.Error("the same spans make two different files")
	}
	lines := bytes.SplitAfter(file, []byte("\n"))
	lines = lines[:len(lines)-1]
	if len(lines) != 4 {
		t.Errorf("1000 spans are on %d lines, want 4", len(lines))
	}
	n := 0
	for i, line := range lines {
		read, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		for _, rs := range read.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					if got, want := s.SpanID().String(), stubs[n].ID.String(); got != want {
						t.Fatalf("line %d: span %d is %s, want %s", i+1, n, got, want)
					}
					n++
				}
			}
		}
	}
	large := tracetest.Plain(1)
	large.Attributes = []attribute.KeyValue{attribute.String("large", strings.Repeat("x", 100<<10))}
	for i, line := range bytes.SplitAfter(tracetest.Write(t, large, large, large, large, large, large), []byte("\n")) {
		if len(line) > 512<<10 {
			t.Errorf("line %d of large spans has %d bytes", i+1, len(line))
		}
	}
}

func TestOTLPFileOfNothingIsEmpty(t *testing.T) {
	if got := tracetest.Write(t); len(got) != 0 {
		t.Errorf("no spans make %q", got)
	}
}

// fullDisk takes so many bytes and no more.
type fullDisk struct{ room, writes int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(b []byte) (int, error) {
	d.writes++
	if d.room -= len(b); d.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestOTLPFileOnAFullDisk(t *testing.T) {
	disk := &fullDisk{}
	f := record.NewOTLPFile(disk)
	var err error
	for n := 0; n < 1000; n++ {
		s := tracetest.Plain(n)
		if e := f.Export(context.Background(), &s); e != nil && err == nil {
			err = e
			if n >= 256 {
				t.Errorf("the error comes with span %d", n)
			}
		}
	}
	if !errors.Is(err, errFull) || !errors.Is(f.Shutdown(context.Background()), errFull) || disk.writes != 1 {
		t.Errorf("error %v, after %d writes; want the disk's, after 1", err, disk.writes)
	}
}

func BenchmarkOTLPFile(b *testing.B) {
	stub := tracetest.Full(1)
	stub.Attributes = []attribute.KeyValue{
		attribute.String("raft.node.id", "node-1"), attribute.Int64("raft.term", 3), attribute.String("raft.role", "leader"),
		attribute.String("raft.peer.id", "node-2"),
		attribute.Int64("raft.attempt", 1), attribute.Int64("raft.prev_log.index", 123),
		attribute.Int64("raft.prev_log.term", 3), attribute.String("raft.reply", "AppendEntriesOk"),
	}
	stub.Events, stub.Links = stub.Events[:1], nil
	n := &counter{}
	f := record.NewOTLPFile(n)
	b.ReportAllocs()
	for b.Loop() {
		_ = f.Export(context.Background(), &stub)
	}
	b.ReportMetric(float64(n.bytes)/float64(b.N), "B/span")
}

type counter struct{ bytes int }

func (c *counter) Write(b []byte) (int, error) {
	c.bytes += len(b)
	return len(b), nil
}
