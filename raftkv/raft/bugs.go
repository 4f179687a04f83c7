package raft

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// Bug is a mistake that implementations of Raft are known for, built in on purpose: a run with one shows what then
// breaks, and that the checks see it. Each is one condition at one place, which its constant leads to: at the end of
// this file, or for what is not the algorithm's, in bugs.go of package node.
type Bug uint8

// The bugs there are, in the order of the paper's sections that they get wrong.
const (
	BugNone Bug = iota
	BugForgetVote
	BugRevoteOnStepdown
	BugCountDuplicateVotes
	BugIgnoreHigherTerm
	BugLongestLogWins
	BugKeepConflictingTail
	BugNextIndexStuck
	BugCommitOldTerm
	BugCommitBeyondMatch
	BugNoCommitOnHeartbeat
	BugLocalRead
	BugNoDedup
	BugFalseFailure
)

// BugDescription says what a bug is.
type BugDescription struct {
	Bug      Bug
	Name     string                   // what a config and the command line call it
	Doc      string                   // the wrong behaviour, in a sentence
	CaughtBy []protocol.InvariantName // the invariants that it breaks: one of these is the first not to hold
}

type names = []protocol.InvariantName

var bugs = []BugDescription{
	{
		BugForgetVote, "forget-vote",
		"A voter gives its vote before the vote and the term are on its disk (§5.2, Figure 2).",
		names{protocol.InvariantTermAndVote, protocol.InvariantElectionSafety, protocol.InvariantPersistBeforeSend},
	},
	{
		BugRevoteOnStepdown, "revote-on-stepdown",
		"A candidate that finds a leader of its own term takes its vote of that term back, and may give it again " +
			"(§5.2).",
		names{protocol.InvariantTermAndVote, protocol.InvariantElectionSafety},
	},
	{
		BugCountDuplicateVotes, "count-duplicate-votes",
		"A candidate counts the grants that arrive, and not the servers that gave them (§5.2).",
		names{protocol.InvariantVotesWereGiven, protocol.InvariantElectionSafety},
	},
	{
		BugIgnoreHigherTerm, "ignore-higher-term",
		"No message of a higher term makes a leader step down (§5.1).",
		names{protocol.InvariantTermAndVote, protocol.InvariantProgress},
	},
	{
		BugLongestLogWins, "longest-log-wins",
		"A voter takes the longer log for the more up-to-date one, whatever the terms of the last entries (§5.4.1).",
		names{protocol.InvariantLeaderCompleteness},
	},
	{
		BugKeepConflictingTail, "keep-conflicting-tail",
		"A follower overwrites entries that conflict, and keeps those that follow them (§5.3).",
		names{protocol.InvariantLogMatching},
	},
	{
		BugNextIndexStuck, "next-index-stuck",
		"A leader that is refused sends the same again, and never goes back in its log (§5.3).",
		names{protocol.InvariantProgress},
	},
	{
		BugCommitOldTerm, "commit-old-term",
		"A leader commits an entry of an earlier term by counting its copies (§5.4.2, Figure 8).",
		names{protocol.InvariantCommitCurrentTerm, protocol.InvariantLeaderCompleteness},
	},
	{
		BugCommitBeyondMatch, "commit-beyond-match",
		"A follower commits as far as its log goes, and not as far as it is known to equal the leader's (§5.3).",
		names{protocol.InvariantStateMachineSafety},
	},
	{
		BugNoCommitOnHeartbeat, "no-commit-on-heartbeat",
		"A follower learns nothing of the leader's commit index from an AppendEntries without entries (§5.3).",
		names{protocol.InvariantProgress},
	},
	{
		BugLocalRead, "local-read",
		"A leader answers a get from its own store, without asking whether it still leads (§8).",
		names{protocol.InvariantLinearizable},
	},
	{
		BugNoDedup, "no-dedup",
		"The store takes an operation again when the client tries again (§8).",
		names{protocol.InvariantExactlyOnce},
	},
	{
		BugFalseFailure, "false-failure",
		"A leader that does not know whether a command will be committed answers that it failed (§8).",
		names{protocol.InvariantLinearizable},
	},
}

// Bugs are all bugs there are, BugNone not among them.
func Bugs() []BugDescription { return slices.Clone(bugs) }

