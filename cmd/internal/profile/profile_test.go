package profile_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/profile"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
)

var (
	manySeeds = race.Fewer(400, 400)
	fewSeeds  = race.Fewer(40, 20)
)

// drawn is the run that a profile draws for a seed.
func drawn(t *testing.T, name string, seed uint64) *config.Config {
	t.Helper()
	s, err := profile.Draw(name, seed)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(s.File, s.Text)
	if err != nil {
		t.Fatalf("%s with seed %d: %v\n%s", name, seed, err, s.Text)
	}
	return c
}

// TestDrawnRuns draws many runs of each profile: all are right, each is the same whenever it is drawn, and no two are.
func TestDrawnRuns(t *testing.T) {
	for _, p := range profile.All() {
		seen := make(map[string]uint64)
		seeds := uint64(manySeeds)
		if p.Name != profile.Mixed {
			seeds /= 10
		}
		for seed := range seeds {
			s, err := profile.Draw(p.Name, seed)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := profile.Draw(p.Name, seed)
			if !bytes.Equal(s.Text, again.Text) {
				t.Fatalf("%s with seed %d is\n%s\nand the next time\n%s", p.Name, seed, s.Text, again.Text)
			}
			c := drawn(t, p.Name, seed)
			if want := fmt.Sprintf("%s-%d", p.Name, seed); c.Name() != want {
				t.Fatalf("the run is called %s, and not %s", c.Name(), want)
			}
			c.Seed = 0
			if other, twice := seen[string(c.TOML())]; twice && p.Name != profile.None {
				t.Errorf("%s draws the same for %d and %d", p.Name, other, seed)
			}
			seen[string(c.TOML())] = seed
		}
	}
}

// TestEverythingIsInTheMix looks for each kind of fault, and each choice of a config, in the runs of the profile mixed.
func TestEverythingIsInTheMix(t *testing.T) {
	seen := make(map[string]int)
	for seed := range uint64(manySeeds) {
		c := drawn(t, profile.Mixed, seed)
		for _, text := range []string{
			fmt.Sprintf("num_nodes %d", c.Counts.Total()), fmt.Sprintf("num_clients %d", c.NumClients), fmt.Sprintf("no-op %t",
				c.Settings.(*raftrun.Settings).NoopOnElection),
			fmt.Sprintf("max_entries %d", c.Settings.(*raftrun.Settings).MaxEntries), fmt.Sprintf("max_inflight %d", c.Settings.(*raftrun.Settings).MaxInflight), fmt.Sprintf("first_leader %d", c.Settings.(*raftrun.Settings).FirstLeader),
			fmt.Sprintf("keys %d", len(c.Keys)), fmt.Sprintf("loss %t, much %t", c.Network.Loss > 0,
				c.Network.Loss > 0.1), fmt.Sprintf("duplicate %t", c.Network.Duplicate > 0),
			fmt.Sprintf("late %t", c.Network.Late > 0), fmt.Sprintf("links %d", len(c.Links)), fmt.Sprintf("gives up %t",
				c.Client.GiveUp > 0), string(c.Values),
		} {
			seen[text]++
		}
		for i := range c.Faults {
			f := &c.Faults[i]
			seen[fmt.Sprintf("%s torn %t one-way %t rate %t", f.Kind, f.Torn, f.OneWay, f.Rate != 0)]++
			seen[fmt.Sprintf("%s at %d %s", f.Kind, f.At.Kind, f.At.Role)]++
			seen[fmt.Sprintf("%s %s", f.Kind, f.Who)]++
			if f.Kind.LyingDisk() {
				t.Errorf("seed %d has a disk lie: %s", seed, f.Phrase())
			}
		}
		if total := c.TotalOperations(); c.Values != config.ValuesUnique || total > 500 || c.Client.GiveUp > 0 &&
			total > 15*4 {
			t.Errorf("seed %d asks more of the linearizability check than it can find out: %d operations, unique values: %s",
				seed, total, c.Values)
		}
	}
	for _, want := range []string{
		"num_nodes 3", "num_nodes 4", "num_nodes 5", "num_clients 2", "num_clients 3", "num_clients 4", "no-op true",
		"no-op false", "max_entries 1", "max_entries 64",
		"max_inflight 1", "max_inflight 2", "max_inflight 3", "max_inflight 4", "first_leader 0", "first_leader 1",
		"first_leader 5", "keys 1", "keys 2", "keys 3",
		"loss false, much false", "loss true, much false", "loss true, much true", "duplicate true", "duplicate false",
		"late true", "late false", "links 0", "links 1", "links 2", "links 3",
		"gives up true", "gives up false",
		"crash torn false one-way false rate false", "restart torn false one-way false rate false",
		"heal torn false one-way false rate false",
		"isolate torn false one-way false rate false", "partition torn false one-way false rate false",
		"partition torn false one-way true rate false",
		"pause torn false one-way false rate false", "slow torn false one-way false rate false",
		"skew torn false one-way false rate false",
		"skew torn false one-way false rate true", "stall torn false one-way false rate false",
		"elect torn false one-way false rate false", "lose_unsynced torn false one-way false rate false",
		"lose_unsynced torn true one-way false rate false", "crash the leader", "crash a follower",
		"crash the newest candidate", "isolate the leader", "pause the leader",
		"restart the crashed one", "crash at 2 leader", "crash at 2 candidate", "crash at 3 ", "crash at 4 ",
		"lose_unsynced at 4 ",
	} {
		if seen[want] < manySeeds/200 {
			t.Errorf("%q is in %d of %d runs", want, seen[want], manySeeds)
		}
	}
	if seen["unique"] != manySeeds {
		t.Errorf("values are unique in %d of %d runs", seen["unique"], manySeeds)
	}
}

