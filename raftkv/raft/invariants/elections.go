package invariants

import (
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// ElectionSafety implements protocol.Invariants.
func (c *Checker) ElectionSafety(v *View) error {
	s := c.of(v)
	if s == nil || s.now.role != protocol.RoleLeader {
		return nil
	}
	first, elected := c.leaders[s.now.term]
	if !elected {
		c.leaders[s.now.term] = placeOf(v)
		return nil
	}
	if first.Server != process(s.id) {
		return check.Fact("%s became leader of term %d", first.Server, s.now.term).
			But("%s became leader of term %d as well", s.id, s.now.term).Since(first)
	}
	return nil
}

// LeaderCompleteness implements protocol.Invariants. A leader is looked at when it is elected, and whenever something
// is committed in a term before its own.
func (c *Checker) LeaderCompleteness(v *View) error {
	s := c.of(v)
	if s == nil {
		return nil
	}
	if s.now.role == protocol.RoleLeader && (s.was.role != protocol.RoleLeader || s.was.term != s.now.term) {
		if err := c.holds(s, c.committed.before(s.now.term)); err != nil {
			return err
		}
	}
	if c.extended == 0 {
		return nil
	}
	for _, other := range c.servers {
		if other.now.role == protocol.RoleLeader && other.now.term > s.now.term && !other.down {
			if err := c.holds(other, c.committed.last()); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds says what a leader lacks of what was committed up to an index.
func (c *Checker) holds(leader *server, upTo protocol.LogIndex) error {
	if leader.log.at(upTo) == c.committed.at(upTo) {
		return nil
	}
	index := firstDifference(leader.log.at, c.committed.at, upTo)
	return check.Fact("%s", c.describeCommitted(index)).
		But("%s leads term %d and %s", leader.id, leader.now.term, leader.holding(index)).
		From(c.committedAt(index), c.leaders[leader.now.term])
}

// TermAndVote implements protocol.Invariants.
func (c *Checker) TermAndVote(v *View) error {
	s := c.of(v)
	if s == nil {
		return nil
	}
	if s.now.term < s.was.term {
		return check.Fact("%s was in term %d", s.id, s.was.term).But("it is in term %d now", s.now.term)
	}
	if term, ok := protocol.TermOf(v.Received); ok && term > s.now.term {
		return check.Fact("%s handled %s of term %d", s.id, v.Received.Name(), term).
			But("it is still in term %d", s.now.term)
	}
	if s.was.term == s.now.term && s.was.votedFor != 0 && s.was.votedFor != s.now.votedFor {
		return check.Fact("%s gave its vote of term %d to %s", s.id, s.was.term, s.was.votedFor).
			But("the vote of that term is %s's now", owner(s.now.votedFor)).Since(s.vote.place)
	}
	if err := s.promise(s.now.term, s.now.votedFor, placeOf(v)); err != nil {
		return err
	}
	for i := range v.Sent {
		if granted, ok := v.Sent[i].Message.(protocol.VoteGranted); ok {
			if err := s.promise(granted.Term, v.Sent[i].To, placeOf(v)); err != nil {
				return err
			}
		}
	}
	return nil
}

func owner(id kv.NodeID) string {
	if id == 0 {
		return "nobody"
	}
	return id.String()
}

// promise remembers the vote of a term, which goes to one candidate.
func (s *server) promise(term protocol.Term, candidate kv.NodeID, at check.Place) error {
	if candidate == 0 || term < s.vote.term {
		return nil
	}
	if s.vote.term == term && s.vote.candidate != candidate {
		return check.Fact("%s gave its vote of term %d to %s", s.id, term, s.vote.candidate).
			But("it gave the vote of that term to %s as well", candidate).Since(s.vote.place)
	}
	if s.vote.term != term {
		s.vote = promise{term: term, candidate: candidate, place: at}
	}
	return nil
}

// VotesWereGiven implements protocol.Invariants. Votes are counted by candidates: a leader's are looked at as it
// becomes one.
func (c *Checker) VotesWereGiven(v *View) error {
	s := c.of(v)
	if s == nil || s.now.role == protocol.RoleFollower || s.now.role == protocol.RoleLeader &&
		s.was.role == protocol.RoleLeader && s.was.term == s.now.term {
		return nil
	}
	term := s.now.term
	given := c.inTerm(term).votes
	var voters []string
	for i, counted := range v.State.VotesGranted {
		id := kv.NodeID(i)
		switch {
		case !counted:
			continue
		case i >= len(given) || given[i] == 0:
			return check.Fact("%s gave nobody its vote of term %d", id, term).
				But("%s counts the vote of %s in that term", s.id, id)
		case given[i] != s.id:
			return check.Fact("%s gave its vote of term %d to %s", id, term, given[i]).But("%s counts it as its own", s.id)
		}
		voters = append(voters, id.String())
	}
	if s.now.role == protocol.RoleLeader && len(voters) < c.quorum() {
		return check.Fact("a majority of %d servers is %d", c.options.Servers, c.quorum()).
			But("%s became leader of term %d by the votes of %d: %s", s.id, term, len(voters), strings.Join(voters, ", "))
	}
	return nil
}

// countRole counts what a change of role shows.
func countRole(f *check.Figures, at time.Duration, from, to protocol.Role, newTerm bool) {
	switch {
	case to == protocol.RoleCandidate && (from != protocol.RoleCandidate || newTerm):
		f.Elections++
	case to == protocol.RoleLeader && from != protocol.RoleLeader:
		if from == protocol.RoleFollower { // alone in its cluster, it is elected as soon as it stands
			f.Elections++
		}
		if !f.Led {
			f.Led, f.FirstLeader = true, at
		}
	}
}
