package rules

import (
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// learntIsChosen finds a value that a learner is told of, and that no majority accepted by then. A Commit does not tell
// who asked for it.
func learntIsChosen(c *cluster, p *process, of *Span, told kept.Proposal) {
	if c.quorum == 0 {
		return
	}
	name := check.Name(p.name)
	switch first, is := c.chosen[told.Slot]; {
	case !is:
		c.broken(protocol.InvariantLearntIsChosen, of).
			Got("%s learns that %s is chosen in slot %d", name, told.Value, told.Slot).
			Want("what a majority accepted in one ballot: nothing there by then")
	case first.Command != told.Command, told.Request != "" && first.Request != told.Request:
		c.broken(protocol.InvariantLearntIsChosen, of, first.by).
			Got("%s learns that %s is chosen in slot %d", name, told.Value, told.Slot).
			Want("%s, which a majority accepted there in ballot %s", first.Value, first.ballot)
	}
}

// commitIsKnown compares what a leader tells to be chosen with what it knows.
func commitIsKnown(c *cluster, p *process, of *Span, f *kept.Commit) {
	known, is := p.knows[f.Slot]
	switch {
	case !is && !p.lost:
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s tells what is chosen in slot %d", check.Name(p.name), f.Slot).Want("a slot of which it knows that")
	case is && known.command != f.Command:
		c.broken(protocol.InvariantTraceIntegrity, of, known.by).
			Got("%s tells that %s is chosen in slot %d", check.Name(p.name), words.Printable(f.Command), f.Slot).
			Want("%s, as it knows", words.Printable(known.command))
	}
}

// asksForWhatItMisses compares the first slot of a CatchUp with the one that the learner misses, and the values that a
// leader tells with those that it knows.
func asksForWhatItMisses(c *cluster, p *process, of *Span, f *kept.CatchUp) {
	name := check.Name(p.name)
	if of.Kind.Sends {
		if f.First != p.applied+1 {
			c.broken(protocol.InvariantTraceIntegrity, of).
				Got("%s asks for what is chosen from slot %d on", name, f.First).
				Want("from slot %d on, the first that it misses", p.applied+1)
		}
		return
	}
	most := p.applied + 1 - min(f.First, p.applied+1)
	if of.Reply == kept.CaughtUp && (f.Count > most || f.Count == 0 && most > 0) {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s tells %s from slot %d on", name, words.Counted(int(f.Count), "value"), f.First).
			Want("some of what it knows: all up to slot %d", p.applied)
	}
}

// appliedNext looks at a value that a state machine took: that of the next slot, as the learner knows it (PMMC R2).
func appliedNext(c *cluster, p *process, of *Span, a *kept.Apply) {
	name := check.Name(p.name)
	last := p.results[p.applied].by
	switch {
	case p.results[a.Slot].by != nil:
		c.broken(protocol.InvariantMonotonic, of, p.results[a.Slot].by).
			Got("%s applies slot %d again", name, a.Slot).Want("slot %d", p.applied+1)
	case a.Slot != p.applied+1:
		c.broken(protocol.InvariantSameOrder, of, last).
			Got("%s applies slot %d after slot %d", name, a.Slot, p.applied).Want("slot %d", p.applied+1)
	}
	if a.Upto != a.Slot {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s is %d where slot %d is applied", spans.PaxosChosenSlotKey, a.Upto, a.Slot).Want("%d", a.Slot)
	}
	switch known, is := p.knows[a.Slot]; {
	case !is && a.Slot > p.upto:
		c.broken(protocol.InvariantLearntIsChosen, of).
			Got("%s applies %s in slot %d", name, a.Value, a.Slot).Want("what it was told to be chosen: nothing there")
	case is && known.command != a.Command:
		c.broken(protocol.InvariantTraceIntegrity, of, known.by).
			Got("%s applies %s in slot %d", name, a.Value, a.Slot).
			Want("%s, which it was told to be chosen there", words.Printable(known.command))
	}
}

// appliedAlike compares what is applied in a slot with what was applied there first, and with what is chosen there.
func appliedAlike(c *cluster, p *process, of *Span, a *kept.Apply, first applied) {
	name := check.Name(p.name)
	chosen, is := c.chosen[a.Slot]
	switch {
	case first.Value != a.Value:
		c.broken(protocol.InvariantSameOrder, of, first.by).
			Got("%s applies %s in slot %d", name, a.Value, a.Slot).Want("%s, which was applied there first", first.Value)
	case is && chosen.Value != a.Value:
		c.broken(protocol.InvariantSameOrder, of, chosen.by).
			Got("%s applies %s in slot %d", name, a.Value, a.Slot).Want("%s, which is chosen there", chosen.Value)
	case first.Result != a.Result:
		c.broken(protocol.InvariantSameStore, of, first.by).
			Got("%s answers %s in slot %d", name, words.Printable(a.Result), a.Slot).
			Want("%s, as the first that applied it", words.Printable(first.Result))
	}
}

// appliesWhenDue finds what a learner knows, and does not apply in the step in which it knows all before.
func appliesWhenDue(c *cluster, p *process) {
	if p.applied >= p.upto || p.starts == 0 {
		return
	}
	by := p.fresh
	if by == nil {
		by = p.diskBy
	}
	if by != nil {
		c.Add(check.RuleMissingSpan, by).
			Got("%s knows what is chosen up to slot %d, and applied only what is up to slot %d",
				check.Name(p.name), p.upto, p.applied).
			Want("a paxos.apply of each slot, in the step in which it knows all before")
	}
}

// uptoTold compares up to where a learner knows all, as it says in a step, with what it applied by its end.
func uptoTold(c *cluster, p *process) {
	for _, told := range p.uptos {
		if told.slot != p.applied {
			c.broken(protocol.InvariantTraceIntegrity, told.by).
				Got("%s is %d in a span of %s", spans.PaxosChosenSlotKey, told.slot, check.Name(p.name)).
				Want("%d, up to where it applied all", p.applied)
		}
	}
}
