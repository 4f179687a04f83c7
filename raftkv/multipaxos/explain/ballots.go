package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// explainBallot says why a leader leads in a ballot, or why it does not.
func (e *paxos) explainBallot(ballot string) (*explain.Explanation, error) {
	near := &explain.QuestionError{Message: fmt.Sprintf("nobody began ballot %s", ballot)}
	next := ""
	for _, s := range e.phases {
		switch order := compareBallots(ballotOf(s), ballot); {
		case order < 0 || near.Nearest == "":
			near.Nearest = ballotQuestion(ballotOf(s))
		case order > 0 && next == "":
			next = ballotQuestion(ballotOf(s))
		}
	}
	phase := e.phaseOf(ballot)
	if phase == nil {
		return nil, near
	}
	return e.explainPhase(phase).Suggest(next).Suggest(e.Others(phase)...), nil
}

// explainPhase says why a phase 1 began, which promises came, and what the leader did with them.
func (e *paxos) explainPhase(s *span.Span) *explain.Explanation {
	x := &explain.Explanation{Question: ballotQuestion(ballotOf(s))}
	add := func(parts ...part) { x.Parts = append(x.Parts, parts...) }
	add(explain.Because("Why "+s.Service+" began it", e.whyBegan(s)...))
	broken := e.brokenByPhase(s)
	if !led(s) {
		x.Answer = say("%s began ballot %s at %s, and did not lead in it: %s.", s.Service, ballotOf(s), e.Begin(s),
			e.phaseEnd(s))
		add(explain.WhyNot("Why it did not lead", e.whyNotLed(s)...), explain.Because("Which rule was broken", broken...))
		return x
	}
	x.Answer = say("%s led in ballot %s from %s on. It had begun it at %s, and after %s it had the promises of %s; %d of "+
		"%s are a majority.", s.Service, ballotOf(s), e.End(s), e.Begin(s), explain.Between(e.Begin(s), e.End(s)),
		cmp.Or(words.AndList(peers(e.counted(s))), "nobody that the trace has"), quorumOf(s),
		words.Counted(integer(s, spans.PaxosAcceptorsKey), "acceptor"))
	led := e.endOf(s)
	led.Sentence, led.Reason = say("It led until %s.", led), explain.Reason{}
	add(explain.Because("Why it led", e.promises(s)...), explain.Because("What it proposed by itself",
		e.firstProposals(s)...), explain.Because("How long it led", led), explain.Because("Which rule was broken",
		broken...))
	if all := e.ownProposals(s); len(all) > 0 {
		x.Suggest(slotQuestion(all[0].slot, s.Service))
	}
	return x
}

// phaseEnd says how a phase 1 ended that made nobody lead.
func (e *paxos) phaseEnd(s *span.Span) step {
	end := e.End(s)
	switch {
	case shown(s, spans.PaxosOutcomeKey) == spans.OutcomePreempted:
		for change := range e.Of(s.Service, spans.RoleChangeID) {
			if explain.EndTogether(change, s) && is(change, spans.PaxosRoleKey, protocol.RoleStandby) {
				return e.preemptedBy(change)
			}
		}
		return tell(end, "it was preempted at %s; by whom the trace does not tell", end).Kept(explain.NotInTrace)
	case s.Status.Code == codes.Error && explain.IsCrashed(s):
		return tell(end, "it crashed at %s, before a majority had promised", end).Kept(explain.Crashed)
	}
	return tell(end, "no majority had promised when the run ended at %s", end).Kept(explain.RunEnded)
}

// whyNotLed says which promises came in vain, and what ended that.
func (e *paxos) whyNotLed(s *span.Span) []step {
	over := because(e.phaseEnd(s), e.End(s), "So its ballot was over")
	over.ID = s.ID
	return explain.ByTime(append(e.promises(s), over))
}

// brokenByPhase says which rules a leader broke that began a ballot, or came to lead in it.
func (e *paxos) brokenByPhase(s *span.Span) (broken []step) {
	for _, other := range e.phases {
		if ballotOf(other) == ballotOf(s) && other.ID != s.ID {
			broken = append(broken, tell(e.Begin(s), "%s began ballot %s at %s, and at %s as well.", s.Service, ballotOf(s),
				e.Begin(s), e.Begin(other)).Breaks(BallotOnce))
		}
	}
	if n := int(integer(s, spans.PaxosPromisesKey)); led(s) && n < quorumOf(s) {
		broken = append(broken, tell(e.End(s), "%s led with %s, and a majority is %d.", s.Service, words.Counted(n,
			"promise"), quorumOf(s)).Breaks(Majority))
	}
	for _, p := range e.ownProposals(s) {
		if why := e.whyProposed(&p); why.Broken {
			broken = append(broken, why)
		}
	}
	return slices.Concat(broken, e.oldPromises(s), e.leftHole(s))
}

