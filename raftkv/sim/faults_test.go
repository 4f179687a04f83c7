package sim_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

func at(s *sim.Sim, at time.Duration, do func()) { s.At(at, 0, do) }

// What At was told to do comes before all that happens to processes at its time, in the order of the ids; of one id, in
// that of the calls; and what is told in one of them to be done at once, or at a time that has passed, still comes
// before.
func TestAtComesBeforeAllElseOfItsTime(t *testing.T) {
	s, d, one, _ := pair(steady())
	say := func(what string) func() { return func() { d.write("%s %s", s.Now(), what) } }
	s.Tell(3*ms, one.id, 1, nil)
	s.At(5*ms, 7, say("seven"))
	s.At(5*ms, 9, say("nine"))
	s.At(5*ms, 8, func() {
		say("eight")()
		s.At(5*ms, 7, say("seven again"))
		s.At(1*ms, 3, say("late"))
	})
	s.At(5*ms, 7, say("seven as well"))
	s.At(-5*ms, 1, say("before the beginning"))
	run(t, s)
	d.is(t, `0s before the beginning
		5ms seven
		5ms seven as well
		5ms eight
		5ms late
		5ms seven again
		5ms nine
		3ms..5ms node-1 receives 1 copy 0 from none
		5ms node-1 finishes
		5ms node-2 finishes`)
}

func TestAtDoesNotKeepARunFromFinishing(t *testing.T) {
	c := steady()
	finished := false
	c.Finished = func() bool { return finished }
	s, d, one, two := pair(c)
	one.start = func(p *probe) { p.send(1, two.id) }
	two.receive = func(p *probe, _ world.Envelope) {
		finished = true
		p.send(2, one.id)
	}
	at(s, 20*ms, func() { d.write("done while something is in flight") })
	at(s, 30*ms, func() { t.Error("done when the run was finished") })
	outcome := run(t, s)
	d.is(t, `10ms..12ms node-2 receives 1 copy 0 from node-1
		done while something is in flight
		22ms..24ms node-1 receives 2 copy 0 from node-2
		24ms node-1 finishes
		24ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 24 * ms, Finished: true, Deliveries: 2, Messages: 2})
}

func TestAtHappensInAnEmptyWorld(t *testing.T) {
	s := sim.New(sim.Config{MaxDuration: 4 * ms})
	done := 0
	at(s, 3*ms, func() { done++; s.Heal(0) })
	at(s, 5*ms, func() { done++ })
	outcomeIs(t, run(t, s), sim.Outcome{End: 4 * ms})
	if done != 1 {
		t.Errorf("%d things were done, want 1: the other was too late", done)
	}
}

// Node-2 is paused from 11ms, in its step for message 1, to 30ms. The step takes its last millisecond then; what came
// meanwhile follows in the order in which it came: the timer of 15ms, the message of 20ms, the word of 25ms.
func TestAPausedProcessDoesNothing(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.SetTimer(0, world.Timer{ID: 9}, 8*ms)
	}
	one.timeout = func(p *probe, _ world.Timer) { p.send(2, two.id) }
	two.start = func(p *probe) { p.SetTimer(0, world.Timer{ID: 3}, 15*ms) }
	at(s, 11*ms, func() { s.Pause(two.id) })
	at(s, 12*ms, func() { s.Pause(two.id) }) // it is paused already
	s.Tell(25*ms, two.id, 4, nil)
	at(s, 30*ms, func() { s.Heal(two.id) })
	at(s, 31*ms, func() { s.Heal(two.id) }) // it is not paused any more
	outcome := run(t, s)
	d.is(t, `8ms..10ms node-1 timer 9
		10ms..31ms node-2 receives 1 copy 0 from node-1
		31ms..33ms node-2 timer 3
		33ms..35ms node-2 receives 2 copy 0 from node-1
		35ms..37ms node-2 receives 4 copy 0 from none
		37ms node-1 finishes
		37ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 37 * ms, Deliveries: 5, Messages: 2})
}

