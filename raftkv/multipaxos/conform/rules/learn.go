package rules

import (
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// learnStep notes that a step of a process is over, and that another one begins.
func (p *process) learnStep(m *moment) {
	p.at, p.step, p.persisted, p.uptos, p.fresh, p.restart, p.started = m.at, m.step, false, nil, nil, nil, nil
	if p.phase == nil {
		return
	}
	p.phase.dueLeads = false
	for slot := range p.phase.pending {
		if slot <= p.applied {
			delete(p.phase.pending, slot)
		}
	}
}

// learnStart notes that a process starts, with what its disk holds. It need not be empty when it starts for the first
// time.
func (c *cluster) learnStart(p *process, of *Span, f *kept.Start) {
	p.started = of
	p.starts++
	before := p.holds()
	if p.starts > 1 && before != f.Durable || p.starts == 1 && f.Durable != (kept.Durable{}) {
		p.lost = true
		clear(p.accepted)
		for slot := range p.knows {
			if slot > f.Chosen {
				delete(p.knows, slot)
			}
		}
		p.upto = min(f.Chosen, c.highestSlot())
	}
	p.disk, p.diskBy = f.Durable, of
	p.promised, p.promisedBy = f.Promised, of
	p.role, p.roleBy, p.ballot, p.ballotBy, p.phase = "", nil, protocol.Ballot{}, nil, nil
	if p.starts > 1 {
		p.restart = of
	} else if kind, is := kept.KindOf(p.name); is && kind == protocol.KindLeader {
		p.role, p.roleBy = kept.Standby, of
	}
	p.highest, p.highestBy, p.applied = protocol.Ballot{}, nil, 0
	clear(p.results)
}

// learnPersisted notes what a process made durable: of what its kind of process keeps, what the event tells.
func (p *process) learnPersisted(of *Span, now kept.Durable) {
	p.persisted = true
	kind, _ := kept.KindOf(p.name)
	switch {
	case kind == protocol.KindAcceptor:
		p.disk.Promised, p.disk.Accepted = now.Promised, now.Accepted
	case now.Round > 0:
		p.disk.Round = now.Round
	default:
		p.disk.Chosen = now.Chosen
	}
	p.diskBy = of
}

// learnPromised notes what an acceptor has promised.
func (p *process) learnPromised(of *Span, promised protocol.Ballot) {
	if kept.Below(p.promised, promised) {
		p.promised, p.promisedBy = promised, of
	}
}

// learnAccepted notes that an acceptor accepted a proposal, and what is chosen by that. It says whether it had not
// accepted it before.
func (c *cluster) learnAccepted(p *process, of *Span, a *kept.Accept) (isNew bool) {
	p.accepted[a.Slot] = kept.Proposal{Slot: a.Slot, Ballot: a.Ballot, Value: a.Value}
	name, votes := numbered{a.Slot, a.Ballot}, uint64(1)
	for _, v := range c.votes[name] {
		if v.Value == a.Value {
			if v.process == p.name {
				return false
			}
			votes++
		}
	}
	c.votes[name] = append(c.votes[name], vote{p.name, a.Value, of})
	if _, is := c.chosen[a.Slot]; !is && c.quorum > 0 && votes >= c.quorum {
		c.chosen[a.Slot] = choice{a.Value, a.Ballot, of}
	}
	return true
}

// learnBallot notes that a leader begins a ballot, and how many acceptors there are.
func (c *cluster) learnBallot(p *process, of *Span, f *kept.Phase1) {
	if c.quorumBy == nil && f.Acceptors > 0 {
		c.acceptors, c.quorum, c.quorumBy = f.Acceptors, f.Acceptors/2+1, of
	}
	if c.ballots[f.Ballot] == nil {
		c.ballots[f.Ballot] = of
	}
	c.leaders[f.Ballot.Leader] = true
	p.ballot, p.ballotBy, p.beat = f.Ballot, of, 0
	if kept.Below(p.begun, f.Ballot) {
		p.begun, p.begunBy = f.Ballot, of
	}
	p.phase = &phase{
		first: f.First, promises: map[string]*Span{}, reported: map[uint64]reported{}, pending: map[uint64]*pending{},
	}
	if f.First > 0 {
		p.phase.last = f.First - 1
	}
}

// learnRole notes the role that a leader has from now on.
func (p *process) learnRole(of *Span) {
	p.role, p.roleBy, p.restart = of.Role, of, nil
	if of.Role == kept.Standby {
		p.phase = nil
	}
}

// learnHeard notes a ballot of which a leader heard.
func (p *process) learnHeard(of *Span, ballot protocol.Ballot) {
	if kept.Below(p.highest, ballot) {
		p.highest, p.highestBy = ballot, of
	}
}

// learnPromise notes a promise that a leader counts, and what it tells of.
func (c *cluster) learnPromise(p *process, of *Span, from string, f *kept.Prepare) {
	if p.phase == nil || p.role != kept.Preparing || f.Ballot != p.ballot {
		return
	}
	p.phase.promises[from] = of
	for _, proposal := range f.Accepted {
		known, is := p.phase.reported[proposal.Slot]
		if proposal.Slot >= p.phase.first && (!is || kept.Below(known.Ballot, proposal.Ballot)) {
			p.phase.reported[proposal.Slot] = reported{proposal, of}
		}
	}
	p.phase.dueLeads = c.quorum > 0 && uint64(len(p.phase.promises)) >= c.quorum
}

// learnVote notes that a leader counts an acceptor among those that accepted its proposal.
func (p *process) learnVote(of *Span, from string, f *kept.Accept) {
	if p.phase == nil || f.Ballot != p.ballot {
		return
	}
	if given := p.phase.pending[f.Slot]; given != nil {
		given.accepted[from] = of
	}
}

// learnProposed notes what a leader gave a slot to.
func (p *process) learnProposed(of *Span, slot uint64, value kept.Value) {
	if p.phase == nil {
		return
	}
	p.phase.last = max(p.phase.last, slot)
	given := &pending{Value: value, by: of, accepted: map[string]*Span{}}
	if _, is := of.Facts.(*kept.Request); is {
		given.request = of
	}
	p.phase.pending[slot] = given
}

// learnAsked notes that a leader asks for a proposal to be accepted.
func (c *cluster) learnAsked(p *process, of *Span, f *kept.Accept) {
	name := numbered{f.Slot, f.Ballot}
	if _, is := c.proposals[name]; !is {
		c.proposals[name] = proposed{f.Value, of}
	}
	if p.phase != nil && p.phase.pending[f.Slot] != nil {
		p.phase.pending[f.Slot].sent = true
	}
	if f.Slot > p.applied {
		c.furthest[p.name] = append(c.furthest[p.name], distance{f.Slot - p.applied, f.Slot, p.applied, of})
	}
}

// learnHeldBack notes the nearest slot that a leader holds back at the end of a step: its window does not reach it.
func (c *cluster) learnHeldBack(p *process) {
	if !p.leads() {
		return
	}
	for slot, given := range p.phase.pending {
		if _, known := p.knows[slot]; known || given.sent || slot <= p.applied {
			continue
		}
		now := distance{slot - p.applied, slot, p.applied, given.by}
		if before, is := c.held[p.name]; !is || now.slots < before.slots {
			c.held[p.name] = now
		}
	}
}

// learnValue notes that a learner knows what is chosen in a slot.
func (c *cluster) learnValue(p *process, of *Span, slot uint64, command string) {
	if _, known := p.knows[slot]; known || slot == 0 || slot > c.highestSlot() || slot <= p.upto {
		return
	}
	p.knows[slot] = learnt{command, of}
	p.fresh = of
	for {
		if _, known := p.knows[p.upto+1]; !known {
			return
		}
		p.upto++
	}
}

// learnApplied notes that a state machine took a value.
func (p *process) learnApplied(of *Span, a *kept.Apply) {
	p.applied = a.Slot
	p.results[a.Slot] = applied{a, of}
}
