package raft_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// TestWritesForetells asks before every step of many schedules whether it will persist anything, and compares that
// with what it does. To ask changes nothing.
func TestWritesForetells(t *testing.T) {
	said := map[bool]int{}
	for seed := uint64(1); seed <= 150; seed++ {
		s := newSchedule(seed)
		s.stepper = func(node *raft.Node, input protocol.Input) []protocol.Effect {
			before := node.State().Clone()
			writes := node.Writes(input)
			if !before.Equal(*node.State()) {
				t.Fatalf("seed %d: to ask about %T changes the state:\n%s", seed, input, cmp.Diff(before, *node.State()))
			}
			effects := node.Step(input)
			is := false
			if len(effects) > 0 {
				_, is = effects[0].(protocol.Persist)
			}
			if is != writes {
				t.Fatalf("seed %d: %T persists something: %t; it was said before: %t", seed, input, is, writes)
			}
			said[writes]++
			return effects
		}
		if problem := s.run(); problem != "" {
			t.Fatalf("seed %d: %s", seed, problem)
		}
	}
	if said[true] < 1000 || said[false] < 1000 {
		t.Errorf("it was said of so many steps that they write: %v", said)
	}
}

// TestStartTerm has servers begin in a term, in which none has voted.
func TestStartTerm(t *testing.T) {
	c := newCluster(3, raft.Config{StartTerm: 41})
	for _, s := range c.servers[1:] {
		if state := s.node.State(); state.CurrentTerm != 41 || state.VotedFor != 0 {
			t.Errorf("%s begins in term %d, with a vote for %s", s.id, state.CurrentTerm, state.VotedFor)
		}
	}
	if effects := raft.New(raft.Config{
		ID:        1,
		StartTerm: 41,
	}).Step(protocol.SetPeers{Peers: []kv.NodeID{1, 2, 3}}); len(effects) != 1 {
		t.Errorf("there is something to do besides waiting, such as writing to the disk what it holds: %v", effects)
	}
	c.step(1, protocol.StartElection{})
	if term := c.state(1).CurrentTerm; term != 42 {
		t.Errorf("the first election is of term %d, want 42", term)
	}
}
