package explain

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// replication accounts for the time until a majority had the entry: that of the acknowledgement that decided it.
func (e *Explainer) replication(t *times, entries []*traces.Span, commit *traces.Span) {
	var decider, first *traces.Span
	for _, s := range entries {
		if endStep(s).together(endStep(commit)) && hasReplied(s, protocol.AppendEntriesOk{}) {
			decider = s
			break
		}
	}
	if decider == nil {
		t.until(e.begin(commit), commit, "It waited until a majority had it.")
		return
	}
	for _, s := range entries {
		if peerOf(s) == peerOf(decider) && first == nil {
			first = s
		}
	}
	peer := peerOf(decider)
	if first.Start.Sub(e.Epoch) > t.at.At {
		why, ok := e.waitedFor(commit.Service, peer, termOf(commit), e.Epoch.Add(t.at.At), first)
		if ok {
			t.until(e.begin(first), first, "It waited to be sent to %s: %s.", peer, why)
		}
		t.until(e.begin(first), first, "It waited to be sent to %s; what for the trace does not tell.", peer)
	}
	if first != decider {
		t.until(e.begin(decider), first, "The first AppendEntries with it came to nothing: %s. It was sent to %s again.",
			e.cameToNothing(first).Sentence, peer)
	}
	if receiver := e.answering(decider); receiver != nil {
		t.until(e.end(receiver), receiver, "It went to %s, which stored it%s.", peer, e.ailing(peer, receiver.End))
	}
	by := shownList(commit, spans.RaftCommitAcknowledgedByKey)
	t.until(e.begin(commit), decider, "%s's acknowledgement went back to %s. With it %s had the entry, which is a "+
		"majority.", peer, commit.Service, words.AndList(by))
}

// copies says which other servers acknowledged an entry, and when.
func (e *Explainer) copies(entries []*traces.Span, op *traces.Span) []ExplanationStep {
	var steps []ExplanationStep
	done := map[string]bool{}
	for _, s := range entries {
		switch {
		case done[peerOf(s)]:
		case hasReplied(s, protocol.AppendEntriesOk{}):
			done[peerOf(s)] = true
			var late Sentence
			if s.End.After(op.End) {
				late = joined(say(" after the answer had gone out: a majority had been enough"),
					e.ailing(peerOf(s), s.End)).on(e.end(op))
			}
			steps = append(steps, step(e.end(s), "%s's acknowledgement arrived%s.", peerOf(s), late))
		case hasReplied(s, protocol.AppendEntriesRejected{}):
			why := e.refused(s)
			steps = append(steps, step(e.end(s), "%s's refusal arrived: %s.", peerOf(s), why.Sentence).because(why))
		default:
			why := e.absent(s)
			steps = append(steps, step(e.end(s), "%s's acknowledgement did not come: %s.", peerOf(s), why.Sentence).because(why))
		}
	}
	return byTime(steps)
}

// appliedBy is where the entry of an operation was applied first, by whichever server; nil if none did.
func (e *Explainer) appliedBy(op *traces.Span) *traces.Span {
	var first *traces.Span
	request := op.Attribute(spans.KVRequestIDKey).AsString()
	for s := range e.of("", spans.ApplyName) {
		if s.Attribute(spans.KVRequestIDKey).AsString() == request && (first == nil || s.End.Before(first.End)) {
			first = s
		}
	}
	return first
}

// appliedOnce are what a server had applied by a time, each index once, in the order of the log.
func (e *Explainer) appliedOnce(node string, until time.Time) []*traces.Span {
	byIndex := map[int64]*traces.Span{}
	for s := range e.of(node, spans.ApplyName) {
		if !s.End.After(until) && byIndex[integer(s, spans.RaftIndexKey)] == nil {
			byIndex[integer(s, spans.RaftIndexKey)] = s
		}
	}
	return slices.SortedFunc(maps.Values(byIndex), func(a,
		b *traces.Span,
	) int {
		return cmp.Compare(integer(a, spans.RaftIndexKey), integer(b, spans.RaftIndexKey))
	})
}

// lastChange is the last of some applied entries to change a key before an index; nil if none did. A retry that got
// the first answer again changed nothing.
func lastChange(list []*traces.Span, key string, before int64) *traces.Span {
	var last *traces.Span
	first := map[string]string{} // the first results of requests
	for _, s := range list {
		c, result := commandIn(s), s.Attribute(spans.KVResultKey).AsString()
		request := s.Attribute(spans.KVRequestIDKey).AsString()
		was, again := first[request]
		if !again && request != "" {
			first[request] = result
		}
		changes := c.Verb == "put" && result == protocol.Stored{}.String() || c.Verb == "delete" &&
			result == protocol.Deleted{}.String()
		if integer(s, spans.RaftIndexKey) < before && c.Key == key && changes && (!again || was != result) {
			last = s
		}
	}
	return last
}

