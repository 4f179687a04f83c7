package read_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read2"
)

// sameSpans compares spans; what an attribute holds is compared by its type and value.
var sameSpans = cmp.Options{
	cmp.Comparer(func(a, b attribute.Value) bool { return a == b || a.Type() == b.Type() && a.String() == b.String() }),
}

// tryRead reads what may be no trace.
func tryRead(file []byte) (spans []read.Span, err error) {
	for s, err := range read.NewReader("trace", bytes.NewReader(file)).All() {
		if err != nil {
			return nil, err
		}
		spans = append(spans, s)
	}
	return spans, nil
}

func readAll(t testing.TB, file []byte) []read.Span {
	t.Helper()
	spans, err := tryRead(file)
	if err != nil {
		t.Fatal(err)
	}
	return spans
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// everyType has a value of each type that an attribute can have, and what is hard about it.
var everyType = []attribute.KeyValue{
	attribute.String("string", "plain"),
	attribute.String("string.empty", ""),
	attribute.String("string.escapes", "quote \" backslash \\ slash / newline \n return \r tab \t bell \a nul \x00 delete \x7f unit \x1f"),
	attribute.String("string.unicode", "ä 語 🎈 \u2028 <&>"),
	attribute.Int64("int.least", math.MinInt64),
	attribute.Int64("int.most", math.MaxInt64),
	attribute.Int64("int.zero", 0),
	attribute.Bool("bool.true", true),
	attribute.Bool("bool.false", false),
	attribute.Float64("float", 0.1),
	attribute.Float64("float.large", 1e300),
	attribute.Float64("float.small", -5e-324),
	attribute.Float64("float.whole", 3),
	attribute.Float64("float.infinite", math.Inf(1)),
	attribute.Float64("float.minus.infinite", math.Inf(-1)),
	attribute.StringSlice("strings", []string{"a", "", "\"c\"", "d", "e"}),
	attribute.StringSlice("strings.empty", []string{}),
	attribute.Int64Slice("ints", []int64{1, -2}),
	attribute.BoolSlice("bools", []bool{true, false}),
	attribute.Float64Slice("floats", []float64{1.5, 2}),
	attribute.ByteSlice("bytes", []byte{0, 1, 254, 255}),
	attribute.Slice("slice", attribute.StringValue("a"), attribute.Int64Value(1), attribute.Value{}),
	attribute.Map("map", attribute.String("a", "b"), attribute.Slice("nested", attribute.Int64Value(1), attribute.BoolValue(true))),
	attribute.Map("map.empty"),
}

// stub is a span that has something of everything.
func stub(n int) tracetest.SpanStub {
	context := func(root, id byte, remote bool) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{7: 0xab, 15: root}, SpanID: trace.SpanID{0: byte(n >> 8), 1: byte(n), 7: id}, TraceFlags: trace.FlagsSampled, Remote: remote,
		})
	}
	at := func(d time.Duration) time.Time { return epoch.Add(time.Duration(n)*time.Millisecond + d) }
	return tracetest.SpanStub{
		Name:        "raft.Raft/AppendEntries",
		SpanContext: context(1, 2, false),
		Parent:      context(1, 1, true),
		SpanKind:    trace.SpanKindClient,
		StartTime:   at(0),
		EndTime:     at(123456),
		Attributes:  everyType,
		Events: []sdktrace.Event{
			{Name: "drop", Time: at(1), Attributes: []attribute.KeyValue{attribute.String("raftkv.cause", "network")}},
			{Name: "bare", Time: at(2)},
		},
		Links: []sdktrace.Link{
			{SpanContext: context(3, 4, true), Attributes: []attribute.KeyValue{attribute.Int("n", 1)}},
			{SpanContext: context(5, 6, false)},
		},
		Status:               sdktrace.Status{Code: codes.Error, Description: "lost\non the way"},
		Resource:             resource.NewSchemaless(attribute.String("service.name", fmt.Sprintf("node-%d", n%3+1)), attribute.String("ip", "127.0.0.1")),
		InstrumentationScope: instrumentation.Scope{Name: "raftkv", Version: "1"},
	}
}

func plainStub(n int) tracetest.SpanStub {
	s := stub(n)
	s.Attributes = everyType[:1]
	s.Events, s.Links, s.Status, s.Parent = nil, nil, sdktrace.Status{}, trace.SpanContext{}
	return s
}

func write(t testing.TB, stubs ...tracetest.SpanStub) []byte {
	t.Helper()
	var b bytes.Buffer
	f := traces.NewOTLPFile(&b)
	for _, s := range stubs {
		if err := f.ExportSpans(context.Background(), []sdktrace.ReadOnlySpan{s.Snapshot()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The Collector's own marshaler, given what it read of our line, writes that very line.
