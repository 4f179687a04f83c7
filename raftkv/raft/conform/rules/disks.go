package rules

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// durableStays looks at what a server makes durable: a term never falls, and in a term its vote goes from nobody to one
// candidate and stays (§5.2).
func durableStays(c *cluster, s *server, of *Span, now kept.Durable) {
	d := &s.disk
	if d.known && now.Term < d.Term {
		c.broken(protocol.InvariantTermAndVote, of, d.by).
			Got("%s makes term %d durable", check.Name(s.process), now.Term).
			Want("a term of at least %d, which its disk held", d.Term)
	}
	if d.known && now.Term == d.Term && d.VotedFor != kept.Nobody && now.VotedFor != d.VotedFor {
		c.broken(protocol.InvariantTermAndVote, of, d.by).
			Got("on the disk of %s the vote of term %d is %s", check.Name(s.process), now.Term, kept.VoteText(now.VotedFor)).
			Want("%s, as it was before: a vote that is given stays (§5.2)", kept.VoteText(d.VotedFor))
	}
	if now.VotedFor != kept.Nobody && now.VotedFor != "" {
		oneVote(c, of, s.process, now.Term, now.VotedFor)
	}
}

// diskHoldsLog compares, at the end of a step, the log that the disk holds with that which the server has.
func diskHoldsLog(c *cluster, s *server) {
	d := &s.disk
	last := uint64(len(s.log))
	if !d.known || s.last == nil || s.last.Crashed || last == d.Last {
		return
	}
	of := s.changed
	if of == nil {
		of = d.by
	}
	c.broken(protocol.InvariantPersistBeforeSend, of, d.by).
		Got("the log of %s ends at index %d, and on its disk at index %d", check.Name(s.process), last, d.Last).
		Want("the same on both: what a step changes is durable before anything is sent")
}

// persistBeforeSend compares what a server sends with what its disk holds: its term, its vote, its log (Figure 2).
func persistBeforeSend(c *cluster, s *server, of *Span) {
	d := &s.disk
	if !d.known {
		return
	}
	unjustified := func(sends, holds string) {
		c.broken(protocol.InvariantPersistBeforeSend, of, d.by).
			Got("%s %s, and its disk holds %s", check.Name(s.process), sends, holds).
			Want("what it sends on its disk before it leaves (Figure 2)")
	}
	if of.Term != d.Term {
		what := "sends something in"
		if of.Kind.Receives {
			what = "answers " + of.Reply + " in"
		}
		unjustified(fmt.Sprintf("%s term %d", what, of.Term), fmt.Sprintf("term %d", d.Term))
		return
	}
	switch facts := of.Facts.(type) {
	case *kept.Vote:
		if of.Kind.Receives && of.Reply == kept.VoteGranted && d.VotedFor != of.Peer {
			unjustified(fmt.Sprintf("gives its vote of term %d to %s", of.Term, check.Name(of.Peer)),
				"the vote as "+kept.VoteText(d.VotedFor))
		} else if of.Kind.Sends && d.VotedFor != s.process {
			unjustified(fmt.Sprintf("stands for election in term %d", of.Term), "the vote as "+kept.VoteText(d.VotedFor))
		}
	case *kept.Replication:
		if of.Kind.Receives && of.Reply == kept.EntriesOk && facts.Match > d.Last {
			unjustified(fmt.Sprintf("says that it holds the log up to index %d", facts.Match),
				fmt.Sprintf("it up to index %d", d.Last))
		} else if _, last := kept.Indexes(of); of.Kind.Sends && last > d.Last {
			unjustified(fmt.Sprintf("sends the entry at index %d", last), fmt.Sprintf("its log up to index %d", d.Last))
		}
	}
}

// restartFromDisk compares what a server starts again with with what it made durable last.
func restartFromDisk(c *cluster, s *server, of *Span, f *kept.Start) {
	if f.VotedFor == "" || !s.disk.known {
		return
	}
	if f.Before == "" {
		c.Add(check.RuleRequired, of).
			Got("there is no %s", spans.RaftRoleBeforeKey).
			Want("%s, since the server starts again", spans.RaftRoleBeforeKey)
	}
	if f.Before != "" && s.role != "" && f.Before != s.role && (!c.diedWriting(s) || !follows(s.role, f.Before)) {
		c.broken(protocol.InvariantRestartFromDisk, of, s.roleBy).
			Got("%s was %s before, as it says", check.Name(s.process), f.Before).Want("%s, which it was", s.role)
	}
	switch _, once := s.heldOnce(f); {
	case s.holds(f):
	case once && c.lies(s):
		c.Unknown(kept.UnknownLoss, of, 1)
	default:
		c.broken(protocol.InvariantRestartFromDisk, of, s.disk.by).
			Got("%s starts again with %s", check.Name(s.process), f.Durable).
			Want("%s: what it made durable last", s.disk.Durable)
	}
}
