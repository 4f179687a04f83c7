package invariants

import (
	"testing"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/list"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// plantedBeliefs are violations of what servers may believe of each other, and of what they may answer.
var plantedBeliefs = []plant{
	{"a follower that holds nothing", protocol.InvariantMatchIndexIsHeld, func(f *fake) *check.Violation {
		f.leadWith(first)
		return f.step(1, matches(1), receivesFrom(2, protocol.AppendEntriesOk{Term: 1, MatchIndex: 1}))
	}, "the disk of node-2 holds it up to index 0 only"},
	{"a follower that holds another entry", protocol.InvariantMatchIndexIsHeld, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.hold([]protocol.LogEntry{put(0, 1, "old")}, 2)
		return f.step(1, matches(1), receivesFrom(2, protocol.AppendEntriesOk{Term: 1, MatchIndex: 1}))
	}, "the disk of node-2 holds it up to index 0 only"},
	{"a follower that holds more than the leader has", protocol.InvariantMatchIndexIsHeld, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.hold([]protocol.LogEntry{first, second}, 2)
		return f.step(1, matches(2), receivesFrom(2, protocol.AppendEntriesOk{Term: 1, MatchIndex: 2}))
	}, "the log of node-1 ends at index 1"},
	{"a follower that cuts off what it acknowledged", protocol.InvariantMatchIndexIsHeld, func(f *fake) *check.Violation {
		f.acknowledged(first)
		return f.step(2, holds())
	}, "node-1 leads term 1 and takes node-2 to hold its log up to index 1"},
	{"a log that is not the leader's", protocol.InvariantFollowerMatchesLeader, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.hold([]protocol.LogEntry{put(0, 1, "old")}, 2)
		return f.step(2, func(s *protocol.State) { s.MatchWithLeader = 1 })
	}, "node-2 takes its log to equal that of the leader of term 1 up to index 1, and it does up to index 0"},
	{
		"a log that was the leader's until it was cut off", protocol.InvariantFollowerMatchesLeader,
		func(f *fake) *check.Violation {
			f.leadWith(first)
			f.hold([]protocol.LogEntry{first}, 2)
			f.good(2, func(s *protocol.State) { s.MatchWithLeader = 1 })
			return f.step(2, holds())
		}, "and it does up to index 0",
	},
	{"a log of a leader that is gone", protocol.InvariantFollowerMatchesLeader, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.good(1, func(s *protocol.State) {
			s.CurrentTerm, s.VotedFor, s.Role = 2, 0, protocol.RoleFollower
			holds(second)(s)
		})
		f.hold([]protocol.LogEntry{second}, 2)
		return f.step(2, func(s *protocol.State) { s.MatchWithLeader = 1 })
	}, "node-1 led term 1 with a log up to index 1"},
	{"a leader that nobody saw", protocol.InvariantFollowerMatchesLeader, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 2)
		return f.step(2, func(s *protocol.State) { s.CurrentTerm, s.MatchWithLeader = 7, 1 })
	}, "it is in term 7, which nobody has led"},
	{"a vote that nobody gave", protocol.InvariantVotesWereGiven, func(f *fake) *check.Violation {
		f.stand(1)
		return f.step(1, func(s *protocol.State) { s.VotesGranted[3] = true })
	}, "node-3 gave nobody its vote of term 1"},
	{"a vote that another candidate got", protocol.InvariantVotesWereGiven, func(f *fake) *check.Violation {
		f.stand(3)
		f.good(2, func(s *protocol.State) { s.CurrentTerm, s.VotedFor = 1, 3 })
		f.stand(1)
		return f.step(1, func(s *protocol.State) { s.VotesGranted[2] = true })
	}, "node-2 gave its vote of term 1 to node-3"},
	{"a vote of an earlier term", protocol.InvariantVotesWereGiven, func(f *fake) *check.Violation {
		f.elect(1, 1)
		return f.step(1, func(s *protocol.State) { s.CurrentTerm, s.Role = 2, protocol.RoleCandidate })
	}, "node-2 gave nobody its vote of term 2"},
	{"a leader of a minority", protocol.InvariantVotesWereGiven, func(f *fake) *check.Violation {
		f.stand(1)
		return f.step(1, leads)
	}, "node-1 became leader of term 1 by the votes of 1: node-1"},
	{"entries on the way that were not sent", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		return f.step(1, onTheWay(2, 1, [2]protocol.LogIndex{0, 1}))
	}, "it takes entries 1 to 1 to be on the way to node-2, which it did not send there"},
	{"entries on the way to another follower", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		return f.step(
			1, onTheWay(2, 1, [2]protocol.LogIndex{0, 1}),
			sends(3, protocol.AppendEntries{Term: 1, Entries: []protocol.LogEntry{first}}),
		)
	}, "it takes entries 1 to 1 to be on the way to node-2, which it did not send there"},
	{"entries sent and forgotten", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		return f.step(1, nextIs(2, 2), sends(2, protocol.AppendEntries{Term: 1, Entries: []protocol.LogEntry{first}}))
	}, "it sent entries 1 to 1 to node-2, and does not take them to be on the way"},
	{"more on the way than the window lets", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first, first)
		return f.step(1, onTheWay(2, 1, [2]protocol.LogIndex{0, 1}, [2]protocol.LogIndex{1, 2}),
			sends(2, protocol.AppendEntries{Term: 1, Entries: []protocol.LogEntry{first}}),
			sends(2, protocol.AppendEntries{Term: 1, PrevLogIndex: 1, PrevLogTerm: 1, Entries: []protocol.LogEntry{first}}))
	}, "it has 2 AppendEntries on the way to node-2, where its window is 1 and 0 were on the way before"},
	{"a window wider than the most", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		return f.step(1, onTheWay(2, 3))
	}, "it may have 3 AppendEntries on the way to node-2, and the most is 2"},
	{"as much on the way after going back as before", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.good(1, func(s *protocol.State) { s.Window[2] = 2 })
		return f.step(1, func(s *protocol.State) { s.Round[2]++ })
	}, "it went back in its log for node-2, and may have 2 AppendEntries on the way to it"},
	{"a window that opens at once after going back", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.checker.options.Timing.MaxInFlight = 4
		f.good(1, func(s *protocol.State) { s.Round[2]++ })
		return f.step(1, func(s *protocol.State) { s.Window[2] = 3 })
	}, "it may have 3 AppendEntries on the way to node-2, which it went back for, and might have 1"},
	{"acknowledged, and still on the way", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.hold([]protocol.LogEntry{first}, 2)
		f.good(
			1, onTheWay(2, 1, [2]protocol.LogIndex{0, 1}),
			sends(2, protocol.AppendEntries{Term: 1, Entries: []protocol.LogEntry{first}}),
		)
		return f.step(
			1, matches(1), onTheWayAgain(2), receivesFrom(2, protocol.AppendEntriesOk{Term: 1, MatchIndex: 1}),
		)
	}, "it takes entries 1 to 1 to be on the way to node-2, and it to hold the log up to index 1"},
	{"next to be sent is what is beyond the log", protocol.InvariantInFlightWasSent, func(f *fake) *check.Violation {
		f.leadWith(first)
		return f.step(1, nextIs(2, 3))
	}, "it would send index 3 to node-2 next"},
	{"an acknowledgement of an earlier term", protocol.InvariantMatchIndexRises, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.hold([]protocol.LogEntry{first}, 2)
		return f.step(1, matches(1), receivesFrom(2, protocol.AppendEntriesOk{MatchIndex: 1}))
	}, "which node-2 did not just acknowledge in that term"},
	{"an acknowledgement of another follower", protocol.InvariantMatchIndexRises, func(f *fake) *check.Violation {
		f.leadWith(first)
		f.hold([]protocol.LogEntry{first}, 2)
		return f.step(1, matches(1), receivesFrom(3, protocol.AppendEntriesOk{Term: 1, MatchIndex: 1}))
	}, "which node-2 did not just acknowledge in that term"},
	{"more taken for granted than was acknowledged", protocol.InvariantMatchIndexRises, func(f *fake) *check.Violation {
		f.leadWith(first, first)
		f.hold([]protocol.LogEntry{first, first}, 2)
		return f.step(1, matches(2), receivesFrom(2, protocol.AppendEntriesOk{Term: 1, MatchIndex: 1}))
	}, "it takes it to hold index 2 now"},
	{"an acknowledgement that came late", protocol.InvariantMatchIndexRises, func(f *fake) *check.Violation {
		f.acknowledged(first, first)
		return f.step(1, matches(1), receivesFrom(2, protocol.AppendEntriesOk{Term: 1, MatchIndex: 1}))
	}, "it takes it to hold no more than index 1 now"},
	{"a refusal of what is far behind", protocol.InvariantMatchIndexRises, func(f *fake) *check.Violation {
		f.acknowledged(first, first)
		return f.step(
			1, matches(0), receivesFrom(2, protocol.AppendEntriesRejected{Term: 1, PrevLogIndex: 1, ConflictIndex: 1}),
		)
	}, "node-2 did not just refuse what follows index 2"},
	{"a refusal of a round that is over", protocol.InvariantMatchIndexRises, func(f *fake) *check.Violation {
		f.acknowledged(first)
		f.good(1, func(s *protocol.State) { s.Round[2]++ })
		return f.step(
			1, matches(0), receivesFrom(2, protocol.AppendEntriesRejected{Term: 1, PrevLogIndex: 1, ConflictIndex: 1}),
		)
	}, "node-2 did not just refuse what follows index 1"},
	{"a vote that the disk does not hold", protocol.InvariantRestartFromDisk, func(f *fake) *check.Violation {
		f.good(2, func(s *protocol.State) { s.CurrentTerm = 1 })
		return f.step(2, func(s *protocol.State) { s.VotedFor = 3 }, restarts)
	}, "it starts again in term 1, and its vote is node-3's"},
	{"entries that the disk does not hold", protocol.InvariantRestartFromDisk, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 2)
		return f.step(2, holds(first, first), restarts)
	}, "it starts again with one up to index 2, which is the same up to index 1"},
	{
		"entries that the disk holds, and the server does not", protocol.InvariantRestartFromDisk,
		func(f *fake) *check.Violation {
			f.hold([]protocol.LogEntry{first}, 2)
			return f.step(2, holds(), restarts)
		}, "the disk of node-2 holds a log up to index 1",
	},
	{"what no disk holds", protocol.InvariantRestartFromDisk, func(f *fake) *check.Violation {
		return f.step(2, func(s *protocol.State) { s.NotifiedCommit = 1 }, restarts)
	}, "notified_commit: 1"},
	{"the answer to another request", protocol.InvariantAnswerOfItsEntry, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		return f.step(1, commits(1), answers(first.Request, kv.KeyExists{Key: "a"}))
	}, `node-1 answered "error: key already exists: a" to client-1/1`},
	{"an answer before its entry is applied", protocol.InvariantAnswerOfItsEntry, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first, second}, 1, 2, 3)
		return f.step(1, commits(1), answers(second.Request, kv.Stored{}))
	}, "node-1 has \"put a second\" of client-1/2 at index 2, and has applied entries up to index 1 only"},
	{"an answer that is not what its entry's was", protocol.InvariantAnswerOfItsEntry, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.commit(1, 1)
		return f.step(1, nothing, answers(first.Request, kv.KeyExists{Key: "a"}))
	}, `the result of client-1/1 is "ok"`},
}

