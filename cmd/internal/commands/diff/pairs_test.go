package diff

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/diff"
)

// pairOf is a run that is compared with the default one, and what is to be said of where they part.
type pairOf struct {
	name  string
	other *config.Config
	kind  string // of the reason
	text  string // what the reason says
	keys  string // of the config that are named, in their order
	first string // what the first divergence is
	alone bool   // nothing else differs, so that all comes of it
}

func node(n uint32) world.ProcessID { return world.NewProcessID(world.NodeGroup, n) }

func after(d time.Duration) config.When { return config.When{Kind: config.AtTime, Time: d} }

// faultsInB are pairs of which B has a fault of each kind.
func faultsInB(base *config.Config) []pairOf {
	const then = 60 * time.Millisecond
	var pairs []pairOf
	for _, f := range []struct {
		fault config.Fault
		first string
	}{
		{config.Fault{Kind: config.Crash, At: after(then), Process: node(2)}, "FAULT: crash node-2"},
		{config.Fault{
			Kind: config.Crash, At: config.When{Kind: config.AtRole, Process: node(1), Role: "leader"},
			Process: node(1),
		}, "FAULT: crash node-1"},
		{config.Fault{Kind: config.Isolate, At: after(then), Process: node(2)}, "FAULT: isolate node-2"},
		{config.Fault{
			Kind: config.Partition, At: after(then),
			Sides: sides([]world.ProcessID{node(1), node(2)},
				[]world.ProcessID{node(3), node(4), node(5)}),
		}, "FAULT: partition node-1 node-2 | node-3 node-4 node-5"},
		{config.Fault{
			Kind: config.Partition, At: after(then), OneWay: true,
			Sides: sides([]world.ProcessID{node(1)}, []world.ProcessID{node(3)}),
		}, "FAULT: partition node-1 | node-3"},
		{config.Fault{Kind: config.Pause, At: after(then), Process: node(2)}, "FAULT: pause node-2"},
		{
			config.Fault{Kind: config.Slow, At: after(then), Process: node(2), By: 5 * time.Millisecond},
			"FAULT: slow node-2 by 5ms",
		},
		{
			config.Fault{Kind: config.Skew, At: after(then), Process: node(2), By: 400 * time.Millisecond},
			"FAULT: skew node-2 by 400ms",
		},
		{
			config.Fault{Kind: config.Skew, At: after(then), Process: node(1), Rate: 1500},
			"FAULT: skew node-1 to 1.5 times the true pace",
		},
		{
			config.Fault{Kind: config.LoseUnsynced, At: after(then), Process: node(2), Torn: true},
			"FAULT: lose unsynced node-2",
		},
		{config.Fault{Kind: config.Elect, At: after(then), Process: node(3)}, "FAULT: elect node-3"},
	} {
		other := with(base, f.fault)
		other.MaxDuration = base.MaxDuration
		pairs = append(pairs, pairOf{f.first, other, diff.ReasonFault, "a fault that is only in B", "fault", f.first, true})
	}
	twice := with(with(base, config.Fault{Kind: config.Heal, At: after(300 * time.Millisecond), Process: node(2)}),
		config.Fault{Kind: config.Pause, At: after(then), Process: node(2)})
	return append(pairs, pairOf{
		"pause and heal", twice, diff.ReasonFault, "a fault that is only in B", "fault",
		"FAULT: pause node-2", false,
	})
}

