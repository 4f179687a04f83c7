package explain

import (
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
)

// What spans show of rules that were broken.

// brokenBy says which rules were broken by what a span tells.
func (e *Explainer) brokenBy(s *traces.Span) []ExplanationStep {
	call := e.spanOf(s.Parent)
	switch {
	case s.Name == spans.CommitName:
		return e.brokenByCommit(s)
	case s.Name == spans.ApplyName:
		return e.brokenByApply(s, call)
	case traces.IsSender(s):
		broken := e.brokenByReply(s)
		if isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) && hasReplied(s, protocol.AppendEntriesRejected{}) {
			broken = append(broken, e.sentTheSame(s.Service, peerOf(s), termOf(s))...)
		}
		return broken
	case call == nil:
		return nil
	case isA(s, spans.RequestVoteServerName, trace.SpanKindServer) && hasReplied(s, protocol.VoteGranted{}):
		_, broken := e.whyGranted(&voteReply{call: call, arrived: call, answer: s, granted: true}, false)
		return broken
	case s.Kind == trace.SpanKindServer && hasReplied(s, protocol.Answered{}):
		return e.brokenByServer(s)
	case (s.Name == spans.AppendEntriesServerName || s.Name == spans.RequestVoteServerName) && termOf(call) > termOf(s):
		return []ExplanationStep{step(e.end(s), "It is of term %d, and %s stayed in term %d. That breaks the rule that "+
			"a newer term makes every server its follower (§5.1).", termOf(call), s.Service, termOf(s)).
			resting(e.begin(call)).breaks(RuleTermOver)}
	case isA(s, spans.AppendEntriesServerName, trace.SpanKindServer) && hasReplied(s, protocol.AppendEntriesOk{}):
		return e.brokenByIdling(s)
	}
	return nil
}

// brokenByReply says that a leader or a candidate heard of a newer term, and stayed what it was.
func (e *Explainer) brokenByReply(call *traces.Span) []ExplanationStep {
	answer := e.answering(call)
	if answer == nil || termOf(answer) <= termOf(call) ||
		shown(call, spans.RaftRoleKey) == protocol.RoleFollower.String() ||
		call.Attribute(spans.RaftRoleKey).AsString() == "" {
		return nil
	}
	for s := range e.of(call.Service, spans.RoleChangeName) {
		if s.End.After(call.Start) && (s.End.Before(call.End) || endStep(s).together(endStep(call))) {
			return nil
		}
	}
	return []ExplanationStep{step(e.end(call), "%s's reply was of term %d, and %s stayed the %s of term %d. That "+
		"breaks the rule that a newer term makes every server its follower (§5.1).",
		answer.Service, termOf(answer), call.Service, shown(call, spans.RaftRoleKey), termOf(call)).
		resting(e.end(answer), e.begin(call)).breaks(RuleTermOver)}
}

// committedUpTo is the commit index of a server at a time, since it started last, and the moment from which on; 0 if
// the trace has no commit of it.
func (e *Explainer) committedUpTo(node string, until time.Time) (index int64, at Moment) {
	for s := range e.backward(node, spans.CommitName) {
		if !s.End.After(until) {
			if e.startedBetween(node, s.End, until) {
				return 0, Moment{}
			}
			return integer(s, spans.RaftCommitToKey), e.end(s)
		}
	}
	return 0, Moment{}
}

// brokenByIdling says that a follower was told of a commit index which its log reaches, and did not move its own.
func (e *Explainer) brokenByIdling(s *traces.Span) []ExplanationStep {
	match, matched := e.matchWith(s.Service, peerOf(s), termOf(s), s.End)
	told := min(match, integer(s, spans.RaftLeaderCommitKey))
	index, at := e.committedUpTo(s.Service, s.End)
	if index >= told || e.committedBelow(s) {
		return nil
	}
	broken := step(e.end(s), "It told %s that index %s is committed, whose log was known to equal the leader's up to "+
		"index %d, and which did not move its commit index. That breaks the rule that a follower commits what it is "+
		"told of (§5.3, Figure 2).",
		s.Service, shown(s, spans.RaftLeaderCommitKey), match).resting(matched).breaks(RuleMatched)
	if index > 0 {
		broken = broken.resting(at)
	}
	return []ExplanationStep{broken}
}

