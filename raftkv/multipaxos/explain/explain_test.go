package explain_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/multipaxos/explain"
	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	tool "github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

func written(x *tool.Explanation, columns int) string {
	var b bytes.Buffer
	_ = x.Write(&b, words.Plain, columns) // a buffer takes all
	return b.String() + "\nnext  " + x.Next + "\n"
}

func explainer(all []span.Span) *tool.Explainer { return tool.New(index.Of(all), explain.Protocol()) }

// scenes are runs that teach.
var scenes = map[string]scene{
	// The leader crashes. What a majority had accepted, and it did not know, the other adopts.
	"takeover": {
		seed: 5, clients: 3, operations: 10, faults: append(crash(150*ms, leader(1)), restart(900*ms, leader(1))),
	},
	// Half of what the leader asks is lost, and it crashes: the other fills a hole with a no-op.
	"hole": {
		seed: 25, clients: 3, operations: 6, faults: crash(71*ms, leader(1)),
		network: sim.Config{Links: []sim.Link{
			{From: leader(1), To: acceptor(1), Loss: 0.5},
			{From: leader(1), To: acceptor(2), Loss: 0.5},
			{From: leader(1), To: acceptor(3), Loss: 0.5},
		}},
		config: func(c *node.Config) { c.RPCTimeout = 150 * ms },
	},
	"cut-off": {seed: 2, clients: 2, operations: 4, faults: []fault{
		cut(60*ms, these(replica(2)), leader(1), leader(2)), heal(85 * ms),
	}},
	// Leaders suspect each other sooner than a value can be chosen.
	"duel": {
		seed: 3, clients: 1, operations: 2, network: sim.Config{Latency: world.Range{Min: 8 * ms, Max: 9 * ms}},
		config: impatient(20*ms, 40*ms),
	},
	"race": {
		seed: 6, clients: 1, operations: 2, network: sim.Config{Latency: world.Range{Min: ms, Max: 15 * ms}},
		config: impatient(5*ms, 10*ms),
	},
	"majority-down": {
		seed: 1, clients: 1, operations: 2, network: sim.Config{MaxDuration: 500 * ms},
		faults: crash(57*ms, acceptor(1), acceptor(2)),
	},
	"window": {seed: 1, clients: 3, operations: 2, config: func(c *node.Config) { c.Window = 1 }},
	"lost":   {seed: 6, clients: 2, operations: 6, network: sim.Config{Loss: 0.12}},
}

// impatient has leaders suspect each other soon, and wait so much longer when they are preempted.
func impatient(least, most time.Duration) func(*node.Config) {
	return func(c *node.Config) {
		c.SuspicionTimeout, c.Backoff = world.Range{Min: 5 * ms, Max: 6 * ms}, world.Range{Min: least, Max: most}
		c.HeartbeatInterval, c.RPCTimeout = 30*ms, 50*ms
	}
}

// TestGolden holds answers about the scenes. Read the difference as prose before you commit it: a student is to follow
// it.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scene, question string }{
		{"takeover", "leader ballot 2.2"}, // a value is adopted
		{"takeover", "slot 25 replica-1"}, // a value is chosen, though its leader never knew
		{"takeover", "client-1 9"},        // the leader crashed before it had the request
		{"hole", "leader ballot 2.2"},     // a hole is filled with a no-op
		{"hole", "slot 3 replica-2"},
		{"cut-off", "slot 5 replica-2"}, // a replica catches up
		{"cut-off", "slot 8 replica-2"}, // it had a value, and one before it was missing
		{"race", "leader ballot 1.1"},   // a leader is preempted before it leads
		{"duel", "slot 2 replica-2"},    // and after
		{"duel", "client-1 2"},
		{"majority-down", "client-1 2"}, // the outcome is unknown
		{"majority-down", "slot 3 replica-2"},
		{"window", "client-2 1"},
		{"lost", "lost Accept"},
	} {
		t.Run(c.scene+" "+c.question, func(t *testing.T) {
			t.Parallel()
			all := play(t, scenes[c.scene])
			question := c.question
			for i := range all {
				s := &all[i]
				if question == "lost Accept" && s.Name == spans.AcceptClientName && s.Kind == trace.SpanKindClient &&
					traces.EventOf(s, worldspans.EventDrop) != nil {
					question = s.ID.String()
				}
			}
			x, err := explainer(all).Explain(question)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", c.scene+"_"+strings.ReplaceAll(c.question, " ", "-")+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(written(x, 80)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), written(x, 80)); diff != "" {
				t.Errorf("-want +got; if the change is meant: go test . -run TestGolden -update\n%s", diff)
			}
		})
	}
}

// Each kind of question has an answer, and one that has none is said to have none, with the nearest that has.
func TestQuestions(t *testing.T) {
	t.Parallel()
	e := explainer(play(t, scenes["duel"]))
	for _, question := range []string{
		"leader ballot 1.2", "leader 1.2", "ballot 1.2", "slot 1 replica-2", "replica-2 slot 1", "slot 1 leader-1",
		"client-1 2", "client-1/2",
	} {
		if x, err := e.Explain(question); err != nil || x.Answer.Text == "" {
			t.Errorf("%q: %+v, %v", question, x, err)
		}
	}
	for question, want := range map[string][2]string{
		"leader ballot 9.1": {"nobody began ballot 9.1", "leader ballot 3.2"},
		"leader ballot 0.1": {"nobody began ballot 0.1", "leader ballot 1.1"},
		"leader":            {"of which ballot it does not say", "leader ballot 1.1"},
		"slot 1":            {"of which leader or replica it does not say", ""},
		"replica-1":         {"which slot of replica-1 it does not say", ""},
		"slot 1 replica-9":  {"there is no replica-9 in this run", ""},
		"slot 9 replica-1":  {"nobody proposed anything in slot 9", "slot 2 leader-1"},
		"slot 1 acceptor-1": {"acceptor-1 is an acceptor, which applies nothing", "slot 1 leader-1"},
		"slot 1.5 leader-1": {"cannot tell what", ""},
		"leader term 1":     {"cannot tell what", ""},
	} {
		_, err := e.Explain(question)
		var q *tool.QuestionError
		if err == nil || !strings.Contains(err.Error(), want[0]) {
			t.Errorf("%q: error %v, want %q", question, err, want[0])
		} else if errors.As(err, &q) != (want[1] != "") || q != nil && q.Nearest != want[1] {
			t.Errorf("%q: the nearest question is said to be %+v, want %q", question, q, want[1])
		}
	}
}
