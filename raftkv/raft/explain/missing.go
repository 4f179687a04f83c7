package explain

import (
	"fmt"
	"time"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
)

// What is not there has causes, too: a server's log that never got an entry, and an entry that was never applied.

// explainMissing says why a server's log never had an index that other servers' logs had.
func (e *raft) explainMissing(index int64, node string) (*explain.Explanation, error) {
	last := e.lastIndex(node)
	elsewhere, owner, ok := e.heldElsewhere(index)
	if !ok {
		near := &explain.QuestionError{Message: fmt.Sprintf("the log of %s never had an index %d: its last was %d, and no "+
			"other server's had one", node, index, last)}
		if last > 0 {
			near.Nearest = entryQuestion(last, node)
		}
		return nil, near
	}
	has := fmt.Sprintf("its last index was %d", last)
	if last == 0 {
		has = "it was empty"
	}
	x := &explain.Explanation{
		Question: entryQuestion(index, node),
		Answer: say("The log of %s never had an index %d in this run: %s. In the log of %s index %d is %s of term %d.",
			node, index, has, owner, index, elsewhere.text(), elsewhere.term).On(elsewhere.at, e.RunEnd()),
		Parts: []explain.Part{
			explain.Because("Where it came from", e.origin(elsewhere, index)...),
			explain.WhyNot("Why "+node+" did not get it", e.neverArrived(elsewhere, index, node)...),
		},
	}
	if its, instead := e.commitOf(elsewhere, index); its != nil {
		x.Parts = append(x.Parts, explain.Because("How it was committed", e.howCommitted(its, index)...))
	} else {
		kept := e.notCommittedInstead(elsewhere, index, its, instead)
		x.Answer = x.Answer.Then("%s", ruledOut(kept))
		x.Parts = append(x.Parts, explain.WhyNot("Why it was not committed", kept...))
	}
	return x.Suggest(entryQuestion(index, owner)), nil
}

// heldElsewhere is what the logs of other servers came to have at an index, and the first server that had that: what
// was applied goes before what was not.
func (e *raft) heldElsewhere(index int64) (found entry, owner string, ok bool) {
	applied := false
	for _, node := range e.nodes {
		stays := e.stays(node, index)
		if len(stays) == 0 {
			continue
		}
		last, done := stays[len(stays)-1].entry, e.applied(node, index) != nil
		if !ok || done && !applied || done == applied && last.at.At < found.at.At {
			found, owner, ok, applied = last, node, true, done
		}
	}
	return found, owner, ok
}

// neverArrived says what came of each leader's sending an entry to a server, or why none sent it.
func (e *raft) neverArrived(n entry, index int64, node string) (steps []explain.Step) {
	for _, l := range e.leaderTerms() {
		if at, ok := e.logOf(l.node, l.until).at(index); ok && at.same(n) && l.node != node {
			steps = append(steps, e.vainCopy(&l, at, index, node, func(s *explain.Span) bool { return carries(s, index) }))
			steps = append(steps, e.sentTheSame(l.node, node, l.term)...)
		}
	}
	steps = append(steps, e.stayedDown(node)...)
	if len(steps) == 0 {
		steps = append(steps, step(n.at, "The trace does not tell: it has no leader that had it.").Kept(explain.NotInTrace))
	}
	return explain.ByTime(steps)
}

// stayedDown says that a server crashed and was not started again.
func (e *raft) stayedDown(node string) []explain.Step {
	f := e.DownSince(node, e.Last().End)
	if f == nil {
		return nil
	}
	return []explain.Step{step(e.Begin(f), "%s, and was not started again.", e.FaultSaid(f).Capital()).Kept(explain.Down)}
}

// neverTold says why a server did not learn, from a time on, that an entry which it had is committed.
func (e *raft) neverTold(n entry, index int64, node string, its *commitment, since time.Time) (steps []explain.Step) {
	for _, l := range e.leaderTerms() {
		if l.node != node && !l.election.End.After(e.Last().End) {
			steps = append(steps, e.toldInVain(&l, index, node, since)...)
		}
	}
	steps = append(steps, e.stayedDown(node)...)
	if len(steps) == 0 {
		steps = append(steps, step(e.End(its.commit), "It was committed then, and no span shows that %s was told so before "+
			"the run ended at %s.", node, e.RunEnd()).Resting(n.at).Kept(explain.NotSent))
	}
	return explain.ByTime(steps)
}

// toldInVain says of each way in which a leader told a server that an index is committed why that did not help.
func (e *raft) toldInVain(l *leaderTerm, index int64, node string, since time.Time) (steps []explain.Step) {
	type reason struct {
		rule   explain.Rule
		event  explain.Occurrence
		broken bool
	}
	type way struct {
		first, last *explain.Span
		why         explain.Step
		count       int
	}
	matched := e.matches(node, l.node, l.term)
	var order []*way
	ways := map[reason]*way{}
	for s := range e.Of(l.node, spans.CommitNotificationProducerID, spans.AppendEntriesClientID) {
		if peerOf(s) != node || integer(s, spans.RaftLeaderCommitKey) < index || termOf(s) != l.term ||
			s.Start.Before(since) {
			continue
		}
		why := e.notHeeded(s, index, matched)
		w := ways[reason{why.Rule, why.Event, why.Broken}]
		if w == nil {
			w = &way{first: s, last: s, why: why}
			ways[reason{why.Rule, why.Event, why.Broken}] = w
			order = append(order, w)
		}
		if s.Start.Before(w.first.Start) {
			w.first, w.why = s, why
		}
		if s.Start.After(w.last.Start) {
			w.last = s
		}
		w.count++
	}
	for _, w := range order {
		var times explain.Sentence
		if w.count > 1 {
			times = say(" (the first of %d times, the last at %s)", w.count, e.Begin(w.last))
		}
		steps = append(steps, step(e.Begin(w.first), "%s told it in vain that index %s is committed: %s%s.", l.node,
			shown(w.first, spans.RaftLeaderCommitKey), w.why, times).Because(w.why))
	}
	return steps
}

