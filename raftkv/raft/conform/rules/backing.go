package rules

import (
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// rejected compares why entries were refused with the log.
func rejected(c *cluster, s *server, of *Span, e *kept.Replication) {
	wrong := func(clashes ...*Span) *check.Found {
		return c.broken(protocol.InvariantTraceIntegrity, of, clashes...)
	}
	switch e.Reason {
	case protocol.ReasonEntryMissing.String():
		if last := uint64(len(s.log)); e.ConflictIndex != last+1 {
			wrong().Got("it says that its log ends before index %d", e.ConflictIndex).
				Want("before index %d, as what it was sent tells", last+1)
		} else if e.PrevIndex <= last {
			wrong().Got("it refuses entries after index %d, as if it had none there", e.PrevIndex).
				Want("its log ends at index %d", last)
		}
	case protocol.ReasonTermConflict.String():
		conflict(s, e, wrong)
	case protocol.ReasonStaleTerm.String():
		if above := of.Parent; above != nil && above.Term >= of.Term && s.role != kept.Leader {
			wrong(above).Got("it refuses entries because their leader's term is over").
				Want("another reason, or none: both are in term %d", of.Term)
		}
	}
}

// conflict compares what a refusal says of the entry that does not match, and of where its term begins, with the log.
func conflict(s *server, e *kept.Replication, wrong func(...*Span) *check.Found) {
	known := s.termAt(e.PrevIndex)
	switch {
	case e.ConflictTerm == e.PrevTerm:
		wrong().Got("it refuses entries because its own at index %d is of another term than %d, and says that it is of that",
			e.PrevIndex, e.PrevTerm).Want("a refusal of what does not match")
		return
	case known == unknownTerm:
		return
	case known != e.ConflictTerm:
		wrong().Got("it says that its entry at index %d is of term %d", e.PrevIndex, e.ConflictTerm).
			Want("of term %d, as what it was sent tells", known)
		return
	}
	first := e.PrevIndex
	for first > 1 && s.termAt(first-1) == known {
		first--
	}
	if s.termAt(first-1) != unknownTerm && e.ConflictIndex != first {
		wrong().Got("it says that its entries of term %d begin at index %d", known, e.ConflictIndex).
			Want("at index %d, as what it was sent tells", first)
	}
}

// wentBack compares where a leader goes on in its log, after a refusal or when it gave a call up, with §5.3.
func wentBack(c *cluster, s *server, of *Span, e *kept.Replication) {
	if e.Next == 0 {
		staysThere(c, s, of, e)
		return
	}
	match, want := s.matched[of.Peer], e.PrevIndex+1
	if s.refusedWhatFollows(of, e) {
		match = 0
	}
	if of.Reply == kept.EntriesRejected {
		want = afterRefusal(s, e)
	}
	if want = max(want, match+1); s.role == kept.Leader && want != unknownTerm && e.Next != want {
		c.Add(kept.RuleWrongNextIndex, of).
			Got("%s goes on from index %d with %s", check.Name(s.process), e.Next, check.Name(of.Peer)).
			Want("from index %d on", want)
	}
}

// refusedWhatFollows says whether a follower refuses what directly follows what it acknowledged: its leader takes
// nothing of that for granted any more.
func (s *server) refusedWhatFollows(of *Span, e *kept.Replication) bool {
	return of.Reply == kept.EntriesRejected && s.matched[of.Peer] == e.PrevIndex
}

// afterRefusal returns where a leader goes on: after its own last entry of the conflicting term, if it has one, or
// else where the follower's entries of that term begin. It is unknownTerm where no span tells.
func afterRefusal(s *server, e *kept.Replication) uint64 {
	next := e.ConflictIndex
	for i := min(e.PrevIndex, uint64(len(s.log))); e.ConflictTerm > 0 && i > 0; i-- {
		term := s.termAt(i)
		if term == unknownTerm {
			return unknownTerm
		}
		if term == e.ConflictTerm {
			next = i + 1
		}
		if term <= e.ConflictTerm {
			break
		}
	}
	return min(next, e.PrevIndex)
}

// staysThere finds a leader that is refused and does not go back in its log, though the refusal is not late: it did
// not go back since it sent what is refused, and its follower acknowledged nothing beyond it.
func staysThere(c *cluster, s *server, of *Span, e *kept.Replication) {
	if of.Reply != kept.EntriesRejected || s.role != kept.Leader || of.Term != s.term || e.Ends.ReplyTerm != s.term {
		return
	}
	if e.ConflictIndex == 0 || e.PrevIndex == 0 || e.PrevIndex > uint64(len(s.log)) || e.PrevIndex < s.matched[of.Peer] {
		return
	}
	if b, went := s.backs[of.Peer]; went && b.term == of.Term && b.at >= of.Start {
		return
	}
	c.Add(kept.RuleWrongNextIndex, of).
		Got("%s is refused entries after index %d by %s, and does not go back",
			check.Name(s.process), e.PrevIndex, check.Name(of.Peer)).
		Want("%s: an earlier index, as from index %d on, which the refusal asks for (§5.3)",
			spans.RaftNextIndexKey, e.ConflictIndex)
}

// goesOn compares what a leader sends first, after it went back in its log, with where it said that it goes on.
func goesOn(c *cluster, s *server, of *Span, e *kept.Replication) {
	if b := s.backs[of.Peer]; s.goesOnNow(of, e) && e.PrevIndex+1 != b.next {
		c.Add(kept.RuleWrongNextIndex, of).
			Got("%s sends %s entries from index %d on", check.Name(s.process), check.Name(of.Peer), e.PrevIndex+1).
			Want("from index %d on, to where it went back", b.next)
	}
}

// goesOnNow says whether a leader goes on from where it went back to, in this step.
func (s *server) goesOnNow(of *Span, e *kept.Replication) bool {
	b, went := s.backs[of.Peer]
	return went && !b.sent && b.step == s.step && b.term == of.Term && len(e.Entries) > 0
}

// mostRefusals is how often a leader may be refused the same before it is taken to be stuck. Once it is because the
// log is behind; more often because heartbeats go on from where the leader was, while entries are in flight that were
// lost and are sent again only when their call is given up.
const mostRefusals = 8

// refusedAgain finds a leader that is refused the same again and again, and does not go back in its log (§5.3).
func refusedAgain(c *cluster, of *Span, e *kept.Replication, times int, first *Span) {
	if times == mostRefusals {
		c.broken(protocol.InvariantProgress, of, first).
			Got("%s sends %s entries after index %d, and is refused, for the %dth time",
				check.Name(of.Process), check.Name(of.Peer), e.PrevIndex, mostRefusals).
			Want("entries after an earlier index, as from index %d on, which the refusal asks for (§5.3)", e.ConflictIndex)
	}
}
