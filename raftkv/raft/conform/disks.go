package conform

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// disk is what a server's disk holds, as its spans tell it.
type disk struct {
	durable
	known bool
	by    *Span    // the span that says so
	kept  []onDisk // what it held before, where it was made to lose that
}

// onDisk is what a disk held, its log included.
type onDisk struct {
	durable
	log []entry
}

// String is what a disk holds, in a sentence.
func (d durable) String() string {
	return fmt.Sprintf("term %d, the vote %s, the log up to index %d", d.term, voteText(d.votedFor), d.last)
}

// voteText is who got a vote, in a sentence.
func voteText(to string) string {
	switch to {
	case nobody:
		return "nobody's"
	case "":
		return "not told"
	}
	return "that of " + check.Name(to)
}

// persisted notes what a server made durable: a term never falls, and in a term its vote goes from nobody to one
// candidate and stays (§5.2).
func persisted(c *cluster, s *server, of *Span, now durable) {
	d := &s.disk
	if d.known && now.term < d.term {
		c.broken(protocol.InvariantTermAndVote, of, d.by).
			Got("%s makes term %d durable", check.Name(s.process), now.term).
			Want("a term of at least %d, which its disk held", d.term)
	}
	if d.known && now.term == d.term && d.votedFor != nobody && now.votedFor != d.votedFor {
		c.broken(protocol.InvariantTermAndVote, of, d.by).
			Got("on the disk of %s the vote of term %d is %s", check.Name(s.process), now.term, voteText(now.votedFor)).
			Want("%s, as it was before: a vote that is given stays (§5.2)", voteText(d.votedFor))
	}
	if now.votedFor != nobody && now.votedFor != "" {
		noteVote(c, of, s.process, now.term, now.votedFor, false)
	}
	d.durable, d.known, d.by = now, c.Tells, of
}

// diskHoldsLog compares, at the end of a step, the log that the disk holds with that which the server has.
func diskHoldsLog(c *cluster, s *server) {
	d := &s.disk
	if !d.known || s.last == nil {
		return
	}
	if last := uint64(len(s.log)); last != d.last {
		if s.last.Crashed {
			return
		}
		of := s.changed
		if of == nil {
			of = d.by
		}
		c.broken(protocol.InvariantPersistBeforeSend, of, d.by).
			Got("the log of %s ends at index %d, and on its disk at index %d", check.Name(s.process), last, d.last).
			Want("the same on both: what a step changes is durable before anything is sent")
		d.last = last
	}
	if len(c.liars[s.process]) > 0 {
		if n := len(d.kept); n == 0 || d.kept[n-1].durable != d.durable || s.changed != nil {
			d.kept = append(d.kept, onDisk{d.durable, slices.Clone(s.log)})
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
	if of.Term != d.term {
		what := "sends something in"
		if of.Kind.Receives {
			what = "answers " + of.Reply + " in"
		}
		unjustified(fmt.Sprintf("%s term %d", what, of.Term), fmt.Sprintf("term %d", d.term))
		return
	}
	switch facts := of.Facts.(type) {
	case *vote:
		if of.Kind.Receives && of.Reply == voteGranted && d.votedFor != of.Peer {
			unjustified(fmt.Sprintf("gives its vote of term %d to %s", of.Term, check.Name(of.Peer)),
				"the vote as "+voteText(d.votedFor))
		} else if of.Kind.Sends && d.votedFor != s.process {
			unjustified(fmt.Sprintf("stands for election in term %d", of.Term), "the vote as "+voteText(d.votedFor))
		}
	case *replication:
		if of.Kind.Receives && of.Reply == entriesOk && facts.match > d.last {
			unjustified(fmt.Sprintf("says that it holds the log up to index %d", facts.match),
				fmt.Sprintf("it up to index %d", d.last))
		} else if _, last := indexes(of); of.Kind.Sends && last > d.last {
			unjustified(fmt.Sprintf("sends the entry at index %d", last), fmt.Sprintf("its log up to index %d", d.last))
		}
	}
}

// readFirst notes what a server starts with for the first time: its disk need not be empty.
func readFirst(c *cluster, s *server, of *Span, f *start) {
	if f.votedFor != "" {
		s.disk = disk{durable: f.durable, known: c.Tells, by: of}
		logRead(c, s, f)
	}
}

// logRead has a server's log end where it says, with entries of which no span tells.
func logRead(c *cluster, s *server, f *start) {
	if f.last > c.longestLog() {
		return
	}
	s.log = append(s.log[:0], make([]entry, f.last)...)
	if f.last > 0 {
		s.log[f.last-1].term = f.lastTerm
	}
}

// readBack compares what a server starts again with with what it made durable last.
func readBack(c *cluster, s *server, of *Span, f *start) {
	if f.votedFor == "" || !s.disk.known {
		return
	}
	if f.before == "" {
		c.Add(check.RuleRequired, of).
			Got("there is no %s", spans.RaftRoleBeforeKey).
			Want("%s, since the server starts again", spans.RaftRoleBeforeKey)
	}
	if f.before != "" && s.role != "" && f.before != s.role && (!s.diedWriting || !follows(s.role, f.before)) {
		c.broken(protocol.InvariantRestartFromDisk, of, s.roleBy).
			Got("%s was %s before, as it says", check.Name(s.process), f.before).Want("%s, which it was", s.role)
	}
	lied := slices.ContainsFunc(c.liars[s.process], func(at int64) bool { return at <= s.at+check.OneMoment })
	held := s.disk.durable == f.durable &&
		(f.last == 0 || s.termAt(f.last) == unknownTerm || s.termAt(f.last) == f.lastTerm)
	switch {
	case held:
	case lied && heldOnce(s, f):
		c.Unknown(unknownLoss, of, 1)
	default:
		c.broken(protocol.InvariantRestartFromDisk, of, s.disk.by).
			Got("%s starts again with %s", check.Name(s.process), f.durable).
			Want("%s: what it made durable last", s.disk.durable)
		logRead(c, s, f)
	}
	s.disk.durable, s.disk.by = f.durable, of
	if !held {
		forget(c, s, of, f)
	}
}

// heldOnce has a server's log be what its disk held when it held what is read back, and says whether it ever did.
func heldOnce(s *server, f *start) bool {
	for i := len(s.disk.kept) - 1; i >= 0; i-- {
		k := &s.disk.kept[i]
		if k.durable == f.durable && (f.last == 0 || k.log[f.last-1].term == f.lastTerm) {
			s.log = slices.Clone(k.log)
			s.disk.kept = s.disk.kept[:i+1]
			return true
		}
	}
	if f.last > 0 || f.term > s.term {
		return false
	}
	s.log, s.disk.kept = s.log[:0], nil
	return true
}

// forget has what a disk lost not bind its server any more, as far as others do not know better.
func forget(c *cluster, s *server, of *Span, f *start) {
	s.lost++
	s.term, s.termBy = f.term, of
	s.highest, s.highestBy = 0, nil
	for b := range c.votes {
		if b.process == s.process && b.term >= f.term {
			delete(c.votes, b)
		}
	}
	if f.votedFor != nobody {
		c.votes[ballot{s.process, f.term}] = cast{f.votedFor, of}
	}
}
