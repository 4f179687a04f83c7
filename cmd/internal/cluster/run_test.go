package cluster_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/world"
)

// run carries out the run of a config, and keeps its trace. Nobody checks the invariants: that takes half of the time,
// and TestChecksChangeNothing proves that the run is the same.
func run(t testing.TB, c *config.Config) execution {
	t.Helper()
	return runWith(t, c, nil)
}

// runWith is run with a shared stream for the latencies, if it is not nil.
func runWith(t testing.TB, c *config.Config, latencies func() uint64) execution {
	t.Helper()
	kept, result := recorded.Spans(t, c, cluster.Options{Latencies: latencies, Unchecked: true})
	if !result.Finished {
		t.Fatalf("seed %d: the run did not finish: %+v", c.Seed, result)
	}
	return newExecution(kept)
}

func seeded(seed uint64) *config.Config {
	c := config.Default()
	c.Scenario, c.Seed = "default", seed
	return c
}

func dropping(c *config.Config, id world.CausalID) *config.Config {
	d := c.Clone()
	d.Faults = append(d.Faults, config.Fault{Kind: config.Drop, Message: id})
	return d
}

// TestWhatWasCommittedIsNotForgotten has all restart, one after the other, while one is cut off: nobody knows any more
// what is committed, and the run is not over before all do again.
func TestWhatWasCommittedIsNotForgotten(t *testing.T) {
	t.Parallel()
	c := seeded(1)
	c.NumClients, c.RequestsPerClient = 1, 3
	c.Counts[0].Number = 3
	at := func(ms int) config.When {
		return config.When{Kind: config.AtTime, Time: time.Duration(ms) * time.Millisecond}
	}
	node := func(n uint32) world.ProcessID { return world.NewProcessID(world.NodeGroup, n) }
	c.Faults = []config.Fault{
		{Kind: config.Isolate, At: at(51), Process: node(3)},
		{Kind: config.Heal, At: at(420), Process: node(3)},
	}
	for n := range uint32(3) {
		c.Faults = append(c.Faults, config.Fault{Kind: config.Crash, At: at(401 + 2*int(n)), Process: node(n + 1)},
			config.Fault{Kind: config.Restart, At: at(402 + 2*int(n)), Process: node(n + 1)})
	}
	result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
	if err != nil || result.Checks.Violation != nil {
		t.Fatalf("%v, %v", err, result.Checks.Violation)
	}
	if !result.Finished || result.Committed < 4 || result.End < 450*time.Millisecond {
		t.Errorf("index %d is committed when the run ends at %s, finished: %t", result.Committed, result.End, result.Finished)
	}
}
