package rules

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// results compares what the state machines answered with what the store has to answer.
func results(c *cluster, history []clients.Operation) {
	clients.Results(c.applied, history, kept.Invariants[protocol.InvariantExactlyOnce], c.Findings)
}

// applied returns what was applied, in the order of the log.
func (c *cluster) applied(yield func(*clients.Applied) bool) {
	for i := range c.committed {
		a := &clients.Applied{By: c.committed[i].by}
		if a.By != nil {
			e := c.committed[i].Apply
			a.Index, a.Command, a.Request, a.Result = e.Index, e.Command, e.Request, e.Result
		}
		if !yield(a) {
			return
		}
	}
}

// answers compares what servers and clients were answered with what was applied.
func answers(c *cluster) {
	for _, s := range c.Spans {
		r, is := s.Facts.(*kept.Request)
		if !is {
			continue
		}
		if r.Appended.Index > 0 {
			asWanted(c, s, r)
		}
		switch s.Reply {
		case kept.Answered:
			answeredFrom(c, s, r)
		case kept.OutcomeUnknown:
			if r.Appended.Index == 0 {
				c.Add(kept.RuleAnswerWithoutEntry, s).
					Got("its outcome is said not to be known, and it took no entry into its log").
					Want("NotLeader, or an event append")
			}
		case kept.NotLeader:
			redirected(c, s, r)
		}
	}
	for _, s := range c.Spans {
		if s.Reply == kept.Answered && s.Is(clients.Tries...) {
			clients.Told(c.Facts, s, c.Findings)
		}
	}
}

// asWanted compares the command that a server took into its log with what the client's operation is.
func asWanted(c *cluster, of *Span, r *kept.Request) {
	try := of.Parent
	if !try.Is(clients.Tries...) || !try.Parent.Is(clients.Operations...) {
		return
	}
	if want := try.Parent.Facts.(*clients.Request).Command; r.Appended.Command != want {
		c.Add(check.RuleMessageMismatch, of, try.Parent).
			Got("%s takes %s into its log", check.Name(of.Process), words.Printable(r.Appended.Command)).
			Want("%s, which its client wants", words.Printable(want))
	}
}

// redirected looks at the answer of a server that does not lead.
func redirected(c *cluster, of *Span, r *kept.Request) {
	name, first := check.Name(of.Process), c.leaders[of.Term]
	switch {
	case r.Appended.Index > 0:
		c.Add(kept.RuleAnswerWithoutEntry, of).
			Got("%s answers that it does not lead, and took the command into its log at index %d", name, r.Appended.Index).
			Want("OutcomeUnknown: the entry may be committed yet")
	case of.Role == kept.Leader:
		c.broken(protocol.InvariantTraceIntegrity, of, first).
			Got("%s leads, and answers that it does not", name).Want("another answer")
	case r.Leader == "":
	case first == nil:
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s takes %s for the leader of term %d, in which no span leads", name, check.Name(r.Leader), of.Term).
			Want("nobody")
	case first.Process != r.Leader:
		c.broken(protocol.InvariantTraceIntegrity, of, first).
			Got("%s takes %s for the leader of term %d", name, check.Name(r.Leader), of.Term).
			Want("%s, or nobody", check.Name(first.Process))
	}
}

// answeredFrom looks at a server's answer: that of the entry that it took into its log.
func answeredFrom(c *cluster, of *Span, r *kept.Request) {
	index := r.Appended.Index
	switch {
	case index == 0:
		c.Add(kept.RuleAnswerWithoutEntry, of).
			Got("%s answers %s, and took no entry into its log", check.Name(of.Process), words.Printable(r.Result)).
			Want("an event append, and the answer of that entry")
		return
	case r.Result == kv.ReplicationFailed{}.String():
		c.Add(kept.RuleAnswerWithoutEntry, of).
			Got("%s answers that the command failed, which is in its log at index %d", check.Name(of.Process), index).
			Want("OutcomeUnknown: whatever leader comes next may commit it yet")
		return
	case index > uint64(len(c.committed)) || c.committed[index-1].by == nil:
		c.Add(kept.RuleAnswerWithoutEntry, of).
			Got("it is answered, and no server applied index %d", index).Want("an answer when the entry is applied")
		return
	}
	if first := &c.committed[index-1]; first.Request != r.Request.Request || first.Result != r.Result {
		c.broken(protocol.InvariantExactlyOnce, of, first.by).
			Got("%s is answered %s", words.Printable(r.Request.Request), words.Printable(r.Result)).
			Want("%s, which its entry at index %d answered%s",
				words.Printable(first.Result), index, clients.Asked(first.Request))
	}
}
