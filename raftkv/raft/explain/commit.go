package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// howCommitted says which leader found an entry to be on a majority, and which rules that broke, if any; nothing of one
// that was not committed.
func (e *raft) howCommitted(c *commitment, index int64) []step {
	if c == nil {
		return nil
	}
	by, to := words.AndList(explain.List(c.by, spans.RaftCommitAcknowledgedByKey)), toOf(c.by)
	broken := e.brokenByCommit(c.by)
	said := say("%s, the leader of term %d", c.by.Service, termOf(c.by))
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
	return append(one(tell(e.End(c.by), "%s", said)), broken...)
}

// notCommittedInstead says why an entry was not committed, and what was in its place; nothing of one that was.
func (e *raft) notCommittedInstead(n entry, its, instead *commitment) []step {
	switch {
	case its != nil:
		return nil
	case instead == nil:
		return e.notCommitted(n, e.Last().End)
	}
	c, upTo := instead.by, ""
	if toOf(c) > n.Index {
		upTo = fmt.Sprintf("index %d, and with it ", toOf(c))
	}
	return append(e.notCommitted(n, c.End), tell(e.End(c), "%s, the leader of term %d, committed %sanother entry at "+
		"index %d: %s of term %d.", c.Service, termOf(c), upTo, n.Index, instead.entry.Text(), instead.entry.Term).
		Resting(instead.entry.At))
}

// ruledOut is the rule that kept an entry on a majority from being committed, as a sentence of the answer; empty if
// that is not what did.
func ruledOut(steps []step) sentence {
	for _, s := range steps {
		if s.Rule == OwnTerm {
			return say(" A majority held it: what held it back is that it is of an earlier term than the leader's, and may " +
				"not be committed by counting (§5.4.2).").On(s.RestsOn...)
		}
	}
	return sentence{}
}

// notCommitted says what kept an entry from being committed until a time: under each leader that had it, and how
// others could lead without it.
func (e *raft) notCommitted(n entry, until time.Time) (steps []step) {
	const most = 4 // leaders without it
	without := 0
	for _, l := range e.leaderTerms() {
		if l.election.End.After(until) || l.term < n.Term {
			continue
		}
		if until.Before(l.until) {
			l.until = until
		}
		if own, ok := e.logOf(l.node, l.until).Has(n); ok {
			steps = append(steps, e.notCommittedUnder(&l, own)...)
		} else if _, had := e.logOf(l.node, l.election.End).Has(n); l.term > n.Term && without < most && !had {
			without++
			steps = append(steps, e.electedWithout(&l, n)...)
		}
	}
	if len(steps) == 0 {
		return one(e.nobodyHad(n))
	}
	return steps
}

// nobodyHad says that no leader had an entry, as far as the trace tells.
func (e *raft) nobodyHad(n entry) step {
	return tell(n.At, "The trace does not tell: it has no leader that had it.").Kept(explain.NotInTrace)
}

// known are the servers that a leader knew to have an index, itself included, in their order, and when it knew of the
// last of them, or of the last that it takes for a majority.
func (e *raft) known(l *leaderTerm, index int64, since moment) (nodes []string, last, decisive moment) {
	nodes, last, decisive = []string{l.node}, since, since
	for _, a := range e.acks(l, index) {
		nodes, last = append(nodes, a.peer), latest(last, a.at)
		if len(nodes) == quorumOf(l.election) {
			decisive = a.at
		}
	}
	explain.SortProcesses(nodes)
	return nodes, last, decisive
}

func latest(a, b moment) moment {
	if b.At > a.At {
		return b
	}
	return a
}

// notCommittedUnder says what kept a leader from committing an entry that it had.
func (e *raft) notCommittedUnder(l *leaderTerm, n entry) []step {
	known, last, decisive := e.known(l, n.Index, latest(n.At, e.End(l.election)))
	who, had, quorum := fmt.Sprintf("%s, the leader of term %d", l.node,
		l.term), words.AndList(known), quorumOf(l.election)
	_, ended := e.endOf(l)
	switch {
	case len(known) < quorum:
		steps := one(tell(last, "%s %s, knew that %s had it: %d of the %d that it takes (§5.3).", who, ended, had, len(known),
			quorum).Held(Copies))
		for _, peer := range e.nodes {
			if !slices.Contains(known, peer) {
				late := func(s *span.Span) bool { return !s.End.Before(l.until) }
				steps = append(steps, e.vainCopy(l, n, peer, late))
			}
		}
		return explain.ByTime(steps)
	case n.Term == l.term:
		return one(tell(decisive, "%s, knew that %s had it, a majority; the trace has no commit of it, and does not tell "+
			"why.", who, had).Kept(explain.NotInTrace))
	}
	return []step{
		tell(decisive, "%s%s, knew that %s had it, a majority. That is not enough to commit it: it is of term %d, and a "+
			"leader commits by counting copies only what is of its own term; what stands before that is committed with it "+
			"(§5.4.2, Figure 8).", e.majorityHeld(n, l), who, had, n.Term).Held(OwnTerm),
		e.ownEntry(l, n.Index),
	}
}

