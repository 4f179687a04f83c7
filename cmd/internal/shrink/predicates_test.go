package shrink

import (
	"reflect"
	"slices"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

const wanted = string(protocol.InvariantElectionSafety)

// predicate makes a predicate of a config that violates it: what a run of it would have to have in it to violate the
// invariant.
type predicate struct {
	name string
	of   func(whole *config.Config, seed uint64) func(*config.Config) string
}

func hasFault(c *config.Config, f config.Fault) bool {
	return slices.ContainsFunc(c.Faults, func(g config.Fault) bool { return reflect.DeepEqual(f, g) })
}

func hasOperation(c *config.Config, o config.Operation) bool { return slices.Contains(c.Operations, o) }

func when(holds bool) string {
	if holds {
		return wanted
	}
	return ""
}

var predicates = []predicate{
	{"always", func(*config.Config, uint64) func(*config.Config) string {
		return func(*config.Config) string { return wanted }
	}},
	{"all of a few", func(whole *config.Config, seed uint64) func(*config.Config) string {
		n := len(whole.Faults)
		faults := []config.Fault{
			whole.Faults[draw(seed, 11, n)], whole.Faults[draw(seed, 12, n)],
			whole.Faults[draw(seed, 13, n)],
		}
		operations := []config.Operation{
			whole.Operations[draw(seed, 14, len(whole.Operations))],
			whole.Operations[draw(seed, 15, len(whole.Operations))],
		}
		return func(c *config.Config) string {
			for _, f := range faults {
				if !hasFault(c, f) {
					return ""
				}
			}
			for _, o := range operations {
				if !hasOperation(c, o) {
					return ""
				}
			}
			return when(slices.ContainsFunc(c.Links, func(l config.Link) bool { return l.To == node(2) }))
		}
	}},
	{"some of many", func(_ *config.Config, seed uint64) func(*config.Config) string {
		return func(c *config.Config) string {
			crashes := 0
			for _, f := range c.Faults {
				if f.Kind == config.Crash || f.Kind == config.Isolate {
					crashes++
				}
			}
			return when(crashes >= 1+draw(seed, 16, 3) && len(c.Operations) >= draw(seed, 17, 4))
		}
	}},
	{"only in pairs", func(*config.Config, uint64) func(*config.Config) string {
		return func(c *config.Config) string { return when(len(c.Faults)%2 == len(c.Operations)%2) }
	}},
	{"another otherwise", func(whole *config.Config, seed uint64) func(*config.Config) string {
		f := whole.Faults[draw(seed, 18, len(whole.Faults))]
		return func(c *config.Config) string {
			if hasFault(c, f) {
				return wanted
			}
			return string(protocol.InvariantLogMatching)
		}
	}},
	{"settings", func(whole *config.Config, _ uint64) func(*config.Config) string {
		return func(c *config.Config) string {
			inflight, servers := c.Settings.(*raftrun.Settings).MaxInflight, c.Counts.Total()
			return when(inflight == 4 && servers == whole.Counts.Total() && len(c.Operations) > 0)
		}
	}},
}
