package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// talkative is a process that sends everybody a message each 100ms: in round r, node-i's to node-j is 100r+10i+j.
type talkative struct {
	probe
	of    uint32
	round uint32
}

func (p *talkative) Start(w world.World) {
	p.World = w
	p.Timeout(world.Timer{})
}

func (p *talkative) Timeout(world.Timer) {
	for to := range p.of {
		if to++; to != p.id.Number() {
			p.send(world.CausalID(100*p.round+10*p.id.Number()+to), node(to))
		}
	}
	if p.round++; p.round < 6 {
		p.SetTimer(0, world.Timer{ID: 1}, 100*ms)
	}
}

func (p *talkative) Receive(e world.Envelope) { p.diary.write("%03d", e.ID) }

// heard is what of each round arrives.
func heard(t *testing.T, of uint32, faults func(*sim.Sim)) []string {
	t.Helper()
	c := steady()
	c.StepTime = world.Range{}
	s, d := sim.New(c), &diary{}
	for i := range of {
		s.Add(&talkative{probe: probe{id: node(i + 1), diary: d}, of: of})
	}
	faults(s)
	run(t, s)
	rounds := make([]string, 6)
	slices.Sort(d.lines)
	for _, line := range d.lines {
		if len(line) == 3 {
			rounds[line[0]-'0'] += " " + line[1:]
		}
	}
	return rounds
}

// Node-1 is cut off from node-2 one way, and then, by a second cut, from both; to heal node-3 leaves it cut off from
// node-2. Then nobody is heard by node-1, until node-2 is healed, and by that alone. What is sent before a cut arrives
// after it.
func TestCut(t *testing.T) {
	one, two, three := []world.ProcessID{node(1)}, []world.ProcessID{node(2)}, []world.ProcessID{node(3)}
	got := heard(t, 3, func(s *sim.Sim) {
		at(s, 1*ms, func() { s.Cut(one, two) })
		at(s, 150*ms, func() { s.Cut(one, append(two, three...)) })
		at(s, 250*ms, func() { s.Heal(node(3)) })
		at(s, 350*ms, func() { s.Cut(append(two, three...), one) })
		at(s, 450*ms, func() { s.Heal(node(2)) })
	})
	for round, want := range []string{
		" 12 13 21 23 31 32", " 13 21 23 31 32", " 21 23 31 32", " 13 21 23 31 32", " 13 23 32", " 12 13 21 23 32",
	} {
		if got[round] != want {
			t.Errorf("in round %d there arrived%s, want%s", round, got[round], want)
		}
	}
}

// What is lost to a cut is told so, takes its receiver's time, and has no second copy, not even one that was asked for:
// nothing crosses. What was asked to be dropped is told so nevertheless.
func TestTheFateOfWhatACutLoses(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*sim.Config)
		want   world.Fate
	}{
		{"nothing", func(*sim.Config) {}, world.Fate{Drop: world.CauseFault}},
		{"a network that loses everything", func(c *sim.Config) { c.Loss = 1 }, world.Fate{Drop: world.CauseFault}},
		{"a network that doubles everything", func(c *sim.Config) { c.Duplicate = 1 }, world.Fate{Drop: world.CauseFault}},
		{"a second copy", func(c *sim.Config) { c.Duplicated = []world.CausalID{1} }, world.Fate{Drop: world.CauseFault}},
		{
			"a delay", func(c *sim.Config) { c.Delay = map[world.CausalID]time.Duration{1: ms} },
			world.Fate{Drop: world.CauseFault},
		},
		{"a loss", func(c *sim.Config) { c.Drop = []world.CausalID{1} }, world.Fate{Drop: world.CauseCounterfactual}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := steady()
			test.change(&c)
			s, d, one, two := pair(c)
			s.Cut([]world.ProcessID{one.id}, []world.ProcessID{two.id})
			one.start = func(p *probe) {
				if fate := p.send(1, two.id); fate != test.want {
					t.Errorf("fate %+v, want %+v", fate, test.want)
				}
			}
			s.Tell(11*ms, two.id, 2, nil)
			outcome := run(t, s)
			d.is(t, `12ms..14ms node-2 receives 2 copy 0 from none
				14ms node-1 finishes
				14ms node-2 finishes`)
			outcomeIs(t, outcome, sim.Outcome{End: 14 * ms, Deliveries: 1, Messages: 1, Lost: 1})
		})
	}
}

