package kept

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Names of messages, of roles, of what changes them and of where values come from.
var (
	Promise        = protocol.Promise{}.Name()
	Accepted       = protocol.Accepted{}.Name()
	CaughtUp       = protocol.CaughtUp{}.Name()
	Answered       = kv.Answered{}.Name()
	NotLeader      = kv.NotLeader{}.Name()
	OutcomeUnknown = kv.OutcomeUnknown{}.Name()

	prepareRejected = protocol.PrepareRejected{}.Name()
	acceptRejected  = protocol.AcceptRejected{}.Name()

	Noop = kv.Noop{}.String()

	Standby   = protocol.RoleStandby.String()
	Preparing = protocol.RolePreparing.String()
	Leading   = protocol.RoleLeading.String()

	Restart   = protocol.RoleEventRestart.String()
	Preempted = protocol.RoleEventPreempted.String()

	Client  = protocol.SourceClient.String()
	Adopted = protocol.SourceAdopted.String()
	OfNoop  = protocol.SourceNoop.String()
)

// The rules of MultiPaxos that are no invariants of the spec.
var (
	RuleIllegalTransition = check.Rule{
		ID: "illegal_transition",
		Says: "A leader's role changes along the edges of the spec, from the role that it had, and it stands by as soon " +
			"as it hears of a higher ballot, and not before (PMMC §2).",
	}
	RuleWrongRefusal = check.Rule{
		ID:   "wrong_refusal",
		Says: "An acceptor refuses only what is below its promise (PMS §2.2).",
	}
	RuleWrongPromise = check.Rule{
		ID: "wrong_promise",
		Says: "A promise tells, for each slot from the one that is asked for, what its acceptor accepted last (PMS §2.2, " +
			"PMMC §4.1).",
	}
	RuleStaleBallot = check.Rule{
		ID:   "stale_ballot",
		Says: "A leader begins a ballot that is higher than all of which it heard (PMS §2.5).",
	}
)

// Rules returns the rules that a trace has to conform to, beside the invariants of the spec.
func Rules() []check.Rule {
	return append(check.Rules(), RuleIllegalTransition, RuleWrongRefusal, RuleWrongPromise, RuleStaleBallot)
}

// Invariants are the invariants of the spec, as rules.
var Invariants = func() map[protocol.InvariantName]check.Rule {
	all := map[protocol.InvariantName]check.Rule{}
	for _, i := range protocol.AllInvariants() {
		all[i.Name] = check.Rule{ID: string(i.Name), Says: i.Doc, Section: i.ID + ", " + i.Section}
	}
	return all
}()

// What a trace of MultiPaxos may not tell.
var (
	UnknownOrder = check.UnknownKind{
		ID: "order", Order: 0, One: "in which order a process did what it did: its spans do not say their steps",
	}
	UnknownDisk = check.UnknownKind{
		ID: "lying_disk", Order: 7, Thing: "time",
		One: "whether what is violated is a mistake: a disk lost what it had said that it keeps, or was made to, and " +
			"MultiPaxos relies on that none does",
		More: "whether what is violated is a mistake: disks lost what they had said that they keep, or were made to, %s, " +
			"and MultiPaxos relies on that none does",
	}
	UnknownLoss = check.UnknownKind{
		ID: "known_loss", Order: 8, Thing: "time",
		One: "what a process knew before a fault had its disk lose it: it started again with less than it had made durable",
		More: "what processes knew before faults had their disks lose it: they started again with less than they had " +
			"made durable, %s",
	}
)
