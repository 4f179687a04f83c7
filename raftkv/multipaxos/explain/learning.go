package explain

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
)

// teaches says whether a span told its learner what is chosen in a slot.
func (e *paxos) teaches(s *span.Span, slot int64) bool {
	switch e.ID(s) {
	case spans.CommitConsumerID, spans.ChosenID:
		return slotOf(s) == slot
	case spans.CatchUpClientID:
		return slices.ContainsFunc(values(s, spans.PaxosValuesKey), func(v value) bool { return v.slot == slot })
	case spans.LateReplyID:
		answer := e.Span(s.Parent)
		return answer != nil && e.replied(s, protocol.CaughtUp{}) && e.brings(answer, slot)
	}
	return false
}

// brings says whether the answer to a CatchUp has the value of a slot.
func (e *paxos) brings(answer *span.Span, slot int64) bool {
	first := integer(answer, spans.PaxosFirstSlotKey)
	return e.Is(answer, spans.CatchUpServerID) && first <= slot && slot < first+integer(answer, spans.PaxosValuesCountKey)
}

// taught is what first told a learner what is chosen in a slot, within a time.
func (e *paxos) taught(process string, slot int64, since, until time.Time) *span.Span {
	for s := range e.Of(process, spans.CommitConsumerID, spans.ChosenID, spans.CatchUpClientID, spans.LateReplyID) {
		if !s.End.Before(since) && !s.End.After(until) && e.teaches(s, slot) {
			return s
		}
	}
	return nil
}

// applying says how a learner learnt what is chosen in a slot, what it had to wait for then, and that it applied it.
func (e *paxos) applying(applied *span.Span) []step {
	process, slot, cause, since := applied.Service, slotOf(applied), e.Span(applied.Parent), time.Time{}
	switch {
	case cause == nil:
		return one(tell(e.End(applied), "It applied %s. How it learnt that this is chosen the trace does not tell.",
			e.AppliedSaid(applied)))
	case e.Is(cause, spans.StartID):
		return one(tell(e.End(applied), "%s started again at %s. Its disk held what is chosen in slot %d, and its store was "+
			"new: it applied all anew (PMS §2.5).", process, e.Begin(cause), slot))
	}
	if start := e.started(process, time.Time{}, applied.End, false); start != nil {
		since = start.Start
	}
	taught := e.taught(process, slot, since, applied.End)
	if taught == nil {
		taught = cause
	}
	steps := e.vainly(process, slot, since, taught.End)
	if taught.ID != cause.ID {
		steps = append(steps, tell(e.End(taught), "%s told it what is chosen in slot %d.", e.tellerSaid(taught).Capital(),
			slot))
		steps = append(steps, e.vainly(process, e.missing(cause), taught.End, cause.End)...)
	}
	return append(steps, e.applies(cause, applied, taught.ID == cause.ID))
}

// missing is the first slot whose value a span brought.
func (e *paxos) missing(cause *span.Span) int64 {
	if answer := e.Span(cause.Parent); answer != nil && e.Is(cause, spans.LateReplyID) {
		cause = answer
	}
	return max(slotOf(cause), integer(cause, spans.PaxosFirstSlotKey))
}

// tellerSaid names what told a learner something.
func (e *paxos) tellerSaid(s *span.Span) sentence {
	switch e.ID(s) {
	case spans.CatchUpClientID:
		return say("%s's answer to its CatchUp", e.Peer(s)).On(e.Begin(s), e.End(s))
	case spans.LateReplyID:
		said := say("a late answer of %s to its CatchUp", e.Peer(s)).On(e.End(s))
		if answer := e.Span(s.Parent); answer != nil {
			said = said.On(e.End(answer))
		}
		return said
	case spans.ChosenID:
		return say("its own phase 2 in ballot %s", ballotOf(s)).On(e.End(s))
	}
	return say("%s's %s", e.Peer(s), e.Message(s)).On(e.End(s))
}

// applies says that a learner applied a slot because of a span: it brought the value of it, or of one before it.
func (e *paxos) applies(cause, applied *span.Span, itself bool) step {
	slot, what := slotOf(applied), e.AppliedSaid(applied)
	missing := e.missing(cause)
	var s step
	switch {
	case !itself && missing > 0:
		s = tell(e.End(applied), "Slot %d was missing until then, and what is chosen is applied in the order of slots (PMS "+
			"§3). With %s it had that, and applied slot %d: %s.", missing, e.tellerSaid(cause), slot, what).
			Resting(e.End(cause)).Held(InOrder)
	case e.Is(cause, spans.ChosenID):
		s = tell(e.End(applied), "It had got it chosen itself, and so it applied slot %d: %s.", slot, what)
	default:
		s = tell(e.End(applied), "%s brought it, and so it applied slot %d: %s.", e.tellerSaid(cause).Capital(), slot,
			what)
	}
	return s.Resting(e.End(cause))
}

