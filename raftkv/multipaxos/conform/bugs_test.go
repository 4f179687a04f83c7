package conform_test

import (
	"slices"
	"testing"

	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/conform"
)

// duelling has three leaders suspect each other early, in a network in which much comes late.
func duelling(seed uint64) plan {
	p := stormy(seed)
	p.node.Acceptors, p.node.Leaders = 3+2*int(seed%2), 3
	p.node.SuspicionTimeout, p.node.Backoff = world.Range{Min: 40 * ms, Max: 60 * ms}, world.Range{Max: 30 * ms}
	p.node.HeartbeatInterval = 20 * ms
	p.sim.Latency, p.sim.Late = world.Range{Min: 2 * ms, Max: 25 * ms}, 0.15
	p.sim.LateBy = world.Range{Min: 50 * ms, Max: 250 * ms}
	return p
}

// plansOfBugs are runs in which each mistake that can be built in does harm. What is not done, such as to ask for what
// is missing, no span tells: never-catch-up is found only by those who know how long all may take.
var plansOfBugs = map[multipaxos.Bug]plan{
	multipaxos.BugAcceptBelowPromise: stormy(6),
	multipaxos.BugForgetPromise:      stormy(1),
	multipaxos.BugReuseBallot:        stormy(2),
	multipaxos.BugCountOldPromises:   duelling(39),
	multipaxos.BugQuorumOfAnswered:   stormy(1),
	multipaxos.BugAdoptLatestArrival: duelling(277),
	multipaxos.BugAdoptHighestSlot:   stormy(5),
	multipaxos.BugLeaveHole:          duelling(42),
	multipaxos.BugSlotGivenTwice:     stormy(2),
	multipaxos.BugApplyOutOfOrder:    stormy(2),
	multipaxos.BugSkipHole:           stormy(1),
	multipaxos.BugOverwriteAtReplica: stormy(1),
	multipaxos.BugNoDedup:            stormy(1),
}

// Each mistake that can be built in is found in a trace alone, as an invariant that it is known to break.
func TestBugs(t *testing.T) {
	for _, bug := range multipaxos.Bugs() {
		p, is := plansOfBugs[bug.Bug]
		if !is {
			if bug.Bug != multipaxos.BugNeverCatchUp {
				t.Errorf("%s: there is no run for it", bug.Name)
			}
			continue
		}
		p.node.Bug = bug.Bug
		found := checked(run(t, p)).Counts
		if !slices.ContainsFunc(bug.CaughtBy, func(i protocol.InvariantName) bool { return found[string(i)] > 0 }) {
			t.Errorf("%s: found is %v, want one of %v", bug.Name, found, bug.CaughtBy)
		}
		p.node.Bug = multipaxos.BugNone
		clean(t, bug.Name+" not built in", run(t, p))
	}
}

// A disk that was made to lose what it had said that it keeps is no mistake of a process: that it started again with
// less is not found, but said.
func TestLyingDisk(t *testing.T) {
	for _, lies := range []string{worldspans.FaultSkipSync, worldspans.FaultRollback} {
		p := usual(1)
		p.faults = []fault{{60 * ms, lies, acceptorID(2), 30 * ms}}
		if lies == worldspans.FaultSkipSync {
			p.faults = append(p.faults,
				fault{90 * ms, worldspans.FaultCrash, acceptorID(2), 0}, fault{120 * ms, worldspans.FaultRestart, acceptorID(2), 0})
		} else {
			p.faults[0].at = 90 * ms
		}
		r := checked(run(t, p))
		if n := r.Counts[string(protocol.InvariantRestartFromDisk)]; n > 0 {
			t.Errorf("%s: RestartFromDisk is broken %d times", lies, n)
		}
		for _, want := range []conform.UnknownKind{kept.UnknownDisk, kept.UnknownLoss} {
			if !slices.ContainsFunc(r.Unknown, func(u conform.Unknown) bool { return u.ID == want.ID }) {
				t.Errorf("%s: %s is not among what is unknown: %v", lies, want.ID, r.Unknown)
			}
		}
	}
}

// A trace without the numbers of steps does not tell in which order a process did what it did: that is said, and the
// rules over it are left out.
func TestWithoutSteps(t *testing.T) {
	trace := run(t, usual(1))
	for i := range trace {
		unset(&trace[i], worldspans.RaftkvStepKey)
		unset(&trace[i], worldspans.RaftkvEndStepKey)
	}
	r := checked(trace)
	if len(r.Findings) > 0 {
		t.Errorf("found is %v", r.Counts)
	}
	if !slices.ContainsFunc(r.Unknown, func(u conform.Unknown) bool { return u.ID == kept.UnknownOrder.ID }) {
		t.Errorf("what is unknown is %v", r.Unknown)
	}
}
