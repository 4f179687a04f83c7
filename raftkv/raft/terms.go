package raft

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// lastTerm is the highest that a Term can be. No election follows it: one more would be 0, and a term never falls
// (§5.1).
const lastTerm = ^protocol.Term(0)

// updateTerm takes over a term that is newer than the server's own: in it, the server is a follower that has not voted.
// It returns whether the term is the current one now; if not, it is over (§5.1, and "All Servers" in Figure 2).
func (n *Node) updateTerm(term protocol.Term) bool {
	if term > n.state.CurrentTerm && n.yieldsToHigherTerm() {
		n.enterTerm(term, 0)
		n.stepDown(protocol.RoleEventHigherTerm)
	}
	return term == n.state.CurrentTerm
}

// enterTerm begins a term, and forgets the leader of the one before and what that leader told.
func (n *Node) enterTerm(term protocol.Term, votedFor kv.NodeID) {
	n.state.CurrentTerm = term
	n.state.VotedFor = votedFor
	n.state.LeaderID = 0
	n.state.MatchWithLeader = 0
	n.state.NotifiedCommit = 0
}

// stepDown makes a candidate or a leader a follower, which waits for a leader again (§5.1, §5.2).
func (n *Node) stepDown(event protocol.RoleEvent) {
	if n.state.Role == protocol.RoleFollower {
		return
	}
	hadHeartbeats := n.state.Role == protocol.RoleLeader && n.config.Heartbeats
	n.changeRole(protocol.RoleFollower, event)
	n.keepVote()
	if hadHeartbeats {
		n.emit(protocol.StopTimer{Timer: protocol.TimerHeartbeat})
	}
	n.setElectionTimer()
}

// changeRole changes the role, along an edge of Figure 4.
func (n *Node) changeRole(to protocol.Role, event protocol.RoleEvent) {
	appends := to == protocol.RoleLeader && n.config.NoopOnElection
	n.emit(protocol.RoleChange{From: n.state.Role, To: to, Event: event, Appends: appends})
	n.state.Role = to
}
