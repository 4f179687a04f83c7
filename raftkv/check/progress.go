package check

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/protocol"
)

// Progress implements protocol.Invariants. A run that finished has every live server apply all that was committed when nothing was left to be done. One that did not finish
// must have, once nothing was done to it for long enough, one leader, and on every live server all that was committed before that last while. But a leader that has no
// entry of its own term yet, for want of a no-op and of requests, cannot know what of its log is committed (§5.4.2, §8), and nobody can learn it from another.
func (c *Checker) Progress(v *View) error {
	if v.Event != Ended {
		return nil
	}
	if v.Finished {
		if !c.settled {
			c.Settled()
		}
		return c.behind(v, c.owed, "when the run finished")
	}
	if c.troubled || c.options.Bound == 0 || v.At-c.disturbed < c.options.Bound || c.live() < c.quorum() {
		return nil
	}
	while := fmt.Sprintf("after %s without a fault", (v.At - c.disturbed).Round(time.Millisecond))
	var leaders []protocol.NodeID
	for _, s := range c.servers[1:] {
		if s.watched && !s.down && s.now.role == protocol.RoleLeader {
			leaders = append(leaders, s.id)
		}
	}
	switch len(leaders) {
	case 0:
		return clashing(fmt.Sprintf("%d of %d servers are up %s", c.live(), c.options.Servers, while), "none of them is the leader")
	case 1:
	default:
		first, second := c.servers[leaders[0]], c.servers[leaders[1]]
		return from(c.leaders[first.now.term], c.leaders[second.now.term],
			clashing(fmt.Sprintf("%s leads term %d %s", first.id, first.now.term, while), fmt.Sprintf("%s leads term %d", second.id, second.now.term)))
	}
	last := c.committed.last()
	for last > 0 && v.At-c.committed[last-1].at < c.options.Bound {
		last--
	}
	if leader := c.servers[leaders[0]]; leader.log.at(leader.log.last()).term < leader.now.term {
		last = min(last, leader.now.commit)
	}
	return c.behind(v, last, while)
}

func (c *Checker) live() int {
	live := 0
	for _, s := range c.servers[1:] {
		if s.watched && !s.down {
			live++
		}
	}
	return live
}

// behind says which live server has not applied what was committed up to an index.
func (c *Checker) behind(v *View, upTo protocol.LogIndex, when string) error {
	for _, s := range c.servers[1:] {
		if s.watched && !s.down && s.now.applied < upTo {
			lacks := c.committedAt(s.now.applied + 1)
			return from(lacks, Place{At: v.At, Server: s.id}, clashing(c.describeCommitted(upTo), fmt.Sprintf("%s has applied entries up to index %d only, %s", s.id, s.now.applied, when)))
		}
	}
	return nil
}
