package explain

import (
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
)

// What is not there has causes, too: a server's log that never got an entry, and an entry that was never applied.

// explainMissing says why a server's log never had an index that other servers' logs had.
func (e *Explainer) explainMissing(index int64, node string) (*Explanation, error) {
	elsewhere, owner, ok := e.heldElsewhere(index)
	if !ok {
		near := &QuestionError{Message: fmt.Sprintf("the log of %s never had an index %d: its last was %d, and no other "+
			"server's had one", node, index, e.lastIndex(node))}
		if last := e.lastIndex(node); last > 0 {
			near.Nearest = entryQuestion(last, node)
		}
		return nil, near
	}
	has := say("its last index was %d", e.lastIndex(node))
	if e.lastIndex(node) == 0 {
		has = say("it was empty")
	}
	x := &Explanation{
		Answer: say("The log of %s never had an index %d in this run: %s. In the log of %s index %d is %s of term %d.",
			node, index, has, owner, index, elsewhere.text(), elsewhere.term).on(elsewhere.at, e.runEnd()),
		Parts: []ExplanationPart{
			because("Where it came from", e.origin(elsewhere, index)),
			whyNot("Why "+node+" did not get it", e.neverArrived(elsewhere, index, node)),
		},
	}
	its, instead := e.commitOf(elsewhere, index)
	if its != nil {
		x.Parts = append(x.Parts, because("How it was committed", e.howCommitted(its, index)))
	} else {
		kept := e.notCommittedInstead(elsewhere, index, its, instead)
		x.Answer = joined(x.Answer, ruledOut(kept))
		x.Parts = append(x.Parts, whyNot("Why it was not committed", kept))
	}
	return e.finish(x, entryQuestion(index, node), entryQuestion(index, owner)), nil
}

// heldElsewhere is what the logs of other servers came to have at an index, and the first server that had that: what
// was applied goes before what was not.
func (e *Explainer) heldElsewhere(index int64) (found entry, owner string, ok bool) {
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
func (e *Explainer) neverArrived(n entry, index int64, node string) []ExplanationStep {
	var steps []ExplanationStep
	for _, l := range e.leaderTerms() {
		at, ok := e.logOf(l.node, l.until).at(index)
		if !ok || !at.same(n) || l.node == node {
			continue
		}
		steps = append(steps, e.sentInVain(&l, at, index, node))
		steps = append(steps, e.sentTheSame(l.node, node, l.term)...)
	}
	if f := e.downSince(node, e.span(e.last).End); f != nil {
		steps = append(steps, step(e.begin(f), "%s, and was not started again.",
			e.faultSaid(f).capital()).because(kept(Down, e.begin(f), Sentence{})))
	}
	if len(steps) == 0 {
		steps = append(steps, step(n.at, "The trace does not tell: it has no leader that had it.").because(kept(NotInTrace,
			n.at, Sentence{})))
	}
	return byTime(steps)
}

// sentInVain says what came of a leader's sending an entry to a server, or why it did not.
func (e *Explainer) sentInVain(l *leaderTerm, n entry, index int64, node string) ExplanationStep {
	var first *traces.Span
	count := int64(0)
	for s := range e.of(l.node, spans.AppendEntriesClientName) {
		if !isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) || termOf(s) != l.term || peerOf(s) != node ||
			e.since(s.End) < n.at.At || hasReplied(s, protocol.AppendEntriesOk{}) && !carries(s, index) {
			continue
		}
		if first == nil || about(s, index) > about(first, index) || about(s, index) == about(first, index) &&
			s.Start.Before(first.Start) {
			first = s
		}
		count++
	}
	if first == nil {
		return e.notSent(l, n, node)
	}
	return e.vainCopy(first, index, count)
}