// brokenByApply says which rules were broken where an entry was applied: those of its commit, and that a retry gets
// the first answer.
func (e *Explainer) brokenByApply(s, commit *traces.Span) []ExplanationStep {
	var broken []ExplanationStep
	if commit != nil {
		broken = e.brokenByCommit(commit)
	}
	request := s.Attribute(spans.KVRequestIDKey).AsString()
	op := e.operation(request)
	if request == "" || op == nil {
		return broken
	}
	if first := e.appliedBy(op); first != nil && integer(first, spans.RaftIndexKey) < integer(s, spans.RaftIndexKey) {
		if again := e.appliedAgain(s, first); again.Broken {
			broken = append(broken, again)
		}
	}
	return broken
}

// brokenByCommit says which rules a commit broke, as far as spans tell.
func (e *Explainer) brokenByCommit(s *traces.Span) []ExplanationStep {
	if isLeading(s) {
		return e.brokenByLeadersCommit(s)
	}
	told := e.spanOf(s.Parent)
	if told == nil || !traces.IsReceiver(told) {
		return nil
	}
	to := integer(s, spans.RaftCommitToKey)
	match, by := e.matchWith(s.Service, peerOf(told), termOf(s), s.End)
	notified, heard := e.notified(s.Service, peerOf(told), termOf(s), s.End)
	var broken []ExplanationStep
	if to > notified {
		broken = append(broken, step(e.end(s), "%s committed up to index %d, and had been told of index %d at most. "+
			"That breaks the rule of how far a follower commits (§5.3, Figure 2).",
			s.Service, to, notified).resting(heard...).breaks(RuleMatched))
	}
	if to > match {
		said := step(e.end(s), "%s committed up to index %d, and its log was known to equal that of %s, the leader of "+
			"term %d, up to index %d only. That breaks the rule of how far a follower commits (§5.3, Figure 2).",
			s.Service, to, peerOf(told), termOf(s), match).breaks(RuleMatched)
		if match > 0 {
			said = said.resting(by)
		}
		broken = append(broken, said)
	}
	return broken
}

func (e *Explainer) brokenByLeadersCommit(s *traces.Span) []ExplanationStep {
	var broken []ExplanationStep
	to := integer(s, spans.RaftCommitToKey)
	if n, ok := e.logOf(s.Service, s.End).at(to); ok && n.term != termOf(s) {
		broken = append(broken, step(e.end(s), "The entry at index %d is of term %d, and %s led term %d: it counted the "+
			"copies of an entry of an earlier term. That breaks the rule of what may be committed by counting (§5.4.2, Figure 8).",
			to, n.term, s.Service, termOf(s)).resting(n.at).breaks(RuleOwnTerm))
	}
	by := shownList(s, spans.RaftCommitAcknowledgedByKey)
	if needs := int(integer(s, spans.RaftQuorumKey)); len(by) > 0 && len(by) < needs {
		broken = append(broken, step(e.end(s), "That is %d of the %d that make a majority, which breaks the rule of when "+
			"an entry is committed (§5.3).", len(by), needs).breaks(RuleCopies))
	}
	return broken
}

// brokenByAnswer says which rules the answers to an operation broke.
func (e *Explainer) brokenByAnswer(op *traces.Span) []ExplanationStep {
	var steps []ExplanationStep
	for try := range e.below(op.ID) {
		for _, server := range e.receivers(try) {
			steps = append(steps, e.brokenByServer(server)...)
		}
	}
	return steps
}

// brokenByServer says which rules a server broke when it answered a client.
func (e *Explainer) brokenByServer(server *traces.Span) []ExplanationStep {
	if !hasReplied(server, protocol.Answered{}) {
		return nil
	}
	appended, result := traces.EventOf(server, spans.EventAppend), server.Attribute(spans.KVResultKey).AsString()
	if appended == nil {
		return []ExplanationStep{step(e.end(server), "%s answered, and had taken no entry of it into its log. That "+
			"breaks the rule that a command is answered when its entry is applied (§8).",
			server.Service).breaks(RuleThroughLog)}
	}
	index := appended.Attribute(spans.RaftIndexKey).AsInt64()
	commit := e.firstCommit(server.Service, index, appended.At, server.End)
	if result == (protocol.ReplicationFailed{}).String() && commit == nil {
		return []ExplanationStep{step(e.end(server), "%s answered that it failed. Its entry at index %d was not "+
			"committed by then, and might be yet: that it failed nobody could know. That breaks the rule that a command is "+
			"answered when its entry is applied (§8).",
			server.Service, index).resting(e.when(server, appended)).breaks(RuleThroughLog)}
	}
	if commit == nil {
		return []ExplanationStep{step(e.end(server), "%s answered, and the trace has no commit of index %d by it until "+
			"then. That breaks the rule that a command is answered when its entry is applied (§8).",
			server.Service, index).resting(e.when(server, appended)).breaks(RuleThroughLog)}
	}
	return e.brokenByCommit(commit)
}
