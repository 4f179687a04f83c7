package explain

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Tell tells one of Raft's own spans.
func (e *raft) Tell(s *span.Span, at, during sentence) sentence {
	switch e.ID(s) {
	case spans.ElectionID:
		return say("%s stood for election in term %d%s", s.Service, termOf(s), during)
	case spans.HeartbeatID:
		return say("%s began heartbeat round %s of term %d%s", s.Service, shown(s, spans.RaftHeartbeatKey), termOf(s), at)
	case spans.RoleChangeID:
		return say("%s went from %s to %s in term %d (%s)%s", s.Service, shown(s, spans.RaftRoleFromKey), shown(s,
			spans.RaftRoleKey), termOf(s), words.Spaced(shown(s, spans.RaftRoleEventKey)), during)
	case spans.CommitID:
		said := say("%s moved its commit index from %s to %d%s", s.Service, shown(s, spans.RaftCommitFromKey), toOf(s),
			during)
		if by := explain.List(s, spans.RaftCommitAcknowledgedByKey); len(by) > 0 {
			said = said.Then(", because %s had what is up to there", words.AndList(by))
		}
		return said
	case spans.ApplyID:
		return say("%s applied index %d, %s%s", s.Service, indexOf(s), e.AppliedSaid(s), during)
	case spans.StartID:
		return say("%s started%s", s.Service, during)
	case spans.SetPeersID:
		return say("%s was told which servers there are, %s,%s", s.Service, words.AndList(explain.List(s,
			spans.RaftPeersKey)), during)
	case spans.LateReplyID:
		return say("%s took in a late %s from %s%s: its call was over", s.Service, shown(s, kvspans.RaftReplyKey), peerOf(s),
			during)
	}
	return sentence{}
}

// About says why something was refused or changed nothing, which rules were broken, what to ask next, and why a round
// of heartbeats, a start or a candidacy began.
func (e *raft) About(s *span.Span) explain.About {
	about := explain.About{Broken: e.brokenBy(s), WhyNot: e.whyNotOf(s)}
	switch e.ID(s) {
	case worldspans.FaultID:
		about.Next = append(about.Next, e.electionAfter(s))
	case spans.ApplyID:
		about.Next = append(about.Next, entryQuestion(indexOf(s), s.Service))
	case kvspans.KVPutID, kvspans.KVGetID, kvspans.KVDeleteID:
		if _, applied := e.AppliedFor(s); applied != nil {
			about.Next = append(about.Next, entryQuestion(indexOf(applied), applied.Service))
		}
	case spans.HeartbeatID:
		about.Began = e.whyHeartbeat(s)
	case spans.ElectionID:
		about.Led = []part{e.stood(s)}
	case spans.StartID:
		about.Began = e.StartedBy(s)
	}
	return about
}

// electionAfter is the question about the first election since a fault, or about the last one there was.
func (e *raft) electionAfter(fault *span.Span) (next string) {
	for _, s := range e.elections {
		next = termQuestion(termOf(s))
		if !s.Start.Before(fault.Start) {
			break
		}
	}
	return next
}

// whyHeartbeat says why a leader began a heartbeat round.
func (e *raft) whyHeartbeat(root *span.Span) []step {
	for _, l := range root.Links {
		election := e.Span(l.ID)
		switch {
		case election == nil || !e.Is(election, spans.ElectionID):
		case explain.EndTogether(election, root):
			return one(tell(e.End(election), "%s had won the election of term %d then, and lets the others hear so at once "+
				"(§5.2).", election.Service, termOf(election)))
		default:
			return []step{
				tell(e.Begin(root), "The heartbeat timer of %s ran out: a leader lets its followers hear from it before they "+
					"time out (§5.2).", root.Service),
				tell(e.End(election), "%s leads since it won the election of term %d.", election.Service, termOf(election)),
			}
		}
	}
	return nil
}

// whyNotOf says why what a span asked for was refused.
func (e *raft) whyNotOf(s *span.Span) []part {
	why := func(title string, reason step) []part { return []part{explain.Why(title, reason)} }
	call, server, client := e.Span(s.Parent), s.Kind == trace.SpanKindServer, s.Kind == trace.SpanKindClient
	switch {
	case denied(s) && server && call != nil:
		return why("Why the vote was denied", e.whyDenied(&voteReply{call: call, arrived: s, answer: s}))
	case denied(s) && client:
		return why("Why the vote was denied", e.whyDenied(&voteReply{call: s, arrived: s, answer: e.Answering(s)}))
	case rejected(s) && server:
		return why("Why it was refused", e.refusal(s))
	case rejected(s) && client:
		return why("Why it was refused", e.refused(s))
	case replied(s, kv.NotLeader{}):
		return why("Why it was not done", e.notDone(s))
	case replied(s, kv.OutcomeUnknown{}) && server:
		return []part{explain.WhyNot("Why the outcome was unknown", e.uncommitted(s)...)}
	case e.Is(s, spans.LateReplyID):
		return why("Why it did not count as the reply", e.Late(s))
	case e.Is(s, spans.CommitNotificationConsumerID) && call != nil && !e.committedBelow(s):
		return why("Why it changed nothing", e.whyIdle(s, call))
	}
	return nil
}