// A run that is finished does not wait for a process that is paused, neither for its step nor for what came to it.
func TestARunDoesNotWaitForAPausedProcess(t *testing.T) {
	c := steady()
	_, d, one, two := pair(c)
	finished := false
	c.Finished = func() bool { return finished }
	s := sim.New(c)
	s.Add(one)
	s.Add(two)
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.SetTimer(0, world.Timer{ID: 9}, 8*ms)
	}
	one.timeout = func(p *probe, _ world.Timer) {
		p.send(2, two.id)
		finished = true
	}
	at(s, 11*ms, func() { s.Pause(two.id) })
	at(s, time.Second, func() { s.Heal(two.id) })
	outcome := run(t, s)
	d.is(t, `8ms..10ms node-1 timer 9
		20ms node-1 finishes
		20ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 20 * ms, Finished: true, Deliveries: 1, Messages: 2})
}

// Of a step that was killed or held up, nothing is left to wait for: neither at the end of the run nor beyond it.
func TestTheLastEventIsNoStepThatEndedOtherwise(t *testing.T) {
	for what, fault := range map[string]func(*sim.Sim, world.ProcessID){
		"killed":  (*sim.Sim).Crash,
		"held up": (*sim.Sim).Pause,
	} {
		c := steady()
		c.MaxDuration = 12*ms - 1
		s, _, one, two := pair(c)
		one.start = func(p *probe) { p.send(1, two.id) }
		at(s, 11*ms, func() { fault(s, two.id) })
		if outcome := run(t, s); outcome.End != 11*ms {
			t.Errorf("%s: the run ended at %s, want 11ms", what, outcome.End)
		}
	}
}

// A process that is paused in its handler does all of that step; one that is healed in it again goes on as if nothing
// had been.
func TestAPauseWithinAHandler(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) {
		for id := range world.CausalID(3) {
			p.send(id+1, two.id)
		}
	}
	two.receive = func(p *probe, e world.Envelope) {
		s.Pause(p.id)
		if e.ID != 2 {
			s.Heal(p.id)
		}
		d.write("fate %q", p.send(e.ID+10, one.id).Drop)
	}
	at(s, 20*ms, func() { s.Heal(two.id) })
	outcome := run(t, s)
	d.is(t, `10ms..12ms node-2 receives 1 copy 0 from node-1
		fate ""
		12ms..14ms node-2 receives 2 copy 0 from node-1
		fate ""
		20ms..22ms node-2 receives 3 copy 0 from node-1
		fate ""
		22ms..24ms node-1 receives 11 copy 0 from node-2
		24ms..26ms node-1 receives 12 copy 0 from node-2
		32ms..34ms node-1 receives 13 copy 0 from node-2
		34ms node-1 finishes
		34ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 34 * ms, Deliveries: 6, Messages: 6})
}

func TestNothingGoesWrongOnceTheRunIsOver(t *testing.T) {
	s, d, one, two := pair(steady())
	one.finish = func(*probe) { s.Crash(two.id) }
	outcomeIs(t, run(t, s), sim.Outcome{})
	s.Crash(one.id)
	s.Heal(0)
	d.is(t, `0s node-1 finishes
		0s node-2 finishes`)
}

