package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/explain"
)

// about says how much an AppendEntries has to do with an entry: it has it, it asks whether the follower does, or
// neither.
func about(s *explain.Span, index int64) int {
	switch {
	case carries(s, index):
		return 2
	case integer(s, spans.RaftPrevLogIndexKey) >= index:
		return 1
	}
	return 0
}

// vainCopy says why an entry did not come from a leader to a follower, or why no acknowledgement counted: what came of
// the AppendEntries that has most to do with it, or why none was sent. Those that were acknowledged are left out, but
// for some.
func (e *raft) vainCopy(l *leaderTerm, n entry, index int64, peer string, some func(*explain.Span) bool) explain.Step {
	var first *explain.Span
	count, times := 0, ""
	for s := range e.appends(l.node, peer, l.term) {
		if s.Start.After(l.until) || e.Since(s.End) < n.at.At || hasReplied(s, protocol.AppendEntriesOk{}) && !some(s) {
			continue
		}
		count++
		if first == nil || about(s, index) > about(first, index) ||
			about(s, index) == about(first, index) && s.Start.Before(first.Start) {
			first = s
		}
	}
	if first == nil {
		return e.notSent(l, n, peer)
	}
	if count > 1 {
		times = fmt.Sprintf(" (the first of %d AppendEntries that came to nothing)", count)
	}
	said := [...]string{
		"It was not sent to %s: what came before it was, in vain: %s%s.",
		"%s was asked in vain whether its log goes as far as that: %s%s.", "It was sent to %s in vain: %s%s.",
	}[about(first, index)]
	why := e.cameToNothing(first)
	return explain.At(e.Begin(first), said, peer, why, times).Because(why)
}

// cameToNothing says why an AppendEntries brought no acknowledgement that counted: it was lost, or refused,
// or its answer came later.
func (e *raft) cameToNothing(call *explain.Span) explain.Step {
	switch {
	case hasReplied(call, protocol.AppendEntriesRejected{}):
		return e.refused(call)
	case !hasReplied(call, protocol.AppendEntriesOk{}):
		return e.Absent(call)
	}
	if r := e.Answering(call); r != nil {
		return explain.Kept(explain.TooLate, e.End(call), say("%s took it at %s, and its acknowledgement came at %s only%s",
			peerOf(call), e.End(r), e.End(call), e.Delayed(r)))
	}
	return explain.Kept(explain.TooLate, e.End(call), say("%s's acknowledgement came at %s only", peerOf(call), e.End(call)))
}

// refused says why a follower refused an AppendEntries.
func (e *raft) refused(call *explain.Span) explain.Step {
	if r := e.Answering(call); r != nil {
		return e.refusal(r)
	}
	return explain.Kept(explain.NotInTrace, e.End(call), say("%s refused it; why the trace does not tell, for it lacks its "+
		"span", peerOf(call)))
}

// refusal says by which rule a follower refused an AppendEntries, as its own span has it.
func (e *raft) refusal(r *explain.Span) explain.Step {
	prev, at, call, reason := integer(r, spans.RaftPrevLogIndexKey), e.End(r), e.Span(r.Parent), shown(r, spans.RaftReasonKey)
	ruled := func(by explain.Rule, format string, arguments ...any) explain.Step {
		return explain.Ruled(by, at, say("%s refused it, ", r.Service).Then(format, arguments...).On(at))
	}
	switch {
	case reason == protocol.ReasonEntryMissing.String():
		return ruled(LogMatch, "for it had no entry at index %d, after which the new ones were to stand (§5.3)", prev)
	case reason == protocol.ReasonTermConflict.String():
		return ruled(LogMatch, "for its entry at index %d was of term %d, and not of term %d as the leader's (§5.3)", prev,
			integer(r, spans.RaftConflictTermKey), integer(r, spans.RaftPrevLogTermKey))
	case reason != protocol.ReasonStaleTerm.String():
		return explain.Kept(explain.NotInTrace, at, say("%s refused it; why the trace does not tell", r.Service).On(at))
	case call != nil && termOf(call) < termOf(r):
		return ruled(TermOver, "for it was in term %d, and term %d was over (§5.1)", termOf(r), termOf(call)).
			Resting(e.Begin(call))
	case call != nil && termOf(call) > termOf(r):
		return ruled(TermOver, "and stayed in term %d, though it is of term %d. That breaks the rule that a newer term "+
			"makes every server its follower (§5.1)", termOf(r), termOf(call)).Resting(e.Begin(call)).Breaks(TermOver)
	case isLeading(r):
		return ruled(OneVote, "for it led term %d itself, and a term has one leader (§5.2)", termOf(r))
	}
	return ruled(TermOver, "for it took its term for over (§5.1)")
}