// TestAllIsHealed looks whether there is an end to all that goes wrong, early enough for Progress to be demanded.
func TestAllIsHealed(t *testing.T) {
	const demanded = 8 * time.Second // 20 election timeouts: see the cluster's bound
	for _, p := range profile.All() {
		for seed := range uint64(manySeeds / 10) {
			c := drawn(t, p.Name, seed)
			if len(c.Faults) == 0 {
				continue
			}
			i := slices.IndexFunc(c.Faults,
				func(f config.Fault) bool { return f.Kind == config.Heal && f.Process == 0 && f.At.Time == lastHeal(c) })
			if i < 0 {
				t.Fatalf("%s with seed %d does not end with a heal of all:\n%s", p.Name, seed, c.TOML())
			}
			end := c.Faults[i].At.Time
			for _, f := range c.Faults {
				if f.At.Kind == config.AtTime &&
					(f.At.Time > end && f.Kind != config.Restart || f.At.Time == end && f.Kind != config.Restart &&
						f.Kind != config.Heal) {
					t.Errorf("%s with seed %d: %s of %s comes at %s, after the end at %s", p.Name, seed, f.Kind, f.Process, f.At, end)
				}
				if f.At.Time > c.MaxDuration-demanded {
					t.Errorf("%s with seed %d: %s at %s leaves no time for progress until %s", p.Name, seed, f.Kind, f.At,
						c.MaxDuration)
				}
				if f.Who != "" && f.Kind == config.Crash { // any node
					for n := range uint32(c.Counts.Total()) {
						restart := config.Fault{
							Kind: config.Restart, Process: world.NewProcessID(world.NodeGroup, n+1),
							At: config.When{Kind: config.AtTime, Time: end},
						}
						if !slices.ContainsFunc(c.Faults, restart.Same) {
							t.Errorf("%s with seed %d: node-%d may be down for ever", p.Name, seed, n+1)
						}
					}
				} else if f.Kind == config.Crash || f.Kind == config.LoseUnsynced {
					restart := config.Fault{Kind: config.Restart, Process: f.Process, At: config.When{Kind: config.AtTime, Time: end}}
					if !slices.ContainsFunc(c.Faults, restart.Same) {
						t.Errorf("%s with seed %d: %s may be down for ever", p.Name, seed, f.Process)
					}
				}
			}
		}
	}
}

func lastHeal(c *config.Config) time.Duration {
	last := time.Duration(0)
	for _, f := range c.Faults {
		if f.Kind == config.Heal {
			last = max(last, f.At.Time)
		}
	}
	return last
}

// TestOnTopOfAScenario draws faults for scenarios and clusters of all sizes: the scenario is kept, and what the command
// line says goes first.
func TestOnTopOfAScenario(t *testing.T) {
	given := config.Scenario{
		Name: "given", File: "given.toml",
		Text: []byte("title = \"The scenario\"\nnum_clients = 2\n[[fault]]\nat = \"90ms\"\ncrash = \"node-1\"\n"),
	}
	for _, p := range profile.All() {
		for nodes := 1; nodes <= 7; nodes++ {
			for seed := range uint64(10) {
				request := config.Request{
					BuiltIn: []config.Scenario{given},
					Overrides: []config.Override{
						config.SetKey("-seed", "seed", fmt.Sprint(seed)),
						config.SetKey("-nodes", "num_nodes", fmt.Sprint(nodes)), config.Set("-set", "network.loss=0.125"),
					},
				}
				request.Scenario, request.Chance = profile.For(p, request.Protocol(), given, false)
				r, err := config.Resolve(request)
				if err != nil {
					t.Fatalf("%s with seed %d and %d nodes: %v", p.Name, seed, nodes, err)
				}
				crash := config.Fault{
					Kind: config.Crash, Process: world.NewProcessID(world.NodeGroup, 1),
					At: config.When{Kind: config.AtTime, Time: 90 * time.Millisecond},
				}
				if r.Title != "The scenario" || r.NumClients != 2 || r.Counts.Total() != nodes || r.Network.Loss != 0.125 ||
					!slices.ContainsFunc(r.Faults, crash.Same) {
					t.Fatalf("%s with seed %d and %d nodes changes the scenario, or not the rest:\n%s", p.Name, seed, nodes, r.TOML())
				}
				if !strings.HasPrefix(r.Name(), fmt.Sprintf("given-%d-", seed)) {
					t.Errorf("the run is called %s", r.Name())
				}
			}
		}
	}
}

