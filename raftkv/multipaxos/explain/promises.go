package explain

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// prepares are the Prepares of a phase 1.
func (e *paxos) prepares(phase *span.Span) []*span.Span {
	return slices.Collect(e.Below(phase.ID, spans.PrepareClientID))
}

// counted are the promises that had arrived when a phase 1 ended, the first of each acceptor.
func (e *paxos) counted(phase *span.Span) []reply { return e.granted(e.prepares(phase), phase.End) }

// told are the proposals of which a promise told.
func told(p *reply) []value {
	if p.answer != nil {
		return values(p.answer, spans.PaxosAcceptedKey)
	}
	return values(p.call, spans.PaxosAcceptedKey)
}

// promises says what each acceptor answered, in the order in which it became known.
func (e *paxos) promises(phase *span.Span) (steps []step) {
	return e.answers(e.prepares(phase), e.Last().End, true, func(p *reply, count int) step {
		return e.promiseSaid(phase, p, count)
	})
}

// promiseSaid says what a promise told, and whether it made the majority.
func (e *paxos) promiseSaid(phase *span.Span, p *reply, count int) step {
	const most = 4
	var list []string
	all := told(p)
	for _, v := range all[:min(most, len(all))] {
		list = append(list, say("%s in slot %d in ballot %s", commandText(v.command), v.slot, v.ballot).Text)
	}
	if more := len(all) - most; more > 0 {
		list = append(list, words.Counted(more, "other value"))
	}
	s := tell(e.End(p.arrived), "%s's promise arrived: it had accepted nothing from slot %d on.", p.peer, integer(phase,
		spans.PaxosFirstSlotKey)).Resting(e.Begin(phase))
	if len(list) > 0 {
		s.Sentence = say("%s's promise arrived. It told that %s had accepted %s.", p.peer, p.peer, words.AndList(list)).
			On(s.RestsOn...)
	}
	if p.answer != nil {
		s = s.Resting(e.End(p.answer))
	}
	switch {
	case p.arrived.End.After(phase.End):
		s.Sentence = s.Then(" By then phase 1 was over.").On(e.End(phase))
		return s.Kept(explain.TooLate)
	case count == quorumOf(phase):
		s.Sentence = s.Then(" That made %d: the majority (PMS §2.2).", count)
	}
	return s
}

// ownProposals are what a leader proposed by itself when it began to lead: values that it adopted, and no-ops.
func (e *paxos) ownProposals(phase *span.Span) []proposal {
	return e.proposals(e.Below(phase.ID, spans.RoleChangeID))
}

// firstProposals says what a new leader proposed because of the promises.
func (e *paxos) firstProposals(phase *span.Span) (steps []step) {
	const most = 8
	all := e.ownProposals(phase)
	for i, p := range all {
		if i == most {
			return append(steps, tell(p.at, "It proposed values in %s after that, up to slot %d.", words.Counted(len(all)-most,
				"slot"), all[len(all)-1].slot))
		}
		steps = append(steps, e.whyProposed(&p))
	}
	used := slices.ContainsFunc(e.counted(phase), func(p reply) bool { return len(told(&p)) > 0 })
	if len(all) == 0 && !used {
		return one(tell(e.End(phase), "No promise told of a value in slot %d or after it: nothing is chosen there, and %s "+
			"was free to propose there what clients ask for (PMS §2.2).", integer(phase, spans.PaxosFirstSlotKey),
			phase.Service))
	}
	return steps
}

// toldBy is when a promise arrived and, where the trace has that, when it was given: a span of one that came late does
// not tell what was accepted.
func (e *paxos) toldBy(p *reply) []moment {
	if p.answer == nil {
		return []moment{e.End(p.arrived)}
	}
	return []moment{e.End(p.arrived), e.End(p.answer)}
}

// demanded is the value of the highest ballot that the promises of a phase 1 told of in a slot, and by whose promise;
// nil if none told of any.
func (e *paxos) demanded(phase *span.Span, slot int64) (best *value, by *reply) {
	for _, p := range e.counted(phase) {
		for _, v := range told(&p) {
			if v.slot == slot && (best == nil || compareBallots(v.ballot, best.ballot) > 0) {
				best, by = &v, &p
			}
		}
	}
	return best, by
}

