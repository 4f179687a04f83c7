package invariants

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// progress is what is remembered of whether a cluster gets on.
type progress struct {
	bounds

	up      int           // servers that are up
	leaders int           // of these, those that lead, in whatever terms
	leader  kv.NodeID     // the one that leads in the highest term; none when none leads
	term    protocol.Term // that it leads
	since   time.Duration // when it became so who leads
	goal    goal
}

// goal is what all servers that are up have to have applied in time: what was in their leader's log at a moment.
type goal struct {
	index   protocol.LogIndex // 0 for none
	set     time.Duration
	allowed time.Duration
	entries protocol.LogIndex // what it takes: the most that a follower lacks,
	terms   int               // and the most that one has of other terms
}

// noteLeaders looks anew who is up, and who leads.
func (c *Checker) noteLeaders(at time.Duration) {
	p := &c.progress
	leaders, leader, term := 0, kv.NodeID(0), protocol.Term(0)
	p.up = 0
	for _, s := range c.servers[1:] {
		if !s.watched || s.down {
			continue
		}
		p.up++
		if s.now.role == protocol.RoleLeader {
			leaders++
			if s.now.term >= term {
				leader, term = s.id, s.now.term
			}
		}
	}
	if leaders != p.leaders || leader != p.leader || term != p.term {
		p.leaders, p.leader, p.term, p.since = leaders, leader, term, at
	}
}

// Progress implements protocol.Invariants. A run that finished has every live server apply all that was committed when
// nothing was left to be done. As long as one goes on, and nothing is done to it, there has to be one leader within a
// bound, and on every live server what the leader's log holds within another, and each is looked at as soon as it has
// passed. But a leader that has no entry of its own term yet, for want of a no-op and of requests, cannot know what of
// its log is committed (§5.4.2, §8), and nobody can learn it from another.
func (c *Checker) Progress(v *View) error {
	if v.Event == Ended && v.Finished {
		if !c.settled {
			c.Settled()
		}
		return c.unapplied(v)
	}
	p := &c.progress
	if c.settled || c.troubled || p.election == 0 || p.up < c.quorum() {
		p.goal = goal{}
		return nil
	}
	if err := c.standing(v); err != nil {
		return err
	}
	calm := max(c.disturbed, p.since)
	if p.leaders == 1 {
		return c.lagging(v, calm)
	}
	p.goal = goal{}
	if v.At-calm <= p.election {
		return nil
	}
	while := fmt.Sprintf("for %s; %s", (v.At - calm).Round(time.Microsecond), p.electionText())
	if p.leaders == 0 {
		return check.Fact("%s", c.undisturbed()).But("none of them is the leader, %s", while)
	}
	return c.rivals(while)
}

// undisturbed says that there is no reason why a cluster should not get on.
func (c *Checker) undisturbed() string {
	return fmt.Sprintf(
		"%d of %d servers are up, and nothing was done to the run since %s", c.progress.up, c.options.Servers,
		c.disturbed,
	)
}

// rivals are two servers that lead at the same time.
func (c *Checker) rivals(while string) error {
	newest := c.servers[c.progress.leader]
	for _, s := range c.servers[1:] {
		if s != newest && s.watched && !s.down && s.now.role == protocol.RoleLeader {
			return check.Fact("%s leads term %d", s.id, s.now.term).
				But("%s leads term %d as well, %s", newest.id, newest.now.term, while).
				From(c.leaders[s.now.term], c.leaders[newest.now.term])
		}
	}
	return nil
}

// standing finds an election where there was time enough for the last: without losses, a leader that everybody hears
// from stays (§5.2).
func (c *Checker) standing(v *View) error {
	s, p := c.of(v), &c.progress
	if s == nil || p.Lost > 0 || v.At-c.disturbed <= p.election || s.now.role == protocol.RoleFollower ||
		s.was.role != protocol.RoleFollower && s.was.term == s.now.term {
		return nil
	}
	return check.Fact("%s", c.undisturbed()).
		But("%s stands for election in term %d, %s later; %s", s.id, s.now.term, (v.At - c.disturbed).Round(time.Microsecond),
			p.electionText())
}

// lagging finds a server that did not apply in time what was in the leader's log, where nothing happened since a time
// that could keep it.
func (c *Checker) lagging(v *View, calm time.Duration) error {
	g := &c.progress.goal
	if g.index == 0 || g.set < calm {
		c.setGoal(v.At)
		return nil
	}
	if v.At-g.set <= g.allowed {
		return nil
	}
	for _, s := range c.servers[1:] {
		if s.watched && !s.down && s.now.applied < g.index {
			return c.late(v, s)
		}
	}
	*g = goal{}
	return nil
}

// setGoal has the servers that are up apply what is in the leader's log now.
func (c *Checker) setGoal(at time.Duration) {
	p := &c.progress
	leader := c.servers[p.leader]
	p.goal = goal{index: leader.log.last(), set: at}
	if leader.log.at(leader.log.last()).term < leader.now.term {
		p.goal.index = leader.now.commit
	}
	for _, s := range c.servers[1:] {
		if s.watched && !s.down {
			same := common(leader.log, s.log)
			p.goal.entries = max(p.goal.entries, p.goal.index-min(same, p.goal.index))
			p.goal.terms = max(p.goal.terms, s.log.termsFrom(same+1))
		}
	}
	p.goal.allowed = p.catchUp(p.goal.entries, p.goal.terms)
}

// late says which server did not apply in time what it should.
func (c *Checker) late(v *View, s *server) error {
	p := &c.progress
	g, lacks := &p.goal, s.now.applied+1
	slow := fmt.Sprintf(
		"%s has applied entries up to index %d only, %s later; %s", s.id, s.now.applied,
		(v.At - g.set).Round(time.Microsecond), p.catchUpText(g.allowed, g.entries, g.terms),
	)
	if lacks <= c.committed.last() {
		return check.Fact("%s, and nothing kept it from being applied since %s", c.describeCommitted(lacks), g.set).
			But("%s", slow).From(c.committedAt(lacks), check.Place{At: v.At, Server: process(s.id)})
	}
	return check.Fact("%s leads term %d, and its log went up to index %d at %s", p.leader, p.term, g.index, g.set).
		But("%s", slow).From(c.leaders[p.term], check.Place{At: v.At, Server: process(s.id)})
}

// unapplied says which live server has not applied what was committed when nothing was left to be done.
func (c *Checker) unapplied(v *View) error {
	for _, s := range c.servers[1:] {
		if s.watched && !s.down && s.now.applied < c.owed {
			lacks := c.committedAt(s.now.applied + 1)
			return check.Fact("%s", c.describeCommitted(c.owed)).
				But("%s has applied entries up to index %d only, when the run finished", s.id, s.now.applied).
				From(lacks, check.Place{At: v.At, Server: process(s.id)})
		}
	}
	return nil
}
