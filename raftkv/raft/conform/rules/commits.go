package rules

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// commitTold compares the commit index that a leader tells with its own.
func commitTold(c *cluster, s *server, of *Span, index uint64) {
	if index != s.commit && index != s.commitBefore {
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("%s tells that index %d is committed", check.Name(s.process), index).
			Want("index %d, its commit index", s.commit)
	}
}

// commitRises looks at a commit: it goes on from where the last one ended, within the log.
func commitRises(c *cluster, s *server, of *Span, to *kept.Commit) {
	name := check.Name(s.process)
	switch {
	case to.To <= to.From:
		c.broken(protocol.InvariantMonotonic, of).
			Got("the commit index of %s goes from %d to %d", name, to.From, to.To).Want("a commit index that rises")
	case to.From < s.commit:
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("%s commits from index %d on", name, to.From+1).
			Want("from index %d on: what is before it was committed by an earlier span", s.commit+1)
	case to.From > s.commit:
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("%s commits from index %d on", name, to.From+1).
			Want("from index %d on: no span commits what is before", s.commit+1)
	}
	if to.To > uint64(len(s.log)) {
		c.broken(protocol.InvariantMonotonic, of).
			Got("%s commits up to index %d, and its log ends at index %d", name, to.To, len(s.log)).
			Want("a commit within its log")
	}
}

// followerCommits looks at what a follower commits: no more than its leader told, and than its log equals the leader's.
func followerCommits(c *cluster, s *server, of *Span, to *kept.Commit) {
	name := check.Name(s.process)
	switch l := &s.leader; {
	case to.To > l.commit:
		c.Add(kept.RuleUnjustifiedCommit, of, l.commitBy).
			Got("%s commits up to index %d", name, to.To).Want("up to index %d, of which its leader told", l.commit)
	case to.To > l.match:
		c.Add(kept.RuleUnjustifiedCommit, of, l.matchBy).
			Got("%s commits up to index %d", name, to.To).
			Want("up to index %d, to where its log is known to equal the leader's", l.match)
	}
}

// leaderCommits looks at what a leader commits by counting.
func leaderCommits(c *cluster, s *server, of *Span, to *kept.Commit) {
	commitCurrentTerm(c, s, of, to)
	quorumLog(c, s, of, to)
	committedIsDurable(c, s, of, to)
	majority(c, of, to.Quorum)
	if to.From < to.To && to.To <= uint64(len(s.log)) {
		kept.LinksToAll(of, s.log[to.From:to.To], c.Findings)
	}
}

// commitCurrentTerm finds a leader that commits an entry of an earlier term by counting (§5.4.2).
func commitCurrentTerm(c *cluster, s *server, of *Span, to *kept.Commit) {
	if term := s.termAt(to.To); term != unknownTerm && term != of.Term {
		c.broken(protocol.InvariantCommitCurrentTerm, of).
			Got("%s leads term %d and commits up to index %d, whose entry is of term %d",
				check.Name(s.process), of.Term, to.To, term).
			Want("up to an entry of term %d", of.Term)
	}
}

// committedIsDurable finds a leader that commits more than its disk holds.
func committedIsDurable(c *cluster, s *server, of *Span, to *kept.Commit) {
	if s.disk.known && to.To > s.disk.Last {
		c.broken(protocol.InvariantCommittedIsDurable, of, s.disk.by).
			Got("%s leads and commits up to index %d, and its disk holds its log up to index %d",
				check.Name(s.process), to.To, s.disk.Last).
			Want("a commit of what is on its disk")
	}
}

// quorumLog looks at who is said to hold what a leader commits: a majority, each counted once, by what it replied.
func quorumLog(c *cluster, s *server, of *Span, to *kept.Commit) {
	if holders := len(to.Holders); uint64(holders) < to.Quorum {
		c.broken(protocol.InvariantQuorumLog, of).
			Got("%s %s what is committed", words.Counted(holders, "server"), words.Agree(holders, "holds", "hold")).
			Want("%d, which make a majority", to.Quorum)
	}
	for i, holder := range to.Holders {
		switch match := s.matched[holder]; {
		case slices.Contains(to.Holders[:i], holder):
			c.broken(protocol.InvariantQuorumLog, of).
				Got("%s is counted twice", check.Name(holder)).Want("each server once")
		case holder != s.process && match < to.To:
			c.broken(protocol.InvariantQuorumLog, of).
				Got("%s is said to hold what is committed up to index %d", check.Name(holder), to.To).
				Want("those who do: its replies tell so up to index %d", match)
		}
	}
	holdersHold(c, s, of, to)
}

