package rules

import (
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// termTold looks at the term that a span tells: it never falls, begins with an election, and is at least that of a
// message that was handled.
func termTold(c *cluster, s *server, of *Span) {
	if of.Role == "" && of.Term == 0 {
		return // what is missing is found elsewhere
	}
	known, by := s.latestTerm()
	name := check.Name(s.process)
	switch {
	case of.Term < known:
		c.broken(protocol.InvariantTermAndVote, of, by).
			Got("%s is in term %d", name, of.Term).Want("a term of at least %d, in which it was before", known)
	case s.owedAt < s.at && of.Term < s.owed:
		c.broken(protocol.InvariantTermAndVote, of, s.owedBy).
			Got("%s is in term %d", name, of.Term).Want("a term of at least %d, of which a reply told it before", s.owed)
	case of.Term > known && of.Term > 0 && !c.elected[of.Term]:
		c.broken(protocol.InvariantTermAndVote, of, by).
			Got("%s is in term %d, in which no server stood for election", name, of.Term).
			Want("a term that an election began; it was in term %d before", known)
	case of.Term > max(known, s.owed) && !s.loose && !bringsTerm(of):
		c.broken(protocol.InvariantTermAndVote, of, by).
			Got("%s is in term %d, and nothing that it was sent tells of that", name, of.Term).
			Want("term %d", max(known, s.owed))
	}
	termOfMessage(c, of)
}

// bringsTerm says whether a span tells where its server has a new term from: it stands for election, or was sent
// something of that term.
func bringsTerm(of *Span) bool {
	brings := func(s *Span) bool { return s.Is(spans.LateReplyID) || s.Kind != nil && s.Kind.Receives }
	above := of.Parent
	switch {
	case of.Is(spans.RoleChangeID):
		return restarts(of) || of.Role == kept.Candidate || above == nil || brings(above) && bringsTerm(above)
	case brings(of):
		return above == nil || above.Term == of.Term
	}
	return false
}

// termOfMessage compares a receiver's term with that of the message.
func termOfMessage(c *cluster, of *Span) {
	late, sender := of.Is(spans.LateReplyID), of.Parent
	if sender == nil || !late && !of.Is(kept.Handlers...) {
		return
	}
	if of.Term < sender.Term {
		c.broken(protocol.InvariantTermAndVote, of, sender).
			Got("%s is in term %d after it handled a message of term %d", check.Name(of.Process), of.Term, sender.Term).
			Want("term %d at least", sender.Term)
	}
	if of.Term > sender.Term && (of.Reply == kept.VoteGranted || of.Reply == kept.EntriesOk) && !late {
		c.broken(protocol.InvariantTermAndVote, of, sender).
			Got("%s answers %s in term %d to a message of term %d",
				check.Name(of.Process), of.Reply, of.Term, sender.Term).Want("a refusal of what is of a term that is over")
	}
}

// endsOf returns what a call says at its end.
func endsOf(of *Span) kept.Ends {
	if v, is := of.Facts.(*kept.Vote); is {
		return v.Ends
	}
	return of.Facts.(*kept.Replication).Ends
}

// termAfter returns the term that a call says its caller has at its end.
func termAfter(of *Span) uint64 {
	if term := endsOf(of).Term; term > 0 {
		return term
	}
	return of.Term
}

// termAtEnd compares the term that a call says its caller has at its end with that of the reply.
func termAtEnd(c *cluster, s *server, of *Span) {
	ends := endsOf(of)
	if !c.Tells || ends.ReplyTerm == 0 {
		return
	}
	known, _ := s.latestTerm()
	says := termAfter(of)
	switch {
	case ends.ReplyTerm > known && says != ends.ReplyTerm:
		c.broken(protocol.InvariantTermAndVote, of).
			Got("%s handles a reply of term %d, and its own is %d then",
				check.Name(s.process), ends.ReplyTerm, max(known, says)).
			Want("term %d: who hears of a higher term goes on in that (§5.1)", ends.ReplyTerm)
	case ends.ReplyTerm <= known && says != known:
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s is in term %d when its call ends, as it says", check.Name(s.process), says).
			Want("term %d, which no reply changes that is of term %d", known, ends.ReplyTerm)
	}
}
