package raft

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/protocol"
)

// appendToLog adds an entry at the end of the leader's log, and sends it to every follower (§5.3).
func (n *Node) appendToLog(entry protocol.LogEntry) {
	n.writeLog(n.lastLogIndex()+1, entry)
	n.emit(protocol.Append{Index: n.lastLogIndex(), Term: entry.Term})
	n.replicateToAll()
	n.advanceCommitIndex() // alone in its cluster, the leader is a majority
}

// replicateToAll sends every follower what it lacks.
func (n *Node) replicateToAll() {
	for _, peer := range n.peers {
		if peer != n.config.ID {
			n.replicate(peer)
		}
	}
}

// replicate sends a follower the entries from nextIndex on, as long as there is room on the way ("Leaders" in Figure 2).
func (n *Node) replicate(peer protocol.NodeID) {
	for n.state.NextIndex[peer] <= n.lastLogIndex() && len(n.state.InFlight[peer]) < n.config.MaxInFlight {
		n.sendEntries(peer)
	}
}

// sendEntries sends a follower the next entries. nextIndex takes them for received until something else is heard: thesis, section 10.2.1.
func (n *Node) sendEntries(peer protocol.NodeID) {
	prev := n.state.NextIndex[peer] - 1
	last := min(prev+protocol.LogIndex(n.config.MaxEntries), n.lastLogIndex())
	n.send(peer, n.appendEntries(prev, last))
	n.state.InFlight[peer] = append(n.state.InFlight[peer], protocol.InFlight{PrevLogIndex: prev, LastIndex: last})
	n.state.NextIndex[peer] = last + 1
}

// sendEmptyAppendEntries sends every follower an AppendEntries that carries nothing. While entries are on the way it must ask for no more than the follower is
// known to hold, or it is refused when it overtakes them (§5.2).
func (n *Node) sendEmptyAppendEntries() {
	for _, peer := range n.peers {
		if peer == n.config.ID {
			continue
		}
		prev := n.state.NextIndex[peer] - 1
		if len(n.state.InFlight[peer]) > 0 {
			prev = n.state.MatchIndex[peer]
		}
		n.send(peer, n.appendEntries(prev, prev))
	}
}

// madeAppendEntries is the message that was made last, for the next follower that lacks the same entries.
type madeAppendEntries struct {
	prev, last   protocol.LogIndex
	leaderCommit protocol.LogIndex
	message      protocol.Message
}

// appendEntries is the message that carries the entries after prev, up to last.
func (n *Node) appendEntries(prev, last protocol.LogIndex) protocol.Message {
	made := &n.made
	if made.message != nil && made.prev == prev && made.last == last && made.leaderCommit == n.state.CommitIndex {
		return made.message
	}
	*made = madeAppendEntries{prev: prev, last: last, leaderCommit: n.state.CommitIndex, message: protocol.AppendEntries{
		Term: n.state.CurrentTerm, LeaderID: n.config.ID,
		PrevLogIndex: prev, PrevLogTerm: n.termAt(prev),
		Entries: n.copyEntries(prev, last), LeaderCommit: n.state.CommitIndex,
	}}
	return made.message
}

// HandleAppendEntries has a follower take over what the leader's log holds after prevLogIndex, if the two logs match up to there. The numbers are those of the
// receiver's implementation of the AppendEntries RPC in Figure 2 (§5.1, §5.2, §5.3).
func (n *Node) HandleAppendEntries(_ protocol.NodeID, m protocol.AppendEntries) {
	// A second leader of the same term, which Election Safety rules out, is answered like one whose term is over.
	if m.Term < n.state.CurrentTerm || n.state.Role == protocol.RoleLeader { // 1.
		n.rejectAppendEntries(m.PrevLogIndex, protocol.ReasonStaleTerm)
		return
	}
	n.follow(m.LeaderID)
	n.setElectionTimer()
	if reason := n.mismatch(m.PrevLogIndex, m.PrevLogTerm); reason != protocol.ReasonNone { // 2.
		n.rejectAppendEntries(m.PrevLogIndex, reason)
		return
	}
	n.storeEntries(m.PrevLogIndex, m.Entries) // 3. and 4.
	match := m.PrevLogIndex + protocol.LogIndex(len(m.Entries))
	n.state.MatchWithLeader = max(n.state.MatchWithLeader, match)
	n.reply(protocol.AppendEntriesOk{Term: n.state.CurrentTerm, MatchIndex: match}, protocol.ReasonNone)
	if len(m.Entries) == 0 && n.config.Bug == BugNoCommitOnHeartbeat {
		return
	}
	n.learnCommitIndex(m.LeaderCommit) // 5.
}

