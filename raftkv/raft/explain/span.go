package explain

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Tell tells one of Raft's own spans.
func (e *raft) Tell(s *span.Span, at, during explain.Sentence) explain.Sentence {
	shown := func(key attribute.Key) string { return shown(s, key) }
	switch e.ID(s) {
	case spans.ElectionID:
		return say("%s stood for election in term %d%s", s.Service, state.Term(s), during)
	case spans.HeartbeatID:
		return say("%s began heartbeat round %s of term %d%s", s.Service, shown(spans.RaftHeartbeatKey), state.Term(s), at)
	case spans.RoleChangeID:
		return say("%s went from %s to %s in term %d (%s)%s", s.Service, shown(spans.RaftRoleFromKey),
			shown(spans.RaftRoleKey), state.Term(s), words.Spaced(shown(spans.RaftRoleEventKey)), during)
	case spans.CommitID:
		said := say("%s moved its commit index from %s to %s%s", s.Service, shown(spans.RaftCommitFromKey),
			shown(spans.RaftCommitToKey), during)
		if by := explain.List(s, spans.RaftCommitAcknowledgedByKey); len(by) > 0 {
			said = said.Then(", because %s had what is up to there", words.AndList(by))
		}
		return said
	case spans.ApplyID:
		return say("%s applied index %s, %s%s", s.Service, shown(spans.RaftIndexKey), appliedSaid(s), during)
	case spans.StartID:
		return say("%s started%s", s.Service, during)
	case spans.SetPeersID:
		return say("%s was told which servers there are, %s,%s", s.Service,
			words.AndList(explain.List(s, spans.RaftPeersKey)), during)
	case spans.LateReplyID:
		return say("%s took in a late %s from %s%s: its call was over", s.Service, shown(kvspans.RaftReplyKey),
			peerOf(s), during)
	}
	return explain.Sentence{}
}

// About says why something was refused or changed nothing, which rules were broken, and what to ask next.
func (e *raft) About(s *span.Span) explain.About {
	about := explain.About{Broken: e.brokenBy(s), WhyNot: e.whyNotOf(s)}
	switch e.ID(s) {
	case worldspans.FaultID:
		about.Next = append(about.Next, e.electionAfter(s))
	case spans.ApplyID:
		about.Next = append(about.Next, entryQuestion(integer(s, spans.RaftIndexKey), s.Service))
	case kvspans.KVPutID, kvspans.KVGetID, kvspans.KVDeleteID:
		if applied := e.AppliedBy(s); applied != nil {
			about.Next = append(about.Next, entryQuestion(integer(applied, spans.RaftIndexKey), applied.Service))
		}
	}
	return about
}

// electionAfter is the question about the first election since a fault, or about the last one there was.
func (e *raft) electionAfter(fault *span.Span) (next string) {
	for _, s := range e.Elections {
		next = termQuestion(state.Term(s))
		if !s.Start.Before(fault.Start) {
			break
		}
	}
	return next
}

// whyNotOf says why what a span asked for was refused.
func (e *raft) whyNotOf(s *span.Span) []explain.Part {
	one := func(title string, why explain.Step) []explain.Part { return []explain.Part{explain.Why(title, why)} }
	call, server := e.Span(s.Parent), s.Kind == trace.SpanKindServer
	switch {
	case state.Replied(s, protocol.VoteDenied{}) && server && call != nil:
		return one("Why the vote was denied", e.whyVoteDenied(call, s))
	case state.Replied(s, protocol.VoteDenied{}) && s.Kind == trace.SpanKindClient:
		return one("Why the vote was denied", e.whyDenied(&state.VoteReply{Call: s, Arrived: s, Answer: e.Answering(s)}))
	case state.Replied(s, protocol.AppendEntriesRejected{}) && server:
		return one("Why it was refused", e.refusal(s))
	case state.Replied(s, protocol.AppendEntriesRejected{}) && s.Kind == trace.SpanKindClient:
		return one("Why it was refused", e.refused(s))
	case state.Replied(s, kv.NotLeader{}):
		return one("Why it was not done", e.notDone(s))
	case state.Replied(s, kv.OutcomeUnknown{}) && server:
		return []explain.Part{explain.WhyNot("Why the outcome was unknown", e.uncommitted(s)...)}
	case e.Is(s, spans.LateReplyID):
		return one("Why it did not count as the reply", e.whyLate(s))
	case e.Is(s, spans.CommitNotificationConsumerID) && call != nil && !e.committedBelow(s):
		return one("Why it changed nothing", e.whyIdle(s, call))
	}
	return nil
}