// leadWith has node-1 lead term 1 with a log.
func (f *fake) leadWith(log ...protocol.LogEntry) {
	f.t.Helper()
	f.hold(log, 1)
	f.elect(1, 1)
	f.good(1, func(s *protocol.State) { s.NextIndex[2], s.NextIndex[3] = 1, 1 })
}

// acknowledged has node-1 lead term 1 with a log that node-2 acknowledged.
func (f *fake) acknowledged(log ...protocol.LogEntry) {
	f.t.Helper()
	f.leadWith(log...)
	f.hold(log, 2)
	last := protocol.LogIndex(len(log))
	f.good(1, matches(last), receivesFrom(2, protocol.AppendEntriesOk{Term: 1, MatchIndex: last}))
}

// stand has a server be a candidate in term 1.
func (f *fake) stand(id kv.NodeID) {
	f.t.Helper()
	f.good(id, func(s *protocol.State) {
		s.CurrentTerm, s.VotedFor, s.Role = 1, id, protocol.RoleCandidate
		s.VotesGranted = make([]bool, servers+1)
		s.VotesGranted[id] = true
	})
}

// matches has a leader take node-2 to hold its log up to an index.
func matches(match protocol.LogIndex) func(*protocol.State) {
	const id kv.NodeID = 2
	return func(s *protocol.State) {
		s.MatchIndex[id] = match
		s.NextIndex[id] = max(s.NextIndex[id], match+1)
		s.InFlight[id] = nil
	}
}

