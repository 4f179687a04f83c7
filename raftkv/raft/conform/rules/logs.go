package rules

import (
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
)

// sight is what was first seen of an entry, anywhere. Those of one index and other terms follow.
type sight struct {
	kept.Entry
	before uint64 // the term of the entry before it
	by     *Span  // nil where none was seen
	other  *sight
}

// longestLog is how long a log may be that is put together from a trace: far longer than one of whose every entry a
// span of it tells, and a bound on what a wrong index can make us ask for.
func (c *cluster) longestLog() uint64 { return 1<<16 + 64*uint64(len(c.Spans)) }

// entrySeen compares an entry with what was seen of its index and term: the same entry, after the same one (§5.3). A
// term before of unknownTerm is not compared.
func entrySeen(c *cluster, of *Span, index uint64, e kept.Entry, before uint64) {
	if index == 0 || index > c.longestLog() || e.Term == 0 {
		return
	}
	for uint64(len(c.seen)) < index {
		c.seen = append(c.seen, sight{})
	}
	at := &c.seen[index-1]
	if at.by == nil {
		*at = sight{Entry: e, before: before, by: of}
		return
	}
	for at.Term != e.Term {
		if at.other == nil {
			at.other = &sight{Entry: e, before: before, by: of}
			return
		}
		at = at.other
	}
	switch {
	case !c.same(at.Entry, e):
		c.broken(protocol.InvariantLogMatching, of, at.by).
			Got("an entry %s", e.At(index)).Want("the entry that was seen there of that term: %s", at.At(index))
	case at.before == unknownTerm:
		at.before = before
	case before != unknownTerm && at.before != before:
		c.broken(protocol.InvariantLogMatching, of, at.by).
			Got("the entry %s comes after one of term %d", e.At(index), before).
			Want("after one of term %d, as elsewhere", at.before)
	}
}

// same says whether two entries are the same. Traces of earlier builds do not tell who asked for one.
func (c *cluster) same(a, b kept.Entry) bool {
	return a.Term == b.Term && a.Command == b.Command &&
		(a.Request == b.Request || !c.Tells && (a.Request == "" || b.Request == ""))
}

// unknownTerm is the term of an entry that no span told.
const unknownTerm = ^uint64(0)

// termAt returns the term of a server's entry; 0 before the first, unknownTerm where it is not known.
func (s *server) termAt(index uint64) uint64 {
	switch {
	case index == 0:
		return 0
	case index > uint64(len(s.log)) || s.log[index-1].Term == 0:
		return unknownTerm
	}
	return s.log[index-1].Term
}

// lastEntry returns where a server's log ends; the term is unknownTerm where no span tells it.
func (s *server) lastEntry() (index, term uint64) {
	index = uint64(len(s.log))
	return index, s.termAt(index)
}

// tookEntry looks at an entry that a leader took into its log, at its end (§5.3).
func tookEntry(c *cluster, s *server, of *Span, a *kept.Appended) {
	if a.Index == 0 || a.Index > c.longestLog() {
		return
	}
	last, name := uint64(len(s.log)), check.Name(s.process)
	switch {
	case a.Index <= last:
		c.broken(protocol.InvariantLeaderAppendOnly, of).
			Got("%s takes an entry at index %d, and its log ends at index %d", name, a.Index, last).
			Want("the entry at index %d", last+1)
	case a.Index > last+1:
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s takes an entry at index %d, and what a trace tells of its log ends at index %d", name, a.Index, last).
			Want("the entry at index %d", last+1)
	}
	if a.Term != of.Term {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("its entry is of term %d", a.Term).Want("of term %d, which it leads", of.Term)
	}
	taken := kept.Entry{Term: a.Term, Command: a.Command}
	if r, is := of.Facts.(*kept.Request); is {
		taken.Request = r.Request.Request
	}
	write(c, s, of, a.Index, []kept.Entry{taken})
	entrySeen(c, of, a.Index, taken, s.termAt(a.Index-1))
}

// write puts entries into a log, in place of what it holds from there on.
func write(c *cluster, s *server, of *Span, index uint64, entries []kept.Entry) {
	if index+uint64(len(entries)) > c.longestLog() {
		return
	}
	if index <= s.highest && index <= uint64(len(s.log)) {
		c.broken(protocol.InvariantNoCommittedTruncation, of, s.highestBy).
			Got("%s cuts its log off at index %d", check.Name(s.process), index).
			Want("nothing cut off up to index %d, which it knew to be committed", s.highest)
	}
	for uint64(len(s.log)) < index-1 {
		s.log = append(s.log, kept.Entry{})
	}
	s.log = append(s.log[:index-1], entries...)
	s.changed = of
}

// entriesSeen compares the entries of an AppendEntries with what was seen of them.
func entriesSeen(c *cluster, of *Span, e *kept.Replication) {
	before := e.PrevTerm
	for i, one := range e.Entries {
		entrySeen(c, of, e.PrevIndex+uint64(i)+1, one, before)
		before = one.Term
	}
}

