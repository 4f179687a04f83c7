package traces

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/traces/words"
)

// committed is an entry that was committed, as the first server that applied it tells.
type committed struct {
	applyFact

	in uint64 // the lowest term in which a server took it for committed
	of int32  // -1 when no span tells
}

// follow forgets what another leader told.
func (s *server) follow(term uint64) {
	if s.followed != term {
		s.followed, s.told, s.match, s.toldBy, s.matchBy = term, 0, 0, -1, -1
	}
}

// hearCommit notes a commit index that the leader of a term told.
func (w *walk) hearCommit(s *server, of int32, term, index uint64) {
	if above := w.records[of].above; above >= 0 && w.is(above, notices) && w.records[above].term < term {
		return // of a term that is over
	}
	s.follow(term)
	if index > s.told {
		s.told, s.toldBy = index, of
	}
}

// toldCommit compares the commit index that a leader tells with its own.
func (w *walk) toldCommit(s *server, of int32, index uint64) {
	if index != s.commit && index != s.commitBefore {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s tells that index %d is committed", w.process(s.process), index),
			fmt.Sprintf("index %d, its commit index", s.commit), s.commitBy)
	}
}

// commits looks at a commit: from where the last one ended, as far as a majority holds the log.
func (w *walk) commits(s *server, of int32) {
	r := &w.records[of]
	c := &w.facts.commits[r.fact]
	w.covered(s)
	switch {
	case c.to <= c.from:
		w.breaks(protocol.InvariantMonotonic, w.ref(of), fmt.Sprintf("the commit index of %s goes from %d to %d", w.process(s.process), c.from, c.to), "a commit index that rises")
	case c.from < s.commit:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s commits from index %d on", w.process(s.process), c.from+1), fmt.Sprintf("from index %d on: what is before it was committed by an earlier span", s.commit+1), s.commitBy)
	case c.from > s.commit:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s commits from index %d on", w.process(s.process), c.from+1), fmt.Sprintf("from index %d on: no span commits what is before", s.commit+1), s.commitBy)
	}
	if c.to > uint64(len(s.log)) {
		w.breaks(protocol.InvariantMonotonic, w.ref(of), fmt.Sprintf("%s commits up to index %d, and its log ends at index %d", w.process(s.process), c.to, len(s.log)), "a commit within its log")
	}
	switch {
	case r.role == leads:
		w.counted(s, of, c)
	case c.to > s.told:
		w.find(ruleUnjustifiedCommit, w.ref(of), fmt.Sprintf("%s commits up to index %d", w.process(s.process), c.to), fmt.Sprintf("up to index %d, of which its leader told", s.told), s.toldBy)
	case c.to > s.match:
		w.find(ruleUnjustifiedCommit, w.ref(of), fmt.Sprintf("%s commits up to index %d", w.process(s.process), c.to), fmt.Sprintf("up to index %d, to where its log is known to equal the leader's", s.match), s.matchBy)
	}
	s.commit, s.commitBy = c.to, of
	s.appliedOf, s.wanted = c.from, c.to
	if c.to > s.highest {
		s.highest, s.highestBy = c.to, of
	}
}

// counted looks at what a leader commits by counting: an entry of its own term that a majority holds (§5.4.2).
func (w *walk) counted(s *server, of int32, c *commitFact) {
	r := &w.records[of]
	if term := s.termAt(c.to); term != unknownTerm && term != r.term {
		w.breaks(protocol.InvariantCommitCurrentTerm, w.ref(of), fmt.Sprintf("%s leads term %d and commits up to index %d, whose entry is of term %d", w.process(s.process), r.term, c.to, term),
			fmt.Sprintf("up to an entry of term %d", r.term))
	}
	acks := w.facts.acks[c.acks.from:c.acks.to]
	if uint64(len(acks)) < c.quorum {
		w.breaks(protocol.InvariantQuorumLog, w.ref(of), fmt.Sprintf("%s %s what is committed", words.Counted(len(acks), "server"), words.Agree(len(acks), "holds", "hold")), fmt.Sprintf("%d, which make a majority", c.quorum))
	}
	if c.from < c.to && c.to <= uint64(len(s.log)) {
		w.linksToAll(of, s.log[c.from:c.to])
	}
	w.majority(of, c.quorum)
	if s.disk.known && c.to > s.disk.last {
		w.breaks(protocol.InvariantCommittedIsDurable, w.ref(of), fmt.Sprintf("%s leads and commits up to index %d, and its disk holds its log up to index %d", w.process(s.process), c.to, s.disk.last),
			"a commit of what is on its disk", s.disk.by)
	}
	for i, holder := range acks {
		switch match := s.matched[holder]; {
		case slices.Contains(acks[:i], holder):
			w.breaks(protocol.InvariantQuorumLog, w.ref(of), w.process(holder)+" is counted twice", "each server once")
		case holder != s.process && match < c.to:
			w.breaks(protocol.InvariantQuorumLog, w.ref(of), fmt.Sprintf("%s is said to hold what is committed up to index %d", w.process(holder), c.to), fmt.Sprintf("those who do: its replies tell so up to index %d", match))
		}
	}
	if c.to == 0 || c.to > uint64(len(s.log)) {
		return
	}
	for _, holder := range acks {
		other := w.servers[holder]
		if other != nil && other.lost > 0 {
			continue // its disk lost what it had said that it holds
		}
		if other == nil || c.to > uint64(len(other.log)) || !w.same(other.log[c.to-1], s.log[c.to-1]) && other.log[c.to-1].term != 0 {
			w.breaks(protocol.InvariantQuorumLog, w.ref(of), fmt.Sprintf("%s is said to hold the entry at index %d", w.process(holder), c.to), "that of those who do: what it was sent does not tell so")
		}
	}
}

