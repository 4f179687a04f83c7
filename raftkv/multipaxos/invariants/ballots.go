package invariants

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// notePromise notes a promise that a leader may count: of the ballot that it prepares.
func (c *Checker) notePromise(m *member, v *View) {
	promise, is := v.Received.(protocol.Promise)
	if !is || m.was.role != protocol.RolePreparing || promise.Ballot != m.was.ballot {
		return
	}
	if c.counted[promise.Ballot] == nil {
		c.counted[promise.Ballot] = map[protocol.Process]protocol.Promise{}
	}
	c.counted[promise.Ballot][v.From] = promise
}

// begins says whether a leader began a ballot in this event.
func begins(m *member) bool {
	return m.id.Kind == protocol.KindLeader && m.now.role == protocol.RolePreparing &&
		(m.was.role != protocol.RolePreparing || m.was.ballot != m.now.ballot)
}

// leads says whether a leader began to lead in this event.
func leads(m *member) bool {
	return m.id.Kind == protocol.KindLeader && m.now.role == protocol.RoleLeading && m.was.role != protocol.RoleLeading
}

// BallotsRise implements protocol.Invariants.
func (c *Checker) BallotsRise(v *View) error {
	m := c.of(v)
	if m == nil || !begins(m) {
		return nil
	}
	if last := c.begun[m.id.Number]; !below(last.ballot, m.now.ballot) {
		return check.Fact("%s began ballot %s", m.id, last.ballot).But("it begins %s", m.now.ballot).Since(last.at)
	}
	return nil
}

// PromisesWereGiven implements protocol.Invariants.
func (c *Checker) PromisesWereGiven(v *View) error {
	m := c.of(v)
	if m == nil || !leads(m) {
		return nil
	}
	given := c.counted[m.now.ballot]
	if len(given) >= c.quorum() {
		return nil
	}
	return check.Fact("%d of %d acceptors promised %s to %s", len(given), c.options.Acceptors, m.now.ballot, m.id).
		But("it leads, and a majority is %d", c.quorum())
}

// rememberBallot remembers which ballots began, and what those demand that began to lead: of each slot the proposal of
// the highest ballot that a promise told of (PMS P2c).
func (c *Checker) rememberBallot(m *member, v *View) {
	c.rememberTold(m, v)
	if begins(m) {
		c.begun[m.id.Number] = ballotOf{m.now.ballot, placeOf(v)}
	}
	for i := range v.Sent {
		if accept, is := v.Sent[i].Message.(protocol.Accept); is {
			of := numbered{accept.Slot, accept.Ballot}
			if _, again := c.proposed[of]; !again {
				c.proposed[of] = proposed{accept.Value, placeOf(v)}
			}
		}
	}
}

// demands is what the promises of a ballot demand of its proposals.
func (c *Checker) demands(ballot protocol.Ballot) map[protocol.Slot]protocol.Proposal {
	if known := c.demanded[ballot]; known != nil {
		return known
	}
	demanded := map[protocol.Slot]protocol.Proposal{}
	for _, promise := range c.counted[ballot] { // the order says nothing: a ballot has one value in a slot
		for _, p := range promise.Accepted {
			if below(demanded[p.Slot].Ballot, p.Ballot) {
				demanded[p.Slot] = p
			}
		}
	}
	c.demanded[ballot] = demanded
	return demanded
}

// eachAccept looks at each Accept that the event sent.
func eachAccept(v *View, look func(protocol.Accept) error) error {
	for i := range v.Sent {
		if accept, is := v.Sent[i].Message.(protocol.Accept); is {
			if err := look(accept); err != nil {
				return err
			}
		}
	}
	return nil
}

// OneValuePerBallot implements protocol.Invariants.
func (c *Checker) OneValuePerBallot(v *View) error {
	return eachAccept(v, func(m protocol.Accept) error {
		before, is := c.proposed[numbered{m.Slot, m.Ballot}]
		if !is || before.value == m.Value {
			return nil
		}
		return check.Fact("in ballot %s %s was proposed in slot %d", m.Ballot, before.value, m.Slot).
			But("%s proposes %s there", v.Process, m.Value).Since(before.at)
	})
}

// ValueOfHighestBallot implements protocol.Invariants.
func (c *Checker) ValueOfHighestBallot(v *View) error {
	return eachAccept(v, func(m protocol.Accept) error {
		demanded, is := c.demands(m.Ballot)[m.Slot]
		if !is || demanded.Value == m.Value {
			return nil
		}
		return check.Fact("the promises of ballot %s told of %s", m.Ballot, demanded).
			But("%s proposes %s in slot %d", v.Process, m.Value, m.Slot)
	})
}

// WithinWindow implements protocol.Invariants.
func (c *Checker) WithinWindow(v *View) error {
	m := c.of(v)
	if m == nil {
		return nil
	}
	return eachAccept(v, func(a protocol.Accept) error {
		if uint64(a.Slot) <= uint64(m.now.applied)+uint64(c.options.Window) {
			return nil
		}
		return check.Fact("%s knows what is chosen up to slot %d, and its window is %d", m.id, m.now.applied,
			c.options.Window).But("it proposes in slot %d", a.Slot)
	})
}

// ChosenByMajority implements protocol.Invariants.
func (c *Checker) ChosenByMajority(v *View) error {
	for _, e := range v.Chosen {
		of := numbered{e.Slot, v.State.Ballot}
		if voters := c.voters(of, e.Value); voters < c.quorum() {
			return check.Fact("%d of %d acceptors accepted %s in slot %d in ballot %s", voters, c.options.Acceptors, e.Value,
				e.Slot, of.ballot).But("%s takes it for chosen, and a majority is %d", v.Process, c.quorum())
		}
		for _, id := range e.AcceptedBy {
			if err := c.accepted(of, id, e.Value, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// accepted says whether an acceptor accepted what it is said to have.
func (c *Checker) accepted(of numbered, id protocol.AcceptorID, value protocol.Value, v *View) error {
	for _, vote := range c.votes[of] {
		if vote.by.Number == uint32(id) && vote.value == value {
			return nil
		}
	}
	said := fmt.Sprintf("%s takes it to have", v.Process)
	return check.Fact("%s did not accept %s in slot %d in ballot %s", id, value, of.slot, of.ballot).But("%s", said)
}