// BugNamed finds a bug by its name; the empty name is BugNone's.
func BugNamed(name string) (bug Bug, known bool) {
	for _, b := range bugs {
		if b.Name == name {
			return b.Bug, true
		}
	}
	return BugNone, name == ""
}

// String is the bug's name; empty for BugNone.
func (b Bug) String() string {
	for _, described := range bugs {
		if described.Bug == b {
			return described.Name
		}
	}
	return ""
}

// What follows are the decisions of the algorithm that a bug gets wrong, in the order of the paper's sections.

// voteFor gives the vote of the current term, and has it stored before anything that follows (§5.2, Figure 2).
func (n *Node) voteFor(candidate kv.NodeID) {
	n.state.VotedFor = candidate
	if n.config.Bug == BugForgetVote {
		n.durable = vote{n.state.CurrentTerm, candidate} // taken for stored, so that it never is
	}
}

// keepVote leaves the vote of the term as it is when a server steps down: it was given (§5.2).
func (n *Node) keepVote() {
	if n.config.Bug == BugRevoteOnStepdown {
		n.state.VotedFor = 0
	}
}

// voterOf is the server that a vote counts for: the one that it came from, however often it comes (§5.2).
func (n *Node) voterOf(from kv.NodeID) kv.NodeID {
	if n.config.Bug == BugCountDuplicateVotes && n.state.VotesGranted[from] {
		isNotCounted := func(peer kv.NodeID) bool { return !n.state.VotesGranted[peer] }
		return n.peers[slices.IndexFunc(n.peers, isNotCounted)]
	}
	return from
}

// yieldsToHigherTerm says whether a higher term makes the server a follower: it does, whatever its role (§5.1).
func (n *Node) yieldsToHigherTerm() bool {
	return n.config.Bug != BugIgnoreHigherTerm || n.state.Role != protocol.RoleLeader
}

// lastTermsDiffer says whether the candidate's log and the voter's end with entries of different terms: then these
// decide which is more up to date, and not the lengths of the logs (§5.4.1).
func (n *Node) lastTermsDiffer(m protocol.RequestVote) bool {
	return m.LastLogTerm != n.lastLogTerm() && n.config.Bug != BugLongestLogWins
}

// replacement is what takes the place of all that the log holds from an index on: the leader's entries alone (§5.3).
func (n *Node) replacement(index protocol.LogIndex, entries []protocol.LogEntry) []protocol.LogEntry {
	if n.config.Bug == BugKeepConflictingTail && index <= n.lastLogIndex() {
		covered := min(index-1+protocol.LogIndex(len(entries)), n.lastLogIndex())
		return slices.Concat(entries, n.copyEntries(covered, n.lastLogIndex()))
	}
	return entries
}

// backUp has the leader go back in its log for a follower that refused (§5.3).
func (n *Node) backUp(peer kv.NodeID, refusal protocol.AppendEntriesRejected) {
	if n.config.Bug == BugNextIndexStuck {
		n.giveUpFrom(peer, refusal.PrevLogIndex+1) // and sends it again with the next command or heartbeat
		return
	}
	n.goBackAfterRefusal(peer, refusal)
}

// isOfEarlierTerm says whether an entry is of an earlier term than the leader's: it is not committed by counting its
// copies (§5.4.2, Figure 8).
func (n *Node) isOfEarlierTerm(index protocol.LogIndex) bool {
	return n.termAt(index) != n.state.CurrentTerm && n.config.Bug != BugCommitOldTerm
}

// knownMatch is how far the log is known to equal that of the current leader: a follower commits no further (§5.3).
func (n *Node) knownMatch() protocol.LogIndex {
	if n.config.Bug == BugCommitBeyondMatch {
		return n.lastLogIndex()
	}
	return n.state.MatchWithLeader
}

// tellsCommitIndex says whether an AppendEntries tells the leader's commit index: each does, also without entries
// (§5.3).
func (n *Node) tellsCommitIndex(m protocol.AppendEntries) bool {
	return len(m.Entries) > 0 || n.config.Bug != BugNoCommitOnHeartbeat
}

// read has a value read through the log, like any other command (§8).
func (n *Node) read(request kv.RequestID, get kv.Get) {
	if n.config.Bug == BugLocalRead && n.state.Role == protocol.RoleLeader {
		n.emit(protocol.Answer{Message: kv.Answered{Request: request}}) // without a result: it is for the store to say
		return
	}
	n.handleCommand(request, get)
}
