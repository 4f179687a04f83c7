package shrink

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/world"
)

// TestMinimal shrinks configs with each kind of violation: the result violates the same, and nothing can be taken away
// from it.
func TestMinimal(t *testing.T) {
	for _, p := range predicates {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(2) {
				c := generated(t, seed)
				f := &fake{violates: p.of(c, seed), at: 42 * time.Millisecond}
				if f.violates(c) != wanted {
					continue
				}
				before := c.Clone()
				r, err := Shrink(t.Context(), c, Options{World: f.world()})
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if diff := cmp.Diff(before, c); diff != "" {
					t.Fatalf("seed %d: the config that is to be shrunk was changed (-before +after):\n%s", seed, diff)
				}
				minimal(t, r.Config, f.violates)
				if !r.Minimal || r.Runs != f.runs || r.Config.MaxDuration != 43*time.Millisecond ||
					r.Violation.Invariant.Name != wanted || r.Before != SizeOf(c) || r.After != SizeOf(r.Config) {
					t.Errorf("seed %d: it says of itself that %+v, after %d runs", seed, r, f.runs)
				}
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// TestEachWay goes each way by itself: nothing can be taken away at its end.
func TestEachWay(t *testing.T) {
	t.Parallel()
	for _, p := range predicates {
		for way := range uint64(8) {
			c := generated(t, way)
			f := &fake{violates: p.of(c, way)}
			if f.violates(c) != wanted {
				continue
			}
			s := newShrinker(t.Context(), Options{World: f.world()})
			if !s.begin(c) {
				t.Fatal(s.err)
			}
			s.way = way
			s.descend()
			minimal(t, s.config, f.violates)
			if t.Failed() {
				t.Fatalf("%s, way %d", p.name, way)
			}
		}
	}
}

// TestTogether has faults that can only go in twos or threes, which are no neighbours.
func TestTogether(t *testing.T) {
	t.Parallel()
	for _, together := range []int{2, 3} {
		const groups = 5
		c := config.Default()
		for i := range groups * together {
			c.Faults = append(c.Faults,
				config.Fault{
					Kind: config.Crash, Process: node(1),
					At: config.When{Kind: config.AtTime, Time: time.Duration(i) * time.Millisecond},
				})
		}
		f := &fake{violates: func(c *config.Config) string {
			var of [groups]int
			for _, fault := range c.Faults {
				of[fault.At.Time/time.Millisecond%groups]++
			}
			return when(of[0] > 0 && !slices.ContainsFunc(of[:], func(n int) bool { return n != 0 && n != together }))
		}}
		r, err := Shrink(t.Context(), c, Options{World: f.world()})
		if err != nil {
			t.Fatal(err)
		}
		if r.After.Faults > smallFaults || together == 2 && r.After.Faults != together {
			t.Errorf("%d at a time: what is left is %s", together, r.After)
		}
	}
}

// TestNeededSetting keeps the settings that are needed, and no others.
func TestNeededSetting(t *testing.T) {
	t.Parallel()
	c := generated(t, 2)
	f := &fake{violates: predicates[len(predicates)-1].of(c, 2)}
	r, err := Shrink(t.Context(), c, Options{World: f.world()})
	if err != nil {
		t.Fatal(err)
	}
	if changes := r.Config.Changes(); !slices.Contains(changes, "raft.max_inflight") ||
		slices.Contains(changes, "client.think_time") {
		t.Errorf("the settings %q are left", changes)
	}
}

// TestWithNodes leaves out what names a server that is gone.
func TestWithNodes(t *testing.T) {
	t.Parallel()
	text := `
num_nodes = 5
raft.first_leader = 5
[[link]]
from = "node-1"
to = "node-2"
loss = 0.5
[[link]]
from = "node-4"
to = "node-1"
loss = 0.5
[[operation]]
client = "client-1"
get = "a"
server = "node-4"
[[fault]]
at = "1ms"
partition = [["node-1", "node-4"], ["node-5"], ["node-2", "node-3"]]
[[fault]]
at = "2ms"
partition = [["node-1", "node-2", "node-3"], ["node-5", "node-4"]]
[[fault]]
at = "3ms"
crash = "node-4"
[[fault]]
at = "node-5 becomes leader"
crash = "node-1"
[[fault]]
at = "4ms"
heal = "all"
[[fault]]
at = "5ms"
isolate = "client-5"
`
	want := `
num_nodes = 3
[[link]]
from = "node-1"
to = "node-2"
loss = 0.5
[[operation]]
client = "client-1"
get = "a"
[[fault]]
at = "1ms"
partition = [["node-1"], ["node-2", "node-3"]]
[[fault]]
at = "4ms"
heal = "all"
[[fault]]
at = "5ms"
isolate = "client-5"
`
	parsed := func(text string) *config.Config {
		t.Helper()
		c, err := config.Parse("x.toml", []byte("num_clients = 5\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	whole := parsed(text)
	if diff := cmp.Diff(string(parsed(want).TOML()), string(withServers(whole, world.NodeGroup, 3).TOML())); diff != "" {
		t.Errorf("with 3 nodes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(parsed(text), whole); diff != "" {
		t.Errorf("the config itself is changed (-before +after):\n%s", diff)
	}
}

// TestPlain has nothing left in the result that says nothing.
func TestPlain(t *testing.T) {
	t.Parallel()
	c := generated(t, 1)
	c.Expects = []config.Expect{{Leader: node(1)}}
	f := &fake{violates: predicates[0].of(c, 1), at: 42 * time.Millisecond}
	r, err := Shrink(t.Context(), c, Options{World: f.world()})
	if err != nil {
		t.Fatal(err)
	}
	want := Size{Servers: 3, Kind: "node"}
	if r.After != want || len(r.Config.Changes()) != 8 || len(r.Config.Expects) > 0 {
		t.Errorf("the result is of size %+v and says %q", r.After, r.Config.Changes())
	}
	again, err := config.Parse("x.toml", r.File())
	if err != nil {
		t.Fatalf("%s\n%v", r.File(), err)
	}
	if diff := cmp.Diff(r.Config, again); diff != "" {
		t.Errorf("the file is another config (-want +got):\n%s", diff)
	}
}

// TestDeterministic shrinks twice.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	for _, p := range predicates {
		c := generated(t, 3)
		violates := p.of(c, 3)
		if violates(c) != wanted {
			continue
		}
		var files [2]string
		for i := range files {
			r, err := Shrink(t.Context(), c, Options{World: (&fake{violates: violates, at: time.Second}).world()})
			if err != nil {
				t.Fatalf("%s: %v", p.name, err)
			}
			files[i] = string(r.File())
		}
		if diff := cmp.Diff(files[0], files[1]); diff != "" {
			t.Errorf("%s: (-first +second)\n%s", p.name, diff)
		}
	}
}

// TestBudget gives fewer and fewer runs: no more are made, and the result is right as far as it goes, and says how far
// that is.
func TestBudget(t *testing.T) {
	t.Parallel()
	c := generated(t, 5)
	violates := predicates[1].of(c, 5)
	whole := &fake{violates: violates}
	r, err := Shrink(t.Context(), c, Options{World: whole.world()})
	if err != nil || !r.Minimal {
		t.Fatalf("%+v, %v", r, err)
	}
	proven, unproven := 0, 0
	for runs := 1; runs < whole.runs; runs += 131 {
		f, told := &fake{violates: violates}, 0
		r, err := Shrink(t.Context(), c, Options{World: f.world(), Runs: runs, Progress: func(n int, _ Size) { told = n }})
		if err != nil {
			t.Fatalf("with %d runs: %v", runs, err)
		}
		if f.runs > runs || told != f.runs || r.Runs != f.runs || violates(r.Config) != wanted {
			t.Errorf("with %d runs: %d were made, of which it told %d; it violates %q", runs, f.runs, told, violates(r.Config))
		}
		if r.Minimal {
			proven++
			minimal(t, r.Config, violates)
		} else {
			unproven++
		}
		if r.Minimal == strings.Contains(r.Config.What, "there was no time") {
			t.Errorf("with %d runs it is proven to be minimal: %v, and says\n%s", runs, r.Minimal, r.Config.What)
		}
	}
	if proven == 0 || unproven == 0 {
		t.Errorf("%d results are proven, and %d are not: a few of both are wanted", proven, unproven)
	}
}

// TestCancelled stops a shrinking under way.
func TestCancelled(t *testing.T) {
	t.Parallel()
	c := generated(t, 5)
	for after := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fake{violates: predicates[1].of(c, 5)}
		_, err := Shrink(ctx, c, Options{World: f.world(), Progress: func(runs int, _ Size) {
			if runs > after {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) || f.runs != after+1 {
			t.Errorf("cancelled after %d runs, it returns %v after %d", after+1, err, f.runs)
		}
	}
}

// TestNothingToShrink has runs that violate nothing, and one that cannot be carried out.
func TestNothingToShrink(t *testing.T) {
	t.Parallel()
	c := generated(t, 5)
	f := &fake{violates: func(*config.Config) string { return "" }}
	if _, err := Shrink(t.Context(), c, Options{World: f.world()}); !errors.Is(err, ErrHolds) {
		t.Errorf("a run that violates nothing: %v", err)
	}
	if _, err := Shrink(t.Context(), config.Default(), Options{}); !errors.Is(err, ErrHolds) {
		t.Errorf("the default run: %v", err)
	}
	broken := errors.New("broken")
	w := f.world()
	w.Messages = func(context.Context, *config.Config) ([]Message, error) { return nil, broken }
	f.violates = predicates[0].of(c, 5)
	if _, err := Shrink(t.Context(), c, Options{World: w}); !errors.Is(err, broken) {
		t.Errorf("a world that is broken: %v", err)
	}
}

// TestViolationAtTheEnd shrinks a run that is violated only by being over, after a while.
func TestViolationAtTheEnd(t *testing.T) {
	t.Parallel()
	const bound = 7 * time.Second
	f := &fake{}
	f.violates = func(c *config.Config) string {
		f.at = c.MaxDuration - 1 // it is seen at the end
		return when(c.MaxDuration >= bound)
	}
	c := config.Default()
	w := f.world()
	run := w.Run
	w.Run = func(ctx context.Context, c *config.Config) (v *check.Violation, err error) {
		if v, err = run(ctx, c); v != nil {
			v.At = c.MaxDuration
		}
		return v, err
	}
	r, err := Shrink(t.Context(), c, Options{World: w})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Config.MaxDuration; got < bound || got > bound+bound/precision {
		t.Errorf("the run takes %s, and has to take %s", got, bound)
	}
}
