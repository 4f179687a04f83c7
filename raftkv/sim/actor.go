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

	down     bool
	handling bool   // a message or a timer, that is: it is within Receive or Timeout
	inside   bool   // one of its methods runs, or it did not start: it is told afterwards of what becomes of it
	falls    bool   // it crashed, and was not told yet
	rises    bool   // it is to restart once it is told of its crash
	epoch    uint32 // tells the end of a step from one that a crash killed or a pause held up
	mailbox  mailbox
	timers   timers
	disk     disk

	steps   uint64  // so far, the one under way included
	moments moments // of what it did

	busy  bool
	step  letter      // what it is busy with
	timer world.Timer // that, if it is a timer
	began time.Duration
	ends  time.Duration

	paused bool
	left   time.Duration // of the step that the pause holds up
	slow   time.Duration // how much longer each step takes
	rate   int64         // of its clock, in parts per million
}

var _ world.World = (*actor)(nil)

// Now is the moment of the event that is handled.
func (a *actor) Now() time.Duration { return a.sim.now }

// Step is the number of what the process does now.
func (a *actor) Step() uint64 { return a.steps }

// Send hands a message to the network. Nobody hears a process that is down, or one that speaks when the run is over:
// the network has nothing to tell of that.
func (a *actor) Send(e world.Envelope) (fate world.Fate) {
	e.From, e.Copy = a.id, 0
	fate.Message, _ = e.Payload.(world.Sized)
	a.sim.outcome.Messages++
	if a.down || a.sim.over {
		fate.Drop = world.CauseFault
		a.sim.outcome.Lost++
		return fate
	}
	a.sim.send(&e, &fate)
	return fate
}

// SetTimer starts a timer, or starts a running one anew, which takes its time by the process's clock. Once the run is
// about to end, and in a process that is down, there are none.
func (a *actor) SetTimer(running world.TimerHandle, timer world.Timer, d time.Duration) world.TimerHandle {
	a.timers.stop(running)
	if a.down || a.sim.draining {
		return 0
	}
	h, mustQueue := a.timers.set(timer, after(a.sim.now, a.takes(d)))
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
	if a.busy || a.paused {
		a.mailbox.put(l)
		return
	}
	a.begin(l)
}

// begin makes the process busy with a message or a timer; endStep follows when it is done. A timer that was stopped
// meanwhile takes no time.
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
	a.ends = after(after(s.now, s.config.StepTime.Pick(draw)), a.slow)
	if a.disk.stall > 0 && a.writes() {
		a.ends = after(a.ends, a.disk.stall)
	}
	s.queue.push(a.stepEnd())
}

// writes says whether the step that is under way will write to the disk: nothing changes the process before it ends.
func (a *actor) writes() bool {
	w, ok := a.process.(world.Writer)
	if !ok {
		return false
	}
	if a.step.timer != 0 {
		return w.WritesOnTimeout(a.timer)
	}
	e := &a.sim.flights.envelopes[a.step.message]
	return !isDamaged(e) && w.WritesOnReceive(*e)
}

// stepEnd is the end of the step that is under way.
func (a *actor) stepEnd() event {
	return event{at: a.ends, rank: a.rank(kindStepEnd), ref: a.epoch}
}

// endStep handles what the process was busy with, and goes on to what waits.
func (a *actor) endStep() {
	s := a.sim
	s.open--
	handled := a.handle()
	a.busy = false
	if handled {
		s.outcome.Deliveries++
		s.settle()
	}
	if a.mailbox.count > 0 {
		a.next()
	}
}

// next begins with what waits, unless the process is busy already, or paused.
func (a *actor) next() {
	for !a.busy && !a.paused {
		next, ok := a.mailbox.take()
		if !ok {
			return
		}
		a.begin(next)
	}
}

// handle has the process do what it was busy with, unless that was a message that tells it nothing.
func (a *actor) handle() bool {
	a.steps++
	a.moments.told = false
	if a.step.timer != 0 {
		a.inside, a.handling = true, true
		a.process.Timeout(a.timer)
		a.leave()
		return true
	}
	message := a.step.message
	flights := &a.sim.flights
	lost := isDamaged(&flights.envelopes[message])
	if !lost {
		a.inside, a.handling = true, true
		a.process.Receive(flights.envelopes[message])
		if a.falls {
			a.sim.tellLost(message)
		} else {
			a.sim.tellHandled(message)
		}
		a.leave()
	}
	flights.release(message)
	return !lost
}

// enter is called before a method of the process that is called for no message and no timer.
func (a *actor) enter() {
	a.inside = true
	a.steps++
}

// leave is called when a handler of the process returns.
func (a *actor) leave() {
	a.inside, a.handling = false, false
	if a.falls {
		a.catchUp()
	}
}
