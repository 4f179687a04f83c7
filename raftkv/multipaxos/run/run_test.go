package run

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// TestClones changes a clone, and looks at the original.
func TestClones(t *testing.T) {
	s := &Settings{Window: 1, FirstLeader: 2}
	clone := s.Clone().(*Settings)
	if clone.Window = 2; s.Window != 1 || clone.FirstLeader != 2 {
		t.Errorf("the original is %+v, and the clone %+v", s, clone)
	}
}

// TestClashes looks which settings do not go together.
func TestClashes(t *testing.T) {
	for _, test := range []struct {
		first, leaders int
		timeouts, want bool
	}{
		{first: 2, leaders: 2, want: false},
		{first: 3, leaders: 2, want: true},
		{first: 0, leaders: 2, want: true},
		{first: 0, leaders: 2, timeouts: true, want: false},
	} {
		s := &Settings{FirstLeader: test.first}
		if test.timeouts {
			s.SuspicionTimeout.Max = 1
		}
		counts := run.Counts{{Group: node.AcceptorGroup, Number: 3}, {Group: node.LeaderGroup, Number: test.leaders}}
		if got := s.Clashes(counts); (len(got) == 1) != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

// TestNames finds bugs and invariants by their names.
func TestNames(t *testing.T) {
	p := Protocol()
	for _, b := range p.Bugs {
		for _, name := range b.CaughtBy {
			if _, known := p.Invariant(name); !known {
				t.Errorf("%s is caught by %s, which is no invariant", b.Name, name)
			}
		}
	}
	if len(p.Bugs) == 0 || p.Answering().Group != node.LeaderGroup {
		t.Errorf("there are %d bugs, and clients ask %s", len(p.Bugs), p.Answering().Group)
	}
}

// TestServers makes the processes of a cluster, in the order of the parties, with and without who checks them.
func TestServers(t *testing.T) {
	p := Protocol()
	settings := p.NewSettings()
	for _, unchecked := range []bool{true, false} {
		all, checker := p.Servers(&run.Cluster{
			Counts: p.UsualCounts(), Settings: settings, Unchecked: unchecked,
			Tracer: func(string) *span.Tracer { return nil }, Committed: func(uint64) {},
			Now: func() time.Duration { return 0 },
		})
		if (checker == nil) != unchecked {
			t.Errorf("unchecked is %v, and the checker %v", unchecked, checker)
		}
		var ids []world.ProcessID
		for _, one := range all {
			ids = append(ids, one.ID())
			if role := one.Role(); (role == standby) != (one.ID().Group() == node.LeaderGroup) {
				t.Errorf("%s begins as %q", one.ID(), role)
			}
		}
		if want := p.UsualCounts().All(); len(ids) != len(want) || ids[0] != want[0] || ids[6] != want[6] {
			t.Errorf("the processes are %v, want %v", ids, want)
		}
	}
}

// TestTermsAreOrderedAsBallots compares ballots by their rounds, and then by their leaders.
func TestTermsAreOrderedAsBallots(t *testing.T) {
	one := func(round protocol.Round, leader uint32) uint64 {
		n := node.NewLeader(1, node.Config{Acceptors: 3, Leaders: 2, Replicas: 1, Window: 1, MaxValues: 1}, spans.Tracer{})
		n.State().Ballot = protocol.Ballot{Round: round, Leader: leader}
		return (&server{Watched: n}).Term()
	}
	if a, b, c := one(1, 1), one(1, 2), one(2, 1); a >= b || b >= c || one(0, 0) != 0 {
		t.Errorf("ballots 1.1, 1.2 and 2.1 are the terms %d, %d and %d", a, b, c)
	}
}