// entriesSent compares what a leader sends with its log.
func entriesSent(c *cluster, s *server, of *Span) {
	e, name := of.Facts.(*kept.Replication), check.Name(s.process)
	goesOn(c, s, of, e)
	before := e.PrevTerm
	for i, one := range e.Entries {
		index := e.PrevIndex + uint64(i) + 1
		entrySeen(c, of, index, one, before)
		before = one.Term
		if index > uint64(len(s.log)) {
			c.broken(protocol.InvariantPersistBeforeSend, of).
				Got("%s sends an entry at index %d, and its log ends at index %d", name, index, len(s.log)).
				Want("entries of its log")
			break
		}
		if have := s.log[index-1]; have.Term != 0 && !c.same(have, one) {
			c.broken(protocol.InvariantTraceIntegrity, of).
				Got("%s sends %s", name, one.At(index)).Want("the entry of its log: %s", have.At(index))
			break
		}
	}
	if known := s.termAt(e.PrevIndex); known != unknownTerm && known != e.PrevTerm {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s says that its entry at index %d is of term %d", name, e.PrevIndex, e.PrevTerm).
			Want("of term %d, which it is", known)
	}
	if of.Role != "" && of.Role != kept.Leader {
		c.Add(kept.RuleIllegalTransition, of, s.roleBy).
			Got("%s sends AppendEntries as a %s", name, of.Role).Want("a leader: nobody else sends them")
	}
	commitTold(c, s, of, e.Commit)
}

// entriesHandled looks at what a follower did with a leader's entries.
func entriesHandled(c *cluster, s *server, of *Span) {
	e, name := of.Facts.(*kept.Replication), check.Name(s.process)
	entriesSeen(c, of, e)
	if of.Reply != kept.EntriesOk {
		rejected(c, s, of, e)
		logEnds(c, s, of, e)
		return
	}
	if known := s.termAt(e.PrevIndex); known != unknownTerm && known != e.PrevTerm {
		c.broken(protocol.InvariantLogMatching, of).
			Got("%s takes entries after index %d of term %d, and its entry there is of term %d",
				name, e.PrevIndex, e.PrevTerm, known).Want("a refusal: the logs do not match there (§5.3)")
	} else if known == unknownTerm && e.PrevIndex > uint64(len(s.log)) && e.PrevIndex <= c.longestLog() {
		c.broken(protocol.InvariantLogMatching, of).
			Got("%s takes entries after index %d, and its log ends at index %d", name, e.PrevIndex, len(s.log)).
			Want("a refusal: it has no entry there (§5.3)")
	}
	if s.role == kept.Leader {
		c.broken(protocol.InvariantElectionSafety, of, s.roleBy).
			Got("%s leads term %d and takes entries of %s", name, s.term, check.Name(of.Peer)).Want("one leader in a term")
	}
	storeEntries(c, s, of, e)
	match := e.PrevIndex + uint64(len(e.Entries))
	if e.Match != match {
		c.broken(protocol.InvariantPersistBeforeSend, of).
			Got("it says that its log equals the leader's up to index %d", e.Match).
			Want("index %d, the last one that the message told of", match)
	}
	logEnds(c, s, of, e)
	l := s.follow(of.Term)
	l.match, l.matchBy = max(l.match, match), of
	commitLearned(s, of, e.Commit)
	if due := min(e.Commit, match); due > s.due {
		s.due, s.dueBy = due, of
	}
}

// storeEntries puts entries into a follower's log: those that are there stay, and what conflicts is cut off (§5.3).
func storeEntries(c *cluster, s *server, of *Span, e *kept.Replication) {
	for i := range e.Entries {
		index := e.PrevIndex + uint64(i) + 1
		if s.termAt(index) == e.Entries[i].Term {
			continue
		}
		l := &s.leader
		if s.role != kept.Leader && index <= uint64(len(s.log)) && index <= l.match && l.term == of.Term {
			l.match = index - 1
		}
		write(c, s, of, index, e.Entries[i:])
		return
	}
}

// logEnds compares where a follower's log ends, as it says, with what it was sent (Figure 2, AppendEntries steps 3
// and 4).
func logEnds(c *cluster, s *server, of *Span, e *kept.Replication) {
	last := uint64(len(s.log))
	if !c.Tells || e.Last == last {
		return
	}
	c.Add(kept.RuleWrongLogEnd, of, s.disk.by).
		Got("the log of %s ends at index %d, as it says", check.Name(s.process), e.Last).
		Want("index %d, by what it was sent", last)
	if e.Last < last {
		s.log = s.log[:e.Last]
	} else if e.Last <= c.longestLog() {
		s.log = append(s.log, make([]kept.Entry, e.Last-last)...)
	}
}
