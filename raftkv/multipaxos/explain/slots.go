package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// explainSlot says why a learner applied this value in a slot, or why it applied none.
func (e *paxos) explainSlot(number, process string) (*explain.Explanation, error) {
	var slot int64
	if _, err := fmt.Sscan(number, &slot); err != nil || strings.Contains(number, ".") || slot < 1 {
		return nil, nil
	}
	used := e.usedSlots()
	switch {
	case !e.Has(process):
		return nil, fmt.Errorf("there is no %s in this run", process)
	case !slices.Contains(used, slot):
		near := &explain.QuestionError{Message: fmt.Sprintf("nobody proposed anything in slot %d", slot)}
		if len(used) > 0 && len(e.learners) > 0 {
			at, _ := slices.BinarySearch(used, slot)
			near.Nearest = slotQuestion(used[min(at, len(used)-1)], e.learners[0])
		}
		return nil, near
	case isAcceptor(process):
		near := &explain.QuestionError{Message: process + " is an acceptor, which applies nothing", Alone: true}
		if len(e.learners) > 0 {
			near.Nearest = slotQuestion(slot, e.learners[0])
		}
		return nil, near
	}
	x := e.explainIn(slot, process)
	x.Question = slotQuestion(slot, process)
	return x, nil
}

// explainIn is what explainSlot says of a slot in which something was proposed.
func (e *paxos) explainIn(slot int64, process string) *explain.Explanation {
	applied, chosen, list := e.appliedBy(process, slot), e.chosenIn(slot, ""), e.proposedIn(slot)
	const most = 6 // of its proposals, the first and the last ones
	x := &explain.Explanation{}
	add := func(parts ...part) { x.Parts = append(x.Parts, parts...) }
	for i, p := range list {
		if i == 0 || len(list)-i < most {
			add(e.fate(p))
		}
	}
	switch {
	case applied != nil:
		x.Answer = say("Slot %d is %s. %s applied it at %s%s.%s", slot, e.valueSaid(applied), process, e.End(applied),
			e.ResultSaid(applied), e.before(applied))
		add(explain.Because("How "+process+" learnt it, and applied it", e.applying(applied)...))
	case chosen != nil:
		x.Answer = say("Slot %d is %s, as %s knew from %s on.", slot, e.valueSaid(chosen), chosen.Service, e.End(chosen))
	case len(list) == 0:
		x.Answer = say("The trace has nobody that proposed a value in slot %d, or took one for chosen there.", slot).
			On(e.mentioned(slot)...)
	default:
		last := list[len(list)-1]
		x.Answer = say("No leader knew in this run that a value is chosen in slot %d. The last that was proposed there was "+
			"%s, in ballot %s at %s.", slot, commandText(last.command), last.ballot, last.at)
	}
	if applied != nil {
		add(explain.Because("Which rule was broken", e.brokenByApply(applied)...))
	} else {
		x.Answer = x.Answer.Then(" As far as the trace tells, %s applied nothing there.", process).On(e.RunEnd())
		add(explain.WhyNot("What "+process+" waits for", e.waitsFor(slot, process)...))
	}
	return x.Suggest(e.nextOf(slot, process, applied, chosen)...)
}

// nextOf is what to ask next: about the request of a slot, the ballot in which it was chosen, or another learner.
func (e *paxos) nextOf(slot int64, process string, applied, chosen *span.Span) (next []string) {
	for _, s := range []*span.Span{applied, chosen} {
		if s != nil && e.Operation(s.Attribute(kvspans.KVRequestIDKey).AsString()) != nil {
			next = append(next, strings.ReplaceAll(shown(s, kvspans.KVRequestIDKey), "/", " "))
		}
	}
	if chosen != nil && e.phaseOf(ballotOf(chosen)) != nil {
		next = append(next, ballotQuestion(ballotOf(chosen)))
	}
	for _, other := range e.learners {
		if other != process && e.appliedBy(other, slot) != nil {
			return append(next, slotQuestion(slot, other))
		}
	}
	return next
}

// valueSaid is a value that a span tells of, and whose it is.
func (e *paxos) valueSaid(s *span.Span) sentence {
	said := say("%s", commandText(shown(s, spans.PaxosCommandKey))).On(e.End(s))
	if request := explain.RequestOf(s); request != "" {
		return said.Then(", of %s", request)
	}
	return said
}

// before says when a learner applied a slot for the first time, if it did so again after a crash.
func (e *paxos) before(applied *span.Span) sentence {
	for s := range e.Of(applied.Service, spans.ApplyID) {
		if slotOf(s) != slotOf(applied) {
			continue
		}
		if start := e.started(s.Service, s.End, applied.End, true); s.ID != applied.ID && start != nil {
			return say(" It had done so before, first at %s; when it crashed, what it had applied was gone, and it applied all "+
				"anew.", e.End(s)).On(e.Begin(start))
		}
		break
	}
	return sentence{}
}