// whyBegan says what made a leader begin a ballot: somebody told it to, or its suspicion timer ran out, because of what
// it did not hear. And which ballot its own had to exceed.
func (e *paxos) whyBegan(phase *span.Span) []step {
	leader, ballot, begin, h := phase.Service, ballotOf(phase), e.Begin(phase), e.heardBefore(phase)
	var change *span.Span
	for s := range e.Below(phase.ID, spans.RoleChangeID) {
		if is(s, spans.PaxosRoleKey, protocol.RolePreparing) {
			change = s
		}
	}
	var higher sentence
	if h.highest != "" {
		higher = say(" Its ballot had to be higher than %s, the highest of which it knew (PMS §2.2).", h.highest).On(h.known)
	}
	switch {
	case change == nil:
		return one(tell(begin, "What made %s begin it the trace does not tell: it has no change of its role.", leader))
	case is(change, spans.PaxosRoleEventKey, protocol.RoleEventToldToLead):
		told := e.toldToLead(phase, change)
		told.Sentence = told.Then("%s", higher)
		return one(told)
	case h.span == nil:
		return one(tell(begin, "%s's suspicion timer ran out: the trace has nothing before that would have started it anew "+
			"(PMMC §3).%s", leader, higher).Resting(e.End(change)))
	}
	steps := one(tell(e.End(h.span), "%s", h.said))
	if h.from != "" {
		steps = explain.ByTime(append(steps, e.Silence(h.from, h.span, phase.Start, spans.CommitProducerID,
			spans.HeartbeatProducerID)...))
	}
	return append(steps, tell(begin, "So for %s%s nothing had started %s's suspicion timer anew. It ran out, and %s "+
		"began ballot %s (PMMC §3).%s", explain.Between(e.End(h.span), begin), e.ClockFaults(leader, h.span.End, phase.Start),
		leader, leader, ballot, higher).Resting(e.End(change)))
}

// toldToLead says who told a leader to begin a ballot.
func (e *paxos) toldToLead(phase, change *span.Span) step {
	for _, f := range slices.Backward(e.Faults()) {
		if traces.FaultKind(f) == worldspans.FaultElect && explain.Touches(f, phase.Service) &&
			!f.Start.After(phase.End) && !f.Start.After(change.End) {
			return tell(e.Begin(f), "The scenario told %s to begin a ballot; no timer was needed.", phase.Service).
				Resting(e.End(change))
		}
	}
	told := tell(e.Begin(phase), "%s was told to begin a ballot", phase.Service).Resting(e.End(change))
	first := "\nfirst_leader = " + strings.TrimPrefix(phase.Service, spans.ServiceLeader+"-") + "\n"
	if run := e.Run(); run != nil && strings.Contains(run.Attribute(worldspans.RaftkvConfigKey).AsString(), first) {
		told.Sentence = told.Then(": a run names its first leader (multipaxos.first_leader), so that nobody has to wait " +
			"for a timeout").On(e.Begin(run))
	}
	told.Sentence = told.Then(".")
	return told
}

// toldOf is the ballot of which a span of a leader tells it: its own that it begins, or another's.
func (e *paxos) toldOf(s *span.Span) string {
	switch e.ID(s) {
	case spans.CommitConsumerID, spans.HeartbeatConsumerID, spans.Phase1ID:
		return ballotOf(s)
	case spans.PrepareClientID, spans.AcceptClientID, spans.LateReplyID:
		return shown(s, spans.PaxosPromisedKey)
	}
	return ""
}

// heard is what a leader had heard before it began a ballot.
type heard struct {
	span    *span.Span // what started its suspicion timer anew the last time; nil for nothing
	said    sentence   // that, as a sentence
	from    string     // the leader that it came from, if it was a message
	highest string     // the highest ballot of which it knew; empty for none
	known   moment     // when it heard of that
}

// heardBefore is what a leader had heard since it started last, before a phase 1.
func (e *paxos) heardBefore(phase *span.Span) (h heard) {
	preempted := 0 // in a row, before something was chosen
	for s := range e.Of(phase.Service) {
		if s.End.After(phase.Start) || s.Parent == phase.ID || s.ID == phase.ID {
			continue
		}
		id, ballot := e.ID(s), e.toldOf(s)
		higher := ballot != "" && compareBallots(ballot, h.highest) >= 0
		if id == spans.CommitConsumerID || id == spans.ChosenID {
			preempted = 0
		}
		switch {
		case id == spans.StartID:
			h, preempted = heard{span: s, said: say("%s started, and knew of no leader.", s.Service)}, 0
		case is(s, spans.PaxosRoleEventKey, protocol.RoleEventPreempted):
			preempted++
			h.span, h.from, h.said = s, "", say("%s had stood by, no longer %s in ballot %s: %s.", s.Service, shown(s,
				spans.PaxosRoleFromKey), ballotOf(s), e.preemptedBy(s))
			if preempted > 1 {
				h.said = h.said.Then(" That was %d times in a row: the more often, the longer it waits (PMMC §3).", preempted)
			}
		case higher && (id == spans.CommitConsumerID || id == spans.HeartbeatConsumerID):
			h.span, h.from, h.said = s, e.Peer(s), say("%s heard from %s, which led in ballot %s, for the last time: a %s.",
				s.Service, e.Peer(s), ballot, e.Message(s))
		}
		if higher && ballot != h.highest {
			h.highest, h.known = ballot, e.End(s)
		}
	}
	return h
}
