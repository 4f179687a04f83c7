package raft_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// A cluster of 101 servers elects at the 51st vote and commits at the 51st copy, the leader's own counted.
func TestHundredAndOneServers(t *testing.T) {
	const size, quorum = 101, 51
	c := newCluster(size, raft.Config{MaxEntries: 64, MaxInFlight: 1, Heartbeats: true})
	c.step(1, protocol.StartElection{})
	deliverAll := func(what string, until func() bool) {
		replies := 0
		for len(c.bag) > 0 {
			if c.bag[0].to == 1 {
				replies++
			}
			c.deliver(0)
			if until() != (replies >= quorum-1) {
				t.Fatalf("%s: %v after %d replies of others", what, until(), replies)
			}
		}
	}
	deliverAll("leader", func() bool { return c.state(1).Role == protocol.RoleLeader })
	c.step(1, protocol.Request{Message: kv.ClientPut{Request: kv.RequestID{Client: 1, Sequence: 1}, Key: "x", Value: "1"}})
	deliverAll("committed", func() bool { return c.state(1).CommitIndex == 1 })
	for _, s := range c.servers[1:] {
		if c.state(s.id).CommitIndex != 1 {
			t.Errorf("%v committed %d", s.id, c.state(s.id).CommitIndex)
		}
	}
	for _, violation := range c.safety.violations {
		t.Error(violation)
	}
}

// A clone that is stepped with the same input has the same effects and ends in the same state, and is not changed when
// the original is stepped.
func TestCloneStepsAlike(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		s := newSchedule(seed)
		s.stepper = func(node *raft.Node, input protocol.Input) []protocol.Effect {
			clone, before := node.Clone(), node.State().Clone()
			effects := node.Step(input)
			if !clone.State().Equal(before) {
				t.Fatalf("seed %d: %v changed the clone", seed, input)
			}
			if alike := clone.Step(input); !slices.EqualFunc(effects, alike, protocol.EqualEffect) ||
				!clone.State().Equal(*node.State()) {
				t.Fatalf("seed %d: %v has the effects\n%v\nand at a clone\n%v", seed, input, effects, alike)
			}
			return effects
		}
		if problem := s.run(); problem != "" {
			t.Fatal(problem)
		}
	}
}

// A message owns what it holds: it says the same after the log that it was made from was cut off and written anew.
func TestMessagesOwnTheirEntries(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		s := newSchedule(seed)
		type kept struct{ message, copy protocol.Message }
		var all []kept
		s.stepper = func(node *raft.Node, input protocol.Input) []protocol.Effect {
			effects := node.Step(input)
			for _, effect := range effects {
				if e, ok := effect.(protocol.Send); ok {
					all = append(all, kept{e.Message, protocol.CloneMessage(e.Message)})
				}
			}
			return effects
		}
		if problem := s.run(); problem != "" {
			t.Fatal(problem)
		}
		for _, m := range all {
			if !protocol.EqualMessage(m.message, m.copy) {
				t.Fatalf("seed %d: a message was\n%v\nand is\n%v", seed, m.copy, m.message)
			}
		}
	}
}

// What is cut off is let go of: nothing behind the log's end holds on to a command.
func TestCutOffIsLetGo(t *testing.T) {
	node := raft.New(raft.Config{ID: 1})
	node.Step(protocol.SetPeers{Peers: []kv.NodeID{1, 2, 3}})
	cutOff := make([]weak.Pointer[kv.Put], 3)
	func() {
		entries := logOfTerms([]string{"1", "1", "1", "1"})
		for i := range cutOff {
			command := &kv.Put{Key: "x", Value: fmt.Sprint(i)}
			entries[i+1].Command, cutOff[i] = command, weak.Make(command)
		}
		node.Step(protocol.Receive{From: 2, Message: protocol.AppendEntries{Term: 1, LeaderID: 2, Entries: entries}})
	}()
	node.Step(protocol.Receive{
		From:    3,
		Message: protocol.AppendEntries{Term: 2, LeaderID: 3, Entries: logOfTerms([]string{"1", "2"})},
	})
	if log := node.State().Log; log.Len() != 2 {
		t.Fatalf("the log is %v", log)
	}
	runtime.GC()
	for _, command := range cutOff {
		if held := command.Value(); held != nil {
			t.Errorf("%v is held on to", held)
		}
	}
	runtime.KeepAlive(node)
}

// Before it is told its cluster, or outside of it, a server starts nothing and answers no server.
func TestWithoutCluster(t *testing.T) {
	for _, peers := range [][]kv.NodeID{nil, {}, {2, 3}, {0}} {
		node := raft.New(raft.Config{ID: 1})
		if peers != nil {
			node.Step(protocol.SetPeers{Peers: peers})
		}
		for _, input := range []protocol.Input{
			protocol.StartElection{},
			protocol.ElectionTimeout{},
			protocol.HeartbeatTimeout{},
			protocol.Receive{From: 9, Message: protocol.RequestVote{Term: 3, CandidateID: 9}},
			protocol.RPCTimeout{Peer: 9, Request: protocol.RequestVote{Term: 3}},
		} {
			if effects := node.Step(input); len(effects) > 0 {
				t.Errorf("peers %v: %v has the effects %v", peers, input, effects)
			}
		}
		want := kv.NotLeader{Request: kv.RequestID{Client: 1, Sequence: 1}}
		effects := node.Step(protocol.Request{Message: kv.ClientGet{Request: want.Request, Key: "x"}})
		if len(effects) != 1 || effects[0] != (protocol.Answer{Message: want}) {
			t.Errorf("peers %v: a client gets %v", peers, effects)
		}
	}
}

