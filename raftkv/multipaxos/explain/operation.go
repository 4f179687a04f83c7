package explain

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Tried says what came of a client's try: whether a leader answered or refused it, or had given it a slot when the
// client gave up. It returns the Accepts that carried its value.
func (e *paxos) Tried(t *explain.Times, try, server *span.Span) explain.Tried {
	client, peer := try.Service, e.Peer(try)
	switch {
	case server == nil:
	case e.replied(try, kv.Answered{}):
		return explain.Tried{Told: true, Awaited: e.answeredTry(t, try, server)}
	case e.replied(try, kv.NotLeader{}):
		said := say("%s asked %s%s", client, peer, notLeader(server))
		t.Until(e.End(try), try, "%s.", said)
		return explain.Tried{Told: true, Kept: one(tell(e.End(server), "%s (PMS §2.4).", said).Held(OneLeads))}
	case e.replied(try, kv.OutcomeUnknown{}):
		t.Until(e.Begin(server), try, "%s's request went to %s, which led.", client, peer)
		t.Until(e.End(server), server, "%s %s", peer, e.whyUnknown(server))
		t.Until(e.End(try), try, "The news that the outcome is unknown went back to %s.", client)
		return explain.Tried{Told: true, Kept: e.undecided(server, e.End(server))}
	}
	return e.pending(try)
}

// notLeader says what a leader that was asked and did not lead knew of who does.
func notLeader(server *span.Span) sentence {
	leader, is := shown(server, kvspans.KVLeaderIDKey), "stood by"
	if role := shown(server, spans.PaxosRoleKey); role != protocol.RoleStandby.String() {
		is = "was " + role
	}
	if leader == "" || leader == protocol.LeaderID(0).String() {
		return say(", which %s, and knew of no leader", is)
	}
	return say(", which %s, and named %s", is, leader)
}

// proposalOf is what a leader proposed for a client's request; nil if it gave it no slot.
func (e *paxos) proposalOf(server *span.Span) *proposal {
	for _, p := range e.proposals(slices.Values([]*span.Span{server})) {
		return &p
	}
	return nil
}

// pending says that a leader had given a request a slot when its try was given up, and what came of that.
func (e *paxos) pending(try *span.Span) (t explain.Tried) {
	for _, server := range e.Receivers(try) {
		p, had := e.proposalOf(server), "had"
		answered := e.Reply(server) != ""
		if p == nil || answered && !server.End.After(try.End) {
			continue
		}
		if answered {
			had = "by then had"
		}
		t.Done = say("%s gave it slot %d in ballot %s, and %s no answer to give", e.Peer(try), p.slot, p.ballot, had).On(p.at)
		at := e.End(try)
		if server.End.Before(try.End) {
			at = e.End(server)
		}
		t.Kept = e.undecided(server, at)
		break
	}
	return t
}

// undecided says what kept the value of a request from being chosen, or applied, up to a moment at which its leader had
// it open.
func (e *paxos) undecided(server *span.Span, at moment) []step {
	p, until := e.proposalOf(server), e.Epoch().Add(at.At)
	if p == nil {
		return one(tell(e.End(server), "%s gave it no slot, as far as the trace tells.", server.Service).
			Kept(explain.NotInTrace))
	}
	if chosen := e.chosenIn(p.slot, p.ballot); chosen != nil && !chosen.End.After(until) {
		return one(tell(e.End(chosen), "It was chosen in slot %d at %s, and had not been applied by %s: what is chosen is "+
			"applied in the order of slots (PMS §3).", p.slot, e.End(chosen), at).Held(InOrder))
	}
	steps := e.answers(e.accepts(p), until, true, e.acceptedSaid)
	if phase := e.phaseOf(p.ballot); phase != nil {
		if by, last := e.knownBy(p, until); len(by) < quorumOf(phase) {
			steps = append(steps, tell(at, "By %s %s knew %s had accepted it: %d of the %d that make a majority (PMS "+
				"§2.2).", at, server.Service, thatThese(by), len(by), quorumOf(phase)).Resting(last, e.End(phase)).Held(Majority))
		}
	}
	return explain.ByTime(steps)
}

