package raft

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// startElection makes a server that is not the leader a candidate: it increments its term, votes for itself, resets its
// election timer and asks all other servers for their votes (§5.2, and "Candidates" in Figure 2). In the last term
// there is, it stays what it is.
func (n *Node) startElection(event protocol.RoleEvent) {
	if n.state.Role == protocol.RoleLeader || !n.isMember(n.config.ID) || n.state.CurrentTerm == lastTerm {
		return
	}
	n.enterTerm(n.state.CurrentTerm+1, n.config.ID)
	n.changeRole(protocol.RoleCandidate, event)
	n.setElectionTimer()
	clear(n.state.VotesGranted)
	n.state.VotesGranted[n.config.ID] = true
	if n.hasMajorityOfVotes() {
		n.becomeLeader()
		return
	}
	n.sendToOthers(protocol.RequestVote{
		Term: n.state.CurrentTerm, CandidateID: n.config.ID,
		LastLogIndex: n.lastLogIndex(), LastLogTerm: n.lastLogTerm(),
	})
}

// HandleRequestVote grants the vote of a term once, to a candidate whose log is at least as up to date as the voter's.
// Granting resets the election timer (RequestVote RPC in Figure 2; §5.1, §5.2, §5.4.1).
func (n *Node) HandleRequestVote(_ kv.NodeID, m protocol.RequestVote) {
	switch {
	case m.Term < n.state.CurrentTerm:
		n.denyVote(protocol.ReasonStaleTerm)
	case !n.mayVoteFor(m.CandidateID):
		n.denyVote(protocol.ReasonAlreadyVoted)
	case !n.candidateLogIsUpToDate(m):
		n.denyVote(protocol.ReasonLogBehind)
	default:
		n.voteFor(m.CandidateID)
		n.setElectionTimer()
		n.reply(protocol.VoteGranted{Term: n.state.CurrentTerm}, protocol.ReasonNone)
	}
}

func (n *Node) denyVote(reason protocol.Reason) {
	n.reply(protocol.VoteDenied{Term: n.state.CurrentTerm}, reason)
}

// mayVoteFor says whether the vote of this term is not given, or was given to the same candidate (§5.2).
func (n *Node) mayVoteFor(candidate kv.NodeID) bool {
	return n.state.VotedFor == 0 || n.state.VotedFor == candidate
}

// candidateLogIsUpToDate says whether the candidate's log is at least as up to date as this one: its last term is
// later, or the same with a log that is at least as long (§5.4.1).
func (n *Node) candidateLogIsUpToDate(m protocol.RequestVote) bool {
	if n.lastTermsDiffer(m) {
		return m.LastLogTerm > n.lastLogTerm()
	}
	return m.LastLogIndex >= n.lastLogIndex()
}

// HandleRequestVoteReply counts a candidate's votes of the current term; a majority makes it the leader (§5.2).
func (n *Node) HandleRequestVoteReply(from kv.NodeID, reply protocol.RequestVoteReply) {
	if n.state.Role != protocol.RoleCandidate {
		return
	}
	switch reply.(type) {
	case protocol.VoteGranted:
		n.state.VotesGranted[n.voterOf(from)] = true
		if n.hasMajorityOfVotes() {
			n.becomeLeader()
		}
	case protocol.VoteDenied:
		// The candidate goes on waiting for the others.
	}
}

// hasMajorityOfVotes counts voters, not messages: a vote that arrives twice is one vote (§5.2).
func (n *Node) hasMajorityOfVotes() bool {
	votes := 0
	for _, granted := range n.state.VotesGranted {
		if granted {
			votes++
		}
	}
	return votes >= n.Quorum()
}

// becomeLeader makes the candidate the leader of its term, which at once tells the others so, if it sends heartbeats or
// begins with a no-op (§5.2, §8, and "Volatile state on leaders" in Figure 2).
func (n *Node) becomeLeader() {
	n.changeRole(protocol.RoleLeader, protocol.RoleEventMajorityGranted)
	n.emit(protocol.StopTimer{Timer: protocol.TimerElection})
	n.state.LeaderID = n.config.ID
	for _, peer := range n.peers {
		n.state.NextIndex[peer] = n.lastLogIndex() + 1
		n.state.MatchIndex[peer] = 0
		n.state.Round[peer] = 0
		n.state.Window[peer] = 1
		n.state.InFlight[peer] = n.state.InFlight[peer][:0]
	}
	if n.config.Heartbeats {
		n.emit(protocol.SetTimer{Timer: protocol.TimerHeartbeat})
	}
	if n.config.NoopOnElection {
		n.appendToLog(protocol.LogEntry{Term: n.state.CurrentTerm, Command: kv.Noop{}})
	} else if n.config.Heartbeats {
		n.sendEmptyAppendEntries()
	}
}

// sendHeartbeats tells every follower that the leader is there, so that none of them starts an election (§5.2). It also
// sends what they lack.
func (n *Node) sendHeartbeats() {
	if n.state.Role != protocol.RoleLeader {
		return
	}
	n.emit(protocol.SetTimer{Timer: protocol.TimerHeartbeat})
	n.sendEmptyAppendEntries()
	n.replicateToAll()
}
