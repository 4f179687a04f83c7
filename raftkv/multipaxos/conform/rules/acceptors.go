package rules

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// promiseAnswered looks at how an acceptor answers a Prepare: with a promise, unless it promised a higher ballot.
func promiseAnswered(c *cluster, p *process, of *Span, f *kept.Prepare) {
	if of.Reply != kept.Promise {
		refused(c, p, of, f.Ballot)
		return
	}
	if kept.Below(f.Ballot, p.promised) {
		c.broken(protocol.InvariantPromisesKept, of, p.promisedBy).
			Got("%s promises ballot %s", check.Name(p.name), f.Ballot).
			Want("a refusal: it promised ballot %s before", p.promised)
	}
	if accepted := p.acceptedFrom(f.First); !p.lost && !slices.Equal(accepted, f.Accepted) {
		c.Add(kept.RuleWrongPromise, of).
			Got("%s tells that it accepted %s from slot %d on", check.Name(p.name), kept.Texts(f.Accepted), f.First).
			Want("%s, what it accepted last", kept.Texts(accepted))
	}
}

// acceptAnswered looks at how an acceptor answers an Accept: it accepts, unless it promised a higher ballot (PMS P1a).
func acceptAnswered(c *cluster, p *process, of *Span, f *kept.Accept) {
	switch {
	case of.Reply != kept.Accepted:
		refused(c, p, of, f.Ballot)
	case kept.Below(f.Ballot, p.promised):
		c.broken(protocol.InvariantPromisesKept, of, p.promisedBy).
			Got("%s accepts a proposal of ballot %s in slot %d", check.Name(p.name), f.Ballot, f.Slot).
			Want("a refusal: it promised ballot %s before", p.promised)
	}
}

// refused finds a refusal of what is not below the promise.
func refused(c *cluster, p *process, of *Span, ballot protocol.Ballot) {
	if of.Reply != "" && !kept.Below(ballot, p.promised) {
		c.Add(kept.RuleWrongRefusal, of, p.promisedBy).
			Got("%s refuses ballot %s", check.Name(p.name), ballot).
			Want("no refusal: it has promised %s, which is not higher", p.promised)
	}
}

// promisedTold looks at what an acceptor says that it has promised after it handled a message of a ballot.
func promisedTold(c *cluster, p *process, of *Span, ballot, promised protocol.Ballot) {
	want := p.promised
	if kept.Below(want, ballot) {
		want = ballot
	}
	switch {
	case kept.Below(promised, p.promised):
		c.broken(protocol.InvariantPromisesRise, of, p.promisedBy).
			Got("%s has promised %s", check.Name(p.name), promised).
			Want("%s at least, which it promised before", p.promised)
	case promised != want:
		c.broken(protocol.InvariantTraceIntegrity, of, p.promisedBy).
			Got("%s has promised %s after a message of ballot %s, as it says", check.Name(p.name), promised, ballot).
			Want("%s", want)
	}
}

// promiseIsDurable compares what an acceptor has promised as it answers with what its disk holds (PMS §2.5).
func promiseIsDurable(c *cluster, p *process, of *Span) {
	if !p.lost && of.Reply != "" && p.disk.Promised != p.promised {
		c.broken(protocol.InvariantPersistBeforeSend, of, p.diskBy).
			Got("%s answers %s and has promised ballot %s, and its disk holds ballot %s",
				check.Name(p.name), of.Reply, p.promised, p.disk.Promised).
			Want("what it promised on its disk before it answers")
	}
}

// acceptedIsDurable compares what an acceptor accepts with what it made durable in this step (PMS §2.5).
func acceptedIsDurable(c *cluster, p *process, of *Span, f *kept.Accept) {
	if p.lost {
		return
	}
	known, again := p.accepted[f.Slot]
	isNew := known != kept.Proposal{Slot: f.Slot, Ballot: f.Ballot, Value: f.Value}
	slots := uint64(len(p.accepted))
	if !again {
		slots++
	}
	switch {
	case isNew && !p.persisted:
		c.broken(protocol.InvariantPersistBeforeSend, of, p.diskBy).
			Got("%s answers that it accepted what is proposed in slot %d, and made nothing durable", check.Name(p.name), f.Slot).
			Want("an event %s before it answers", spans.EventPersistPromise)
	case p.disk.Accepted != slots:
		c.broken(protocol.InvariantPersistBeforeSend, of, p.diskBy).
			Got("%s accepted something in %d slots, and its disk holds %d", check.Name(p.name), slots, p.disk.Accepted).
			Want("the same number on its disk before it answers")
	}
}

// agreement finds that another value is chosen in a slot (PMS §2.1). The vote is known already.
func agreement(c *cluster, of *Span, f *kept.Accept) {
	first, is := c.chosen[f.Slot]
	if !is || first.Value == f.Value {
		return
	}
	votes := uint64(0)
	for _, v := range c.votes[numbered{f.Slot, f.Ballot}] {
		if v.Value == f.Value {
			votes++
		}
	}
	if votes == c.quorum {
		c.broken(protocol.InvariantAgreement, of, first.by).
			Got("a majority accepted %s in slot %d in ballot %s", f.Value, f.Slot, f.Ballot).
			Want("no other value than %s, which was chosen there in ballot %s", first.Value, first.ballot)
	}
}
