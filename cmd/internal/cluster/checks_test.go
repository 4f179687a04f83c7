package cluster_test

import (
	"testing"
	"time"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// stormy is a run with what can go wrong drawn from its seed: the size of the cluster, the network's rates, and how
// much goes into a message.
func stormy(seed uint64) *config.Config {
	c := seeded(seed)
	draw := stream(seed)
	c.Counts[0].Number = 3 + int(draw()%3)
	c.NumClients = 2 + int(draw()%4)
	c.RequestsPerClient = 20
	c.Network.Loss = float64(draw()%20) / 100
	c.Network.Duplicate = float64(draw()%20) / 100
	c.Network.Late = float64(seed%5) / 100
	c.Settings.(*raftrun.Settings).NoopOnElection = draw()%2 == 0
	c.Settings.(*raftrun.Settings).MaxEntries = []int{1, 64}[draw()%2]
	c.Settings.(*raftrun.Settings).MaxInflight = []int{1, 4}[draw()%2]
	c.Settings.(*raftrun.Settings).RequestTimeout = []time.Duration{150 * time.Millisecond, time.Second}[draw()%2]
	c.Keys = c.Keys[:1+draw()%5]
	return c
}

// crashes has servers crash and start again, one after another, from time to time.
func crashes(cl *cluster.Cluster, c *config.Config) {
	draw := stream(c.Seed + 1_000_000)
	at := time.Duration(0)
	for range 12 {
		at += time.Duration(draw()%400) * time.Millisecond
		node := world.NewProcessID(world.NodeGroup, 1+uint32(draw()%uint64(c.Counts.Total())))
		cl.Sim().At(at, world.CausalID(node), func() { cl.Sim().Crash(node) })
		cl.Sim().At(at+time.Duration(draw()%600)*time.Millisecond, world.CausalID(node), func() { cl.Sim().Restart(node) })
	}
}

// TestStormyRunsViolateNothing looks at runs with losses, duplicates, crashes and restarts: every invariant holds, and
// all that should happen sometimes does.
func TestStormyRunsViolateNothing(t *testing.T) {
	t.Parallel()
	sometimes := map[string]uint64{}
	for seed := range uint64(60) {
		c := stormy(seed + 1)
		cl := cluster.New(c, cluster.Options{})
		crashes(cl, c)
		result, err := cl.Run(t.Context())
		if err != nil {
			t.Fatalf("seed %d: %v", c.Seed, err)
		}
		if v := result.Checks.Violation; v != nil {
			t.Errorf("seed %d: %v", c.Seed, v)
		}
		if !result.Finished {
			t.Errorf("seed %d: the run did not finish: %d operations answered, index %d committed", c.Seed, result.Operations,
				result.Committed)
		}
		for _, one := range result.Checks.Sometimes {
			sometimes[one.What] += one.Times
		}
	}
	for _, one := range protocols.Raft.Run.Sometimes {
		if sometimes[one.What] == 0 && !one.NeedsLyingDisk {
			t.Errorf("in none of the runs: %s", one.What)
		}
	}
	t.Logf("sometimes: %v", sometimes)
}

// TestChecksChangeNothing runs with and without the checks.
func TestChecksChangeNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		var ends [2]cluster.Result
		for i, unchecked := range []bool{false, true} {
			result, err := cluster.New(stormy(seed), cluster.Options{Unchecked: unchecked}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ends[i] = result
		}
		if ends[1].Checks.Invariants != 0 {
			t.Errorf("seed %d: a run without checks says that %d invariants were checked", seed, ends[1].Checks.Invariants)
		}
		with, without := ends[0], ends[1]
		if with.End != without.End || with.Messages != without.Messages || with.Deliveries != without.Deliveries ||
			with.Committed != without.Committed {
			t.Errorf("seed %d: the run with checks is another than the one without: %+v, %+v", seed, with, without)
		}
	}
}

// TestProgressIsToldSoon has a follower never catch up: it is told as soon as it should have, and not when the run
// ends, after a minute.
func TestProgressIsToldSoon(t *testing.T) {
	t.Parallel()
	for bug, latest := range map[string]time.Duration{
		"next-index-stuck":       time.Second,
		"no-commit-on-heartbeat": 600 * time.Millisecond,
	} {
		for seed := range uint64(20) {
			v := caught(t, provocations[bug], seed+1, bug)
			if v == nil || v.Invariant.Name != string(protocol.InvariantProgress) || v.At > latest {
				t.Errorf("seed %d with the bug %s: want a violation of Progress by %s, got %v", seed+1, bug, latest, v)
			}
		}
	}
}
