package rules

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// disk is what a server's disk holds, as its spans tell it.
type disk struct {
	kept.Durable
	known bool
	by    *Span    // the span that says so
	kept  []onDisk // what it held before, where it was made to lose that
}

// onDisk is what a disk held, its log included.
type onDisk struct {
	kept.Durable
	log []kept.Entry
}

// persisted notes what a server made durable: a term never falls, and in a term its vote goes from nobody to one
// candidate and stays (§5.2).
func persisted(c *cluster, s *server, of *Span, now kept.Durable) {
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
		noteVote(c, of, s.process, now.Term, now.VotedFor, false)
	}
	d.Durable, d.known, d.by = now, c.Tells, of
}

// diskHoldsLog compares, at the end of a step, the log that the disk holds with that which the server has.
func diskHoldsLog(c *cluster, s *server) {
	d := &s.disk
	if !d.known || s.last == nil {
		return
	}
	if last := uint64(len(s.log)); last != d.Last {
		if s.last.Crashed {
			return
		}
		of := s.changed
		if of == nil {
			of = d.by
		}
		c.broken(protocol.InvariantPersistBeforeSend, of, d.by).
			Got("the log of %s ends at index %d, and on its disk at index %d", check.Name(s.process), last, d.Last).
			Want("the same on both: what a step changes is durable before anything is sent")
		d.Last = last
	}
	if len(c.liars[s.process]) > 0 {
		if n := len(d.kept); n == 0 || d.kept[n-1].Durable != d.Durable || s.changed != nil {
			d.kept = append(d.kept, onDisk{d.Durable, slices.Clone(s.log)})
		}
	}
}

// sentIsDurable compares what a server sends with what its disk holds: its term, its vote, its log (Figure 2).
func sentIsDurable(c *cluster, s *server, of *Span) {
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

// readFirst notes what a server starts with for the first time: its disk need not be empty.
func readFirst(c *cluster, s *server, of *Span, f *kept.Start) {
	if f.VotedFor != "" {
		s.disk = disk{Durable: f.Durable, known: c.Tells, by: of}
		logRead(c, s, f)
	}
}

// logRead has a server's log end where it says, with entries of which no span tells.
func logRead(c *cluster, s *server, f *kept.Start) {
	if f.Last > c.longestLog() {
		return
	}
	s.log = append(s.log[:0], make([]kept.Entry, f.Last)...)
	if f.Last > 0 {
		s.log[f.Last-1].Term = f.LastTerm
	}
}

// readBack compares what a server starts again with with what it made durable last.
func readBack(c *cluster, s *server, of *Span, f *kept.Start) {
	if f.VotedFor == "" || !s.disk.known {
		return
	}
	if f.Before == "" {
		c.Add(check.RuleRequired, of).
			Got("there is no %s", spans.RaftRoleBeforeKey).
			Want("%s, since the server starts again", spans.RaftRoleBeforeKey)
	}
	if f.Before != "" && s.role != "" && f.Before != s.role && (!s.diedWriting || !follows(s.role, f.Before)) {
		c.broken(protocol.InvariantRestartFromDisk, of, s.roleBy).
			Got("%s was %s before, as it says", check.Name(s.process), f.Before).Want("%s, which it was", s.role)
	}
	lied := slices.ContainsFunc(c.liars[s.process], func(at int64) bool { return at <= s.at+check.OneMoment })
	held := s.disk.Durable == f.Durable &&
		(f.Last == 0 || s.termAt(f.Last) == unknownTerm || s.termAt(f.Last) == f.LastTerm)
	switch {
	case held:
	case lied && heldOnce(s, f):
		c.Unknown(kept.UnknownLoss, of, 1)
	default:
		c.broken(protocol.InvariantRestartFromDisk, of, s.disk.by).
			Got("%s starts again with %s", check.Name(s.process), f.Durable).
			Want("%s: what it made durable last", s.disk.Durable)
		logRead(c, s, f)
	}
	s.disk.Durable, s.disk.by = f.Durable, of
	if !held {
		forget(c, s, of, f)
	}
}

// heldOnce has a server's log be what its disk held when it held what is read back, and says whether it ever did.
func heldOnce(s *server, f *kept.Start) bool {
	for i := len(s.disk.kept) - 1; i >= 0; i-- {
		k := &s.disk.kept[i]
		if k.Durable == f.Durable && (f.Last == 0 || k.log[f.Last-1].Term == f.LastTerm) {
			s.log = slices.Clone(k.log)
			s.disk.kept = s.disk.kept[:i+1]
			return true
		}
	}
	if f.Last > 0 || f.Term > s.term {
		return false
	}
	s.log, s.disk.kept = s.log[:0], nil
	return true
}

// forget has what a disk lost not bind its server any more, as far as others do not know better.
func forget(c *cluster, s *server, of *Span, f *kept.Start) {
	s.lost++
	s.term, s.termBy = f.Term, of
	s.highest, s.highestBy = 0, nil
	for b := range c.votes {
		if b.process == s.process && b.term >= f.Term {
			delete(c.votes, b)
		}
	}
	if f.VotedFor != kept.Nobody {
		c.votes[ballot{s.process, f.Term}] = cast{f.VotedFor, of}
	}
}
