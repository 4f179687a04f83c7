package rules

import (
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
)

// logMatching compares an entry with what was seen first of its index and term: the same entry, after the same one
// (§5.3). A term before of unknownTerm is not compared.
func logMatching(c *cluster, of *Span, index uint64, e kept.Entry, before uint64) {
	if index == 0 || index > c.longestLog() || e.Term == 0 {
		return
	}
	switch first := c.firstSeen(of, index, e, before); {
	case !c.same(first.Entry, e):
		c.broken(protocol.InvariantLogMatching, of, first.by).
			Got("an entry %s", e.At(index)).Want("the entry that was seen there of that term: %s", first.At(index))
	case before != unknownTerm && first.before != before:
		c.broken(protocol.InvariantLogMatching, of, first.by).
			Got("the entry %s comes after one of term %d", e.At(index), before).
			Want("after one of term %d, as elsewhere", first.before)
	}
}

// tookEntry looks at an entry that a leader took into its log, at its end (§5.3).
func tookEntry(c *cluster, s *server, of *Span, a *kept.Appended) {
	last, name := uint64(len(s.log)), check.Name(s.process)
	switch {
	case a.Index <= last:
		c.broken(protocol.InvariantLeaderAppendOnly, of).
			Got("%s takes an entry at index %d, and its log ends at index %d", name, a.Index, last).
			Want("the entry at index %d", last+1)
	case a.Index > last+1:
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s takes an entry at index %d, and what a trace tells of its log ends at index %d", name, a.Index, last).
			Want("the entry at index %d", last+1)
	}
	if a.Term != of.Term {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("its entry is of term %d", a.Term).Want("of term %d, which it leads", of.Term)
	}
	noCommittedTruncation(c, s, of, a.Index)
}

// noCommittedTruncation finds that a log is cut off where its server knew it to be committed.
func noCommittedTruncation(c *cluster, s *server, of *Span, index uint64) {
	if index <= s.highest && index <= uint64(len(s.log)) {
		c.broken(protocol.InvariantNoCommittedTruncation, of, s.highestBy).
			Got("%s cuts its log off at index %d", check.Name(s.process), index).
			Want("nothing cut off up to index %d, which it knew to be committed", s.highest)
	}
}

// entriesSeen compares the entries of an AppendEntries with what was seen of them.
func entriesSeen(c *cluster, of *Span, e *kept.Replication) {
	before := e.PrevTerm
	for i, one := range e.Entries {
		logMatching(c, of, e.PrevIndex+uint64(i)+1, one, before)
		before = one.Term
	}
}

// entriesSent compares what a leader sends with its log.
func entriesSent(c *cluster, s *server, of *Span, e *kept.Replication) {
	name := check.Name(s.process)
	for i, one := range e.Entries {
		index := e.PrevIndex + uint64(i) + 1
		if index > uint64(len(s.log)) {
			c.broken(protocol.InvariantPersistBeforeSend, of).
				Got("%s sends an entry at index %d, and its log ends at index %d", name, index, len(s.log)).
				Want("entries of its log")
			break
		}
		if have := s.log[index-1]; have.Term != 0 && !c.same(have, one) {
			c.broken(protocol.InvariantTraceIntegrity, of).
				Got("%s sends %s", name, one.At(index)).Want("the entry of its log: %s", have.At(index))
			break
		}
	}
	if known := s.termAt(e.PrevIndex); known != unknownTerm && known != e.PrevTerm {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s says that its entry at index %d is of term %d", name, e.PrevIndex, e.PrevTerm).
			Want("of term %d, which it is", known)
	}
	if of.Role != "" && of.Role != kept.Leader {
		c.Add(kept.RuleIllegalTransition, of, s.roleBy).
			Got("%s sends AppendEntries as a %s", name, of.Role).Want("a leader: nobody else sends them")
	}
	commitTold(c, s, of, e.Commit)
}

// entriesTaken looks at a leader's entries that a follower takes.
func entriesTaken(c *cluster, s *server, of *Span, e *kept.Replication) {
	name := check.Name(s.process)
	if known := s.termAt(e.PrevIndex); known != unknownTerm && known != e.PrevTerm {
		c.broken(protocol.InvariantLogMatching, of).
			Got("%s takes entries after index %d of term %d, and its entry there is of term %d",
				name, e.PrevIndex, e.PrevTerm, known).Want("a refusal: the logs do not match there (§5.3)")
	} else if known == unknownTerm && e.PrevIndex > uint64(len(s.log)) && e.PrevIndex <= c.longestLog() {
		c.broken(protocol.InvariantLogMatching, of).
			Got("%s takes entries after index %d, and its log ends at index %d", name, e.PrevIndex, len(s.log)).
			Want("a refusal: it has no entry there (§5.3)")
	}
	if s.role == kept.Leader {
		c.broken(protocol.InvariantElectionSafety, of, s.roleBy).
			Got("%s leads term %d and takes entries of %s", name, s.term, check.Name(of.Peer)).Want("one leader in a term")
	}
	if i := s.stored(e); i < len(e.Entries) {
		noCommittedTruncation(c, s, of, e.PrevIndex+uint64(i)+1)
	}
	match := e.PrevIndex + uint64(len(e.Entries))
	if e.Match != match {
		c.broken(protocol.InvariantPersistBeforeSend, of).
			Got("it says that its log equals the leader's up to index %d", e.Match).
			Want("index %d, the last one that the message told of", match)
	}
}

// logEnds compares where a follower's log ends, as it says, with what it was sent (Figure 2, AppendEntries steps 3
// and 4).
func logEnds(c *cluster, s *server, of *Span, e *kept.Replication) {
	last := uint64(len(s.log))
	if !c.Tells || e.Last == last {
		return
	}
	c.Add(kept.RuleWrongLogEnd, of, s.disk.by).
		Got("the log of %s ends at index %d, as it says", check.Name(s.process), e.Last).
		Want("index %d, by what it was sent", last)
}