// neverTold says why a server did not learn, from a time on, that an entry which it had is committed.
func (e *Explainer) neverTold(n entry, index int64, node string, its *commitment, since time.Time) []ExplanationStep {
	var steps []ExplanationStep
	for _, l := range e.leaderTerms() {
		if l.node != node && !l.election.End.After(e.span(e.last).End) {
			steps = append(steps, e.toldInVain(&l, index, node, since)...)
		}
	}
	if f := e.downSince(node, e.span(e.last).End); f != nil {
		steps = append(steps, step(e.begin(f), "%s, and was not started again.",
			e.faultSaid(f).capital()).because(kept(Down, e.begin(f), Sentence{})))
	}
	if len(steps) == 0 {
		at := e.end(its.commit)
		steps = append(steps, step(at, "It was committed then, and no span shows that %s was told so before the run "+
			"ended at %s.", node, e.runEnd()).resting(n.at).because(kept(NotSent, at, Sentence{})))
	}
	return byTime(steps)
}

// toldInVain says of each way in which a leader told a server that an index is committed why that did not help.
func (e *Explainer) toldInVain(l *leaderTerm, index int64, node string, since time.Time) []ExplanationStep {
	matched := e.matches(node, l.node, l.term)
	type way struct {
		first, last *traces.Span
		why         reason
		count       int
	}
	var order []string
	ways := map[string]*way{}
	for s := range e.of(l.node, spans.CommitNotificationProducerName, spans.AppendEntriesClientName) {
		if !traces.IsSender(s) || peerOf(s) != node || integer(s, spans.RaftLeaderCommitKey) < index || termOf(s) != l.term ||
			s.Start.Before(since) {
			continue
		}
		why := e.notHeeded(s, index, matched)
		key := fmt.Sprint(why.rule, why.event, why.broken)
		if ways[key] == nil {
			ways[key] = &way{first: s, why: why}
			order = append(order, key)
		}
		w := ways[key]
		if s.Start.Before(w.first.Start) {
			w.first, w.why = s, why
		}
		if w.last == nil || s.Start.After(w.last.Start) {
			w.last = s
		}
		w.count++
	}
	var steps []ExplanationStep
	for _, key := range order {
		w := ways[key]
		var times Sentence
		if w.count > 1 {
			times = say(" (the first of %d times, the last at %s)", w.count, e.begin(w.last))
		}
		steps = append(steps, step(e.begin(w.first), "%s told it in vain that index %s is committed: %s%s.", l.node,
			shown(w.first, spans.RaftLeaderCommitKey), w.why.Sentence, times).because(w.why))
	}
	return steps
}

// notHeeded says why a server did not commit an index of which a message told it.
func (e *Explainer) notHeeded(s *traces.Span, index int64, matched []match) reason {
	receivers := e.receivers(s)
	for _, r := range receivers {
		match, at := matchBy(matched, r.End)
		switch {
		case hasReplied(r, protocol.AppendEntriesRejected{}):
			return e.refusal(r)
		case termOf(r) > termOf(s):
			return ruled(RuleTermOver, e.end(r), say("%s took it in at %s, and was in term %d: term %d was over (§5.1)",
				r.Service, e.end(r), termOf(r), termOf(s)))
		case match < index:
			why := say("%s took it in at %s, when its log was known to equal the leader's up to index %d only, and a "+
				"follower commits no further (§5.3, Figure 2)", r.Service, e.end(r), match)
			if match > 0 {
				why = why.on(at)
			}
			return ruled(RuleMatched, e.end(r), why)
		case r.Kind == trace.SpanKindConsumer || hasReplied(r, protocol.AppendEntriesOk{}):
			return reason{Sentence: say("%s took it in at %s, and did not commit it, though its log was known to equal the "+
				"leader's "+"up to index %d. That breaks the rule that a follower commits what it is told of (§5.3, Figure "+
				"2)", r.Service, e.end(r), match).on(at), at: e.end(r), rule: RuleMatched, broken: true}
		}
	}
	return e.absent(s)
}

// committedInstead says what was committed in an entry's place.
func (e *Explainer) committedInstead(c *commitment, index int64) ExplanationStep {
	upTo := ""
	if to := integer(c.commit, spans.RaftCommitToKey); to > index {
		upTo = fmt.Sprintf("index %d, and with it ", to)
	}
	return step(e.end(c.commit), "%s, the leader of term %d, committed %sanother entry at index %d: %s of term %d.",
		c.commit.Service, termOf(c.commit), upTo, index, c.entry.text(), c.entry.term).resting(c.entry.at)
}

