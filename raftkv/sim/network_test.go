package sim_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

func TestCounterfactuals(t *testing.T) {
	const first = "10ms..12ms node-2 receives 1 copy 0 from node-1"
	drop, delay, duplicate := []world.CausalID{1}, map[world.CausalID]time.Duration{1: 40 * ms}, []world.CausalID{1}
	counterfactual := world.CauseCounterfactual
	for _, test := range []struct {
		name   string
		change func(*sim.Config)
		fate   world.Fate
		want   string
		lost   uint64
		twice  uint64
	}{
		{name: "nothing", change: func(*sim.Config) {}, want: first},
		{
			name: "drop", change: func(c *sim.Config) { c.Drop = drop },
			fate: world.Fate{Drop: counterfactual}, lost: 1,
		},
		{
			name: "delay", change: func(c *sim.Config) { c.Delay = delay },
			fate: world.Fate{Delay: counterfactual, DelayBy: 40 * ms}, want: "50ms..52ms node-2 receives 1 copy 0 from node-1",
		},
		{
			name: "no delay", change: func(c *sim.Config) { c.Delay = map[world.CausalID]time.Duration{1: 0} },
			want: first,
		},
		{
			name: "duplicate", change: func(c *sim.Config) { c.Duplicated = duplicate },
			fate: world.Fate{Duplicate: counterfactual}, want: first +
				"\n12ms..14ms node-2 receives 1 copy 1 from node-1", twice: 1,
		},
		// A copy that was lost still takes its receiver's time: 10ms..12ms.
		{
			name: "drop and duplicate", change: func(c *sim.Config) { c.Drop, c.Duplicated = drop, duplicate },
			fate: world.Fate{
				Drop:      counterfactual,
				Duplicate: counterfactual,
			}, want: "12ms..14ms node-2 receives 1 copy 1 from node-1", lost: 1, twice: 1,
		},
		{
			name: "delay and duplicate", change: func(c *sim.Config) { c.Delay, c.Duplicated = delay, duplicate },
			fate: world.Fate{Delay: counterfactual, DelayBy: 40 * ms, Duplicate: counterfactual},
			want: "10ms..12ms node-2 receives 1 copy 1 from node-1\n50ms..52ms node-2 receives 1 copy 0 from node-1", twice: 1,
		},
		{
			name: "drop and delay", change: func(c *sim.Config) { c.Drop, c.Delay = drop, delay },
			fate: world.Fate{Drop: counterfactual}, lost: 1,
		},
		{
			name: "a network that loses everything", change: func(c *sim.Config) { c.Loss = 1 },
			fate: world.Fate{Drop: world.CauseNetwork}, lost: 1,
		},
		{
			name: "drop what the network loses", change: func(c *sim.Config) { c.Loss, c.Drop = 1, drop },
			fate: world.Fate{Drop: counterfactual}, lost: 1,
		},
		{
			name: "duplicate what the network loses", change: func(c *sim.Config) { c.Loss, c.Duplicated = 1, duplicate },
			fate: world.Fate{
				Drop:      world.CauseNetwork,
				Duplicate: counterfactual,
			}, want: "12ms..14ms node-2 receives 1 copy 1 from node-1", lost: 1, twice: 1,
		},
		{
			name: "a network that duplicates everything", change: func(c *sim.Config) { c.Duplicate = 1 },
			fate: world.Fate{Duplicate: world.CauseNetwork}, want: first +
				"\n12ms..14ms node-2 receives 1 copy 1 from node-1", twice: 1,
		},
		{
			name: "a network that duplicates and loses everything", change: func(c *sim.Config) { c.Duplicate, c.Loss = 1, 1 },
			fate: world.Fate{Drop: world.CauseNetwork}, lost: 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := steady()
			test.change(&c)
			s, d, one, two := pair(c)
			var fate world.Fate
			one.start = func(p *probe) { fate = p.send(1, two.id) }
			outcome := run(t, s)
			d.lines = d.lines[:len(d.lines)-2]
			d.is(t, test.want)
			if fate != test.fate {
				t.Errorf("fate %+v, want %+v", fate, test.fate)
			}
			outcomeIs(t, outcome, sim.Outcome{
				End: outcome.End, Messages: 1, Deliveries: 1 + test.twice - test.lost, Lost: test.lost, Duplicated: test.twice,
			})
		})
	}
}

// Every id that no message had is told, in order and once; a word from outside is no message.
func TestUnmetCounterfactuals(t *testing.T) {
	c := steady()
	c.Drop = []world.CausalID{9, 1, 5, 9}
	c.Duplicated = []world.CausalID{2, 8, 9}
	c.Delay = map[world.CausalID]time.Duration{3: ms, 7: ms, 6: ms}
	s, _, one, two := pair(c)
	one.start = func(p *probe) {
		for id := range world.CausalID(3) {
			p.send(id+1, two.id)
		}
	}
	s.Tell(0, one.id, 5, nil)
	outcome := run(t, s)
	if got, want := fmt.Sprintf("%d", outcome.Unmet), "[5 6 7 8 9]"; got != want {
		t.Errorf("unmet %s, want %s", got, want)
	}
}

