package invariants

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/list"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// The entries that the planted violations are about.
var (
	first  = put(1, 1, "first")
	other  = put(1, 1, "other")
	second = put(2, 2, "second")
	late   = put(3, 3, "late")
)

// plant is a violation.
type plant struct {
	name  string
	wants protocol.InvariantName
	do    func(f *fake) *check.Violation
	tells string // in one of the facts
}

// planted are violations, each with what it should be taken for. What comes before the last step must be right.
var planted = []plant{
	{"two leaders of a term", protocol.InvariantElectionSafety, func(f *fake) *check.Violation {
		f.elect(1, 1)
		return f.step(3, func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = 1, 3, protocol.RoleLeader })
	}, "node-3 became leader of term 1 as well"},
	{"two leaders of a term, one after the other", protocol.InvariantElectionSafety, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.good(1, func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = 2, 0, protocol.RoleFollower })
		return f.step(3, func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = 1, 3, protocol.RoleLeader })
	}, "node-1 became leader of term 1"},
	{"a leader cuts its log off", protocol.InvariantLeaderAppendOnly, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.hold([]protocol.LogEntry{first}, 1)
		return f.step(1, holds())
	}, "has no entry at index 1"},
	{"a leader overwrites its log", protocol.InvariantLeaderAppendOnly, func(f *fake) *check.Violation {
		f.elect(1, 2)
		f.hold([]protocol.LogEntry{first, second}, 1)
		return f.step(1, holds(second, second))
	}, "an entry of term 2 at index 1"},
	{"a log changes unseen at its end", protocol.InvariantLeaderAppendOnly, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.hold([]protocol.LogEntry{first}, 1)
		return f.step(1, holds(other), writesNothing)
	}, "index 1"},
	{"another entry of the same index and term", protocol.InvariantLogMatching, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1)
		return f.step(2, holds(other))
	}, "node-1 held an entry at index 1 of term 1"},
	{"the same entry after another one", protocol.InvariantLogMatching, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first, late}, 1)
		return f.step(2, holds(second, late))
	}, "index 2 of term 3"},
	{"a tail that was kept behind a conflict", protocol.InvariantLogMatching, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first, second, second}, 1, 2)
		return f.step(2, holds(first, late, second), func(v *View) {
			v.Received = protocol.AppendEntries{PrevLogIndex: 1, PrevLogTerm: 1, Entries: []protocol.LogEntry{late}}
		}, writesNothing)
	}, "index 3 of term 2"},
	{"a leader without what was committed", protocol.InvariantLeaderCompleteness, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.hold([]protocol.LogEntry{first}, 1, 2)
		f.commit(1, 1)
		return f.step(3, func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = 2, 3, protocol.RoleLeader })
	}, "node-3 leads term 2 and has no entry at index 1"},
	{"a commit that a later leader lacks", protocol.InvariantLeaderCompleteness, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.hold([]protocol.LogEntry{first}, 1, 2)
		f.elect(3, 2)
		return f.step(1, commits(1))
	}, "node-3 leads term 2"},
	{"two commands at one index", protocol.InvariantStateMachineSafety, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 3)
		f.commit(1, 1)
		f.hold([]protocol.LogEntry{second}, 2)
		return f.step(2, commits(1))
	}, `node-2 applied "put a second" of term 2`},
	{"another entry committed", protocol.InvariantCommittedPrefix, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 3)
		f.commit(1, 1)
		f.hold([]protocol.LogEntry{second}, 2)
		return f.step(2, commits(1), func(v *View) { v.Applied, v.State.LastApplied = nil, 0 })
	}, "node-2 takes index 1 for committed"},
	{"a commit that one disk holds", protocol.InvariantQuorumLog, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.hold([]protocol.LogEntry{first}, 1)
		return f.step(1, commits(1))
	}, "the disks of 2 servers lack"},
	{"a disk that loses what a quorum needs", protocol.InvariantQuorumLog, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.hold([]protocol.LogEntry{first}, 1, 2)
		f.commit(1, 1)
		f.durables[2].log = nil
		return f.step(2, func(s *protocol.State) { s.Restart(); s.Log = list.List[protocol.LogEntry]{} }, restarts)
	}, "the disks of 2 servers lack"},
	{"a leader commits what its disk lacks", protocol.InvariantCommittedIsDurable, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.good(1, holds(first), writesNothing)
		f.hold([]protocol.LogEntry{first}, 2, 3)
		return f.step(1, commits(1))
	}, "its disk holds its log up to index 0 only"},
	{"a term falls", protocol.InvariantTermAndVote, func(f *fake) *check.Violation {
		f.good(1, func(s *protocol.State) { s.CurrentTerm = 2 })
		return f.step(1, func(s *protocol.State) { s.CurrentTerm = 1 })
	}, "it is in term 1 now"},
	{"a term falls in a restart", protocol.InvariantTermAndVote, func(f *fake) *check.Violation {
		f.good(1, func(s *protocol.State) { s.CurrentTerm = 2 })
		return f.step(1, func(s *protocol.State) { s.CurrentTerm = 1 }, restarts)
	}, "node-1 was in term 2"},
	{"a later term ignored", protocol.InvariantTermAndVote, func(f *fake) *check.Violation {
		f.elect(1, 1)
		return f.step(1, nothing, receives(protocol.VoteDenied{Term: 3}))
	}, "node-1 handled VoteDenied of term 3"},
	{"a vote taken back", protocol.InvariantTermAndVote, func(f *fake) *check.Violation {
		f.elect(1, 1)
		return f.step(2, func(s *protocol.State) { s.VotedFor = 0 })
	}, "the vote of that term is nobody's now"},
	{"a vote forgotten in a restart", protocol.InvariantTermAndVote, func(f *fake) *check.Violation {
		f.elect(1, 1)
		return f.step(2, func(s *protocol.State) { s.VotedFor = 0 }, restarts)
	}, "node-2 gave its vote of term 1 to node-1"},
	{"a vote given twice", protocol.InvariantTermAndVote, func(f *fake) *check.Violation {
		f.elect(1, 1)
		return f.step(2, nothing, sends(3, protocol.VoteGranted{Term: 1}))
	}, "it gave the vote of that term to node-3 as well"},
	{"a commit index falls", protocol.InvariantMonotonic, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first, second}, 1, 2, 3)
		f.commit(2, 1)
		return f.step(1, commits(1))
	}, "it is 1 now"},
	{"an applied index falls", protocol.InvariantMonotonic, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first, second}, 1, 2, 3)
		f.commit(2, 1)
		return f.step(1, func(s *protocol.State) { s.LastApplied = 1 })
	}, "it is at 1 now"},
	{"applied, not committed", protocol.InvariantMonotonic, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		return f.step(1, func(s *protocol.State) { s.LastApplied = 1 })
	}, "the commit index of node-1 is 0"},
	{"committed beyond the log", protocol.InvariantMonotonic, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		return f.step(1, commits(2))
	}, "the log of node-1 ends at index 1"},
	{"a committed entry cut off", protocol.InvariantNoCommittedTruncation, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.commit(1, 1, 2)
		return f.step(2, holds())
	}, "it cut its log off at index 1"},
	{"a committed entry replaced", protocol.InvariantNoCommittedTruncation, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.commit(1, 1, 2)
		return f.step(2, holds(second))
	}, "node-2 knew that index 1 is committed"},
	{"a committed entry gone after a restart", protocol.InvariantNoCommittedTruncation, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.commit(1, 1, 2)
		f.durables[2].log = nil
		return f.step(2, func(s *protocol.State) { s.Restart(); s.Log = list.List[protocol.LogEntry]{} }, restarts)
	}, "node-2 knew that index 1 is committed"},
	{"a vote sent before it is durable", protocol.InvariantPersistBeforeSend, func(f *fake) *check.Violation {
		f.good(2, func(s *protocol.State) { s.CurrentTerm = 1 })
		return f.step(
			2, func(s *protocol.State) { s.VotedFor = 1 }, writesNothing, sends(1, protocol.VoteGranted{Term: 1}),
		)
	}, "the vote of term 1 on its disk was nobody's then"},
	{"a vote asked for before it is durable", protocol.InvariantPersistBeforeSend, func(f *fake) *check.Violation {
		return f.step(
			2, func(s *protocol.State) { s.CurrentTerm, s.VotedFor = 1, 2 }, writesNothing,
			sends(1, protocol.RequestVote{Term: 1, CandidateID: 2}),
		)
	}, "its disk held no later term than 0 then"},
	{"entries acknowledged before they are durable", protocol.InvariantPersistBeforeSend, func(f *fake) *check.Violation {
		return f.step(2, holds(first), writesNothing, sends(1, protocol.AppendEntriesOk{MatchIndex: 1}))
	}, "the log on its disk ended at index 0 then"},
	{
		"other entries acknowledged than those on the disk", protocol.InvariantPersistBeforeSend,
		func(f *fake) *check.Violation {
			f.good(2, holds(first))
			return f.step(
				2, holds(second), writesNothing, sends(1, protocol.AppendEntriesOk{MatchIndex: 1}),
				receives(protocol.AppendEntries{Entries: []protocol.LogEntry{second}}),
			)
		}, "is of term 1, and not of 2",
	},
	{"entries sent before they are durable", protocol.InvariantPersistBeforeSend, func(f *fake) *check.Violation {
		return f.step(
			1, holds(first), writesNothing, sends(2, protocol.AppendEntries{Entries: []protocol.LogEntry{first}}),
		)
	}, "the log on its disk ended at index 0 then"},
	{"an old term's entry committed by counting", protocol.InvariantCommitCurrentTerm, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.elect(1, 2)
		return f.step(1, commits(1))
	}, "the entry there is of term 1"},
	{"a stale read", protocol.InvariantLinearizable, func(f *fake) *check.Violation {
		f.ask(1, 1, kv.Put{Key: "a", Value: "x"}).answer(1, 1, kv.Stored{})
		f.ask(2, 1, kv.Get{Key: "a"}).answer(2, 1, kv.KeyNotFound{Key: "a"})
		return f.checker.Violation()
	}, "client-2/1 was answered"},
	{"a failure that was none", protocol.InvariantLinearizable, func(f *fake) *check.Violation {
		f.ask(1, 1, kv.Put{Key: "a", Value: "x"}).answer(1, 1, kv.ReplicationFailed{})
		f.ask(1, 2, kv.Put{Key: "a", Value: "y"}).answer(1, 2, kv.KeyExists{Key: "a"})
		return f.checker.Violation()
	}, `client-1/1 was answered "error: replication failed" to "put a x" at`},
	{"a retry that took effect twice", protocol.InvariantExactlyOnce, func(f *fake) *check.Violation {
		again := first
		again.Term = 2
		f.hold([]protocol.LogEntry{first, again}, 1, 2, 3)
		f.commit(1, 1)
		return f.step(1, commits(2), func(v *View) { v.Applied[0].Result = kv.KeyExists{Key: "a"} })
	}, "of client-1/1 at index 2 answers"},
	{"a double effect that only a later read shows", protocol.InvariantExactlyOnce, func(f *fake) *check.Violation {
		remove := protocol.LogEntry{
			Term: 1, Request: kv.RequestID{Client: 2, Sequence: 1}, Command: kv.Delete{Key: "a"},
		}
		read := protocol.LogEntry{Term: 1, Request: kv.RequestID{Client: 2, Sequence: 2}, Command: kv.Get{Key: "a"}}
		f.hold([]protocol.LogEntry{first, remove, first, read}, 1, 2, 3)
		f.commit(3, 1)
		return f.step(1, commits(4), func(v *View) { v.Applied[0].Result = kv.Found{Value: "first"} })
	}, `node-1 answered "first"`},
	{"a server behind at the end", protocol.InvariantProgress, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.commit(1, 1, 2)
		f.checker.End(true)
		return f.checker.Violation()
	}, "node-3 has applied entries up to index 0 only"},
	{"no leader", protocol.InvariantProgress, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.now += time.Minute
		f.checker.End(false)
		return f.checker.Violation()
	}, "none of them is the leader"},
	{"two leaders for ever", protocol.InvariantProgress, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.elect(3, 2)
		f.now += time.Minute
		f.checker.End(false)
		return f.checker.Violation()
	}, "node-3 leads term 2"},
	{"a server that never catches up", protocol.InvariantProgress, func(f *fake) *check.Violation {
		f.elect(1, 1)
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.commit(1, 1, 2)
		f.now += time.Minute
		f.checker.End(false)
		return f.checker.Violation()
	}, "node-3 has applied entries up to index 0 only"},
	{"a commit that was not announced", protocol.InvariantTraceIntegrity, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		return f.step(1, commits(1), func(v *View) { v.Commits = nil })
	}, "had announced commits up to index 0"},
	{"an index in two commits", protocol.InvariantTraceIntegrity, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first, second}, 1, 2, 3)
		f.commit(1, 1)
		return f.step(1, commits(2), func(v *View) { v.Commits[0].From = 0 })
	}, "it announced those after 0, up to 2"},
	{"an index in no commit", protocol.InvariantTraceIntegrity, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first, second}, 1, 2, 3)
		return f.step(1, commits(2), func(v *View) { v.Commits[0].From = 1 })
	}, "it announced those after 1, up to 2"},
	{"an index applied twice", protocol.InvariantTraceIntegrity, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		return f.step(1, commits(1), func(v *View) { v.Applied = append(v.Applied, v.Applied[0]) })
	}, "it told of index 1 next"},
	{"an application that was not told", protocol.InvariantTraceIntegrity, func(f *fake) *check.Violation {
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		return f.step(1, commits(1), func(v *View) { v.Applied = nil })
	}, "it has applied entries up to index 1"},
}

