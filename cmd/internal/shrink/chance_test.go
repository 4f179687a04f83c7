package shrink

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// told are the spans of a config's run, but for the first, which says the config, and without what says why a message
// was lost.
func told(t *testing.T, c *config.Config) []traces.Span {
	t.Helper()
	kept, _ := recorded.Spans(t, c, cluster.Options{})
	kept = slices.DeleteFunc(kept, func(s traces.Span) bool { return s.Name == worldspans.RunName })
	for i := range kept {
		kept[i].Run = 0 // it depends on the config
		for j := range kept[i].Links {
			kept[i].Links[j].Run = 0
		}
		for j := range kept[i].Events {
			e := &kept[i].Events[j]
			e.Attributes = slices.DeleteFunc(e.Attributes,
				func(a attribute.KeyValue) bool { return a.Key == worldspans.RaftkvCauseKey })
		}
	}
	return kept
}

// TestWrittenChanceIsTheSameRun has the chance of a network that loses and doubles, and of one that is late, written
// out, with its operations: each span is the same as before. Where late copies of doubled messages matter, the rates of
// late messages stay.
func TestWrittenChanceIsTheSameRun(t *testing.T) {
	t.Parallel()
	lossy := func(c *config.Config) {
		c.Network.Loss, c.Network.Duplicate = 0.1, 0.1
		c.Links = []config.Link{
			{From: node(1), To: node(2), Loss: 0.5, Duplicate: 0.5},
			{From: node(3), To: node(1), Loss: 0.3},
		}
	}
	late := func(c *config.Config) {
		c.Network.Late = 0.05
		c.Links = []config.Link{{
			From: node(1), To: node(2), Late: 0.5,
			LateBy: world.Range{Min: time.Millisecond, Max: time.Second},
		}}
	}
	both := func(c *config.Config) {
		lossy(c)
		c.Network.Late, c.Links[0].Late = 0.05, 0.5
	}
	t.Run("lossy", func(t *testing.T) { writtenChance(t, lossy, quiet) })
	t.Run("late", func(t *testing.T) { writtenChance(t, late, quiet) })
	t.Run("both", func(t *testing.T) { writtenChance(t, both, quietButLate) })
}

// writtenChance writes the chance out that runs have, where only what leaves so much of it to chance as quiet does
// counts.
func writtenChance(t *testing.T, chance func(*config.Config), quiet func(*config.Config) *config.Config) {
	t.Helper()
	for seed := range uint64(3) {
		drawn := config.Default()
		drawn.Seed = seed
		chance(drawn)
		s := newShrinker(t.Context(), Options{})
		kept := quiet(drawn)
		s.options.World.Run = func(_ context.Context, c *config.Config) (*check.Violation, error) {
			if c.Network.Late < kept.Network.Late {
				return nil, nil
			}
			// so that whatever else is tried is taken
			return &check.Violation{Invariant: invariant(string(protocol.InvariantLogMatching))}, nil
		}
		if !s.begin(drawn) {
			t.Fatal(s.err)
		}
		s.writeChance()
		if s.err != nil {
			t.Fatal(s.err)
		}
		if s.config.Hash() != quiet(s.config).Hash() || len(s.config.Faults) < 10 ||
			len(s.config.Operations) != drawn.TotalOperations() {
			t.Fatalf("seed %d: the chance is not written out:\n%s", seed, s.config.TOML())
		}
		want, got := told(t, drawn), told(t, s.config)
		if len(got) != len(want) {
			t.Errorf("seed %d: %d spans, and not %d", seed, len(got), len(want))
		}
		for i := range min(len(got), len(want)) {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("seed %d: span %d is\n%+v\nand not\n%+v", seed, i, got[i], want[i])
			}
		}
	}
}

// TestCutMessagesAreNoChance has messages be lost by a fault: they are the fault's, and not to be written out.
func TestCutMessagesAreNoChance(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Faults = []config.Fault{
		{Kind: config.Isolate, Process: node(2), At: config.When{Kind: config.AtTime, Time: 10 * time.Millisecond}},
		{Kind: config.Heal, Process: node(2), At: config.When{Kind: config.AtTime, Time: 90 * time.Millisecond}},
	}
	isolated, err := messages(t.Context(), c)
	if err != nil || len(isolated) > 0 {
		t.Fatalf("an isolated node's messages are %v, %v", isolated, err)
	}
	const id = world.CausalID(0x95a45fb7d83e267b)
	c.Faults = append(c.Faults, config.Fault{Kind: config.Drop, Message: id})
	asked, err := messages(t.Context(), c)
	want := []Message{{ID: id, Lost: true, What: "node-1 to node-3: raft.Raft/RequestVote, at 0.197ms"}}
	if err != nil || !reflect.DeepEqual(asked, want) {
		t.Errorf("the messages to which something was done on request are %+v, %v, and should be %+v", asked, err, want)
	}
}

// TestOtherChance shrinks a run that needs much with the chance that it has, and little with that of another seed.
func TestOtherChance(t *testing.T) {
	c := generated(t, 5)
	f := &fake{at: 42 * time.Millisecond, violates: func(c *config.Config) string {
		return when(c.Seed == 5 && len(c.Faults) >= 12 || c.Seed == 7 && len(c.Faults) >= 1)
	}}
	r, err := Shrink(t.Context(), c, Options{World: f.world()})
	if err != nil {
		t.Fatal(err)
	}
	if r.After.Faults != 1 || r.Config.Seed != 7 || !r.Minimal {
		t.Errorf("%d faults are left with seed %d, minimal is %v, want 1 with seed 7", r.After.Faults, r.Config.Seed,
			r.Minimal)
	}
	if want := "A run of mixed with seed 5 violates"; !strings.HasPrefix(r.Config.What, want) ||
		!strings.Contains(r.Config.What, "It is run with seed 7") {
		t.Errorf("what it says: %q, want it to begin with %q and to name the other seed", r.Config.What, want)
	}
}
