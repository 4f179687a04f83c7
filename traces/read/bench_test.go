package read_test

import (
	"bytes"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/read"
)

func BenchmarkEach(b *testing.B) {
	var stubs []span.Span
	for n := range 10000 {
		s := plainStub(n)
		s.Service = fmt.Sprintf("node-%d", n%5+1)
		s.Resource = []attribute.KeyValue{attribute.String("ip", "127.0.0.1"), attribute.String("service.name", s.Service)}
		s.Attributes = []attribute.KeyValue{
			attribute.String("raft.node.id", s.Service), attribute.Int64("raft.term", 3), attribute.String("raft.role",
				"leader"),
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
