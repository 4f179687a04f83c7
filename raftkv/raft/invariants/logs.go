package invariants

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// LeaderAppendOnly implements protocol.Invariants.
func (c *Checker) LeaderAppendOnly(v *View) error {
	s := c.of(v)
	if s == nil || s.cut == 0 || s.was.role != protocol.RoleLeader || s.now.role != protocol.RoleLeader ||
		s.was.term != s.now.term {
		return nil
	}
	return check.Fact("%s leads term %d and had an entry at index %d", s.id, s.now.term, s.cut).
		But("it now %s", s.holding(s.cut))
}

// LogMatching implements protocol.Invariants: each entry that is written is compared with what any server ever held at
// its index in its term.
func (c *Checker) LogMatching(v *View) error {
	s := c.of(v)
	if s == nil || s.grown == 0 {
		return nil
	}
	for index := s.grown; index <= s.log.last(); index++ {
		if first := c.sees(index, s.log.at(index), placeOf(v)); first != nil {
			return check.Fact("%s held an entry at index %d of term %d", first.by, index, first.term).
				But("%s holds another one there of that term, or others before it: %s", s.id, v.entryAt(index).Command).
				Since(check.Place{At: first.when, Server: process(first.by)})
		}
	}
	return nil
}

// sees remembers an entry, and returns the one that was seen at its index in its term if that is not the same.
func (c *Checker) sees(index protocol.LogIndex, m mark, by check.Place) *seenFirst {
	if index > protocol.LogIndex(len(c.seen)) {
		c.seen = append(c.seen, seenFirst{mark: m, by: kv.NodeID(by.Server.Number()), when: by.At})
		return nil
	}
	for at := &c.seen[index-1]; ; at = at.other {
		if at.term == m.term {
			if at.hash != m.hash {
				return at
			}
			return nil
		}
		if at.other == nil {
			at.other = &seenFirst{mark: m, by: kv.NodeID(by.Server.Number()), when: by.At}
			return nil
		}
	}
}

// QuorumLog implements protocol.Invariants. Every quorum holds a server with all that is committed if those that lack
// some are too few for a quorum.
func (c *Checker) QuorumLog(v *View) error {
	s := c.of(v)
	if s == nil || c.extended == 0 && len(v.Wrote) == 0 && v.Event != Restarted {
		return nil
	}
	last, wanted, holders := c.committed.last(), c.committed.at(c.committed.last()), 0
	for _, other := range c.servers[1:] {
		if other.durable.log.at(last) == wanted {
			holders++
		}
	}
	if lacking := c.options.Servers - holders; last > 0 && lacking >= c.quorum() {
		return check.Fact("%s", c.describeCommitted(last)).
			But("the disks of %d servers lack some of what is committed up to there, and %d are a quorum", lacking, c.quorum()).
			Since(c.committedAt(last))
	}
	return nil
}

// CommittedIsDurable implements protocol.Invariants.
func (c *Checker) CommittedIsDurable(v *View) error {
	s := c.of(v)
	if s == nil || s.now.role != protocol.RoleLeader || s.now.commit > s.log.last() ||
		s.durable.log.at(s.now.commit) == s.log.at(s.now.commit) {
		return nil
	}
	return check.Fact("%s leads term %d and its commit index is %d", s.id, s.now.term, s.now.commit).
		But("its disk holds its log up to index %d only", common(s.log, s.durable.log))
}

// NoCommittedTruncation implements protocol.Invariants. What a server knew to be committed before it restarted counts.
func (c *Checker) NoCommittedTruncation(v *View) error {
	s := c.of(v)
	if s == nil || s.cut == 0 || s.cut > s.highestCommit {
		return nil
	}
	return check.Fact("%s knew that index %d is committed", s.id, s.highestCommit).
		But("it cut its log off at index %d in term %d", s.cut, s.now.term)
}

// holding says what a server has at an index.
func (s *server) holding(index protocol.LogIndex) string {
	if m := s.log.at(index); m != (mark{}) {
		return fmt.Sprintf("has an entry of term %d at index %d", m.term, index)
	}
	return fmt.Sprintf("has no entry at index %d: its log ends at %d", index, s.log.last())
}

// describeCommitted says who committed what at an index.
func (c *Checker) describeCommitted(index protocol.LogIndex) string {
	e := &c.committed[index-1]
	return fmt.Sprintf(
		"%s committed %s of term %d at index %d in term %d", e.by, history.Text(e.entry.Command), e.entry.Term, index,
		e.in,
	)
}

// committedAt is where an index was committed first.
func (c *Checker) committedAt(index protocol.LogIndex) check.Place {
	e := &c.committed[index-1]
	return check.Place{At: e.at, Server: process(e.by)}
}
