package sim

import (
	"context"
	"errors"

	"github.com/raftkv/raftkv/raftkv/world"
)

// The context is looked at once in so many events: often enough for a person who waits, and too seldom to cost anything.
const eventsPerLook = 1 << 12

// loop has one event happen after the other.
func (s *Sim) loop(ctx context.Context) error {
	for turn := uint64(0); ; turn++ {
		if len(s.wrong) > 0 {
			return errors.Join(s.wrong...)
		}
		if turn%eventsPerLook == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if s.stopped {
			return nil
		}
		if s.draining && s.open == 0 {
			s.outcome.Finished = true
			return nil
		}
		e, ok := s.queue.pop()
		if !ok {
			return nil
		}
		a := s.actors[e.process()]
		if e.at > s.limit {
			if a.stale(e) {
				continue
			}
			s.now = s.limit
			return nil
		}
		s.happen(a, e)
	}
}

// happen has an event take place, unless it is an element of the queue that stands for none any more.
func (s *Sim) happen(a *actor, e event) {
	switch e.kind() {
	case kindStepEnd:
		if !a.stale(e) {
			s.now = e.at
			a.endStep()
		}
	case kindArrival:
		s.now = e.at
		s.arrive(a, e.ref&(maxFlights-1))
	case kindWord:
		s.now = e.at
		s.open++
		s.arrive(a, s.flights.put(&s.words[e.ref]))
	case kindAlarm:
		h, verdict := a.timers.surface(e.ref)
		switch verdict {
		case verdictForget:
		case verdictRequeue:
			s.queue.push(a.timers.event(a, e.ref))
		case verdictDue:
			s.now = e.at
			a.receive(letter{timer: h})
		}
	case kindCrash:
		s.now = e.at
		a.crash()
	case kindRestart:
		s.now = e.at
		a.restart()
	}
}

// arrive hands a message to a process.
func (s *Sim) arrive(a *actor, message uint32) {
	l := letter{message: message}
	if a.down {
		a.lose(l)
		return
	}
	a.receive(l)
}

// askFinished has the run come to its end once there is nothing more to wait for.
func (s *Sim) askFinished() {
	if s.draining || s.config.Finished == nil || !s.config.Finished() {
		return
	}
	s.draining = true
	for _, a := range s.actors {
		a.timers.clear()
	}
}

// stale says that an element of the queue stands for no event any more: the step was killed by a crash, or the timer was stopped.
func (a *actor) stale(e event) bool {
	switch e.kind() {
	case kindStepEnd:
		return e.ref != a.crashes
	case kindAlarm:
		return a.timers.slots[e.ref].state != timerRunning
	case kindCrash, kindRestart, kindWord, kindArrival:
		return false
	}
	return false
}

var _ world.Disk = (*journal)(nil)