// notHeeded says why a server did not commit an index of which a message told it.
func (e *raft) notHeeded(s *explain.Span, index int64, matched []match) explain.Step {
	for _, r := range e.Receivers(s) {
		match, at := matchBy(matched, r.End)
		end := e.End(r)
		taken := say("%s took it in at %s", r.Service, end)
		switch {
		case hasReplied(r, protocol.AppendEntriesRejected{}):
			return e.refusal(r)
		case termOf(r) > termOf(s):
			return explain.Ruled(TermOver, end, taken.Then(", and was in term %d: term %d was over (§5.1)", termOf(r), termOf(s)))
		case match < index:
			return explain.Ruled(Matched, end, taken.Then(", when its log was known to equal the leader's up to index %d "+
				"only, and a follower commits no further (§5.3, Figure 2)", match).On(at...))
		case e.Is(r, spans.CommitNotificationConsumerID) || hasReplied(r, protocol.AppendEntriesOk{}):
			return explain.Ruled(Matched, end, taken.Then(", and did not commit it, though its log was known to equal the "+
				"leader's up to index %d. That breaks the rule that a follower commits what it is told of (§5.3, Figure 2)",
				match).On(at...)).Breaks(Matched)
		}
	}
	return e.Absent(s)
}

// replaced says what became of an entry that was there before.
func (e *raft) replaced(h, next stay, index int64, node string) (steps []explain.Step) {
	if s, appended := e.makerOf(h.entry, index); s != nil {
		whom := ""
		if op := e.Operation(s.Attribute(kvspans.KVRequestIDKey).AsString()); op != nil {
			whom = " for " + explain.RequestOf(op)
		}
		steps = append(steps, step(e.When(s, appended), "%s appended it as the leader of term %d%s.", s.Service, h.term, whom))
		if s.Service != node {
			steps = append(steps, step(h.at, "%s got it from %s.", node, peerOf(h.by)))
		}
		steps = append(steps, e.notCommitted(h.entry, index, e.Epoch().Add(next.at.At))...)
	}
	return append(explain.ByTime(steps), e.removed(h, index, node)...)
}

// violatedBy is the violation that the step of a span ended in; nil if there is none. What the algorithm does in such a
// step, and no span shows, it may not have done.
func (e *raft) violatedBy(s *explain.Span) *explain.Span {
	if s == nil {
		return nil
	}
	for _, v := range e.Violations() {
		after := v.Start.Sub(s.End)
		if after >= 0 && after <= traces.NearTheEnd+traces.AtOnceWithin &&
			explain.EndTogether(s, e.LastDone(s.Service, v.Start)) {
			return v
		}
	}
	return nil
}

// removed says why an entry was removed, and whether that was allowed.
func (e *raft) removed(h stay, index int64, node string) []explain.Step {
	if h.removed == nil {
		return []explain.Step{step(h.at, "How it was removed the trace does not tell.").Kept(explain.NotInTrace)}
	}
	at := e.End(h.removed)
	leader := fmt.Sprintf("%s, the leader of term %d, had another entry ", peerOf(h.removed), termOf(h.removed))
	const conflicts = "before it, and what conflicts with the leader's log is removed with all that follows (§5.3)."
	var why explain.Step
	switch v := e.violatedBy(h.removed); {
	case !hasReplied(h.removed, protocol.AppendEntriesOk{}):
		why = step(at, "%s said then that its log ended before index %d. How it lost what was there the trace does not "+
			"tell.", node, index).Kept(explain.NotInTrace)
	case carries(h.removed, index):
		why = step(at, "%s replaced it: %sthere, and a leader's log is the one that counts (§5.3).", node, leader).
			Held(LeaderLog)
	case v != nil:
		why = step(at, "%s was to remove it: %s%s No span shows that it did: the invariant %s did not hold after that.",
			node, leader, conflicts, shown(v, worldspans.RaftkvInvariantKey)).Resting(e.Begin(v)).Held(LeaderLog)
	default:
		why = step(at, "%s removed it: %s%s", node, leader, conflicts).Held(LeaderLog)
	}
	var first *explain.Span
	for s := range e.Of("", spans.ApplyID) {
		if integer(s, spans.RaftIndexKey) == index && integer(s, spans.RaftEntryTermKey) == h.term &&
			(first == nil || s.End.Before(first.End)) {
			first = s
		}
	}
	if first == nil {
		return []explain.Step{why, step(at, "The trace has no server that applied it.")}
	}
	return []explain.Step{why, step(e.End(first), "%s had applied it at %s. That breaks the rule that what is committed "+
		"stays (§5.4.3).", first.Service, e.End(first)).Breaks(CommittedStays)}
}
