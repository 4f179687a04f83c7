package raft

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// retry sends a request again that was given up, as long as its answer still matters. The other server may have handled
// it: RequestVote and AppendEntries do no harm a second time (§5.5).
func (n *Node) retry(peer kv.NodeID, request protocol.Message) {
	if !n.isOther(peer) {
		return
	}
	if m, ok := request.(protocol.RequestVote); ok {
		n.retryRequestVote(peer, m)
	}
	if m, ok := request.(protocol.AppendEntries); ok {
		n.retryAppendEntries(peer, m)
	}
}

func (n *Node) retryRequestVote(peer kv.NodeID, m protocol.RequestVote) {
	if n.state.Role == protocol.RoleCandidate && m.Term == n.state.CurrentTerm && !n.state.VotesGranted[peer] {
		n.send(peer, m)
	}
}

// retryAppendEntries goes back to the entries that the given-up message carried. An empty one carried none, and the
// next heartbeat comes anyway. One of an earlier round was given up before.
func (n *Node) retryAppendEntries(peer kv.NodeID, m protocol.AppendEntries) {
	if n.state.Role != protocol.RoleLeader || m.Term != n.state.CurrentTerm || m.Round != n.state.Round[peer] {
		return
	}
	last := m.PrevLogIndex + protocol.LogIndex(len(m.Entries))
	givenUp := protocol.InFlight{PrevLogIndex: m.PrevLogIndex, LastIndex: last}
	if slices.Contains(n.state.InFlight[peer], givenUp) {
		n.goBack(peer, givenUp.PrevLogIndex+1)
	}
}

// restart begins again as a follower, with nothing but what the disk kept. The cluster is the same (§5.5, and "State"
// in Figure 2).
func (n *Node) restart(in protocol.Restart) {
	was := n.state.Role
	n.state.Restart()
	n.state.PersistentState = protocol.PersistentState{CurrentTerm: in.CurrentTerm, VotedFor: in.VotedFor}
	n.state.Log.Append(in.Log...)
	n.durable = vote{term: in.CurrentTerm, votedFor: in.VotedFor}
	n.makeRoomForPeers()
	n.emit(protocol.RoleChange{From: was, To: protocol.RoleFollower, Event: protocol.RoleEventRestart})
	n.setElectionTimer()
}
