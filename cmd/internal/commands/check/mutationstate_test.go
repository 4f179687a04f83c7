package check

import (
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// setEvent gives an event's attribute another value.
func setEvent(s *traces.Span, event string, change func(e *traces.Span)) {
	for i := range s.Events {
		if e := &s.Events[i]; e.Name == event {
			like := traces.Span{Attributes: e.Attributes}
			change(&like)
			e.Attributes = like.Attributes
		}
	}
}

// of are the spans of a process that something is true of.
func (m *mutated) of(process string, is func(s *traces.Span) bool) (all []*traces.Span) {
	for i := range m.all {
		if s := &m.all[i]; s.Service == process && is(s) {
			all = append(all, s)
		}
	}
	return all
}

// contradictory are mutations of what spans tell of the servers' and the clients' state.
var contradictory = []mutation{
	{"two steps of a server swap their times", "", "wrong_step: it is in step", func(m *mutated) {
		s := m.of("node-3", func(s *traces.Span) bool {
			return isA(spans.AppendEntriesServerName, server)(s) && numberOf(s, spans.RaftEntriesCountKey) > 0
		})
		s[0].Start, s[0].End, s[1].Start, s[1].End = s[1].Start, s[1].End, s[0].Start, s[0].End
	}},
	{"two applies swap their entries", "", string(protocol.InvariantMonotonic), func(m *mutated) {
		s := m.of("node-3", isA(spans.ApplyName, internal))
		step := [2]int64{numberOf(s[0], worldspans.RaftkvStepKey), numberOf(s[1], worldspans.RaftkvStepKey)}
		s[0].Attributes, s[1].Attributes = s[1].Attributes, s[0].Attributes
		set(s[0], worldspans.RaftkvStepKey.Int64(step[0]))
		set(s[1], worldspans.RaftkvStepKey.Int64(step[1]))
	}},
	{"an apply that is left out", "", string(protocol.InvariantMonotonic), func(m *mutated) {
		m.remove(m.find(spans.ApplyName, internal, "raft.index", "2", "raft.role", "follower"))
	}},
	{"a commit index that goes back without a crash", "", string(protocol.InvariantMonotonic), func(m *mutated) {
		set(m.find(spans.CommitName, internal, "raft.role", "follower", "raft.commit.from", "1"),
			spans.RaftCommitToKey.Int(0))
	}},
	{"an entry that changes its term in a log", "", string(protocol.InvariantTraceIntegrity), func(m *mutated) {
		set(m.find(spans.ApplyName, internal, "raft.index", "2", "raft.role", "follower"), spans.RaftEntryTermKey.Int(2))
	}},
	{
		"a leader that appends in a term that it does not lead", "", string(protocol.InvariantTraceIntegrity),
		func(m *mutated) {
			setEvent(m.where(took), spans.EventAppend, func(e *traces.Span) { set(e, spans.RaftTermKey.Int(2)) })
		},
	},
	{"a heartbeat of a term that it does not lead", "", string(protocol.InvariantElectionSafety), func(m *mutated) {
		set(m.find(spans.HeartbeatName, internal, "raft.term", "1"), spans.RaftTermKey.Int(2))
	}},
	{"an append that moved to another request", "default", "message_mismatch", func(m *mutated) {
		s := m.of("node-1", took)
		s[0].Events, s[1].Events = s[1].Events, s[0].Events
	}},
	{
		"a cluster of another quorum", "", "malformed_value",
		func(m *mutated) { set(m.find(spans.SetPeersName, internal), spans.RaftQuorumKey.Int(1)) },
	},
	{"another cluster at one server", "", "malformed_value", func(m *mutated) {
		s := m.find(spans.SetPeersName, internal, "raft.node.id", "node-3")
		set(s, spans.RaftPeersKey.StringSlice([]string{"node-3"}))
		set(s, spans.RaftQuorumKey.Int(1))
	}},
	{
		"an election of another quorum", "", "malformed_value",
		func(m *mutated) { set(m.find(spans.ElectionName, internal), spans.RaftQuorumKey.Int(1)) },
	},
	{"a commit of another quorum", "", "malformed_value", func(m *mutated) {
		set(m.find(spans.CommitName, internal, "raft.role", "leader"), spans.RaftQuorumKey.Int(1))
	}},
	{"a vote that was given and did not arrive", "", string(protocol.InvariantElectionSafety), func(m *mutated) {
		set(m.find(spans.ElectionName, internal, "raft.outcome", "won", "raft.votes", "2"), spans.RaftVotesKey.Int(3))
	}},
	{"a vote that arrived and is not counted", "default", string(protocol.InvariantTraceIntegrity), func(m *mutated) {
		won := m.find(spans.ElectionName, internal, "raft.outcome", "won")
		set(won, spans.RaftQuorumKey.Int(1))
		set(won, spans.RaftVotesKey.Int(1))
	}},
	{
		"a vote too many of an election that was not won", "split-vote", string(protocol.InvariantElectionSafety),
		func(m *mutated) {
			set(m.where(func(s *traces.Span) bool {
				return s.Name == spans.ElectionName && textOf(s, spans.RaftOutcomeKey) != spans.OutcomeWon
			}), spans.RaftVotesKey.Int(2))
		},
	},
	{
		"a leader before its votes arrived", "default", string(protocol.InvariantElectionSafety) + ": had arrived",
		func(m *mutated) {
			m.every(func(s *traces.Span) bool {
				return isA(spans.RequestVoteClientName, client)(s) && textOf(s, kvspans.RaftReplyKey) != ""
			}, func(s *traces.Span) {
				s.End = s.End.Add(time.Second)
				set(s, worldspans.RaftkvEndStepKey.Int(1000))
			})
		},
	},
	{"an election that is lost and has no winner", "split-vote", "missing_span", func(m *mutated) {
		set(m.find(spans.ElectionName, internal, "raft.outcome", spans.OutcomeNoWinner),
			spans.RaftOutcomeKey.String(spans.OutcomeLost))
	}},
	{"a vote refused because of a log that is not behind", "split-vote", "wrong_vote", func(m *mutated) {
		set(m.find(spans.RequestVoteServerName, server, "raft.reason", "already_voted"),
			spans.RaftReasonKey.String("log_behind"))
	}},
	{"a vote refused because of a term that is not over", "split-vote", "wrong_vote", func(m *mutated) {
		set(m.find(spans.RequestVoteServerName, server, "raft.reason", "already_voted"),
			spans.RaftReasonKey.String("stale_term"))
	}},
	{"a vote refused because of one that nobody got", "bridge", "wrong_vote", func(m *mutated) {
		set(m.find(spans.RequestVoteServerName, server, "raft.reason", "log_behind"),
			spans.RaftReasonKey.String("already_voted"))
	}},
	{"a vote refused because of one that the candidate got", "storm", "wrong_vote", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool {
			return isA(spans.RequestVoteServerName, server)(s) && numberOf(s, worldspans.RaftkvCopyKey) == 1
		})
		set(s, kvspans.RaftReplyKey.String((protocol.VoteDenied{}).Name()))
		set(s, spans.RaftReasonKey.String("already_voted"))
	}},
	{
		"entries refused because of a term that is not over", "figure-7", string(protocol.InvariantTraceIntegrity),
		func(m *mutated) {
			set(m.find(spans.AppendEntriesServerName, server, "raft.reason", "term_conflict"),
				spans.RaftReasonKey.String("stale_term"))
		},
	},
	{
		"entries refused because of a term that is the same", "figure-7", string(protocol.InvariantTraceIntegrity),
		func(m *mutated) {
			s := m.find(spans.AppendEntriesServerName, server, "raft.reason", "term_conflict")
			set(s, spans.RaftConflictTermKey.Int64(numberOf(s, spans.RaftPrevLogTermKey)))
		},
	},
	{"a conflict that begins elsewhere", "figure-7", string(protocol.InvariantTraceIntegrity), func(m *mutated) {
		s := m.find(spans.AppendEntriesServerName, server, "raft.reason", "term_conflict")
		set(s, spans.RaftConflictIndexKey.Int64(numberOf(s, spans.RaftConflictIndexKey)+1))
	}},
	{"a server that starts again and does not say so", "rolling-restart", "missing_span", func(m *mutated) {
		m.remove(m.find(spans.RoleChangeName, internal, "raft.role.event", "restart"))
	}},
	{"a server counted twice", "", string(protocol.InvariantQuorumLog), func(m *mutated) {
		s := m.find(spans.CommitName, internal, "raft.role", "leader")
		set(s, spans.RaftCommitAcknowledgedByKey.StringSlice([]string{s.Service, s.Service}))
	}},
	{"an acknowledgement that did not arrive", "", string(protocol.InvariantQuorumLog), func(m *mutated) {
		set(m.find(spans.CommitName, internal, "raft.role", "leader", "raft.commit.from", "1"),
			spans.RaftCommitAcknowledgedByKey.StringSlice([]string{"node-1", "node-2", "node-3"}))
	}},
	{"another leader than there is", "everything", string(protocol.InvariantTraceIntegrity), func(m *mutated) {
		m.every(func(s *traces.Span) bool { return textOf(s, kvspans.KVLeaderIDKey) != "" },
			func(s *traces.Span) { set(s, kvspans.KVLeaderIDKey.String("node-2")) })
	}},
	{"a leader that says that it is none", "", "answer_without_entry", func(m *mutated) {
		set(m.where(took), kvspans.RaftReplyKey.String((kv.NotLeader{}).Name()))
	}},
	{"an outcome not known of what is not in the log", "two-leaders", "answer_without_entry", func(m *mutated) {
		m.where(func(s *traces.Span) bool {
			return textOf(s, kvspans.RaftReplyKey) == (kv.OutcomeUnknown{}).Name() && s.Kind == server
		}).Events = nil
	}},
	{"a stale read", "default requests_per_client=20", "Linearizable", func(m *mutated) {
		read := m.where(func(s *traces.Span) bool {
			return isA(kvspans.KVGetName, internal)(s) && strings.HasPrefix(textOf(s, kvspans.KVResultKey), "val_")
		})
		request, stale := textOf(read,
			kvspans.KVRequestIDKey), kvspans.KVResultKey.String(kv.KeyNotFound{Key: textOf(read, kvspans.KVKeyKey)}.String())
		m.every(func(s *traces.Span) bool {
			return textOf(s, kvspans.KVRequestIDKey) == request && textOf(s, kvspans.KVResultKey) != ""
		}, func(s *traces.Span) { set(s, stale) })
	}},
	{
		"an answer that no store gives, everywhere", "", string(protocol.InvariantExactlyOnce) + ": at index 2 answers",
		func(m *mutated) {
			wrong := kvspans.KVResultKey.String("error: key already exists: b")
			m.every(func(s *traces.Span) bool {
				return textOf(s, kvspans.KVRequestIDKey) == "client-1/1" && textOf(s, kvspans.KVResultKey) != ""
			}, func(s *traces.Span) { set(s, wrong) })
		},
	},
	{
		"an answer that is not that of its entry", "", string(protocol.InvariantExactlyOnce) + ": is answered",
		func(m *mutated) {
			set(m.where(took), kvspans.KVResultKey.String("error: key already exists: b"))
		},
	},
	{"an answer before any server applied the entry", "", "answer_without_entry: no server applied", func(m *mutated) {
		last := m.of("node-2", took)[0]
		index := last.Events[0].Attributes[0].Value.AsInt64()
		for i := 0; i < len(m.all); i++ {
			if s := &m.all[i]; s.Name == spans.ApplyName && numberOf(s, spans.RaftIndexKey) >= index {
				m.remove(s)
				i--
			}
		}
	}},
	{"a failure of what is in the log", "", "answer_without_entry: failed", func(m *mutated) {
		set(m.where(took), kvspans.KVResultKey.String((kv.ReplicationFailed{}).String()))
	}},
	{"an operation that ends with another answer than its try", "", "message_mismatch: it ends with", func(m *mutated) {
		set(m.find(kvspans.KVPutName, internal), kvspans.KVResultKey.String("error: key already exists: b"))
	}},
	{"a leader that answers like a follower", "everything", string(protocol.InvariantTraceIntegrity) +
		": answers that it does not", func(m *mutated) {
		set(m.where(func(s *traces.Span) bool {
			return s.Kind == server && textOf(s, kvspans.RaftReplyKey) == (kv.NotLeader{}).Name()
		}), spans.RaftRoleKey.String("leader"))
	}},
	{"a leader of a term that has none", "everything", string(protocol.InvariantTraceIntegrity) +
		": in which no span leads", func(m *mutated) {
		set(m.where(func(s *traces.Span) bool { return s.Kind == server && textOf(s, kvspans.KVLeaderIDKey) == "node-1" }),
			spans.RaftTermKey.Int(99))
	}},
	{"two operations of a client at once", "", "wrong_time", func(m *mutated) {
		s := m.find(kvspans.KVPutName, internal, "kv.request.id", "client-1/2")
		s.Start = s.Start.Add(-2 * time.Millisecond)
	}},
	{"an operation before the one that it follows", "", "malformed_value", func(m *mutated) {
		m.every(func(s *traces.Span) bool { return textOf(s, kvspans.KVRequestIDKey) == "client-1/1" },
			func(s *traces.Span) { set(s, kvspans.KVRequestIDKey.String("client-1/8")) })
	}},
	{"a command that no client wanted, everywhere", "", "message_mismatch", func(m *mutated) {
		set(m.find(kvspans.KVPutName, internal), kvspans.KVValueKey.String("other"))
	}},
	{"a heartbeat round that is left out", "", "missing_span", func(m *mutated) {
		set(m.find(spans.HeartbeatName, internal, "raft.heartbeat", "2"), spans.RaftHeartbeatKey.Int(3))
	}},
	{
		"a term that nobody told it of", "", string(protocol.InvariantTermAndVote) + ": nothing that it was sent",
		func(m *mutated) {
			all := m.of("node-3", func(s *traces.Span) bool { return numberOf(s, spans.RaftTermKey) == 1 && s.Kind == server })
			set(all[len(all)-1], spans.RaftTermKey.Int(2))
		},
	},
}
