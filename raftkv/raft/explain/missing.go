package explain

import (
	"fmt"
	"time"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/explain"
)

// What is not there has causes, too: a server's log that never got an entry, and an entry that was never applied.

// explainMissing says why a server's log never had an index that other servers' logs had.
func (e *raft) explainMissing(index int64, node string) (*explain.Explanation, error) {
	last := e.LastIndex(node)
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
			node, index, has, owner, index, elsewhere.Text(), elsewhere.Term).On(elsewhere.At, e.RunEnd()),
		Parts: []explain.Part{
			explain.Because("Where it came from", e.origin(elsewhere, index)...),
			explain.WhyNot("Why "+node+" did not get it", e.neverArrived(elsewhere, index, node)...),
		},
	}
	if its, instead := e.CommitOf(elsewhere, index); its != nil {
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
func (e *raft) heldElsewhere(index int64) (found state.Entry, owner string, ok bool) {
	applied := false
	for _, node := range e.Nodes {
		stays := e.Stays(node, index)
		if len(stays) == 0 {
			continue
		}
		last, done := stays[len(stays)-1].Entry, e.Applied(node, index) != nil
		if !ok || done && !applied || done == applied && last.At.At < found.At.At {
			found, owner, ok, applied = last, node, true, done
		}
	}
	return found, owner, ok
}

// neverArrived says what came of each leader's sending an entry to a server, or why none sent it.
func (e *raft) neverArrived(n state.Entry, index int64, node string) (steps []explain.Step) {
	for _, l := range e.LeaderTerms() {
		if at, ok := e.LogOf(l.Node, l.Until).At(index); ok && at.Same(n) && l.Node != node {
			steps = append(steps, e.vainCopy(&l, at, index, node, func(s *span.Span) bool { return state.Carries(s, index) }))
			steps = append(steps, e.sentTheSame(l.Node, node, l.Term)...)
		}
	}
	steps = append(steps, e.stayedDown(node)...)
	if len(steps) == 0 {
		steps = append(steps, step(n.At, "The trace does not tell: it has no leader that had it.").Kept(explain.NotInTrace))
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
func (e *raft) neverTold(n state.Entry, index int64, node string, its *state.Commitment,
	since time.Time,
) (steps []explain.Step) {
	for _, l := range e.LeaderTerms() {
		if l.Node != node && !l.Election.End.After(e.Last().End) {
			steps = append(steps, e.toldInVain(&l, index, node, since)...)
		}
	}
	steps = append(steps, e.stayedDown(node)...)
	if len(steps) == 0 {
		steps = append(steps, step(e.End(its.Commit), "It was committed then, and no span shows that %s was told so before "+
			"the run ended at %s.", node, e.RunEnd()).Resting(n.At).Kept(explain.NotSent))
	}
	return explain.ByTime(steps)
}

// toldInVain says of each way in which a leader told a server that an index is committed why that did not help.
func (e *raft) toldInVain(l *state.LeaderTerm, index int64, node string, since time.Time) (steps []explain.Step) {
	type reason struct {
		rule   explain.Rule
		event  explain.Occurrence
		broken bool
	}
	type way struct {
		first, last *span.Span
		why         explain.Step
		count       int
	}
	matched := e.Matches(node, l.Node, l.Term)
	var order []*way
	ways := map[reason]*way{}
	for s := range e.Of(l.Node, spans.CommitNotificationProducerID, spans.AppendEntriesClientID) {
		if peerOf(s) != node || integer(s, spans.RaftLeaderCommitKey) < index || state.Term(s) != l.Term ||
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
		steps = append(steps, step(e.Begin(w.first), "%s told it in vain that index %s is committed: %s%s.", l.Node,
			shown(w.first, spans.RaftLeaderCommitKey), w.why, times).Because(w.why))
	}
	return steps
}

// notHeeded says why a server did not commit an index of which a message told it.
func (e *raft) notHeeded(s *span.Span, index int64, matched []state.Match) explain.Step {
	for _, r := range e.Receivers(s) {
		match, at := state.MatchBy(matched, r.End)
		end := e.End(r)
		taken := say("%s took it in at %s", r.Service, end)
		switch {
		case state.Replied(r, protocol.AppendEntriesRejected{}):
			return e.refusal(r)
		case state.Term(r) > state.Term(s):
			return explain.Ruled(TermOver, end, taken.Then(", and was in term %d: term %d was over (§5.1)", state.Term(r),
				state.Term(s)))
		case match < index:
			return explain.Ruled(Matched, end, taken.Then(", when its log was known to equal the leader's up to index %d "+
				"only, and a follower commits no further (§5.3, Figure 2)", match).On(at...))
		case e.Is(r, spans.CommitNotificationConsumerID) || state.Replied(r, protocol.AppendEntriesOk{}):
			return explain.Ruled(Matched, end, taken.Then(", and did not commit it, though its log was known to equal the "+
				"leader's up to index %d. That breaks the rule that a follower commits what it is told of (§5.3, Figure 2)",
				match).On(at...)).Breaks(Matched)
		}
	}
	return e.Absent(s)
}

// replaced says what became of an entry that was there before.
func (e *raft) replaced(h, next state.Stay, index int64, node string) (steps []explain.Step) {
	if s, appended := e.MakerOf(h.Entry, index); s != nil {
		whom := ""
		if op := e.Operation(s.Attribute(kvspans.KVRequestIDKey).AsString()); op != nil {
			whom = " for " + explain.RequestOf(op)
		}
		steps = append(steps, step(e.When(s, appended), "%s appended it as the leader of term %d%s.", s.Service, h.Term,
			whom))
		if s.Service != node {
			steps = append(steps, step(h.At, "%s got it from %s.", node, peerOf(h.By)))
		}
		steps = append(steps, e.notCommitted(h.Entry, index, e.Epoch().Add(next.At.At))...)
	}
	return append(explain.ByTime(steps), e.removed(h, index, node)...)
}

// removed says why an entry was removed, and whether that was allowed.
func (e *raft) removed(h state.Stay, index int64, node string) []explain.Step {
	if h.Removed == nil {
		return []explain.Step{step(h.At, "How it was removed the trace does not tell.").Kept(explain.NotInTrace)}
	}
	at := e.End(h.Removed)
	leader := fmt.Sprintf("%s, the leader of term %d, had another entry ", peerOf(h.Removed), state.Term(h.Removed))
	const conflicts = "before it, and what conflicts with the leader's log is removed with all that follows (§5.3)."
	var why explain.Step
	switch v := e.ViolatedBy(h.Removed); {
	case !state.Replied(h.Removed, protocol.AppendEntriesOk{}):
		why = step(at, "%s said then that its log ended before index %d. How it lost what was there the trace does not "+
			"tell.", node, index).Kept(explain.NotInTrace)
	case state.Carries(h.Removed, index):
		why = step(at, "%s replaced it: %sthere, and a leader's log is the one that counts (§5.3).", node, leader).
			Held(LeaderLog)
	case v != nil:
		why = step(at, "%s was to remove it: %s%s No span shows that it did: the invariant %s did not hold after that.",
			node, leader, conflicts, shown(v, worldspans.RaftkvInvariantKey)).Resting(e.Begin(v)).Held(LeaderLog)
	default:
		why = step(at, "%s removed it: %s%s", node, leader, conflicts).Held(LeaderLog)
	}
	var first *span.Span
	for s := range e.Of("", spans.ApplyID) {
		if integer(s, spans.RaftIndexKey) == index && integer(s, spans.RaftEntryTermKey) == h.Term &&
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
