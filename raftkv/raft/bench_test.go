package raft_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// BenchmarkStep measures steps one by one, in a cluster of five.
func BenchmarkStep(b *testing.B) {
	command := protocol.Request{Message: kv.ClientPut{
		Request: kv.RequestID{Client: 1, Sequence: 1}, Key: "a",
		Value: "val_1",
	}}
	b.Run("leader/command, the window is full", func(b *testing.B) {
		leader := elected(0, raft.Config{MaxEntries: 64, MaxInFlight: 1})
		measure(b, func(int) { leader.Step(command) })
	})
	b.Run("leader/ok, no majority yet", func(b *testing.B) {
		leader := elected(0, raft.Config{MaxEntries: 64, MaxInFlight: 1})
		leader.Step(command)
		ok := protocol.Receive{From: 2, Message: protocol.AppendEntriesOk{Term: 1, MatchIndex: 1}}
		measure(b, func(int) { leader.Step(ok) })
	})
	b.Run("leader/command and its four oks", func(b *testing.B) {
		leader := elected(0, raft.Config{MaxEntries: 64, MaxInFlight: 1})
		measure(b, func(i int) {
			leader.Step(command)
			for from := kv.NodeID(2); from <= 5; from++ {
				leader.Step(protocol.Receive{
					From:    from,
					Message: protocol.AppendEntriesOk{Term: 1, MatchIndex: protocol.LogIndex(i + 1)},
				})
			}
		})
	})
	b.Run("leader/heartbeat", func(b *testing.B) {
		leader := elected(0, raft.Config{Heartbeats: true})
		measure(b, func(int) { leader.Step(protocol.HeartbeatTimeout{}) })
	})
	b.Run("follower/heartbeat", func(b *testing.B) {
		follower := follower(0)
		heartbeat := protocol.Receive{From: 2, Message: protocol.AppendEntries{Term: 1, LeaderID: 2}}
		measure(b, func(int) { follower.Step(heartbeat) })
	})
	b.Run("follower/entry, committed by the next", func(b *testing.B) {
		follower := follower(0)
		entries := []protocol.LogEntry{{Term: 1, Command: kv.Noop{}}}
		measure(b, func(i int) {
			prev := protocol.LogIndex(i)
			m := protocol.AppendEntries{
				Term: 1, LeaderID: 2, PrevLogIndex: prev, PrevLogTerm: 1, Entries: entries,
				LeaderCommit: prev,
			}
			follower.Step(protocol.Receive{From: 2, Message: m})
		})
	})
	b.Run("voter/request", func(b *testing.B) {
		follower := follower(0)
		request := protocol.Receive{From: 2, Message: protocol.RequestVote{Term: 1, CandidateID: 2}}
		measure(b, func(int) { follower.Step(request) })
	})
}

// BenchmarkLogLength shows that a step costs the same whatever the length of the log: a conflict that replaces the last
// entry, a refusal that is answered from the middle of the log and then given up, and a heartbeat. What the longer log
// adds is the garbage collector's, which has it to scan.
func BenchmarkLogLength(b *testing.B) {
	for _, length := range []protocol.LogIndex{1e3, 1e6} {
		b.Run(fmt.Sprintf("conflict/%d", length), func(b *testing.B) {
			follower := follower(length)
			measure(b, func(i int) {
				term := protocol.Term(i + 2)
				m := protocol.AppendEntries{
					Term: term, LeaderID: 2, PrevLogIndex: length - 1, PrevLogTerm: 1,
					Entries: []protocol.LogEntry{{Term: term, Command: kv.Noop{}}},
				}
				follower.Step(protocol.Receive{From: 2, Message: m})
			})
		})
		b.Run(fmt.Sprintf("refusal/%d", length), func(b *testing.B) {
			leader := elected(length, raft.Config{})
			middle := length / 2
			givenUp := protocol.AppendEntries{Term: 2, PrevLogIndex: middle - 1, Entries: make([]protocol.LogEntry, 1)}
			measure(b, func(int) {
				leader.Step(protocol.Receive{
					From: 2,
					Message: protocol.AppendEntriesRejected{
						Term: 2, PrevLogIndex: leader.State().NextIndex[2] - 1, ConflictTerm: 7,
						ConflictIndex: middle,
					},
				})
				leader.Step(protocol.RPCTimeout{Peer: 2, Request: givenUp})
			})
		})
		b.Run(fmt.Sprintf("heartbeat/%d", length), func(b *testing.B) {
			leader := elected(length, raft.Config{Heartbeats: true})
			measure(b, func(int) { leader.Step(protocol.HeartbeatTimeout{}) })
		})
	}
}