// covered finds what a commit did not apply.
func (w *walk) covered(s *server) {
	if s.commitBy >= 0 && s.appliedOf < s.wanted {
		w.find(ruleMissingSpan, w.ref(s.commitBy), fmt.Sprintf("the entry at index %d was not applied", s.appliedOf+1), fmt.Sprintf("a raft.apply below it for each index up to %d", s.wanted))
	}
	s.appliedOf, s.wanted = 0, 0
}

// applies looks at an entry that a state machine took.
func (w *walk) applies(s *server, of int32) {
	r := &w.records[of]
	a := &w.facts.applies[r.fact]
	if (r.above < 0 || r.above != s.commitBy) && w.origins[of].parent != 0 {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), "it is no child of what its server committed last", "a child of the commit that it follows from", s.commitBy)
	}
	switch {
	case a.index > s.commit:
		w.breaks(protocol.InvariantMonotonic, w.ref(of), fmt.Sprintf("%s applies index %d, and its commit index is %d", w.process(s.process), a.index, s.commit), "nothing applied beyond the commit index", s.commitBy)
	case a.index != s.applied+1:
		w.breaks(protocol.InvariantMonotonic, w.ref(of), fmt.Sprintf("%s applies index %d after index %d", w.process(s.process), a.index, s.applied), fmt.Sprintf("index %d", s.applied+1), s.commitBy)
	}
	s.applied = a.index
	if a.index > s.appliedOf {
		s.appliedOf = a.index
	}
	if a.index > 0 && a.index <= uint64(len(s.log)) {
		if have := s.log[a.index-1]; have.term != 0 && !w.same(have, a.slot()) {
			w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s applies %s", w.process(s.process), w.entry(a.index, a.slot())), "the entry of its log: "+w.entry(a.index, have))
		}
	}
	w.agrees(s, of, a)
}

// agrees compares an applied entry with that of the first server that applied its index.
func (w *walk) agrees(s *server, of int32, a *applyFact) {
	if a.index == 0 || a.index > w.longestLog() {
		return
	}
	for uint64(len(w.committed)) < a.index {
		w.committed = append(w.committed, committed{of: -1})
	}
	first := &w.committed[a.index-1]
	term := w.records[of].term
	switch {
	case first.of < 0:
		*first = committed{applyFact: *a, in: term, of: of}
		w.otherLeadersHold(s, a.index)
	case first.command != a.command || first.request != a.request:
		w.breaks(protocol.InvariantStateMachineSafety, w.ref(of), fmt.Sprintf("%s applies %s", w.process(s.process), w.entry(a.index, a.slot())),
			"what was applied there first: "+w.entry(a.index, first.slot()), first.of)
	case first.term != a.term:
		w.breaks(protocol.InvariantCommittedPrefix, w.ref(of), fmt.Sprintf("%s applies an entry of term %d at index %d", w.process(s.process), a.term, a.index), fmt.Sprintf("the one of term %d, which was applied there first", first.term), first.of)
	case first.result != a.result:
		w.breaks(protocol.InvariantExactlyOnce, w.ref(of), fmt.Sprintf("%s answers %s at index %d", w.process(s.process), words.Printable(w.texts.of(a.result)), a.index), words.Printable(w.texts.of(first.result))+", as the first server that applied it", first.of)
	}
	first.in = min(first.in, term)
}

func (w *walk) asked(request uint32) string {
	if request == noText {
		return ""
	}
	return " of " + words.Printable(w.texts.of(request))
}

// complete looks at the log of a new leader: it has what was committed in earlier terms (§5.4).
func (w *walk) complete(s *server, of int32, term uint64) {
	for i := len(w.committed); i > 0; i-- {
		if c := &w.committed[i-1]; c.of >= 0 && c.in < term {
			w.holds(s, of, term, uint64(i))
			return // it matches up to there: LogMatching
		}
	}
}

// holds compares a leader's log with what was committed up to an index.
func (w *walk) holds(s *server, of int32, term, upTo uint64) {
	if upTo <= uint64(len(s.log)) && s.termAt(upTo) == w.committed[upTo-1].term {
		return
	}
	for i := uint64(1); i <= upTo; i++ {
		c := &w.committed[i-1]
		if c.of < 0 || i <= uint64(len(s.log)) && (s.termAt(i) == unknownTerm || s.termAt(i) == c.term) {
			continue
		}
		has := fmt.Sprintf("its log ends at index %d", len(s.log))
		if i <= uint64(len(s.log)) {
			has = "it has " + w.entry(i, s.log[i-1])
		}
		w.breaks(protocol.InvariantLeaderCompleteness, w.ref(of), fmt.Sprintf("%s leads term %d, and %s", w.process(s.process), term, has),
			fmt.Sprintf("a log with %s, which was committed in term %d", w.entry(i, c.slot()), c.in), c.of)
		return
	}
}

// otherLeadersHold looks at those who lead later terms when something is committed in an earlier one.
func (w *walk) otherLeadersHold(s *server, index uint64) {
	for _, process := range w.order {
		other := w.servers[process]
		if other != s && other.role == leads && !other.restarted && other.term > s.term && other.roleBy >= 0 {
			w.holds(other, other.roleBy, other.term, index)
		}
	}
}
