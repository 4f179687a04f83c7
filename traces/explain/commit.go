package explain

import (
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// commitment is a leader's commit of an index, and the entry that its log had there.
type commitment struct {
	commit *traces.Span
	entry  entry
	ok     bool // the trace tells the entry
}

// commitments are the leaders' commits of an index, in the order of time.
func (e *Explainer) commitments(index int64) []commitment {
	var list []commitment
	for s := range e.of("", spans.CommitName) {
		if isLeading(s) && integer(s, spans.RaftCommitFromKey) < index && index <= integer(s, spans.RaftCommitToKey) {
			n, ok := e.logOf(s.Service, s.End).at(index)
			list = append(list, commitment{s, n, ok})
		}
	}
	slices.SortStableFunc(list, func(a, b commitment) int { return a.commit.End.Compare(b.commit.End) })
	return list
}

// commitOf is the first commit of an entry, and instead that of another entry at its index; nil for none.
func (e *Explainer) commitOf(n entry, index int64) (its, instead *commitment) {
	for _, c := range e.commitments(index) {
		switch {
		case (!c.ok || c.entry.same(n)) && its == nil:
			its = &c
		case c.ok && !c.entry.same(n) && instead == nil:
			instead = &c
		}
	}
	return its, instead
}

// howCommitted says which leader found an entry to be on a majority, and which rules that broke, if any.
func (e *Explainer) howCommitted(c *commitment, index int64) []ExplanationStep {
	s := c.commit
	by, to := words.AndList(shownList(s, spans.RaftCommitAcknowledgedByKey)), integer(s, spans.RaftCommitToKey)
	said := step(e.end(s), "%s, the leader of term %d, knew that %s had it, a majority, and committed it.", s.Service,
		termOf(s), by)
	switch broken := e.brokenByCommit(s); {
	case len(broken) > 0:
		said = step(e.end(s), "%s, the leader of term %d, knew that %s had what is up to index %d, and committed up to "+
			"there.", s.Service, termOf(s), by, to)
	case by == "":
		said = step(e.end(s), "%s, the leader of term %d, committed up to index %d; who had that the trace does not tell.",
			s.Service, termOf(s), to)
	case to > index:
		said = step(e.end(s), "%s, the leader of term %d, committed index %d, which %s had, a majority, and with it "+
			"index %d, which stands before that.", s.Service, termOf(s), to, by, index)
	}
	return append([]ExplanationStep{said}, e.brokenByCommit(s)...)
}

// lastStart is when a server started last before a time: what it knew of its leader it did not know any more then.
func (e *Explainer) lastStart(node string, until time.Time) (started time.Time) {
	for s := range e.of(node, spans.StartName) {
		if !s.Start.After(until) {
			started = s.Start
		}
	}
	return started
}

// match is how far a follower's log was known to equal its leader's from a time on.
type match struct {
	since time.Time
	index int64
	at    Moment // which shows it
}

// matches is how far a follower's log was known to equal that of a term's leader, each time that it became more; a
// start begins anew.
func (e *Explainer) matches(node, leader string, term int64) []match {
	var list []match
	for s := range e.of(node, spans.AppendEntriesServerName, spans.StartName) {
		if s.Name == spans.StartName {
			list = append(list, match{since: s.Start})
			continue
		}
		if isA(s, spans.AppendEntriesServerName, trace.SpanKindServer) && hasReplied(s, protocol.AppendEntriesOk{}) &&
			termOf(s) == term && peerOf(s) == leader &&
			(len(list) == 0 || integer(s, spans.RaftMatchIndexKey) > list[len(list)-1].index) {
			list = append(list, match{s.End, integer(s, spans.RaftMatchIndexKey), e.end(s)})
		}
	}
	return list
}

// matchBy is the last of matches by a time, and the moment that shows it; 0 if there is none.
func matchBy(list []match, until time.Time) (index int64, at Moment) {
	for _, m := range list {
		if m.since.After(until) {
			break
		}
		index, at = m.index, m.at
	}
	return index, at
}

// matchWith is how far a follower's log was known to equal that of a term's leader at a time.
func (e *Explainer) matchWith(node, leader string, term int64, until time.Time) (index int64, at Moment) {
	return matchBy(e.matches(node, leader, term), until)
}

// notified is the highest index that a term's leader had told a follower to be committed, by a time.
func (e *Explainer) notified(node, leader string, term int64, until time.Time) (index int64, at []Moment) {
	started := e.lastStart(node, until)
	for s := range e.of(node, spans.AppendEntriesServerName, spans.CommitNotificationConsumerName) {
		told := isA(s, spans.AppendEntriesServerName, trace.SpanKindServer) && hasReplied(s, protocol.AppendEntriesOk{}) ||
			isA(s, spans.CommitNotificationConsumerName, trace.SpanKindConsumer)
		if told && termOf(s) == term && peerOf(s) == leader && !s.End.After(until) && s.End.After(started) &&
			integer(s, spans.RaftLeaderCommitKey) > index {
			index, at = integer(s, spans.RaftLeaderCommitKey), []Moment{e.end(s)}
		}
	}
	return index, at
}

// notCommitted says what kept an entry from being committed until a time: under each leader that had it, and how
// others could lead without it.
func (e *Explainer) notCommitted(n entry, index int64, until time.Time) []ExplanationStep {
	const most = 4 // leaders without it
	var steps []ExplanationStep
	without := 0
	for _, l := range e.leaderTerms() {
		if l.election.End.After(until) || l.term < n.term {
			continue
		}
		l.until = earlier(l.until, until)
		if at, ok := e.logOf(l.node, l.until).at(index); ok && at.same(n) {
			steps = append(steps, e.notCommittedUnder(&l, at, index)...)
			continue
		}
		if at, ok := e.logOf(l.node, l.election.End).at(index); l.term > n.term && without < most && (!ok || !at.same(n)) {
			without++
			steps = append(steps, e.electedWithout(&l, n, index)...)
		}
	}
	if len(steps) == 0 {
		steps = append(steps, step(n.at, "The trace does not tell: it has no leader that had it.").because(kept(NotInTrace,
			n.at, Sentence{})))
	}
	return steps
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// notCommittedUnder says what kept a leader from committing an entry that it had.
func (e *Explainer) notCommittedUnder(l *leaderTerm, n entry, index int64) []ExplanationStep {
	acks, known := e.acks(l, index), []string{l.node}
	had := latest(n.at, e.end(l.election))
	decisive := had
	for _, a := range acks {
		known = append(known, a.peer)
		had = had.with(a.at)
		if len(known) == quorum(l.election) {
			decisive = a.at
		}
	}
	slices.SortFunc(known, traces.CompareProcesses)
	if len(known) < quorum(l.election) {
		steps := []ExplanationStep{step(had, "%s, the leader of term %d %s, knew that %s had it: %d of the %d that it "+
			"takes (§5.3).",
			l.node, l.term, e.endSaid(l), words.AndList(known), len(known), quorum(l.election)).held(RuleCopies)}
		return byTime(append(steps, e.vainCopies(l, n, index)...))
	}
	if n.term == l.term {
		return []ExplanationStep{step(decisive, "%s, the leader of term %d, knew that %s had it, a majority; the trace "+
			"has no commit of it, and does not tell why.", l.node, l.term, words.AndList(known)).
			because(kept(NotInTrace, decisive, Sentence{}))}
	}
	held := e.majorityHeld(n, index, l)
	steps := []ExplanationStep{step(decisive, "%s%s, the leader of term %d, knew that %s had it, a majority. That is "+
		"not enough to commit it: it is of term %d, and a leader commits by counting copies only what is of its own "+
		"term; what stands before that is committed with it (§5.4.2, Figure 8).",
		held, l.node, l.term, words.AndList(known), n.term).held(RuleOwnTerm)}
	return append(steps, e.ownEntry(l, index))
}

// with is the later of two moments.
func (m Moment) with(other Moment) Moment { return latest(m, other) }

func latest(a, b Moment) Moment {
	if b.At > a.At {
		return b
	}
	return a
}

// majorityHeld says from when on a majority held an entry, whoever knew.
func (e *Explainer) majorityHeld(n entry, index int64, l *leaderTerm) Sentence {
	var since []Moment
	for _, node := range e.nodes {
		if held, ok := e.logOf(node, l.until).at(index); ok && held.same(n) {
			since = append(since, held.at)
		}
	}
	slices.SortFunc(since, func(a, b Moment) int { return int(a.At - b.At) })
	if len(since) < quorum(l.election) {
		return Sentence{}
	}
	from := since[quorum(l.election)-1]
	return say("From %s a majority held it. ", from)
}

// ownEntry says what a leader had of its own term behind an index, which would have been committed by counting.
func (e *Explainer) ownEntry(l *leaderTerm, index int64) ExplanationStep {
	log := e.logOf(l.node, l.until)
	for i := index + 1; i <= int64(len(log.entries)); i++ {
		own, ok := log.at(i)
		if !ok || own.term != l.term {
			continue
		}
		known := []string{l.node}
		at := own.at
		for _, a := range e.acks(l, i) {
			known, at = append(known, a.peer), at.with(a.at)
		}
		slices.SortFunc(known, traces.CompareProcesses)
		return step(at, "The first entry of its own term was index %d; %s, %s had that: %d of the %d that it takes "+
			"(§5.3).", i, e.endSaid(l), words.AndList(known), len(known), quorum(l.election)).resting(own.at).held(RuleCopies)
	}
	return step(l.endMoment(e), "%s it had no entry of term %d behind it in its log (§5.4.2).", e.endSaid(l).capital(),
		l.term).resting(e.end(l.election)).held(RuleOwnTerm)
}

// electedWithout says how a server could become the leader without an entry.
func (e *Explainer) electedWithout(l *leaderTerm, n entry, index int64) []ExplanationStep {
	list, _ := e.voteReplies(l.election)
	var had, others []string
	var last *traces.Span
	var broken []ExplanationStep
	var rests []Moment
	for _, b := range list {
		if !b.granted || b.answer == nil || b.arrived.End.After(l.election.End) {
			continue
		}
		last = b.call
		rests = append(rests, e.end(b.answer))
		if held, ok := e.logOf(peerOf(b.call), b.answer.End).at(index); ok && held.same(n) {
			had = append(had, peerOf(b.call))
		} else {
			others = append(others, peerOf(b.call))
		}
		_, wrong := e.whyGranted(&b, false)
		broken = append(broken, wrong...)
	}
	slices.SortFunc(had, traces.CompareProcesses)
	slices.SortFunc(others, traces.CompareProcesses)
	switch {
	case len(broken) > 0:
		return append([]ExplanationStep{step(e.end(l.election), "%s became the leader of term %d without it.", l.node,
			l.term)}, broken...)
	case last == nil:
		return nil
	case len(had) == 0:
		return []ExplanationStep{step(e.end(l.election), "%s became the leader of term %d without it: %s voted for it, "+
			"and did not have it either (§5.4.1).", l.node, l.term, words.AndList(others)).resting(rests...).held(RuleUpToDate)}
	}
	return []ExplanationStep{step(e.end(l.election), "%s became the leader of term %d without it. %s had it, and "+
		"voted for %s: its log, %s, was no less up to date. The term of the last entry counts, and not how many have an "+
		"entry (§5.4.1).",
		l.node, l.term, words.AndList(had), l.node, logSaid(last)).resting(rests...).resting(e.begin(last)).held(RuleUpToDate)}
}

// vainCopies says for each other server why an entry did not come to it, or its acknowledgement not back, from a
// leader.
func (e *Explainer) vainCopies(l *leaderTerm, n entry, index int64) []ExplanationStep {
	first, count, acked := map[string]*traces.Span{}, map[string]int64{}, map[string]bool{l.node: true}
	for _, a := range e.acks(l, index) {
		acked[a.peer] = true
	}
	for s := range e.of(l.node, spans.AppendEntriesClientName) {
		if !isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) || termOf(s) != l.term || s.Start.After(l.until) ||
			e.since(s.End) < n.at.At || acked[peerOf(s)] ||
			hasReplied(s, protocol.AppendEntriesOk{}) && s.End.Before(l.until) {
			continue
		}
		if was := first[peerOf(s)]; was == nil || about(s, index) > about(was, index) ||
			about(s, index) == about(was, index) && s.Start.Before(was.Start) {
			first[peerOf(s)] = s
		}
		count[peerOf(s)]++
	}
	var steps []ExplanationStep
	for _, peer := range e.nodes {
		switch s := first[peer]; {
		case acked[peer]:
		case s == nil:
			steps = append(steps, e.notSent(l, n, peer))
		default:
			steps = append(steps, e.vainCopy(s, index, count[peer]))
		}
	}
	return steps
}

// about says how much an AppendEntries has to do with an entry: it has it, it asks whether the follower does, or
// neither.
func about(s *traces.Span, index int64) int {
	switch {
	case carries(s, index):
		return 2
	case integer(s, spans.RaftPrevLogIndexKey) >= index:
		return 1
	}
	return 0
}

// vainCopy says why the first AppendEntries of some to a follower came to nothing.
func (e *Explainer) vainCopy(s *traces.Span, index, count int64) ExplanationStep {
	peer, why := peerOf(s), e.cameToNothing(s)
	times := ""
	if count > 1 {
		times = fmt.Sprintf(" (the first of %d AppendEntries that came to nothing)", count)
	}
	switch about(s, index) {
	case 2:
		return step(e.begin(s), "It was sent to %s in vain: %s%s.", peer, why.Sentence, times).because(why)
	case 1:
		return step(e.begin(s), "%s was asked in vain whether its log goes as far as that: %s%s.", peer, why.Sentence,
			times).because(why)
	}
	return step(e.begin(s), "It was not sent to %s: what came before it was, in vain: %s%s.", peer, why.Sentence,
		times).because(why)
}
