package profile

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
)

// script is what happens to a run: the faults that are drawn one play after the other.
type script struct {
	dice

	config     *config.Config
	begin, end time.Duration // of the time in which things go wrong; then all is healed
	silence    time.Duration // from when on the clients are likely to be done; zero when they are not before the end
	faults     []config.Fault
	falls      map[int]bool // the nodes that may be down when all is healed
	late       map[int]bool // those that may even fall after that
}

// newScript is one for a config, in the time that its clients have something to do. In most runs the last operations
// come when all is healed. In the others nothing follows that would carry along what somebody missed.
func newScript(d dice, c *config.Config) *script {
	const first, shortest, longest = 20 * time.Millisecond, 300 * time.Millisecond, 5 * time.Second
	busy := busyUntil(c)
	s := &script{dice: d, config: c, falls: make(map[int]bool), late: make(map[int]bool), end: busy * 4 / 5}
	if d.Likely("silence at the end", 35) {
		s.silence, s.end = busy, busy*3/2
	}
	s.end = min(max(s.end, first+shortest), first+longest, c.MaxDuration*2/3)
	s.begin = min(first, s.end/2)
	return s
}

// busyUntil is about when the clients would be done if little went wrong.
func busyUntil(c *config.Config) time.Duration {
	const answer = 20 * time.Millisecond // that an operation takes from being asked for to its answer, or somewhat more
	end := c.Client.Start + time.Duration(c.RequestsPerClient)*(answer+(c.Client.ThinkTime.Min+c.Client.ThinkTime.Max)/2)
	for i := range c.Operations {
		end = max(end, c.Operations[i].At+answer)
	}
	return end
}

// moment draws a time at which something goes wrong.
func (s *script) moment(d dice) time.Duration {
	const grain = 100 * time.Microsecond // so that a drawn time is easy to read
	return s.begin + time.Duration(d.below("moment", max(1, int((s.end-s.begin)/grain))))*grain
}

// node draws one of the nodes.
func (s *script) node(d dice, purpose string) int { return d.From(purpose, 1, s.config.NumNodes) }

// leader draws the node that a play takes for the leader: often the one that is told to be the first.
func (s *script) leader(d dice) int {
	if first := int(s.config.Settings.First()); first > 0 && d.Likely("the first leader", 40) {
		return first
	}
	return s.node(d, "leader")
}

// other draws a node besides these, if there is one.
func (s *script) other(d dice, purpose string, than ...int) int {
	var others []int
	for n := range s.config.NumNodes {
		if !slices.Contains(than, n+1) {
			others = append(others, n+1)
		}
	}
	if len(others) == 0 {
		return than[0]
	}
	return oneOf(d, purpose, others...)
}

// operations is how many each client is asked to do.
func (s *script) operations() int {
	if len(s.config.Operations) > 0 {
		return 0 // the numbers may have gaps
	}
	return s.config.RequestsPerClient
}

// add has a fault happen, unless it is there already, as two plays may agree, or would begin when all is healed.
func (s *script) add(f config.Fault) {
	ends := f.Kind == config.Restart || f.Kind == config.Heal
	if (ends || f.At.Kind != config.AtTime || f.At.Time < s.end) && !slices.ContainsFunc(s.faults, f.Same) {
		s.faults = append(s.faults, f)
	}
}

// at is the moment of a time; what would be after the end of all faults is at the end.
func (s *script) at(t time.Duration) config.When {
	return config.When{Kind: config.AtTime, Time: min(t, s.end)}
}

// does has a fault of a kind happen to a node.
func (s *script) does(at config.When, kind config.FaultKind, node int) {
	s.add(config.Fault{Kind: kind, At: at, Process: processID(node)})
	switch kind {
	case config.Crash, config.LoseUnsynced:
		s.falls[node] = true
		if at.Kind != config.AtTime {
			s.late[node] = true
		}
	case config.Restart, config.Rollback, config.Heal, config.Isolate, config.Partition, config.Pause, config.Slow,
		config.Stall, config.Skew, config.SkipSync, config.Elect,
		config.Drop, config.Delay, config.Duplicate:
	}
}

// aims has a fault of a kind happen to whoever has a role then. Any node may be down for it when all is healed.
func (s *script) aims(at config.When, kind config.FaultKind, who config.Who) {
	s.add(config.Fault{Kind: kind, At: at, Who: who})
	if kind == config.Crash {
		for n := range s.config.NumNodes {
			s.falls[n+1] = true
		}
	}
}

// heals ends at a time what lasts of what was done to a node, or to all (0).
func (s *script) heals(t time.Duration, node int) { s.does(s.at(t), config.Heal, node) }

// cuts has a partition begin.
func (s *script) cuts(at config.When, oneWay bool, sides ...[]int) {
	f := config.Fault{Kind: config.Partition, At: at, OneWay: oneWay}
	for _, side := range sides {
		slices.Sort(side)
		var names []config.Target
		for _, n := range side {
			names = append(names, config.Target{Process: processID(n)})
		}
		f.Sides = append(f.Sides, names)
	}
	if !oneWay {
		config.SortSides(f.Sides)
	}
	s.add(f)
}

// processID names a node, and nobody for 0.
func processID(node int) world.ProcessID {
	if node == 0 {
		return 0
	}
	return world.NewProcessID(world.NodeGroup, uint32(node))
}

// finish heals and restarts all, so that from then on progress can be demanded. A fault that waits for a condition may
// be late: its node is restarted again, later.
func (s *script) finish() []config.Fault {
	if len(s.faults) == 0 {
		return nil
	}
	s.heals(s.end, 0)
	for n := range s.config.NumNodes {
		if s.falls[n+1] {
			s.does(s.at(s.end), config.Restart, n+1)
		}
		for _, later := range []time.Duration{time.Second, 4 * time.Second} {
			if s.late[n+1] {
				s.does(config.When{Kind: config.AtTime, Time: s.end + later}, config.Restart, n+1)
			}
		}
	}
	return s.faults
}
