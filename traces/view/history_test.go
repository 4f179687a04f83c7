package view

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/view/orders"
)

// A history is packed as the page reads it: see addHistory for what the numbers are.
func TestHistoryIsPacked(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)).UTC() }
	var spans []read.Span
	add := func(service, name string, from, to int, attributes ...attribute.KeyValue) {
		spans = append(spans, read.Span{
			ID: world.CausalID(len(spans) + 1), Root: 1, Service: service, Name: name, Kind: trace.SpanKindInternal,
			Start: at(from), End: at(to), Attributes: attributes,
		})
	}
	asks := func(client, name, result string, from, to int) {
		add(client, name, from, to, kvspans.KVRequestIDKey.String(client+"/1"), kvspans.KVKeyKey.String("<a>"),
			kvspans.KVValueKey.String("x"), kvspans.KVResultKey.String(result))
	}
	asks("client-1", kvspans.KVPutName, "ok", 0, 10)
	add("node-1", "chosen", 3, 3, attribute.Int("position", 5))
	add("node-1", "applied", 6, 6, attribute.Int("position", 5), kvspans.KVRequestIDKey.String("client-1/1"))
	asks("client-2", kvspans.KVGetName, "y", 20, 30)
	asks("client-3", kvspans.KVGetName, "", 25, 40)
	x := index.Of(spans)
	landmarks := span.Landmarks{
		Position: span.Numbering{Key: "position"},
		Chosen:   span.Choice{Landmark: span.Landmark{Name: "chosen", Kind: trace.SpanKindInternal}, Position: "position"},
		Applied: span.Application{
			Landmark: span.Landmark{Name: "applied", Kind: trace.SpanKindInternal}, Position: "position",
		},
	}
	p := &packing{x: x, gather: orders.NewGather(x, &landmarks), unit: int64(time.Millisecond), replies: x.Replies()}
	p.order()
	for _, i := range p.span {
		p.gather.Add(i, x.Span(i))
	}
	p.addHistory()
	column := p.history.bytes
	signed := func(n int64) uint64 { return uint64(n<<1) ^ uint64(n>>63) }
	// The put: the first span, placed as the first, from 3 to 6 ms, at 5, agreed on and applied by the next two. The
	// first get, two spans later, does not fit; of the second one, without an answer, nothing is known.
	want := []uint64{
		signed(0), 0, 0, signed(3), signed(3), 5, signed(1), signed(1),
		signed(3), 1, 0,
		signed(1), 4, 0,
	}
	for i, n := range want {
		got, length := binary.Uvarint(column)
		if length <= 0 || got != n {
			t.Fatalf("number %d is %d, want %d", i, got, n)
		}
		column = column[length:]
	}
	h := p.head.History
	if len(column) > 0 || h.Operations != 3 || len(h.Keys) != 1 {
		t.Fatalf("%d bytes are left, and it is told as %v", len(column), h)
	}
	if k := h.Keys[0]; k.Misfit != 3 || k.Verdict != "broken" || !strings.Contains(k.Text, `client-2/1 was answered "y"`) {
		t.Errorf("the key is told as %v", k)
	}
}
