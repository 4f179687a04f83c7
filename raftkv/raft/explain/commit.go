package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// commitment is a leader's commit of an index, and the entry that its log had there.
type commitment struct {
	commit *explain.Span
	entry  entry
	ok     bool // the trace tells the entry
}

// commitOf is the first commit of an entry, and instead that of another entry at its index; nil for none.
func (e *raft) commitOf(n entry, index int64) (its, instead *commitment) {
	var list []commitment
	for s := range e.Of("", spans.CommitID) {
		if isLeading(s) && commits(s, index) {
			n, ok := e.logOf(s.Service, s.End).at(index)
			list = append(list, commitment{s, n, ok})
		}
	}
	slices.SortStableFunc(list, func(a, b commitment) int { return a.commit.End.Compare(b.commit.End) })
	for _, c := range list {
		switch same := !c.ok || c.entry.same(n); {
		case same && its == nil:
			its = &c
		case !same && instead == nil:
			instead = &c
		}
	}
	return its, instead
}

// howCommitted says which leader found an entry to be on a majority, and which rules that broke, if any.
func (e *raft) howCommitted(c *commitment, index int64) []explain.Step {
	s := c.commit
	by, to := words.AndList(explain.List(s, spans.RaftCommitAcknowledgedByKey)), integer(s, spans.RaftCommitToKey)
	broken := e.brokenByCommit(s)
	said := say("%s, the leader of term %d", s.Service, termOf(s))
	switch {
	case len(broken) > 0:
		said = said.Then(", knew that %s had what is up to index %d, and committed up to there.", by, to)
	case by == "":
		said = said.Then(", committed up to index %d; who had that the trace does not tell.", to)
	case to > index:
		said = said.Then(", committed index %d, which %s had, a majority, and with it index %d, which stands before that.",
			to, by, index)
	default:
		said = said.Then(", knew that %s had it, a majority, and committed it.", by)
	}
	return append([]explain.Step{step(e.End(s), "%s", said)}, broken...)
}