// TestAlone has a command's way to a drawn run, and the run's own run.toml, come to what Draw says; and a run that is
// not as drawn is called another name.
func TestAlone(t *testing.T) {
	for _, p := range profile.All()[1:] {
		for seed := range uint64(20) {
			request := config.Request{Overrides: []config.Override{config.SetKey("-seed", "seed", fmt.Sprint(seed))}}
			request.Scenario, request.Chance = profile.For(p, request.Protocol(), config.Scenario{}, true)
			r, err := config.Resolve(request)
			if err != nil {
				t.Fatal(err)
			}
			c := drawn(t, p.Name, seed)
			if !bytes.Equal(r.TOML(), c.TOML()) {
				t.Fatalf("%s with seed %d is\n%s\nand not\n%s", p.Name, seed, r.TOML(), c.TOML())
			}
			none, _ := profile.Find(profile.None)
			file := config.Scenario{File: "run.toml", Text: r.TOML()}
			request.Scenario, request.Chance = profile.For(none, protocols.Usual(), file, false)
			if again, err := config.Resolve(request); err != nil || again.Name() != r.Name() ||
				!bytes.Equal(again.TOML(), r.TOML()) {
				t.Errorf("%s comes back from its file as another: %v", r.Name(), err)
			}
			request.Overrides = []config.Override{config.SetKey("-seed", "seed", fmt.Sprint(seed+1))}
			if other, err := config.Resolve(request); err != nil ||
				!strings.HasPrefix(other.Name(), fmt.Sprintf("%s-%d-", p.Name, seed+1)) {
				t.Errorf("%s with another seed is called %s, as the run that this draws: %v", r.Name(), other.Name(), err)
			}
		}
	}
}

func TestFind(t *testing.T) {
	_, err := profile.Find("mix")
	if want := `unknown profile "mix"; the nearest is "mixed", and -list shows all`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := profile.Draw("mix", 1); err == nil {
		t.Error("a profile that is none is drawn")
	}
}

// TestInvariantsHold runs a few seeds of each profile. cmd/sweep is for many.
func TestInvariantsHold(t *testing.T) {
	t.Parallel()
	defer cluster.Tune()()
	for _, p := range profile.All() {
		violated := 0
		for seed := range uint64(fewSeeds) {
			r, err := cluster.New(drawn(t, p.Name, seed), cluster.Options{Tuned: true}).Run(t.Context())
			if r.Checks.Violation != nil && p.Lies && r.LyingDisk {
				violated++
			} else if err != nil || r.Checks.Violation != nil {
				t.Errorf("go run ./cmd/run -faults %s -seed %d: %v, %v", p.Name, seed, err, r.Checks.Violation)
			}
		}
		if p.Lies && violated < fewSeeds/2 {
			t.Errorf("in %d of %d runs of %s, whose disks lie, something is violated", violated, fewSeeds, p.Name)
		}
	}
}

// TestIDsAreUniqueWhateverGoesWrong looks for two spans of one run that share an id, and for a zero one, in runs in
// which everything goes wrong.
func TestIDsAreUniqueWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	for seed := range uint64(manySeeds) / 5 {
		c := drawn(t, profile.Mixed, seed)
		ids := &idsOf{seen: make(map[world.CausalID]string)}
		recorded.Record(t, c, cluster.Options{Unchecked: true}, ids)
		for _, wrong := range ids.wrong {
			t.Errorf("seed %d: %s; see: go run ./cmd/run -faults mixed -seed %d", seed, wrong, seed)
		}
	}
}

// idsOf gathers the ids of a run's spans.
type idsOf struct {
	seen  map[world.CausalID]string
	wrong []string
}

func (i *idsOf) Export(_ context.Context, s *span.Span) error {
	what := fmt.Sprintf("%s at %s", s.Name, s.Start.Format("05.000000"))
	if other, twice := i.seen[s.ID]; twice || s.ID == 0 {
		i.wrong = append(i.wrong, fmt.Sprintf("%s and %s have the id %s", other, what, s.ID))
	}
	i.seen[s.ID] = what
	return nil
}

func (*idsOf) Shutdown(context.Context) error { return nil }