// whyUnknown says why a leader could not say what would come of a request.
func (e *paxos) whyUnknown(server *span.Span) sentence {
	p := e.proposalOf(server)
	if p == nil {
		return say("said that the outcome is unknown; why the trace does not tell.").On(e.End(server))
	}
	said := say("gave it slot %d in ballot %s", p.slot, p.ballot).On(p.at)
	for s := range e.Of(server.Service, spans.RoleChangeID, spans.ApplyID) {
		switch {
		case !explain.EndTogether(s, server):
		case is(s, spans.PaxosRoleEventKey, protocol.RoleEventPreempted):
			return said.Then(", and stood by when %s: another leader may get it chosen yet, or not.", e.preemptedBy(s))
		case e.Is(s, spans.ApplyID) && slotOf(s) == p.slot && shown(s, spans.PaxosCommandKey) != p.command:
			return said.Then(", and learnt at %s that another value is chosen there, %s.", e.End(s),
				commandText(shown(s, spans.PaxosCommandKey)))
		}
	}
	return said.Then(", and had not applied it by %s, when its time to answer was over (multipaxos.request_timeout): it "+
		"may be chosen yet, or not.", e.End(server))
}

// answeredTry accounts for a try that was answered, and returns the Accepts that carried its value.
func (e *paxos) answeredTry(t *explain.Times, try, server *span.Span) (carriers []*span.Span) {
	client, leader := try.Service, server.Service
	t.Until(e.Begin(server), try, "The request travelled from %s to %s, and %s took it up%s.", client, leader, leader,
		e.Ailing(leader, server.Start))
	p := e.proposalOf(server)
	if p == nil {
		t.Until(e.End(server), server, "%s answered without a slot for it: that breaks the rule that a command is answered "+
			"when its slot is applied with it (PMS §3).", leader)
	} else {
		t.Until(p.at, server, "%s, which led in ballot %s, gave it slot %d.", leader, p.ballot, p.slot)
		carriers = e.accepts(p)
		if len(carriers) > 0 && e.waitedForWindow(p, carriers[0]) {
			t.Until(e.Begin(carriers[0]), carriers[0], "It waited until slot %d was in the window: only so many slots from the "+
				"first that is not chosen are in phase 2 at once (PMS §3).", p.slot)
		}
		if chosen := e.chosenIn(p.slot, p.ballot); chosen != nil && !chosen.Start.After(server.End) {
			e.phase2(t, carriers, chosen)
			if !explain.EndTogether(chosen, server) {
				t.Until(e.End(server), server, "It was chosen, and waited for the slots before it: what is chosen is applied in "+
					"the order of slots (PMS §3).")
			}
		}
		t.Until(e.End(server), server, "%s applied slot %d, and answered.", leader, p.slot)
	}
	t.Until(e.End(try), try, "The answer travelled back to %s.", client)
	return carriers
}

// phase2 accounts for the time until a majority had accepted a value: that of the acceptance that decided it.
func (e *paxos) phase2(t *explain.Times, carriers []*span.Span, chosen *span.Span) {
	at := slices.IndexFunc(carriers, func(s *span.Span) bool { return explain.EndTogether(s, chosen) && e.accepted(s) })
	if at < 0 {
		t.Until(e.Begin(chosen), chosen, "It waited until a majority had accepted it.")
		return
	}
	decider, peer := carriers[at], e.Peer(carriers[at])
	first := carriers[slices.IndexFunc(carriers, func(s *span.Span) bool { return e.Peer(s) == peer })]
	if first != decider {
		t.Until(e.Begin(decider), first, "The first Accept to %s came to nothing: %s. It was sent to %s again.", peer,
			e.cameToNothing(&reply{first, first, nil, peer}), peer)
	}
	if receiver := e.Answering(decider); receiver != nil {
		t.Until(e.End(receiver), receiver, "It went to %s, which accepted it%s.", peer, e.Ailing(peer, receiver.End))
	}
	t.Until(e.Begin(chosen), decider, "%s's answer went back to %s. With it %s had accepted it, which is a majority.",
		peer, chosen.Service, words.AndList(explain.List(chosen, spans.PaxosAcceptedByKey)))
}

// Stored says which acceptors accepted the value of an operation, and when that became known.
func (e *paxos) Stored(op *span.Span, carriers []*span.Span) part {
	steps := e.answers(carriers, e.Last().End, true, e.acceptedSaid)
	for i, s := range steps {
		if s.Reason == (explain.Reason{}) && s.At > e.Since(op.End) {
			steps[i].Sentence = s.Then(" The client had its answer by then: a majority had been enough.").On(e.End(op))
		}
	}
	return explain.Because("Which acceptors accepted it", steps...)
}
