package explain

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
)

// cameToNothing says why an AppendEntries brought no acknowledgement that counted: it was lost, or refused,
// or its answer came later.
func (e *Explainer) cameToNothing(call *traces.Span) reason {
	switch {
	case hasReplied(call, protocol.AppendEntriesRejected{}):
		return e.refused(call)
	case hasReplied(call, protocol.AppendEntriesOk{}):
		if r := e.answering(call); r != nil {
			return kept(TooLate, e.end(call), say("%s took it at %s, and its acknowledgement came at %s only%s", peerOf(call),
				e.end(r), e.end(call), e.delayed(r)))
		}
		return kept(TooLate, e.end(call), say("%s's acknowledgement came at %s only", peerOf(call), e.end(call)))
	}
	return e.absent(call)
}

// refused says why a follower refused an AppendEntries.
func (e *Explainer) refused(call *traces.Span) reason {
	if r := e.answering(call); r != nil {
		return e.refusal(r)
	}
	return kept(NotInTrace, e.end(call), say("%s refused it; why the trace does not tell, for it lacks its span",
		peerOf(call)))
}

// refusal says by which rule a follower refused an AppendEntries, as its own span has it.
func (e *Explainer) refusal(r *traces.Span) reason {
	prev, term := integer(r, spans.RaftPrevLogIndexKey), integer(r, spans.RaftPrevLogTermKey)
	switch shown(r, spans.RaftReasonKey) {
	case protocol.ReasonEntryMissing.String():
		return ruled(RuleLogMatch, e.end(r), say("%s refused it, for it had no entry at index %d, after which the new "+
			"ones were to stand (§5.3)", r.Service, prev).on(e.end(r)))
	case protocol.ReasonTermConflict.String():
		return ruled(RuleLogMatch, e.end(r), say("%s refused it, for its entry at index %d was of term %d, and not of "+
			"term %d as the leader's "+"(§5.3)", r.Service, prev, integer(r, spans.RaftConflictTermKey), term).on(e.end(r)))
	case protocol.ReasonStaleTerm.String():
		call := e.spanOf(r.Parent)
		switch {
		case call != nil && termOf(call) < termOf(r):
			return ruled(RuleTermOver, e.end(r), say("%s refused it, for it was in term %d, and term %d was over (§5.1)",
				r.Service, termOf(r), termOf(call)).on(e.end(r), e.begin(call)))
		case call != nil && termOf(call) > termOf(r):
			return reason{
				Sentence: say("%s refused it, and stayed in term %d, though it is of term %d. That breaks the "+
					"rule that a "+"newer term makes every server its follower "+
					"(§5.1)", r.Service, termOf(r), termOf(call)).on(e.end(r), e.begin(call)),
				at: e.end(r), rule: RuleTermOver, broken: true,
			}
		case isLeading(r):
			return ruled(RuleOneVote, e.end(r), say("%s refused it, for it led term %d itself, and a term has one leader "+
				"(§5.2)", r.Service, termOf(r)).on(e.end(r)))
		}
		return ruled(RuleTermOver, e.end(r), say("%s refused it, for it took its term for over (§5.1)",
			r.Service).on(e.end(r)))
	}
	return kept(NotInTrace, e.end(r), say("%s refused it; why the trace does not tell", r.Service).on(e.end(r)))
}

// notSent says why a leader has sent a follower nothing with an entry: it had something else on the way, or could not
// any more.
func (e *Explainer) notSent(l *leaderTerm, n entry, peer string) ExplanationStep {
	open := e.onTheWay(l.node, peer, l.term, latest(n.at, e.end(l.election)))
	if open != nil {
		return step(e.begin(open), "It was not sent to %s: an AppendEntries was on its way there, and that many may be "+
			"(%s).", peer, RuleWindow.Section()).resting(n.at).held(RuleWindow)
	}
	if l.ended != nil {
		return step(l.endMoment(e), "No span shows that it was sent to %s %s.", peer,
			e.endSaid(l)).because(kept(NotSent, l.endMoment(e), Sentence{}))
	}
	return step(e.runEnd(), "No span shows that it was sent to %s before the run ended.",
		peer).because(kept(RunEnded, e.runEnd(), Sentence{}))
}

