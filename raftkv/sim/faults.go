package sim

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Crash has a process crash, if it is not down: what it is busy with is not handled, its mailbox and its timers are
// gone, its disk keeps what was synced. Until it is restarted, what comes to it is lost. A crash ends a pause, and
// nothing else that was done to the process: Slow, Stall, SkipSync, Rate and Cut are the machine's, and last.
//
// A process that crashes within one of its own methods does nothing more in it that anybody could notice, and its Crash
// is called when that returns. One that crashes before Run is down when its Start is called.
func (s *Sim) Crash(p world.ProcessID) { s.with(p, (*actor).crash) }

// Restart has a process that is down start again. A crash and a restart at the same time are a reboot.
func (s *Sim) Restart(p world.ProcessID) { s.with(p, (*actor).restart) }

// Pause has a process do nothing from now on, until Heal. What comes to it, and its timers that run out, wait in its
// mailbox. The step that is under way is held up: it takes the rest of its time afterwards. A process that is down
// cannot be paused.
func (s *Sim) Pause(p world.ProcessID) { s.with(p, (*actor).pause) }

// Slow has each step of a process that begins from now on take longer. The last call holds; 0 or less is as fast as
// any.
func (s *Sim) Slow(p world.ProcessID, by time.Duration) {
	s.with(p, func(a *actor) { a.slow = by })
}

// Skew has a process's clock jump ahead by so much of its time, or back if that is negative: its running timers run out
// that much earlier, but not before now, or later. What World.Now tells does not change.
func (s *Sim) Skew(p world.ProcessID, by time.Duration) {
	s.with(p, func(a *actor) { a.skew(by) })
}

// Rate has a process's clock run at a rate from now on: the rest of each running timer, and the time of each that is
// set later, takes 1/rate as long, rounded down to a nanosecond. The rate is rounded to a millionth, and must be from a
// millionth to a million. What World.Now tells does not change.
func (s *Sim) Rate(p world.ProcessID, rate float64) {
	parts := rateOf(rate)
	if parts == 0 {
		s.fail("the clock of %s cannot run at the rate %v", p, rate)
		return
	}
	s.with(p, func(a *actor) { a.setRate(parts) })
}

// LoseUnsynced has the next Sync of a process's disk fail. In that moment the process crashes, and all that was
// appended since the last Sync is lost; if torn, it is there but for the end of the last record, of which so many bytes
// are left as is drawn: at least one, and not all. A record of one byte or none is lost whole. Sync returns an error,
// and the process does nothing more that anybody could notice until it is restarted; what it sent before stays sent.
// Happened, if not nil, is called then.
func (s *Sim) LoseUnsynced(p world.ProcessID, torn bool, happened func()) {
	s.with(p, func(a *actor) { a.disk.loss = &lostWrite{torn: torn, happened: happened} })
}

// SkipSync has a process's disk lie from now on: Sync says that all is durable, and makes nothing so. If the process
// crashes then, what was appended since the last Sync that told the truth is lost. The first Sync after a Heal makes
// all durable that is there then.
func (s *Sim) SkipSync(p world.ProcessID) {
	s.with(p, func(a *actor) { a.disk.skips = true })
}

// Stall has each step of a process that begins from now on, and that syncs its disk, take longer. The last call
// holds. The process must be a world.Writer: a step takes its time before it is handled, so that somebody has to say
// beforehand what it will do.
func (s *Sim) Stall(p world.ProcessID, by time.Duration) {
	s.with(p, func(a *actor) {
		if _, ok := a.process.(world.Writer); !ok {
			s.fail("the disk of %s cannot stall: it does not say when it writes", p)
		}
		a.disk.stall = by
	})
}

// Rollback has a process start again with what was durable on its disk at an earlier time, as a machine does that is
// restored from a copy. It crashes first, if it is not down. Config.Rollbacks must be set, and a time at which
// nothing was synced yet is an empty disk. What a rollback took away no later one brings back.
func (s *Sim) Rollback(p world.ProcessID, to time.Duration) {
	if !s.config.Rollbacks {
		s.fail("the disk of %s cannot be rolled back: Config.Rollbacks is not set", p)
		return
	}
	s.with(p, func(a *actor) {
		a.crash()
		a.disk.rollBack(to)
		a.restart()
	})
}

