package run

import (
	"fmt"
	"time"

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
	return world.NewProcessID(world.NodeGroup, uint32(s.FirstLeader))
}

// Clashes implements run.Settings.
func (s *Settings) Clashes(c run.Counts) []run.Clash {
	var all []run.Clash
	if s.FirstLeader > c.Of(world.NodeGroup) {
		all = append(all, run.Clash{
			Keys: []string{"raft.first_leader", nodes.Key},
			Why:  fmt.Sprintf("there is no node-%d to be the first leader", s.FirstLeader),
		})
	}
	if s.FirstLeader == 0 && s.ElectionTimeout == (world.Range{}) {
		all = append(all, run.Clash{
			Keys: []string{"raft.first_leader", "raft.election_timeout"}, Why: "no node would ever stand for election",
		})
	}
	return all
}

// Vary implements run.Settings. Bugs hide in each: a no-op and large messages hide a commit of an old term's entry.
func (s *Settings) Vary(d run.Dice, c run.Counts) {
	s.NoopOnElection = d.Likely("no-op", 50)
	s.MaxEntries = run.OneOf(d, "entries", 1, 64)
	s.MaxInflight = d.From("in flight", 1, 4)
	s.FirstLeader = d.From("first leader", 0, c.Of(world.NodeGroup))
	s.RPCTimeout = run.OneOf(d, "rpc timeout", 50*time.Millisecond, 100*time.Millisecond)
	s.RequestTimeout = run.OneOf(d, "request timeout", 60*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond)
}

// Age implements run.Settings: a few clusters begin as if they had had elections before.
func (s *Settings) Age(d run.Dice) {
	if d.Likely("earlier terms", 10) {
		s.StartTerm = uint64(d.From("start term", 1, 1000))
	}
}
