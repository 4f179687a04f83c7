package multipaxos

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// Bug is a mistake that implementations of Paxos are known for, built in on purpose: a run with one shows what then
// breaks, and that the checks see it. Each is one condition at one place, which its constant leads to: at the end of
// this file, or for what is not the algorithm's, where a process has its store.
type Bug uint8

// The bugs there are, in the order in which a command comes upon them.
const (
	BugNone Bug = iota
	BugAcceptBelowPromise
	BugForgetPromise
	BugReuseBallot
	BugCountOldPromises
	BugQuorumOfAnswered
	BugAdoptLatestArrival
	BugAdoptHighestSlot
	BugLeaveHole
	BugSlotGivenTwice
	BugApplyOutOfOrder
	BugSkipHole
	BugNeverCatchUp
	BugOverwriteAtReplica
	BugNoDedup
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
		BugAcceptBelowPromise, "accept-below-promise",
		"An acceptor accepts a proposal whose ballot is below what it promised (PMS P1a).",
		names{protocol.InvariantPromisesKept, protocol.InvariantAgreement},
	},
	{
		BugForgetPromise, "forget-promise",
		"An acceptor promises before the promise is on its disk, and forgets it in a crash (PMS §2.5).",
		names{
			protocol.InvariantPersistBeforeSend, protocol.InvariantPromisesRise, protocol.InvariantPromisesKept,
			protocol.InvariantAgreement,
		},
	},
	{
		BugReuseBallot, "reuse-ballot",
		"A leader that restarts does not remember its round, and begins a ballot again that it began before (PMS §2.5).",
		names{
			protocol.InvariantRestartFromDisk, protocol.InvariantBallotsRise, protocol.InvariantOneValuePerBallot,
			protocol.InvariantAgreement,
		},
	},
	{
		BugCountOldPromises, "count-old-promises",
		"A leader counts promises of a ballot that it began before (PMS §2.2).",
		names{
			protocol.InvariantPromisesWereGiven, protocol.InvariantValueOfHighestBallot, protocol.InvariantAgreement,
		},
	},
	{
		BugQuorumOfAnswered, "quorum-of-answered",
		"A leader is content with a majority of the acceptors that answered, and not of all (PMS §2.2).",
		names{
			protocol.InvariantPromisesWereGiven, protocol.InvariantChosenByMajority,
			protocol.InvariantLearntIsChosen, protocol.InvariantAgreement,
		},
	},
	{
		BugAdoptLatestArrival, "adopt-latest-arrival",
		"A new leader adopts the value of the promise that arrived last, and not of the highest ballot (PMS P2c).",
		names{protocol.InvariantValueOfHighestBallot, protocol.InvariantAgreement},
	},
	{
		BugAdoptHighestSlot, "adopt-highest-slot",
		"A new leader adopts the value of the highest slot alone, and fills those before with no-ops (PMS P2c, §3).",
		names{protocol.InvariantValueOfHighestBallot, protocol.InvariantAgreement},
	},
	{
		BugLeaveHole, "leave-hole",
		"A new leader leaves a slot without a value that nothing was accepted in, and goes on behind it (PMS §3).",
		names{protocol.InvariantProgress},
	},
	{
		BugSlotGivenTwice, "slot-given-twice",
		"A leader whose Accept was not answered in time gives the slot to the next command, in the same ballot (PMMC C1).",
		names{
			protocol.InvariantOneValuePerBallot, protocol.InvariantChosenByMajority, protocol.InvariantAgreement,
		},
	},
	{
		BugApplyOutOfOrder, "apply-out-of-order",
		"A learner applies what it learns at once, whatever it misses before (PMS §3).",
		names{protocol.InvariantSameOrder},
	},
	{
		BugSkipHole, "skip-hole",
		"A learner that misses a slot goes on with the next that it knows, and does not ask (PMS §3).",
		names{protocol.InvariantSameOrder},
	},
	{
		BugNeverCatchUp, "never-catch-up",
		"A learner that misses a slot waits for it, and never asks.",
		names{protocol.InvariantProgress},
	},
	{
		BugOverwriteAtReplica, "overwrite-at-replica",
		"A replica's put stores its value, whether or not the key has one.",
		names{protocol.InvariantSameStore},
	},
	{
		BugNoDedup, "no-dedup",
		"The store takes an operation again when the client tries again (PMMC §2).",
		names{protocol.InvariantExactlyOnce},
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

// What follows are the decisions of the algorithm that a bug gets wrong, in the order of the bugs.

// refuses says whether an acceptor refuses a proposal: its ballot is below what was promised (PMS P1a).
func (a *Acceptor) refuses(ballot protocol.Ballot) bool {
	return Below(ballot, a.state.Promised) && a.config.Bug != BugAcceptBelowPromise
}

// savesPromise says whether a promise has to be made durable: it has, before anybody hears of it (PMS §2.5).
func (a *Acceptor) savesPromise() bool {
	return a.durable != a.state.Promised && a.config.Bug != BugForgetPromise
}

// roundAfterRestart is the round that a leader starts again with: the one that its disk holds (PMS §2.5).
func (l *Leader) roundAfterRestart(onDisk protocol.Round) protocol.Round {
	if l.config.Bug == BugReuseBallot {
		return 0
	}
	return onDisk
}

// isOfThisBallot says whether a promise counts: not one that was given in an earlier ballot (PMS §2.2).
func (l *Leader) isOfThisBallot(m protocol.Promise) bool {
	return m.Ballot == l.state.Ballot || l.config.Bug == BugCountOldPromises
}

// quorum is how many acceptors must have answered so that those that are counted decide: a majority of all (PMS §2.2).
func (l *Leader) quorum(counted []bool) int {
	if l.config.Bug == BugQuorumOfAnswered {
		return count(counted)/2 + 1
	}
	return l.config.Quorum()
}

// supersedes says whether a promise's proposal takes the place of what others told of the slot: the higher ballot does
// (PMS P2c).
func (l *Leader) supersedes(p, known protocol.Proposal) bool {
	return Below(known.Ballot, p.Ballot) || l.config.Bug == BugAdoptLatestArrival
}

// adopts says whether a new leader proposes what was reported of a slot: it does in each (PMS P2c, §3).
func (l *Leader) adopts(slot protocol.Slot) bool {
	isLast := int(slot-l.state.FirstSlot) == len(l.state.Reported)-1
	return isLast || l.config.Bug != BugAdoptHighestSlot
}

// fillsHoles says whether a new leader proposes a no-op in a slot that nothing was accepted in (PMS §3).
func (l *Leader) fillsHoles() bool { return l.config.Bug != BugLeaveHole }

// giveAgain gives up no slot whose Accept was given up: it may have been accepted (PMMC C1).
func (l *Leader) giveAgain(slot protocol.Slot) {
	if l.config.Bug == BugSlotGivenTwice && slot == l.state.NextSlot-1 {
		l.state.NextSlot = slot
		i := l.pending(slot)
		l.state.Pending = slices.Delete(l.state.Pending, i, i+1)
	}
}

// applyAtOnce applies nothing that was only just learnt: applyReady does, in the order of slots (PMS §3).
func (l *learner) applyAtOnce(slot protocol.Slot) {
	if l.config.Bug == BugApplyOutOfOrder {
		l.state.Applied = max(l.state.Applied, slot)
		l.emit(protocol.Apply{Slot: slot, Value: l.state.Chosen[slot]})
	}
}

// passesOver says whether a learner does without what it misses. It does not, and asks for it (PMS §3).
func (l *learner) passesOver() bool {
	skips := l.config.Bug == BugSkipHole
	if skips {
		for l.state.Applied < l.state.Told && !l.knows(l.state.Applied+1) {
			l.state.Applied++
		}
		l.applyReady()
	}
	return skips || l.config.Bug == BugNeverCatchUp
}
