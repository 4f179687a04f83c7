package sim

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// actor is a process with all that the world keeps for it. To the process it is the world.
type actor struct {
	sim     *Sim
	process world.Process
	id      world.ProcessID
	index   uint32 // its place in the order of ids

	down    bool
	crashes uint32 // tells the end of a step from one that a crash killed
	mailbox mailbox
	timers  timers
	disk    journal

	busy  bool
	step  letter      // what it is busy with
	timer world.Timer // that, if it is a timer
	began time.Duration
}

var _ world.World = (*actor)(nil)

// Now is the moment of the event that is handled.
func (a *actor) Now() time.Duration { return a.sim.now }

// Send hands a message to the network. Nobody hears a process that is down, or one that speaks when the run is over.
func (a *actor) Send(e world.Envelope) (fate world.Fate) {
	e.From, e.Copy = a.id, 0
	a.sim.outcome.Messages++
	if a.down || a.sim.over {
		fate.Drop = world.CauseFault
		a.sim.outcome.Lost++
		return fate
	}
	a.sim.send(&e, &fate)
	return fate
}

// SetTimer starts a timer, or starts a running one anew. Once the run is about to end, and in a process that is down, there are none.
func (a *actor) SetTimer(running world.TimerHandle, timer world.Timer, d time.Duration) world.TimerHandle {
	a.timers.stop(running)
	if a.down || a.sim.draining {
		return 0
	}
	h, mustQueue := a.timers.set(timer, after(a.sim.now, d))
	if mustQueue {
		a.sim.queue.push(a.timers.event(a, uint32(h)))
	}
	return h
}

// StopTimer makes a timer not run out.
func (a *actor) StopTimer(h world.TimerHandle) { a.timers.stop(h) }

// Random depends on the seed and on what it is for.
func (a *actor) Random(purpose world.Name, key world.CausalID) uint64 {
	return world.Draw(a.sim.config.Seed, purpose, key)
}

// Disk is the process's own.
func (a *actor) Disk() world.Disk { return &a.disk }

// rank is the part of an event's order that says whose it is, and of what kind.
func (a *actor) rank(k kind) uint32 { return a.index<<processShift | uint32(k)<<kindShift }

// receive has the process handle something now, or when it is done with what came before.
func (a *actor) receive(l letter) {
	if a.busy {
		a.mailbox.put(l)
		return
	}
	a.begin(l)
}

// begin makes the process busy with a message or a timer; endStep follows when it is done. A timer that was stopped meanwhile takes no time.
func (a *actor) begin(l letter) {
	s := a.sim
	var draw uint64
	if l.timer != 0 {
		timer, ok := a.timers.take(l.timer)
		if !ok {
			return
		}
		a.timer = timer
		s.open++
		draw = s.dice.timer.Draw(timer.ID)
	} else {
		e := &s.flights.envelopes[l.message]
		draw = s.dice.step[e.Copy].Draw(e.ID)
	}
	a.busy, a.step, a.began = true, l, s.now
	s.queue.push(event{at: after(s.now, s.config.StepTime.Pick(draw)), rank: a.rank(kindStepEnd), ref: a.crashes})
}

// endStep handles what the process was busy with, and goes on to what waits.
func (a *actor) endStep() {
	s := a.sim
	s.open--
	if a.handle() {
		s.outcome.Deliveries++
		s.askFinished()
	}
	a.busy = false
	for !a.busy {
		next, ok := a.mailbox.take()
		if !ok {
			return
		}
		a.begin(next)
	}
}

// handle has the process do what it was busy with, unless that was a message that tells it nothing.
func (a *actor) handle() bool {
	if a.step.timer != 0 {
		a.process.Timeout(a.timer, a.began)
		return true
	}
	flights := &a.sim.flights
	lost := isDamaged(&flights.envelopes[a.step.message])
	if !lost {
		a.process.Receive(flights.envelopes[a.step.message], a.began)
	}
	flights.release(a.step.message)
	return !lost
}

// crash takes everything from the process but its disk's durable part.
func (a *actor) crash() {
	if a.down {
		return
	}
	a.down = true
	a.crashes++
	a.timers.clear()
	if a.busy {
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
	a.process.Crash()
	a.sim.askFinished()
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
	}
	s.flights.release(l.message)
}

func (a *actor) restart() {
	if !a.down {
		return
	}
	a.down = false
	a.process.Restart()
	a.sim.askFinished()
}
