// Package run is what a run needs of MultiPaxos: see raftkv/run.
//
//	protocol.go      the tables
//	settings_gen.go  the section [multipaxos] of a config
//	settings.go      which of its values go together, and how they are drawn
//	servers.go       the processes, each with who watches it
package run

import (
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/invariants"
	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Protocol is MultiPaxos, as a run knows it.
func Protocol() run.Protocol {
	return run.Protocol{
		Name: section, SpecHash: protocol.SpecHash, Disks: "PMS §2.5",
		Parties: []run.Party{acceptors, replicas, leaders},
		Section: section, Settings: settings, NewSettings: func() run.Settings { return &Settings{} },
		Roles: run.Roles{
			All:    []string{standby, preparing, leading},
			Leader: leading, Candidate: preparing, Follower: standby,
		},
		Bugs:       bugs(),
		Invariants: invariants.All(),
		Sometimes:  invariants.AllSometimes(),
		Tell:       func(run.Counts, world.ProcessID) []any { return nil }, // each is made with the counts
		Elect:      func() any { return protocol.Lead{} },
		Servers:    servers,
	}
}

var (
	standby, preparing = protocol.RoleStandby.String(), protocol.RolePreparing.String()
	leading            = protocol.RoleLeading.String()
)

// The kinds of processes.
var (
	acceptors = run.Party{
		Group: node.AcceptorGroup, Key: "num_acceptors", Doc: "acceptors, acceptor-1 to acceptor-3: a majority chooses",
		Usual: 3, Least: 3, Most: 5,
	}
	replicas = run.Party{
		Group: node.ReplicaGroup, Key: "num_replicas", Doc: "replicas, replica-1 and replica-2, which learn and apply",
		Usual: 2, Least: 1, Most: 3, Applies: true,
	}
	leaders = run.Party{
		Group: node.LeaderGroup, Key: "num_leaders", Doc: "leaders, leader-1 and leader-2, of which one leads",
		Usual: 2, Least: 2, Most: 3, Answers: true, Leads: true, Applies: true,
	}
)

// bugs are those that a run can have built in on purpose.
func bugs() []run.Bug {
	var all []run.Bug
	for _, b := range multipaxos.Bugs() {
		one := run.Bug{Name: b.Name, Doc: b.Doc}
		for _, invariant := range b.CaughtBy {
			one.CaughtBy = append(one.CaughtBy, string(invariant))
		}
		all = append(all, one)
	}
	return all
}
