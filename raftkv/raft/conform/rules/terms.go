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
	known, by := s.term, s.termBy
	if s.told > known {
		known, by = s.told, s.toldBy
	}
	name := check.Name(s.process)
	switch {
	case of.Term < known:
		c.broken(protocol.InvariantTermAndVote, of, by).
			Got("%s is in term %d", name, of.Term).Want("a term of at least %d, in which it was before", known)
	case s.owedAt < s.at && of.Term < s.owed:
		c.broken(protocol.InvariantTermAndVote, of, s.owedBy).
			Got("%s is in term %d", name, of.Term).Want("a term of at least %d, of which a reply told it before", s.owed)
		s.owed = 0
	case of.Term > known && of.Term > 0 && !c.elected[of.Term]:
		c.broken(protocol.InvariantTermAndVote, of, by).
			Got("%s is in term %d, in which no server stood for election", name, of.Term).
			Want("a term that an election began; it was in term %d before", known)
	case of.Term > max(known, s.owed) && !s.loose && !bringsTerm(of):
		c.broken(protocol.InvariantTermAndVote, of, by).
			Got("%s is in term %d, and nothing that it was sent tells of that", name, of.Term).
			Want("term %d", max(known, s.owed))
	}
	if of.Term > known {
		s.loose = false
	}
	termOfMessage(c, of)
	if of.Is(spans.LateReplyID, spans.CommitNotificationConsumerID) {
		if of.Term > s.told { // it is told before the term is on the disk
			s.told, s.toldBy = of.Term, of
		}
		return
	}
	if of.Term >= s.term {
		s.term, s.termBy = of.Term, of
	}
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

// replyHandled notes what a reply told: its term, a vote, how far a follower holds the log.
func replyHandled(c *cluster, s *server, of *Span) {
	if of.Is(spans.LateReplyID) {
		answer := of.Parent
		if answer != nil && answer.Kind != nil && answer.Kind.Receives && answer.Reply == of.Reply {
			noteReply(s, answer, uint64(of.Facts.(kept.LateTerm)), of.Peer)
			refusedLate(s, of)
		}
		return
	}
	if of.Failed { // it was given up
		wentBack(c, s, of)
		return
	}
	ends := endsOf(of)
	if ends.ReplyTerm == 0 {
		s.loose = s.loose || of.Doubled
	}
	if by := of.Answerer(); by != nil && by.Reply == of.Reply && by.Term > s.owed {
		s.owed, s.owedBy, s.owedAt = by.Term, by, s.at
	}
	noteReply(s, of, ends.ReplyTerm, of.Peer)
	termAtEnd(c, s, of, ends)
	if of.Is(spans.AppendEntriesClientID) {
		refusedAgain(c, of)
		wentBack(c, s, of)
	}
}

// noteReply notes a vote, or how far a follower holds the log, as the span of either end tells it: a reply that is no
// refusal is of the same term as what it answers.
func noteReply(s *server, of *Span, term uint64, peer string) {
	if term == 0 { // it does not say
		term = of.Term
	}
	switch facts := of.Facts.(type) {
	case *kept.Vote:
		voteArrived(s, peer, of.Reply, term)
	case *kept.Replication:
		if of.Reply == kept.EntriesOk && s.role == kept.Leader && term == s.term && s.matched != nil {
			s.matched[peer] = max(s.matched[peer], facts.Match)
		}
	}
}

// endsOf returns what a call says at its end.
func endsOf(of *Span) kept.Ends {
	if v, is := of.Facts.(*kept.Vote); is {
		return v.Ends
	}
	return of.Facts.(*kept.Replication).Ends
}

// termAtEnd compares the term that a call says its caller has at its end with that of the reply.
func termAtEnd(c *cluster, s *server, of *Span, ends kept.Ends) {
	if !c.Tells || ends.ReplyTerm == 0 {
		return
	}
	s.ends = of
	known, says := max(s.term, s.told), ends.Term
	if says == 0 {
		says = of.Term
	}
	if says > known {
		s.term, s.termBy = says, of
	}
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