// notDone says why a server did not do what a client asked.
func (e *raft) notDone(s *span.Span) explain.Step {
	server := s
	if s.Kind == trace.SpanKindClient {
		if server = e.Answering(s); server == nil {
			return explain.Ruled(LeaderOnly, e.End(s), say("%s was not the leader, as it said; the trace lacks its span (§8)",
				peerOf(s)))
		}
	}
	return explain.Ruled(LeaderOnly, e.End(server), say("%s was asked%s (§8)", server.Service, notLeader(server)).
		On(e.End(server)))
}

// whyLate says why a reply was none to an open call: that was over, or it was a second copy.
func (e *raft) whyLate(s *span.Span) explain.Step {
	answer := e.Span(s.Parent)
	if answer == nil {
		return explain.Kept(explain.NotInTrace, e.Begin(s), say("its call was over; when the trace does not tell, for it "+
			"lacks the span of the answer"))
	}
	call := e.Span(answer.Parent)
	switch {
	case call == nil:
		return explain.Kept(explain.NotInTrace, e.Begin(s), say("its call was over; when the trace does not tell, for it "+
			"lacks the call"))
	case shown(call, kvspans.RaftReplyKey) != "":
		return explain.Kept(explain.TooLate, e.End(call), say("the call had its reply at %s, and this is another copy",
			e.End(call)).On(e.Begin(s)))
	}
	return explain.Kept(explain.TooLate, e.End(call), say("the call had been given up at %s%s%s", e.End(call),
		e.Delayed(call), e.Delayed(answer)).On(e.Begin(s)))
}

// committedBelow says whether a span has a commit below it.
func (e *raft) committedBelow(s *span.Span) bool {
	for range e.Below(s.ID, spans.CommitID) {
		return true
	}
	return false
}

// whyIdle says why a server that was told of a commit index had nothing to commit.
func (e *raft) whyIdle(s, call *span.Span) explain.Step {
	index := integer(s, spans.RaftLeaderCommitKey)
	var by *span.Span
	for c := range e.Of(s.Service, spans.CommitID) {
		if !c.End.After(s.End) && integer(c, spans.RaftCommitToKey) >= index {
			by = c
		}
	}
	if by != nil && !e.StartedBetween(s.Service, by.End, s.End) {
		return explain.Ruled(Matched, e.End(by), say("%s had committed up to index %d already, at %s, and a commit index "+
			"never goes back (§5.3)", s.Service, integer(by, spans.RaftCommitToKey), e.End(by)))
	}
	if state.Term(s) > state.Term(call) {
		return explain.Ruled(TermOver, e.End(s), say("%s was in term %d, and term %d was over (§5.1)", s.Service,
			state.Term(s),
			state.Term(call)).On(e.End(s), e.Begin(call)))
	}
	match, matched := e.MatchWith(s.Service, call.Service, state.Term(call), s.End)
	why := say("its log was known to equal the leader's up to index %d, and a follower commits no further (§5.3, "+
		"Figure 2)", match).On(e.End(s)).On(matched...)
	return explain.Ruled(Matched, e.End(s), why)
}

// Began says why a heartbeat round or a start was, and why a candidate stood for election.
func (e *raft) Began(root *span.Span) ([]explain.Step, []explain.Part) {
	switch e.ID(root) {
	case spans.HeartbeatID:
		return e.whyHeartbeat(root), nil
	case spans.ElectionID:
		return nil, []explain.Part{explain.Because("Why "+root.Service+" stood for election", e.whyStood(root)...)}
	case spans.StartID:
		for _, f := range slices.Backward(e.Faults()) {
			kind := traces.FaultKind(f)
			if (kind == worldspans.FaultRestart || kind == worldspans.FaultRollback) && explain.Touches(f, root.Service) &&
				root.Start.Sub(f.Start).Abs() <= traces.AtOnceWithin {
				return []explain.Step{step(e.Begin(f), "A fault: %s.", e.FaultSaid(f))}, nil
			}
		}
	}
	return nil, nil
}

// whyHeartbeat says why a leader began a heartbeat round.
func (e *raft) whyHeartbeat(root *span.Span) []explain.Step {
	for _, l := range root.Links {
		election := e.Span(l.ID)
		switch {
		case election == nil || !e.Is(election, spans.ElectionID):
		case explain.EndTogether(election, root):
			return []explain.Step{step(e.End(election), "%s had won the election of term %d then, and lets the others hear "+
				"so at once (§5.2).", election.Service, state.Term(election))}
		default:
			return []explain.Step{
				step(e.Begin(root), "The heartbeat timer of %s ran out: a leader lets its followers hear from it before they "+
					"time out (§5.2).", root.Service),
				step(e.End(election), "%s leads since it won the election of term %d.", election.Service, state.Term(election)),
			}
		}
	}
	return nil
}