func TestAMessageToNobodyIsLost(t *testing.T) {
	c := steady()
	c.Duplicate = 1
	s, d, one, _ := pair(c)
	one.start = func(p *probe) {
		for _, to := range []world.ProcessID{0, node(0), node(3), world.NewProcessID(world.ClientGroup, 1), math.MaxUint64} {
			p.send(1, to)
		}
	}
	outcome := run(t, s)
	d.is(t, `0s node-1 finishes
		0s node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{Messages: 5, Duplicated: 5, Lost: 10})
}

const messages = 20_000

// tally sends many messages and counts what comes of them, copy by copy.
func tally(t *testing.T, c sim.Config) (fates map[world.Fate]int, latency, step [2]map[world.CausalID]time.Duration) {
	t.Helper()
	fates = map[world.Fate]int{}
	latency = [2]map[world.CausalID]time.Duration{{}, {}}
	step = [2]map[world.CausalID]time.Duration{{}, {}}
	d := &diary{}
	s := sim.New(c)
	s.Add(&probe{id: node(1), diary: d, start: func(p *probe) {
		for i := range messages {
			// Each to its own receiver, which is not busy with another.
			fates[p.send(world.CausalID(i), node(uint32(i+2)))]++
		}
	}})
	for i := range messages {
		s.Add(&measuring{probe: probe{id: node(uint32(i + 2)), diary: d}, latency: latency, step: step})
	}
	run(t, s)
	return fates, latency, step
}

type measuring struct {
	probe
	latency, step [2]map[world.CausalID]time.Duration
}

func (m *measuring) Receive(e world.Envelope) {
	began := sim.Began(m.World)
	m.latency[e.Copy][e.ID] = began
	m.step[e.Copy][e.ID] = m.Now() - began
}

// The rates are right, copies have chance of their own, and a seed has always the same.
func TestLuck(t *testing.T) {
	c := sim.Config{
		Seed: 3, Loss: 0.1, Duplicate: 0.2,
		Latency: world.Range{Min: 1 * ms, Max: 5 * ms}, StepTime: world.Range{
			Min: 50 * time.Microsecond,
			Max: 150 * time.Microsecond,
		},
	}
	fates, _, step := tally(t, c)
	busy := c.StepTime
	c.StepTime = world.Range{} // so that no copy waits for the other's step
	_, latency, _ := tally(t, c)
	near := func(what string, got int, rate float64) {
		t.Helper()
		want := rate * messages
		if sigma := math.Sqrt(want * (1 - rate)); math.Abs(float64(got)-want) > 4*sigma {
			t.Errorf("%s: %d of %d, want %.0f ± %.0f", what, got, messages, want, 4*sigma)
		}
	}
	network := world.CauseNetwork
	near("lost", fates[world.Fate{Drop: network}], 0.1*(1-0.2*0.9))
	near("duplicated", fates[world.Fate{Duplicate: network}], 0.9*0.2*0.9)
	near("lost and duplicated", fates[world.Fate{Drop: network, Duplicate: network}], 0.1*0.2*0.9)
	near("undisturbed", fates[world.Fate{}], 0.9*(1-0.2*0.9))
	near("first copies", len(step[0]), 0.9)
	near("second copies", len(step[1]), 0.2*0.9)

	same, again, _ := tally(t, c)
	if fmt.Sprint(same) != fmt.Sprint(fates) || fmt.Sprint(again) != fmt.Sprint(latency) {
		t.Error("the same seed gave two lucks")
	}
	c.Seed = 4
	if other, _, _ := tally(t, c); fmt.Sprint(other) == fmt.Sprint(fates) {
		t.Error("two seeds gave one chance")
	}

	uniform(t, "latency", c.Latency, latency[0])
	uniform(t, "latency of the copy", c.Latency, latency[1])
	uniform(t, "step", busy, step[0])
	unrelated(t, "latency and latency of the copy", latency[0], latency[1])
	unrelated(t, "step and step for the copy", step[0], step[1])
	unrelated(t, "latency and step", latency[0], step[0])
}

// uniform fails the test unless every tenth of a range has its share.
func uniform(t *testing.T, what string, r world.Range, all map[world.CausalID]time.Duration) {
	t.Helper()
	const parts = 10
	var counts [parts]int
	for _, d := range all {
		if d < r.Min || d > r.Max {
			t.Fatalf("%s: %s is not within %s..%s", what, d, r.Min, r.Max)
		}
		counts[min(int(float64(d-r.Min)/float64(r.Max-r.Min)*parts), parts-1)]++
	}
	want := float64(len(all)) / parts
	for part, count := range counts {
		if math.Abs(float64(count)-want) > 5*math.Sqrt(want) {
			t.Errorf("%s: %d in part %d of the range, want about %.0f", what, count, part, want)
		}
	}
}

// unrelated fails the test if two numbers of the same messages go together.
func unrelated(t *testing.T, what string, a, b map[world.CausalID]time.Duration) {
	t.Helper()
	var n, sumA, sumB, sumAA, sumBB, sumAB float64
	for id, x := range a {
		y, both := b[id]
		if !both {
			continue
		}
		fx, fy := float64(x), float64(y)
		n++
		sumA, sumB, sumAA, sumBB, sumAB = sumA+fx, sumB+fy, sumAA+fx*fx, sumBB+fy*fy, sumAB+fx*fy
	}
	correlation := (n*sumAB - sumA*sumB) / math.Sqrt((n*sumAA-sumA*sumA)*(n*sumBB-sumB*sumB))
	if math.Abs(correlation) > 4/math.Sqrt(n) || math.IsNaN(correlation) {
		t.Errorf("%s: correlation %.3f of %.0f pairs, want about 0", what, correlation, n)
	}
}
