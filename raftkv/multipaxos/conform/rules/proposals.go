package rules

import (
	"maps"
	"slices"

	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// proposedValue returns the value that a leader gives a slot: a client's, a no-op, or the one that was reported, whose
// request the event does not tell.
func proposedValue(p *process, given kept.Proposed, request string) kept.Value {
	value := kept.Value{Command: given.Command, Request: request}
	if p.phase != nil && given.Source == kept.Adopted {
		if told, is := p.phase.reported[given.Slot]; is && told.Command == given.Command {
			value.Request = told.Request
		}
	}
	return value
}

// slotGiven looks at the slot that a leader gives a value: the next, in its ballot, that nothing is known to be chosen
// in. One that it leaves without a value holds up all that come after it (PMS §3).
func slotGiven(c *cluster, p *process, of *Span, given kept.Proposed) {
	name := check.Name(p.name)
	wrong := func() *check.Found { return c.broken(protocol.InvariantTraceIntegrity, of, p.roleBy) }
	told, isRequest := of.Facts.(*kept.Request)
	switch {
	case !p.leads():
		wrong().Got("%s gives slot %d a value, and does not lead", name, given.Slot).Want("a leader that leads")
		return
	case isRequest != (given.Source == kept.Client):
		wrong().Got("the value of slot %d is %s", given.Slot, given.Source).
			Want("a client's in a request, and in a change of role none of theirs")
	case given.Source == kept.OfNoop && given.Command != kept.Noop:
		wrong().Got("the value of slot %d is no client's, and its command %s", given.Slot, words.Printable(given.Command)).
			Want("a no-op")
	case isRequest:
		asWanted(c, of, told, given)
	}
	if given.Slot <= p.phase.last {
		var before *Span
		if first := p.phase.pending[given.Slot]; first != nil {
			before = first.by
		}
		c.broken(protocol.InvariantOneValuePerBallot, of, before).
			Got("%s gives slot %d a value in ballot %s", name, given.Slot, p.ballot).
			Want("a slot behind %d, up to where it gave them already", p.phase.last)
	}
	for slot := p.phase.last + 1; slot < given.Slot && given.Slot <= c.highestSlot(); slot++ {
		if _, known := p.knows[slot]; !known && slot > p.upto {
			c.broken(protocol.InvariantProgress, of, p.roleBy).
				Got("%s gives slot %d a value in ballot %s, and left out slot %d", name, given.Slot, p.ballot, slot).
				Want("a value for each slot before, or a no-op: the state machines wait for them")
			return
		}
	}
}

// valueOfHighestBallot compares a value that a leader proposes with the one that phase 1 demands: that of the proposal
// with the highest ballot in its slot among those that the promises told of (PMS P2c).
func (c *cluster) valueOfHighestBallot(p *process, of *Span, slot uint64, value kept.Value) {
	if p.phase == nil {
		return
	}
	told, demanded := p.phase.reported[slot]
	switch {
	case demanded && told.Value != value:
		c.broken(protocol.InvariantValueOfHighestBallot, of, told.by).
			Got("%s proposes %s in slot %d in ballot %s", check.Name(p.name), value, slot, p.ballot).
			Want("%s, of the highest ballot that the promises told of there: %s", told.Value, told.Ballot)
	case !demanded && of.Is(kept.Requests...):
	case !demanded && adopts(of, slot):
		c.broken(protocol.InvariantValueOfHighestBallot, of, p.ballotBy).
			Got("%s takes over %s in slot %d", check.Name(p.name), value, slot).
			Want("a no-op: no promise of ballot %s told of that slot", p.ballot)
	}
}

// adopts says whether a change of role tells that a slot's value is one that was reported.
func adopts(of *Span, slot uint64) bool {
	change, is := of.Facts.(*kept.RoleChange)
	return is && slices.ContainsFunc(change.Proposed, func(g kept.Proposed) bool {
		return g.Slot == slot && g.Source == kept.Adopted
	})
}

// oneValuePerBallot compares a proposal with what its leader gave the slot, and with what was asked for there in the
// same ballot before (PMMC A4, C1).
func oneValuePerBallot(c *cluster, p *process, of *Span, f *kept.Accept) {
	first, again := c.proposals[numbered{f.Slot, f.Ballot}]
	given := (*pending)(nil)
	if p.phase != nil {
		given = p.phase.pending[f.Slot]
	}
	wrong := func(clash *Span, value kept.Value) {
		c.broken(protocol.InvariantOneValuePerBallot, of, clash).
			Got("%s proposes %s in slot %d in ballot %s", check.Name(p.name), f.Value, f.Slot, f.Ballot).
			Want("%s, the value of that slot in that ballot", value)
	}
	switch {
	case again && first.Value != f.Value:
		wrong(first.by, first.Value)
	case given == nil:
		c.broken(protocol.InvariantTraceIntegrity, of, p.ballotBy).
			Got("%s proposes %s in slot %d in ballot %s, and gave the slot nothing", check.Name(p.name), f.Value, f.Slot,
				f.Ballot).Want("an event propose before")
	case given.Value != f.Value:
		wrong(given.by, given.Value)
	}
}

// chosenByMajority looks at who is said to have accepted what a leader takes for chosen: a majority of all acceptors,
// each counted once, which told it so, and which did (PMS §2.2).
func chosenByMajority(c *cluster, p *process, of *Span, f *kept.Chosen) {
	broken := func(clashes ...*Span) *check.Found {
		return c.broken(protocol.InvariantChosenByMajority, of, clashes...)
	}
	given := (*pending)(nil)
	if p.phase != nil {
		given = p.phase.pending[f.Slot]
	}
	if given == nil || given.Value != f.Value {
		broken().Got("%s takes %s for chosen in slot %d", check.Name(p.name), f.Value, f.Slot).
			Want("what it proposed there in ballot %s", f.Ballot)
		return
	}
	if c.quorumBy != nil && uint64(len(f.By)) < c.quorum {
		broken(c.quorumBy).Got("%s %s", words.Counted(len(f.By), "acceptor"), "accepted what is taken for chosen").
			Want("%d, which make a majority of %d", c.quorum, c.acceptors)
	}
	if c.quorumBy != nil && f.Quorum != c.quorum {
		c.Add(check.RuleMalformedValue, of, c.quorumBy).
			Got("paxos.quorum is %d", f.Quorum).Want("%d", c.quorum)
	}
	for i, by := range f.By {
		switch {
		case slices.Contains(f.By[:i], by):
			broken().Got("%s is counted twice", check.Name(by)).Want("each acceptor once")
		case given.accepted[by] == nil:
			broken().Got("%s is said to have accepted slot %d in ballot %s", check.Name(by), f.Slot, f.Ballot).
				Want("those who did: no reply of it tells so")
		case !c.accepted(by, f):
			broken(given.accepted[by]).
				Got("%s is said to have accepted %s in slot %d in ballot %s", check.Name(by), f.Value, f.Slot, f.Ballot).
				Want("those who did: it has no span that does")
		}
	}
}

// accepted says whether an acceptor accepted what is taken for chosen.
func (c *cluster) accepted(by string, f *kept.Chosen) bool {
	return slices.ContainsFunc(c.votes[numbered{f.Slot, f.Ballot}], func(v vote) bool {
		return v.process == by && v.Value == f.Value
	})
}

// choosesWhenDue finds a proposal that a majority accepted, as its leader was told, and that this does not take for
// chosen in the same step.
func choosesWhenDue(c *cluster, p *process) {
	if !p.leads() || c.quorum == 0 {
		return
	}
	for _, slot := range slices.Sorted(maps.Keys(p.phase.pending)) {
		given := p.phase.pending[slot]
		if _, known := p.knows[slot]; known || slot <= p.upto || uint64(len(given.accepted)) < c.quorum {
			continue
		}
		c.Add(check.RuleMissingSpan, given.by).
			Got("%d acceptors accepted what was proposed in slot %d in ballot %s, and %s does not take it for chosen",
				len(given.accepted), slot, p.ballot, check.Name(p.name)).
			Want("a paxos.chosen in the step in which a majority had accepted it")
		given.chosen = given.by
	}
}

// withinWindow finds an Accept that a leader's window does not reach. No span tells how wide that is; but a leader that
// holds back a slot tells that it is narrower.
func withinWindow(c *cluster) {
	for _, name := range c.order {
		held, is := c.held[name]
		for _, asked := range c.furthest[name] {
			if is && asked.slots >= held.slots {
				c.broken(protocol.InvariantWithinWindow, asked.by, held.by).
					Got("%s asks for slot %d to be accepted when it knows all up to slot %d", check.Name(name), asked.slot,
						asked.upto).
					Want("a narrower window: it held back slot %d when it knew all up to slot %d", held.slot, held.upto)
			}
		}
	}
}