// majorityHeld says from when on a majority held an entry, whoever knew.
func (e *raft) majorityHeld(n entry, l *leaderTerm) sentence {
	var since []moment
	for _, node := range e.nodes {
		if held, ok := e.logOf(node, l.until).Has(n); ok {
			since = append(since, held.At)
		}
	}
	slices.SortFunc(since, func(a, b moment) int { return int(a.At - b.At) })
	if len(since) < quorumOf(l.election) {
		return sentence{}
	}
	return say("From %s a majority held it. ", since[quorumOf(l.election)-1])
}

// ownEntry says what a leader had of its own term behind an index, which would have been committed by counting.
func (e *raft) ownEntry(l *leaderTerm, index int64) step {
	at, ended := e.endOf(l)
	all := e.logOf(l.node, l.until)
	for i := index + 1; i <= int64(len(all)); i++ {
		if own, ok := all.At(i); ok && own.Term == l.term {
			known, last, _ := e.known(l, i, own.At)
			return tell(last, "The first entry of its own term was index %d; %s, %s had that: %d of the %d that it takes "+
				"(§5.3).", i, ended, words.AndList(known), len(known), quorumOf(l.election)).Resting(own.At).Held(Copies)
		}
	}
	return tell(at, "%s it had no entry of term %d behind it in its log (§5.4.2).", ended.Capital(), l.term).
		Resting(e.End(l.election)).Held(OwnTerm)
}

// electedWithout says how a server could become the leader without an entry.
func (e *raft) electedWithout(l *leaderTerm, n entry) []step {
	list, _ := e.voteReplies(l.election)
	var had, others []string
	var its sentence // what its log was like
	var broken []step
	var rests []moment
	for _, b := range list {
		if !granted(b.arrived) || b.answer == nil || b.arrived.End.After(l.election.End) {
			continue
		}
		_, its, _ = e.compared(b.call, b.answer)
		rests = append(rests, e.End(b.answer))
		if _, has := e.logOf(peerOf(b.call), b.answer.End).Has(n); has {
			had = append(had, peerOf(b.call))
		} else {
			others = append(others, peerOf(b.call))
		}
		_, wrong := e.whyGranted(&b)
		broken = append(broken, wrong...)
	}
	explain.SortProcesses(had)
	explain.SortProcesses(others)
	became := tell(e.End(l.election), "%s became the leader of term %d without it", l.node, l.term)
	switch {
	case len(broken) > 0:
		became.Sentence = became.Then(".")
		return append(one(became), broken...)
	case len(rests) == 0:
		return nil
	case len(had) == 0:
		became.Sentence = became.Then(": %s voted for it, and did not have it either (§5.4.1).", words.AndList(others))
	default:
		became.Sentence = became.Then(". %s had it, and voted for %s: its log, %s, was no less up to date. The term of the "+
			"last entry counts, and not how many have an entry (§5.4.1).", words.AndList(had), l.node, its)
	}
	return one(became.Resting(rests...).Held(UpToDate))
}

// brokenByCommit says which rules a commit broke, as far as spans tell.
func (e *raft) brokenByCommit(s *span.Span) (broken []step) {
	to, term, at := toOf(s), termOf(s), e.End(s)
	if leads(s) {
		if n, ok := e.logOf(s.Service, s.End).At(to); ok && n.Term != term {
			broken = one(tell(at, "The entry at index %d is of term %d, and %s led term %d: it counted the copies of an entry "+
				"of an earlier term.", to, n.Term, s.Service, term).Resting(n.At).Breaks(OwnTerm))
		}
		by := len(explain.List(s, spans.RaftCommitAcknowledgedByKey))
		if by > 0 && by < quorumOf(s) {
			broken = append(broken, tell(at, "That is %d of the %d that make a majority.", by, quorumOf(s)).Breaks(Copies))
		}
		return broken
	}
	told := e.Span(s.Parent)
	if told == nil || !traces.IsReceiver(told) {
		return nil
	}
	if notified, by := e.notified(s.Service, peerOf(told), term, s.End); to > notified {
		broken = one(tell(at, "%s committed up to index %d, and had been told of index %d at most.", s.Service, to, notified).
			Resting(by...).Breaks(Matched))
	}
	if match, by := e.matches(s.Service, peerOf(told), term)(s.End); to > match {
		broken = append(broken, tell(at, "%s committed up to index %d, and its log was known to equal that of %s, the "+
			"leader of term %d, up to index %d only.", s.Service, to, peerOf(told), term, match).Resting(by...).Breaks(Matched))
	}
	return broken
}
