package cluster_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
)

// BenchmarkUntraced is a delivery of a run without its trace and its checks.
func BenchmarkUntraced(b *testing.B) {
	c := seeded(1)
	c.RequestsPerClient, c.MaxDuration = max(b.N/36, 1), 10_000*time.Hour // a commit takes about 12 deliveries
	b.ReportAllocs()
	result, err := cluster.New(c, cluster.Options{Unchecked: true}).Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(result.Deliveries), "ns/delivery")
}

// BenchmarkCommit is a commit of a run, with the checks and without.
func BenchmarkCommit(b *testing.B) {
	for _, checked := range []bool{true, false} {
		b.Run(map[bool]string{true: "checked", false: "unchecked"}[checked], func(b *testing.B) {
			c := seeded(1)
			c.RequestsPerClient, c.MaxDuration = max(b.N/c.NumClients, 1), 10_000*time.Hour
			b.ReportAllocs()
			result, err := cluster.New(c, cluster.Options{Unchecked: !checked}).Run(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if result.Checks.Violation != nil {
				b.Fatal(result.Checks.Violation)
			}
			b.ReportMetric(float64(result.Committed)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}
