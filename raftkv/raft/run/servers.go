package run

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/raftkv/raft/node"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// servers makes the servers of a run, and whoever checks them; nil if nobody does.
func servers(c *run.Cluster) ([]run.Server, run.Checker) {
	s := c.Settings.(*Settings)
	var checker *invariants.Checker
	if !c.Unchecked {
		checker = invariants.New(invariants.Options{
			Servers: c.Counts.Of(world.NodeGroup), Now: c.Now, Violated: c.Violated, Stopped: c.Stopped, Timing: s.timing(c),
		})
	}
	bug, _ := raft.BugNamed(c.Bug)
	all := make([]run.Server, c.Counts.Of(world.NodeGroup))
	for i := range all {
		id := kv.NodeID(i + 1)
		var watch *invariants.Server
		if checker != nil {
			watch = checker.Server(id)
		}
		n := node.New(node.Config{
			ID: id, ElectionTimeout: s.ElectionTimeout, HeartbeatInterval: s.HeartbeatInterval,
			RPCTimeout: s.RPCTimeout, RequestTimeout: s.RequestTimeout,
			MaxEntries: s.MaxEntries, MaxInFlight: s.MaxInflight, NoopOnElection: s.NoopOnElection,
			StartTerm: protocol.Term(s.StartTerm), Bug: bug, Observer: observer{c.Committed, watch},
		}, spans.Tracer{Tracer: c.Tracer(id.String())})
		one := &server{Node: n, process: n}
		if watch != nil {
			one.process = watch.Watch(n)
		}
		if s.StartTerm > 0 {
			one.firstRecord = node.FirstRecord(protocol.Term(s.StartTerm))
		}
		all[i] = one
	}
	if checker == nil {
		return all, nil
	}
	return all, checker
}

// timing is what the bounds of Progress are computed from.
func (s *Settings) timing(c *run.Cluster) invariants.Timing {
	return invariants.Timing{
		Election: s.ElectionTimeout, Heartbeat: s.HeartbeatInterval, RPCTimeout: s.RPCTimeout,
		Latency: c.Latency, Step: c.Step, Lost: c.Lost,
		MaxEntries: max(1, s.MaxEntries), MaxInFlight: max(1, s.MaxInflight), Clients: c.Clients,
	}
}

// server is a node, with who watches it if anybody does.
type server struct {
	*node.Node

	process     world.Process
	firstRecord []byte
}

var _ run.Server = (*server)(nil)

// Process implements run.Server.
func (s *server) Process() world.Process { return s.process }

// FirstRecord implements run.Server.
func (s *server) FirstRecord() []byte { return s.firstRecord }

// Role implements run.Server.
func (s *server) Role() string { return s.State().Role.String() }

// Term implements run.Server.
func (s *server) Term() uint64 { return uint64(s.State().CurrentTerm) }

// Applied implements run.Server.
func (s *server) Applied() uint64 { return uint64(s.State().LastApplied) }

// LogTerms implements run.Server.
func (s *server) LogTerms() []int {
	var terms []int
	for _, e := range s.State().Log.All() {
		terms = append(terms, int(e.Term))
	}
	return terms
}

// observer hears what a server announces.
type observer struct {
	committed func(index uint64)
	watch     *invariants.Server // nil when nobody checks
}

// Committed implements node.Observer.
func (o observer) Committed(e protocol.Commit) {
	o.committed(uint64(e.To))
	if o.watch != nil {
		o.watch.Committed(e)
	}
}

// Applied implements node.Observer.
func (o observer) Applied(e protocol.Apply, result kv.Result) {
	if o.watch != nil {
		o.watch.Applied(e, result)
	}
}
