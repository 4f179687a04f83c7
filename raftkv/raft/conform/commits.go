package conform

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// follow returns what a follower knows of the leader of a term, and forgets what another leader told.
func (s *server) follow(term uint64) *leadership {
	if s.leader.term != term {
		s.leader = leadership{term: term}
	}
	return &s.leader
}

// commitLearned notes a commit index that the leader of a term told.
func commitLearned(s *server, of *Span, index uint64) {
	if above := of.Parent; above.Is(spans.CommitNotificationProducerID) && above.Term < of.Term {
		return // of a term that is over
	}
	if l := s.follow(of.Term); index > l.commit {
		l.commit, l.commitBy = index, of
	}
}

// commitTold compares the commit index that a leader tells with its own.
func commitTold(c *cluster, s *server, of *Span, index uint64) {
	if index != s.commit && index != s.commitBefore {
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("%s tells that index %d is committed", check.Name(s.process), index).
			Want("index %d, its commit index", s.commit)
	}
}

// commitRose looks at a commit: from where the last one ended, as far as a majority holds the log.
func commitRose(c *cluster, s *server, of *Span) {
	to, name := of.Facts.(*commit), check.Name(s.process)
	allApplied(c, s)
	switch {
	case to.to <= to.from:
		c.broken(protocol.InvariantMonotonic, of).
			Got("the commit index of %s goes from %d to %d", name, to.from, to.to).Want("a commit index that rises")
	case to.from < s.commit:
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("%s commits from index %d on", name, to.from+1).
			Want("from index %d on: what is before it was committed by an earlier span", s.commit+1)
	case to.from > s.commit:
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("%s commits from index %d on", name, to.from+1).
			Want("from index %d on: no span commits what is before", s.commit+1)
	}
	if to.to > uint64(len(s.log)) {
		c.broken(protocol.InvariantMonotonic, of).
			Got("%s commits up to index %d, and its log ends at index %d", name, to.to, len(s.log)).
			Want("a commit within its log")
	}
	switch l := &s.leader; {
	case of.Role == leader:
		leaderCommits(c, s, of, to)
	case to.to > l.commit:
		c.Add(ruleUnjustifiedCommit, of, l.commitBy).
			Got("%s commits up to index %d", name, to.to).
			Want("up to index %d, of which its leader told", l.commit)
	case to.to > l.match:
		c.Add(ruleUnjustifiedCommit, of, l.matchBy).
			Got("%s commits up to index %d", name, to.to).
			Want("up to index %d, to where its log is known to equal the leader's", l.match)
	}
	s.commit, s.commitBy = to.to, of
	s.appliedOf, s.applyTo = to.from, to.to
	if to.to > s.highest {
		s.highest, s.highestBy = to.to, of
	}
}

// leaderCommits looks at what a leader commits by counting: an entry of its own term that a majority holds (§5.4.2).
func leaderCommits(c *cluster, s *server, of *Span, to *commit) {
	name := check.Name(s.process)
	if term := s.termAt(to.to); term != unknownTerm && term != of.Term {
		c.broken(protocol.InvariantCommitCurrentTerm, of).
			Got("%s leads term %d and commits up to index %d, whose entry is of term %d", name, of.Term, to.to, term).
			Want("up to an entry of term %d", of.Term)
	}
	if holders := len(to.holders); uint64(holders) < to.quorum {
		c.broken(protocol.InvariantQuorumLog, of).
			Got("%s %s what is committed", words.Counted(holders, "server"), words.Agree(holders, "holds", "hold")).
			Want("%d, which make a majority", to.quorum)
	}
	if to.from < to.to && to.to <= uint64(len(s.log)) {
		linksToAll(of, s.log[to.from:to.to], c.Findings)
	}
	majority(c, of, to.quorum)
	if s.disk.known && to.to > s.disk.last {
		c.broken(protocol.InvariantCommittedIsDurable, of, s.disk.by).
			Got("%s leads and commits up to index %d, and its disk holds its log up to index %d", name, to.to, s.disk.last).
			Want("a commit of what is on its disk")
	}
	for i, holder := range to.holders {
		switch match := s.matched[holder]; {
		case slices.Contains(to.holders[:i], holder):
			c.broken(protocol.InvariantQuorumLog, of).
				Got("%s is counted twice", check.Name(holder)).Want("each server once")
		case holder != s.process && match < to.to:
			c.broken(protocol.InvariantQuorumLog, of).
				Got("%s is said to hold what is committed up to index %d", check.Name(holder), to.to).
				Want("those who do: its replies tell so up to index %d", match)
		}
	}
	holdersHold(c, s, of, to)
}

// holdersHold finds a server that is said to hold what a leader commits, and does not.
func holdersHold(c *cluster, s *server, of *Span, to *commit) {
	if to.to == 0 || to.to > uint64(len(s.log)) {
		return
	}
	for _, holder := range to.holders {
		other := c.servers[holder]
		if other != nil && other.lost > 0 {
			continue // its disk lost what it had said that it holds
		}
		if other != nil && to.to <= uint64(len(other.log)) {
			if has := other.log[to.to-1]; has.term == 0 || c.same(has, s.log[to.to-1]) {
				continue
			}
		}
		c.broken(protocol.InvariantQuorumLog, of).
			Got("%s is said to hold the entry at index %d", check.Name(holder), to.to).
			Want("that of those who do: what it was sent does not tell so")
	}
}

