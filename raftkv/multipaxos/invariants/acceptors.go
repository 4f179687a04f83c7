package invariants

import (
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// noteVotes counts who accepted what: a value that a majority accepted in one ballot is chosen (PMS §2.2). What an
// acceptor sent before it died in the same step was sent.
func (c *Checker) noteVotes(m *member, v *View) {
	accept, is := v.Received.(protocol.Accept)
	if !is || m.id.Kind != protocol.KindAcceptor {
		return
	}
	for i := range v.Sent {
		accepted, is := v.Sent[i].Message.(protocol.Accepted)
		if !is {
			continue
		}
		of := numbered{accepted.Slot, accepted.Ballot}
		c.votes[of] = append(c.votes[of], vote{m.id, accept.Value})
		if c.voters(of, accept.Value) >= c.quorum() {
			c.choose(of, accept.Value, placeOf(v))
		}
	}
}

// voters is how many acceptors accepted a value there.
func (c *Checker) voters(of numbered, value protocol.Value) int {
	count := 0
	for i, vote := range c.votes[of] {
		isAgain := false
		for _, before := range c.votes[of][:i] {
			isAgain = isAgain || before == vote
		}
		if vote.value == value && !isAgain {
			count++
		}
	}
	return count
}

// choose takes a value for chosen, and notes it when another was.
func (c *Checker) choose(of numbered, value protocol.Value, at check.Place) {
	if before := c.at(of.slot); before != nil {
		if before.value != value && before.clash == nil {
			before.clash = check.Fact("%s is chosen in slot %d, in ballot %s", before.value, of.slot, before.ballot).
				But("%s is chosen there, too, in ballot %s", value, of.ballot).From(before.at, at)
		}
		return
	}
	for int(of.slot) >= len(c.chosen) {
		c.chosen = append(c.chosen, chosen{})
	}
	c.chosen[of.slot] = chosen{value: value, ballot: of.ballot, at: at}
	for c.at(c.expected+1) != nil {
		c.expected++
		next := c.at(c.expected)
		next.wanted = c.expect(next.value)
	}
}

// Agreement implements protocol.Invariants.
func (c *Checker) Agreement(v *View) error {
	accept, is := v.Received.(protocol.Accept)
	if !is {
		return nil
	}
	if chosen := c.at(accept.Slot); chosen != nil {
		return chosen.clash
	}
	return nil
}

// PromisesRise implements protocol.Invariants: neither what an acceptor knows of its promise falls, nor what its disk
// does, below what it told.
func (c *Checker) PromisesRise(v *View) error {
	m := c.of(v)
	if m == nil || m.id.Kind != protocol.KindAcceptor || c.kept(m, v) {
		return nil
	}
	return check.Fact("%s promised %s", m.id, m.told).But("its promise is %s now", v.State.Promised).Since(m.toldAt)
}

// kept says whether an acceptor's promise is not below what it told before this event.
func (c *Checker) kept(m *member, v *View) bool { return !below(v.State.Promised, m.told) }

// PromisesKept implements protocol.Invariants.
func (c *Checker) PromisesKept(v *View) error {
	m := c.members[v.Process]
	if m == nil {
		return nil
	}
	for i := range v.Sent {
		accepted, is := v.Sent[i].Message.(protocol.Accepted)
		if is && below(accepted.Ballot, m.told) {
			return check.Fact("%s promised %s", m.id, m.told).
				But("it accepted slot %d in ballot %s", accepted.Slot, accepted.Ballot).Since(m.toldAt)
		}
	}
	return nil
}

// rememberTold remembers what an acceptor told of its promise.
func (c *Checker) rememberTold(m *member, v *View) {
	for i := range v.Sent {
		var ballot protocol.Ballot
		if promise, is := v.Sent[i].Message.(protocol.Promise); is {
			ballot = promise.Ballot
		}
		if accepted, is := v.Sent[i].Message.(protocol.Accepted); is {
			ballot = accepted.Ballot
		}
		if below(m.told, ballot) {
			m.told, m.toldAt = ballot, placeOf(v)
		}
	}
}
