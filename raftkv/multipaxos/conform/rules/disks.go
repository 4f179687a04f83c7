package rules

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// durableRises looks at what a process makes durable: it never falls (PMMC A1, PMS §2.5).
func durableRises(c *cluster, p *process, of *Span, now kept.Durable) {
	kind, _ := kept.KindOf(p.name)
	name := check.Name(p.name)
	switch {
	case kind == protocol.KindAcceptor && kept.Below(now.Promised, p.disk.Promised):
		c.broken(protocol.InvariantPromisesRise, of, p.diskBy).
			Got("%s makes the promise of ballot %s durable", name, now.Promised).
			Want("%s at least, which its disk held", p.disk.Promised)
	case kind == protocol.KindAcceptor && now.Accepted < p.disk.Accepted:
		c.broken(protocol.InvariantMonotonic, of, p.diskBy).
			Got("on the disk of %s is what it accepted in %d slots", name, now.Accepted).
			Want("%d at least, as before", p.disk.Accepted)
	case now.Round > 0 && now.Round <= p.disk.Round:
		c.broken(protocol.InvariantBallotsRise, of, p.diskBy).
			Got("%s makes round %d durable", name, now.Round).Want("a round higher than %d, which its disk held", p.disk.Round)
	case kind != protocol.KindAcceptor && now.Round == 0 && now.Chosen < p.disk.Chosen:
		c.broken(protocol.InvariantMonotonic, of, p.diskBy).
			Got("the disk of %s holds what is chosen up to slot %d", name, now.Chosen).
			Want("up to slot %d at least, as before", p.disk.Chosen)
	}
}

// preparesDurably compares the round of a ballot with the one that the leader's disk holds (PMS §2.5).
func preparesDurably(c *cluster, p *process, of *Span, f *kept.Prepare) {
	if uint64(f.Ballot.Round) > p.disk.Round {
		c.broken(protocol.InvariantPersistBeforeSend, of, p.diskBy).
			Got("%s asks for promises of ballot %s, and its disk holds round %d", check.Name(p.name), f.Ballot, p.disk.Round).
			Want("the round on its disk before anything is sent")
	}
}

// learntIsDurable compares, at the end of a step, what a learner was told with what its disk holds.
func learntIsDurable(c *cluster, p *process) {
	switch {
	case p.fresh == nil:
	case !p.persisted:
		c.broken(protocol.InvariantPersistBeforeSend, p.fresh, p.diskBy).
			Got("%s learns what is chosen in a slot, and makes nothing durable", check.Name(p.name)).
			Want("an event %s in the same step", spans.EventPersistChosen)
	case p.disk.Chosen != p.upto:
		c.broken(protocol.InvariantPersistBeforeSend, p.fresh, p.diskBy).
			Got("%s knows what is chosen up to slot %d, and its disk holds it up to slot %d",
				check.Name(p.name), p.upto, p.disk.Chosen).
			Want("the same on both")
	}
}

// startsAlone finds a process that takes in something in the step in which it starts.
func startsAlone(c *cluster, p *process, m *moment) {
	if p.started != nil && (m.rank == rankReply || m.rank == rankReceive) {
		c.Add(check.RuleWrongStep, m.of, p.started).
			Got("it takes in something in step %d, in which %s starts", m.step, check.Name(p.name)).Want("a later step")
	}
}

// restartFromDisk compares what a process starts again with with what it made durable before (PMS §2.5).
func restartFromDisk(c *cluster, p *process, of *Span, f *kept.Start) {
	if p.starts == 0 {
		return
	}
	kind, _ := kept.KindOf(p.name)
	name := check.Name(p.name)
	if (f.Before == "") == (kind == protocol.KindLeader) {
		c.Add(check.RuleRequired, of).
			Got("%s is %s", spans.PaxosRoleBeforeKey, check.QuotedOr(f.Before, "missing")).
			Want("the role that it had, of a leader that starts again, and of nobody else")
	}
	if f.Before != "" && p.role != "" && f.Before != p.role {
		c.broken(protocol.InvariantRestartFromDisk, of, p.roleBy).
			Got("%s was %s before, as it says", name, f.Before).Want("%s, which it was", p.role)
	}
	before := p.holds()
	switch {
	case p.lost || before == f.Durable:
	case c.lies(p):
		c.Unknown(kept.UnknownLoss, of, 1)
	default:
		c.broken(protocol.InvariantRestartFromDisk, of, p.diskBy).
			Got("%s starts again with %s", name, heldText(kind, f.Durable)).
			Want("%s: what it made durable", heldText(kind, before))
		if kept.Below(f.Promised, p.promised) {
			c.broken(protocol.InvariantPromisesRise, of, p.promisedBy).
				Got("%s starts again and has promised %s", name, f.Promised).
				Want("%s at least, which it promised before", p.promised)
		}
	}
}

// heldText is what a disk holds of a kind of process.
func heldText(kind protocol.Kind, d kept.Durable) string {
	switch kind {
	case protocol.KindAcceptor:
		return fmt.Sprintf("the promise of ballot %s, and what it accepted in %d slots", d.Promised, d.Accepted)
	case protocol.KindLeader:
		return fmt.Sprintf("round %d, and what is chosen up to slot %d", d.Round, d.Chosen)
	case protocol.KindReplica:
	}
	return fmt.Sprintf("what is chosen up to slot %d", d.Chosen)
}
