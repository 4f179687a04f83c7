// Package tracetest has what the tests of several rooms begin with: spans that have something of everything, how they
// are written, read and compared, an exporter that keeps spans, and a clock that a test sets. It is for tests only.
package tracetest

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// Epoch is when the runs of tests begin.
var Epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Same compares spans; what an attribute holds is compared by its type and value.
var Same = cmp.Options{
	cmp.Comparer(func(a, b attribute.Value) bool {
		return a == b || a.Type() == b.Type() && a.String() == b.String()
	}),
}

// EveryType has a value of each type that an attribute can have, and what is hard about it.
var EveryType = []attribute.KeyValue{
	attribute.String("string", "plain"),
	attribute.String("string.empty", ""),
	attribute.String("string.escapes", "quote \" backslash \\ slash / newline \n return \r tab \t bell \a nul \x00"+
		" delete \x7f unit \x1f"),
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
	attribute.Map("map", attribute.String("a", "b"),
		attribute.Slice("nested", attribute.Int64Value(1), attribute.BoolValue(true))),
	attribute.Map("map.empty"),
}

// Full returns the n-th span that has something of everything.
func Full(n int) span.Span {
	const run = 0xab
	id := func(id world.CausalID) world.CausalID { return world.CausalID(n)<<48 | id }
	at := func(d time.Duration) time.Time { return Epoch.Add(time.Duration(n)*time.Millisecond + d) }
	service := fmt.Sprintf("node-%d", n%3+1)
	return span.Span{
		Run: run, Root: 1, ID: id(2), Parent: id(1),
		Name:       "house.House/CarryChairs",
		Kind:       trace.SpanKindClient,
		Service:    service,
		Start:      at(0),
		End:        at(123456),
		Attributes: EveryType,
		Events: []span.Event{
			{Name: "drop", At: at(1), Attributes: []attribute.KeyValue{attribute.String("raftkv.cause", "network")}},
			{Name: "bare", At: at(2)},
		},
		Links: []span.Link{
			{Run: run, Root: 3, ID: id(4), Attributes: []attribute.KeyValue{attribute.Int("n", 1)}},
			{Run: run, Root: 5, ID: id(6)},
		},
		Status:   span.Status{Code: codes.Error, Description: "lost\non the way"},
		Resource: []attribute.KeyValue{attribute.String("ip", "127.0.0.1"), attribute.String("service.name", service)},
	}
}

// Plain returns the n-th span that has little: one attribute, no parent, no events, no links.
func Plain(n int) span.Span {
	s := Full(n)
	s.Attributes = EveryType[:1]
	s.Events, s.Links, s.Status, s.Parent = nil, nil, span.Status{}, 0
	return s
}

// Write returns spans as a trace file.
func Write(t testing.TB, spans ...span.Span) []byte {
	t.Helper()
	var b bytes.Buffer
	f := record.NewOTLPFile(&b)
	for i := range spans {
		if err := f.Export(t.Context(), &spans[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Read returns the spans of a trace file, or why it is none. Lists are the attributes that are known to be lists.
func Read(file []byte, lists read.Lists) (spans []span.Span, err error) {
	r := read.NewReader("trace", bytes.NewReader(file))
	r.Know(lists)
	for s, err := range r.All() {
		if err != nil {
			return nil, err
		}
		spans = append(spans, s)
	}
	return spans, nil
}
