package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

func TestAHandlerRunsAtTheEndOfItsBusyTime(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(7, two.id) }
	two.receive = func(p *probe, _ world.Envelope) { p.send(8, one.id) }
	outcome := run(t, s)
	d.is(t, `10ms..12ms node-2 receives 7 copy 0 from node-1
		22ms..24ms node-1 receives 8 copy 0 from node-2
		24ms node-1 finishes
		24ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 24 * ms, Deliveries: 2, Messages: 2})
}

func TestAMailboxIsHandledInTheOrderOfArrival(t *testing.T) {
	c := steady()
	c.Delay = map[world.CausalID]time.Duration{1: 1 * ms}
	s, d, one, two := pair(c)
	one.start = func(p *probe) {
		p.send(1, two.id) // delayed: arrives last
		p.send(3, two.id)
		p.send(2, two.id)
	}
	two.start = func(p *probe) { p.SetTimer(0, world.Timer{ID: 9}, 9*ms) }
	run(t, s)
	d.is(t, `9ms..11ms node-2 timer 9
		11ms..13ms node-2 receives 2 copy 0 from node-1
		13ms..15ms node-2 receives 3 copy 0 from node-1
		15ms..17ms node-2 receives 1 copy 0 from node-1
		17ms node-1 finishes
		17ms node-2 finishes`)
}

func TestALinkIsNotFirstInFirstOut(t *testing.T) {
	c := steady()
	c.Delay = map[world.CausalID]time.Duration{1: 40 * ms}
	s, d, one, two := pair(c)
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.send(2, two.id)
	}
	run(t, s)
	d.is(t, `10ms..12ms node-2 receives 2 copy 0 from node-1
		50ms..52ms node-2 receives 1 copy 0 from node-1
		52ms node-1 finishes
		52ms node-2 finishes`)
}

func TestAWordFromOutsideTakesTheProcessItsTime(t *testing.T) {
	s, d, one, _ := pair(steady())
	s.Tell(3*ms, one.id, 5, "a word")
	s.Tell(4*ms, one.id, 6, "another")
	one.receive = func(_ *probe, e world.Envelope) {
		d.write("%v from %d, root %d", e.Payload, e.From, e.Root)
		if e.ID == 5 {
			s.Tell(9*ms, one.id, 7, "one more")
			s.Tell(1*ms, one.id, 4, "one that is late")
		}
	}
	outcome := run(t, s)
	d.is(t, `3ms..5ms node-1 receives 5 copy 0 from none
		a word from 0, root 5
		5ms..7ms node-1 receives 6 copy 0 from none
		another from 0, root 6
		7ms..9ms node-1 receives 4 copy 0 from none
		one that is late from 0, root 4
		9ms..11ms node-1 receives 7 copy 0 from none
		one more from 0, root 7
		11ms node-1 finishes
		11ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 11 * ms, Deliveries: 4})
}

// What takes place at one time does so in the order of process, kind, id and copy, in whichever order it was scheduled.
func TestTies(t *testing.T) {
	want := `0s node-1 restarts
		0s node-3 crashes
		0s node-3 restarts
		10ms..10ms node-1 receives 21 copy 0 from none
		10ms..10ms node-1 receives 22 copy 0 from none
		10ms..10ms node-1 receives 11 copy 0 from node-3
		10ms..10ms node-1 receives 11 copy 1 from node-3
		10ms..10ms node-1 receives 12 copy 0 from node-3
		10ms..10ms node-1 timer 5
		10ms..10ms node-1 timer 6
		10ms..10ms node-1 timer 4
		10ms..10ms node-2 receives 3 copy 0 from node-3
		10ms node-1 finishes
		10ms node-2 finishes
		10ms node-3 finishes`
	for _, backwards := range []bool{false, true} {
		d := &diary{}
		s := sim.New(sim.Config{Latency: world.Range{Min: 10 * ms}, Duplicated: []world.CausalID{11}})
		inOrder(backwards,
			func() { s.Add(&probe{id: node(1), diary: d, restart: setTies(backwards)}) },
			func() { s.Add(&probe{id: node(2), diary: d}) },
			func() {
				s.Add(&probe{id: node(3), diary: d, restart: func(p *probe) {
					inOrder(backwards,
						func() { p.send(12, node(1)) },
						func() { p.send(11, node(1)) },
						func() { p.send(3, node(2)) })
				}})
			},
			func() { s.Tell(10*ms, node(1), 22, nil) },
			func() { s.Tell(10*ms, node(1), 21, nil) },
			func() { s.At(0, 4, func() { s.Restart(node(3)) }) },
			func() { s.At(0, 3, func() { s.Crash(node(3)) }) },
			func() {
				// Of one id, so in this order: a restart of node-1 that is not down would do nothing.
				s.At(0, 2, func() { s.Crash(node(1)) })
				s.At(0, 2, func() { s.Restart(node(1)) })
			})
		run(t, s)
		d.lines = d.lines[1:]
		d.is(t, want)
	}
}

