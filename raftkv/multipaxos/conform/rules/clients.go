package rules

import (
	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// results compares what the state machines answered with what the store has to answer.
func results(c *cluster, history []clients.Operation) {
	clients.Results(c.inOrder, history, kept.Invariants[protocol.InvariantExactlyOnce], c.Findings)
}

// inOrder returns what was applied, in the order of slots.
func (c *cluster) inOrder(yield func(*clients.Applied) bool) {
	for i := range c.applied {
		a := &clients.Applied{By: c.applied[i].by}
		if a.By != nil {
			e := c.applied[i].Apply
			a.Index, a.Command, a.Request, a.Result = e.Slot, e.Command, e.Request, e.Result
		}
		if !yield(a) {
			return
		}
	}
}

// asWanted compares the command that a leader gave a slot with what the client's operation is.
func asWanted(c *cluster, of *Span, r *kept.Request, given kept.Proposed) {
	try := of.Parent
	if !try.Is(clients.Tries...) || !try.Parent.Is(clients.Operations...) {
		return
	}
	if want := try.Parent.Facts.(*clients.Request).Command; given.Command != want {
		c.Add(check.RuleMessageMismatch, of, try.Parent).
			Got("%s gives slot %d to %s", check.Name(of.Process), r.Slot(), words.Printable(given.Command)).
			Want("%s, which its client wants", words.Printable(want))
	}
}

// answerOfItsSlot looks at a leader's answer to a client: that of the slot that the request was given.
func answerOfItsSlot(c *cluster, p *process, of *Span, r *kept.Request) {
	name, slot := check.Name(p.name), r.Slot()
	broken := func(clashes ...*Span) *check.Found {
		return c.broken(protocol.InvariantAnswerOfItsSlot, of, clashes...)
	}
	switch of.Reply {
	case kept.Answered:
		applied, is := p.results[slot]
		switch {
		case slot == 0:
			broken().Got("%s answers %s, and gave the request no slot", name, words.Printable(r.Result)).
				Want("an event propose, and the answer of its slot")
		case !is:
			broken().Got("%s answers before it applied slot %d", name, slot).Want("an answer when the slot is applied")
		case applied.Request != r.Request.Request || applied.Result != r.Result:
			broken(applied.by).
				Got("%s is answered %s", words.Printable(r.Request.Request), words.Printable(r.Result)).
				Want("%s, which slot %d answered%s", words.Printable(applied.Result), slot, clients.Asked(applied.Request))
		}
	case kept.OutcomeUnknown:
		if slot == 0 {
			broken().Got("%s says that the outcome is not known, and gave the request no slot", name).
				Want("NotLeader, or an event propose")
		}
	case kept.NotLeader:
		redirected(c, p, of, r)
	}
}

// redirected looks at the answer of a leader that does not lead.
func redirected(c *cluster, p *process, of *Span, r *kept.Request) {
	name := check.Name(p.name)
	if r.Slot() > 0 {
		c.broken(protocol.InvariantAnswerOfItsSlot, of).
			Got("%s answers that it does not lead, and gave the request slot %d", name, r.Slot()).
			Want("OutcomeUnknown: the value may be chosen yet")
	}
	if of.Role == kept.Leading {
		c.broken(protocol.InvariantTraceIntegrity, of, p.roleBy).
			Got("%s leads, and answers that it does not", name).Want("another answer")
	}
	if id, err := protocol.ParseLeaderID(r.Leader); r.Leader != "" && err == nil && !c.leaders[uint32(id)] {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s takes %s for who leads, which began no ballot", name, check.Name(r.Leader)).
			Want("one that began a ballot, or nobody")
	}
}

// answeredWhenApplied finds a client that waits on when the slot of its request is applied with its own value.
func answeredWhenApplied(c *cluster, p *process, of *Span, a *kept.Apply) {
	if !p.leads() || p.phase.pending[a.Slot] == nil {
		return
	}
	given := p.phase.pending[a.Slot]
	if waits := given.request; waits != nil && given.Value == a.Value && waits.EndStep() > p.step {
		c.broken(protocol.InvariantAnswerOfItsSlot, waits, of).
			Got("slot %d is applied with the value of the request, and %s does not answer", a.Slot, check.Name(p.name)).
			Want("its answer in the same step")
	}
}

// answersTold compares the answers to clients' tries with what ends their operations.
func answersTold(c *cluster) {
	for _, s := range c.Spans {
		if s.Reply == kept.Answered && s.Is(clients.Tries...) {
			clients.Told(c.Facts, s, c.Findings)
		}
	}
}
