package explain

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// replication accounts for the time until a majority had the entry: that of the acknowledgement that decided it.
func (e *raft) replication(t *explain.Times, carriers []*span.Span, commit *span.Span) {
	at := slices.IndexFunc(carriers, func(s *span.Span) bool {
		return explain.EndTogether(s, commit) && state.Replied(s, protocol.AppendEntriesOk{})
	})
	if at < 0 {
		t.Until(e.Begin(commit), commit, "It waited until a majority had it.")
		return
	}
	decider, peer := carriers[at], peerOf(carriers[at])
	first := carriers[slices.IndexFunc(carriers, func(s *span.Span) bool { return peerOf(s) == peer })]
	if e.Since(first.Start) > t.At.At {
		why, ok := e.waitedFor(commit.Service, peer, state.Term(commit), e.Epoch().Add(t.At.At), first)
		if ok {
			t.Until(e.Begin(first), first, "It waited to be sent to %s: %s.", peer, why)
		}
		t.Until(e.Begin(first), first, "It waited to be sent to %s; what for the trace does not tell.", peer)
	}
	if first != decider {
		t.Until(e.Begin(decider), first, "The first AppendEntries with it came to nothing: %s. It was sent to %s again.",
			e.cameToNothing(first), peer)
	}
	if receiver := e.Answering(decider); receiver != nil {
		t.Until(e.End(receiver), receiver, "It went to %s, which stored it%s.", peer, e.Ailing(peer, receiver.End))
	}
	by := explain.List(commit, spans.RaftCommitAcknowledgedByKey)
	t.Until(e.Begin(commit), decider,
		"%s's acknowledgement went back to %s. With it %s had the entry, which is a majority.",
		peer, commit.Service, words.AndList(by))
}

// copies says which other servers acknowledged an entry, and when.
func (e *raft) copies(carriers []*span.Span, op *span.Span) (steps []explain.Step) {
	done := map[string]bool{}
	for _, s := range carriers {
		peer, at := peerOf(s), e.End(s)
		switch {
		case done[peer]:
		case state.Replied(s, protocol.AppendEntriesOk{}):
			done[peer] = true
			var late explain.Sentence
			if s.End.After(op.End) {
				late = say(" after the answer had gone out: a majority had been enough%s", e.Ailing(peer, s.End)).On(e.End(op))
			}
			steps = append(steps, step(at, "%s's acknowledgement arrived%s.", peer, late))
		case state.Replied(s, protocol.AppendEntriesRejected{}):
			why := e.refused(s)
			steps = append(steps, step(at, "%s's refusal arrived: %s.", peer, why).Because(why))
		default:
			why := e.Absent(s)
			steps = append(steps, step(at, "%s's acknowledgement did not come: %s.", peer, why).Because(why))
		}
	}
	return explain.ByTime(steps)
}

// whyThisAnswer says which rules the answers to an operation broke, what was at the key, and since when.
func (e *raft) whyThisAnswer(op *span.Span) (steps []explain.Step) {
	for try := range e.Below(op.ID) {
		for _, server := range e.Receivers(try) {
			steps = append(steps, e.brokenByServer(server)...)
		}
	}
	list := e.AppliedFor(op)
	applied := state.Earliest(list)
	if applied == nil {
		return append(steps, e.unapplied(op)...)
	}
	index := integer(applied, spans.RaftIndexKey)
	steps = append(steps, step(e.End(applied), "%s was the first to apply it, at index %d: %s.", applied.Service, index,
		appliedSaid(applied)))
	for _, s := range list {
		if integer(s, spans.RaftIndexKey) > index {
			steps = append(steps, e.appliedAgain(s, applied))
		}
	}
	key := state.Command(applied).Key
	last := state.LastChange(e.AppliedOnce(applied.Service, state.MaxTime), key, index)
	if last == nil {
		return append(steps, step(e.End(applied), "The trace has no entry before it that changed %q.", key))
	}
	return append(steps, step(e.End(last), "The last entry before it to change %q was %s, of %s.", key, changeSaid(last),
		requestSaid(last)))
}

// changeSaid names an entry that was applied: index 3: PUT "a" = "x".
func changeSaid(s *span.Span) string {
	return "index " + shown(s, spans.RaftIndexKey) + ": " + state.Command(s).Text
}

// appliedAgain says that an operation was in the log again.
func (e *raft) appliedAgain(s, first *span.Span) explain.Step {
	again := say("It was in the log again at index %d", integer(s, spans.RaftIndexKey))
	switch {
	case shown(s, kvspans.KVResultKey) == shown(first, kvspans.KVResultKey):
		return step(e.End(s), "%s, as a retry: %s, the first answer again (§8).", again, appliedSaid(s)).Held(Once)
	case state.Is(s, kvspans.KVResultKey, kv.Nothing{}):
		return step(e.End(s), "%s, when its client was done with it: it did nothing (§8).", again).Held(Once)
	}
	return step(e.End(s), "%s, as a retry: %s. That is another answer than the first, which breaks the rule that an "+
		"operation takes effect once, and a retry gets the first answer (§8).", again, appliedSaid(s)).
		Resting(e.End(first)).Breaks(Once)
}

// unapplied says of an operation that no server applied what the key was like when it was answered.
func (e *raft) unapplied(op *span.Span) []explain.Step {
	const end = 1 << 62 // of any log
	key := op.Attribute(kvspans.KVKeyKey).AsString()
	steps := []explain.Step{step(e.End(op), "The trace has no server that applied it.")}
	var latest *span.Span
	for _, node := range e.Nodes {
		if last := state.LastChange(e.AppliedOnce(node, op.Start), key, end); last != nil &&
			(latest == nil || integer(last, spans.RaftIndexKey) > integer(latest, spans.RaftIndexKey)) {
			latest = last
		}
	}
	if latest == nil {
		return append(steps, step(e.Begin(op), "Before it was asked, no server had applied anything that changed %q, as "+
			"far as the trace tells.", key))
	}
	steps = append(steps, step(e.End(latest), "Before it was asked, %s had applied the last change of %q, %s, of %s.",
		latest.Service, key, changeSaid(latest), requestSaid(latest)))
	for try := range e.Below(op.ID) {
		server := e.Answering(try)
		if server == nil || server.Service == latest.Service {
			continue
		}
		own := state.LastChange(e.AppliedOnce(server.Service, server.End), key, end)
		switch {
		case own == nil:
			steps = append(steps, step(e.End(server), "%s, which was asked, had applied nothing that changed %q.",
				server.Service, key))
		case integer(own, spans.RaftIndexKey) < integer(latest, spans.RaftIndexKey):
			steps = append(steps, step(e.End(own), "%s, which was asked, had applied no later change than %s.",
				server.Service, changeSaid(own)))
		}
	}
	return steps
}