// The cluster is told in any order, with servers named twice or not at all, and not again to a candidate or leader.
func TestSetPeers(t *testing.T) {
	node := raft.New(raft.Config{ID: 7})
	node.Step(protocol.SetPeers{Peers: []kv.NodeID{9, 7, 0, 3, 9}})
	if node.Quorum() != 2 {
		t.Fatalf("a majority of three is %d", node.Quorum())
	}
	var asked []kv.NodeID
	for _, effect := range node.Step(protocol.StartElection{}) {
		if e, ok := effect.(protocol.Send); ok {
			asked = append(asked, e.To)
		}
	}
	if !slices.Equal(asked, []kv.NodeID{9, 3}) {
		t.Errorf("votes were asked of %v", asked)
	}
	if effects := node.Step(protocol.SetPeers{Peers: []kv.NodeID{7}}); len(effects) > 0 || node.Quorum() != 2 {
		t.Errorf("a candidate's cluster changed: %v", effects)
	}
}

// Nothing that arrives makes a server panic, however little sense it makes.
func FuzzStep(f *testing.F) {
	s := newSchedule(1)
	var inputs []byte
	s.stepper = func(node *raft.Node, input protocol.Input) []protocol.Effect {
		if len(inputs) < 2000 {
			inputs = protocol.AppendInput(inputs, input)
		}
		return node.Step(input)
	}
	_ = s.run()
	f.Add(inputs)
	f.Fuzz(func(_ *testing.T, data []byte) {
		node := raft.New(raft.Config{
			ID: 1, MaxEntries: 2, MaxInFlight: 2, NoopOnElection: len(data)%2 == 0,
			Heartbeats: true,
		})
		node.Step(protocol.SetPeers{Peers: []kv.NodeID{1, 2, 3}})
		for len(data) > 0 {
			input, rest, err := protocol.DecodeInput(data)
			if err != nil {
				return
			}
			if in, ok := input.(protocol.SetPeers); ok &&
				slices.ContainsFunc(in.Peers, func(id kv.NodeID) bool { return id > 200 }) {
				return // a cluster is told by its operator
			}
			node.Step(input)
			data = rest
		}
	})
}

// The same with messages whose every number is drawn from those that matter: small ones, and the largest.
func TestNonsense(*testing.T) {
	for seed := uint64(1); seed <= 300; seed++ {
		s := &schedule{random: seed}
		node := raft.New(raft.Config{
			ID: 1, MaxEntries: 1 + int(s.below(3)), MaxInFlight: 1 + int(s.below(3)),
			NoopOnElection: s.below(2) == 0, Heartbeats: s.below(2) == 0,
		})
		node.Step(protocol.SetPeers{Peers: []kv.NodeID{1, 2, 3}})
		for range 300 {
			node.Step(s.nonsense())
		}
	}
}

func (s *schedule) nonsense() protocol.Input {
	switch s.below(30) {
	case 0:
		return protocol.ElectionTimeout{}
	case 1:
		return protocol.HeartbeatTimeout{}
	case 2, 3:
		return protocol.RPCTimeout{Peer: s.someServer(), Request: s.nonsensicalMessage()}
	case 4:
		if s.below(10) == 0 {
			return protocol.Restart{
				CurrentTerm: protocol.Term(s.below(9)), VotedFor: s.someServer(),
				Log: s.nonsensicalEntries(),
			}
		}
	}
	if s.below(14) > 10 {
		return protocol.Request{Message: s.nonsensicalRequest()}
	}
	return protocol.Receive{From: s.someServer(), Message: s.nonsensicalMessage()}
}

func (s *schedule) nonsensicalMessage() protocol.Message {
	term := 5 + protocol.Term(s.below(12)/11)
	index := func() protocol.LogIndex { return protocol.LogIndex(s.extreme(7)) }
	switch s.below(11) {
	case 0:
		return protocol.RequestVote{
			Term: term, CandidateID: s.someServer(), LastLogIndex: index(),
			LastLogTerm: protocol.Term(index()),
		}
	case 1, 2:
		return protocol.VoteGranted{Term: term}
	case 3:
		return protocol.VoteDenied{Term: term}
	case 4, 5, 6, 7:
		return protocol.AppendEntries{
			Term: term, LeaderID: s.someServer(), PrevLogIndex: index(), PrevLogTerm: protocol.Term(1 +
				s.below(2)), Entries: s.nonsensicalEntries(), LeaderCommit: index(),
		}
	case 8:
		return protocol.AppendEntriesOk{Term: term, MatchIndex: index()}
	case 9:
		return protocol.AppendEntriesRejected{
			Term: term, PrevLogIndex: index(), ConflictTerm: protocol.Term(index()),
			ConflictIndex: index(),
		}
	}
	return protocol.CommitNotification{Term: term, LeaderID: s.someServer(), LeaderCommit: index()}
}

func (s *schedule) nonsensicalRequest() kv.Message {
	if s.below(3) == 0 {
		return kv.Answered{}
	}
	return kv.ClientPut{}
}

func (s *schedule) nonsensicalEntries() []protocol.LogEntry {
	entries := make([]protocol.LogEntry, s.below(4))
	for i := range entries {
		entries[i].Term = protocol.Term(1 + s.below(2))
	}
	return entries
}

func (s *schedule) someServer() kv.NodeID { return kv.NodeID(s.extreme(4)) }

// extreme is mostly below n, and sometimes as large as can be.
func (s *schedule) extreme(n uint64) uint64 {
	if s.below(20) == 0 {
		return math.MaxUint64 - s.below(3)
	}
	return s.below(n)
}