// endMoment is when what ended it was.
func (l *leaderTerm) endMoment(e *Explainer) Moment {
	switch {
	case l.ended == nil:
		return e.runEnd()
	case traces.IsFault(l.ended.Name):
		return e.begin(l.ended)
	}
	return e.end(l.ended)
}

// onTheWay is an AppendEntries with entries that a leader had on its way to a follower at a moment; nil for none.
func (e *Explainer) onTheWay(leader, peer string, term int64, at Moment) *traces.Span {
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) && peerOf(s) == peer && termOf(s) == term &&
			integer(s, spans.RaftEntriesCountKey) > 0 &&
			e.since(s.Start) <= at.At && e.since(s.End) >= at.At {
			return s
		}
	}
	return nil
}

// blocking is the AppendEntries for whose end a leader waited until it sent a follower more at a time; nil if nothing
// shows that.
func (e *Explainer) blocking(leader, peer string, term int64, from time.Time, until *traces.Span) *traces.Span {
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) && peerOf(s) == peer && termOf(s) == term &&
			integer(s, spans.RaftEntriesCountKey) > 0 &&
			!s.Start.After(from) && endStep(s).together(beginStep(until)) {
			return s
		}
	}
	return nil
}

// waitedFor says what an entry waited for before it was sent to a follower: an AppendEntries that was on its way, and
// what came of it.
func (e *Explainer) waitedFor(leader, peer string, term int64, from time.Time, until *traces.Span) (why Sentence, ok bool) {
	open := e.blocking(leader, peer, term, from, until)
	if open == nil {
		return Sentence{}, false
	}
	why = say("an AppendEntries to %s was on its way until then (%s)", peer, RuleWindow.Section()).on(e.begin(open),
		e.end(open))
	if !hasReplied(open, protocol.AppendEntriesOk{}) {
		why = joined(why, say(", in vain: %s", e.cameToNothing(open).Sentence))
	}
	return why, true
}

// sentTheSame says that a leader which was refused sent the same again, and did not go back in its log. A refusal
// that came while something else was on the way is no reason to,
// nor is one of what the follower is known to hold.
func (e *Explainer) sentTheSame(leader, peer string, term int64) []ExplanationStep {
	var all, refusals []*traces.Span
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if !isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) || peerOf(s) != peer || termOf(s) != term {
			continue
		}
		all = append(all, s)
		if hasReplied(s, protocol.AppendEntriesRejected{}) && integer(s, spans.RaftConflictIndexKey) > 0 {
			refusals = append(refusals, s)
		}
	}
	l := e.leaderTermAt(leader, term)
	for i, was := range refusals {
		prev := integer(was, spans.RaftPrevLogIndexKey)
		if l == nil || slices.ContainsFunc(e.acks(l, prev), func(a acknowledged) bool { return a.peer == peer }) {
			continue // it is known to match as far as that, and need not go back
		}
		for _, again := range refusals[i+1:] {
			busy := slices.ContainsFunc(all, func(s *traces.Span) bool {
				within := !s.Start.Before(was.End) && !s.Start.After(again.Start) &&
					(integer(s, spans.RaftEntriesCountKey) > 0 || beginStep(s).together(endStep(was)))
				return within && integer(s, spans.RaftPrevLogIndexKey) < prev || integer(s, spans.RaftEntriesCountKey) > 0 &&
					s.Start.Before(was.End) && s.End.After(was.End)
			})
			if !again.Start.Before(was.End) && !busy {
				return []ExplanationStep{step(e.end(again), "%s had been refused by %s at index %d, and sent the same again, "+
					"which was refused again. That breaks the rule that a leader goes back in its log until both agree (§5.3).",
					leader, peer, prev).resting(e.end(was)).breaks(RuleLogMatch)}
			}
		}
	}
	return nil
}
