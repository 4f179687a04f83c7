package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

const us = time.Microsecond

// stepOf is a world in which node-2 takes a while, from 10.0003 ms on, for a message, and does something then.
func stepOf(t *testing.T, takes time.Duration, do func(p *probe)) {
	t.Helper()
	c := steady()
	c.Latency = world.Range{Min: 10*ms + 300, Max: 10*ms + 300}
	c.StepTime = world.Range{Min: takes, Max: takes}
	s, _, one, two := pair(c)
	one.start = func(p *probe) { p.send(1, two.id) }
	two.receive = func(p *probe, _ world.Envelope) { do(p) }
	run(t, s)
}

// What a step begins with has its beginning, and what it does besides has whole microseconds near its end, one after
// the other.
func TestMomentsOfAStep(t *testing.T) {
	for _, test := range []struct{ takes, near time.Duration }{
		{100 * us, 10*ms + 51*us},        // the second half
		{3 * ms, 10*ms + 2900*us + 1*us}, // the last 100 µs
		{99*us + 500, 10*ms + 51*us},     // rounded up
	} {
		stepOf(t, test.takes, func(p *probe) {
			for i, moment := range []struct {
				what      string
				got, want time.Duration
			}{
				{"what arrived begins", p.BeginsAt(), 10*ms + us},
				{"an event in it", p.HappensAt(), test.near},
				{"what arrived ends", p.EndsAt(), test.near},
				{"the second begins", p.BeginsAt(), test.near},
				{"an event in the second", p.HappensAt(), test.near},
				{"the third begins", p.BeginsAt(), test.near + us},
				{"the third ends", p.EndsAt(), test.near + 2*us},
				{"the second ends", p.EndsAt(), test.near + 2*us},
				{"the fourth begins", p.BeginsAt(), test.near + 2*us},
			} {
				if moment.got != moment.want {
					t.Errorf("a step of %s, %d: %s at %s, want %s", test.takes, i, moment.what, moment.got, moment.want)
				}
			}
		})
	}
}

// What ends first in a step ends near its end, too: it began in another one.
func TestMomentsOfWhatAnEarlierStepBegan(t *testing.T) {
	stepOf(t, 100*us, func(p *probe) {
		if got, want := p.EndsAt(), 10*ms+51*us; got != want {
			t.Errorf("it ends at %s, want %s", got, want)
		}
		if got, want := p.BeginsAt(), 10*ms+51*us; got != want {
			t.Errorf("what comes of it begins at %s, want %s", got, want)
		}
	})
}

// A step that has no microsecond left goes on in nanoseconds, and never beyond its end.
func TestMomentsOfACrowdedStep(t *testing.T) {
	for _, takes := range []time.Duration{0, 1, 900, 3 * us, 50 * us} {
		stepOf(t, takes, func(p *probe) {
			last := 10*ms + 300 - time.Duration(1)
			for i := range 400 {
				begins := p.BeginsAt()
				ends := p.EndsAt()
				if begins < last || ends < begins || ends > p.Now() {
					t.Fatalf("a step of %s that ends at %s: thing %d begins at %s after %s and ends at %s", takes, p.Now(), i, begins,
						last, ends)
				}
				if room := takes >= 3*us && i < int(takes/us)/2-1; room && ends-begins < us {
					t.Errorf("a step of %s: thing %d has %s, and there was room for a microsecond", takes, i, ends-begins)
				}
				last = ends
			}
		})
	}
}

// What a process does in no time, and what is done to the world, has the microseconds after it; the next step begins
// after them.
func TestMomentsOutsideOfSteps(t *testing.T) {
	s, d, one, _ := pair(steady())
	tell := func(begins, ends time.Duration) { d.write("%s..%s", begins, ends) }
	one.start = func(p *probe) {
		tell(p.BeginsAt(), p.EndsAt())
		tell(p.BeginsAt(), p.EndsAt())
	}
	one.receive = func(p *probe, _ world.Envelope) { tell(p.BeginsAt(), p.EndsAt()) }
	one.finish = func(p *probe) { tell(p.EndsAt(), p.BeginsAt()) }
	s.Tell(0, one.id, 1, nil)
	at(s, 5*ms, func() {
		tell(s.BeginsAt(), s.EndsAt())
		tell(s.BeginsAt(), s.EndsAt())
	})
	tell(s.BeginsAt(), s.EndsAt())
	run(t, s)
	d.is(t, `0s..1µs
		0s..1µs
		1µs..2µs
		0s..2ms node-1 receives 1 copy 0 from none
		2µs..1.9ms
		5ms..5.001ms
		5.001ms..5.002ms
		5ms node-1 finishes
		5.001ms..5.001ms
		5ms node-2 finishes`)
}

// Whoever asks for moments, or not, the run is the same: and what is drawn of a message does not depend on the place of
// what sent it.
func TestMomentsChangeNothing(t *testing.T) {
	runs := map[string]bool{}
	for asks := range 3 {
		c := sim.Config{
			Seed: 3, Latency: world.Range{Min: 1 * ms, Max: 5 * ms},
			StepTime: world.Range{Min: 50 * us, Max: 150 * us}, Loss: 0.2,
		}
		s, d, one, two := pair(c)
		one.start = func(p *probe) { p.send(1, two.id) }
		bounce := func(p *probe, e world.Envelope) {
			for range asks {
				p.BeginsAt()
				p.HappensAt()
			}
			for id := range world.CausalID(2) {
				if e.ID < 50 {
					p.send(2*e.ID+id, node(3-p.id.Number()))
				}
			}
		}
		one.receive, two.receive = bounce, bounce
		run(t, s)
		runs[fmt.Sprint(d.lines)] = true
	}
	if len(runs) != 1 {
		t.Errorf("%d different runs, want 1", len(runs))
	}
}
