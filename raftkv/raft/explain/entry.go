package explain

import (
	"fmt"
	"strings"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// explainEntry says why a server's log has what it has at an index.
func (e *raft) explainEntry(index int64, node string) (*explain.Explanation, error) {
	if !e.Has(node) {
		return nil, fmt.Errorf("there is no %s in this run", node)
	}
	stays := e.Stays(node, index)
	if len(stays) == 0 {
		return e.explainMissing(index, node)
	}
	last := stays[len(stays)-1]
	applied := e.Applied(node, index)
	its, instead := e.CommitOf(last.Entry, index)
	kept := e.notCommittedInstead(last.Entry, index, its, instead)
	x := &explain.Explanation{
		Question: entryQuestion(index, node),
		Answer: e.entrySaid(last, index, node).Then("%s%s",
			e.fateSaid(last.Entry, index, node, applied, its, instead), ruledOut(kept)),
	}
	for i, h := range stays[:len(stays)-1] {
		before := explain.WhyNot("", e.replaced(h, stays[i+1], index, node)...)
		before.Title = say("What was there before: %s of term %d", h.Text(), h.Term).On(h.At)
		x.Parts = append(x.Parts, before)
	}
	x.Parts = append(x.Parts, explain.Because("Where it came from", e.origin(last.Entry, index)...),
		explain.Because("How "+node+" got it", e.arrival(last.Entry, index, node)...))
	if its != nil {
		x.Parts = append(x.Parts, explain.Because("How it was committed", e.howCommitted(its, index)...))
	} else {
		x.Parts = append(x.Parts, explain.WhyNot("Why it was not committed", kept...))
		if instead != nil && instead.OK && last.Removed == nil {
			x.Parts = append(x.Parts, explain.WhyNot("Why "+node+" did not get what was committed there",
				e.neverArrived(instead.Entry, index, node)...))
		}
	}
	x.Parts = append(x.Parts, e.howLearned(last, index, node, applied, its)...)
	if last.Removed != nil {
		title := "Why it is there no more"
		if e.ViolatedBy(last.Removed) != nil {
			title = "Why it should be there no more"
		}
		x.Parts = append(x.Parts, explain.WhyNot(title, e.removed(last, index, node)...))
	}
	return x.Suggest(e.nextOf(last.Entry, index, node, applied)...), nil
}

// howLearned says how a server learned that an entry is committed, and applied it, or why not.
func (e *raft) howLearned(last state.Stay, index int64, node string, applied *span.Span,
	its *state.Commitment,
) (parts []explain.Part) {
	stayed := its != nil && last.Removed == nil
	if applied == nil || integer(applied, spans.RaftEntryTermKey) != last.Term {
		if stayed {
			parts = append(parts, explain.WhyNot("Why "+node+" did not learn that",
				e.neverTold(last.Entry, index, node, its, e.Epoch())...))
		}
		return parts
	}
	parts = append(parts, explain.Because("How "+node+" learned that, and applied it", e.applying(last.Entry, applied)...))
	if end := e.Last().End; stayed && e.StartedBetween(node, applied.End, end) {
		parts = append(parts, explain.WhyNot("Why "+node+" did not apply it again, when it had started again",
			e.neverTold(last.Entry, index, node, its, e.LastStart(node, end))...))
	}
	return parts
}

// notCommittedInstead says why an entry was not committed, and what was in its place; nothing of one that was.
func (e *raft) notCommittedInstead(n state.Entry, index int64, its, instead *state.Commitment) []explain.Step {
	switch {
	case its != nil:
		return nil
	case instead != nil:
		return append(e.notCommitted(n, index, instead.Commit.End), e.committedInstead(instead, index))
	}
	return e.notCommitted(n, index, e.Last().End)
}

// committedInstead says what was committed in an entry's place.
func (e *raft) committedInstead(c *state.Commitment, index int64) explain.Step {
	upTo := ""
	if to := integer(c.Commit, spans.RaftCommitToKey); to > index {
		upTo = fmt.Sprintf("index %d, and with it ", to)
	}
	return step(e.End(c.Commit), "%s, the leader of term %d, committed %sanother entry at index %d: %s of term %d.",
		c.Commit.Service, state.Term(c.Commit), upTo, index, c.Entry.Text(), c.Entry.Term).Resting(c.Entry.At)
}

// ruledOut is the rule that kept an entry on a majority from being committed, as a sentence of the answer; empty if
// that is not what did.
func ruledOut(steps []explain.Step) explain.Sentence {
	for _, s := range steps {
		if s.Rule == OwnTerm {
			return say(" A majority held it: what held it back is that it is of an earlier term than the leader's, and may " +
				"not be committed by counting (§5.4.2).").On(s.RestsOn...)
		}
	}
	return explain.Sentence{}
}

// entrySaid says what a log has at an index.
func (e *raft) entrySaid(last state.Stay, index int64, node string) explain.Sentence {
	has := "has"
	switch {
	case last.Removed == nil:
		return say("Index %d of %s's log is %s of term %d. ", index, node, last.Text(), last.Term).On(last.At)
	case e.ViolatedBy(last.Removed) != nil && !state.Carries(last.Removed, index):
		has = "should have"
	}
	return say("%s's log %s nothing at index %d any more. It was %s of term %d. ", node, has, index, last.Text(),
		last.Term).
		On(last.At)
}

// fateSaid says whether a server applied an entry, and whether it was committed.
func (e *raft) fateSaid(n state.Entry, index int64, node string, applied *span.Span, its,
	instead *state.Commitment,
) (said explain.Sentence) {
	switch {
	case applied != nil && integer(applied, spans.RaftEntryTermKey) == n.Term:
		result := words.ResultText(words.ParseCommand(n.Command), applied.Attribute(kvspans.KVResultKey).AsString())
		said = say("%s applied it at %s, with the result %s.%s", node, e.End(applied), result, e.appliedBefore(applied))
	case applied != nil:
		said = say("%s had applied another entry there, %s of term %d, at %s. That breaks the rule that what is "+
			"committed stays (§5.4.3).", node, state.Command(applied).Text, integer(applied, spans.RaftEntryTermKey),
			e.End(applied))
	case its == nil && instead == nil:
		said = say("%s never applied it: the trace has no leader that committed it.", node).On(e.RunEnd())
	case its == nil:
		said = say("%s never applied it: another entry was committed at index %d.", node, index).On(e.End(instead.Commit))
	default:
		said = say("%s never applied it: it did not learn in this run that it is committed.", node).On(e.End(its.Commit))
	}
	if its != nil && instead != nil {
		said = said.Then(" Another entry was committed at index %d as well, %s of term %d, at %s. That breaks the rule that "+
			"what is committed stays (§5.4.3).", index, instead.Entry.Text(), instead.Entry.Term, e.End(instead.Commit))
	}
	return said
}

// appliedBefore says when a server applied an entry for the first time, if it did so again after a crash.
func (e *raft) appliedBefore(applied *span.Span) explain.Sentence {
	for s := range e.Of(applied.Service, spans.ApplyID) {
		if integer(s, spans.RaftIndexKey) != integer(applied, spans.RaftIndexKey) {
			continue
		}
		if s.ID == applied.ID {
			break
		}
		for start := range e.Of(applied.Service, spans.StartID) {
			if !start.Start.Before(s.End) && !start.Start.After(applied.End) {
				return say(" It had done so before, first at %s, and lost that when it crashed.", e.End(s)).On(e.Begin(start))
			}
		}
		return say(" It had done so before, first at %s.", e.End(s))
	}
	return explain.Sentence{}
}

// nextOf is what to ask next: about the request that an entry is of, or the election of its leader.
func (e *raft) nextOf(n state.Entry, index int64, node string, applied *span.Span) (next []string) {
	if applied != nil {
		if request := applied.Attribute(kvspans.KVRequestIDKey).AsString(); e.Operation(request) != nil {
			next = append(next, strings.ReplaceAll(words.Printable(request), "/", " "))
		}
	}
	if e.Winner(n.Term) != nil {
		next = append(next, termQuestion(n.Term))
	}
	for _, other := range e.Nodes {
		if other != node && len(e.Stays(other, index)) > 0 {
			next = append(next, entryQuestion(index, other))
			break
		}
	}
	return append(next, n.By.ID.String())
}

// origin says who asked for an entry, and which leader appended it.
func (e *raft) origin(n state.Entry, index int64) []explain.Step {
	s, appended := e.MakerOf(n, index)
	if s == nil {
		return []explain.Step{step(n.At, "Who made it the trace does not tell: it lacks the span of the leader of term %d "+
			"in which it was appended.", n.Term)}
	}
	at := e.When(s, appended)
	op := e.Operation(s.Attribute(kvspans.KVRequestIDKey).AsString())
	switch {
	case op == nil && e.Is(s, spans.RoleChangeID):
		return []explain.Step{step(at, "%s had become the leader of term %d, and began with a no-op at index %d, the next "+
			"one of its log (§8).", s.Service, n.Term, index)}
	case op == nil:
		return []explain.Step{step(at, "%s, the leader of term %d, appended it at index %d, the next one of its log, for "+
			"%s; the trace lacks the span of that.", s.Service, n.Term, index, requestSaid(s))}
	}
	steps := []explain.Step{step(e.Begin(op), "%s began its request %s: %s.", op.Service, explain.OrdinalOf(op),
		explain.OperationOf(op))}
	if try := e.Span(s.Parent); try != nil && integer(try, kvspans.KVTryKey) > 1 {
		steps = append(steps, step(e.Begin(try), "It asked %s, its try %s of the same request.", s.Service,
			shown(try, kvspans.KVTryKey)))
	}
	return append(steps, step(at, "%s, the leader of term %d, appended it at index %d, the next one of its log.",
		s.Service, n.Term, index))
}

// arrival says how a follower got an entry: which messages with it were lost or refused, and which was not.
func (e *raft) arrival(n state.Entry, index int64, node string) []explain.Step {
	if !e.Is(n.By, spans.AppendEntriesServerID) {
		return nil // it made it itself
	}
	leader, term := peerOf(n.By), state.Term(n.By)
	var steps []explain.Step
	for s := range e.Appends(leader, node, term) {
		switch {
		case s.Start.After(n.By.End), s.ID == n.By.Parent:
		case state.Replied(s, protocol.AppendEntriesRejected{}) && !s.End.After(n.By.End):
			why := e.refused(s)
			steps = append(steps, step(e.End(s), "An AppendEntries from %s came back: %s.%s", leader, why, e.wentBack(s)).
				Because(why))
		case state.Carries(s, index) && !state.Replied(s, protocol.AppendEntriesOk{}):
			why := e.cameToNothing(s)
			steps = append(steps, step(e.Begin(s), "%s sent it to %s in vain: %s.", leader, node, why).Because(why))
		}
	}
	steps = append(explain.ByTime(steps), e.sentTheSame(leader, node, term)...)
	if carrier := e.Span(n.By.Parent); carrier != nil {
		steps = append(steps, e.carried(carrier, n, index, len(steps) > 0))
	}
	prev := integer(n.By, spans.RaftPrevLogIndexKey)
	if prev == 0 {
		return append(steps, step(n.At, "%s's AppendEntries with it arrived. It begins with index 1, so that there is "+
			"nothing before it to compare, and it was appended.", leader))
	}
	return append(steps, step(n.At, "%s's AppendEntries with it arrived. It follows on index %d, where %s had the "+
		"same entry, so that it was appended (§5.3).", leader, prev, node))
}

// wentBack says that a leader which was refused at once sent something from further back in its log.
func (e *raft) wentBack(refused *span.Span) explain.Sentence {
	for s := range e.Appends(refused.Service, peerOf(refused), state.Term(refused)) {
		prev := integer(s, spans.RaftPrevLogIndexKey)
		if explain.BeginsAsEnds(s, refused) && s.ID != refused.ID && prev < integer(refused, spans.RaftPrevLogIndexKey) {
			return say(" So %s went back in its log, and sent what follows on index %d (§5.3).", s.Service, prev).On(e.Begin(s))
		}
	}
	return explain.Sentence{}
}

// carried says when an entry was sent with the AppendEntries that brought it, and what it had waited for.
func (e *raft) carried(carrier *span.Span, n state.Entry, index int64, again bool) explain.Step {
	leader, peer := carrier.Service, peerOf(carrier)
	sent, ailing := say("%s sent it to %s", leader, peer), e.Ailing(peer, carrier.Start)
	if again {
		return step(e.Begin(carrier), "%s again%s.", sent, ailing)
	}
	s, appended := e.MakerOf(n, index)
	if s == nil || s.Service != leader || !appended.At.Before(carrier.Start) ||
		explain.HappensAsBegins(s, appended, carrier) {
		return step(e.Begin(carrier), "%s%s.", sent, ailing)
	}
	sent = sent.Then(", %s after it had appended it", explain.Between(e.When(s, appended), e.Begin(carrier)))
	if why, ok := e.waitedFor(leader, peer, state.Term(carrier), appended.At, carrier); ok {
		return step(e.Begin(carrier), "%s: %s%s.", sent, why, ailing).Held(Window)
	}
	return step(e.Begin(carrier), "%s%s.", sent, ailing)
}

// applying says how a server learned that an entry is committed.
func (e *raft) applying(n state.Entry, applied *span.Span) []explain.Step {
	commit, at := e.Span(applied.Parent), e.End(applied)
	what := say("applied index %s: %s.", shown(applied, spans.RaftIndexKey), appliedSaid(applied))
	if commit == nil {
		return []explain.Step{step(at, "It %s How it learned that it is committed the trace does not tell.", what)}
	}
	var steps []explain.Step
	for s := range e.Of(applied.Service, spans.StartID) {
		if e.Since(s.Start) > n.At.At && s.Start.Before(applied.End) {
			steps = append(steps, step(e.Begin(s), "%s started again. What it had applied was gone, and is applied anew.",
				applied.Service))
		}
	}
	if state.Leads(commit) { // told with how it was committed
		how := step(at, "It had found so itself, as the leader. So it %s", what).Resting(e.End(commit))
		how.ID = commit.ID
		return append(steps, how)
	}
	how := step(at, "It moved its commit index to %s, and %s", shown(commit, spans.RaftCommitToKey), what).
		Resting(e.End(commit))
	if told := e.Span(commit.Parent); told != nil && traces.IsReceiver(told) {
		how = step(at, "%s's %s told it that everything up to index %s is committed. So it %s", peerOf(told),
			e.Message(told), shown(told, spans.RaftLeaderCommitKey), what).Resting(e.End(told), e.End(commit))
		how.ID = told.ID
	}
	return append(append(steps, how), e.brokenByCommit(commit)...)
}