// holdersHold finds a server that is said to hold what a leader commits, and does not.
func holdersHold(c *cluster, s *server, of *Span, to *kept.Commit) {
	if to.To == 0 || to.To > uint64(len(s.log)) {
		return
	}
	for _, holder := range to.Holders {
		other := c.servers[holder]
		if other != nil && other.lost > 0 {
			continue // its disk lost what it had said that it holds
		}
		if other != nil && to.To <= uint64(len(other.log)) {
			if has := other.log[to.To-1]; has.Term == 0 || c.same(has, s.log[to.To-1]) {
				continue
			}
		}
		c.broken(protocol.InvariantQuorumLog, of).
			Got("%s is said to hold the entry at index %d", check.Name(holder), to.To).
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
}

// allApplied finds what a commit did not apply.
func allApplied(c *cluster, s *server) {
	if s.commitBy != nil && s.appliedOf < s.applyTo {
		c.Add(check.RuleMissingSpan, s.commitBy).
			Got("the entry at index %d was not applied", s.appliedOf+1).
			Want("a raft.apply below it for each index up to %d", s.applyTo)
	}
}

// appliedNext looks at an entry that a state machine took: the next one of its log, which is committed.
func appliedNext(c *cluster, s *server, of *Span, a *kept.Apply) {
	name := check.Name(s.process)
	if (of.Parent == nil || of.Parent != s.commitBy) && of.ParentID != 0 {
		c.broken(protocol.InvariantTraceIntegrity, of, s.commitBy).
			Got("it is no child of what its server committed last").Want("a child of the commit that it follows from")
	}
	switch {
	case a.Index > s.commit:
		c.broken(protocol.InvariantMonotonic, of, s.commitBy).
			Got("%s applies index %d, and its commit index is %d", name, a.Index, s.commit).
			Want("nothing applied beyond the commit index")
	case a.Index != s.applied+1:
		c.broken(protocol.InvariantMonotonic, of, s.commitBy).
			Got("%s applies index %d after index %d", name, a.Index, s.applied).Want("index %d", s.applied+1)
	}
	if a.Index > 0 && a.Index <= uint64(len(s.log)) {
		if have := s.log[a.Index-1]; have.Term != 0 && !c.same(have, a.Entry) {
			c.broken(protocol.InvariantTraceIntegrity, of).
				Got("%s applies %s", name, a.At(a.Index)).Want("the entry of its log: %s", have.At(a.Index))
		}
	}
}

// appliedAlike compares an applied entry with that of the first server that applied its index.
func appliedAlike(c *cluster, s *server, of *Span, a *kept.Apply, first *committed) {
	name := check.Name(s.process)
	switch {
	case first.by == of:
		otherLeadersHold(c, s, a.Index)
	case first.Command != a.Command || first.Request != a.Request:
		c.broken(protocol.InvariantStateMachineSafety, of, first.by).
			Got("%s applies %s", name, a.At(a.Index)).Want("what was applied there first: %s", first.At(a.Index))
	case first.Term != a.Term:
		c.broken(protocol.InvariantCommittedPrefix, of, first.by).
			Got("%s applies an entry of term %d at index %d", name, a.Term, a.Index).
			Want("the one of term %d, which was applied there first", first.Term)
	case first.Result != a.Result:
		c.broken(protocol.InvariantExactlyOnce, of, first.by).
			Got("%s answers %s at index %d", name, words.Printable(a.Result), a.Index).
			Want("%s, as the first server that applied it", words.Printable(first.Result))
	}
}

// holdsCommitted looks at the log of a new leader: it has what was committed in earlier terms (§5.4).
func holdsCommitted(c *cluster, s *server, of *Span, term uint64) {
	for i := len(c.committed); i > 0; i-- {
		if first := &c.committed[i-1]; first.by != nil && first.in < term {
			leaderCompleteness(c, s, of, term, uint64(i))
			return // it matches up to there: LogMatching
		}
	}
}

// leaderCompleteness compares a leader's log with what was committed up to an index.
func leaderCompleteness(c *cluster, s *server, of *Span, term, upTo uint64) {
	if upTo <= uint64(len(s.log)) && s.termAt(upTo) == c.committed[upTo-1].Term {
		return
	}
	for i := uint64(1); i <= upTo; i++ {
		first, there := &c.committed[i-1], i <= uint64(len(s.log))
		if first.by == nil || there && (s.termAt(i) == unknownTerm || s.termAt(i) == first.Term) {
			continue
		}
		has := fmt.Sprintf("its log ends at index %d", len(s.log))
		if there {
			has = "it has " + s.log[i-1].At(i)
		}
		c.broken(protocol.InvariantLeaderCompleteness, of, first.by).
			Got("%s leads term %d, and %s", check.Name(s.process), term, has).
			Want("a log with %s, which was committed in term %d", first.At(i), first.in)
		return
	}
}

// otherLeadersHold looks at those who lead later terms when something is committed in an earlier one.
func otherLeadersHold(c *cluster, s *server, index uint64) {
	for _, process := range c.order {
		other := c.servers[process]
		if other != s && other.role == kept.Leader && !other.restarted && other.term > s.term && other.roleBy != nil {
			leaderCompleteness(c, other, other.roleBy, other.term, index)
		}
	}
}
