package sim_test

import (
	"math"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

func TestAStoppedTimerNeverFires(t *testing.T) {
	s, d, one, _ := pair(steady())
	one.start = func(p *probe) {
		stopped := p.SetTimer(0, world.Timer{ID: 1}, 5*ms)
		replaced := p.SetTimer(0, world.Timer{ID: 2}, 5*ms)
		p.SetTimer(0, world.Timer{ID: 3}, 5*ms)
		p.StopTimer(stopped)
		p.SetTimer(replaced, world.Timer{ID: 4}, 3*ms)
	}
	outcome := run(t, s)
	d.is(t, `3ms..5ms node-1 timer 4
		5ms..7ms node-1 timer 3
		7ms node-1 finishes
		7ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 7 * ms, Deliveries: 2})
}

// The word keeps the process busy from 4ms to 6ms. The timers of 5ms wait in the mailbox, and the word's handler stops
// one and replaces another: neither is handled, nor does it take time.
func TestATimerThatWaitsInTheMailboxCanBeStopped(t *testing.T) {
	s, d, one, _ := pair(steady())
	var stopped, replaced world.TimerHandle
	one.start = func(p *probe) {
		stopped = p.SetTimer(0, world.Timer{ID: 1}, 5*ms)
		replaced = p.SetTimer(0, world.Timer{ID: 2}, 5*ms)
		p.SetTimer(0, world.Timer{ID: 3}, 5*ms)
	}
	one.receive = func(p *probe, _ world.Envelope) {
		p.StopTimer(stopped)
		p.SetTimer(replaced, world.Timer{ID: 4}, 10*ms)
	}
	s.Tell(4*ms, one.id, 7, nil)
	run(t, s)
	d.is(t, `4ms..6ms node-1 receives 7 copy 0 from none
		6ms..8ms node-1 timer 3
		16ms..18ms node-1 timer 4
		18ms node-1 finishes
		18ms node-2 finishes`)
}

func TestTheHandleOfATimerThatEndedNamesNone(t *testing.T) {
	s, d, one, _ := pair(steady())
	var ranOut, stopped world.TimerHandle
	one.start = func(p *probe) {
		ranOut = p.SetTimer(0, world.Timer{ID: 1}, 5*ms)
		stopped = p.SetTimer(0, world.Timer{ID: 2}, 5*ms)
		p.StopTimer(stopped)
	}
	one.timeout = func(p *probe, timer world.Timer) {
		if timer.ID != 1 {
			return
		}
		// These two have the places of those that ended.
		p.SetTimer(0, world.Timer{ID: 3}, 5*ms)
		p.SetTimer(0, world.Timer{ID: 4}, 5*ms)
		p.StopTimer(ranOut)
		p.StopTimer(stopped)
		p.StopTimer(0)
		p.StopTimer(world.TimerHandle(math.MaxUint64))
		p.SetTimer(ranOut, world.Timer{ID: 5}, 5*ms)
	}
	run(t, s)
	d.is(t, `5ms..7ms node-1 timer 1
		12ms..14ms node-1 timer 3
		14ms..16ms node-1 timer 4
		16ms..18ms node-1 timer 5
		18ms node-1 finishes
		18ms node-2 finishes`)
}

// An election timer that is set anew long before it runs out, over and over.
func TestATimerThatIsPutOff(t *testing.T) {
	s, d, one, _ := pair(steady())
	var h world.TimerHandle
	one.start = func(p *probe) { h = p.SetTimer(0, world.Timer{ID: 100}, 50*ms) }
	one.receive = func(p *probe, e world.Envelope) {
		h = p.SetTimer(h, world.Timer{ID: 100 + e.ID}, 50*ms)
	}
	for i := range 4 {
		s.Tell(time.Duration(i)*20*ms, one.id, world.CausalID(i+1), nil)
	}
	run(t, s)
	d.is(t, `0s..2ms node-1 receives 1 copy 0 from none
		20ms..22ms node-1 receives 2 copy 0 from none
		40ms..42ms node-1 receives 3 copy 0 from none
		60ms..62ms node-1 receives 4 copy 0 from none
		112ms..114ms node-1 timer 104
		114ms node-1 finishes
		114ms node-2 finishes`)
}

func TestTheLastEventIsNoStoppedTimer(t *testing.T) {
	for _, limit := range []time.Duration{0, 60 * ms} {
		c := steady()
		c.MaxDuration = limit
		s, d, one, _ := pair(c)
		one.start = func(p *probe) {
			p.StopTimer(p.SetTimer(0, world.Timer{ID: 1}, 50*ms))
			p.StopTimer(p.SetTimer(0, world.Timer{ID: 2}, 70*ms))
			p.SetTimer(0, world.Timer{ID: 3}, 5*ms)
		}
		outcome := run(t, s)
		d.is(t, `5ms..7ms node-1 timer 3
			7ms node-1 finishes
			7ms node-2 finishes`)
		outcomeIs(t, outcome, sim.Outcome{End: 7 * ms, Deliveries: 1})
	}
}

func TestATimerOutOfRange(t *testing.T) {
	c := steady()
	c.MaxDuration = time.Hour
	s, d, one, _ := pair(c)
	one.start = func(p *probe) {
		p.SetTimer(0, world.Timer{ID: 1}, -5*ms)
		p.SetTimer(0, world.Timer{ID: 2}, math.MaxInt64)
	}
	one.timeout = func(p *probe, _ world.Timer) { p.SetTimer(0, world.Timer{ID: 3}, math.MaxInt64) }
	outcome := run(t, s)
	d.is(t, `0s..2ms node-1 timer 1
		1h0m0s node-1 finishes
		1h0m0s node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: time.Hour, Deliveries: 1})
}
