package cluster_test

import (
	"slices"
	"testing"
	"time"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/world"
)

// provocation is what a bug shows in: the run of a seed, and what is done to it.
type provocation struct {
	config func(t *testing.T, seed uint64) *config.Config
	do     func(cl *cluster.Cluster, c *config.Config)
}

// provocations are the bugs that a storm hardly ever shows, and what shows them.
var provocations = map[string]provocation{
	"count-duplicate-votes":  {splitVotes, untouched},
	"next-index-stuck":       {leaderAndFollowerCrash, untouched},
	"no-commit-on-heartbeat": {lastNotificationLost, untouched},
}

func untouched(*cluster.Cluster, *config.Config) {}

// splitVotes has five servers stand for election at about the same time, and most messages arrive twice.
func splitVotes(_ *testing.T, seed uint64) *config.Config {
	c := seeded(seed)
	c.Settings.(*raftrun.Settings).FirstLeader = 0
	c.Settings.(*raftrun.Settings).ElectionTimeout = world.Range{Min: 150 * time.Millisecond, Max: 155 * time.Millisecond}
	c.Network.Duplicate = 0.6
	return c
}

// leaderAndFollowerCrash has server 3 miss entries, and the leader crash, so that the next one does not know which.
func leaderAndFollowerCrash(_ *testing.T, seed uint64) *config.Config {
	c := seeded(seed)
	c.RequestsPerClient = 50
	c.Counts[0].Number = 3
	c.Client.ThinkTime = world.Range{Min: time.Millisecond, Max: 20 * time.Millisecond}
	leader, follower := world.NewProcessID(world.NodeGroup, 1), world.NewProcessID(world.NodeGroup, 3)
	fault := func(at time.Duration, kind config.FaultKind, process world.ProcessID) {
		c.Faults = append(c.Faults,
			config.Fault{Kind: kind, At: config.When{Kind: config.AtTime, Time: at}, Process: process})
	}
	fault(100*time.Millisecond, config.Crash, follower)
	fault(200*time.Millisecond, config.Crash, leader)
	fault(210*time.Millisecond, config.Restart, follower)
	fault(220*time.Millisecond, config.Restart, leader)
	return c
}

// lastNotificationLost is a run that ends in silence: server 5 is not told of the last commit but by heartbeats.
func lastNotificationLost(t *testing.T, seed uint64) *config.Config {
	c := seeded(seed)
	e := run(t, c)
	var last world.CausalID
	for _, m := range e.messages() {
		if e.byID[m.id].Name == "raft.commit_notification" && m.to == "node-5" {
			last = m.id
		}
	}
	return dropping(c, last)
}

func stormyConfig(_ *testing.T, seed uint64) *config.Config { return stormy(seed) }

// caught runs a seed with a bug, or none, and returns what does not hold.
func caught(t *testing.T, p provocation, seed uint64, bug string) *check.Violation {
	t.Helper()
	c := p.config(t, seed)
	c.Bug = bug
	cl := cluster.New(c, cluster.Options{})
	p.do(cl, c)
	result, err := cl.Run(t.Context())
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return result.Checks.Violation
}

// TestBugsAreCaught runs seeds with each bug until an invariant that the bug is known to break does not hold, and the
// same run without the bug: there everything does.
func TestBugsAreCaught(t *testing.T) {
	t.Parallel()
	const seeds = 400
	for _, bug := range protocols.Raft.Run.Bugs {
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			p, ok := provocations[bug.Name]
			if !ok {
				p = provocation{stormyConfig, crashes}
			}
			var others []string
			for seed := range uint64(seeds) {
				v := caught(t, p, seed+1, bug.Name)
				if v == nil || caught(t, p, seed+1, "") != nil {
					continue
				}
				if slices.Contains(bug.CaughtBy, v.Invariant.Name) {
					t.Logf("seed %d: %v", seed+1, v)
					if len(others) > 0 {
						t.Logf("before it, others did not hold: %v", others)
					}
					return
				}
				others = append(others, v.Invariant.Name)
			}
			t.Errorf("in none of %d seeds did one of %v not hold; others that did not: %v", seeds, bug.CaughtBy, others)
		})
	}
}