// notDone says why a server did not do what a client asked.
func (e *raft) notDone(s *span.Span) step {
	server := s
	if s.Kind == trace.SpanKindClient {
		if server = e.Answering(s); server == nil {
			return tell(e.End(s), "%s was not the leader, as it said (§8)", peerOf(s)).Held(LeaderOnly)
		}
	}
	return tell(e.End(server), "%s was asked%s (§8)", server.Service, notLeader(server)).Held(LeaderOnly)
}

// committedBelow says whether a span has a commit below it.
func (e *raft) committedBelow(s *span.Span) bool {
	for range e.Below(s.ID, spans.CommitID) {
		return true
	}
	return false
}

// whyIdle says why a server that was told of a commit index had nothing to commit.
func (e *raft) whyIdle(s, call *span.Span) step {
	if by := e.committedUpTo(s.Service, s.End); by != nil && toOf(by) >= toldOf(s) {
		return tell(e.End(by), "%s had committed up to index %d already, at %s, and a commit index never goes back (§5.3)",
			s.Service, toOf(by), e.End(by)).Held(Matched)
	}
	why := e.idle(call, s, toldOf(s), e.matches(s.Service, call.Service, termOf(call)))
	if why.Broken { // or the trace lacks the commit
		return tell(e.End(s), "why it did not commit up to index %d the trace does not tell", toldOf(s)).
			Kept(explain.NotInTrace)
	}
	return why
}

// brokenBy says which rules were broken by what a span tells.
func (e *raft) brokenBy(s *span.Span) []step {
	call, id := e.Span(s.Parent), e.ID(s)
	switch {
	case id == spans.CommitID:
		return e.brokenByCommit(s)
	case id == spans.ApplyID && call != nil:
		return append(e.brokenByCommit(call), e.AppliedTwice(s)...)
	case id == spans.ApplyID:
		return e.AppliedTwice(s)
	case id == kvspans.KVPutID, id == kvspans.KVGetID, id == kvspans.KVDeleteID:
		return e.brokenByAnswers(s)
	case traces.IsSender(s):
		broken := e.brokenByReply(s)
		if id == spans.AppendEntriesClientID && rejected(s) {
			broken = append(broken, e.sentTheSame(s.Service, peerOf(s), termOf(s))...)
		}
		return broken
	case call == nil:
		return nil
	case id == spans.RequestVoteServerID && granted(s):
		_, broken := e.whyGranted(&voteReply{call: call, answer: s})
		return broken
	case s.Kind == trace.SpanKindServer && replied(s, kv.Answered{}):
		return e.brokenByServer(s)
	case (id == spans.AppendEntriesServerID || id == spans.RequestVoteServerID) && termOf(call) > termOf(s):
		return one(tell(e.End(s), "It is of term %d, and %s stayed in term %d.", termOf(call), s.Service, termOf(s)).
			Resting(e.Begin(call)).Breaks(TermOver))
	case id == spans.AppendEntriesServerID && accepted(s):
		return e.brokenByIdling(s)
	}
	return nil
}

// brokenByReply says that a leader or a candidate heard of a newer term, and stayed what it was.
func (e *raft) brokenByReply(call *span.Span) []step {
	answer, role := e.Answering(call), shown(call, spans.RaftRoleKey)
	if answer == nil || termOf(answer) <= termOf(call) || role == protocol.RoleFollower.String() || role == "" {
		return nil
	}
	for s := range e.Of(call.Service, spans.RoleChangeID) {
		if s.End.After(call.Start) && (s.End.Before(call.End) || explain.EndTogether(s, call)) {
			return nil
		}
	}
	return one(tell(e.End(call), "%s's reply was of term %d, and %s stayed the %s of term %d.", answer.Service,
		termOf(answer), call.Service, role, termOf(call)).Resting(e.End(answer), e.Begin(call)).Breaks(TermOver))
}

// brokenByIdling says that a follower was told of a commit index which its log reaches, and did not move its own.
func (e *raft) brokenByIdling(s *span.Span) []step {
	match, by := e.matches(s.Service, peerOf(s), termOf(s))(s.End)
	to := int64(0)
	if last := e.committedUpTo(s.Service, s.End); last != nil {
		to, by = toOf(last), append(by, e.End(last))
	}
	if to >= min(match, toldOf(s)) || e.committedBelow(s) {
		return nil
	}
	return one(tell(e.End(s), "It told %s that index %d is committed, whose log was known to equal the leader's up to "+
		"index %d, and which did not move its commit index.", s.Service, toldOf(s), match).Resting(by...).Breaks(Matched))
}
