package traces

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// What is not there has causes, too: a server's log that never got an entry, and an entry that was never applied.

// explainMissing says why a server's log never had an index that other servers' logs had.
func (e *Explainer) explainMissing(index int64, node string) (*Explanation, error) {
	elsewhere, owner, ok := e.heldElsewhere(index)
	if !ok {
		near := &QuestionError{Message: fmt.Sprintf("the log of %s never had an index %d: its last was %d, and no other server's had one", node, index, e.lastIndex(node))}
		if last := e.lastIndex(node); last > 0 {
			near.Nearest = fmt.Sprintf("index %d %s", last, node)
		}
		return nil, near
	}
	has := fmt.Sprintf("its last index was %d", e.lastIndex(node))
	if e.lastIndex(node) == 0 {
		has = "it was empty"
	}
	committed := "How it was committed"
	if _, commit := e.committed(index); commit == nil {
		committed = "Whether it was committed"
	}
	return &Explanation{
		Answer: fmt.Sprintf("The log of %s never had an index %d in this run: %s. In the log of %s index %d is %s of term %d.", node, index, has, owner, index, parseCommand(elsewhere.command).text, elsewhere.term),
		Parts: []ExplanationPart{
			{"Where it came from", e.origin(elsewhere, index)},
			{"Why " + node + " did not get it", e.neverArrived(elsewhere, index, node)},
			{committed, e.commitment(elsewhere, index)},
		},
		Next: fmt.Sprintf("index %d %s", index, owner),
	}, nil
}

// heldElsewhere is what the logs of other servers came to have at an index, and the first server that had that: what was applied goes before what was not.
func (e *Explainer) heldElsewhere(index int64) (found held, owner string, ok bool) {
	applied := false
	for _, node := range e.nodes {
		entries := e.history(node, index)
		if len(entries) == 0 {
			continue
		}
		last, done := entries[len(entries)-1], e.applied(node, index) != nil
		if !ok || done && !applied || done == applied && last.at.Before(found.at) {
			found, owner, ok, applied = last, node, true, done
		}
	}
	return found, owner, ok
}

// neverArrived says what came of each leader's sending an entry to a server, or why none sent it.
func (e *Explainer) neverArrived(h held, index int64, node string) []ExplanationStep {
	maker, _ := e.leaderOf(h, index)
	var steps, other []ExplanationStep
	for _, leader := range e.nodes {
		var vain []*Span
		for s := range e.of(leader, spans.AppendEntriesClientName) {
			if s.is(spans.AppendEntriesClientName, trace.SpanKindClient) && s.peer() == node && !s.replied(protocol.AppendEntriesOk{}) && !s.End.Before(h.at) {
				vain = append(vain, s)
			}
		}
		if with := slices.DeleteFunc(slices.Clone(vain), func(s *Span) bool { return !s.carries(index) }); len(with) > 0 {
			steps = append(steps, e.vainly(with, "sent it to "+node+" in vain"))
		} else if len(vain) > 0 && maker != nil && maker.Service == leader {
			other = append(other, e.vainly(vain, "sent "+node+" something else first, in vain"))
		}
	}
	if len(steps) == 0 {
		steps = other
	}
	if len(steps) == 0 {
		id, why := world.CausalID(0), "nobody had sent it there when the run ended"
		if f := e.downSince(node, h.at); f != nil {
			id, why = f.ID, node+" had been down since its crash at "+e.time(f.Start)
		}
		steps = append(steps, e.step(h.at, id, "%s.", capital(why)))
	}
	slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// vainly says of the first of some calls what came of it, and how many there were.
func (e *Explainer) vainly(calls []*Span, did string) ExplanationStep {
	slices.SortStableFunc(calls, func(a, b *Span) int { return a.Start.Compare(b.Start) })
	first := calls[0]
	why, id := e.absent(first)
	times := ""
	if len(calls) > 1 {
		times = fmt.Sprintf(" (the first of %d times, the last at %s)", len(calls), e.time(calls[len(calls)-1].Start))
	}
	return e.step(first.Start, id, "%s %s: %s%s.", first.Service, did, why, times)
}

// neverTold says why a server did not learn that an entry which it had is committed, if it is.
func (e *Explainer) neverTold(index int64, node string, since time.Time) []ExplanationStep {
	var steps []ExplanationStep
	for _, leader := range e.nodes {
		var vain []*Span
		for s := range e.of(leader, spans.CommitNotificationProducerName, spans.AppendEntriesClientName) {
			tells := s.is(spans.CommitNotificationProducerName, trace.SpanKindProducer) || s.is(spans.AppendEntriesClientName, trace.SpanKindClient)
			if tells && s.peer() == node && s.number(spans.RaftLeaderCommitKey) >= index && !s.Start.Before(since) && len(e.receivers(s)) == 0 {
				vain = append(vain, s)
			}
		}
		if len(vain) > 0 {
			steps = append(steps, e.vainly(vain, "told it in vain that index "+vain[0].value(spans.RaftLeaderCommitKey)+" is committed"))
		}
	}
	if f := e.downSince(node, e.end()); f != nil && len(steps) == 0 {
		steps = append(steps, e.step(f.Start, f.ID, "%s.", capital(e.faultSaid(f))))
	}
	return steps
}

// end is when the last span of the run ends.
func (e *Explainer) end() time.Time {
	last := int64(0)
	for i := range e.list {
		last = max(last, e.list[i].end)
	}
	return time.Unix(0, last).UTC()
}

// neverCommitted says why an entry was not committed: where it did not come, and what was committed in its place.
func (e *Explainer) neverCommitted(h held, index int64, instead *held, commit *Span) []ExplanationStep {
	var steps []ExplanationStep
	if maker, appended := e.leaderOf(h, index); maker != nil {
		until := e.end()
		if commit != nil {
			until = commit.End
		}
		steps = e.vainCopies(maker, appended, index, until)
		slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) })
	}
	if instead == nil {
		return append(steps, e.step(h.at, 0, "No leader of this run found it to be on a majority: it is not committed, and may be replaced."))
	}
	return append(steps, e.step(commit.End, commit.ID, "%s, the leader of term %s, committed index %s, and with it another entry at index %d: %s of term %d.",
		commit.Service, commit.value(spans.RaftTermKey), commit.value(spans.RaftCommitToKey), index, parseCommand(instead.command).text, instead.term))
}
