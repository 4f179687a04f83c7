// Package run is what a run needs of Raft: see raftkv/run.
//
//	protocol.go      the tables
//	settings_gen.go  the section [raft] of a config
//	settings.go      which of its values go together, and how they are drawn
//	servers.go       the servers, each with who watches it
package run

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Protocol is Raft, as a run knows it.
func Protocol() run.Protocol {
	return run.Protocol{
		Name: section, SpecHash: protocol.SpecHash, Disks: "Figure 2", Parties: []run.Party{nodes},
		Section: section, Settings: settings, NewSettings: func() run.Settings { return &Settings{} },
		Roles: run.Roles{
			All:    []string{follower, candidate, leader},
			Leader: leader, Candidate: candidate, Follower: follower,
		},
		Bugs:       bugs(),
		Invariants: invariants.All(),
		Sometimes:  invariants.AllSometimes(),
		Tell:       tell,
		Elect:      func() any { return protocol.StartElection{} },
		Servers:    servers,
	}
}

var (
	follower, candidate = protocol.RoleFollower.String(), protocol.RoleCandidate.String()
	leader              = protocol.RoleLeader.String()
)

// nodes are Raft's servers, which are all alike.
var nodes = run.Party{
	Group: world.NodeGroup, Key: "num_nodes", Doc: "servers, node-1 to node-5", Usual: 5, Least: 3, Most: 5,
	Answers: true, Leads: true, Applies: true, Logs: true,
}

// tell returns the word by which a server gets to know its cluster, itself included.
func tell(c run.Counts, _ world.ProcessID) []any {
	peers := make([]kv.NodeID, c.Of(world.NodeGroup))
	for i := range peers {
		peers[i] = kv.NodeID(i + 1)
	}
	return []any{protocol.SetPeers{Peers: peers}}
}

// bugs are those that a run can have built in on purpose.
func bugs() []run.Bug {
	var all []run.Bug
	for _, b := range raft.Bugs() {
		one := run.Bug{Name: b.Name, Doc: b.Doc}
		for _, invariant := range b.CaughtBy {
			one.CaughtBy = append(one.CaughtBy, string(invariant))
		}
		all = append(all, one)
	}
	return all
}
