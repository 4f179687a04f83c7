package sim_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Node-1 receives 1 until 12ms, and the run is finished. Then its timers run out no more: neither that of 11ms, which
// waits in its mailbox, nor that of 40ms. It handles the message that waits. Node-2 is busy with a timer, and its step
// goes on; what it sends is handled too, but sets no timer any more.
func TestOnceFinishedWhatIsInFlightIsHandled(t *testing.T) {
	c := steady()
	finished, asked := false, 0
	c.Finished = func() bool { asked++; return finished }
	s, d, one, two := pair(c)
	one.start = func(p *probe) {
		p.SetTimer(0, world.Timer{ID: 11}, 11*ms)
		p.SetTimer(0, world.Timer{ID: 12}, 40*ms)
	}
	one.receive = func(p *probe, _ world.Envelope) {
		finished = true
		d.write("set no timer: %t", p.SetTimer(0, world.Timer{ID: 13}, 1*ms) == 0)
	}
	two.start = func(p *probe) {
		p.send(1, one.id)
		p.send(2, one.id)
		p.SetTimer(0, world.Timer{ID: 21}, 11*ms)
		p.SetTimer(0, world.Timer{ID: 22}, 12*ms) // waits in the mailbox
	}
	two.timeout = func(p *probe, _ world.Timer) { p.send(3, one.id) }
	one.finish = func(p *probe) {
		d.write("too late: %q, timer %d", p.send(4, two.id).Drop, p.SetTimer(0, world.Timer{ID: 14}, 1*ms))
	}
	// Nothing waits for what comes from outside, later.
	crashAt(s, time.Second, one.id)
	s.Tell(time.Second, one.id, 5, nil)
	outcome := run(t, s)
	d.is(t, `10ms..12ms node-1 receives 1 copy 0 from node-2
		set no timer: false
		11ms..13ms node-2 timer 21
		12ms..14ms node-1 receives 2 copy 0 from node-2
		set no timer: true
		23ms..25ms node-1 receives 3 copy 0 from node-2
		set no timer: true
		25ms node-1 finishes
		too late: "fault", timer 0
		25ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 25 * ms, Finished: true, Deliveries: 4, Messages: 4, Lost: 1})
	if asked != 1 {
		t.Errorf("Finished was asked %d times, want 1: after the first event, and not again once it was true", asked)
	}
}

func TestACrashCanFinishARun(t *testing.T) {
	c := steady()
	down := false
	c.Finished = func() bool { return down }
	s, d, one, _ := pair(c)
	one.start = func(p *probe) { p.SetTimer(0, world.Timer{ID: 1}, time.Second) }
	s.Add(&switching{probe: probe{id: node(3), diary: d}, down: &down})
	crashAt(s, 5*ms, node(3))
	outcome := run(t, s)
	outcomeIs(t, outcome, sim.Outcome{End: 5 * ms, Finished: true})
}

func TestFinishedIsAskedOnlyAfterWhatAProcessHandled(t *testing.T) {
	c := steady()
	asked := 0
	c.Finished = func() bool { asked++; return false }
	s, _, one, _ := pair(c)
	crashAt(s, 1*ms, one.id)
	s.At(2*ms, 0, func() { s.Slow(one.id, ms) })
	restartAt(s, 3*ms, one.id)
	s.At(4*ms, 0, func() { s.Heal(0) })
	run(t, s)
	if asked != 2 {
		t.Errorf("Finished was asked %d times, want 2: after the crash and the restart", asked)
	}
}

type switching struct {
	probe
	down *bool
}

func (p *switching) Crash() { *p.down = true }

func TestARunEndsAtMaxDuration(t *testing.T) {
	for _, test := range []struct {
		name     string
		limit    time.Duration
		finished bool
		want     string
	}{
		{"what takes place then is handled", 12 * ms, false, `10ms..12ms node-2 receives 1 copy 0 from node-1
			12ms node-1 finishes
			12ms node-2 finishes`},
		{"a step that ends later is not", 12*ms - 1, false, `11.999999ms node-1 finishes
			11.999999ms node-2 finishes`},
		{"nor is what is in flight when the run is finished", 15 * ms, true, `10ms..12ms node-2 receives 1 copy 0 from node-1
			15ms node-1 finishes
			15ms node-2 finishes`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := steady()
			c.MaxDuration = test.limit
			c.Finished = func() bool { return test.finished }
			s, d, one, two := pair(c)
			one.start = func(p *probe) { p.send(1, two.id) }
			two.receive = func(p *probe, e world.Envelope) { p.send(e.ID+1, one.id) }
			one.receive = func(p *probe, e world.Envelope) { p.send(e.ID+1, two.id) }
			one.finish = func(p *probe) {
				if h := p.SetTimer(0, world.Timer{ID: 9}, ms); h != 0 {
					t.Errorf("a timer was set when the run was over: %d", h)
				}
			}
			outcome := run(t, s)
			d.is(t, test.want)
			if outcome.Finished || outcome.End != test.limit {
				t.Errorf("finished %t at %s, want false at %s", outcome.Finished, outcome.End, test.limit)
			}
		})
	}
}

func TestARunEndsWhenNothingIsLeft(t *testing.T) {
	c := steady()
	c.MaxDuration = time.Hour
	c.Finished = func() bool { return false }
	s, _, one, two := pair(c)
	one.start = func(p *probe) { p.send(1, two.id) }
	outcomeIs(t, run(t, s), sim.Outcome{End: 12 * ms, Deliveries: 1, Messages: 1})
}

func TestARunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, d, one, _ := pair(steady())
	fired := 0
	one.start = func(p *probe) { p.SetTimer(0, world.Timer{ID: 1}, 1*ms) }
	one.timeout = func(p *probe, timer world.Timer) {
		d.lines = nil
		if fired++; fired == 100 {
			cancel()
		}
		p.SetTimer(0, timer, 1*ms)
	}
	if _, err := s.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if fired > 10_000 {
		t.Errorf("the run went on for %d events", fired-100)
	}
}

func TestAWorldThatIsSetUpWrongly(t *testing.T) {
	c := steady()
	c.Links = []sim.Link{
		{From: node(1), To: node(2)},
		{From: node(2), To: node(1)},
		{From: node(1), To: node(2)},
		{From: node(4), To: node(1)},
	}
	s, d, one, two := pair(c)
	s.Add(&probe{id: node(1), diary: d})
	s.Add(&probe{id: node(1 << 30), diary: d})
	s.Tell(5*ms, node(9), 1, nil)
	s.Crash(node(7))
	s.Restart(world.NewProcessID(world.ClientGroup, 8))
	s.Cut([]world.ProcessID{one.id, node(5)}, []world.ProcessID{two.id})
	s.Heal(node(6))
	for _, rate := range []float64{0, -1, 4e-7, 2e6, math.Inf(1), math.NaN()} {
		s.Rate(one.id, rate)
	}
	_, err := s.Run(t.Context())
	want := `sim: the link from node-1 to node-2 is there twice
		sim: there are two processes node-1
		sim: process 0x140000000: a number must be below 1048576
		sim: the clock of node-1 cannot run at the rate 0
		sim: the clock of node-1 cannot run at the rate -1
		sim: the clock of node-1 cannot run at the rate 4e-07
		sim: the clock of node-1 cannot run at the rate 2e+06
		sim: the clock of node-1 cannot run at the rate +Inf
		sim: the clock of node-1 cannot run at the rate NaN
		sim: there is no process node-9 to do anything to at 5ms
		sim: the link from node-4 to node-1: there is no process node-4
		sim: there is no process node-7 to do anything to at 0s
		sim: there is no process client-8 to do anything to at 0s
		sim: there is no process node-5 to do anything to at 0s
		sim: there is no process node-6 to do anything to at 0s`
	if err == nil {
		t.Fatal("no error")
	}
	(&diary{lines(err.Error())}).is(t, want)
	if d.lines != nil {
		t.Errorf("something happened nevertheless: %q", d.lines)
	}
}

func TestAFaultOfNobodyEndsTheRun(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(1, two.id) }
	crashAt(s, 3*ms, node(7))
	_, err := s.Run(t.Context())
	if want := "sim: there is no process node-7 to do anything to at 3ms"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if d.lines != nil {
		t.Errorf("something happened nevertheless: %q", d.lines)
	}
}

func TestAWorldRunsOnce(t *testing.T) {
	s, _, _, _ := pair(steady())
	run(t, s)
	if _, err := s.Run(t.Context()); err == nil {
		t.Error("a second run gave no error")
	}
}

func TestAnEmptyWorld(t *testing.T) {
	outcomeIs(t, run(t, sim.New(sim.Config{})), sim.Outcome{})
}