// follow takes a server for the leader of the current term; a candidate that discovers one has lost its election (§5.2).
func (n *Node) follow(leader protocol.NodeID) {
	n.stepDown(protocol.RoleEventLeaderDiscovered)
	n.state.LeaderID = leader
}

// HandleAppendEntriesReply moves a leader's idea of how far a follower's log equals its own (§5.3, and "Leaders" in Figure 2).
func (n *Node) HandleAppendEntriesReply(from protocol.NodeID, reply protocol.AppendEntriesReply) {
	if n.state.Role != protocol.RoleLeader {
		return
	}
	switch m := reply.(type) {
	case protocol.AppendEntriesOk:
		n.followerMatches(from, m.MatchIndex)
	case protocol.AppendEntriesRejected:
		n.followerRefused(from, m)
	}
}

// followerMatches updates nextIndex and matchIndex of a follower that holds the leader's log up to match. Neither falls when replies arrive out of order (§5.3).
func (n *Node) followerMatches(peer protocol.NodeID, match protocol.LogIndex) {
	if match > n.lastLogIndex() {
		return // no follower holds more of this log than there is
	}
	match = max(match, n.state.MatchIndex[peer])
	n.state.MatchIndex[peer] = match
	n.state.NextIndex[peer] = max(n.state.NextIndex[peer], match+1)
	n.state.InFlight[peer] = slices.DeleteFunc(n.state.InFlight[peer], func(f protocol.InFlight) bool { return f.LastIndex <= match })
	n.advanceCommitIndex()
	n.replicate(peer)
}

// followerRefused goes back to where the follower's log may match, and tries again. While anything is on the way, a refusal of something else is late; when nothing is, it
// answers an empty AppendEntries (§5.3).
func (n *Node) followerRefused(peer protocol.NodeID, m protocol.AppendEntriesRejected) {
	switch {
	case m.ConflictIndex == 0:
		return // it was refused for its term, before this server led the current one
	case m.PrevLogIndex > n.lastLogIndex():
		return // no such AppendEntries was sent in this term
	case len(n.state.InFlight[peer]) > 0 && !n.isInFlight(peer, m.PrevLogIndex):
		return
	}
	if n.config.Bug == BugNextIndexStuck {
		n.giveUpFrom(peer, m.PrevLogIndex+1) // and sends it again with the next command or heartbeat
		return
	}
	n.goBack(peer, n.nextIndexAfterRefusal(m))
}

func (n *Node) isInFlight(peer protocol.NodeID, prev protocol.LogIndex) bool {
	return slices.ContainsFunc(n.state.InFlight[peer], func(f protocol.InFlight) bool { return f.PrevLogIndex == prev })
}

// goBack has a follower sent the entries from next on again: what was on the way there from then on is given up. It sends one AppendEntries only, whose reply opens the
// window again, since what was given up may be refused one by one and must not be taken for a refusal of what is sent now.
func (n *Node) goBack(peer protocol.NodeID, next protocol.LogIndex) {
	n.giveUpFrom(peer, next)
	if n.state.NextIndex[peer] <= n.lastLogIndex() {
		n.sendEntries(peer)
	}
}

// giveUpFrom takes what a follower was sent from next on for not received, unless it is known to be.
func (n *Node) giveUpFrom(peer protocol.NodeID, next protocol.LogIndex) {
	next = max(next, n.state.MatchIndex[peer]+1)
	n.state.InFlight[peer] = slices.DeleteFunc(n.state.InFlight[peer], func(f protocol.InFlight) bool { return f.LastIndex >= next })
	n.state.NextIndex[peer] = next
}
