package story_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// scene opens spans for the lines of a story that a run seldom has: from 1 ms on, to 2 ms.
type scene struct {
	node         spans.Tracer
	leader, peer spans.Who
	id           uint64
}

func (s *scene) begin() span.Begin {
	s.id++
	return span.Begin{Self: span.Ref{Root: 1, ID: s.id}, Parent: 1}
}

// beginRun records the span of the run itself, which began at 0 ms.
func beginRun(recorder *record.Recorder) {
	tracer := worldspans.NewTracer(recorder, "world", 1, tracetest.Epoch)
	tracer.Follow(&tracetest.Clock{})
	tracer.StartRun(span.Begin{Self: span.Ref{Root: 9, ID: 9}}, "", "", "", 0).End()
}

func TestStoryLines(t *testing.T) {
	request := kv.RequestID{Client: 2, Sequence: 3}
	for want, play := range map[string]func(s *scene){
		"2.000ms  node-1    vote denied by node-2": func(s *scene) {
			s.node.StartRequestVoteClient(s.begin(), s.leader, "node-2", 1, 0, 0).End("VoteDenied", 4)
		},
		"2.000ms  node-1    denying vote to node-2 in term 4: log behind": func(s *scene) {
			span := s.node.StartRequestVoteServer(s.begin(), s.leader, "node-2", 4, 3, 2, 0)
			span.SetReason(protocol.ReasonLogBehind)
			span.End("VoteDenied")
		},
		"2.000ms  node-1    no vote from node-2: RequestVote given up (timeout)": func(s *scene) {
			s.node.StartRequestVoteClient(s.begin(), s.leader, "node-2", 1, 0, 0).Fail("timeout", "")
		},
		"1.000ms  node-1    asks node-2 for its vote again (attempt 2)": func(s *scene) {
			s.node.StartRequestVoteClient(s.begin(), s.leader, "node-2", 2, 0, 0).Unfinished()
		},
		"2.000ms  node-1    AppendEntries from node-2 rejected: term conflict at 7": func(s *scene) {
			span := s.node.StartAppendEntriesServer(s.begin(), s.leader, "node-2", 4, 7, 1, 1, 0, 8)
			span.SetReason(protocol.ReasonTermConflict)
			span.End("AppendEntriesRejected")
		},
		"2.000ms  node-1    rejection from node-2, conflict_index 5": func(s *scene) {
			span := s.node.StartAppendEntriesClient(s.begin(), s.leader, "node-2", 1, 7, 1, 1, 0)
			span.SetConflictIndex(5)
			span.End("AppendEntriesRejected", 4)
		},
		"1.000ms  node-1    sending entries 8 to 9 to node-2 again (attempt 3)": func(s *scene) {
			s.node.StartAppendEntriesClient(s.begin(), s.leader, "node-2", 3, 7, 1, 2, 0).Unfinished()
		},
		"1.500ms  node-1    AppendEntries to node-2 is lost (counterfactual)": func(s *scene) {
			span := s.node.StartAppendEntriesClient(s.begin(), s.leader, "node-2", 1, 7, 1, 2, 0)
			span.Drop("counterfactual")
			span.Fail("crash", "the process crashed")
		},
		"2.000ms  node-1    ack to node-2 is late by 40ms (network)": func(s *scene) {
			span := s.node.StartAppendEntriesServer(s.begin(), s.leader, "node-2", 4, 7, 1, 0, 0, 7)
			span.Delay("network", 40*time.Millisecond)
			span.End("AppendEntriesOk")
		},
		"1.500ms  node-1    CommitNotification to node-2 arrives twice (network)": func(s *scene) {
			span := s.node.StartCommitNotificationProducer(s.begin(), s.leader, "node-2", 7)
			span.Duplicate("network", 1)
			span.End()
		},
		"2.000ms  node-1    late VoteGranted from node-2: its call was over": func(s *scene) {
			s.node.StartLateReply(s.begin(), s.leader, "node-2", "VoteGranted", 4).End()
		},
		"1.000ms  node-1    stepping down from leader to follower in term 4: higher term": func(s *scene) {
			s.node.StartRoleChange(s.begin(), spans.Who{Node: 1, Term: 4}, protocol.RoleLeader,
				protocol.RoleEventHigherTerm).End()
		},
		"1.000ms  node-1    election timeout: became candidate for term 4": func(s *scene) {
			who := spans.Who{Node: 1, Term: 4, Role: protocol.RoleCandidate}
			s.node.StartRoleChange(s.begin(), who, protocol.RoleFollower, protocol.RoleEventElectionTimeout).End()
		},
		"2.000ms  node-1    election result 1 vote (need 3): no winner": func(s *scene) {
			s.node.StartElection(s.begin(), s.leader, 3, 1).End(spans.OutcomeNoWinner, 1)
		},
		"2.000ms  node-1    election for term 4 ends without a result (crash)": func(s *scene) {
			s.node.StartElection(s.begin(), s.leader, 3, 1).Fail("crash", "")
		},
		"2.000ms  node-1    election for term 4 is open when the run ends": func(s *scene) {
			s.node.StartElection(s.begin(), s.leader, 3, 1).Unfinished()
		},
		"2.000ms  node-1    not the leader: redirecting client-2 to node-3": func(s *scene) {
			span := s.node.StartPutServer(s.begin(), s.peer, "client-1", request)
			span.SetLeaderID("node-3")
			span.End("NotLeader")
		},
		"2.000ms  node-1    not the leader, and knows none: rejecting client-2": func(s *scene) {
			span := s.node.StartGetServer(s.begin(), s.peer, "client-1", request)
			span.SetLeaderID("none")
			span.End("NotLeader")
		},
		"2.000ms  node-1    telling client-2 that the outcome is unknown": func(s *scene) {
			s.node.StartDeleteServer(s.begin(), s.peer, "client-1", request).End("OutcomeUnknown")
		},
		"2.000ms  node-1    answer to client-2 is lost (network)": func(s *scene) {
			span := s.node.StartGetServer(s.begin(), s.leader, "client-1", request)
			span.Drop("network")
			span.End("Answered")
		},
		`2.000ms  node-1    applied result NOOP -> OK`: func(s *scene) {
			s.node.StartApply(s.begin(), s.leader, 5, 4, kv.Noop{}, kv.Nothing{}.String()).End()
		},
		`2.000ms  node-1    applied index 5: DELETE "a" -> NOT FOUND`: func(s *scene) {
			s.node.StartApply(s.begin(), s.peer, 5, 4, kv.Delete{Key: "a"}, kv.KeyNotFound{Key: "a"}.String()).End()
		},
	} {
		t.Run(want, func(t *testing.T) {
			lines := story.New(raftstory.Protocol())
			recorder := record.NewRecorder(record.RecorderOptions{}, lines)
			beginRun(recorder)
			s := &scene{
				node: spans.NewTracer(recorder, "node-1", 1, tracetest.Epoch), id: 0xabc,
				leader: spans.Who{Node: 1, Term: 4, Role: protocol.RoleLeader}, peer: spans.Who{Node: 1, Term: 4},
			}
			s.node.Follow(&tracetest.Clock{
				Begins: time.Millisecond, Happens: 1500 * time.Microsecond,
				Ends: 2 * time.Millisecond,
			})
			play(s)
			text := tell(t, lines)
			for line := range strings.Lines(text) {
				front, said, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " 0000000000000abd  ")
				if at, process, _ := strings.Cut(strings.TrimSpace(front), " "); fmt.Sprintf("%s  %-9s %s", at, process,
					said) == want {
					return
				}
			}
			t.Errorf("the story has no line\n\t%s\nbut is\n%s", want, text)
		})
	}
}
