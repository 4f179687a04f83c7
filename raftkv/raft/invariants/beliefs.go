package invariants

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// termed is what is remembered of a term.
type termed struct {
	log   chain       // of its leader, as far as it got while it led; it is only ever added to (§5.3)
	votes []kv.NodeID // by voter, whom it voted for
}

// inTerm is what is remembered of a term, from now on.
func (c *Checker) inTerm(term protocol.Term) *termed {
	t := c.terms[term]
	if t == nil {
		t = &termed{votes: make([]kv.NodeID, len(c.servers))}
		c.terms[term] = t
	}
	return t
}

// leading is what a leader believed of its followers after the event before.
type leading struct {
	term     protocol.Term // that it led; 0 when it led none
	match    []protocol.LogIndex
	next     []protocol.LogIndex
	round    []protocol.Round
	window   []uint64
	inFlight [][]protocol.InFlight
}

// remember keeps what a leader believes, for the next event to be compared with.
func (l *leading) remember(s *server, state *protocol.State) {
	if s.now.role != protocol.RoleLeader {
		l.term = 0
		return
	}
	l.term = s.now.term
	l.match = append(l.match[:0], state.MatchIndex...)
	l.next = append(l.next[:0], state.NextIndex...)
	l.round = append(l.round[:0], state.Round...)
	l.window = append(l.window[:0], state.Window...)
	if len(l.inFlight) != len(state.InFlight) {
		l.inFlight = make([][]protocol.InFlight, len(state.InFlight))
	}
	for i, f := range state.InFlight {
		l.inFlight[i] = append(l.inFlight[i][:0], f...)
	}
}

// matchOf is what it believed of one follower; 0 at the beginning of a term.
func (l *leading) matchOf(id kv.NodeID, term protocol.Term) protocol.LogIndex {
	if l.term != term || int(id) >= len(l.match) {
		return 0
	}
	return l.match[id]
}

// noteTerm remembers what a server shows of its term: whom it voted for, and, of a leader, its log.
func (c *Checker) noteTerm(s *server) {
	if s.now.votedFor != 0 && (s.now.term != s.was.term || s.now.votedFor != s.was.votedFor) {
		c.inTerm(s.now.term).votes[s.id] = s.now.votedFor
	}
	if s.now.role == protocol.RoleLeader {
		c.inTerm(s.now.term).log = s.log
	}
}

// MatchIndexIsHeld implements protocol.Invariants. An acknowledgement counts what is on a disk (Figure 2), and as long
// as the follower takes entries from no later leader nothing that equals this one's log is cut off there (§5.3). A
// follower that is down counts by its disk. In a later term another leader may have its entries replaced.
func (c *Checker) MatchIndexIsHeld(v *View) error {
	s := c.of(v)
	if s == nil {
		return nil
	}
	if s.now.role == protocol.RoleLeader {
		for id, match := range v.State.MatchIndex {
			if match > 0 && id < len(c.servers) {
				if err := c.held(s, c.servers[id], match); err != nil {
					return err
				}
			}
		}
	}
	if len(v.Wrote) == 0 && v.Event != Restarted {
		return nil
	}
	for _, leader := range c.servers[1:] {
		if leader == s || leader.down || leader.now.role != protocol.RoleLeader {
			continue
		}
		if err := c.held(leader, s, leader.led.matchOf(s.id, leader.now.term)); err != nil {
			return err
		}
	}
	return nil
}

// held says what a follower's disk lacks of what its leader believes to be there. Of what a disk loses against its
// word, it is excused in the terms that it was in before.
func (c *Checker) held(leader, follower *server, match protocol.LogIndex) error {
	term := leader.now.term
	if match == 0 || leader == follower || follower.durable.CurrentTerm > term || follower.lostIn >= term {
		return nil
	}
	disk := &follower.durable.log
	if match <= leader.log.last() && leader.log.at(match) == disk.at(match) {
		return nil
	}
	believes := fmt.Sprintf(
		"%s leads term %d and takes %s to hold its log up to index %d", leader.id, term, follower.id, match,
	)
	if match > leader.log.last() {
		return check.Fact("%s", believes).But("the log of %s ends at index %d", leader.id, leader.log.last())
	}
	return check.Fact("%s", believes).
		But("the disk of %s holds it up to index %d only", follower.id, common(leader.log, *disk))
}

// common is how far two logs are the same.
func common(a, b chain) protocol.LogIndex {
	last := min(a.last(), b.last())
	if a.at(last) == b.at(last) {
		return last
	}
	return firstDifference(a.at, b.at, last) - 1
}

// FollowerMatchesLeader implements protocol.Invariants. The leader may be gone by now: what it held in its term is
// remembered.
func (c *Checker) FollowerMatchesLeader(v *View) error {
	s := c.of(v)
	if s == nil || s.now.match == 0 || s.now.match == s.was.match && s.now.term == s.was.term && s.cut == 0 {
		return nil
	}
	term, match := s.now.term, s.now.match
	believes := fmt.Sprintf("%s takes its log to equal that of the leader of term %d up to index %d", s.id, term, match)
	place, elected := c.leaders[term]
	switch {
	case !elected:
		return check.Fact("%s", believes).But("it is in term %d, which nobody has led", term)
	case c.servers[place.Server.Number()].lostIn >= term:
		return nil // it may have led the term twice, as its disk forgot the first time
	}
	log := c.inTerm(term).log
	if match <= min(log.last(), s.log.last()) && log.at(match) == s.log.at(match) {
		return nil
	}
	return check.Fact("%s led term %d with a log up to index %d", place.Server, term, log.last()).
		But("%s, and it does up to index %d", believes, common(log, s.log)).Since(place)
}

// MatchIndexRises implements protocol.Invariants. It falls in one case only: if a follower refuses what directly
// follows what it acknowledged, its disk may have lost that, and the leader takes nothing of it for granted any more.
func (c *Checker) MatchIndexRises(v *View) error {
	s := c.of(v)
	if s == nil || s.now.role != protocol.RoleLeader {
		return nil
	}
	for i, now := range v.State.MatchIndex {
		id := kv.NodeID(i)
		was := s.led.matchOf(id, s.now.term)
		if now == was || now > was && acknowledges(v, id, s.now.term, now) || now == 0 && s.refuses(v, id, was) {
			continue
		}
		before := fmt.Sprintf("%s leads term %d and took %s to hold its log up to index %d", s.id, s.now.term, id, was)
		if now > was {
			return check.Fact("%s", before).
				But("it takes it to hold index %d now, which %s did not just acknowledge in that term", now, id)
		}
		return check.Fact("%s", before).
			But("it takes it to hold no more than index %d now, and %s did not just refuse what follows index %d", now, id,
				was)
	}
	return nil
}

// acknowledges says whether what was received is the acknowledgement, by a follower and in a term, of the log up to an
// index.
func acknowledges(v *View, from kv.NodeID, term protocol.Term, match protocol.LogIndex) bool {
	m, ok := v.Received.(protocol.AppendEntriesOk)
	return ok && v.From == from && m.Term == term && m.MatchIndex == match
}

// refuses says whether what was received is the refusal, by a follower in this term and this round, of what directly
// follows what it acknowledged.
func (s *server) refuses(v *View, from kv.NodeID, acknowledged protocol.LogIndex) bool {
	m, ok := v.Received.(protocol.AppendEntriesRejected)
	return ok && v.From == from && m.Term == s.now.term && m.PrevLogIndex == acknowledged &&
		m.Round == s.led.round[from] && m.ConflictIndex > 0
}