// TestPairs compares the default run with others: where they part and what made them is told truly, all that differs is
// counted and nothing else, and with the sides swapped all is said the same. Where one thing alone differs, a cause is
// found of everything.
func TestPairs(t *testing.T) {
	short := config.Set("-set", "max_duration=2s") // so that a run with somebody cut off does not take long
	set := func(keys ...string) *config.Config {
		overrides := []config.Override{short}
		for _, key := range keys {
			overrides = append(overrides, config.Set("-set", key))
		}
		return scenario(t, "default", overrides...)
	}
	base := set()
	file, _ := traced(t, base)
	all := spansOf(t, file)
	vote, entries := nth(t, all, spans.RequestVoteServerName, trace.SpanKindServer, 1), nth(t, all,
		spans.AppendEntriesClientName, trace.SpanKindClient, 7)
	raw, a := rawSpans(t, file), indexed(t, "a", file)
	for _, pair := range append(faultsInB(base),
		pairOf{
			"lost", dropping(base, vote), diff.ReasonCounterfactual,
			"a counterfactual: the message is lost in B, as -drop " + vote.String() + " has it", "", "votes on node-1", true,
		},
		pairOf{
			"late", with(base, config.Fault{Kind: config.Delay, Message: entries, By: 40 * time.Millisecond}),
			diff.ReasonCounterfactual, "is late in B, as -delay " + entries.String() + "=40ms has it", "", "sends entry", true,
		},
		pairOf{
			"doubled", with(base, config.Fault{Kind: config.Duplicate, Message: vote}), diff.ReasonCounterfactual,
			"arrives twice in B, as -duplicate " + vote.String() + " has it", "", "votes on node-1", true,
		},
		pairOf{"two lost", dropping(dropping(base, vote), entries), diff.ReasonCounterfactual, "as -drop " + vote.String() +
			" has it", "", "votes on node-1", false},
		pairOf{"seed", set("seed=2"), diff.ReasonDraw, "a random draw: the seeds differ", "seed", "is told its peers", false},
		pairOf{
			"fewer servers", set("num_nodes=3"), diff.ReasonConfig, "the config", "num_nodes", "starts as follower",
			false,
		},
		pairOf{"more clients", set("num_clients=4"), diff.ReasonConfig, "the config", "num_clients", "starts", true},
		pairOf{
			"more requests", set("requests_per_client=6"), diff.ReasonConfig, "the config", "requests_per_client",
			"operation 6", false,
		},
		pairOf{"keys", set(`keys=["a"]`), diff.ReasonConfig, "the config", "keys", "operation 1", false},
		pairOf{
			"latency", set("network.latency=1ms..9ms"), diff.ReasonConfig, "the config", "network.latency",
			"votes on node-1", false,
		},
		pairOf{
			"loss", set("network.loss=0.05"), diff.ReasonConfig, "the config, by which the message is lost in B",
			"network.loss", "for its vote", false,
		},
		pairOf{
			"several keys", set("client.timeout=2s", "num_nodes=3", "raft.rpc_timeout=90ms"), diff.ReasonConfig,
			"the config", "num_nodes client.timeout raft.rpc_timeout", "starts as follower", false,
		},
		pairOf{
			"seed and key", set("seed=2", "num_nodes=3"), diff.ReasonConfig, "the config, and another seed",
			"seed num_nodes", "starts as follower", false,
		},
		pairOf{
			"another scenario", scenario(t, "leader-crash"), diff.ReasonConfig, "the config", "num_nodes",
			"starts as follower", false,
		},
	) {
		t.Run(pair.name, func(t *testing.T) {
			other, _ := traced(t, pair.other)
			b := indexed(t, "b", other)
			o := diff.Options{Max: defaultMax}
			d, err := diff.Compare(t.Context(), a, b, o)
			if err != nil || d.First == nil {
				t.Fatalf("nothing differs, or %v", err)
			}
			reason := &d.First.Reason
			var keys []string
			for _, k := range reason.Keys {
				keys = append(keys, k.Key)
			}
			if pair.kind == diff.ReasonFault && len(keys) != 1 {
				t.Errorf("the faults %+v are named, and one made it", reason.Keys)
			}
			if reason.Kind != pair.kind || !strings.Contains(reason.Text, pair.text) ||
				!strings.HasPrefix(strings.Join(keys, " "), pair.keys) || !strings.Contains(d.First.Span.Text, pair.first) {
				t.Errorf("they part at %q, made by %+v; want %q, made by %s, %q, %s", d.First.Span.Text, reason, pair.first,
					pair.kind, pair.text, pair.keys)
			}
			if pair.alone && d.Elsewhere.Spans > 0 {
				t.Errorf("no cause is found of %d spans, such as %+v", d.Elsewhere.Spans, d.Elsewhere.Tree[0])
			}
			checkSame(t, pair.name, d, raw, rawSpans(t, other))
			checkMirrored(t, pair.name, d, a, b, o)
			checkTree(t, &d.Followed)
			checkTree(t, &d.Elsewhere)
		})
	}
}

// checkTree holds the shape of a tree against what it says of itself: each line is below what it comes of, the larger
// before the smaller, and all spans are told or counted.
func checkTree(t *testing.T, c *diff.Consequences) {
	t.Helper()
	sizes, seen, last := map[string]int{}, c.Rest.Spans, map[string]int{}
	for i := range c.Tree {
		line := &c.Tree[i]
		seen += 1 + line.Folded.Spans
		size, above := sizes[line.Of]
		if line.Of != "" && (!above || size < line.Size) {
			t.Errorf("%s stands below %q, which does not stand above it or is smaller", line.Event.ID, line.Of)
		}
		if before, sibling := last[line.Of]; sibling && before < line.Size {
			t.Errorf("%s is larger than what stands before it below %q", line.Event.ID, line.Of)
		}
		sizes[line.Event.ID], last[line.Of] = line.Size, line.Size
	}
	if seen != c.Spans {
		t.Errorf("%d spans are told or folded, of %d", seen, c.Spans)
	}
}

// TestCut compares a run with a trace of it that ends early, at the end of a line: that is what is said, and not that
// the code is another.
func TestCut(t *testing.T) {
	file, _ := traced(t, scenario(t, "default"))
	lines := slices.Collect(bytes.Lines(file))
	if len(lines) < 2 {
		t.Fatal("the trace has one line")
	}
	cut := bytes.Join(lines[:len(lines)-1], nil)
	for _, c := range []struct {
		a, b []byte
		in   string
	}{{file, cut, "in B"}, {cut, file, "in A"}} {
		d, err := diff.Compare(t.Context(), indexed(t, "a", c.a), indexed(t, "b", c.b), diff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if reason := d.First.Reason; reason.Kind != diff.ReasonCut || !strings.Contains(reason.Text, c.in) {
			t.Errorf("the reason is %+v, want that something is missing %s", reason, c.in)
		}
	}
}

// sides are those of a partition.
func sides(all ...[]world.ProcessID) [][]config.Target {
	sides := make([][]config.Target, len(all))
	for i, side := range all {
		for _, p := range side {
			sides[i] = append(sides[i], config.Target{Process: p})
		}
	}
	return sides
}