// lastStart is when a server started last before a time: what it knew of its leader it did not know any more then.
func (e *raft) lastStart(node string, until time.Time) (started time.Time) {
	for s := range e.Of(node, spans.StartID) {
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
	at    explain.Moment // which shows it
}

// matches is how far a follower's log was known to equal that of a term's leader, each time that it became more; a
// start begins anew.
func (e *raft) matches(node, leader string, term int64) (list []match) {
	for s := range e.Of(node, spans.AppendEntriesServerID, spans.StartID) {
		index := integer(s, spans.RaftMatchIndexKey)
		switch {
		case e.Is(s, spans.StartID):
			list = append(list, match{since: s.Start})
		case hasReplied(s, protocol.AppendEntriesOk{}) && termOf(s) == term && peerOf(s) == leader &&
			(len(list) == 0 || index > list[len(list)-1].index):
			list = append(list, match{s.End, index, e.End(s)})
		}
	}
	return list
}

// matchBy is the last of matches by a time, and the moment that shows it; 0 if there is none.
func matchBy(list []match, until time.Time) (index int64, shown []explain.Moment) {
	for _, m := range list {
		if m.since.After(until) {
			break
		}
		index, shown = m.index, []explain.Moment{m.at}
	}
	if index == 0 {
		return 0, nil
	}
	return index, shown
}

// matchWith is how far a follower's log was known to equal that of a term's leader at a time.
func (e *raft) matchWith(node, leader string, term int64, until time.Time) (index int64, shown []explain.Moment) {
	return matchBy(e.matches(node, leader, term), until)
}

// notCommitted says what kept an entry from being committed until a time: under each leader that had it, and how
// others could lead without it.
func (e *raft) notCommitted(n entry, index int64, until time.Time) (steps []explain.Step) {
	const most = 4 // leaders without it
	without := 0
	for _, l := range e.leaderTerms() {
		if l.election.End.After(until) || l.term < n.term {
			continue
		}
		if until.Before(l.until) {
			l.until = until
		}
		if at, ok := e.logOf(l.node, l.until).at(index); ok && at.same(n) {
			steps = append(steps, e.notCommittedUnder(&l, at, index)...)
		} else if l.term > n.term && without < most && !e.logOf(l.node, l.election.End).has(n, index) {
			without++
			steps = append(steps, e.electedWithout(&l, n, index)...)
		}
	}
	if len(steps) == 0 {
		steps = append(steps, step(n.at, "The trace does not tell: it has no leader that had it.").Kept(explain.NotInTrace))
	}
	return steps
}

// known are the servers that a leader knew to have an index, itself included, in their order, and when it knew of the
// last of them, or of the last that it takes for a majority.
func (e *raft) known(l *leaderTerm, index int64, since explain.Moment) (nodes []string, last, decisive explain.Moment) {
	nodes, last, decisive = []string{l.node}, since, since
	for _, a := range e.acks(l, index) {
		nodes, last = append(nodes, a.peer), latest(last, a.at)
		if len(nodes) == quorum(l.election) {
			decisive = a.at
		}
	}
	slices.SortFunc(nodes, traces.CompareProcesses)
	return nodes, last, decisive
}

func latest(a, b explain.Moment) explain.Moment {
	if b.At > a.At {
		return b
	}
	return a
}

// notCommittedUnder says what kept a leader from committing an entry that it had.
func (e *raft) notCommittedUnder(l *leaderTerm, n entry, index int64) []explain.Step {
	known, last, decisive := e.known(l, index, latest(n.at, e.End(l.election)))
	who, had := fmt.Sprintf("%s, the leader of term %d", l.node, l.term), words.AndList(known)
	switch {
	case len(known) < quorum(l.election):
		steps := []explain.Step{step(last, "%s %s, knew that %s had it: %d of the %d that it takes (§5.3).", who,
			e.endSaid(l), had, len(known), quorum(l.election)).Held(Copies)}
		for _, peer := range e.nodes {
			if !slices.Contains(known, peer) {
				late := func(s *explain.Span) bool { return !s.End.Before(l.until) }
				steps = append(steps, e.vainCopy(l, n, index, peer, late))
			}
		}
		return explain.ByTime(steps)
	case n.term == l.term:
		return []explain.Step{step(decisive, "%s, knew that %s had it, a majority; the trace has no commit of it, and does "+
			"not tell why.", who, had).Kept(explain.NotInTrace)}
	}
	return []explain.Step{step(decisive, "%s%s, knew that %s had it, a majority. That is not enough to commit it: it is of "+
		"term %d, and a leader commits by counting copies only what is of its own term; what stands before that is "+
		"committed with it (§5.4.2, Figure 8).", e.majorityHeld(n, index, l), who, had, n.term).Held(OwnTerm),
		e.ownEntry(l, index)}
}

// majorityHeld says from when on a majority held an entry, whoever knew.
func (e *raft) majorityHeld(n entry, index int64, l *leaderTerm) explain.Sentence {
	var since []explain.Moment
	for _, node := range e.nodes {
		if held, ok := e.logOf(node, l.until).at(index); ok && held.same(n) {
			since = append(since, held.at)
		}
	}
	slices.SortFunc(since, func(a, b explain.Moment) int { return int(a.At - b.At) })
	if len(since) < quorum(l.election) {
		return explain.Sentence{}
	}
	return say("From %s a majority held it. ", since[quorum(l.election)-1])
}

// ownEntry says what a leader had of its own term behind an index, which would have been committed by counting.
func (e *raft) ownEntry(l *leaderTerm, index int64) explain.Step {
	log := e.logOf(l.node, l.until)
	for i := index + 1; i <= int64(len(log)); i++ {
		if own, ok := log.at(i); ok && own.term == l.term {
			known, last, _ := e.known(l, i, own.at)
			return step(last, "The first entry of its own term was index %d; %s, %s had that: %d of the %d that it takes "+
				"(§5.3).", i, e.endSaid(l), words.AndList(known), len(known), quorum(l.election)).Resting(own.at).Held(Copies)
		}
	}
	return step(e.endMoment(l), "%s it had no entry of term %d behind it in its log (§5.4.2).", e.endSaid(l).Capital(),
		l.term).Resting(e.End(l.election)).Held(OwnTerm)
}

// electedWithout says how a server could become the leader without an entry.
func (e *raft) electedWithout(l *leaderTerm, n entry, index int64) []explain.Step {
	list, _ := e.voteReplies(l.election)
	var had, others []string
	var last explain.Sentence // what its log was like
	var broken []explain.Step
	var rests []explain.Moment
	for _, b := range list {
		if !b.granted || b.answer == nil || b.arrived.End.After(l.election.End) {
			continue
		}
		last = say("%s", logEnd(lastEntry(b.call))).On(e.Begin(b.call))
		rests = append(rests, e.End(b.answer))
		if voter := peerOf(b.call); e.logOf(voter, b.answer.End).has(n, index) {
			had = append(had, voter)
		} else {
			others = append(others, voter)
		}
		_, wrong := e.whyGranted(&b)
		broken = append(broken, wrong...)
	}
	slices.SortFunc(had, traces.CompareProcesses)
	slices.SortFunc(others, traces.CompareProcesses)
	became := fmt.Sprintf("%s became the leader of term %d without it", l.node, l.term)
	switch at := e.End(l.election); {
	case len(broken) > 0:
		return append([]explain.Step{step(at, "%s.", became)}, broken...)
	case len(rests) == 0:
		return nil
	case len(had) == 0:
		return []explain.Step{step(at, "%s: %s voted for it, and did not have it either (§5.4.1).", became,
			words.AndList(others)).Resting(rests...).Held(UpToDate)}
	default:
		return []explain.Step{step(at, "%s. %s had it, and voted for %s: its log, %s, was no less up to date. The term of "+
			"the last entry counts, and not how many have an entry (§5.4.1).", became, words.AndList(had), l.node, last).
			Resting(rests...).Held(UpToDate)}
	}
}