// Heal undoes what lasts of what was done to a process: Pause, Slow, Rate, SkipSync, Stall, a LoseUnsynced that did
// not happen yet, and every Cut as far as it is about what the process sends and is sent: others that the same call
// cut off from each other stay so. None heals everybody. A process that is down stays down.
func (s *Sim) Heal(p world.ProcessID) {
	if p != 0 {
		s.with(p, (*actor).heal)
		return
	}
	s.atOnce(func() {
		for _, a := range s.actors {
			a.heal()
		}
	})
}

// Preload has a record on a process's disk from the beginning. It is called before Run.
func (s *Sim) Preload(p world.ProcessID, record []byte) {
	s.with(p, func(a *actor) {
		_ = a.disk.journal.Append(record) // of a disk in memory: it does not fail
		_ = a.disk.sync()
	})
}

// with does something to a process at once.
func (s *Sim) with(p world.ProcessID, do func(*actor)) {
	s.atOnce(func() {
		if a := s.known(p); a != nil {
			do(a)
		}
	})
}

// atOnce does something now or, before the run, when all processes are known and none has started.
func (s *Sim) atOnce(do func()) {
	switch {
	case s.over:
	case s.running:
		do()
	default:
		s.early = append(s.early, do)
	}
}

// known is the process with an id; if there is none, the run fails.
func (s *Sim) known(p world.ProcessID) *actor {
	a := s.find(p)
	if a == nil {
		s.fail("there is no process %s to do anything to at %s", p, s.now)
	}
	return a
}

// crash takes everything from the process but its disk's durable part.
func (a *actor) crash() {
	if a.down {
		a.rises = false
		return
	}
	a.down, a.paused = true, false
	a.epoch++
	a.timers.clear()
	if a.busy && !a.inside {
		a.busy = false
		a.lose(a.step)
	}
	for {
		l, ok := a.mailbox.take()
		if !ok {
			break
		}
		if l.timer == 0 {
			a.lose(l)
		}
	}
	a.disk.crash()
	a.falls = true
	if !a.inside {
		a.catchUp()
	}
}

func (a *actor) restart() {
	if !a.down {
		return
	}
	a.rises = true
	if !a.inside {
		a.catchUp()
	}
}

// catchUp tells a process that is in none of its methods what became of it, and what becomes of it as it is told.
func (a *actor) catchUp() {
	for a.falls || a.rises {
		a.enter()
		if a.falls {
			a.falls = false
			a.process.Crash()
		} else {
			a.rises, a.down = false, false
			a.process.Restart()
		}
		a.sim.unseen = true
	}
	a.inside = false
}

func (a *actor) pause() {
	if a.down || a.paused {
		return
	}
	a.paused = true
	if a.busy {
		a.epoch++
		a.left = a.ends - a.sim.now
	}
}

// resume goes on with the step that the pause held up, or with what waits.
func (a *actor) resume() {
	if !a.paused {
		return
	}
	a.paused = false
	switch {
	case a.inside:
	case a.busy:
		a.ends = after(a.sim.now, a.left)
		a.sim.queue.push(a.stepEnd())
	default:
		a.next()
	}
}

// held is how much of what is open waits for the process to go on.
func (a *actor) held() int {
	count := a.mailbox.messages()
	if a.busy {
		count++
	}
	return count
}

func (a *actor) heal() {
	a.slow, a.disk.loss, a.disk.skips, a.disk.stall = 0, nil, false, 0
	a.setRate(trueRate)
	a.sim.mend(a.id)
	a.resume()
}

// lose gives up what the process was handed and will not handle.
func (a *actor) lose(l letter) {
	s := a.sim
	s.open--
	if l.timer != 0 {
		return
	}
	if !isDamaged(&s.flights.envelopes[l.message]) {
		s.outcome.Lost++ // or it is counted already
		s.tellLost(l.message)
	}
	s.flights.release(l.message)
}
