package invariants

import (
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// StateMachineSafety implements protocol.Invariants.
func (c *Checker) StateMachineSafety(v *View) error {
	s := c.of(v)
	if s == nil {
		return nil
	}
	for i := range v.Applied {
		a := &v.Applied[i]
		if a.Index == 0 || a.Index > c.committed.last() {
			continue
		}
		if first := &c.committed[a.Index-1]; first.entry != a.Entry {
			return check.Fact("%s", c.describeCommitted(a.Index)).
				But("%s applied %s of term %d there", s.id, history.Text(a.Entry.Command), a.Entry.Term).
				Since(c.committedAt(a.Index))
		}
	}
	return nil
}

// CommittedPrefix implements protocol.Invariants: what a server takes for committed is compared with what was committed
// first.
func (c *Checker) CommittedPrefix(v *View) error {
	s := c.of(v)
	if s == nil || s.now.commit == s.was.commit {
		return nil
	}
	upTo := min(s.now.commit, s.log.last())
	if s.log.at(upTo) == c.committed.at(upTo) {
		return nil
	}
	index := firstDifference(s.log.at, c.committed.at, upTo)
	return check.Fact("%s", c.describeCommitted(index)).
		But("%s takes index %d for committed and %s", s.id, s.now.commit, s.holding(index)).Since(c.committedAt(index))
}

// Monotonic implements protocol.Invariants.
func (c *Checker) Monotonic(v *View) error {
	s := c.of(v)
	switch {
	case s == nil:
		return nil
	case s.now.commit < s.was.commit:
		return check.Fact("the commit index of %s was %d", s.id, s.was.commit).But("it is %d now", s.now.commit)
	case s.now.applied < s.was.applied:
		return check.Fact("%s had applied entries up to index %d", s.id, s.was.applied).But("it is at %d now", s.now.applied)
	case s.now.applied > s.now.commit:
		return check.Fact("the commit index of %s is %d", s.id, s.now.commit).
			But("it has applied entries up to index %d", s.now.applied)
	case s.now.commit > s.log.last() && (s.cut == 0 || s.cut > s.highestCommit): // else see NoCommittedTruncation
		return check.Fact("the log of %s ends at index %d", s.id, s.log.last()).But("its commit index is %d", s.now.commit)
	}
	return nil
}

// CommitCurrentTerm implements protocol.Invariants. It is the leader who counts.
func (c *Checker) CommitCurrentTerm(v *View) error {
	s := c.of(v)
	if s == nil || s.now.role != protocol.RoleLeader || s.now.commit <= s.was.commit {
		return nil
	}
	last := s.log.at(s.now.commit)
	if last.term == s.now.term || s.now.commit > s.log.last() {
		return nil
	}
	return check.Fact("%s leads term %d", s.id, s.now.term).
		But("it committed up to index %d by counting, and the entry there is of term %d: %s", s.now.commit, last.term,
			history.Text(v.entryAt(s.now.commit).Command))
}

// TraceIntegrity implements protocol.Invariants, from what commits and applications a server announces: they are what
// the spans say.
func (c *Checker) TraceIntegrity(v *View) error {
	s := c.of(v)
	if s == nil {
		return nil
	}
	for i := range v.Commits {
		e := &v.Commits[i]
		if e.From != s.announced || e.To <= e.From {
			return check.Fact("%s had announced commits up to index %d", s.id, s.announced).
				But("it announced those after %d, up to %d", e.From, e.To)
		}
		s.announced = e.To
	}
	for i := range v.Applied {
		a := &v.Applied[i]
		if a.Index != s.applied+1 {
			return check.Fact("%s had told of its applications up to index %d", s.id, s.applied).
				But("it told of index %d next", a.Index)
		}
		s.applied = a.Index
		if a.Index > s.log.last() || v.entryAt(a.Index) != a.Entry {
			return check.Fact("%s told that it applied %s of term %d at index %d", s.id, history.Text(a.Entry.Command),
				a.Entry.Term, a.Index).
				But("it %s", s.holding(a.Index))
		}
	}
	if s.announced != s.now.commit {
		return check.Fact("%s had announced commits up to index %d", s.id, s.announced).
			But("its commit index is %d", s.now.commit)
	}
	if s.applied != s.now.applied {
		return check.Fact("%s had told of its applications up to index %d", s.id, s.applied).
			But("it has applied entries up to index %d", s.now.applied)
	}
	return nil
}
