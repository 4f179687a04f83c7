package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Timing is what a run's config says of how long things take: the bounds of Progress are computed from it. The zero
// Timing promises nothing.
type Timing struct {
	Suspicion   world.Range   // after how long without a leader another begins a ballot
	Backoff     world.Range   // what a preempted one waits besides, doubled each time in a row
	Doublings   int           // how often that is doubled, at most
	Heartbeat   time.Duration // how often a leader is heard from
	CatchUp     time.Duration // after how long a learner asks for what it misses
	RPCTimeout  time.Duration // after how long a request is given up
	Latency     time.Duration // of a message between processes, at most
	Step        time.Duration // of a process with one message, at most
	Lost        float64       // how likely a message between processes does not arrive in time, on the worst link
	MaxValues   int           // in one CaughtUp
	Clients     int
	LeaderCount int
}

// unlikely is how often a bound may be too short for what chance does, of all that it is asked for.
const unlikely = 1e-6

// bounds are how long what Progress promises takes at most, in a cluster that nothing is done to.
type bounds struct {
	Timing

	roundTrip time.Duration // of a request and its reply, at most
	tries     int           // of an exchange until it came through, at most
	leads     time.Duration // until one leader leads, from whatever was before; 0 when none is promised
}

// boundsOf computes the bounds of a cluster. There are none where leaders never suspect each other, or where messages
// take so long, or are lost so often, that a leader may not be heard from in time.
func boundsOf(t Timing, processes int) bounds {
	b := bounds{Timing: t}
	b.roundTrip = 2*(t.Latency+t.Step) + time.Duration(processes*(4+t.Clients))*t.Step
	if t.Heartbeat == 0 || t.Suspicion.Min < t.Heartbeat+b.roundTrip || t.RPCTimeout < b.roundTrip || t.Lost >= 1 {
		return b
	}
	if t.LeaderCount > 1 && t.Lost > 0 && t.Suspicion.Min < 3*t.Heartbeat+b.roundTrip {
		return b // a few heartbeats that are lost have a leader be suspected
	}
	b.tries = triesNeeded(1 - (1-t.Lost)*(1-t.Lost))
	phase1 := time.Duration(b.tries) * max(t.RPCTimeout, b.roundTrip)
	b.leads = time.Duration(b.tries)*(t.Suspicion.Max+t.Backoff.Max<<t.Doublings) + 2*phase1
	return b
}

// triesNeeded is how often something has to be tried that fails so often, to be as sure as unlikely says that it does
// not fail each time.
func triesNeeded(fails float64) int {
	tries := 2
	for all := fails * fails; all > unlikely; all *= fails {
		tries++
	}
	return tries
}

// catchUp is how long it takes, under one leader, until a learner has applied what is chosen now, of which it misses so
// many values.
func (b *bounds) catchUp(missing protocol.Slot) time.Duration {
	exchanges := 3 + int(missing)/max(b.MaxValues, 1)
	each := b.RPCTimeout + b.CatchUp + b.roundTrip
	return time.Duration(b.tries)*b.Heartbeat + time.Duration(exchanges*b.tries*(1+b.LeaderCount))*each
}

// progress is what is remembered of whether a cluster gets on.
type progress struct {
	bounds

	acceptors int             // that are up
	leaders   int             // that are up and lead, in whatever ballots
	leader    *member         // that leads in the highest ballot; nil when none leads
	ballot    protocol.Ballot // that it leads in
	since     time.Duration   // when it became so who leads
	standing  int             // leaders that are up
	goal      goal
}

// goal is what all learners that are up have to have applied in time.
type goal struct {
	slot    protocol.Slot // 0 for none
	set     time.Duration
	allowed time.Duration
}

// noteLeaders looks anew who is up, and who leads.
func (c *Checker) noteLeaders(at time.Duration) {
	p := &c.progress
	leaders, ballot := 0, protocol.Ballot{}
	var leader *member
	p.acceptors, p.standing = 0, 0
	for _, m := range c.order {
		isUp := !m.down
		switch {
		case m.id.Kind == protocol.KindAcceptor && isUp:
			p.acceptors++
		case m.id.Kind == protocol.KindLeader && isUp:
			p.standing++
			if m.now.role == protocol.RoleLeading {
				leaders++
				if leader == nil || below(ballot, m.now.ballot) {
					leader, ballot = m, m.now.ballot
				}
			}
		}
	}
	if leaders != p.leaders || leader != p.leader || ballot != p.ballot {
		p.leaders, p.leader, p.ballot, p.since = leaders, leader, ballot, at
	}
}

// Progress implements protocol.Invariants. A run that finished has every live learner apply all that any of them knew
// to be chosen when nothing was left to be done. As long as one goes on, and nothing is done to it, one leader has to
// lead within a bound, and every live learner to have applied what any of them knows within another.
func (c *Checker) Progress(v *View) error {
	if v.Event == Ended && v.Finished {
		if !c.settled {
			c.Settled()
		}
		return c.unapplied(v, c.owed, "the run finished")
	}
	p := &c.progress
	if c.settled || c.troubled || p.leads == 0 || p.acceptors < c.quorum() || p.standing == 0 {
		p.goal = goal{}
		return nil
	}
	calm := max(c.disturbed, p.since)
	if p.leaders != 1 {
		p.goal = goal{}
		if v.At-calm <= p.leads {
			return nil
		}
		return check.Fact("%d of %d acceptors and %d leaders are up, and nothing was done to the run since %s", p.acceptors,
			c.options.Acceptors, p.standing, c.disturbed).
			But("%d leaders lead, for %s; the bound is %s", p.leaders, (v.At - calm).Round(time.Microsecond), p.leads)
	}
	g := &p.goal
	if g.slot == 0 || g.set < calm {
		c.setGoal(v.At)
		return nil
	}
	if v.At-g.set <= g.allowed {
		return nil
	}
	err := c.unapplied(v, g.slot, "it had to within "+g.allowed.String())
	*g = goal{}
	return err
}

// setGoal has the learners that are up apply what any of them knows to be chosen now, whatever is missing before it.
func (c *Checker) setGoal(at time.Duration) {
	last, missing := c.known, protocol.Slot(0)
	for _, m := range c.order {
		if m.id.Kind != protocol.KindAcceptor && !m.down && m.now.applied < last {
			missing = max(missing, last-m.now.applied)
		}
	}
	c.progress.goal = goal{slot: last, set: at, allowed: c.progress.catchUp(missing)}
}

// unapplied says which live learner has not applied what is chosen up to a slot.
func (c *Checker) unapplied(v *View, slot protocol.Slot, when string) error {
	for _, m := range c.order {
		if m.id.Kind == protocol.KindAcceptor || m.down || m.now.applied >= slot {
			continue
		}
		lacks := m.now.applied + 1
		place := check.Place{At: v.At, Server: processID(m.id)}
		says := check.Fact("something is chosen in slot %d, and nothing in slot %d", slot, lacks)
		first := check.Place{}
		if known := c.at(lacks); known != nil {
			says, first = check.Fact("%s is chosen in slot %d", known.value, lacks), known.at
		}
		return says.But("%s has applied up to slot %d only, and %s", m.id, m.now.applied, when).From(first, place)
	}
	return nil
}