func setTies(backwards bool) func(*probe) {
	return func(p *probe) {
		inOrder(backwards,
			func() { p.SetTimer(0, world.Timer{Kind: 2, ID: 4}, 10*ms) },
			func() { p.SetTimer(0, world.Timer{Kind: 1, ID: 6}, 10*ms) },
			func() { p.SetTimer(0, world.Timer{Kind: 1, ID: 5}, 10*ms) })
	}
}

func inOrder(backwards bool, acts ...func()) {
	for i := range acts {
		if backwards {
			i = len(acts) - 1 - i
		}
		acts[i]()
	}
}

func TestStartIsCalledInTheOrderOfAdd(t *testing.T) {
	d := &diary{}
	s := sim.New(steady())
	ids := []world.ProcessID{world.NewProcessID(world.ClientGroup, 1), node(10), node(2)}
	for _, id := range ids {
		s.Add(&probe{id: id, diary: d, start: func(p *probe) { d.write("%s starts at %s", p.id, p.Now()) }})
	}
	run(t, s)
	d.is(t, `client-1 starts at 0s
		node-10 starts at 0s
		node-2 starts at 0s
		0s node-2 finishes
		0s node-10 finishes
		0s client-1 finishes`)
}

func TestAProcessSpeaksForItself(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.Send(world.Envelope{ID: 1, From: node(9), To: two.id, Copy: 3}) }
	run(t, s)
	d.is(t, `10ms..12ms node-2 receives 1 copy 0 from node-1
		12ms node-1 finishes
		12ms node-2 finishes`)
}

// A process numbers its steps over its lives. A message that is lost takes the number of the step in
// which it tells nothing, so that all others keep theirs.
func TestAProcessNumbersItsSteps(t *testing.T) {
	c := steady()
	c.Drop = []world.CausalID{2}
	s, d, one, two := pair(c)
	number := func(what string) { d.write("%s is step %d", what, two.Step()) }
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.send(2, two.id)
		p.send(3, two.id)
	}
	two.start = func(*probe) { number("the start") }
	two.receive = func(p *probe, e world.Envelope) {
		number("message " + e.ID.String()[15:])
		if e.ID == 3 {
			p.SetTimer(0, world.Timer{ID: 9}, 1*ms)
		}
	}
	two.timeout = func(*probe, world.Timer) { number("the timer") }
	two.restart = func(*probe) { number("the restart") }
	two.finish = func(*probe) { number("the end") }
	crashAt(s, 20*ms, two.id)
	restartAt(s, 30*ms, two.id)
	s.Tell(40*ms, two.id, 4, nil)
	run(t, s)
	d.lines = slices.DeleteFunc(d.lines, func(line string) bool { return !strings.Contains(line, " is step ") })
	d.is(t, `the start is step 1
		message 1 is step 2
		message 3 is step 4
		the timer is step 5
		the restart is step 7
		message 4 is step 8
		the end is step 9`)
}
