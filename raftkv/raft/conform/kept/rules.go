package kept

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Names of messages, of the reasons for refusals, and of roles.
var (
	VoteGranted     = protocol.VoteGranted{}.Name()
	voteDenied      = protocol.VoteDenied{}.Name()
	EntriesOk       = protocol.AppendEntriesOk{}.Name()
	EntriesRejected = protocol.AppendEntriesRejected{}.Name()
	Answered        = kv.Answered{}.Name()
	NotLeader       = kv.NotLeader{}.Name()
	OutcomeUnknown  = kv.OutcomeUnknown{}.Name()

	noop    = kv.Noop{}.String()
	Restart = protocol.RoleEventRestart.String()

	Leader    = protocol.RoleLeader.String()
	Candidate = protocol.RoleCandidate.String()
	Follower  = protocol.RoleFollower.String()
)

// The rules of Raft that are no invariants of the spec.
var (
	RuleIllegalTransition = check.Rule{
		ID:   "illegal_transition",
		Says: "A role changes along the edges of Figure 4, from the role that the server had.",
	}
	RuleUnjustifiedCommit = check.Rule{
		ID: "unjustified_commit",
		Says: "A follower commits no further than its leader told, and than its log is known to equal the leader's (Figure " +
			"2, AppendEntries step 5).",
	}
	RuleWrongVote = check.Rule{
		ID: "wrong_vote",
		Says: "A server gives its vote to a candidate whose log is at least as up to date as its own, unless it gave it to " +
			"another in that term, and refuses it for no other reason (§5.2, §5.4.1).",
	}
	RuleWrongLogEnd = check.Rule{
		ID: "wrong_log_end",
		Says: "After AppendEntries a follower's log ends where Figure 2 has it: an entry that conflicts is removed with " +
			"all that follow it, and nothing else is.",
	}
	RuleWrongNextIndex = check.Rule{
		ID: "wrong_next_index",
		Says: "A leader that is refused goes back in its log to where the follower's may match, and goes on from there " +
			"(§5.3).",
	}
	RuleAnswerWithoutEntry = check.Rule{
		ID:   "answer_without_entry",
		Says: "A client's command is answered when its entry is applied, and has an entry (§8).",
	}
)

// Rules returns the rules that a trace has to conform to, beside the invariants of the spec.
func Rules() []check.Rule {
	all := check.Rules()
	last := len(all) - 1
	return append(append(append([]check.Rule{}, all[:last]...), RuleIllegalTransition), append(all[last:],
		RuleUnjustifiedCommit, RuleWrongVote, RuleWrongLogEnd, RuleWrongNextIndex, RuleAnswerWithoutEntry)...)
}

// Invariants are the invariants of the spec, as rules.
var Invariants = func() map[protocol.InvariantName]check.Rule {
	all := map[protocol.InvariantName]check.Rule{}
	for _, i := range protocol.AllInvariants() {
		all[i.Name] = check.Rule{ID: string(i.Name), Says: i.Doc, Section: i.ID + ", " + i.Section}
	}
	return all
}()

// What a trace of Raft may not tell.
var (
	UnknownMembers = check.UnknownKind{
		ID: "majority", Order: 0, One: "how many servers make a majority: no span tells which servers there are",
	}
	UnknownDisk = check.UnknownKind{
		ID: "lying_disk", Order: 7, Thing: "time",
		One: "whether what is violated is a mistake: a disk lost what it had said that it keeps, or was made to, and Raft " +
			"relies on that none does",
		More: "whether what is violated is a mistake: disks lost what they had said that they keep, or were made to, %s, " +
			"and Raft relies on that none does",
	}
	UnknownLoss = check.UnknownKind{
		ID: "known_loss", Order: 8, Thing: "time",
		One: "what a server said before a fault had its disk lose it: it started again with less than it had made durable",
		More: "what servers said before faults had their disks lose it: they started again with less than they had made " +
			"durable, %s",
	}
)