// committedWhatIsDue finds a follower that does not commit, in the step in which it is told to.
func committedWhatIsDue(c *cluster, s *server) {
	if s.due > s.commit && s.dueBy != nil {
		c.broken(protocol.InvariantProgress, s.dueBy, s.commitBy).
			Got("%s is told that index %d is committed, and holds the leader's log up to there, and its commit index "+
				"stays at %d", check.Name(s.process), s.due, s.commit).
			Want("a commit up to index %d in the same step (Figure 2, AppendEntries step 5)", s.due)
	}
	s.due, s.dueBy = 0, nil
}

// committed is an entry that was committed, as the first server that applied it tells.
type committed struct {
	*apply
	in uint64 // the lowest term in which a server took it for committed
	by *Span  // nil when no span tells
}

// allApplied finds what a commit did not apply.
func allApplied(c *cluster, s *server) {
	if s.commitBy != nil && s.appliedOf < s.applyTo {
		c.Add(check.RuleMissingSpan, s.commitBy).
			Got("the entry at index %d was not applied", s.appliedOf+1).
			Want("a raft.apply below it for each index up to %d", s.applyTo)
	}
	s.appliedOf, s.applyTo = 0, 0
}

// entryApplied looks at an entry that a state machine took.
func entryApplied(c *cluster, s *server, of *Span) {
	a, name := of.Facts.(*apply), check.Name(s.process)
	if (of.Parent == nil || of.Parent != s.commitBy) && of.ParentID != 0 {
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("it is no child of what its server committed last").Want("a child of the commit that it follows from")
	}
	switch {
	case a.index > s.commit:
		c.broken(protocol.InvariantMonotonic, of, s.commitBy).
			Got("%s applies index %d, and its commit index is %d", name, a.index, s.commit).
			Want("nothing applied beyond the commit index")
	case a.index != s.applied+1:
		c.broken(protocol.InvariantMonotonic, of, s.commitBy).
			Got("%s applies index %d after index %d", name, a.index, s.applied).Want("index %d", s.applied+1)
	}
	s.applied, s.appliedOf = a.index, max(s.appliedOf, a.index)
	if a.index > 0 && a.index <= uint64(len(s.log)) {
		if have := s.log[a.index-1]; have.term != 0 && !c.same(have, a.entry) {
			c.broken(protocol.InvariantTraceIntegrity, of).
				Got("%s applies %s", name, a.at(a.index)).Want("the entry of its log: %s", have.at(a.index))
		}
	}
	appliedAlike(c, s, of, a)
}

// appliedAlike compares an applied entry with that of the first server that applied its index.
func appliedAlike(c *cluster, s *server, of *Span, a *apply) {
	if a.index == 0 || a.index > c.longestLog() {
		return
	}
	for uint64(len(c.committed)) < a.index {
		c.committed = append(c.committed, committed{})
	}
	first, name := &c.committed[a.index-1], check.Name(s.process)
	switch {
	case first.by == nil:
		*first = committed{apply: a, in: of.Term, by: of}
		otherLeadersHold(c, s, a.index)
	case first.command != a.command || first.request != a.request:
		c.broken(protocol.InvariantStateMachineSafety, of, first.by).
			Got("%s applies %s", name, a.at(a.index)).Want("what was applied there first: %s", first.at(a.index))
	case first.term != a.term:
		c.broken(protocol.InvariantCommittedPrefix, of, first.by).
			Got("%s applies an entry of term %d at index %d", name, a.term, a.index).
			Want("the one of term %d, which was applied there first", first.term)
	case first.result != a.result:
		c.broken(protocol.InvariantExactlyOnce, of, first.by).
			Got("%s answers %s at index %d", name, words.Printable(a.result), a.index).
			Want("%s, as the first server that applied it", words.Printable(first.result))
	}
	first.in = min(first.in, of.Term)
}

// holdsCommitted looks at the log of a new leader: it has what was committed in earlier terms (§5.4).
func holdsCommitted(c *cluster, s *server, of *Span, term uint64) {
	for i := len(c.committed); i > 0; i-- {
		if first := &c.committed[i-1]; first.by != nil && first.in < term {
			holds(c, s, of, term, uint64(i))
			return // it matches up to there: LogMatching
		}
	}
}

// holds compares a leader's log with what was committed up to an index.
func holds(c *cluster, s *server, of *Span, term, upTo uint64) {
	if upTo <= uint64(len(s.log)) && s.termAt(upTo) == c.committed[upTo-1].term {
		return
	}
	for i := uint64(1); i <= upTo; i++ {
		first, there := &c.committed[i-1], i <= uint64(len(s.log))
		if first.by == nil || there && (s.termAt(i) == unknownTerm || s.termAt(i) == first.term) {
			continue
		}
		has := fmt.Sprintf("its log ends at index %d", len(s.log))
		if there {
			has = "it has " + s.log[i-1].at(i)
		}
		c.broken(protocol.InvariantLeaderCompleteness, of, first.by).
			Got("%s leads term %d, and %s", check.Name(s.process), term, has).
			Want("a log with %s, which was committed in term %d", first.at(i), first.in)
		return
	}
}

// otherLeadersHold looks at those who lead later terms when something is committed in an earlier one.
func otherLeadersHold(c *cluster, s *server, index uint64) {
	for _, process := range c.order {
		other := c.servers[process]
		if other != s && other.role == leader && !other.restarted && other.term > s.term && other.roleBy != nil {
			holds(c, other, other.roleBy, other.term, index)
		}
	}
}
