package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// howCommitted says which leader found an entry to be on a majority, and which rules that broke, if any.
func (e *raft) howCommitted(c *state.Commitment, index int64) []explain.Step {
	s := c.Commit
	by, to := words.AndList(explain.List(s, spans.RaftCommitAcknowledgedByKey)), integer(s, spans.RaftCommitToKey)
	broken := e.brokenByCommit(s)
	said := say("%s, the leader of term %d", s.Service, state.Term(s))
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

// notCommitted says what kept an entry from being committed until a time: under each leader that had it, and how
// others could lead without it.
func (e *raft) notCommitted(n state.Entry, index int64, until time.Time) (steps []explain.Step) {
	const most = 4 // leaders without it
	without := 0
	for _, l := range e.LeaderTerms() {
		if l.Election.End.After(until) || l.Term < n.Term {
			continue
		}
		if until.Before(l.Until) {
			l.Until = until
		}
		if at, ok := e.LogOf(l.Node, l.Until).At(index); ok && at.Same(n) {
			steps = append(steps, e.notCommittedUnder(&l, at, index)...)
		} else if l.Term > n.Term && without < most && !e.LogOf(l.Node, l.Election.End).Has(n, index) {
			without++
			steps = append(steps, e.electedWithout(&l, n, index)...)
		}
	}
	if len(steps) == 0 {
		steps = append(steps, step(n.At, "The trace does not tell: it has no leader that had it.").Kept(explain.NotInTrace))
	}
	return steps
}

// known are the servers that a leader knew to have an index, itself included, in their order, and when it knew of the
// last of them, or of the last that it takes for a majority.
func (e *raft) known(l *state.LeaderTerm, index int64, since explain.Moment) (nodes []string, last,
	decisive explain.Moment,
) {
	nodes, last, decisive = []string{l.Node}, since, since
	for _, a := range e.Acks(l, index) {
		nodes, last = append(nodes, a.Peer), latest(last, a.At)
		if len(nodes) == state.Quorum(l.Election) {
			decisive = a.At
		}
	}
	explain.SortProcesses(nodes)
	return nodes, last, decisive
}

func latest(a, b explain.Moment) explain.Moment {
	if b.At > a.At {
		return b
	}
	return a
}

// notCommittedUnder says what kept a leader from committing an entry that it had.
func (e *raft) notCommittedUnder(l *state.LeaderTerm, n state.Entry, index int64) []explain.Step {
	known, last, decisive := e.known(l, index, latest(n.At, e.End(l.Election)))
	who, had := fmt.Sprintf("%s, the leader of term %d", l.Node, l.Term), words.AndList(known)
	switch {
	case len(known) < state.Quorum(l.Election):
		steps := []explain.Step{step(last, "%s %s, knew that %s had it: %d of the %d that it takes (§5.3).", who,
			e.endSaid(l), had, len(known), state.Quorum(l.Election)).Held(Copies)}
		for _, peer := range e.Nodes {
			if !slices.Contains(known, peer) {
				late := func(s *span.Span) bool { return !s.End.Before(l.Until) }
				steps = append(steps, e.vainCopy(l, n, index, peer, late))
			}
		}
		return explain.ByTime(steps)
	case n.Term == l.Term:
		return []explain.Step{step(decisive, "%s, knew that %s had it, a majority; the trace has no commit of it, and does "+
			"not tell why.", who, had).Kept(explain.NotInTrace)}
	}
	return []explain.Step{
		step(decisive,
			"%s%s, knew that %s had it, a majority. That is not enough to commit it: it is of "+
				"term %d, and a leader commits by counting copies only what is of its own term; what stands before that is "+
				"committed with it (§5.4.2, Figure 8).", e.majorityHeld(n, index, l), who, had, n.Term).Held(OwnTerm),
		e.ownEntry(l, index),
	}
}

// majorityHeld says from when on a majority held an entry, whoever knew.
func (e *raft) majorityHeld(n state.Entry, index int64, l *state.LeaderTerm) explain.Sentence {
	var since []explain.Moment
	for _, node := range e.Nodes {
		if held, ok := e.LogOf(node, l.Until).At(index); ok && held.Same(n) {
			since = append(since, held.At)
		}
	}
	slices.SortFunc(since, func(a, b explain.Moment) int { return int(a.At - b.At) })
	if len(since) < state.Quorum(l.Election) {
		return explain.Sentence{}
	}
	return say("From %s a majority held it. ", since[state.Quorum(l.Election)-1])
}

// ownEntry says what a leader had of its own term behind an index, which would have been committed by counting.
func (e *raft) ownEntry(l *state.LeaderTerm, index int64) explain.Step {
	log := e.LogOf(l.Node, l.Until)
	for i := index + 1; i <= int64(len(log)); i++ {
		if own, ok := log.At(i); ok && own.Term == l.Term {
			known, last, _ := e.known(l, i, own.At)
			return step(last, "The first entry of its own term was index %d; %s, %s had that: %d of the %d that it takes "+
				"(§5.3).", i, e.endSaid(l), words.AndList(known), len(known), state.Quorum(l.Election)).Resting(own.At).Held(Copies)
		}
	}
	return step(e.EndOf(l), "%s it had no entry of term %d behind it in its log (§5.4.2).", e.endSaid(l).Capital(),
		l.Term).Resting(e.End(l.Election)).Held(OwnTerm)
}

// electedWithout says how a server could become the leader without an entry.
func (e *raft) electedWithout(l *state.LeaderTerm, n state.Entry, index int64) []explain.Step {
	list, _ := e.VoteReplies(l.Election)
	var had, others []string
	var last explain.Sentence // what its log was like
	var broken []explain.Step
	var rests []explain.Moment
	for _, b := range list {
		if !b.Granted || b.Answer == nil || b.Arrived.End.After(l.Election.End) {
			continue
		}
		last = say("%s", logEnd(state.LastEntry(b.Call))).On(e.Begin(b.Call))
		rests = append(rests, e.End(b.Answer))
		if voter := peerOf(b.Call); e.LogOf(voter, b.Answer.End).Has(n, index) {
			had = append(had, voter)
		} else {
			others = append(others, voter)
		}
		_, wrong := e.whyGranted(&b)
		broken = append(broken, wrong...)
	}
	explain.SortProcesses(had)
	explain.SortProcesses(others)
	became := fmt.Sprintf("%s became the leader of term %d without it", l.Node, l.Term)
	switch at := e.End(l.Election); {
	case len(broken) > 0:
		return append([]explain.Step{step(at, "%s.", became)}, broken...)
	case len(rests) == 0:
		return nil
	case len(had) == 0:
		return []explain.Step{step(at, "%s: %s voted for it, and did not have it either (§5.4.1).", became,
			words.AndList(others)).Resting(rests...).Held(UpToDate)}
	default:
		return []explain.Step{step(at, "%s. %s had it, and voted for %s: its log, %s, was no less up to date. The term of "+
			"the last entry counts, and not how many have an entry (§5.4.1).", became, words.AndList(had), l.Node, last).
			Resting(rests...).Held(UpToDate)}
	}
}