func TestACrashEndsAPause(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(1, two.id) }
	at(s, 11*ms, func() { s.Pause(two.id) })
	crashAt(s, 13*ms, two.id)
	at(s, 14*ms, func() { s.Pause(two.id) }) // it is down, and cannot be
	at(s, 15*ms, func() { s.Heal(two.id) })  // nor does this start it
	restartAt(s, 20*ms, two.id)
	s.Tell(21*ms, two.id, 2, nil)
	outcome := run(t, s)
	d.is(t, `13ms node-2 crashes
		20ms node-2 restarts
		21ms..23ms node-2 receives 2 copy 0 from none
		23ms node-1 finishes
		23ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 23 * ms, Deliveries: 1, Messages: 1, Lost: 1})
}

// The step of 0ms began before; the last call holds, through a crash; a lost message takes longer as well.
func TestASlowProcess(t *testing.T) {
	c := steady()
	c.Drop = []world.CausalID{9}
	s, d, one, two := pair(c)
	for i := range 6 {
		s.Tell(time.Duration(i)*10*ms, one.id, world.CausalID(i+1), nil)
	}
	two.start = func(p *probe) { p.SetTimer(0, world.Timer{ID: 8}, 37*ms) }
	two.timeout = func(p *probe, _ world.Timer) { p.send(9, one.id) }
	at(s, 1*ms, func() { s.Slow(one.id, 1*ms) })
	at(s, 15*ms, func() { s.Slow(one.id, 3*ms) })
	crashAt(s, 26*ms, one.id)
	restartAt(s, 26*ms, one.id)
	at(s, 41*ms, func() { s.Slow(one.id, -1) })
	run(t, s)
	d.is(t, `0s..2ms node-1 receives 1 copy 0 from none
		10ms..13ms node-1 receives 2 copy 0 from none
		20ms..25ms node-1 receives 3 copy 0 from none
		26ms node-1 crashes
		26ms node-1 restarts
		30ms..35ms node-1 receives 4 copy 0 from none
		37ms..39ms node-2 timer 8
		40ms..45ms node-1 receives 5 copy 0 from none
		51ms..53ms node-1 receives 6 copy 0 from none
		53ms node-1 finishes
		53ms node-2 finishes`)
}

// All that lasts is undone; node-2 stays slow, and a heal of everybody heals it as well.
func TestHeal(t *testing.T) {
	s, d, one, two := pair(steady())
	both := []world.ProcessID{one.id, two.id}
	for _, p := range both {
		s.Slow(p, 5*ms)
		s.Pause(p)
		s.Rate(p, 2)
		s.LoseUnsynced(p, false, func() { t.Errorf("%s lost a write", p) })
	}
	s.Cut(both, both)
	at(s, 1*ms, func() { s.Heal(one.id) })
	at(s, 20*ms, func() { s.Heal(0) })
	sync := func(p *probe, e world.Envelope) {
		if e.From == 0 {
			p.SetTimer(0, world.Timer{ID: 9}, 10*ms)
			if err := p.Disk().Sync(); err != nil {
				t.Error(err)
			}
			p.send(e.ID+10, node(3-p.id.Number()))
		}
	}
	one.receive, two.receive = sync, sync
	s.Tell(0, one.id, 1, nil)
	s.Tell(0, two.id, 2, nil)
	run(t, s)
	d.is(t, `1ms..3ms node-1 receives 1 copy 0 from none
		13ms..15ms node-1 timer 9
		20ms..22ms node-2 receives 2 copy 0 from none
		22ms..24ms node-2 receives 11 copy 0 from node-1
		32ms..34ms node-1 receives 12 copy 0 from node-2
		32ms..34ms node-2 timer 9
		34ms node-1 finishes
		34ms node-2 finishes`)
}

// Before Run, faults wait for the processes, and come before all that these do. One that is down from the beginning is
// started and crashes, and nobody hears of it.
func TestFaultsFromTheBeginning(t *testing.T) {
	s, d := sim.New(steady()), &diary{}
	s.Crash(node(1))
	s.Crash(node(3))
	s.Restart(node(3))
	s.Cut([]world.ProcessID{node(2)}, []world.ProcessID{node(3)})
	for i := range uint32(3) {
		s.Add(&probe{id: node(3 - i), diary: d, start: func(p *probe) {
			d.write("%s starts: fate %q, timer %t", p.id, p.send(world.CausalID(3-i), node(3)).Drop,
				p.SetTimer(0, world.Timer{ID: 9}, 50*ms) != 0)
		}})
	}
	outcome := run(t, s)
	d.is(t, `node-3 starts: fate "fault", timer false
		0s node-3 crashes
		0s node-3 restarts
		node-2 starts: fate "fault", timer true
		node-1 starts: fate "fault", timer false
		0s node-1 crashes
		50ms..52ms node-2 timer 9
		52ms node-1 finishes
		52ms node-2 finishes
		52ms node-3 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 52 * ms, Deliveries: 1, Messages: 3, Lost: 3})
}

// After sees each event once: not a message that tells nothing, nor a fault that no process handles; and once more
// those that it caused itself. Finished is asked then.
func TestAfter(t *testing.T) {
	c := steady()
	c.Drop = []world.CausalID{2}
	s, d, one, two := pair(c)
	seen := 0
	c.After = func() {
		seen++
		d.write("%s after", s.Now())
		if seen == 1 {
			s.Crash(two.id)
			s.Crash(two.id)
			s.At(s.Now()+5*ms, 0, func() { s.Restart(two.id); s.Slow(two.id, ms) })
		}
	}
	c.Finished = func() bool { d.write("%s finished?", s.Now()); return false }
	s = sim.New(c)
	s.Add(one)
	s.Add(two)
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.send(2, two.id)
		p.send(3, two.id)
		p.SetTimer(0, world.Timer{ID: 4}, 20*ms)
	}
	outcome := run(t, s)
	d.is(t, `10ms..12ms node-2 receives 1 copy 0 from node-1
		12ms after
		12ms node-2 crashes
		12ms after
		12ms finished?
		17ms node-2 restarts
		17ms after
		17ms finished?
		20ms..22ms node-1 timer 4
		22ms after
		22ms finished?
		22ms node-1 finishes
		22ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 22 * ms, Deliveries: 2, Messages: 3, Lost: 2})
}

// A process that is paused, or crashes, because of what it handled does not begin with what waits for it.
func TestAfterComesBeforeWhatWaits(t *testing.T) {
	c := steady()
	s, d, one, two := pair(c)
	c.After = func() {
		if s.Now() == 12*ms {
			s.Pause(two.id)
		}
	}
	s = sim.New(c)
	s.Add(one)
	s.Add(two)
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.send(2, two.id)
	}
	at(s, 40*ms, func() { s.Heal(two.id) })
	run(t, s)
	d.is(t, `10ms..12ms node-2 receives 1 copy 0 from node-1
		40ms..42ms node-2 receives 2 copy 0 from node-1
		42ms node-1 finishes
		42ms node-2 finishes`)
}
