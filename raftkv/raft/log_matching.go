package raft

import (
	"sort"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// mismatch is the consistency check of AppendEntries. It returns why the log does not match the leader's at the entry
// before the new ones, or ReasonNone. A log that has that entry equals the leader's up to there, by induction (§5.3).
func (n *Node) mismatch(prevLogIndex protocol.LogIndex, prevLogTerm protocol.Term) protocol.Reason {
	switch {
	case prevLogIndex == 0:
		return protocol.ReasonNone
	case prevLogIndex > n.lastLogIndex():
		return protocol.ReasonEntryMissing
	case n.termAt(prevLogIndex) != prevLogTerm:
		return protocol.ReasonTermConflict
	}
	return protocol.ReasonNone
}

// storeEntries puts the leader's entries after prev. An entry that conflicts with one of them is removed with all that
// follow it; one that is there already stays, and so does what follows it, since the message may be an old one (steps 3
// and 4 of the AppendEntries RPC in Figure 2).
func (n *Node) storeEntries(prev protocol.LogIndex, entries []protocol.LogEntry) {
	for i := range entries {
		index := prev + 1 + protocol.LogIndex(i)
		if index > n.lastLogIndex() || n.termAt(index) != entries[i].Term {
			n.writeLog(index, n.replacement(index, entries[i:])...)
			n.state.MatchWithLeader = min(n.state.MatchWithLeader, index-1) // less only if a term had two leaders
			return
		}
	}
}

// rejectAppendEntries refuses an AppendEntries. If the logs do not match it says what the leader needs to skip a whole
// term at once: the term of the conflicting entry and the first index of that term, or where the log ends (§5.3, its
// last part).
func (n *Node) rejectAppendEntries(refused protocol.AppendEntries, reason protocol.Reason) {
	m := protocol.AppendEntriesRejected{
		Term: n.state.CurrentTerm, PrevLogIndex: refused.PrevLogIndex, Round: refused.Round,
	}
	switch reason {
	case protocol.ReasonEntryMissing:
		m.ConflictIndex = n.lastLogIndex() + 1
	case protocol.ReasonTermConflict:
		m.ConflictTerm = n.termAt(refused.PrevLogIndex)
		m.ConflictIndex = n.firstIndexOf(m.ConflictTerm, refused.PrevLogIndex)
	case protocol.ReasonNone, protocol.ReasonStaleTerm, protocol.ReasonAlreadyVoted, protocol.ReasonLogBehind:
		// Nothing about the log.
	}
	n.reply(m, reason)
}

// nextIndexAfterRefusal is where the leader goes on: after its own last entry of the conflicting term, if it has one,
// or else where the follower's entries of that term begin. It is always before the entry that was refused (§5.3, its
// last part).
func (n *Node) nextIndexAfterRefusal(m protocol.AppendEntriesRejected) protocol.LogIndex {
	next := m.ConflictIndex
	if last := n.lastIndexOf(m.ConflictTerm, m.PrevLogIndex); last > 0 {
		next = last + 1
	}
	return min(next, m.PrevLogIndex)
}

// firstIndexOf is the first index of the term that the entry at upTo is of. Terms never fall along a log.
func (n *Node) firstIndexOf(term protocol.Term, upTo protocol.LogIndex) protocol.LogIndex {
	return n.entriesUntil(upTo, func(t protocol.Term) bool { return t >= term }) + 1
}

// lastIndexOf is the last index of a term, up to an index; 0 when there is none.
func (n *Node) lastIndexOf(term protocol.Term, upTo protocol.LogIndex) protocol.LogIndex {
	last := n.entriesUntil(upTo, func(t protocol.Term) bool { return t > term })
	if term == 0 || n.termAt(last) != term {
		return 0
	}
	return last
}

// entriesUntil is how many entries, up to an index, come before the first whose term fits.
func (n *Node) entriesUntil(upTo protocol.LogIndex, fits func(protocol.Term) bool) protocol.LogIndex {
	before := sort.Search(int(upTo), func(i int) bool { return fits(n.termAt(protocol.LogIndex(i + 1))) })
	return protocol.LogIndex(before)
}
