package raft

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// appendToLog adds an entry at the end of the leader's log, and sends it to every follower (§5.3).
func (n *Node) appendToLog(entry protocol.LogEntry) {
	n.writeLog(n.lastLogIndex()+1, entry)
	n.emit(protocol.Append{Index: n.lastLogIndex(), Entry: entry})
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

// replicate sends a follower the entries from nextIndex on, as long as there is room on the way ("Leaders" in Figure
// 2).
func (n *Node) replicate(peer kv.NodeID) {
	for n.state.NextIndex[peer] <= n.lastLogIndex() && uint64(len(n.state.InFlight[peer])) < n.state.Window[peer] {
		n.sendEntries(peer)
	}
}

// sendEntries sends a follower the next entries. nextIndex takes them for received until a refusal or a timeout says
// that they were not: thesis, section 10.2.1.
func (n *Node) sendEntries(peer kv.NodeID) {
	prev := n.state.NextIndex[peer] - 1
	last := min(prev+protocol.LogIndex(n.config.MaxEntries), n.lastLogIndex())
	n.send(peer, n.appendEntries(peer, prev, last))
	n.state.InFlight[peer] = append(n.state.InFlight[peer], protocol.InFlight{PrevLogIndex: prev, LastIndex: last})
	n.state.NextIndex[peer] = last + 1
}

// sendEmptyAppendEntries sends every follower an AppendEntries that carries nothing. While entries are on the way it
// must ask for no more than the follower is known to hold, or it is refused when it overtakes them (§5.2).
func (n *Node) sendEmptyAppendEntries() {
	for _, peer := range n.peers {
		if peer == n.config.ID {
			continue
		}
		prev := n.state.NextIndex[peer] - 1
		if len(n.state.InFlight[peer]) > 0 {
			prev = n.state.MatchIndex[peer]
		}
		n.send(peer, n.appendEntries(peer, prev, prev))
	}
}

// madeAppendEntries is the last message that was made. The next follower that lacks the same entries gets it, too.
type madeAppendEntries struct {
	appendEntriesOf
	message protocol.Message
}

// appendEntriesOf is what the AppendEntries of one step may differ in.
type appendEntriesOf struct {
	prev, last   protocol.LogIndex
	leaderCommit protocol.LogIndex
	round        protocol.Round
}

// appendEntries is the message that carries a follower the entries after prev, up to last.
func (n *Node) appendEntries(peer kv.NodeID, prev, last protocol.LogIndex) protocol.Message {
	of := appendEntriesOf{prev: prev, last: last, leaderCommit: n.state.CommitIndex, round: n.state.Round[peer]}
	if n.made.message == nil || n.made.appendEntriesOf != of {
		n.made = madeAppendEntries{of, protocol.AppendEntries{
			Term: n.state.CurrentTerm, LeaderID: n.config.ID,
			PrevLogIndex: prev, PrevLogTerm: n.termAt(prev),
			Entries: n.copyEntries(prev, last), LeaderCommit: of.leaderCommit, Round: of.round,
		}}
	}
	return n.made.message
}

// HandleAppendEntries has a follower take over what the leader's log holds after prevLogIndex, if the two logs match up
// to there. The numbers are those of the receiver's implementation of the AppendEntries RPC in Figure 2 (§5.1, §5.2,
// §5.3).
func (n *Node) HandleAppendEntries(_ kv.NodeID, m protocol.AppendEntries) {
	// A second leader of the same term, which Election Safety rules out, is answered like one whose term is over.
	if m.Term < n.state.CurrentTerm || n.state.Role == protocol.RoleLeader { // 1.
		n.rejectAppendEntries(m, protocol.ReasonStaleTerm)
		return
	}
	n.follow(m.LeaderID)
	n.setElectionTimer()
	if reason := n.mismatch(m.PrevLogIndex, m.PrevLogTerm); reason != protocol.ReasonNone { // 2.
		n.rejectAppendEntries(m, reason)
		return
	}
	n.storeEntries(m.PrevLogIndex, m.Entries) // 3. and 4.
	match := m.PrevLogIndex + protocol.LogIndex(len(m.Entries))
	n.state.MatchWithLeader = max(n.state.MatchWithLeader, match)
	n.reply(protocol.AppendEntriesOk{Term: n.state.CurrentTerm, MatchIndex: match}, protocol.ReasonNone)
	if n.tellsCommitIndex(m) { // 5.
		n.learnCommitIndex(m.LeaderCommit)
	}
}

// follow takes a server for the leader of the current term; a candidate that discovers one has lost its election
// (§5.2).
func (n *Node) follow(leader kv.NodeID) {
	n.stepDown(protocol.RoleEventLeaderDiscovered)
	n.state.LeaderID = leader
}

// HandleAppendEntriesReply updates what a leader knows of how far a follower's log equals its own (§5.3, and "Leaders"
// in Figure 2).
func (n *Node) HandleAppendEntriesReply(from kv.NodeID, reply protocol.AppendEntriesReply) {
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

// followerMatches updates nextIndex and matchIndex of a follower that holds the leader's log up to match. Neither
// falls when acknowledgements arrive out of order (§5.3).
func (n *Node) followerMatches(peer kv.NodeID, match protocol.LogIndex) {
	if match > n.lastLogIndex() {
		return // no follower holds more of this log than there is
	}
	known := n.state.MatchIndex[peer]
	match = max(match, known)
	n.state.MatchIndex[peer] = match
	n.state.NextIndex[peer] = max(n.state.NextIndex[peer], match+1)
	isAcknowledged := func(f protocol.InFlight) bool { return f.LastIndex <= match }
	n.state.InFlight[peer] = slices.DeleteFunc(n.state.InFlight[peer], isAcknowledged)
	if match > known || len(n.state.InFlight[peer]) == 0 {
		n.widenWindow(peer)
	}
	n.advanceCommitIndex()
	n.replicate(peer)
}

// widenWindow lets more be on the way to a follower that acknowledged what it was sent. Where nothing was given up
// yet, that is as much as may be. Otherwise messages are lost or overtake each other, which has all that is behind
// them refused: then it is one more.
func (n *Node) widenWindow(peer kv.NodeID) {
	most := uint64(n.config.MaxInFlight)
	if n.state.Round[peer] > 0 {
		most = min(most, n.state.Window[peer]+1)
	}
	n.state.Window[peer] = most
}

// followerRefused goes back to where the follower's log may match, and tries again (§5.3).
func (n *Node) followerRefused(peer kv.NodeID, m protocol.AppendEntriesRejected) {
	if !n.isLateRefusal(peer, m) {
		n.backUp(peer, m)
	}
}

// isLateRefusal says whether a refusal says nothing new. One of an earlier round is late: what it refuses was given up.
// So is one of what the follower acknowledged since; but while a part of that is on the way, no other answer to it need
// come.
func (n *Node) isLateRefusal(peer kv.NodeID, m protocol.AppendEntriesRejected) bool {
	return m.ConflictIndex == 0 || // it was refused for its term, before this server led the current one
		m.PrevLogIndex > n.lastLogIndex() || // no such AppendEntries was sent in this term
		m.PrevLogIndex == 0 || // nobody refuses what begins the log
		m.Round != n.state.Round[peer] ||
		m.PrevLogIndex < n.state.MatchIndex[peer] && !n.isInFlight(peer, m.PrevLogIndex)
}

// goBackAfterRefusal sends what begins before what was refused, or after what was acknowledged since, so that it is
// never the same again.
//
// If the follower refuses what directly follows what it acknowledged, then either the acknowledgement overtook the
// refusal, and will come again; or its disk lost what it had stored, against all that Raft assumes. The leader cannot
// tell, and takes all for lost, so that nothing is committed because of it: what such a disk still holds may be older,
// and not what was acknowledged. Nothing else makes matchIndex fall.
func (n *Node) goBackAfterRefusal(peer kv.NodeID, m protocol.AppendEntriesRejected) {
	if m.PrevLogIndex == n.state.MatchIndex[peer] {
		n.state.MatchIndex[peer] = 0
	}
	n.goBack(peer, n.nextIndexAfterRefusal(m))
}

// isInFlight says whether an AppendEntries with the entries that follow prev is on the way to a follower.
func (n *Node) isInFlight(peer kv.NodeID, prev protocol.LogIndex) bool {
	return slices.ContainsFunc(n.state.InFlight[peer], func(f protocol.InFlight) bool { return f.PrevLogIndex == prev })
}

// goBack begins a new round with a follower: what was on the way there from next on is given up, and sent again. It
// sends one AppendEntries only, whose reply lets more follow.
//
// Nothing is assumed of the network: it may lose, delay, duplicate and reorder messages. So replies to what was given
// up may come at any later time. An acknowledgement is as true then as it ever was. A refusal, and a timeout, are
// told by their round from those of what is sent now.
func (n *Node) goBack(peer kv.NodeID, next protocol.LogIndex) {
	n.giveUpFrom(peer, next)
	n.state.Round[peer]++
	n.state.Window[peer] = 1
	n.sendEntries(peer)
}

// giveUpFrom takes what a follower was sent from next on for not received, unless it is known to be.
func (n *Node) giveUpFrom(peer kv.NodeID, next protocol.LogIndex) {
	next = max(next, n.state.MatchIndex[peer]+1)
	isGivenUp := func(f protocol.InFlight) bool { return f.LastIndex >= next }
	n.state.InFlight[peer] = slices.DeleteFunc(n.state.InFlight[peer], isGivenUp)
	n.state.NextIndex[peer] = next
}