func TestPlantedViolationsAreSeen(t *testing.T) {
	covered := map[protocol.InvariantName]bool{}
	for _, p := range slices.Concat(planted, plantedBeliefs) {
		covered[p.wants] = true
		t.Run(string(p.wants)+"/"+p.name, func(t *testing.T) {
			v := p.do(newFake(t))
			switch {
			case v == nil:
				t.Fatal("not seen")
			case v.Invariant.Name != string(p.wants):
				t.Fatalf("taken for something else: %v", v)
			case !strings.Contains(v.Facts[0]+v.Facts[1], p.tells):
				t.Errorf("no fact tells that %s: %v", p.tells, v)
			case v.Facts[0] == "" || v.Facts[1] == "" || v.Invariant.Section == "":
				t.Errorf("something is missing: %+v", v)
			}
			for i, place := range v.Places {
				if !tellsOf(v.Facts[i], place) {
					t.Errorf("%q is said to have come about at %+v", v.Facts[i], place)
				}
			}
			if v.Places[1] == (check.Place{}) || v.Places[0] == (check.Place{}) &&
				strings.Contains(v.Facts[0], " committed ") {
				t.Errorf("it is not known where the facts came about: %+v", v)
			}
		})
	}
	for _, invariant := range protocol.AllInvariants() {
		if !covered[invariant.Name] {
			t.Errorf("no violation of %s is planted", invariant.Name)
		}
	}
}

