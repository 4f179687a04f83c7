package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
)

// What came of what a leader sent a follower: entries, and how far they are committed.

// neverArrived says what came of each leader's sending an entry to a server, or why none sent it.
func (e *raft) neverArrived(n entry, node string) (steps []step) {
	for _, l := range e.leaderTerms() {
		if own, ok := e.logOf(l.node, l.until).Has(n); ok && l.node != node {
			steps = append(steps, e.vainCopy(&l, own, node, func(s *span.Span) bool { return carries(s, n.Index) }))
			steps = append(steps, e.sentTheSame(l.node, node, l.term)...)
		}
	}
	if steps = append(steps, e.StayedDown(node)...); len(steps) == 0 {
		return one(e.nobodyHad(n))
	}
	return explain.ByTime(steps)
}

// vainCopy says why an entry did not come from a leader to a follower, or why no acknowledgement counted: what came of
// the AppendEntries that has most to do with it, or why none was sent. Those that were acknowledged are left out, but
// for some.
func (e *raft) vainCopy(l *leaderTerm, n entry, peer string, some func(*span.Span) bool) step {
	about := func(s *span.Span) int { // how much an AppendEntries has to do with it
		switch {
		case carries(s, n.Index):
			return 2
		case prevOf(s) >= n.Index:
			return 1
		}
		return 0
	}
	var first *span.Span
	count, times := 0, ""
	for s := range e.appends(l.node, peer, l.term) {
		if s.Start.After(l.until) || e.Since(s.End) < n.At.At || accepted(s) && !some(s) {
			continue
		}
		count++
		if first == nil || about(s) > about(first) || about(s) == about(first) && s.Start.Before(first.Start) {
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
		"%s was asked in vain whether its log goes as far as that: %s%s.",
		"It was sent to %s in vain: %s%s.",
	}[about(first)]
	why := e.cameToNothing(first)
	return tell(e.Begin(first), said, peer, why, times).Because(why)
}

// notSent says why a leader has sent a follower nothing with an entry: it had something else on the way, or could not
// any more.
func (e *raft) notSent(l *leaderTerm, n entry, peer string) step {
	since := latest(n.At, e.End(l.election)).At
	for s := range e.appends(l.node, peer, l.term) {
		if filled(s) && e.Since(s.Start) <= since && e.Since(s.End) >= since {
			return tell(e.Begin(s), "It was not sent to %s: an AppendEntries was on its way there, and that many may be (%s).",
				peer, Window.Section).Resting(n.At).Held(Window)
		}
	}
	at, ended := e.endOf(l)
	if l.ended == nil {
		return tell(at, "No span shows that it was sent to %s before the run ended.", peer).Kept(explain.RunEnded)
	}
	return tell(at, "No span shows that it was sent to %s %s.", peer, ended).Kept(explain.NotSent)
}

// cameToNothing says why an AppendEntries brought no acknowledgement that counted: it was lost, or refused,
// or its answer came later.
func (e *raft) cameToNothing(call *span.Span) step {
	at, r := e.End(call), e.Answering(call)
	switch {
	case rejected(call):
		return e.refused(call)
	case !accepted(call):
		return e.Absent(call)
	case r == nil:
		return tell(at, "%s's acknowledgement came at %s only", peerOf(call), at).Kept(explain.TooLate)
	}
	return tell(at, "%s took it at %s, and its acknowledgement came at %s only%s", peerOf(call), e.End(r), at,
		e.Delayed(r)).Kept(explain.TooLate)
}

// refused says why a follower refused an AppendEntries.
func (e *raft) refused(call *span.Span) step {
	if r := e.Answering(call); r != nil {
		return e.refusal(r)
	}
	return tell(e.End(call), "%s refused it; why the trace does not tell", peerOf(call)).Kept(explain.NotInTrace)
}

// refusal says by which rule a follower refused an AppendEntries, as its own span has it.
func (e *raft) refusal(r *span.Span) step {
	at, call := e.End(r), e.Span(r.Parent)
	var why step
	switch {
	case is(r, spans.RaftReasonKey, protocol.ReasonEntryMissing):
		why = tell(at, "it had no entry at index %d, after which the new ones were to stand (§5.3)", prevOf(r)).Held(LogMatch)
	case is(r, spans.RaftReasonKey, protocol.ReasonTermConflict):
		why = tell(at, "its entry at index %d was of term %d, and not of term %d as the leader's (§5.3)", prevOf(r),
			integer(r, spans.RaftConflictTermKey), integer(r, spans.RaftPrevLogTermKey)).Held(LogMatch)
	case is(r, spans.RaftReasonKey, protocol.ReasonStaleTerm) && leads(r) && (call == nil || termOf(call) == termOf(r)):
		why = tell(at, "it led term %d itself, and a term has one leader (§5.2)", termOf(r)).Held(OneVote)
	default:
		why = e.termOver(call, r)
	}
	if why.Text == "" {
		return tell(at, "%s refused it; why the trace does not tell", r.Service).Kept(explain.NotInTrace)
	}
	why.Sentence = say("%s refused it, for %s", r.Service, why)
	return why
}

// waitedFor says what an entry waited for before it was sent to a follower: an AppendEntries that was on its way, and
// what came of it; empty if nothing shows that.
func (e *raft) waitedFor(leader, peer string, term int64, from time.Time, until *span.Span) (why sentence) {
	for s := range e.appends(leader, peer, term) {
		if filled(s) && !s.Start.After(from) && explain.BeginsAsEnds(until, s) {
			why = say("an AppendEntries to %s was on its way until then (%s)", peer, Window.Section).On(e.Begin(s), e.End(s))
			if !accepted(s) {
				why = why.Then(", in vain: %s", e.cameToNothing(s))
			}
			break
		}
	}
	return why
}

// sentTheSame says that a leader which was refused sent the same again, and did not go back in its log. A refusal
// that came while something else was on the way is no reason to, nor is one of what the follower is known to hold.
func (e *raft) sentTheSame(leader, peer string, term int64) []step {
	l := e.leaderTermAt(leader, term)
	if l == nil {
		return nil
	}
	all := slices.Collect(e.appends(leader, peer, term))
	var refusals []*span.Span
	for _, s := range all {
		if rejected(s) && integer(s, spans.RaftConflictIndexKey) > 0 {
			refusals = append(refusals, s)
		}
	}
	for i, was := range refusals {
		prev := prevOf(was)
		if slices.ContainsFunc(e.acks(l, prev), func(a acknowledged) bool { return a.peer == peer }) {
			continue // it is known to match as far as that, and need not go back
		}
		for _, again := range refusals[i+1:] {
			busy := slices.ContainsFunc(all, func(s *span.Span) bool {
				within := !s.Start.Before(was.End) && !s.Start.After(again.Start) && (filled(s) || explain.BeginsAsEnds(s, was))
				return within && prevOf(s) < prev || filled(s) && s.Start.Before(was.End) && s.End.After(was.End)
			})
			if !again.Start.Before(was.End) && !busy {
				return one(tell(e.End(again), "%s had been refused by %s at index %d, and sent the same again, which was refused "+
					"again.", leader, peer, prev).Resting(e.End(was)).Breaks(LogMatch))
			}
		}
	}
	return nil
}

// neverTold says why a server did not learn, from a time on, that an entry which it had is committed.
func (e *raft) neverTold(n entry, node string, its *commitment, since time.Time) (steps []step) {
	for _, l := range e.leaderTerms() {
		if l.node != node && !l.election.End.After(e.Last().End) {
			steps = append(steps, e.toldInVain(&l, n.Index, node, since)...)
		}
	}
	if steps = append(steps, e.StayedDown(node)...); len(steps) == 0 {
		return one(tell(e.End(its.by), "It was committed then, and no span shows that %s was told so before the run ended "+
			"at %s.", node, e.RunEnd()).Resting(n.At).Kept(explain.NotSent))
	}
	return explain.ByTime(steps)
}

// toldInVain says of each way in which a leader told a server that an index is committed why that did not help.
func (e *raft) toldInVain(l *leaderTerm, index int64, node string, since time.Time) (steps []step) {
	type telling struct {
		s   *span.Span
		why step
	}
	var list []telling
	matched := e.matches(node, l.node, l.term)
	for s := range e.Of(l.node, spans.CommitNotificationProducerID, spans.AppendEntriesClientID) {
		if peerOf(s) != node || toldOf(s) < index || termOf(s) != l.term || s.Start.Before(since) {
			continue
		}
		why := step{}
		for _, r := range e.Receivers(s) {
			if why.Text == "" {
				why = e.idle(s, r, index, matched)
			}
		}
		if why.Text == "" {
			why = e.Absent(s)
		}
		list = append(list, telling{s, why})
	}
	slices.SortStableFunc(list, func(a, b telling) int { return a.s.Start.Compare(b.s.Start) })
	for len(list) > 0 {
		first, last, all, times := list[0], list[0], len(list), sentence{}
		list = slices.DeleteFunc(list, func(t telling) bool { // those that did not help for the same reason
			if t.why.Reason != first.why.Reason {
				return false
			}
			last = t
			return true
		})
		if n := all - len(list); n > 1 {
			times = say(" (the first of %d times, the last at %s)", n, e.Begin(last.s))
		}
		steps = append(steps, tell(e.Begin(first.s), "%s told it in vain that index %d is committed: %s%s.", l.node,
			toldOf(first.s), first.why, times).Because(first.why))
	}
	return steps
}

// idle says why a server that took in a message did not commit an index of which that told it; empty if nothing shows
// that it handled the message.
func (e *raft) idle(call, r *span.Span, index int64, matched func(time.Time) (int64, []moment)) step {
	at := e.End(r)
	switch match, by := matched(r.End); {
	case rejected(r):
		return e.refusal(r)
	case termOf(r) > termOf(call):
		return tell(at, "at %s %s was in term %d, and term %d was over (§5.1)", at, r.Service, termOf(r), termOf(call)).
			Resting(e.Begin(call)).Held(TermOver)
	case match < index:
		return tell(at, "at %s its log was known to equal the leader's up to index %d only, and a follower commits no "+
			"further (§5.3)", at, match).Resting(by...).Held(Matched)
	case accepted(r) || e.Is(r, spans.CommitNotificationConsumerID):
		return tell(at, "%s took it in at %s, and did not commit it, though its log was known to equal the leader's up to "+
			"index %d", r.Service, at, match).Resting(by...).Breaks(Matched)
	}
	return step{}
}