// onTheWay has a leader take entries to be on the way to a follower, each from after an index up to another.
func onTheWay(id kv.NodeID, window uint64, entries ...[2]protocol.LogIndex) func(*protocol.State) {
	return func(s *protocol.State) {
		s.Window[id] = window
		for _, e := range entries {
			s.InFlight[id] = append(s.InFlight[id], protocol.InFlight{PrevLogIndex: e[0], LastIndex: e[1]})
			s.NextIndex[id] = e[1] + 1
		}
	}
}

// onTheWayAgain has it take the first entry to be on the way still.
func onTheWayAgain(id kv.NodeID) func(*View) {
	return func(v *View) { onTheWay(id, 1, [2]protocol.LogIndex{0, 1})(v.State) }
}

func nextIs(id kv.NodeID, next protocol.LogIndex) func(*protocol.State) {
	return func(s *protocol.State) { s.NextIndex[id] = next }
}

func answers(to kv.RequestID, result kv.Result) func(*View) {
	return func(v *View) { v.Answers = append(v.Answers, kv.Answered{Request: to, Result: result}) }
}

// TestBeliefsThatMayBe are what servers may believe, though it looks like what they may not.
func TestBeliefsThatMayBe(t *testing.T) {
	for _, may := range []struct {
		name string
		do   func(f *fake) *check.Violation
	}{
		{"a follower in a later term has its log replaced", func(f *fake) *check.Violation {
			f.acknowledged(first)
			return f.step(2, func(s *protocol.State) {
				s.CurrentTerm, s.VotedFor = 2, 0
				holds(second)(s)
			})
		}},
		{"a disk that lost what it said that it keeps", func(f *fake) *check.Violation {
			f.acknowledged(first)
			f.durables[2].log = nil
			return f.step(
				2, func(s *protocol.State) { s.Restart(); s.Log = list.List[protocol.LogEntry]{} }, restarts,
				func(v *View) { v.DiskLost = true },
			)
		}},
		{"a follower refuses what follows its acknowledgement", func(f *fake) *check.Violation {
			f.acknowledged(first)
			return f.step(1, func(s *protocol.State) {
				matches(0)(s)
				s.Round[2]++
				s.NextIndex[2] = 1
				onTheWay(2, 1, [2]protocol.LogIndex{0, 1})(s)
			}, receivesFrom(2, protocol.AppendEntriesRejected{Term: 1, PrevLogIndex: 1, ConflictIndex: 1}),
				sends(2, protocol.AppendEntries{Term: 1, Entries: []protocol.LogEntry{first}, Round: 1}))
		}},
		{"one more on the way than the window lets, after going back", func(f *fake) *check.Violation {
			f.leadWith(first, first, first)
			f.good(1, onTheWay(2, 2, [2]protocol.LogIndex{0, 1}, [2]protocol.LogIndex{1, 2}),
				sends(2, protocol.AppendEntries{Term: 1, Entries: []protocol.LogEntry{first}}),
				sends(2, protocol.AppendEntries{Term: 1, PrevLogIndex: 1, PrevLogTerm: 1, Entries: []protocol.LogEntry{first}}))
			return f.step(1, func(s *protocol.State) {
				s.Round[2]++
				onTheWay(2, 1, [2]protocol.LogIndex{2, 3})(s)
			}, sends(2, protocol.AppendEntries{
				Term: 1, PrevLogIndex: 2, PrevLogTerm: 1, Entries: []protocol.LogEntry{first},
				Round: 1,
			}))
		}},
		{"a leader's log, when it is gone and holds another", func(f *fake) *check.Violation {
			f.leadWith(first)
			f.good(1, func(s *protocol.State) {
				s.CurrentTerm, s.VotedFor, s.Role = 2, 0, protocol.RoleFollower
				holds(second)(s)
			})
			f.hold([]protocol.LogEntry{first}, 2)
			return f.step(2, func(s *protocol.State) { s.MatchWithLeader = 1 })
		}},
		{"a failure, and an answer without an entry", func(f *fake) *check.Violation {
			f.hold([]protocol.LogEntry{first}, 1)
			f.good(1, nothing, answers(first.Request, kv.ReplicationFailed{}))
			return f.step(1, nothing, answers(kv.RequestID{Client: 7, Sequence: 1}, kv.Stored{}))
		}},
		{"a retry's first answer", func(f *fake) *check.Violation {
			f.hold([]protocol.LogEntry{first}, 1, 2, 3)
			f.commit(1, 1)
			return f.step(1, nothing, answers(first.Request, kv.Stored{}))
		}},
	} {
		t.Run(may.name, func(t *testing.T) {
			if v := may.do(newFake(t)); v != nil {
				t.Errorf("want nothing, got %v", v)
			}
		})
	}
}
