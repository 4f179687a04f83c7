package profile

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// script is what happens to a run: the faults that are drawn one play after the other.
type script struct {
	dice

	config     *config.Config
	protocol   *run.Protocol
	servers    []world.ProcessID
	standing   []world.ProcessID // those that can be told to stand for election
	begin, end time.Duration     // of the time in which things go wrong; then all is healed
	silence    time.Duration     // from when on the clients are likely to be done; zero when they are not before the end
	faults     []config.Fault
	falls      map[world.ProcessID]bool // the servers that may be down when all is healed
	late       map[world.ProcessID]bool // those that may even fall after that
}

// newScript is one for a config, in the time that its clients have something to do. In most runs the last operations
// come when all is healed. In the others nothing follows that would carry along what somebody missed.
func newScript(d dice, c *config.Config) *script {
	const first, shortest, longest = 20 * time.Millisecond, 300 * time.Millisecond, 5 * time.Second
	busy := busyUntil(c)
	s := &script{
		dice: d, config: c, protocol: &c.Row().Run, servers: c.Counts.All(), end: busy * 4 / 5,
		falls: make(map[world.ProcessID]bool), late: make(map[world.ProcessID]bool),
	}
	for _, p := range s.servers {
		if s.protocol.Elect != nil && s.protocol.Party(p.Group()).Leads {
			s.standing = append(s.standing, p)
		}
	}
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

// server draws one of the servers.
func (s *script) server(d dice, purpose string) world.ProcessID {
	return oneOf(d, purpose, s.servers...)
}

// leader draws the server that a play takes for the leader: often the one that is told to be the first.
func (s *script) leader(d dice) world.ProcessID { return s.leaderOf(d, s.servers) }

func (s *script) leaderOf(d dice, among []world.ProcessID) world.ProcessID {
	if first := s.config.Settings.First(); first != 0 && d.Likely("the first leader", 40) {
		return first
	}
	return oneOf(d, "leader", among...)
}

// other draws a server besides these, if there is one.
func (s *script) other(d dice, purpose string, than ...world.ProcessID) world.ProcessID {
	return otherOf(d, purpose, s.servers, than...)
}

// rival draws one that can stand for election besides these, if there is one.
func (s *script) rival(d dice, purpose string, than ...world.ProcessID) world.ProcessID {
	return otherOf(d, purpose, s.standing, than...)
}

func otherOf(d dice, purpose string, among []world.ProcessID, than ...world.ProcessID) world.ProcessID {
	var others []world.ProcessID
	for _, p := range among {
		if !slices.Contains(than, p) {
			others = append(others, p)
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

// does has a fault of a kind happen to a server.
func (s *script) does(at config.When, kind config.FaultKind, p world.ProcessID) {
	s.add(config.Fault{Kind: kind, At: at, Process: p})
	switch kind {
	case config.Crash, config.LoseUnsynced:
		s.falls[p] = true
		if at.Kind != config.AtTime {
			s.late[p] = true
		}
	case config.Restart, config.Rollback, config.Heal, config.Isolate, config.Partition, config.Pause, config.Slow,
		config.Stall, config.Skew, config.SkipSync, config.Elect,
		config.Drop, config.Delay, config.Duplicate:
	}
}

// aims has a fault of a kind happen to whoever has a role then. Any server may be down for it when all is healed.
func (s *script) aims(at config.When, kind config.FaultKind, who config.Who) {
	s.add(config.Fault{Kind: kind, At: at, Who: who})
	if kind == config.Crash {
		for _, p := range s.servers {
			s.falls[p] = true
		}
	}
}

// heals ends at a time what lasts of what was done to a server, or to all (0).
func (s *script) heals(t time.Duration, p world.ProcessID) { s.does(s.at(t), config.Heal, p) }

// cuts has a partition begin.
func (s *script) cuts(at config.When, oneWay bool, sides ...[]world.ProcessID) {
	f := config.Fault{Kind: config.Partition, At: at, OneWay: oneWay}
	for _, side := range sides {
		slices.Sort(side)
		var names []config.Target
		for _, p := range side {
			names = append(names, config.Target{Process: p})
		}
		f.Sides = append(f.Sides, names)
	}
	if !oneWay {
		config.SortSides(f.Sides)
	}
	s.add(f)
}

// finish heals and restarts all, so that from then on progress can be demanded. A fault that waits for a condition may
// be late: its server is restarted again, later.
func (s *script) finish() []config.Fault {
	if len(s.faults) == 0 {
		return nil
	}
	s.heals(s.end, 0)
	for _, p := range s.servers {
		if s.falls[p] {
			s.does(s.at(s.end), config.Restart, p)
		}
		for _, later := range []time.Duration{time.Second, 4 * time.Second} {
			if s.late[p] {
				s.does(config.When{Kind: config.AtTime, Time: s.end + later}, config.Restart, p)
			}
		}
	}
	return s.faults
}
