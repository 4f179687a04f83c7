package sim

import (
	"math"
	"time"
)

// moments spreads what a process does in a step over the time that the step took, for telling of it: in this world a
// step takes place at one moment, its end. What a step begins with has its beginning. All else has its last part, where
// each thing begins in a microsecond of its own and ends in a later one: whole microseconds, since there are tools that
// know no finer time. A step that does more than it has microseconds for has the rest a nanosecond apart; one that
// takes no time has all at once.
//
// Moments are for spans alone. What happens, and when messages leave and arrive, does not depend on them. And what the
// network does to a message takes no moment, or its loss would move what is sent after it.
type moments struct {
	begun, ended time.Duration // the last of each
	told         bool          // something of the step has its moment
}

// noMoments are those of who did nothing yet.
var noMoments = moments{begun: -time.Microsecond, ended: -time.Microsecond}

// begins is the moment of the next thing that begins within a step.
func (m *moments) begins(from, to time.Duration) time.Duration {
	if m.told {
		from = nearTheEnd(from, to)
	}
	m.told = true
	m.begun = m.place(max(m.begun+time.Microsecond, m.ended), from, to)
	return m.begun
}

// happens is the moment of an event within what began last.
func (m *moments) happens(from, to time.Duration) time.Duration {
	return m.place(max(m.begun, m.ended), nearTheEnd(from, to), to)
}

// ends is the moment of the next thing that ends within a step.
func (m *moments) ends(from, to time.Duration) time.Duration {
	m.told = true
	m.ended = m.place(max(m.begun+time.Microsecond, m.ended), nearTheEnd(from, to), to)
	return m.ended
}

// place is the first whole microsecond that is neither before next nor before from, if there is one in the step; else
// the next nanosecond.
func (m *moments) place(next, from, to time.Duration) time.Duration {
	if at := wholeMicrosecond(max(next, from)); at <= to-time.Microsecond {
		return at
	}
	last := max(m.begun, m.ended)
	return max(last, min(max(last+1, from), to))
}

// nearTheEnd is where a step has room for what it does: the last part of it, so that its length can be seen, and at
// least half of it.
func nearTheEnd(from, to time.Duration) time.Duration {
	const room = 100 * time.Microsecond
	if to == forever {
		return from
	}
	return max(from+(to-from)/2, to-room)
}

// wholeMicrosecond is the first one that is not before a moment.
func wholeMicrosecond(at time.Duration) time.Duration {
	return (at + time.Microsecond - 1).Truncate(time.Microsecond)
}

const forever = time.Duration(math.MaxInt64)

// BeginsAt is the moment of the next thing that the process begins.
func (a *actor) BeginsAt() time.Duration { return a.moments.begins(a.takesTime()) }

// HappensAt is the moment of an event.
func (a *actor) HappensAt() time.Duration { return a.moments.happens(a.takesTime()) }

// EndsAt is the moment of the next thing that the process ends.
func (a *actor) EndsAt() time.Duration { return a.moments.ends(a.takesTime()) }

// takesTime is from when to when the process does what it does now. What it does in no time, as it starts, crashes or
// hears that the run is over, is told in the microseconds that follow, and after the fault that had it do so.
func (a *actor) takesTime() (from, to time.Duration) {
	if a.handling {
		return a.began, a.sim.now
	}
	return max(a.sim.now, a.sim.moments.begun), forever
}

// BeginsAt is the moment of the next thing that is done to the world, for telling of it: faults have their
// microseconds, too.
func (s *Sim) BeginsAt() time.Duration { return s.moments.begins(s.now, forever) }

// HappensAt is the moment of an event within that.
func (s *Sim) HappensAt() time.Duration { return s.moments.happens(s.now, forever) }

// EndsAt is the moment at which that ends.
func (s *Sim) EndsAt() time.Duration { return s.moments.ends(s.now, forever) }

// Step is 0: the world's own steps have no numbers.
func (s *Sim) Step() uint64 { return 0 }
