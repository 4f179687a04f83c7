package run

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Clone implements run.Settings.
func (s *Settings) Clone() run.Settings {
	clone := *s
	return &clone
}

// First implements run.Settings.
func (s *Settings) First() world.ProcessID {
	if s.FirstLeader == 0 {
		return 0
	}
	return world.NewProcessID(node.LeaderGroup, uint32(s.FirstLeader))
}

// Clashes implements run.Settings.
func (s *Settings) Clashes(c run.Counts) []run.Clash {
	var all []run.Clash
	if s.FirstLeader > c.Of(node.LeaderGroup) {
		all = append(all, run.Clash{
			Keys: []string{"multipaxos.first_leader", leaders.Key},
			Why:  fmt.Sprintf("there is no leader-%d to be the first that leads", s.FirstLeader),
		})
	}
	if s.FirstLeader == 0 && s.SuspicionTimeout == (world.Range{}) {
		all = append(all, run.Clash{
			Keys: []string{"multipaxos.first_leader", "multipaxos.suspicion_timeout"},
			Why:  "no leader would ever begin a ballot",
		})
	}
	return all
}

// Vary implements run.Settings. Bugs hide in each: without a window there are no holes.
func (s *Settings) Vary(d run.Dice, c run.Counts) {
	s.Window = d.From("window", 1, 8)
	s.MaxValues = run.OneOf(d, "values", 1, 64)
	s.FirstLeader = d.From("first leader", 0, c.Of(node.LeaderGroup))
	s.RPCTimeout = run.OneOf(d, "rpc timeout", 50*time.Millisecond, 100*time.Millisecond)
	s.RequestTimeout = run.OneOf(d, "request timeout", 60*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond)
	s.CatchUpDelay = run.OneOf(d, "catch-up delay", 5*time.Millisecond, 20*time.Millisecond)
	usual := world.Range{Min: 50 * time.Millisecond, Max: 100 * time.Millisecond}
	s.Backoff = run.OneOf(d, "backoff", world.Range{}, usual)
}

// Age implements run.Settings: no cluster was there before the run.
func (s *Settings) Age(run.Dice) {}