// whyProposed says why a new leader proposed this value in this slot, or which rule that broke.
func (e *paxos) whyProposed(p *proposal) step {
	phase := e.Span(p.by.Parent)
	command, source := commandText(p.command), p.source
	proposed := say("%s proposed %s in slot %d of ballot %s", p.by.Service, command, p.slot, p.ballot)
	if phase == nil || !e.Is(phase, spans.Phase1ID) {
		return tell(p.at, "%s; why the trace does not tell: it lacks phase 1.", proposed)
	}
	best, by := e.demanded(phase, p.slot)
	switch {
	case len(e.counted(phase)) < int(integer(phase, spans.PaxosPromisesKey)):
		return tell(p.at, "%s; why the trace does not tell: it lacks a promise.", proposed)
	case best != nil && best.command == p.command && source == protocol.SourceAdopted.String():
		return tell(p.at, "%s: %s's promise told that it was accepted there in ballot %s, and no promise told of a higher "+
			"ballot there. So it may be chosen, and nothing else is to be (PMS P2c).", proposed, by.peer, best.ballot).
			Resting(e.toldBy(by)...)
	case best != nil:
		return tell(p.at, "%s, and %s's promise told of %s there, accepted in ballot %s.", proposed, by.peer,
			commandText(best.command), best.ballot).Resting(e.toldBy(by)...).Breaks(Demanded)
	case source == protocol.SourceNoop.String():
		return tell(p.at, "%s: no promise told of a value there, so that none is chosen, and later slots in use have to "+
			"wait for this one (PMS §3).", proposed).Resting(e.End(phase))
	}
	return tell(p.at, "%s, and the trace has no promise that told of it.", proposed)
}

// oldPromises says that a leader led without a majority in its ballot, after a promise of an earlier one had arrived.
func (e *paxos) oldPromises(s *span.Span) []step {
	own := peers(e.counted(s))
	if !led(s) || len(own) >= quorumOf(s) || int(integer(s, spans.PaxosPromisesKey)) < quorumOf(s) {
		return nil
	}
	for _, earlier := range e.phases {
		if earlier.Service != s.Service || compareBallots(ballotOf(earlier), ballotOf(s)) >= 0 {
			continue
		}
		for _, r := range e.replies(e.prepares(earlier)) {
			if e.grants(r.arrived) && r.arrived.End.After(s.Start) && !r.arrived.End.After(s.End) &&
				!slices.Contains(own, r.peer) {
				return one(tell(e.End(s), "%s led in ballot %s with %s. That of %s was one of ballot %s, which arrived at %s; of "+
					"its own ballot it had %d, and a majority is %d.", s.Service, ballotOf(s), words.Counted(integer(s,
					spans.PaxosPromisesKey), "promise"), r.peer, ballotOf(earlier), e.End(r.arrived), len(own), quorumOf(s)).
					Resting(e.Begin(earlier)).Breaks(OwnPromises))
			}
		}
	}
	return nil
}

// leftHole says that a new leader proposed nothing in a slot, and something behind it, although it did not know what is
// chosen there.
func (e *paxos) leftHole(s *span.Span) []step {
	next := integer(s, spans.PaxosFirstSlotKey)
	for _, p := range e.ownProposals(s) {
		for ; next < p.slot; next++ {
			chosen := e.chosenIn(next, "")
			if e.taught(s.Service, next, time.Time{}, s.End) == nil && (chosen == nil || chosen.End.After(s.End)) {
				return one(tell(p.at, "%s proposed %s in slot %d of ballot %s, and nothing in slot %d, of which it did not know "+
					"what is chosen.", s.Service, commandText(p.command), p.slot, p.ballot, next).Resting(e.End(s)).Breaks(NoHole))
			}
		}
		next = p.slot + 1
	}
	return nil
}
