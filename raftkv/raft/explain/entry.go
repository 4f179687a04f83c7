package explain

import (
	"fmt"
	"strings"
	"time"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// explainEntry says why a server's log has what it has at an index.
func (e *raft) explainEntry(index int64, node string) (*explain.Explanation, error) {
	if !e.Has(node) {
		return nil, fmt.Errorf("there is no %s in this run", node)
	}
	stays := e.stays(node, index)
	if len(stays) == 0 {
		return e.explainMissing(index, node)
	}
	last := &stays[len(stays)-1]
	n, applied := last.Entry, e.applied(node, index)
	its, instead := e.commitOf(n)
	kept := e.notCommittedInstead(n, its, instead)
	x := &explain.Explanation{
		Question: entryQuestion(index, node),
		Answer:   e.entrySaid(last, node).Then("%s%s", e.fateSaid(n, node, applied, its, instead), ruledOut(kept)),
	}
	add := func(parts ...part) { x.Parts = append(x.Parts, parts...) }
	for i := range stays[:len(stays)-1] {
		before := explain.WhyNot("", e.replaced(&stays[i], stays[i+1].At, node)...)
		before.Title = say("What was there before: %s of term %d", stays[i].Text(), stays[i].Term).On(stays[i].At)
		add(before)
	}
	add(explain.Because("Where it came from", e.origin(n)...), explain.Because("How "+node+" got it", e.arrival(n,
		node)...), explain.Because("How it was committed", e.howCommitted(its, index)...), explain.WhyNot("Why it was not "+
		"committed", kept...))
	if its == nil && instead != nil && instead.known && last.Removed == nil {
		add(explain.WhyNot("Why "+node+" did not get what was committed there", e.neverArrived(instead.entry, node)...))
	}
	itself, stayed := e.applies(applied, n), its != nil && last.Removed == nil
	if itself {
		add(explain.Because("How "+node+" learned that, and applied it", e.applying(n, applied)...))
	} else if stayed {
		add(explain.WhyNot("Why "+node+" did not learn that", e.neverTold(n, node, its, time.Time{})...))
	}
	if stayed && itself {
		if started := e.started(node, applied.End, e.Last().End); started != nil {
			add(explain.WhyNot("Why "+node+" did not apply it again, when it had started again", e.neverTold(n, node, its,
				started.Start)...))
		}
	}
	if last.Removed != nil {
		title := "Why it is there no more"
		if e.violatedBy(last.Removed) != nil {
			title = "Why it should be there no more"
		}
		add(explain.WhyNot(title, e.removed(last, node)...))
	}
	return x.Suggest(e.nextOf(n, node, applied)...), nil
}

// explainMissing says why a server's log never had an index that other servers' logs had.
func (e *raft) explainMissing(index int64, node string) (*explain.Explanation, error) {
	last := e.lastIndex(node)
	n, owner := e.heldElsewhere(index)
	if owner == "" {
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
	its, instead := e.commitOf(n)
	kept := e.notCommittedInstead(n, its, instead)
	x := &explain.Explanation{
		Question: entryQuestion(index, node),
		Answer: say("The log of %s never had an index %d in this run: %s. In the log of %s index %d is %s of term %d.", node,
			index, has, owner, index, n.Text(), n.Term).On(n.At, e.RunEnd()).Then("%s", ruledOut(kept)),
		Parts: []part{
			explain.Because("Where it came from", e.origin(n)...),
			explain.WhyNot("Why "+node+" did not get it", e.neverArrived(n, node)...),
			explain.Because("How it was committed", e.howCommitted(its, index)...),
			explain.WhyNot("Why it was not committed", kept...),
		},
	}
	return x.Suggest(entryQuestion(index, owner)), nil
}

// heldElsewhere is what the logs of other servers came to have at an index, and the first server that had that: what
// was applied goes before what was not. It is nobody if none had anything.
func (e *raft) heldElsewhere(index int64) (found entry, owner string) {
	applied := false
	for _, node := range e.nodes {
		stays := e.stays(node, index)
		if len(stays) == 0 {
			continue
		}
		last, done := stays[len(stays)-1].Entry, e.applied(node, index) != nil
		if owner == "" || done && !applied || done == applied && last.At.At < found.At.At {
			found, owner, applied = last, node, done
		}
	}
	return found, owner
}

// entrySaid says what a log has at an index.
func (e *raft) entrySaid(last *stay, node string) sentence {
	has := "has"
	switch {
	case last.Removed == nil:
		return say("Index %d of %s's log is %s of term %d. ", last.Index, node, last.Text(), last.Term).On(last.At)
	case e.violatedBy(last.Removed) != nil && !carries(last.Removed, last.Index):
		has = "should have"
	}
	return say("%s's log %s nothing at index %d any more. It was %s of term %d. ", node, has, last.Index, last.Text(),
		last.Term).On(last.At)
}

// fateSaid says whether a server applied an entry, and whether it was committed.
func (e *raft) fateSaid(n entry, node string, applied *span.Span, its, instead *commitment) (said sentence) {
	const broken = "That breaks the rule that what is committed is never replaced (§5.4.3)."
	switch {
	case e.applies(applied, n):
		said = say("%s applied it at %s%s.%s", node, e.End(applied), e.ResultSaid(applied), e.appliedBefore(applied))
	case applied != nil:
		said = say("%s had applied another entry there, %s of term %d, at %s. %s", node, e.Command(applied).Text,
			integer(applied, spans.RaftEntryTermKey), e.End(applied), broken)
	case its == nil && instead == nil:
		said = say("%s never applied it: the trace has no leader that committed it.", node).On(e.RunEnd())
	case its == nil:
		said = say("%s never applied it: another entry was committed at index %d.", node, n.Index).On(e.End(instead.by))
	default:
		said = say("%s never applied it: it did not learn in this run that it is committed.", node).On(e.End(its.by))
	}
	if its != nil && instead != nil {
		said = said.Then(" Another entry was committed at index %d as well, %s of term %d, at %s. %s", n.Index,
			instead.entry.Text(), instead.entry.Term, e.End(instead.by), broken)
	}
	return said
}

// applies says whether a span applied an entry, and no other one at its index.
func (e *raft) applies(applied *span.Span, n entry) bool {
	return applied != nil && indexOf(applied) == n.Index && integer(applied, spans.RaftEntryTermKey) == n.Term
}

// appliedBefore says when a server applied an entry for the first time, if it did so again after a crash.
func (e *raft) appliedBefore(applied *span.Span) sentence {
	for s := range e.Of(applied.Service, spans.ApplyID) {
		switch {
		case indexOf(s) != indexOf(applied):
			continue
		case s.ID == applied.ID:
			return sentence{}
		}
		said := say(" It had done so before, first at %s", e.End(s))
		for start := range e.Of(applied.Service, spans.StartID) {
			if !start.Start.Before(s.End) && !start.Start.After(applied.End) {
				return said.Then(", and lost that when it crashed.").On(e.Begin(start))
			}
		}
		return said.Then(".")
	}
	return sentence{}
}

// nextOf is what to ask next: about the request that an entry is of, or the election of its leader.
func (e *raft) nextOf(n entry, node string, applied *span.Span) (next []string) {
	if applied != nil {
		if request := applied.Attribute(kvspans.KVRequestIDKey).AsString(); e.Operation(request) != nil {
			next = append(next, strings.ReplaceAll(words.Printable(request), "/", " "))
		}
	}
	if e.winner(n.Term) != nil {
		next = append(next, termQuestion(n.Term))
	}
	for _, other := range e.nodes {
		if other != node && len(e.stays(other, n.Index)) > 0 {
			next = append(next, entryQuestion(n.Index, other))
			break
		}
	}
	return append(next, n.By.ID.String())
}

// origin says who asked for an entry, and which leader appended it.
func (e *raft) origin(n entry) []step {
	s, appended := e.makerOf(n)
	if s == nil {
		return one(tell(n.At, "Who made it the trace does not tell: it lacks the span of the leader of term %d in which it "+
			"was appended.", n.Term))
	}
	at := e.When(s, appended)
	appending := say("%s, the leader of term %d, appended it at index %d, the next one of its log", s.Service, n.Term,
		n.Index)
	op := e.Operation(s.Attribute(kvspans.KVRequestIDKey).AsString())
	switch {
	case op == nil && e.Is(s, spans.RoleChangeID):
		return one(tell(at, "%s had become the leader of term %d, and began with a no-op at index %d, the next one of its "+
			"log (§8).", s.Service, n.Term, n.Index))
	case op == nil:
		return one(tell(at, "%s, for %s; the trace lacks the span of that.", appending, explain.RequestOf(s)))
	}
	steps := one(tell(e.Begin(op), "%s began its request %s: %s.", op.Service, explain.OrdinalOf(op),
		explain.OperationOf(op)))
	if try := e.Span(s.Parent); try != nil && integer(try, kvspans.KVTryKey) > 1 {
		steps = append(steps, tell(e.Begin(try), "It asked %s, its try %s of the same request.", s.Service, shown(try,
			kvspans.KVTryKey)))
	}
	return append(steps, tell(at, "%s.", appending))
}

// arrival says how a follower got an entry: which messages with it were lost or refused, and which was not.
func (e *raft) arrival(n entry, node string) []step {
	if !e.Is(n.By, spans.AppendEntriesServerID) {
		return nil // it made it itself
	}
	leader, term := peerOf(n.By), termOf(n.By)
	var steps []step
	for s := range e.appends(leader, node, term) {
		switch {
		case s.Start.After(n.By.End), s.ID == n.By.Parent:
		case rejected(s) && !s.End.After(n.By.End):
			why := e.refused(s)
			steps = append(steps, tell(e.End(s), "An AppendEntries from %s came back: %s.%s", leader, why, e.wentBack(s)).
				Because(why))
		case carries(s, n.Index) && !accepted(s):
			steps = append(steps, because(e.cameToNothing(s), e.Begin(s), "%s sent it to %s in vain", leader, node))
		}
	}
	steps = append(explain.ByTime(steps), e.sentTheSame(leader, node, term)...)
	if carrier := e.Span(n.By.Parent); carrier != nil {
		steps = append(steps, e.carried(carrier, n, len(steps) > 0))
	}
	if prevOf(n.By) == 0 {
		return append(steps, tell(n.At, "%s's AppendEntries with it arrived. It begins with index 1, so that there is "+
			"nothing before it to compare, and it was appended.", leader))
	}
	return append(steps, tell(n.At, "%s's AppendEntries with it arrived. It follows on index %d, where %s had the same "+
		"entry, so that it was appended (§5.3).", leader, prevOf(n.By), node))
}

// wentBack says that a leader which was refused at once sent something from further back in its log.
func (e *raft) wentBack(refused *span.Span) sentence {
	for s := range e.appends(refused.Service, peerOf(refused), termOf(refused)) {
		if explain.BeginsAsEnds(s, refused) && s.ID != refused.ID && prevOf(s) < prevOf(refused) {
			return say(" So %s went back in its log, and sent what follows on index %d (§5.3).", s.Service, prevOf(s)).
				On(e.Begin(s))
		}
	}
	return sentence{}
}

// carried says when an entry was sent with the AppendEntries that brought it, and what it had waited for.
func (e *raft) carried(carrier *span.Span, n entry, again bool) step {
	leader, peer, begin := carrier.Service, peerOf(carrier), e.Begin(carrier)
	ailing := e.Ailing(peer, carrier.Start)
	if again {
		return tell(begin, "%s sent it to %s again%s.", leader, peer, ailing)
	}
	s, appended := e.makerOf(n)
	if s == nil || s.Service != leader || !appended.At.Before(carrier.Start) ||
		explain.HappensAsBegins(s, appended, carrier) {
		return tell(begin, "%s sent it to %s%s.", leader, peer, ailing)
	}
	sent := tell(begin, "%s sent it to %s, %s after it had appended it", leader, peer, explain.Between(e.When(s, appended),
		begin))
	if why := e.waitedFor(leader, peer, termOf(carrier), appended.At, carrier); why.Text != "" {
		sent.Sentence = sent.Then(": %s", why)
		sent = sent.Held(Window)
	}
	sent.Sentence = sent.Then("%s.", ailing)
	return sent
}

// applying says how a server learned that an entry is committed.
func (e *raft) applying(n entry, applied *span.Span) (steps []step) {
	commit, at := e.Span(applied.Parent), e.End(applied)
	what := fmt.Sprintf("applied index %d: %s.", n.Index, e.AppliedSaid(applied))
	if commit == nil {
		return one(tell(at, "It %s How it learned that it is committed the trace does not tell.", what))
	}
	for s := range e.Of(applied.Service, spans.StartID) {
		if e.Since(s.Start) > n.At.At && s.Start.Before(applied.End) {
			steps = append(steps, tell(e.Begin(s), "%s started again. What it had applied was gone, and is applied anew.",
				applied.Service))
		}
	}
	how, by := tell(at, "It moved its commit index to %d, and %s", toOf(commit), what), applied
	told := e.Span(commit.Parent)
	switch {
	case leads(commit): // told with how it was committed
		how, by = tell(at, "It had found so itself, as the leader. So it %s", what), commit
	case told != nil && traces.IsReceiver(told):
		how, by = tell(at, "%s's %s told it that everything up to index %d is committed. So it %s", peerOf(told),
			e.Message(told), toldOf(told), what).Resting(e.End(told)), told
	}
	how.ID = by.ID
	steps = append(steps, how.Resting(e.End(commit)))
	if leads(commit) {
		return steps
	}
	return append(steps, e.brokenByCommit(commit)...)
}

// replaced says what became of an entry that was there until a moment.
func (e *raft) replaced(h *stay, until moment, node string) (steps []step) {
	if s, appended := e.makerOf(h.Entry); s != nil {
		whom := ""
		if e.Operation(s.Attribute(kvspans.KVRequestIDKey).AsString()) != nil {
			whom = " for " + explain.RequestOf(s)
		}
		steps = one(tell(e.When(s, appended), "%s appended it as the leader of term %d%s.", s.Service, h.Term, whom))
		if s.Service != node {
			steps = append(steps, tell(h.At, "%s got it from %s.", node, peerOf(h.By)))
		}
		steps = append(steps, e.notCommitted(h.Entry, e.Epoch().Add(until.At))...)
	}
	return append(explain.ByTime(steps), e.removed(h, node)...)
}

// removed says why an entry was removed, and whether that was allowed.
func (e *raft) removed(h *stay, node string) []step {
	if h.Removed == nil {
		return one(tell(h.At, "How it was removed the trace does not tell.").Kept(explain.NotInTrace))
	}
	at := e.End(h.Removed)
	leader := fmt.Sprintf("%s, the leader of term %d, had another entry", peerOf(h.Removed), termOf(h.Removed))
	const conflicts = "before it, and what conflicts with the leader's log is removed with all that follows (§5.3)."
	var why step
	switch v := e.violatedBy(h.Removed); {
	case !accepted(h.Removed):
		why = tell(at, "%s said then that its log ended before index %d. How it lost what was there the trace does not tell.",
			node, h.Index).Kept(explain.NotInTrace)
	case carries(h.Removed, h.Index):
		why = tell(at, "%s replaced it: %s there, and a leader's log is the one that counts (§5.3).", node, leader).
			Held(LeaderLog)
	case v != nil:
		why = tell(at, "%s was to remove it: %s %s No span shows that it did: the invariant %s did not hold after that.",
			node, leader, conflicts, shown(v, worldspans.RaftkvInvariantKey)).Resting(e.Begin(v)).Held(LeaderLog)
	default:
		why = tell(at, "%s removed it: %s %s", node, leader, conflicts).Held(LeaderLog)
	}
	for s := range e.Of("", spans.ApplyID) {
		if e.applies(s, h.Entry) {
			return []step{why, tell(e.End(s), "%s had applied it at %s.", s.Service, e.End(s)).Breaks(CommittedStays)}
		}
	}
	return []step{why, tell(at, "The trace has no server that applied it.")}
}