// notSent says why a leader has sent a follower nothing with an entry: it had something else on the way, or could not
// any more.
func (e *raft) notSent(l *leaderTerm, n entry, peer string) explain.Step {
	since := latest(n.at, e.End(l.election)).At
	for s := range e.appends(l.node, peer, l.term) {
		if integer(s, spans.RaftEntriesCountKey) > 0 && e.Since(s.Start) <= since && e.Since(s.End) >= since {
			return step(e.Begin(s), "It was not sent to %s: an AppendEntries was on its way there, and that many may be (%s).",
				peer, Window.Section).Resting(n.at).Held(Window)
		}
	}
	if l.ended == nil {
		return step(e.RunEnd(), "No span shows that it was sent to %s before the run ended.", peer).Kept(explain.RunEnded)
	}
	return step(e.endMoment(l), "No span shows that it was sent to %s %s.", peer, e.endSaid(l)).Kept(explain.NotSent)
}

// waitedFor says what an entry waited for before it was sent to a follower: an AppendEntries that was on its way, and
// what came of it; not ok if nothing shows that.
func (e *raft) waitedFor(leader, peer string, term int64, from time.Time, until *explain.Span) (why explain.Sentence, ok bool) {
	for s := range e.appends(leader, peer, term) {
		if integer(s, spans.RaftEntriesCountKey) > 0 && !s.Start.After(from) && explain.BeginsAsEnds(until, s) {
			why = say("an AppendEntries to %s was on its way until then (%s)", peer, Window.Section).On(e.Begin(s), e.End(s))
			if !hasReplied(s, protocol.AppendEntriesOk{}) {
				why = why.Then(", in vain: %s", e.cameToNothing(s))
			}
			return why, true
		}
	}
	return explain.Sentence{}, false
}

// sentTheSame says that a leader which was refused sent the same again, and did not go back in its log. A refusal
// that came while something else was on the way is no reason to, nor is one of what the follower is known to hold.
func (e *raft) sentTheSame(leader, peer string, term int64) []explain.Step {
	l := e.leaderTermAt(leader, term)
	if l == nil {
		return nil
	}
	all := slices.Collect(e.appends(leader, peer, term))
	var refusals []*explain.Span
	for _, s := range all {
		if hasReplied(s, protocol.AppendEntriesRejected{}) && integer(s, spans.RaftConflictIndexKey) > 0 {
			refusals = append(refusals, s)
		}
	}
	for i, was := range refusals {
		prev := integer(was, spans.RaftPrevLogIndexKey)
		if slices.ContainsFunc(e.acks(l, prev), func(a acknowledged) bool { return a.peer == peer }) {
			continue // it is known to match as far as that, and need not go back
		}
		for _, again := range refusals[i+1:] {
			busy := slices.ContainsFunc(all, func(s *explain.Span) bool {
				full := integer(s, spans.RaftEntriesCountKey) > 0
				within := !s.Start.Before(was.End) && !s.Start.After(again.Start) && (full || explain.BeginsAsEnds(s, was))
				return within && integer(s, spans.RaftPrevLogIndexKey) < prev ||
					full && s.Start.Before(was.End) && s.End.After(was.End)
			})
			if !again.Start.Before(was.End) && !busy {
				return []explain.Step{step(e.End(again), "%s had been refused by %s at index %d, and sent the same again, "+
					"which was refused again. That breaks the rule that a leader goes back in its log until both agree (§5.3).",
					leader, peer, prev).Resting(e.End(was)).Breaks(LogMatch)}
			}
		}
	}
	return nil
}
