package diff

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
)

// called is what the command came to.
type called struct {
	status         int
	stdout, stderr string
}

func call(t *testing.T, args ...string) called {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := Main(t.Context(), args, &stdout, &stderr)
	return called{status, stdout.String(), stderr.String()}
}

// keep writes a trace to where the runner puts it.
func keep(t *testing.T, name string, file []byte) {
	t.Helper()
	folder := filepath.Join(filepath.FromSlash(runs.Folder), name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, record.FileName), file, 0o644); err != nil {
		t.Fatal(err)
	}
}

// small is the default run, small enough to be read by eye, with some keys set.
func small(t *testing.T, settings ...string) *config.Config {
	t.Helper()
	overrides := []config.Override{
		config.Set("-set", "num_nodes=3"), config.Set("-set", "num_clients=2"),
		config.Set("-set", "requests_per_client=3"),
	}
	for _, s := range settings {
		overrides = append(overrides, config.Set("-set", s))
	}
	return scenario(t, "default", overrides...)
}

// smallest is a run of one server and one request.
func smallest(t testing.TB) *config.Config {
	t.Helper()
	return scenario(t, "default", config.Set("-set", "num_nodes=1"), config.Set("-set", "num_clients=1"),
		config.Set("-set", "requests_per_client=1"))
}

// with is a config with one more fault.
func with(c *config.Config, f config.Fault) *config.Config {
	d := c.Clone()
	d.Faults = append(d.Faults, f)
	return d
}

// nth is the id of the n-th span of a name and a kind, from 1.
func nth(t *testing.T, all []traces.Span, name string, kind trace.SpanKind, n int) world.CausalID {
	t.Helper()
	for i := range all {
		if all[i].Name == name && all[i].Kind == kind {
			if n--; n == 0 {
				return all[i].ID
			}
		}
	}
	t.Fatalf("there are not so many spans %s", name)
	return 0
}

// TestGolden compares what is said of some pairs of runs with files that are read before they are committed.
func TestGolden(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	base := small(t)
	file, _ := traced(t, base)
	keep(t, "base", file)
	all := spansOf(t, file)
	vote := nth(t, all, spans.RequestVoteServerName, trace.SpanKindServer, 1)
	told := nth(t, all, spans.CommitNotificationProducerName, trace.SpanKindProducer, 5)
	answer := nth(t, all, spans.GetServerName, trace.SpanKindServer, 1)
	entries := nth(t, all, spans.AppendEntriesClientName, trace.SpanKindClient, 4)
	crash := config.Fault{
		Kind: config.Crash, At: config.When{Kind: config.AtTime, Time: 60_000_000},
		Process: world.NewProcessID(world.NodeGroup, 2),
	}
	noDedup := small(t, "bug=no-dedup", "network.loss=0.1", "seed=5")
	for _, pair := range []struct {
		name   string
		a, b   *config.Config
		args   []string
		status int
	}{
		{"same", base, base, nil, statusSame},
		{"lost-vote", base, dropping(base, vote), nil, statusDiffer},
		{"lost-notification", base, dropping(base, told), nil, statusDiffer},
		{"lost-answer", base, dropping(base, answer), []string{"-max", "12"}, statusDiffer},
		{
			"late-entries", base, with(base, config.Fault{Kind: config.Delay, Message: entries, By: 40_000_000}),
			[]string{"-max", "12"},
			statusDiffer,
		},
		{"doubled-answer", base, with(base, config.Fault{Kind: config.Duplicate, Message: answer}), nil, statusDiffer},
		{"another-seed", base, small(t, "seed=2"), []string{"-max", "8"}, statusDiffer},
		{
			"another-seed-client", base, small(t, "seed=2"),
			[]string{"-max", "8", "-only", "client-2", "-tolerance", "1ms"},
			statusDiffer,
		},
		{"one-more-request", base, small(t, "requests_per_client=4"), []string{"-max", "8"}, statusDiffer},
		{"five-nodes", base, small(t, "num_nodes=5"), []string{"-max", "8"}, statusDiffer},
		{"crash", base, with(base, crash), []string{"-max", "8"}, statusDiffer},
		{"bug", small(t, "network.loss=0.1", "seed=5"), noDedup, []string{"-max", "8"}, statusDiffer},
		{"crash-elections", base, with(base, crash), []string{"-only", "elections"}, statusSame},
		{"lost-entries-node", base, dropping(base, entries), []string{"-max", "8", "-only", "node-3"}, statusDiffer},
		{"slower", base, small(t, "process.step_time=1ms..1ms"), []string{"-max", "4", "-ignore", "time"}, statusDiffer},
	} {
		t.Run(pair.name, func(t *testing.T) {
			a, _ := traced(t, pair.a)
			b, _ := traced(t, pair.b)
			keep(t, "a", a)
			keep(t, "b", b)
			got := call(t, append(pair.args, "a", "b")...)
			if got.status != pair.status || got.stderr != "" {
				t.Errorf("exit status %d, want %d; %s", got.status, pair.status, got.stderr)
			}
			golden.Compare(t, filepath.Join(testdata, pair.name+".txt"), got.stdout)
		})
	}
}