// A link has its own rates in place of the config's, in its own direction, and messages have the chance that they have
// anyway.
func TestLinks(t *testing.T) {
	c := steady()
	c.StepTime = world.Range{}
	c.Loss = 1
	c.Links = []sim.Link{
		{From: node(1), To: node(2), Latency: world.Range{Min: 3 * ms, Max: 3 * ms}, HasLatency: true},
		{From: node(2), To: node(1), Duplicate: 1},
		{From: node(2), To: node(3), Loss: 1, HasLatency: true},
	}
	s, d := sim.New(c), &diary{}
	for i := range uint32(3) {
		s.Add(&talkative{probe: probe{id: node(i + 1), diary: d}, of: 3, round: 5})
	}
	s.Add(&probe{id: node(4), diary: d})
	at(s, 5*ms, func() { d.write("5ms") })
	outcome := run(t, s)
	d.is(t, `512
		5ms
		521
		521
		10ms node-1 finishes
		10ms node-2 finishes
		10ms node-3 finishes
		10ms node-4 finishes`)
	if outcome.Messages != 6 || outcome.Lost != 4 || outcome.Duplicated != 1 {
		t.Errorf("outcome %+v, want 6 messages, 4 of them lost, and 1 second copy", outcome)
	}
}

func TestALinkDrawsWhatItWouldDrawAnyway(t *testing.T) {
	fates := func(c sim.Config) string {
		c.Latency, c.MaxDuration = world.Range{Min: ms, Max: 9 * ms}, time.Second
		s, d, one, two := pair(c)
		var all []world.Fate
		one.start = func(p *probe) {
			for i := range 200 {
				all = append(all, p.send(world.CausalID(i+1), two.id))
			}
		}
		run(t, s)
		return fmt.Sprint(all, d.lines)
	}
	c := steady()
	c.Loss, c.Duplicate = 0.3, 0.3
	want := fates(c)
	c.Loss, c.Duplicate = 0, 0.9
	c.Links = []sim.Link{{From: node(1), To: node(2), Loss: 0.3, Duplicate: 0.3}}
	if got := fates(c); got != want {
		t.Errorf("a link with the rates of the network treats messages otherwise than the network:\nwant %s\ngot  %s", want,
			got)
	}
}

// Sent is told of every message as it was sent, and of what is done to it; not of what nobody sent, who is down or when
// the run is over.
func TestSent(t *testing.T) {
	c := steady()
	c.Drop, c.Duplicated = []world.CausalID{2, 3}, []world.CausalID{3, 4}
	c.Delay = map[world.CausalID]time.Duration{5: 7 * ms}
	s, d, one, two := pair(c)
	c.Sent = func(e *world.Envelope, fate world.Fate) {
		d.write("%s message %d copy %d from %s to %s, payload %v; drop %s, delay %s %s, duplicate %s",
			s.Now(), e.ID, e.Copy, e.From, e.To, e.Payload, fate.Drop, fate.Delay, fate.DelayBy, fate.Duplicate)
	}
	s = sim.New(c)
	s.Add(one)
	s.Add(two)
	s.Cut([]world.ProcessID{two.id}, []world.ProcessID{one.id})
	one.start = func(p *probe) {
		for id := range world.CausalID(5) {
			p.Send(world.Envelope{ID: id + 1, To: two.id, Payload: 100 + int(id)})
		}
	}
	two.start = func(p *probe) { p.send(6, one.id) }
	one.finish = func(p *probe) { p.send(2, two.id) }
	at(s, 1*ms, func() { s.Crash(two.id) })
	run(t, s)
	d.is(t, `0s message 1 copy 0 from node-1 to node-2, payload 100; drop , delay  0s, duplicate
		0s message 2 copy 0 from node-1 to node-2, payload 101; drop counterfactual, delay  0s, duplicate
		0s message 3 copy 0 from node-1 to node-2, payload 102; drop counterfactual, delay  0s, duplicate counterfactual
		0s message 4 copy 0 from node-1 to node-2, payload 103; drop , delay  0s, duplicate counterfactual
		0s message 5 copy 0 from node-1 to node-2, payload 104; drop , delay counterfactual 7ms, duplicate
		0s message 6 copy 0 from node-2 to node-1, payload <nil>; drop fault, delay  0s, duplicate
		1ms node-2 crashes
		17ms node-1 finishes
		17ms node-2 finishes`)
}

