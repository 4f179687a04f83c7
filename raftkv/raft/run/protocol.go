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
)

// Protocol is Raft, as a run knows it.
func Protocol() run.Protocol {
	return run.Protocol{
		SpecHash: protocol.SpecHash,
		Section:  section, Settings: settings, NewSettings: func() run.Settings { return &Settings{} },
		Roles: run.Roles{
			All:    []string{follower, candidate, leader},
			Leader: leader, Candidate: candidate, Follower: follower,
		},
		Bugs:       bugs(),
		Invariants: invariants.All(),
		Sometimes:  invariants.AllSometimes(),
		Peers:      func(all []kv.NodeID) any { return protocol.SetPeers{Peers: all} },
		Elect:      func() any { return protocol.StartElection{} },
		Servers:    servers,
	}
}

var (
	follower, candidate = protocol.RoleFollower.String(), protocol.RoleCandidate.String()
	leader              = protocol.RoleLeader.String()
)

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
