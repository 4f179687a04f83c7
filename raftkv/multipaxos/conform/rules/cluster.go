package rules

import (
	"slices"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Span is what is kept of a span.
type Span = check.Span

// Check goes through what the processes did, and looks at what the rules say of it. It needs their steps: what a
// process did in one step it did in the order in which a step does it, whatever its spans' times.
func Check(f *check.Facts, history []clients.Operation, found *check.Findings) {
	for _, s := range f.Spans {
		fault, is := s.Facts.(*check.Fault)
		if is && (fault.Kind == worldspans.FaultSkipSync || fault.Kind == worldspans.FaultRollback) {
			found.Unknown(kept.UnknownDisk, s, 1)
		}
	}
	unnumbered := func(s *Span) bool { return isOurs(s) && !f.Numbered[s.ProcessNumber] }
	if i := slices.IndexFunc(f.Spans, unnumbered); i >= 0 {
		found.Unknown(kept.UnknownOrder, f.Spans[i], 1)
		return
	}
	c := newCluster(f, found)
	all := moments(f)
	for i := range all {
		m := &all[i]
		p := c.process(m.of.Process)
		if m.at != p.at || m.step != p.step {
			stepEnded(c, p)
			c.learnHeldBack(p)
			p.learnStep(m)
		}
		c.visit(p, m)
	}
	for _, name := range c.order {
		stepEnded(c, c.processes[name])
	}
	withinWindow(c)
	results(c, history)
	answersTold(c)
}

// broken finds that an invariant does not hold.
func (c *cluster) broken(name protocol.InvariantName, at *Span, clashes ...*Span) *check.Found {
	return c.Add(kept.Invariants[name], at, clashes...)
}

// stepEnded looks at what a step had to have done by its end.
func stepEnded(c *cluster, p *process) {
	saidWhatItIs(c, p)
	leadsWhenDue(c, p)
	choosesWhenDue(c, p)
	standsByWhenDue(c, p)
	learntIsDurable(c, p)
	appliesWhenDue(c, p)
	uptoTold(c, p)
}

// visit has the rules look at one moment with what was known before, and then learns what it tells.
func (c *cluster) visit(p *process, m *moment) {
	of := m.of
	startsAlone(c, p, m)
	switch m.rank { //nolint:exhaustive // the others are told by the kind of span
	case rankPersist:
		now := of.Persist.Says.(kept.Durable)
		durableRises(c, p, of, now)
		p.learnPersisted(of, now)
		return
	case rankReply:
		c.visitReply(p, of)
		return
	case rankAnswer:
		c.visitEnd(p, of)
		return
	}
	switch facts := of.Facts.(type) {
	case *kept.Start:
		restartFromDisk(c, p, of, facts)
		c.learnStart(p, of, facts)
		return
	case *kept.Phase1:
		begins(c, p, of, facts)
		c.learnBallot(p, of, facts)
		return
	case *kept.RoleChange:
		c.visitRole(p, of, facts)
	}
	ballotTold(c, p, of)
	roleTold(c, p, of)
	switch facts := of.Facts.(type) {
	case *kept.Prepare:
		c.visitPrepare(p, of, facts)
	case *kept.Accept:
		c.visitAccept(p, of, facts)
	case *kept.Request:
		c.visitProposed(p, of, facts.Proposed, facts.Request.Request)
	case *kept.RoleChange:
		c.visitProposed(p, of, facts.Proposed, "")
	default:
		c.visitLearning(p, of)
	}
}

// visitRole is visit for a change of role.
func (c *cluster) visitRole(p *process, of *Span, f *kept.RoleChange) {
	if of.Role == "" || f.From == "" || f.Event == "" { // what is missing is found elsewhere
		return
	}
	roleChanged(c, p, of, f)
	if of.Role == kept.Leading {
		promisesWereGiven(c, p, of)
	}
	p.learnRole(of)
}

// visitProposed is visit for what a leader gives slots to.
func (c *cluster) visitProposed(p *process, of *Span, all []kept.Proposed, request string) {
	for _, given := range all {
		value := proposedValue(p, given, request)
		slotGiven(c, p, of, given)
		c.valueOfHighestBallot(p, of, given.Slot, value)
		p.learnProposed(of, given.Slot, value)
	}
}

// visitPrepare is visit for a promise that is asked for, or given.
func (c *cluster) visitPrepare(p *process, of *Span, f *kept.Prepare) {
	if of.Kind.Sends {
		preparesDurably(c, p, of, f)
		firstSlotAsked(c, p, of, f)
		return
	}
	promiseAnswered(c, p, of, f)
	promisedTold(c, p, of, f.Ballot, f.Promised)
	p.learnPromised(of, f.Promised)
	promiseIsDurable(c, p, of)
}

// visitAccept is visit for a proposal that is to be accepted, or is.
func (c *cluster) visitAccept(p *process, of *Span, f *kept.Accept) {
	if of.Kind.Sends {
		oneValuePerBallot(c, p, of, f)
		c.valueOfHighestBallot(p, of, f.Slot, f.Value)
		c.learnAsked(p, of, f)
		return
	}
	acceptAnswered(c, p, of, f)
	promisedTold(c, p, of, f.Ballot, f.Promised)
	p.learnPromised(of, f.Promised)
	promiseIsDurable(c, p, of)
	if of.Reply == kept.Accepted {
		acceptedIsDurable(c, p, of, f)
		if c.learnAccepted(p, of, f) {
			agreement(c, of, f)
		}
	}
}

// visitLearning is visit for what is chosen, told, learnt and applied.
func (c *cluster) visitLearning(p *process, of *Span) {
	switch f := of.Facts.(type) {
	case *kept.Chosen:
		chosenByMajority(c, p, of, f)
		if p.phase != nil && p.phase.pending[f.Slot] != nil {
			p.phase.pending[f.Slot].chosen = of
		}
		c.learnValue(p, of, f.Slot, f.Command)
	case *kept.Commit:
		if of.Kind.Sends {
			commitIsKnown(c, p, of, f)
			return
		}
		learntIsChosen(c, p, of, kept.Proposal{Slot: f.Slot, Value: kept.Value{Command: f.Command}})
		c.learnValue(p, of, f.Slot, f.Command)
		p.learnHeard(of, f.Ballot)
		p.uptos = append(p.uptos, told{f.Upto, of})
	case *kept.Beat:
		if of.Is(spans.HeartbeatID) {
			roundFollows(c, p, of, f)
			p.beat = f.Number
		} else if of.Kind.Receives {
			p.learnHeard(of, f.Ballot)
		}
		p.uptos = append(p.uptos, told{f.Upto, of})
	case *kept.CatchUp:
		asksForWhatItMisses(c, p, of, f)
		p.uptos = append(p.uptos, told{f.Upto, of})
	case *kept.Apply:
		appliedNext(c, p, of, f)
		if f.Slot > 0 && f.Slot <= c.highestSlot() {
			appliedAlike(c, p, of, f, c.firstApplied(of, f))
			answeredWhenApplied(c, p, of, f)
			p.learnApplied(of, f)
		}
	}
}

// visitReply is visit for the reply to a call, which may be late.
func (c *cluster) visitReply(p *process, of *Span) {
	from, answer := of.Peer, of
	if late, is := of.Facts.(*kept.Late); is {
		p.learnHeard(of, late.Promised)
		if answer = of.Parent; answer == nil || answer.Reply != of.Reply {
			return
		}
	}
	switch f := answer.Facts.(type) {
	case *kept.Prepare:
		if of.Reply == kept.Promise {
			c.learnPromise(p, of, from, f)
		} else {
			p.learnHeard(of, f.Promised)
		}
	case *kept.Accept:
		if of.Reply == kept.Accepted {
			p.learnVote(of, from, f)
		} else {
			p.learnHeard(of, f.Promised)
		}
	case *kept.CatchUp:
		for _, value := range c.valuesOf(answer, f) {
			learntIsChosen(c, p, of, value)
			c.learnValue(p, of, value.Slot, value.Command)
		}
	}
}

// visitEnd is visit for the end of a client's request at a leader, and of phase 1.
func (c *cluster) visitEnd(p *process, of *Span) {
	switch f := of.Facts.(type) {
	case *kept.Phase1:
		phase1Ended(c, p, of, f)
	case *kept.Request:
		answerOfItsSlot(c, p, of, f)
	}
}
