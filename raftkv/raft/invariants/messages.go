package invariants

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// PersistBeforeSend implements protocol.Invariants: what a message says of term, vote and log was on the disk when it
// left.
func (c *Checker) PersistBeforeSend(v *View) error {
	s := c.of(v)
	if v.Event == Crashed {
		s = c.servers[v.Server] // the step that it died in may have sent something
	}
	if s == nil {
		return nil
	}
	for i := range v.Sent {
		if lacking := c.lacking(s, v, &v.Sent[i]); lacking != "" {
			return check.Fact("%s sent %s %s", s.id, v.Sent[i].To, v.Sent[i].Message).But("%s", lacking)
		}
	}
	return nil
}

// lacking says what the disk lacked of what a message says; nothing if it justified it.
func (c *Checker) lacking(s *server, v *View, sent *Sent) string {
	term, ok := protocol.TermOf(sent.Message)
	if !ok {
		return ""
	}
	if sent.Term < term {
		return fmt.Sprintf("its disk held no later term than %d then", sent.Term)
	}
	switch m := sent.Message.(type) {
	case protocol.RequestVote:
		return lackingVote(term, m.CandidateID, sent)
	case protocol.VoteGranted:
		return lackingVote(term, sent.To, sent)
	case protocol.AppendEntries:
		return lackingEntries(m.PrevLogIndex+protocol.LogIndex(len(m.Entries)), sent)
	case protocol.AppendEntriesOk:
		if short := lackingEntries(m.MatchIndex, sent); short != "" {
			return short
		}
		return lackingMatch(s, v, m.MatchIndex)
	case protocol.CommitNotification:
		return lackingEntries(m.LeaderCommit, sent)
	case protocol.VoteDenied, protocol.AppendEntriesRejected:
	}
	return ""
}

func lackingVote(term protocol.Term, candidate kv.NodeID, sent *Sent) string {
	if sent.Term == term && sent.VotedFor != candidate {
		return fmt.Sprintf("the vote of term %d on its disk was %s's then", term, owner(sent.VotedFor))
	}
	return ""
}

func lackingEntries(upTo protocol.LogIndex, sent *Sent) string {
	if sent.Last < upTo {
		return fmt.Sprintf("the log on its disk ended at index %d then", sent.Last)
	}
	return ""
}

// lackingMatch compares what a follower acknowledges with what it was sent.
func lackingMatch(s *server, v *View, match protocol.LogIndex) string {
	m, ok := v.Received.(protocol.AppendEntries)
	if !ok || match != m.PrevLogIndex+protocol.LogIndex(len(m.Entries)) {
		return ""
	}
	wanted := m.PrevLogTerm
	if last := len(m.Entries) - 1; last >= 0 {
		wanted = m.Entries[last].Term
	}
	if stored := s.durable.log.at(match).term; stored != wanted {
		return fmt.Sprintf("the entry at index %d on its disk is of term %d, and not of %d", match, stored, wanted)
	}
	return ""
}

// RestartFromDisk implements protocol.Invariants. What a disk lost it does not hold: here nobody asks why.
func (c *Checker) RestartFromDisk(v *View) error {
	s := c.of(v)
	if s == nil || v.Event != Restarted {
		return nil
	}
	d := s.durable
	switch {
	case s.now.term != d.CurrentTerm || s.now.votedFor != d.VotedFor:
		return check.Fact("the disk of %s holds term %d, and the vote in it is %s's", s.id, d.CurrentTerm,
			owner(d.VotedFor)).
			But("it starts again in term %d, and its vote is %s's", s.now.term, owner(s.now.votedFor))
	case s.log.last() != d.LastIndex() || s.log.at(s.log.last()) != d.log.at(d.LastIndex()):
		return check.Fact("the disk of %s holds a log up to index %d", s.id, d.LastIndex()).
			But("it starts again with one up to index %d, which is the same up to index %d", s.log.last(),
				common(s.log, d.log))
	case v.State.VolatileState != protocol.VolatileState{} || slices.Contains(v.State.VotesGranted, true):
		return check.Fact("what %s knows besides its term, its vote and its log is lost as it stops", s.id).
			But("it starts again with %s, and votes of %t", v.State.VolatileState, v.State.VotesGranted)
	}
	return nil
}