// whyThisAnswer says what was at the key, and since when.
func (e *Explainer) whyThisAnswer(op *traces.Span) []ExplanationStep {
	steps := e.brokenByAnswer(op)
	applied := e.appliedBy(op)
	if applied == nil {
		return append(steps, e.unapplied(op)...)
	}
	node, index := applied.Service, integer(applied, spans.RaftIndexKey)
	steps = append(steps, step(e.end(applied), "%s was the first to apply it, at index %d: %s.", node, index,
		appliedSaid(applied)))
	for _, s := range e.appliedElsewhere(applied) {
		steps = append(steps, e.appliedAgain(s, applied))
	}
	all := e.appliedOnce(node, maxTime)
	key := commandIn(applied).Key
	last := lastChange(all, key, index)
	if last == nil {
		return append(steps, step(e.end(applied), "The trace has no entry before it that changed %q.", key))
	}
	return append(steps, step(e.end(last), "The last entry before it to change %q was index %s: %s, of %s.", key,
		shown(last, spans.RaftIndexKey), commandIn(last).Text, requestSaid(last)))
}

// appliedElsewhere are the first applies of the request of an entry at later indexes, by whichever server, in the
// order of the log.
func (e *Explainer) appliedElsewhere(first *traces.Span) []*traces.Span {
	byIndex := map[int64]*traces.Span{}
	for s := range e.of("", spans.ApplyName) {
		index := integer(s, spans.RaftIndexKey)
		if shown(s, spans.KVRequestIDKey) != shown(first, spans.KVRequestIDKey) || index <= integer(first, spans.RaftIndexKey) {
			continue
		}
		if was := byIndex[index]; was == nil || s.End.Before(was.End) {
			byIndex[index] = s
		}
	}
	return slices.SortedFunc(maps.Values(byIndex), func(a,
		b *traces.Span,
	) int {
		return cmp.Compare(integer(a, spans.RaftIndexKey), integer(b, spans.RaftIndexKey))
	})
}

// appliedAgain says that an operation was in the log again.
func (e *Explainer) appliedAgain(s, first *traces.Span) ExplanationStep {
	index := integer(s, spans.RaftIndexKey)
	if shown(s, spans.KVResultKey) == shown(first, spans.KVResultKey) {
		return step(e.end(s), "It was in the log again at index %d, as a retry: %s, the first answer again (§8).", index,
			appliedSaid(s)).held(RuleOnce)
	}
	if s.Attribute(spans.KVResultKey).AsString() == (protocol.Nothing{}).String() {
		return step(e.end(s), "It was in the log again at index %d, when its client was done with it: it did nothing "+
			"(§8).", index).held(RuleOnce)
	}
	return step(e.end(s), "It was in the log again at index %d, as a retry: %s. That is another answer than the "+
		"first, which breaks the rule that an operation takes effect once, and a retry gets the first answer (§8).",
		index, appliedSaid(s)).resting(e.end(first)).breaks(RuleOnce)
}

// unapplied says of an operation that no server applied what the key was like when it was answered.
func (e *Explainer) unapplied(op *traces.Span) []ExplanationStep {
	key := op.Attribute(spans.KVKeyKey).AsString()
	steps := []ExplanationStep{step(e.end(op), "The trace has no server that applied it.")}
	var latest *traces.Span
	for _, node := range e.nodes {
		if last := lastChange(e.appliedOnce(node, op.Start), key, 1<<62); last != nil &&
			(latest == nil || integer(last, spans.RaftIndexKey) > integer(latest, spans.RaftIndexKey)) {
			latest = last
		}
	}
	if latest == nil {
		return append(steps, step(e.begin(op), "Before it was asked, no server had applied anything that changed %q, as "+
			"far as the trace tells.", key))
	}
	steps = append(steps, step(e.end(latest), "Before it was asked, %s had applied the last change of %q, index %s: "+
		"%s, of %s.", latest.Service, key,
		shown(latest, spans.RaftIndexKey), commandIn(latest).Text, requestSaid(latest)))
	for try := range e.below(op.ID) {
		server := e.answering(try)
		if server == nil || server.Service == latest.Service {
			continue
		}
		own := lastChange(e.appliedOnce(server.Service, server.End), key, 1<<62)
		switch {
		case own == nil:
			steps = append(steps, step(e.end(server), "%s, which was asked, had applied nothing that changed %q.",
				server.Service, key))
		case integer(own, spans.RaftIndexKey) < integer(latest, spans.RaftIndexKey):
			steps = append(steps, step(e.end(own), "%s, which was asked, had applied no later change than index %s: %s.",
				server.Service, shown(own, spans.RaftIndexKey),
				commandIn(own).Text))
		}
	}
	return steps
}