// A sender that is killed because of what became of its message says no more in that step. Its Crash is called when the
// handler returned, its Restart after that; and the message is on its way.
func TestAFaultWithinAHandler(t *testing.T) {
	c := steady()
	c.Duplicate = 1
	s, d, one, two := pair(c)
	c.Sent = func(e *world.Envelope, _ world.Fate) {
		if e.ID == 2 {
			s.Crash(two.id)
			s.Restart(two.id)
			s.Cut([]world.ProcessID{two.id}, []world.ProcessID{one.id})
		}
	}
	c.Links = []sim.Link{{From: one.id, To: two.id}}
	s = sim.New(c)
	s.Add(one)
	s.Add(two)
	one.start = func(p *probe) { p.send(1, two.id) }
	two.receive = func(p *probe, _ world.Envelope) {
		p.send(2, one.id)
		d.write("fate %q, timer %d, disk %v", p.send(3, one.id).Drop, p.SetTimer(0, world.Timer{ID: 4}, ms),
			p.Disk().Append(nil))
	}
	two.restart = func(p *probe) { d.write("fate %q", p.send(5, one.id).Drop) }
	outcome := run(t, s)
	d.is(t, `10ms..12ms node-2 receives 1 copy 0 from node-1
		fate "fault", timer 0, disk sim: the process crashed
		12ms node-2 crashes
		12ms node-2 restarts
		fate "fault"
		22ms..24ms node-1 receives 2 copy 0 from node-2
		24ms..26ms node-1 receives 2 copy 1 from node-2
		28ms node-1 finishes
		28ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 28 * ms, Deliveries: 3, Messages: 4, Duplicated: 1, Lost: 2})
}

// Of each copy of a message it is told once what became of it: that it was handled, or that it was lost on arrival, in
// the mailbox, in the step that a crash killed, or by a process that crashed as it handled it. Nothing is told of what
// the network lost.
func TestHandledAndLost(t *testing.T) {
	c := steady()
	c.Drop, c.Duplicated = []world.CausalID{1}, []world.CausalID{2}
	d := &diary{}
	var s *sim.Sim
	c.Handled = func(e *world.Envelope) { d.write("%s %d copy %d handled by %s", s.Now(), e.ID, e.Copy, e.To) }
	c.Lost = func(e *world.Envelope) { d.write("%s %d copy %d lost by %s", s.Now(), e.ID, e.Copy, e.To) }
	s = sim.New(c)
	one, two := &probe{id: node(1), diary: &diary{}}, &probe{id: node(2), diary: &diary{}}
	s.Add(one)
	s.Add(two)
	one.start = func(p *probe) {
		for id := range world.CausalID(4) {
			p.send(id+1, two.id)
		}
	}
	one.receive = func(p *probe, _ world.Envelope) { p.send(5, two.id) }
	two.receive = func(p *probe, e world.Envelope) {
		if e.ID == 6 {
			_ = p.Disk().Append([]byte("x"))
			_ = p.Disk().Sync()
		}
	}
	crashAt(s, 17*ms, two.id) // 1 is nothing, the copies of 2 are handled, 3 is lost in the step, and 4 in the mailbox
	s.Tell(18*ms, one.id, 9, nil)
	restartAt(s, 40*ms, two.id) // 5 arrives at 30 ms
	s.LoseUnsynced(two.id, false, nil)
	at(s, 41*ms, func() { s.Tell(41*ms, two.id, 6, nil) })
	run(t, s)
	d.is(t, `14ms 2 copy 0 handled by node-2
		16ms 2 copy 1 handled by node-2
		17ms 3 copy 0 lost by node-2
		17ms 4 copy 0 lost by node-2
		20ms 9 copy 0 handled by node-1
		30ms 5 copy 0 lost by node-2
		43ms 6 copy 0 lost by node-2`)
}
