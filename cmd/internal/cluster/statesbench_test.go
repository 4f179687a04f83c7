package cluster_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/view/states"
)

// BenchmarkStates is the state of each process of a long run, from its trace.
func BenchmarkStates(b *testing.B) {
	c := seeded(1)
	c.RequestsPerClient, c.MaxDuration = 10_000, 10_000*time.Hour
	trace, _ := recorded.Trace(b, c, cluster.Options{Unchecked: true})
	x, err := index.Read(b.Context(), index.Input("trace", bytes.NewReader(trace)), index.Options{
		Lists: protocols.Lists(), Replies: protocols.Replies(),
	})
	if err != nil {
		b.Fatal(err)
	}
	p := c.Row()
	b.ReportAllocs()
	found := 0
	for b.Loop() {
		_, changes, err := states.Of(x, &states.Protocol{Specs: p.Specs, Landmarks: p.Landmarks, Shown: p.Shown})
		if err != nil {
			b.Fatal(err)
		}
		found = len(changes)
	}
	b.ReportMetric(float64(found), "changes")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*x.Len()), "ns/span")
}