// replaced says what became of an entry that was there before.
func (e *Explainer) replaced(h, next stay, index int64, node string) []ExplanationStep {
	var steps []ExplanationStep
	if s, appended := e.makerOf(h.entry, index); s != nil {
		steps = append(steps, step(e.when(s, appended), "%s appended it as the leader of term %d%s.", s.Service, h.term,
			e.forWhom(s)))
		if s.Service != node {
			steps = append(steps, step(h.at, "%s got it from %s.", node, peerOf(h.by)))
		}
		steps = append(steps, e.notCommitted(h.entry, index, e.Epoch.Add(next.at.At))...)
	}
	return append(byTime(steps), e.removed(h, index, node)...)
}

// violatedBy is the violation that the step of a span ended in; nil if there is none. What the algorithm does in such a
// step, and no span shows, it may not have done.
func (e *Explainer) violatedBy(s *traces.Span) *traces.Span {
	if s == nil {
		return nil
	}
	for _, v := range e.violations {
		after := v.Start.Sub(s.End)
		if after >= 0 && after <= traces.NearTheEnd+traces.AtOnceWithin && endStep(s).together(endStep(e.lastDone(s.Service, v.Start))) {
			return v
		}
	}
	return nil
}

// lastDone is what a process did last by a time.
func (e *Explainer) lastDone(process string, until time.Time) *traces.Span {
	for _, i := range slices.Backward(e.byProcess[process]) {
		if s := e.span(i); !s.End.After(until) && !s.Attribute(spans.RaftUnfinishedKey).AsBool() {
			return s
		}
	}
	return &traces.Span{}
}

// removed says why an entry was removed, and whether that was allowed.
func (e *Explainer) removed(h stay, index int64, node string) []ExplanationStep {
	if h.removed == nil {
		return []ExplanationStep{step(h.at, "How it was removed the trace does not tell.").because(kept(NotInTrace, h.at,
			Sentence{}))}
	}
	at := e.end(h.removed)
	leader, term := peerOf(h.removed), termOf(h.removed)
	var steps []ExplanationStep
	switch {
	case !hasReplied(h.removed, protocol.AppendEntriesOk{}):
		steps = append(steps, step(at, "%s said then that its log ended before index %d. How it lost what was there the "+
			"trace does not tell.", node, index).because(kept(NotInTrace, at, Sentence{})))
	case carries(h.removed, index):
		steps = append(steps, step(at, "%s replaced it: %s, the leader of term %d, had another entry there, and a "+
			"leader's log is the one that counts (§5.3).", node, leader, term).held(RuleLeaderLog))
	case e.violatedBy(h.removed) != nil:
		v := e.violatedBy(h.removed)
		steps = append(steps, step(at, "%s was to remove it: %s, the leader of term %d, had another entry before it, and "+
			"what conflicts with the leader's log is removed with all that follows (§5.3). No span shows that it did: the "+
			"invariant %s did not hold after that.", node, leader, term, shown(v, spans.RaftkvInvariantKey)).
			resting(e.begin(v)).held(RuleLeaderLog))
	default:
		steps = append(steps, step(at, "%s removed it: %s, the leader of term %d, had another entry before it, and what "+
			"conflicts with the leader's log is removed with all that follows (§5.3).", node, leader, term).held(RuleLeaderLog))
	}
	var applied []*traces.Span
	for s := range e.of("", spans.ApplyName) {
		if integer(s, spans.RaftIndexKey) == index && integer(s, spans.RaftEntryTermKey) == h.term {
			applied = append(applied, s)
		}
	}
	if len(applied) == 0 {
		return append(steps, step(at, "The trace has no server that applied it."))
	}
	first := slices.MinFunc(applied, func(a, b *traces.Span) int { return a.End.Compare(b.End) })
	return append(steps, step(e.end(first), "%s had applied it at %s. That breaks the rule that what is committed "+
		"stays (§5.4.3).", first.Service, e.end(first)).breaks(RuleCommittedStays))
}

// forWhom says whose request a leader handled.
func (e *Explainer) forWhom(s *traces.Span) string {
	if op := e.operation(s.Attribute(spans.KVRequestIDKey).AsString()); op != nil {
		return " for " + op.Service + "'s request " + ordinalOf(op)
	}
	return ""
}
