package sim_test

import (
	"maps"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Late messages are as many as the rate says, late by what the range says, each copy by itself; and the sender is told.
func TestLate(t *testing.T) {
	c := sim.Config{
		Seed: 3, Loss: 0.1, Duplicate: 0.5, Late: 0.2, LateBy: world.Range{Min: 500 * ms, Max: 2000 * ms},
		Latency: world.Range{Min: 1 * ms, Max: 5 * ms},
	}
	fates, latency, _ := tally(t, c)
	told := [2]map[time.Duration]int{{}, {}}
	for fate, n := range fates {
		switch {
		case fate.Delay == "" && fate.DelayBy != 0, fate.Delay != "" && fate.DelayBy == 0, fate.Drop != "" &&
			fate.Delay != "",
			fate.Duplicate == "" && fate.CopyLate != 0:
			t.Errorf("fate %+v", fate)
		case fate.Delay != "" && fate.Delay != world.CauseNetwork:
			t.Errorf("late, and the cause is %q", fate.Delay)
		}
		if fate.Delay != "" {
			told[0][fate.DelayBy] += n
		}
		if fate.CopyLate > 0 {
			told[1][fate.CopyLate] += n
		}
	}
	calm := c
	calm.Late = 0
	_, usual, _ := tally(t, calm)
	var by [2]map[world.CausalID]time.Duration
	for number := range by {
		by[number] = map[world.CausalID]time.Duration{}
		late := map[time.Duration]int{}
		for id, took := range latency[number] {
			if d := took - usual[number][id]; d != 0 {
				by[number][id] = d
				late[d]++
			}
		}
		if len(latency[number]) != len(usual[number]) || !maps.Equal(late, told[number]) {
			t.Errorf("copy %d: %d arrive, and %d where none is late; %d of them are late, and the senders were told so of %d",
				number, len(latency[number]), len(usual[number]), len(by[number]), len(told[number]))
		}
		if share := float64(len(by[number])) / float64(len(latency[number])); share < 0.19 || share > 0.21 {
			t.Errorf("copy %d is late in %.3f of all cases, want about 0.2", number, share)
		}
		uniform(t, "late by", c.LateBy, by[number])
		unrelated(t, "lateness and latency", by[number], usual[number])
	}
	unrelated(t, "the lateness of both copies", by[0], by[1])
}

// What is done to a message that the network has come late: a loss leaves it late, so that its receiver is busy when it
// would have been anyway, and a delay that was asked for stands in place of what the network does.
func TestCounterfactualsOfALateMessage(t *testing.T) {
	counterfactual, network := world.CauseCounterfactual, world.CauseNetwork
	for _, test := range []struct {
		name   string
		change func(*sim.Config)
		fate   world.Fate
		want   string
	}{
		{
			"nothing", func(*sim.Config) {},
			world.Fate{Delay: network, DelayBy: 70 * ms},
			"80ms..82ms node-2 receives 1 copy 0 from node-1",
		},
		{
			"a delay", func(c *sim.Config) { c.Delay = map[world.CausalID]time.Duration{1: 40 * ms} },
			world.Fate{Delay: counterfactual, DelayBy: 40 * ms},
			"50ms..52ms node-2 receives 1 copy 0 from node-1",
		},
		{
			"a second copy", func(c *sim.Config) { c.Duplicated = []world.CausalID{1} },
			world.Fate{Delay: network, DelayBy: 70 * ms, Duplicate: counterfactual, CopyLate: 70 * ms},
			"80ms..82ms node-2 receives 1 copy 0 from node-1\n82ms..84ms node-2 receives 1 copy 1 from node-1",
		},
		{
			"a loss", func(c *sim.Config) { c.Drop = []world.CausalID{1} },
			world.Fate{Drop: counterfactual},
			"82ms..84ms node-2 receives 2 copy 0 from none",
		},
		{
			"a link that is never late", func(c *sim.Config) { c.Links = []sim.Link{{From: node(1), To: node(2)}} },
			world.Fate{},
			"10ms..12ms node-2 receives 1 copy 0 from node-1",
		},
		{
			"a link that is late by less",
			func(c *sim.Config) {
				c.Links = []sim.Link{{From: node(1), To: node(2), Late: 1, LateBy: world.Range{Min: 3 * ms, Max: 3 * ms}}}
			},
			world.Fate{Delay: network, DelayBy: 3 * ms},
			"13ms..15ms node-2 receives 1 copy 0 from node-1",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := steady()
			c.Late, c.LateBy = 1, world.Range{Min: 70 * ms, Max: 70 * ms}
			test.change(&c)
			s, d, one, two := pair(c)
			var fate world.Fate
			one.start = func(p *probe) { fate = p.send(1, two.id) }
			if test.fate.Drop != "" { // a lost message is seen by what waits for its step
				s.Tell(81*ms, two.id, 2, nil)
			}
			run(t, s)
			d.lines = d.lines[:len(d.lines)-2]
			d.is(t, test.want)
			if fate != test.fate {
				t.Errorf("fate %+v, want %+v", fate, test.fate)
			}
		})
	}
}
