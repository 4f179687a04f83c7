package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/explain"
)

// about says how much an AppendEntries has to do with an entry: it has it, it asks whether the follower does, or
// neither.
func about(s *span.Span, index int64) int {
	switch {
	case state.Carries(s, index):
		return 2
	case integer(s, spans.RaftPrevLogIndexKey) >= index:
		return 1
	}
	return 0
}

// vainCopy says why an entry did not come from a leader to a follower, or why no acknowledgement counted: what came of
// the AppendEntries that has most to do with it, or why none was sent. Those that were acknowledged are left out, but
// for some.
func (e *raft) vainCopy(l *state.LeaderTerm, n state.Entry, index int64, peer string,
	some func(*span.Span) bool,
) explain.Step {
	var first *span.Span
	count, times := 0, ""
	for s := range e.Appends(l.Node, peer, l.Term) {
		if s.Start.After(l.Until) || e.Since(s.End) < n.At.At || state.Replied(s, protocol.AppendEntriesOk{}) && !some(s) {
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
func (e *raft) cameToNothing(call *span.Span) explain.Step {
	switch {
	case state.Replied(call, protocol.AppendEntriesRejected{}):
		return e.refused(call)
	case !state.Replied(call, protocol.AppendEntriesOk{}):
		return e.Absent(call)
	}
	if r := e.Answering(call); r != nil {
		return explain.Kept(explain.TooLate, e.End(call), say("%s took it at %s, and its acknowledgement came at %s only%s",
			peerOf(call), e.End(r), e.End(call), e.Delayed(r)))
	}
	return explain.Kept(explain.TooLate, e.End(call), say("%s's acknowledgement came at %s only", peerOf(call),
		e.End(call)))
}

// refused says why a follower refused an AppendEntries.
func (e *raft) refused(call *span.Span) explain.Step {
	if r := e.Answering(call); r != nil {
		return e.refusal(r)
	}
	return explain.Kept(explain.NotInTrace, e.End(call),
		say("%s refused it; why the trace does not tell, for it lacks its "+
			"span", peerOf(call)))
}

// refusal says by which rule a follower refused an AppendEntries, as its own span has it.
func (e *raft) refusal(r *span.Span) explain.Step {
	prev, at, call, reason := integer(r, spans.RaftPrevLogIndexKey), e.End(r), e.Span(r.Parent), shown(r,
		spans.RaftReasonKey)
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
	case call != nil && state.Term(call) < state.Term(r):
		return ruled(TermOver, "for it was in term %d, and term %d was over (§5.1)", state.Term(r), state.Term(call)).
			Resting(e.Begin(call))
	case call != nil && state.Term(call) > state.Term(r):
		return ruled(TermOver, "and stayed in term %d, though it is of term %d. That breaks the rule that a newer term "+
			"makes every server its follower (§5.1)", state.Term(r), state.Term(call)).Resting(e.Begin(call)).Breaks(TermOver)
	case state.Leads(r):
		return ruled(OneVote, "for it led term %d itself, and a term has one leader (§5.2)", state.Term(r))
	}
	return ruled(TermOver, "for it took its term for over (§5.1)")
}

// notSent says why a leader has sent a follower nothing with an entry: it had something else on the way, or could not
// any more.
func (e *raft) notSent(l *state.LeaderTerm, n state.Entry, peer string) explain.Step {
	since := latest(n.At, e.End(l.Election)).At
	for s := range e.Appends(l.Node, peer, l.Term) {
		if integer(s, spans.RaftEntriesCountKey) > 0 && e.Since(s.Start) <= since && e.Since(s.End) >= since {
			return step(e.Begin(s), "It was not sent to %s: an AppendEntries was on its way there, and that many may be (%s).",
				peer, Window.Section).Resting(n.At).Held(Window)
		}
	}
	if l.Ended == nil {
		return step(e.RunEnd(), "No span shows that it was sent to %s before the run ended.", peer).Kept(explain.RunEnded)
	}
	return step(e.EndOf(l), "No span shows that it was sent to %s %s.", peer, e.endSaid(l)).Kept(explain.NotSent)
}

// waitedFor says what an entry waited for before it was sent to a follower: an AppendEntries that was on its way, and
// what came of it; not ok if nothing shows that.
func (e *raft) waitedFor(leader, peer string, term int64, from time.Time, until *span.Span) (why explain.Sentence,
	ok bool,
) {
	for s := range e.Appends(leader, peer, term) {
		if integer(s, spans.RaftEntriesCountKey) > 0 && !s.Start.After(from) && explain.BeginsAsEnds(until, s) {
			why = say("an AppendEntries to %s was on its way until then (%s)", peer, Window.Section).On(e.Begin(s), e.End(s))
			if !state.Replied(s, protocol.AppendEntriesOk{}) {
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
	l := e.LeaderTermAt(leader, term)
	if l == nil {
		return nil
	}
	all := slices.Collect(e.Appends(leader, peer, term))
	var refusals []*span.Span
	for _, s := range all {
		if state.Replied(s, protocol.AppendEntriesRejected{}) && integer(s, spans.RaftConflictIndexKey) > 0 {
			refusals = append(refusals, s)
		}
	}
	for i, was := range refusals {
		prev := integer(was, spans.RaftPrevLogIndexKey)
		if slices.ContainsFunc(e.Acks(l, prev), func(a state.Acknowledged) bool { return a.Peer == peer }) {
			continue // it is known to match as far as that, and need not go back
		}
		for _, again := range refusals[i+1:] {
			busy := slices.ContainsFunc(all, func(s *span.Span) bool {
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

// endSaid says how the time in which a server led ended.
func (e *raft) endSaid(l *state.LeaderTerm) explain.Sentence {
	ended := "it ended the request"
	switch {
	case l.Ended == nil:
		ended = "the run ended"
	case e.Is(l.Ended, worldspans.FaultID):
		ended = "it crashed"
	case e.Is(l.Ended, spans.RoleChangeID):
		ended = "it stepped down"
	}
	return say("until %s at %s", ended, e.EndOf(l))
}