// tellsOf says whether a fact names whoever it came about with, as far as that is known.
func tellsOf(fact string, place check.Place) bool {
	switch {
	case place.Request != kv.RequestID{}:
		return strings.Contains(fact, place.Request.String())
	case place.Server != 0:
		return strings.Contains(fact, place.Server.String()) || strings.HasPrefix(fact, "it") ||
			strings.HasPrefix(fact, "the vote") || strings.Contains(fact, "disk")
	}
	return true
}

// TestPlaces has facts that came about long before they are seen to clash: each has its own time.
func TestPlaces(t *testing.T) {
	f := newFake(t)
	f.ask(3, 1, kv.Put{Key: "a", Value: "y"}) // so that the key is not at rest
	f.ask(1, 1, kv.Put{Key: "a", Value: "x"}).answer(1, 1, kv.Stored{})
	written := f.now
	f.ask(2, 1, kv.Get{Key: "a"}).answer(2, 1, kv.KeyNotFound{Key: "a"})
	read := f.now
	f.now += time.Second
	f.answer(3, 1, kv.KeyExists{Key: "a"})
	v := f.checker.Violation()
	want := [2]check.Place{
		{At: written, Request: kv.RequestID{Client: 1, Sequence: 1}},
		{At: read, Request: kv.RequestID{Client: 2, Sequence: 1}},
	}
	if v == nil || v.Places != want {
		t.Errorf("a stale read: %+v, and not of %+v", v, want)
	}

	f = newFake(t)
	f.elect(1, 1)
	f.hold([]protocol.LogEntry{first}, 1, 2, 3)
	f.commit(1, 1, 2)
	committed := f.now - time.Millisecond // node-2 followed
	f.now += time.Minute
	f.checker.End(true)
	want = [2]check.Place{{At: committed, Server: process(1)}, {At: f.now, Server: process(3)}}
	if v = f.checker.Violation(); v == nil || v.Places != want {
		t.Errorf("a server behind: %+v, and not of %+v", v, want)
	}
}

func TestNothingIsCheckedAfterAViolation(t *testing.T) {
	f := newFake(t)
	told := 0
	f.checker.options.Violated = func(*check.Violation) { told++ }
	f.good(1, func(s *protocol.State) { s.CurrentTerm = 2 })
	v := f.step(1, func(s *protocol.State) { s.CurrentTerm = 1 })
	if again := f.step(1, func(s *protocol.State) { s.CurrentTerm = 0 }); again != v || told != 1 {
		t.Errorf("told %d times, of %v at last", told, again)
	}
	if f.checker.Events() != 2 {
		t.Errorf("%d events were checked, and not 2", f.checker.Events())
	}
	want := "TermAndVote (I10, §5.1, §5.2) does not hold at 2ms: node-1 was in term 2, but it is in term 1 now"
	if v.Error() != want {
		t.Errorf("it reads\n%s\nand not\n%s", v.Error(), want)
	}
}