// vainly says which Commits and answers about a slot did not come to a learner within a time, and why it asked.
func (e *paxos) vainly(process string, slot int64, since, until time.Time) (steps []step) {
	if chosen := e.chosenIn(slot, ""); chosen != nil && chosen.Start.After(since) {
		since = chosen.Start
	}
	for s := range e.Of("", spans.CommitProducerID) {
		if e.Peer(s) != process || slotOf(s) != slot || s.Start.Before(since) || !s.Start.Before(until) {
			continue
		}
		switch list := e.Receivers(s); {
		case len(list) == 0:
			steps = append(steps, because(e.Absent(s), e.Begin(s), "%s's Commit of slot %d to it did not arrive", s.Service,
				slot))
		case list[0].End.After(until):
			steps = append(steps, tell(e.End(list[0]), "%s's Commit of slot %d to it came only then%s.", s.Service, slot,
				e.Delayed(s)).Kept(explain.TooLate).Resting(e.Begin(s)))
		}
	}
	for s := range e.Of(process, spans.CatchUpClientID) {
		first, empty := integer(s, spans.PaxosFirstSlotKey), integer(s, spans.PaxosValuesCountKey) == 0
		if first > slot || s.Start.Before(since) || s.Start.After(until) || !empty && !e.teaches(s, slot) {
			continue
		}
		steps = append(steps, e.whyAsked(s)...)
		switch {
		case e.Reply(s) == "":
			steps = append(steps, because(e.Absent(s), e.Begin(s), "It asked %s for what is chosen from slot %d on, in vain",
				e.Peer(s), first))
		case empty:
			steps = append(steps, tell(e.End(s), "It asked %s, which had not applied slot %d itself.", e.Peer(s), first).
				Resting(e.Begin(s)))
		default:
			steps = append(steps, tell(e.Begin(s), "It asked %s for what is chosen from slot %d on.", e.Peer(s), first))
		}
	}
	return explain.ByTime(steps)
}

// whyAsked says what told a learner that it misses something, before it asked.
func (e *paxos) whyAsked(call *span.Span) []step {
	first := integer(call, spans.PaxosFirstSlotKey)
	for s := range e.Backward(call.Service, spans.CommitConsumerID, spans.HeartbeatConsumerID, spans.StartID) {
		if s.End.After(call.Start) {
			continue
		}
		switch e.ID(s) {
		case spans.CommitConsumerID:
			if slotOf(s) > first {
				return one(tell(e.End(s), "%s told it that a value is chosen in slot %d, and it had none of slot %d: "+
					"it had missed something.", e.tellerSaid(s).Capital(), slotOf(s), first).Resting(e.Begin(call)))
			}
		case spans.HeartbeatConsumerID:
			if sent := e.Span(s.Parent); sent != nil && integer(sent, spans.PaxosChosenSlotKey) >= first {
				return one(tell(e.End(s), "%s told it that all is chosen up to slot %d, and it had no value of slot %d: "+
					"it had missed something.", e.tellerSaid(s).Capital(), integer(sent, spans.PaxosChosenSlotKey), first).
					Resting(e.Begin(sent), e.Begin(call)))
			}
		case spans.StartID:
			if first := e.started(s.Service, time.Time{}, s.End, true); first != nil && first.ID != s.ID {
				return one(tell(e.End(s), "It had started again, and did not know how far all is chosen."))
			}
			return nil
		}
	}
	return nil
}

// waitsFor says why a learner had not applied a slot when the run ended: it was down; or it waited for a slot before
// that; or nobody told it what is chosen.
func (e *paxos) waitsFor(slot int64, process string) (steps []step) {
	if steps = e.StayedDown(process); len(steps) > 0 {
		return steps
	}
	since := time.Time{}
	if start := e.started(process, time.Time{}, e.Last().End, false); start != nil {
		since = start.Start
	}
	missing, last := int64(1), (*span.Span)(nil)
	for s := range e.Backward(process, spans.ApplyID) {
		if !s.End.Before(since) && slotOf(s) >= missing {
			missing, last = slotOf(s)+1, s
		}
	}
	if missing > slot {
		return one(tell(e.End(last), "It had applied slot %d, which comes later: the trace lacks the span with which it "+
			"applied slot %d.", slotOf(last), slot).Resting(e.mentioned(slot)...).Kept(explain.NotInTrace))
	}
	if taught := e.taught(process, slot, since, e.Last().End); taught != nil {
		steps = one(tell(e.End(taught), "%s told it what is chosen in slot %d.", e.tellerSaid(taught).Capital(), slot))
	}
	steps = append(steps, e.vainly(process, missing, since, e.Last().End)...)
	if missing < slot {
		s := tell(e.RunEnd(), "It had applied nothing, and waits for slot 1: what is chosen is applied in the order of "+
			"slots (PMS §3).").Resting(e.mentioned(missing)...)
		if last != nil {
			s = tell(e.End(last), "It had applied slot %d, and waits for the next, slot %d: what is chosen is applied in the "+
				"order of slots (PMS §3).", slotOf(last), missing)
		}
		steps = append(steps, s.Held(InOrder))
	}
	switch chosen := e.chosenIn(missing, ""); {
	case chosen == nil:
		steps = append(steps, tell(e.RunEnd(), "No leader knew in this run what is chosen in slot %d, so that none could "+
			"tell it (PMS §2.3).", missing).Resting(e.mentioned(missing)...).Kept(explain.NotSent))
	case e.taught(process, missing, since, e.Last().End) == nil:
		steps = append(steps, tell(e.End(chosen), "%s knew from %s on what is chosen in slot %d, and no span shows that %s "+
			"was told so before the run ended at %s.", chosen.Service, e.End(chosen), missing, process, e.RunEnd()).
			Kept(explain.NotSent))
	default:
		steps = append(steps, tell(e.RunEnd(), "Why it did not apply slot %d, whose value it knew, the trace does not tell.",
			missing).Resting(e.mentioned(missing)...).Kept(explain.NotInTrace))
	}
	return steps
}
