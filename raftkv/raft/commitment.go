package raft

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// advanceCommitIndex commits what a majority holds, if its last entry is of the leader's current term: an entry of an
// earlier term is never committed by counting its copies, only along with one of the current term that follows it. Then
// every follower is told (§5.3, §5.4.2, Figure 8).
func (n *Node) advanceCommitIndex() {
	index := n.quorumIndex()
	if index <= n.state.CommitIndex || n.isOfEarlierTerm(index) {
		return
	}
	n.commit(index, n.holdersOf(index))
	n.sendToOthers(protocol.CommitNotification{Term: n.state.CurrentTerm, LeaderID: n.config.ID, LeaderCommit: index})
}

// quorumIndex is the highest index that a majority's logs match up to: matchIndex of the last server of the majority,
// ranked from the highest. The leader itself holds its whole log, which is durable before anything is sent.
func (n *Node) quorumIndex() protocol.LogIndex {
	for i, peer := range n.peers {
		n.ranking[i] = n.state.MatchIndex[peer]
		if peer == n.config.ID {
			n.ranking[i] = n.lastLogIndex()
		}
	}
	slices.Sort(n.ranking)
	return n.ranking[len(n.ranking)-n.Quorum()]
}

// holdersOf is the servers that are known to hold the leader's entry at an index.
func (n *Node) holdersOf(index protocol.LogIndex) []kv.NodeID {
	holders := make([]kv.NodeID, 0, len(n.peers))
	for _, peer := range n.peers {
		if peer == n.config.ID || n.state.MatchIndex[peer] >= index {
			holders = append(holders, peer)
		}
	}
	return holders
}

// HandleCommitNotification has a follower commit what the current leader committed. It is no AppendEntries, and so
// leaves the election timer alone: §5.2 lets only AppendEntries keep a follower from starting an election.
func (n *Node) HandleCommitNotification(_ kv.NodeID, m protocol.CommitNotification) {
	if n.state.Role == protocol.RoleLeader {
		return
	}
	n.follow(m.LeaderID)
	n.learnCommitIndex(m.LeaderCommit)
}

// learnCommitIndex follows the leader's commit index, as far as the log is known to equal the current leader's: what
// comes after may be another's, whatever its term. A commit index may come before the entries do, so the highest is
// remembered (step 5 of the AppendEntries RPC in Figure 2).
func (n *Node) learnCommitIndex(leaderCommit protocol.LogIndex) {
	n.state.NotifiedCommit = max(n.state.NotifiedCommit, leaderCommit)
	if index := min(n.state.NotifiedCommit, n.knownMatch()); index > n.state.CommitIndex {
		n.commit(index, nil)
	}
}

// commit moves the commit index up and applies what it passes, in the log's order ("All Servers" in Figure 2).
func (n *Node) commit(index protocol.LogIndex, acknowledgedBy []kv.NodeID) {
	n.emit(protocol.Commit{From: n.state.CommitIndex, To: index, AcknowledgedBy: acknowledgedBy})
	n.state.CommitIndex = index
	for n.state.LastApplied < n.state.CommitIndex {
		n.state.LastApplied++
		n.emit(protocol.Apply{Index: n.state.LastApplied, Entry: n.entryAt(n.state.LastApplied)})
	}
}
