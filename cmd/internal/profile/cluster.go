package profile

import (
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
)

// longestRun leaves room, after all is healed, for the time in which Progress is demanded.
const longestRun = 16 * time.Second

// busyCluster is a cluster whose clients have something to do all the time that things go wrong.
func busyCluster(d dice, c *config.Config) {
	c.RequestsPerClient = 8
	c.Keys = []string{"a", "b"}
	c.Values = config.ValuesUnique
	c.MaxDuration = longestRun
	c.Client.Timeout = 150 * time.Millisecond
	c.Client.ThinkTime = world.Range{Max: 200 * time.Millisecond}
	c.Settings.Age(d)
}

// anyCluster is one of all kinds. Bugs hide in each: a patient client hides a lost reply.
func anyCluster(d dice, c *config.Config) {
	for _, party := range c.Row().Run.Parties {
		c.Counts.Set(party.Group, d.From(party.Group.String()+"s", party.Least, party.Most))
	}
	c.NumClients = d.From("clients", 2, 4)
	c.RequestsPerClient = d.From("requests", 3, 8)
	c.Keys = []string{"a", "b", "c"}[:d.From("keys", 1, 3)]
	c.Values = config.ValuesUnique
	c.MaxDuration = longestRun

	c.Settings.Vary(d, c.Counts)

	c.Client.Start = d.millis("start", 10, 60)
	c.Client.Timeout = d.millis("timeout", 100, 250)
	c.Client.ThinkTime = world.Range{Max: d.millis("think time", 20, 200)}
	if d.Likely("gives up", 25) {
		c.Client.GiveUp = d.millis("give up", 300, 600)
	}
	c.Settings.Age(d)
}

// anyNetwork is one from good to bad.
func anyNetwork(d dice, c *config.Config) {
	switch kind := d.below("kind", 10); {
	case kind < 5: // good
	case kind < 8:
		c.Network.Loss = percent(d.From("little loss", 1, 10))
	default:
		c.Network.Loss = percent(d.From("much loss", 10, 30))
	}
	if d.Likely("duplicates", 45) {
		c.Network.Duplicate = percent(d.From("duplicate", 2, 50))
	}
	c.Network.Latency = oneOf(d, "latency", c.Network.Latency, c.Network.Latency,
		world.Range{Min: 200 * time.Microsecond, Max: time.Millisecond},
		world.Range{Min: time.Millisecond, Max: 20 * time.Millisecond})
	if d.Likely("late", 20) {
		lateNetwork(d.in("late"), c)
	}
}

// lateNetwork is one on which a few messages are late by several election timeouts: they arrive in another leadership.
func lateNetwork(d dice, c *config.Config) {
	c.Network.Late = percent(d.From("share", 1, 10))
	c.Network.LateBy = world.Range{Min: d.millis("least", 100, 600), Max: d.millis("most", 1000, 3000)}
}

// badNetwork is one that fails all the time.
func badNetwork(d dice, c *config.Config) {
	c.Network.Loss = percent(d.From("loss", 1, 30))
	c.Network.Duplicate = percent(d.From("duplicate", 0, 50))
	c.Network.Latency = world.Range{Min: time.Millisecond, Max: d.millis("latency", 2, 20)}
}

func percent(n int) float64 { return float64(n) / 100 }

// anyLinks are some that are worse than the others, in some runs.
func anyLinks(d dice, c *config.Config) []config.Link {
	if !d.Likely("any", 25) {
		return nil
	}
	return badLinks(d, c)
}

// badLinks are some that are worse than the others.
func badLinks(d dice, c *config.Config) []config.Link {
	var links []config.Link
	servers := c.Counts.All()
	if len(servers) < 2 {
		return nil
	}
	seen := make(map[[2]int]bool)
	for i := range d.From("how many", 1, 3) {
		d := d.at(i)
		from := d.below("from", len(servers))
		to := (from + d.From("to", 1, len(servers)-1)) % len(servers)
		if seen[[2]int{from, to}] {
			continue
		}
		seen[[2]int{from, to}] = true
		link := config.Link{
			From: servers[from], To: servers[to], Loss: percent(d.From("loss", 0, 50)),
			Duplicate: percent(d.From("duplicate", 0, 50)),
		}
		// wide enough to change the order of messages
		link.Latency = world.Range{Min: time.Millisecond, Max: d.millis("latency", 5, 30)}
		links = append(links, link)
	}
	return links
}
