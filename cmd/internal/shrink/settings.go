package shrink

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
)

// cutServers tries fewer servers of each party, the fewest first, but not so few that they say little of the protocol:
// where every server is needed for a majority, a reader learns nothing of majorities.
func (s *shrinker) cutServers() {
	for _, party := range s.config.Row().Run.Parties {
		for n := party.Least; n < s.config.Counts.Of(party.Group); n++ {
			if s.try(withServers(s.config, party.Group, n)) {
				break
			}
		}
	}
}

// withServers is a config of so many servers of a party, in which what names another one of it is left out.
func withServers(c *config.Config, of world.Group, n int) *config.Config {
	fewer := c.Clone()
	fewer.Counts.Set(of, n)
	gone := func(p world.ProcessID) bool { return p.Group() == of && int(p.Number()) > n }
	goneTarget := func(t config.Target) bool { return gone(t.Process) }
	for _, clash := range fewer.Settings.Clashes(fewer.Counts) {
		for _, key := range clash.Keys {
			if !slices.Contains(kept(c), key) {
				fewer = fewer.WithDefault(key)
			}
		}
	}
	fewer.Links = slices.DeleteFunc(fewer.Links, func(l config.Link) bool { return gone(l.From) || gone(l.To) })
	for i := range fewer.Operations {
		if o := &fewer.Operations[i]; gone(o.Server) {
			o.Server = 0
		}
	}
	for i := range fewer.Faults {
		f := &fewer.Faults[i]
		for j, side := range f.Sides {
			f.Sides[j] = slices.DeleteFunc(side, goneTarget)
		}
		f.Sides = slices.DeleteFunc(f.Sides, func(side []config.Target) bool { return len(side) == 0 })
	}
	fewer.Faults = slices.DeleteFunc(fewer.Faults, func(f config.Fault) bool {
		return gone(f.Process) || gone(f.At.Process) || f.Kind == config.Partition && len(f.Sides) < 2
	})
	return fewer
}

// cutClients leaves out the clients that nothing names, as far as they are the last.
func (s *shrinker) cutClients() {
	named := 0
	name := func(all ...world.ProcessID) {
		for _, p := range all {
			if p.Group() == world.ClientGroup {
				named = max(named, int(p.Number()))
			}
		}
	}
	for _, o := range s.config.Operations {
		name(o.Client)
	}
	for _, l := range s.config.Links {
		name(l.From, l.To)
	}
	for _, f := range s.config.Faults {
		name(f.Process, f.At.Process)
		for _, t := range slices.Concat(f.Sides...) {
			name(t.Process)
		}
	}
	fewer := s.config.Clone()
	fewer.NumClients = named
	s.try(fewer)
}

// kept are the keys that are no setting to be restored: what the scenario is called, what it is about, how large it is,
// and when it ends.
func kept(c *config.Config) []string {
	keys := []string{
		"scenario", "changed", "title", "what", "watch", "protocol", "bug", "num_clients",
		"requests_per_client", "seed", "max_duration",
	}
	for _, party := range c.Row().Run.Parties {
		keys = append(keys, party.Key)
	}
	return keys
}

// restoreAll gives every setting that is not needed its usual value, all at once if possible.
func (s *shrinker) restoreAll() {
	stay := kept(s.config)
	keys := slices.DeleteFunc(s.config.Changes(), func(key string) bool { return slices.Contains(stay, key) })
	usual := s.config
	for _, key := range keys {
		usual = usual.WithDefault(key)
	}
	if len(keys) == 0 || s.try(usual) {
		return
	}
	for _, key := range keys {
		s.try(s.config.WithDefault(key))
	}
}

// quieten takes the rates away, all of them if possible.
func (s *shrinker) quieten() {
	if s.try(quiet(s.config)) {
		return
	}
	for _, key := range []string{"network.loss", "network.duplicate", "network.late"} {
		s.try(s.config.WithDefault(key))
	}
	for i := range s.config.Links {
		for _, rate := range []func(*config.Link) *float64{
			func(l *config.Link) *float64 { return &l.Loss }, func(l *config.Link) *float64 { return &l.Duplicate },
			func(l *config.Link) *float64 { return &l.Late },
		} {
			c := s.config.Clone()
			*rate(&c.Links[i]) = 0
			s.try(c)
		}
	}
}

// lower makes the rates that are left smaller. A message that is lost at a rate is lost at all higher ones, too: so
// fewer are lost, and no others, as long as the run stays the same.
func (s *shrinker) lower() {
	for _, rate := range []func(*config.Config) *float64{
		func(c *config.Config) *float64 { return &c.Network.Loss },
		func(c *config.Config) *float64 { return &c.Network.Duplicate },
		func(c *config.Config) *float64 { return &c.Network.Late },
	} {
		for _, share := range []float64{0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 0.9, 0.9} {
			c := s.config.Clone()
			*rate(c) *= share
			if *rate(c) > 0 {
				s.try(c)
			}
		}
	}
}

// quiet is a config in which nothing is lost, late or doubled by chance.
func quiet(c *config.Config) *config.Config {
	q := quietButLate(c)
	q.Network.Late = 0
	for i := range q.Links {
		q.Links[i].Late = 0
	}
	return q
}

// quietButLate is a config in which nothing is lost or doubled by chance.
func quietButLate(c *config.Config) *config.Config {
	q := c.Clone()
	q.Network.Loss, q.Network.Duplicate = 0, 0
	for i := range q.Links {
		q.Links[i].Loss, q.Links[i].Duplicate = 0, 0
	}
	return q
}

// cutTime has the run end when the violation has taken place. One that is seen only at the end of a run that did not
// finish may be seen earlier, too: then the end is looked for between the times at which it is and is not.
func (s *shrinker) cutTime() {
	if s.tryTime(roundedUp(s.violation.At)) || s.violation.At < s.config.MaxDuration {
		return
	}
	for low := time.Duration(0); s.config.MaxDuration-low > s.config.MaxDuration/precision; {
		middle := roundedUp(low + (s.config.MaxDuration-low)/2)
		if !s.tryTime(middle) {
			low = middle
		}
		if s.over() {
			return
		}
	}
}

// precision is to what part of a run the end is looked for.
const precision = 16

func (s *shrinker) tryTime(end time.Duration) bool {
	if end >= s.config.MaxDuration {
		return false
	}
	c := s.config.Clone()
	c.MaxDuration = end
	return s.try(c)
}

// roundedUp is the next whole millisecond: a time that a person can read, and that is later.
func roundedUp(d time.Duration) time.Duration { return d.Truncate(time.Millisecond) + time.Millisecond }
