package run

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

const section = "raft"

// Settings are the section [raft] of a config.
type Settings struct {
	RPCTimeout        time.Duration // then an RPC is given up and sent anew
	RequestTimeout    time.Duration // then a leader that has not committed a request answers: outcome unknown
	MaxInflight       int           // AppendEntries on the way to one follower
	FirstLeader       int           // the number of the node told to start the first election; 0 for none
	ElectionTimeout   world.Range   // zero for none
	HeartbeatInterval time.Duration // zero for none
	NoopOnElection    bool
	MaxEntries        int    // in one AppendEntries
	StartTerm         uint64 // that is on every server's disk from the beginning; zero for an empty disk
}

// The largest numbers. They are there to stop a slip of the finger, not a person who means it.
const (
	mostLeader    = 10_000
	mostEntries   = 1_000_000
	mostInflight  = 1_000_000
	mostStartTerm = 1 << 62 // leaves room for elections: a trace holds a term as a number of 64 bits with a sign
)

// settings are the keys of the section, in the order of a file.
var settings = []run.Setting{
	{
		Name: "rpc_timeout", Usual: 100 * time.Millisecond, Positive: "no RPC would ever be answered in time",
		Field: field(func(s *Settings) any { return &s.RPCTimeout }),
		Doc:   "then an RPC is given up and sent anew",
	},
	{
		Name: "request_timeout", Usual: 500 * time.Millisecond, Positive: "no request would ever be committed in time",
		Field: field(func(s *Settings) any { return &s.RequestTimeout }),
		Doc:   "a leader that has not committed a request by then answers that its outcome is unknown",
	},
	{
		Name: "max_inflight", Usual: 1, Least: 1, Most: mostInflight,
		Field: field(func(s *Settings) any { return &s.MaxInflight }),
		Doc:   "AppendEntries on the way to one follower; more = pipelining",
	},
	{
		Name: "first_leader", Usual: 1, Most: mostLeader,
		Field: field(func(s *Settings) any { return &s.FirstLeader }),
		Doc:   "the node that is told to start the first election; 0 = the election timeouts decide",
	},
	{
		Name: "election_timeout", Usual: world.Range{Min: 150 * time.Millisecond, Max: 300 * time.Millisecond},
		Positive: "\"0s\" alone means no election timeouts",
		Field:    field(func(s *Settings) any { return &s.ElectionTimeout }),
		Doc:      `or a range; "0s" = none`,
	},
	{
		Name: "heartbeat_interval", Usual: 50 * time.Millisecond,
		Field: field(func(s *Settings) any { return &s.HeartbeatInterval }),
		Doc:   `"0s" = none`,
	},
	{
		Name: "noop_on_election", Usual: true,
		Field: field(func(s *Settings) any { return &s.NoopOnElection }),
		Doc:   "a new leader commits an entry that does nothing, and with it what earlier leaders left (§8 of the paper)",
	},
	{
		Name: "max_entries", Usual: 64, Least: 1, Most: mostEntries,
		Field: field(func(s *Settings) any { return &s.MaxEntries }),
		Doc:   "in one AppendEntries",
	},
	{
		Name: "start_term", Optional: true, Usual: uint64(0), Most: mostStartTerm,
		Field: field(func(s *Settings) any { return &s.StartTerm }),
		Doc:   "the term that is on every server's disk from the beginning, up to 4611686018427387904",
	},
}

// field is the place of a value, given that of one in Raft's own settings.
func field(of func(*Settings) any) func(run.Settings) any {
	return func(s run.Settings) any { return of(s.(*Settings)) }
}

// Clone implements run.Settings.
func (s *Settings) Clone() run.Settings {
	clone := *s
	return &clone
}

// First implements run.Settings.
func (s *Settings) First() kv.NodeID { return kv.NodeID(s.FirstLeader) }

// Clashes implements run.Settings.
func (s *Settings) Clashes(servers int) []run.Clash {
	var all []run.Clash
	if s.FirstLeader > servers {
		all = append(all, run.Clash{
			Keys: []string{"raft.first_leader", "num_nodes"},
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
func (s *Settings) Vary(d run.Dice, servers int) {
	s.NoopOnElection = d.Likely("no-op", 50)
	s.MaxEntries = run.OneOf(d, "entries", 1, 64)
	s.MaxInflight = d.From("in flight", 1, 4)
	s.FirstLeader = d.From("first leader", 0, servers)
	s.RPCTimeout = run.OneOf(d, "rpc timeout", 50*time.Millisecond, 100*time.Millisecond)
	s.RequestTimeout = run.OneOf(d, "request timeout", 60*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond)
}

// Age implements run.Settings: a few clusters begin as if they had had elections before.
func (s *Settings) Age(d run.Dice) {
	if d.Likely("earlier terms", 10) {
		s.StartTerm = uint64(d.From("start term", 1, 1000))
	}
}