// A step moves nothing but what it is about: with 100,000 entries in the log, a thousand steps of each kind allocate
// less than the log would take once.
func TestCostDoesNotGrowWithTheLog(t *testing.T) {
	const length, steps, logSize = 100_000, 1000, 100_000 * 32
	leader, follower := elected(length, raft.Config{}), follower(length)
	for name, step := range map[string]func(i int){
		"heartbeat": func(int) { leader.Step(protocol.HeartbeatTimeout{}) },
		"refusal": func(int) {
			prev := leader.State().NextIndex[2] - 1
			leader.Step(protocol.Receive{
				From:    2,
				Message: protocol.AppendEntriesRejected{Term: 2, PrevLogIndex: prev, ConflictTerm: 7, ConflictIndex: length / 2},
			})
		},
		"conflict": func(i int) {
			m := protocol.AppendEntries{
				Term: protocol.Term(i + 2), LeaderID: 2, PrevLogIndex: length - 1, PrevLogTerm: 1,
				Entries: []protocol.LogEntry{{Term: protocol.Term(i + 2)}},
			}
			follower.Step(protocol.Receive{From: 2, Message: m})
		},
		"vote": func(i int) {
			follower.Step(protocol.Receive{
				From: 3,
				Message: protocol.RequestVote{
					Term: protocol.Term(i + 2*steps), CandidateID: 3, LastLogIndex: length,
					LastLogTerm: 9e9,
				},
			})
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range steps {
			step(i)
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > logSize {
			t.Errorf("%s: %d steps allocated %d bytes; the log takes %d", name, steps, allocated, logSize)
		}
	}
}

// BenchmarkCluster runs a cluster of five, message by message: what a run of the simulator asks of the algorithm.
func BenchmarkCluster(b *testing.B) {
	nodes := make([]*raft.Node, 6)
	peers := []kv.NodeID{1, 2, 3, 4, 5}
	for _, id := range peers {
		nodes[id] = raft.New(raft.Config{ID: id, MaxEntries: 64, MaxInFlight: 1})
		nodes[id].Step(protocol.SetPeers{Peers: peers})
	}
	type envelope struct {
		to      kv.NodeID
		receive protocol.Receive
	}
	var bag []envelope
	steps := 0
	step := func(id, from kv.NodeID, input protocol.Input) {
		steps++
		for _, effect := range nodes[id].Step(input) {
			if e, ok := effect.(protocol.Send); ok {
				bag = append(bag, envelope{e.To, protocol.Receive{From: id, Message: e.Message}})
			}
			if e, ok := effect.(protocol.Reply); ok {
				bag = append(bag, envelope{from, protocol.Receive{From: id, Message: e.Message}})
			}
		}
	}
	deliverAll := func() {
		for i := 0; i < len(bag); i++ {
			step(bag[i].to, bag[i].receive.From, bag[i].receive)
		}
		bag = bag[:0]
	}
	step(1, 0, protocol.StartElection{})
	deliverAll()
	var command protocol.Input = protocol.Request{Message: kv.ClientPut{
		Request: kv.RequestID{Client: 1, Sequence: 1},
		Key:     "a", Value: "val_1",
	}}
	b.ReportAllocs()
	b.ResetTimer()
	steps = 0
	for range b.N {
		step(1, 0, command)
		deliverAll()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
}

func measure(b *testing.B, step func(i int)) {
	runtime.GC() // what went before costs nothing in here
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		step(i)
	}
}

// follower is server 1 of a cluster of five, with a log of this length, all of term 1.
func follower(length protocol.LogIndex) *raft.Node { return withLog(length, raft.Config{}) }

// elected is the same as the leader of the next term.
func elected(length protocol.LogIndex, config raft.Config) *raft.Node {
	leader := withLog(length, config)
	leader.Step(protocol.StartElection{})
	for from := 2; from <= 5; from++ {
		leader.Step(protocol.Receive{From: kv.NodeID(from), Message: protocol.VoteGranted{Term: leader.State().CurrentTerm}})
	}
	return leader
}

func withLog(length protocol.LogIndex, config raft.Config) *raft.Node {
	config.ID = 1
	node := raft.New(config)
	node.Step(protocol.SetPeers{Peers: []kv.NodeID{1, 2, 3, 4, 5}})
	if length > 0 {
		log := make([]protocol.LogEntry, length)
		for i := range log {
			log[i] = protocol.LogEntry{Term: 1, Command: kv.Noop{}}
		}
		node.Step(protocol.Restart{CurrentTerm: 1, Log: log})
	}
	return node
}
