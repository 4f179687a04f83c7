package rules

import (
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// begins looks at a ballot that a leader begins: it is its own, higher than all that it began and of which it heard.
func begins(c *cluster, p *process, of *Span, f *kept.Phase1) {
	name := check.Name(p.name)
	if id := protocol.LeaderID(f.Ballot.Leader).String(); id != p.name {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s begins ballot %s", name, f.Ballot).Want("a ballot of its own, and not of %s", id)
	}
	switch {
	case p.begunBy != nil && !kept.Below(p.begun, f.Ballot):
		c.broken(protocol.InvariantBallotsRise, of, p.begunBy).
			Got("%s begins ballot %s", name, f.Ballot).Want("a higher ballot than %s, which it began before", p.begun)
	case !kept.Below(p.highest, f.Ballot):
		c.Add(kept.RuleStaleBallot, of, p.highestBy).
			Got("%s begins ballot %s", name, f.Ballot).Want("a higher ballot than %s, of which it heard", p.highest)
	}
	if p.role != "" && p.role != kept.Standby {
		c.Add(kept.RuleIllegalTransition, of, p.roleBy).
			Got("%s begins ballot %s, and is %s", name, f.Ballot, p.role).Want("one on standby, or no new ballot")
	}
	if of.Role != "" && of.Role != kept.Preparing {
		c.broken(protocol.InvariantTraceIntegrity, of).Got("%s is %s here", name, of.Role).Want("%s", kept.Preparing)
	}
	if f.Ballot.Round > 0 && p.disk.Round != uint64(f.Ballot.Round) {
		c.broken(protocol.InvariantPersistBeforeSend, of, p.diskBy).
			Got("%s begins ballot %s, and its disk holds round %d", name, f.Ballot, p.disk.Round).
			Want("an event %s first: no ballot is begun twice", spans.EventPersistRound)
	}
	acceptorsTold(c, of, f)
	firstSlotKnown(c, p, of, f.First)
}

// acceptorsTold compares how many acceptors there are, and make a majority, with what another leader said.
func acceptorsTold(c *cluster, of *Span, f *kept.Phase1) {
	if c.quorumBy != nil && f.Acceptors != c.acceptors {
		c.Add(check.RuleMalformedValue, of, c.quorumBy).
			Got("%s is %d", spans.PaxosAcceptorsKey, f.Acceptors).
			Want("%d, as another ballot says: the acceptors do not change", c.acceptors)
	}
	if f.Acceptors > 0 && f.Quorum != f.Acceptors/2+1 {
		c.Add(check.RuleMalformedValue, of).
			Got("%s is %d", spans.PaxosQuorumKey, f.Quorum).
			Want("%d, the majority of %s", f.Acceptors/2+1, words.Counted(int(f.Acceptors), "acceptor"))
	}
}

// firstSlotKnown compares the first slot that a ballot is about with what its leader knows to be chosen.
func firstSlotKnown(c *cluster, p *process, of *Span, first uint64) {
	if first != p.applied+1 {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s begins a ballot from slot %d on", check.Name(p.name), first).
			Want("from slot %d on: it applied all before, and no more", p.applied+1)
	}
}

// firstSlotAsked compares the first slot of a Prepare with that of its phase 1.
func firstSlotAsked(c *cluster, p *process, of *Span, f *kept.Prepare) {
	if p.phase != nil && f.First != p.phase.first {
		c.broken(protocol.InvariantTraceIntegrity, of, p.ballotBy).
			Got("%s asks what was accepted from slot %d on", check.Name(p.name), f.First).
			Want("from slot %d on, as its phase 1 says", p.phase.first)
	}
}

// ballotTold compares the ballot that a leader says of itself with the last that it began.
func ballotTold(c *cluster, p *process, of *Span) {
	if ballot, says := kept.BallotOf(of); says && ballot != p.ballot {
		c.broken(protocol.InvariantTraceIntegrity, of, p.ballotBy).
			Got("the ballot of %s is %s here", check.Name(p.name), ballot).
			Want("%s, the last that it began since it started", p.ballot)
	}
}

// promisesWereGiven looks at a leader that leads from now on: a majority of all acceptors promised it in its ballot.
func promisesWereGiven(c *cluster, p *process, of *Span) {
	promises := uint64(0)
	if p.phase != nil {
		promises = uint64(len(p.phase.promises))
	}
	if c.quorumBy != nil && promises < c.quorum {
		c.broken(protocol.InvariantPromisesWereGiven, of, p.ballotBy).
			Got("%s leads in ballot %s by the promises of %s", check.Name(p.name), p.ballot,
				words.Counted(int(promises), "acceptor")).
			Want("promises in this ballot of %d, which make a majority of %d", c.quorum, c.acceptors)
	}
}

// leadsWhenDue finds a leader that a majority promised, and that does not lead in the same step.
func leadsWhenDue(c *cluster, p *process) {
	if p.phase != nil && p.phase.dueLeads && p.role == kept.Preparing {
		c.Add(check.RuleMissingSpan, p.ballotBy).
			Got("%d acceptors promised ballot %s, and %s does not lead",
				len(p.phase.promises), p.ballot, check.Name(p.name)).
			Want("a paxos.role_change in the step in which a majority had promised")
	}
}

// phase1Ended looks at how phase 1 ended, as it says.
func phase1Ended(c *cluster, p *process, of *Span, f *kept.Phase1) {
	if of.Failed || of.Unfinished || f.Ballot != p.ballot || f.Outcome == "" {
		return
	}
	want := spans.OutcomePreempted
	if p.role == kept.Leading {
		want = spans.OutcomeLeads
	}
	if f.Outcome != want {
		c.broken(protocol.InvariantTraceIntegrity, of, p.roleBy).
			Got("phase 1 of ballot %s ends as %s", f.Ballot, f.Outcome).
			Want("%s: its leader is %s then", want, p.role)
	}
	if p.phase != nil && f.Promises != uint64(len(p.phase.promises)) {
		c.broken(protocol.InvariantPromisesWereGiven, of).
			Got("%s counts the promises of %s in ballot %s", check.Name(p.name),
				words.Counted(int(f.Promises), "acceptor"), f.Ballot).
			Want("of %d, which it was given", len(p.phase.promises))
	}
}

// roundFollows looks at the number of a heartbeat round, of which none is left out.
func roundFollows(c *cluster, p *process, of *Span, f *kept.Beat) {
	if f.Number != p.beat+1 {
		c.Add(check.RuleMissingSpan, of).
			Got("it is round %d of ballot %s, and round %d was the one before", f.Number, f.Ballot, p.beat).
			Want("round %d", p.beat+1)
	}
}
