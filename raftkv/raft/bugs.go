package raft

import "github.com/raftkv/raftkv/raftkv/raft/protocol"

// Bug is a mistake that implementations of Raft are known for, built in on purpose: a run with one shows what then breaks, and that the checks see it. Each is one
// condition at one place, which its constant leads to: here, or for what is not the algorithm's, in package node.
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

// Bugs are all bugs there are, BugNone not among them.
func Bugs() []BugDescription {
	return []BugDescription{
		{
			BugForgetVote, "forget-vote", "A voter gives its vote before the vote and the term are on its disk (§5.2, Figure 2).",
			[]protocol.InvariantName{protocol.InvariantTermAndVote, protocol.InvariantElectionSafety, protocol.InvariantPersistBeforeSend},
		},
		{
			BugRevoteOnStepdown, "revote-on-stepdown", "A candidate that finds a leader of its own term takes its vote of that term back, and may give it again (§5.2).",
			[]protocol.InvariantName{protocol.InvariantTermAndVote, protocol.InvariantElectionSafety},
		},
		{
			BugCountDuplicateVotes, "count-duplicate-votes", "A candidate counts the grants that arrive, and not the servers that gave them (§5.2).",
			[]protocol.InvariantName{protocol.InvariantVotesWereGiven, protocol.InvariantElectionSafety},
		},
		{
			BugIgnoreHigherTerm, "ignore-higher-term", "No message of a higher term makes a leader step down (§5.1).",
			[]protocol.InvariantName{protocol.InvariantTermAndVote, protocol.InvariantProgress},
		},
		{
			BugLongestLogWins, "longest-log-wins", "A voter takes the longer log for the more up-to-date one, whatever the terms of the last entries (§5.4.1).",
			[]protocol.InvariantName{protocol.InvariantLeaderCompleteness},
		},
		{
			BugKeepConflictingTail, "keep-conflicting-tail", "A follower overwrites entries that conflict, and keeps those that follow them (§5.3).",
			[]protocol.InvariantName{protocol.InvariantLogMatching},
		},
		{
			BugNextIndexStuck, "next-index-stuck", "A leader that is refused sends the same again, and never goes back in its log (§5.3).",
			[]protocol.InvariantName{protocol.InvariantProgress},
		},
		{
			BugCommitOldTerm, "commit-old-term", "A leader commits an entry of an earlier term by counting its copies (§5.4.2, Figure 8).",
			[]protocol.InvariantName{protocol.InvariantCommitCurrentTerm, protocol.InvariantLeaderCompleteness},
		},
		{
			BugCommitBeyondMatch, "commit-beyond-match", "A follower commits as far as its log goes, and not as far as it is known to equal the leader's (§5.3).",
			[]protocol.InvariantName{protocol.InvariantStateMachineSafety},
		},
		{
			BugNoCommitOnHeartbeat, "no-commit-on-heartbeat", "A follower learns nothing of the leader's commit index from an AppendEntries without entries (§5.3).",
			[]protocol.InvariantName{protocol.InvariantProgress},
		},
		{
			BugLocalRead, "local-read", "A leader answers a get from its own store, without asking whether it still leads (§8).",
			[]protocol.InvariantName{protocol.InvariantLinearizable},
		},
		{
			BugNoDedup, "no-dedup", "The store takes an operation again when the client tries again (§8).",
			[]protocol.InvariantName{protocol.InvariantExactlyOnce},
		},
		{
			BugFalseFailure, "false-failure", "A leader that does not know whether a command will be committed answers that it failed (§8).",
			[]protocol.InvariantName{protocol.InvariantLinearizable},
		},
	}
}

// BugNamed finds a bug by its name; the empty name is BugNone's.
func BugNamed(name string) (bug Bug, known bool) {
	for _, b := range Bugs() {
		if b.Name == name {
			return b.Bug, true
		}
	}
	return BugNone, name == ""
}

// String is the bug's name; empty for BugNone.
func (b Bug) String() string {
	for _, described := range Bugs() {
		if described.Bug == b {
			return described.Name
		}
	}
	return ""
}
