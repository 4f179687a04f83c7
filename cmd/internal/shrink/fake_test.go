package shrink

import (
	"context"
	"slices"
	"testing"
	"time"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/world"
)

// fake is a world whose runs violate what a test says.
type fake struct {
	violates func(c *config.Config) string // empty for nothing
	at       time.Duration                 // when
	messages func(c *config.Config) []Message
	begins   func(c *config.Config) map[string]time.Duration
	runs     int
}

func (f *fake) world() World {
	return World{
		Run: func(_ context.Context, c *config.Config) (*check.Violation, error) {
			f.runs++
			return f.violation(c), nil
		},
		Messages: func(_ context.Context, c *config.Config) ([]Message, error) {
			if f.messages == nil {
				return nil, nil
			}
			return f.messages(c), nil
		},
		Begins: func(_ context.Context, c *config.Config) (map[string]time.Duration, error) {
			if f.begins == nil {
				return nil, nil
			}
			return f.begins(c), nil
		},
	}
}

func (f *fake) violation(c *config.Config) *check.Violation {
	name := f.violates(c)
	if name == "" || f.at >= c.MaxDuration {
		return nil
	}
	return &check.Violation{Invariant: invariant(name), At: f.at, Facts: [2]string{"one", "other"}}
}

func invariant(name string) check.Invariant {
	found, _ := protocols.Raft.Run.Invariant(name)
	return found
}

func node(n int) world.ProcessID   { return world.NewProcessID(world.NodeGroup, uint32(n)) }
func client(n int) world.ProcessID { return world.NewProcessID(world.ClientGroup, uint32(n)) }

// draw is a number below n that depends on a seed and on what it is for.
func draw(seed, what uint64, n int) int {
	return int(world.Draw(seed, world.NameOf("test"), world.CausalID(what+1)) % uint64(n))
}

// generated is a config with faults of all kinds of moments, links, drawn operations and settings of its own.
func generated(t *testing.T, seed uint64) *config.Config {
	t.Helper()
	c := config.Default()
	c.Scenario, c.Seed, c.Settings.(*raftrun.Settings).MaxInflight, c.Client.ThinkTime.Max = "mixed", seed, 4,
		time.Millisecond
	c.Counts[0].Number = 3 + draw(seed, 1, 3)
	for i := range 5 + draw(seed, 2, 40) {
		key := uint64(100 * i)
		f := config.Fault{
			At:      config.When{Kind: config.AtTime, Time: time.Duration(i+1) * time.Millisecond},
			Kind:    []config.FaultKind{config.Crash, config.Restart, config.Isolate, config.Heal}[draw(seed, key+3, 4)],
			Process: node(1 + draw(seed, key+4, c.Counts.Total())),
		}
		if draw(seed, key+5, 5) == 0 {
			f.At = config.When{
				Kind: config.AtSend, Process: client(1 + draw(seed, key+6, c.NumClients)),
				Number: uint64(1 + draw(seed, key+7, c.RequestsPerClient)),
			}
		}
		if !hasFault(c, f) {
			c.Faults = append(c.Faults, f)
		}
	}
	for n := 2; n <= c.Counts.Total(); n++ {
		c.Links = append(c.Links, config.Link{From: node(1), To: node(n), Loss: 0.5})
	}
	canonical, err := cluster.WithOperations(c).Canonical()
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return canonical
}

// minimal checks, without the shrinker's own code, that nothing can be taken away from a config.
func minimal(t *testing.T, c *config.Config, violates func(*config.Config) string) {
	t.Helper()
	if got := violates(c); got != wanted {
		t.Errorf("the result violates %q, and not %q:\n%s", got, wanted, c.TOML())
	}
	check := func(less *config.Config, what any) {
		t.Helper()
		again, err := config.Parse("less.toml", less.TOML())
		if err == nil && violates(again) == wanted {
			t.Errorf("%+v is not needed in\n%s", what, c.TOML())
		}
	}
	for i := range c.Faults {
		less := c.Clone()
		less.Faults = slices.Delete(less.Faults, i, i+1)
		check(less, c.Faults[i])
	}
	for i := range c.Operations {
		less := c.Clone()
		if less.Operations = slices.Delete(less.Operations, i, i+1); len(less.Operations) == 0 {
			less.RequestsPerClient = 0
		}
		check(less, c.Operations[i])
	}
	for i := range c.Links {
		less := c.Clone()
		less.Links = slices.Delete(less.Links, i, i+1)
		check(less, c.Links[i])
	}
}
