package read_test

import (
	"bytes"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/raftkv/raftkv/traces/read2"
)

func BenchmarkEach(b *testing.B) {
	var stubs []tracetest.SpanStub
	for n := range 10000 {
		s := plainStub(n)
		service := fmt.Sprintf("node-%d", n%5+1)
		s.Resource = resource.NewSchemaless(attribute.String("service.name", service), attribute.String("ip", "127.0.0.1"))
		s.Attributes = []attribute.KeyValue{
			attribute.String("raft.node.id", service), attribute.Int64("raft.term", 3), attribute.String("raft.role", "leader"),
			attribute.String("raft.peer.id", "node-2"), attribute.Int64("raft.prev_log.index", int64(n)),
			attribute.Int64("raft.prev_log.term", 3), attribute.String("raft.reply", "AppendEntriesOk"),
			attribute.StringSlice("raft.entries", []string{fmt.Sprintf("%d@3 put a val_%d", n, n%100)}),
		}
		s.Parent = stub(n).Parent
		stubs = append(stubs, s)
	}
	file := write(b, stubs...)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		spans := 0
		count := func(line *read.Line) int { return len(line.Spans) }
		err := read.Each(b.Context(), read.NewReader("trace", bytes.NewReader(file)),
			func() func(*read.Line) int { return count }, func(n int) error { spans += n; return nil })
		if err != nil || spans != len(stubs) {
			b.Fatalf("%d spans of %d, error %v", spans, len(stubs), err)
		}
	}
}
