package sim

import (
	"context"
	"errors"
)

// The context is looked at once in so many events: often enough for a person who waits, and too seldom to cost
// anything.
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
		if s.draining && s.open == s.held() {
			s.outcome.Finished = true
			return nil
		}
		e, ok := s.queue.pop()
		if !ok {
			return nil
		}
		if e.at > s.limit {
			if s.stale(e) {
				continue
			}
			s.now = s.limit
			return nil
		}
		if e.kind() == kindAt {
			s.call(e)
			continue
		}
		s.happen(s.actors[e.process()], e)
	}
}

// call does what At was told to.
func (s *Sim) call(e event) {
	s.now = e.at
	do := s.calls[e.ref]
	s.calls[e.ref] = nil // or what it refers to would be kept alive
	do()
	if s.unseen {
		s.settle()
	}
}

// happen has an event take place, unless it is an element of the queue that stands for none any more.
func (s *Sim) happen(a *actor, e event) {
	switch e.kind() {
	case kindStepEnd:
		if e.ref == a.epoch {
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
	case kindAt:
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

// settle has whoever watches the run look at what was handled, and the run come to its end once there is nothing more
// to wait for.
func (s *Sim) settle() {
	if s.config.After != nil {
		s.look()
	}
	s.unseen = false
	if s.draining || s.config.Finished == nil || !s.config.Finished() {
		return
	}
	s.draining = true
	for _, a := range s.actors {
		a.timers.clear()
	}
}

// look calls After until that does nothing more about what it sees.
func (s *Sim) look() {
	for again := true; again; again = s.unseen {
		s.unseen = false
		s.config.After()
	}
}

// held is how much of what is open waits for a process that is paused.
func (s *Sim) held() int {
	count := 0
	for _, a := range s.actors {
		if a.paused {
			count += a.held()
		}
	}
	return count
}

// stale says that an element of the queue stands for no event any more: the step was killed by a crash or held up by a
// pause, or the timer was stopped.
func (s *Sim) stale(e event) bool {
	switch e.kind() {
	case kindStepEnd:
		return e.ref != s.actors[e.process()].epoch
	case kindAlarm:
		return s.actors[e.process()].timers.slots[e.ref].state != timerRunning
	case kindAt, kindWord, kindArrival:
		return false
	}
	return false
}