// fate is the part about a proposal: why it was made, who accepted it, and whether the leader took it for chosen.
func (e *paxos) fate(p proposal) part {
	title := say("Ballot %s: %s proposed %s", p.ballot, p.by.Service, commandText(p.command)).On(p.at)
	steps, list := e.origin(&p), e.accepts(&p)
	if len(list) > 0 && e.waitedForWindow(&p, list[0]) {
		steps = append(steps, tell(e.Begin(list[0]), "It was sent to the acceptors only then, %s later: only so many slots "+
			"from the first that is not chosen are in phase 2 at once (PMS §3).", explain.Between(p.at, e.Begin(list[0]))).
			Held(Window))
	}
	for _, s := range list {
		for _, acceptor := range e.Receivers(s) {
			steps = append(steps, e.brokenByAcceptor(acceptor)...)
		}
	}
	chosen := e.chosenIn(p.slot, p.ballot)
	if chosen == nil || shown(chosen, spans.PaxosCommandKey) != p.command {
		steps = slices.Concat(steps, e.answers(list, e.Last().End, true, e.acceptedSaid), e.unchosen(&p))
		return part{Title: title, Steps: explain.ByTime(steps), WhyNot: true}
	}
	steps = append(steps, e.answers(list, chosen.End, false, e.acceptedSaid)...)
	steps = append(explain.ByTime(steps), tell(e.End(chosen), "%s knew that %s had accepted it, a majority: it is chosen "+
		"(PMS §2.2).", chosen.Service, words.AndList(explain.List(chosen, spans.PaxosAcceptedByKey))))
	return part{Title: title, Steps: append(steps, e.brokenByChosen(chosen)...)}
}

// origin says who asked for a value, and why the leader gave it this slot.
func (e *paxos) origin(p *proposal) (steps []step) {
	if p.source != protocol.SourceClient.String() {
		return one(e.whyProposed(p))
	}
	if op := e.Operation(p.request); op != nil {
		steps = one(tell(e.Begin(op), "%s began its request %s: %s.", op.Service, explain.OrdinalOf(op),
			explain.OperationOf(op)))
	}
	if try := e.Span(p.by.Parent); try != nil && integer(try, kvspans.KVTryKey) > 1 {
		steps = append(steps, tell(e.Begin(try), "It asked %s, its try %s of the same request.", p.by.Service, shown(try,
			kvspans.KVTryKey)))
	}
	steps = append(steps, tell(p.at, "%s, which led in ballot %s, gave it slot %d (PMS §3).", p.by.Service, p.ballot,
		p.slot))
	return append(steps, e.givenTwice(p)...)
}

// givenTwice says that a leader had given the slot to another value in the same ballot.
func (e *paxos) givenTwice(p *proposal) []step {
	for _, other := range e.proposedIn(p.slot) {
		if other.ballot == p.ballot && other.at.At < p.at.At && other.command != p.command {
			return one(tell(p.at, "%s gave slot %d to %s in ballot %s, and had given it to %s at %s.", p.by.Service, p.slot,
				commandText(p.command), p.ballot, commandText(other.command), other.at).Breaks(OneValue))
		}
	}
	return nil
}

// waitedForWindow says whether a proposal was sent later than in the step in which it was made.
func (e *paxos) waitedForWindow(p *proposal, first *span.Span) bool {
	for i := range p.by.Events {
		if v := &p.by.Events[i]; v.Name == spans.EventPropose && v.Attribute(spans.PaxosSlotKey).AsInt64() == p.slot {
			return !explain.HappensAsBegins(p.by, v, first) && integer(first, spans.PaxosAttemptKey) == 1
		}
	}
	return false
}

// unchosen says why a leader did not take its proposal for chosen: who had accepted it, as it knew, and what ended its
// time; and whether a majority had, whoever knew.
func (e *paxos) unchosen(p *proposal) (steps []step) {
	phase := e.phaseOf(p.ballot)
	if phase == nil {
		return one(tell(p.at, "What came of it the trace does not tell: it lacks phase 1 of ballot %s.", p.ballot).
			Kept(explain.NotInTrace))
	}
	end := e.endOf(phase)
	by, last := e.knownBy(p, e.Epoch().Add(end.At))
	said := say("%s led until %s. By then it knew %s had accepted it: %d of the %d that make a majority (PMS §2.2).",
		p.by.Service, end.Sentence, thatThese(by), len(by), quorumOf(phase))
	steps = one(step{Sentence: said, At: end.At, ID: end.ID}.Resting(e.End(phase), last).Held(Majority))
	if at, by, is := e.majorityAccepted(p); is {
		steps = append(steps, tell(at, "%s had accepted it at %s, which is a majority: it is chosen, though %s did not know "+
			"that (PMS §2.2).", words.AndList(by), at, p.by.Service))
	}
	return steps
}

// knownBy are the acceptors of which a leader knew by a time that they had accepted its proposal, and when it knew of
// the last.
func (e *paxos) knownBy(p *proposal, until time.Time) ([]string, moment) {
	list := e.granted(e.accepts(p), until)
	if len(list) == 0 {
		return nil, p.at
	}
	return peers(list), e.End(list[len(list)-1].arrived)
}

// thatThese is who did something, as "it knew" goes on.
func thatThese(names []string) string {
	if len(names) == 0 {
		return "of nobody that"
	}
	return "that " + words.AndList(names)
}
