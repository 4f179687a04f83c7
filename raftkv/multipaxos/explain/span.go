package explain

import (
	"slices"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Tell tells one of MultiPaxos's own spans.
func (e *paxos) Tell(s *span.Span, at, during sentence) sentence {
	switch e.ID(s) {
	case spans.StartID:
		return say("%s started%s", s.Service, during)
	case spans.Phase1ID:
		return say("%s began ballot %s, and asked for promises%s", s.Service, ballotOf(s), during)
	case spans.RoleChangeID:
		in := say(" in ballot %s", ballotOf(s))
		if is(s, spans.PaxosRoleEventKey, protocol.RoleEventRestart) {
			in = sentence{} // it knew of none
		}
		return say("%s went from %s to %s%s (%s)%s", s.Service, shown(s, spans.PaxosRoleFromKey), shown(s,
			spans.PaxosRoleKey), in, words.Spaced(shown(s, spans.PaxosRoleEventKey)), during)
	case spans.ChosenID:
		return say("%s took %s for chosen in slot %d, which %s had accepted in ballot %s%s", s.Service, commandText(shown(s,
			spans.PaxosCommandKey)), slotOf(s), words.AndList(explain.List(s, spans.PaxosAcceptedByKey)), ballotOf(s), during)
	case spans.ApplyID:
		return say("%s applied slot %d, %s%s", s.Service, slotOf(s), e.AppliedSaid(s), during)
	case spans.HeartbeatID:
		return say("%s began heartbeat round %s of ballot %s%s", s.Service, shown(s, spans.PaxosHeartbeatKey), ballotOf(s),
			at)
	case spans.LateReplyID:
		return say("%s took in a late %s from %s%s: its call was over", s.Service, e.Reply(s), e.Peer(s), during)
	}
	return sentence{}
}

// About says why something was refused, which rules were broken, what came of a span, what to ask next, and why
// heartbeats, a start or a question for what is missing began.
func (e *paxos) About(s *span.Span) explain.About {
	const most = 12
	about := explain.About{Broken: e.brokenBy(s), WhyNot: e.whyNotOf(s), Came: slices.Collect(e.Below(s.ID))}
	about.Came = about.Came[:min(len(about.Came), most)]
	switch e.ID(s) {
	case spans.ApplyID, spans.CommitConsumerID, spans.ChosenID, spans.AcceptClientID, spans.CommitProducerID:
		about.Next = []string{slotQuestion(slotOf(s), s.Service)}
	case kvspans.KVPutID, kvspans.KVGetID, kvspans.KVDeleteID:
		if _, applied := e.AppliedFor(s); applied != nil {
			about.Next = []string{slotQuestion(slotOf(applied), applied.Service)}
		}
	case spans.HeartbeatID:
		about.Began = e.whyHeartbeat(s)
	case spans.Phase1ID:
		about.Led = []part{explain.Because("Why "+s.Service+" began the ballot", e.whyBegan(s)...)}
	case spans.StartID:
		about.Began = e.StartedBy(s)
	case spans.CatchUpClientID:
		about.Began = e.whyAsked(s)
	}
	return about
}

// whyHeartbeat says why a leader began a heartbeat round.
func (e *paxos) whyHeartbeat(root *span.Span) []step {
	for _, l := range root.Links {
		if phase := e.Span(l.ID); phase != nil && e.Is(phase, spans.Phase1ID) {
			return one(tell(e.End(phase), "%s led in ballot %s from %s on. Who leads lets the others hear so at once, and then "+
				"whenever its heartbeat timer runs out, before they suspect that it crashed (PMMC §3).", phase.Service,
				ballotOf(phase), e.End(phase)))
		}
	}
	return nil
}

// whyNotOf says why what a span asked for was refused, or came to nothing.
func (e *paxos) whyNotOf(s *span.Span) []part {
	why := func(title string, reason step) []part { return []part{explain.Why(title, reason)} }
	call, answer := s, e.Answering(s)
	if s.Kind == trace.SpanKindServer {
		call, answer = e.Span(s.Parent), s
	}
	server := s.Kind == trace.SpanKindServer
	switch {
	case (e.replied(s, protocol.PrepareRejected{}) || e.replied(s, protocol.AcceptRejected{})) &&
		!e.Is(s, spans.LateReplyID) && call != nil:
		return why("Why it was refused", e.turnedAway(call, s, answer))
	case e.replied(s, kv.NotLeader{}) && answer != nil:
		return why("Why it was not done", tell(e.End(answer), "%s was asked%s (PMS §2.4)", answer.Service,
			notLeader(answer)).Held(OneLeads))
	case e.replied(s, kv.NotLeader{}):
		return why("Why it was not done", tell(e.End(s), "%s did not lead, as it said (PMS §2.4)", e.Peer(s)).Held(OneLeads))
	case e.replied(s, kv.OutcomeUnknown{}) && server:
		return []part{explain.WhyNot("Why the outcome was unknown", e.undecided(s, e.End(s))...)}
	case e.Is(s, spans.LateReplyID):
		return why("Why it came too late for its call", e.Late(s))
	}
	return nil
}

// brokenBy says which rules were broken by what a span tells.
func (e *paxos) brokenBy(s *span.Span) []step {
	switch e.ID(s) {
	case spans.ChosenID:
		return e.brokenByChosen(s)
	case spans.ApplyID:
		return e.brokenByApply(s)
	case spans.AcceptServerID, spans.PrepareServerID:
		return e.brokenByAcceptor(s)
	case spans.RoleChangeID:
		if phase := e.Span(s.Parent); phase != nil && e.Is(phase, spans.Phase1ID) {
			return e.brokenByPhase(phase)
		}
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		return e.brokenByServer(s)
	case kvspans.KVPutID, kvspans.KVGetID, kvspans.KVDeleteID:
		var broken []step
		for try := range e.Below(s.ID) {
			for _, server := range e.Receivers(try) {
				broken = append(broken, e.brokenByServer(server)...)
			}
		}
		return broken
	}
	return nil
}

// brokenByServer says which rules a leader broke that handled a client's request.
func (e *paxos) brokenByServer(s *span.Span) []step {
	p := e.proposalOf(s)
	switch {
	case p != nil:
		return e.givenTwice(p)
	case e.replied(s, kv.Answered{}):
		return one(tell(e.End(s), "%s answered, and had given the request no slot.", s.Service).Breaks(ThroughSlot))
	}
	return nil
}

// brokenByAcceptor says that an acceptor promised or accepted something below what it had promised.
func (e *paxos) brokenByAcceptor(s *span.Span) []step {
	if !e.accepted(s) && !e.promised(s) {
		return nil
	}
	for before := range e.Of(s.Service, spans.PrepareServerID, spans.AcceptServerID) {
		promised := shown(before, spans.PaxosPromisedKey)
		if !before.End.After(s.End) && compareBallots(promised, ballotOf(s)) > 0 {
			return one(tell(e.End(s), "%s had promised ballot %s, and answered %s to one of ballot %s.", s.Service, promised,
				e.Reply(s), ballotOf(s)).Resting(e.End(before)).Breaks(PromiseKept))
		}
	}
	return nil
}

// brokenByChosen says which rules a leader broke that took a value for chosen.
func (e *paxos) brokenByChosen(s *span.Span) (broken []step) {
	if by := len(explain.List(s, spans.PaxosAcceptedByKey)); by < quorumOf(s) {
		broken = one(tell(e.End(s), "That is %d of the %d that make a majority.", by, quorumOf(s)).Breaks(Majority))
	}
	return append(broken, e.contradicted(s)...)
}

// contradicted says that a leader took another value for chosen in a slot than a span tells of.
func (e *paxos) contradicted(s *span.Span) []step {
	has := func(s *span.Span) string { return commandText(shown(s, spans.PaxosCommandKey)) }
	for other := range e.Of("", spans.ChosenID) {
		if slotOf(other) == slotOf(s) && (has(other) != has(s) || explain.RequestOf(other) != explain.RequestOf(s)) {
			return one(tell(e.End(s), "%s has %s in slot %d, and %s took %s for chosen there at %s.", s.Service, has(s),
				slotOf(s), other.Service, has(other), e.End(other)).Breaks(OneChosen))
		}
	}
	return nil
}

// brokenByApply says which rules a learner broke that applied a slot.
func (e *paxos) brokenByApply(s *span.Span) (broken []step) {
	var before *span.Span
	for other := range e.Of(s.Service, spans.ApplyID, spans.StartID) {
		if other.ID == s.ID {
			break
		}
		if before = other; e.Is(other, spans.StartID) {
			before = nil
		}
	}
	if before != nil && slotOf(before) != slotOf(s)-1 {
		broken = one(tell(e.End(s), "%s applied slot %d, and had applied slot %d last.", s.Service, slotOf(s),
			slotOf(before)).Resting(e.End(before)).Breaks(InOrder))
	}
	return slices.Concat(broken, e.contradicted(s), e.otherResult(s), e.AppliedTwice(s))
}

// otherResult says that another learner got another result of the same value in a slot.
func (e *paxos) otherResult(s *span.Span) []step {
	result := func(s *span.Span) string { return words.ResultText(e.Command(s), shown(s, kvspans.KVResultKey)) }
	for other := range e.Of("", spans.ApplyID) {
		if slotOf(other) == slotOf(s) && explain.RequestOf(other) == explain.RequestOf(s) &&
			shown(other, spans.PaxosCommandKey) == shown(s, spans.PaxosCommandKey) && result(other) != result(s) {
			return one(tell(e.End(s), "%s applied slot %d with the result %s, and %s at %s with the result %s.", s.Service,
				slotOf(s), result(s), other.Service, e.End(other), result(other)).Breaks(SameResult))
		}
	}
	return nil
}
