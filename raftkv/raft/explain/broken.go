package explain

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// What spans show of rules that were broken.

// brokenBy says which rules were broken by what a span tells.
func (e *raft) brokenBy(s *span.Span) []explain.Step {
	call, id := e.Span(s.Parent), e.ID(s)
	switch {
	case id == spans.CommitID:
		return e.brokenByCommit(s)
	case id == spans.ApplyID:
		return e.brokenByApply(s, call)
	case traces.IsSender(s):
		broken := e.brokenByReply(s)
		if id == spans.AppendEntriesClientID && state.Replied(s, protocol.AppendEntriesRejected{}) {
			broken = append(broken, e.sentTheSame(s.Service, peerOf(s), state.Term(s))...)
		}
		return broken
	case call == nil:
		return nil
	case id == spans.RequestVoteServerID && state.Replied(s, protocol.VoteGranted{}):
		_, broken := e.whyGranted(&state.VoteReply{Call: call, Arrived: call, Answer: s, Granted: true})
		return broken
	case s.Kind == trace.SpanKindServer && state.Replied(s, kv.Answered{}):
		return e.brokenByServer(s)
	case (id == spans.AppendEntriesServerID || id == spans.RequestVoteServerID) && state.Term(call) > state.Term(s):
		return []explain.Step{step(e.End(s), "It is of term %d, and %s stayed in term %d. That breaks the rule that a newer "+
			"term makes every server its follower (§5.1).", state.Term(call), s.Service, state.Term(s)).
			Resting(e.Begin(call)).Breaks(TermOver)}
	case id == spans.AppendEntriesServerID && state.Replied(s, protocol.AppendEntriesOk{}):
		return e.brokenByIdling(s)
	}
	return nil
}

// brokenByReply says that a leader or a candidate heard of a newer term, and stayed what it was.
func (e *raft) brokenByReply(call *span.Span) []explain.Step {
	answer, role := e.Answering(call), shown(call, spans.RaftRoleKey)
	if answer == nil || state.Term(answer) <= state.Term(call) || role == protocol.RoleFollower.String() || role == "" {
		return nil
	}
	for s := range e.Of(call.Service, spans.RoleChangeID) {
		if s.End.After(call.Start) && (s.End.Before(call.End) || explain.EndTogether(s, call)) {
			return nil
		}
	}
	return []explain.Step{step(e.End(call), "%s's reply was of term %d, and %s stayed the %s of term %d. That breaks the "+
		"rule that a newer term makes every server its follower (§5.1).", answer.Service, state.Term(answer), call.Service,
		role,
		state.Term(call)).Resting(e.End(answer), e.Begin(call)).Breaks(TermOver)}
}

// brokenByIdling says that a follower was told of a commit index which its log reaches, and did not move its own.
func (e *raft) brokenByIdling(s *span.Span) []explain.Step {
	match, matched := e.MatchWith(s.Service, peerOf(s), state.Term(s), s.End)
	index, since := e.CommittedUpTo(s.Service, s.End)
	if index >= min(match, integer(s, spans.RaftLeaderCommitKey)) || e.committedBelow(s) {
		return nil
	}
	return []explain.Step{step(e.End(s),
		"It told %s that index %s is committed, whose log was known to equal the leader's "+
			"up to index %d, and which did not move its commit index. That breaks the rule that a follower commits what it is "+
			"told of (§5.3, Figure 2).", s.Service, shown(s, spans.RaftLeaderCommitKey), match).
		Resting(matched...).Resting(since...).Breaks(Matched)}
}

// brokenByApply says which rules were broken where an entry was applied: those of its commit, and that a retry gets
// the first answer.
func (e *raft) brokenByApply(s, commit *span.Span) (broken []explain.Step) {
	if commit != nil {
		broken = e.brokenByCommit(commit)
	}
	request := s.Attribute(kvspans.KVRequestIDKey).AsString()
	op := e.Operation(request)
	if request == "" || op == nil {
		return broken
	}
	if first := e.AppliedBy(op); first != nil && integer(first, spans.RaftIndexKey) < integer(s, spans.RaftIndexKey) {
		if again := e.appliedAgain(s, first); again.Broken {
			broken = append(broken, again)
		}
	}
	return broken
}

// brokenByCommit says which rules a commit broke, as far as spans tell.
func (e *raft) brokenByCommit(s *span.Span) (broken []explain.Step) {
	if state.Leads(s) {
		return e.brokenByLeadersCommit(s)
	}
	told := e.Span(s.Parent)
	if told == nil || !traces.IsReceiver(told) {
		return nil
	}
	to := integer(s, spans.RaftCommitToKey)
	if notified, by := e.Notified(s.Service, peerOf(told), state.Term(s), s.End); to > notified {
		broken = append(broken, step(e.End(s), "%s committed up to index %d, and had been told of index %d at most. That "+
			"breaks the rule of how far a follower commits (§5.3, Figure 2).", s.Service, to, notified).
			Resting(by...).Breaks(Matched))
	}
	if match, by := e.MatchWith(s.Service, peerOf(told), state.Term(s), s.End); to > match {
		broken = append(broken, step(e.End(s), "%s committed up to index %d, and its log was known to equal that of %s, the "+
			"leader of term %d, up to index %d only. That breaks the rule of how far a follower commits (§5.3, Figure 2).",
			s.Service, to, peerOf(told), state.Term(s), match).Resting(by...).Breaks(Matched))
	}
	return broken
}

func (e *raft) brokenByLeadersCommit(s *span.Span) (broken []explain.Step) {
	to := integer(s, spans.RaftCommitToKey)
	if n, ok := e.LogOf(s.Service, s.End).At(to); ok && n.Term != state.Term(s) {
		broken = append(broken, step(e.End(s), "The entry at index %d is of term %d, and %s led term %d: it counted the "+
			"copies of an entry of an earlier term. That breaks the rule of what may be committed by counting (§5.4.2, "+
			"Figure 8).", to, n.Term, s.Service, state.Term(s)).Resting(n.At).Breaks(OwnTerm))
	}
	by := explain.List(s, spans.RaftCommitAcknowledgedByKey)
	if needs := state.Quorum(s); len(by) > 0 && len(by) < needs {
		broken = append(broken, step(e.End(s), "That is %d of the %d that make a majority, which breaks the rule of when an "+
			"entry is committed (§5.3).", len(by), needs).Breaks(Copies))
	}
	return broken
}

// brokenByServer says which rules a server broke when it answered a client.
func (e *raft) brokenByServer(server *span.Span) []explain.Step {
	const rule = "That breaks the rule that a command is answered when its entry is applied (§8)."
	if !state.Replied(server, kv.Answered{}) {
		return nil
	}
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return []explain.Step{step(e.End(server), "%s answered, and had taken no entry of it into its log. %s",
			server.Service, rule).Breaks(ThroughLog)}
	}
	index := words.Text(appended.Attribute(spans.RaftIndexKey))
	commit := e.FirstCommit(server.Service, appended.Attribute(spans.RaftIndexKey).AsInt64(), appended.At, server.End)
	if commit != nil {
		return e.brokenByCommit(commit)
	}
	said := say("%s answered, and the trace has no commit of index %s by it until then. %s", server.Service, index, rule)
	if state.Is(server, kvspans.KVResultKey, kv.ReplicationFailed{}) {
		said = say("%s answered that it failed. Its entry at index %s was not committed by then, and might be yet: that it "+
			"failed nobody could know. %s", server.Service, index, rule)
	}
	return []explain.Step{step(e.End(server), "%s", said).Resting(e.When(server, appended)).Breaks(ThroughLog)}
}
