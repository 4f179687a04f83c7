package sim_test

import (
	"math"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// clocked is a world with one probe that sets timers of these times, numbered from 1.
func clocked(timers ...time.Duration) (*sim.Sim, *diary, *probe) {
	c := steady()
	c.StepTime, c.MaxDuration = world.Range{}, time.Hour
	s, d := sim.New(c), &diary{}
	p := &probe{id: node(1), diary: d, start: func(p *probe) {
		for i, after := range timers {
			p.SetTimer(0, world.Timer{ID: world.CausalID(i + 1)}, after)
		}
	}}
	s.Add(p)
	return s, d, p
}

// What would have run out before now runs out now, in the order that timers of one time have. A timer that is set later
// is none of the jump's business.
func TestAClockThatJumpsAhead(t *testing.T) {
	s, d, p := clocked(5*ms, 30*ms, 20*ms, 10*ms)
	at(s, 8*ms, func() { s.Skew(p.id, 15*ms) })
	s.Tell(9*ms, p.id, 7, nil)
	p.receive = func(p *probe, _ world.Envelope) { p.SetTimer(0, world.Timer{ID: 8}, 3*ms) }
	run(t, s)
	d.is(t, `5ms..5ms node-1 timer 1
		8ms..8ms node-1 timer 3
		8ms..8ms node-1 timer 4
		9ms..9ms node-1 receives 7 copy 0 from none
		12ms..12ms node-1 timer 8
		15ms..15ms node-1 timer 2
		15ms node-1 finishes`)
}

func TestAClockThatJumpsBack(t *testing.T) {
	s, d, p := clocked(5*ms, 30*ms, math.MaxInt64)
	at(s, 4*ms, func() { s.Skew(p.id, -10*ms) })
	at(s, 20*ms, func() { s.Skew(p.id, math.MaxInt64) })
	at(s, 30*ms, func() { s.Skew(p.id, math.MinInt64) })
	p.timeout = func(p *probe, timer world.Timer) {
		if timer.ID == 2 {
			p.SetTimer(0, world.Timer{ID: 9}, 50*ms)
		}
	}
	run(t, s)
	d.is(t, `15ms..15ms node-1 timer 1
		20ms..20ms node-1 timer 2
		20ms..20ms node-1 timer 3
		1h0m0s node-1 finishes`)
}

// At twice the rate, what was left of a timer at 10ms takes half as long, and so does what is set then; a jump is as
// far as the process's clock says. At 30ms the clock runs at half the rate: a quarter of that. A restart does not mend
// it.
func TestAClockThatRunsFastOrSlow(t *testing.T) {
	s, d, p := clocked(10*ms, 20*ms, 90*ms)
	at(s, 10*ms, func() { s.Rate(p.id, 2) })
	at(s, 20*ms, func() { s.Skew(p.id, 10*ms) })
	at(s, 30*ms, func() { s.Rate(p.id, 0.5) })
	p.timeout = func(p *probe, timer world.Timer) {
		if timer.ID == 2 {
			p.SetTimer(0, world.Timer{ID: 4}, 15*ms)
		}
	}
	p.restart = func(p *probe) { p.SetTimer(0, world.Timer{ID: 5}, 4*ms) }
	crashAt(s, 100*ms, p.id)
	restartAt(s, 100*ms, p.id)
	at(s, 104*ms, func() { s.Heal(p.id) })
	run(t, s)
	// Timer 3 has 80ms of its time left at 10ms, 60 at 20ms, 50 after the jump, 30 at 30ms: 60ms of the world's.
	d.is(t, `10ms..10ms node-1 timer 1
		15ms..15ms node-1 timer 2
		20ms..20ms node-1 timer 4
		90ms..90ms node-1 timer 3
		100ms node-1 crashes
		100ms node-1 restarts
		106ms..106ms node-1 timer 5
		106ms node-1 finishes`)
}

// However far a clock jumps, and whatever its rate.
func TestAClockThatJumpsAsFarAsItCan(t *testing.T) {
	for _, rate := range []float64{1e-6, 0.5, 1, 2, 1e6} {
		s, d, p := clocked(5*ms, 30*ms)
		s.Rate(p.id, rate)
		at(s, 1, func() { s.Skew(p.id, math.MinInt64) })
		at(s, 1*ms, func() { s.Rate(p.id, 1) })
		at(s, 2*ms, func() { d.write("%s", s.Now()); s.Skew(p.id, math.MaxInt64) })
		run(t, s)
		d.is(t, `2ms
			2ms..2ms node-1 timer 1
			2ms..2ms node-1 timer 2
			2ms node-1 finishes`)
	}
}

// Rates are rounded to a millionth, and times down to a nanosecond; nothing overflows.
func TestRatesAreWholeNumbers(t *testing.T) {
	for _, test := range []struct {
		rate        float64
		after, want time.Duration
	}{
		{1, 123456789, 123456789},
		{3, 100, 33},
		{0.3, 100, 333},
		{1.0000004, 1e9, 1e9},
		{1.0000006, 1e9, 999999000},
		{1e6, time.Hour, 3600000},
		{1e-6, 3600000, time.Hour},
		{1e-6, math.MaxInt64, time.Hour}, // the run is over by then
		{1e-6, 1 << 62, time.Hour},       // of whose product with a million the lower 64 bits are 0
		{0.5, math.MaxInt64, time.Hour},
	} {
		s, _, p := clocked(test.after)
		s.Rate(p.id, test.rate)
		if outcome := run(t, s); outcome.End != test.want {
			t.Errorf("at the rate %v, a timer of %s ran out at %s, want %s", test.rate, test.after, outcome.End, test.want)
		}
	}
}
