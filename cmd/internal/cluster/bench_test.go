package cluster_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
)

// BenchmarkUntraced is a delivery of a run without its trace.
func BenchmarkUntraced(b *testing.B) {
	c := seeded(1)
	c.RequestsPerClient, c.MaxDuration = max(b.N/36, 1), 10_000*time.Hour // a commit takes about 12 deliveries
	b.ReportAllocs()
	result, err := cluster.New(c, cluster.Options{}).Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(result.Deliveries), "ns/delivery")
}
