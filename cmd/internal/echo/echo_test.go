package echo_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/echo"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/profile"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/cmd/internal/shrink"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/story"
)

// parsed reads a config that has nothing wrong.
func parsed(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("my.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConfig reads and writes a config of another protocol: its keys, counts, names and roles follow it.
func TestConfig(t *testing.T) {
	echo.Row(t)
	c := parsed(t, `
		protocol = "echo"
		num_keepers = 2
		bug = "deaf-mirror"
		[echo]
		interval = "5ms"
		[[link]]
		from = "keeper-1"
		to = "mirror-2"
		loss = 0.5
		[[operation]]
		client = "client-1"
		put = "a"
		value = "x"
		server = "keeper-2"
		[[fault]]
		at = "1ms"
		crash = "mirror-1"
		[[fault]]
		at = "keeper-2 becomes keeping"
		isolate = "the leader"
		[[fault]]
		at = "2ms"
		partition = [["keeper-1", "mirror-1"], ["the others"]]
		[[fault]]
		at = "3ms"
		elect = "keeper-2"
		[[expect]]
		leader = "keeper-2"
		[[expect]]
		violated = "SameOrder"
		[[expect]]
		sometimes = "a mirror was behind"
	`)
	golden.Compare(t, "testdata/config.golden", string(c.TOML()))
	again := parsed(t, string(c.TOML()))
	if !bytes.Equal(again.TOML(), c.TOML()) {
		t.Errorf("written, read and written again, it is another config:\n%s", again.TOML())
	}
	if got := c.Counts.All(); fmt.Sprint(got) != "[keeper-1 keeper-2 mirror-1 mirror-2]" {
		t.Errorf("the servers are %v", got)
	}
	if got := fmt.Sprint(c.Changes()); !strings.Contains(got, "protocol") || !strings.Contains(got, "echo.interval") {
		t.Errorf("the keys %s are said to be changed", got)
	}
	for _, text := range []string{"", "protocol = \"raft\""} {
		if raft := parsed(t, text); bytes.Contains(raft.TOML(), []byte("protocol")) || raft.Row() != protocols.Usual() {
			t.Errorf("%q is not Raft, or says so:\n%s", text, raft.TOML())
		}
	}
}

// TestWrongConfigs wants all that is wrong at once, with its place and the nearest name.
func TestWrongConfigs(t *testing.T) {
	echo.Row(t)
	var got strings.Builder
	for _, text := range []string{
		"protocol = \"ecko\"\nnum_mirors = 2\n[echo]\ninterval = \"1ms\"\n",
		"protocol = 3\n",
		"num_keepers = 1\n[echo]\ninterval = \"1ms\"\n[[fault]]\nat = \"1ms\"\ncrash = \"mirror-1\"\n",
		"protocol = \"echo\"\nnum_nodes = 3\nbug = \"forget-vote\"\nnum_keepers = 0\n[raft]\nmax_entries = 1\n",
		"protocol = \"echo\"\nbug = \"deaf-miror\"\necho.first_keeper = 2\necho.intervall = \"1s\"\n",
		"protocol = \"echo\"\n[[fault]]\nat = \"node-1 becomes leader\"\ncrash = \"node-1\"\n" +
			"[[fault]]\nat = \"mirror-1 becomes keeping\"\ncrash = \"mirror-4\"\n" +
			"[[fault]]\nat = \"keeper-1 becomes leader\"\ncrash = \"the newest candidate\"\n" +
			"[[fault]]\nat = \"1ms\"\nelect = \"mirror-1\"\n[[fault]]\nat = \"1ms\"\nstall = \"client-1\"\nby = \"1ms\"\n",
		"protocol = \"echo\"\n[[operation]]\nclient = \"mirror-1\"\nget = \"a\"\n" +
			"[[operation]]\nclient = \"client-1\"\nget = \"a\"\nserver = \"mirror-1\"\n" +
			"[[expect]]\nleader = \"mirror-1\"\n[[expect]]\nlog = \"mirror-1\"\nterms = [1]\n" +
			"[[expect]]\nviolated = \"QuorumLog\"\n[[link]]\nfrom = \"node-1\"\nto = \"mirror-9\"\nloss = 1\n",
	} {
		_, err := config.Parse("my.toml", []byte(text))
		fmt.Fprintf(&got, "%v\n\n", err)
	}
	for _, set := range []string{"echo.intervall=1s", "raft.max_entris=1", "echo.interval=1s", "num_mirrors=0"} {
		fmt.Fprintf(&got, "-set %s: %v\n\n", set, config.Set("-set", set).Check())
	}
	other := config.SetString("-protocol", "protocol", "echo")
	request, err := library.Request("leader-crash", "", []config.Override{other})
	if err != nil {
		t.Fatal(err)
	}
	_, err = config.Resolve(request)
	fmt.Fprintf(&got, "%v\n", err)
	golden.Compare(t, "testdata/wrong.golden", got.String())
}

// resolved is what a command runs without a scenario, with these keys set.
func resolved(t *testing.T, faults string, set ...string) *config.Resolved {
	t.Helper()
	return recorded.Config(t, "", faults, set...)
}

// TestNames gives runs of another protocol names of their own.
func TestNames(t *testing.T) {
	echo.Row(t)
	for _, test := range []struct{ want, faults, set string }{
		{"default-1", "", ""},
		{"echo-1", "", "protocol=echo"},
		{"mixed-1", "mixed", ""},
		{"echo-mixed-1", "mixed", "protocol=echo"},
	} {
		var set []string
		if test.set != "" {
			set = append(set, test.set)
		}
		c := resolved(t, test.faults, set...)
		if c.Name() != test.want {
			t.Errorf("with %q and the faults %q the run is called %s, want %s", test.set, test.faults, c.Name(), test.want)
		}
		again, err := config.Parse("run.toml", c.TOML())
		if err != nil || again.Name() != c.Name() {
			t.Errorf("%s: its run.toml is of the run %v: %v", c.Name(), again, err)
		}
	}
	file := config.Scenario{File: "my.toml", Text: []byte("seed = 7")}
	other := config.SetString("-protocol", "protocol", "echo")
	c, err := config.Resolve(config.Request{Scenario: file, Overrides: []config.Override{other}})
	if err != nil || c.Name() == "my-7" {
		t.Errorf("a file's run in another protocol is called as that in Raft: %v, %v", c, err)
	}
}

// TestEnd has a run end when all servers that apply have applied all, of whichever kind they are.
func TestEnd(t *testing.T) {
	echo.Row(t)
	c := resolved(t, "", "protocol=echo", "echo.interval=300ms")
	result, err := cluster.New(c.Config, cluster.Options{}).Run(t.Context())
	if err != nil || !result.Finished || result.End < 300*time.Millisecond {
		t.Errorf("the run ends at %s, before the mirrors have anything: %v", result.End, err)
	}
}

// TestRun has a cluster of two kinds of servers do its work, while each kind is hit by faults; the trace tells it.
func TestRun(t *testing.T) {
	row := echo.Row(t)
	text := `
		protocol = "echo"
		client.think_time = "20ms"
		[[fault]]
		at = "52ms"
		pause = "mirror-2"
		[[fault]]
		at = "55ms"
		isolate = "the leader"
		[[fault]]
		at = "80ms"
		heal = "all"
		[[fault]]
		at = "90ms"
		crash = "the leader"
		[[fault]]
		at = "120ms"
		restart = "the crashed one"
		[[expect]]
		leader = "keeper-1"
		[[expect]]
		answered = 15
		[[expect]]
		faults = 5
	`
	file, result := recorded.Trace(t, parsed(t, text), cluster.Options{})
	if len(result.Failed) > 0 || !result.Finished {
		t.Fatalf("the run came to %+v", result)
	}
	if again, _ := recorded.Trace(t, parsed(t, text), cluster.Options{}); !bytes.Equal(file, again) {
		t.Error("the same config gives another trace")
	}
	if got := protocols.OfBeginning(file); got != row {
		t.Errorf("the file begins as one of %s", got.Name)
	}
	x, err := index.Read(t.Context(), index.Input("trace", bytes.NewReader(file)), index.Options{Lists: protocols.Lists()})
	if err != nil {
		t.Fatal(err)
	}
	if got := protocols.OfTrace(x); got != row {
		t.Errorf("the trace is one of %s", got.Name)
	}
	cut := false // an isolated server from those of another kind
	for i := range int32(x.Len()) {
		s := x.Span(i)
		cut = cut || s.Name == echo.CopyName && slices.ContainsFunc(s.Events, func(e read.Event) bool {
			return e.Name == "drop" && e.Attribute("raftkv.cause").AsString() == string(world.CauseFault)
		})
	}
	if !cut {
		t.Error("no copy was lost on its way from the isolated keeper")
	}
	told, _ := story.TellSpans(row.Story, x)
	var lines bytes.Buffer
	if err := told.Write(&lines, story.Plain); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"mirror-2", "copies what keeper-1 holds", "client-3"} {
		if !strings.Contains(lines.String(), line) {
			t.Errorf("the story does not tell %q:\n%s", line, lines.String())
		}
	}
	checker := row.Conform()
	if err := checker.Read(t.Context(), read.NewReader("trace", bytes.NewReader(file))); err != nil {
		t.Fatal(err)
	}
	for _, f := range checker.Report().Findings {
		t.Errorf("%s: %s: found %s, and right is %s", f.ID, f.Span, f.Got, f.Want)
	}
	raft, _ := recorded.Trace(t, config.Default(), cluster.Options{})
	if got := protocols.OfBeginning(raft); got != protocols.Usual() {
		t.Errorf("a trace of Raft begins as one of %s", got.Name)
	}
}

// TestProfiles draws faults for all servers alike, and the runs are carried out.
func TestProfiles(t *testing.T) {
	echo.Row(t)
	for _, p := range profile.All()[1:] {
		hit := map[world.Group]bool{}
		for seed := range 60 {
			c := resolved(t, p.Name, "protocol=echo", fmt.Sprintf("seed=%d", seed))
			for _, f := range c.Faults {
				hit[f.Process.Group()] = true
			}
			if seed > 10 {
				continue
			}
			if _, err := cluster.New(c.Config, cluster.Options{}).Run(t.Context()); err != nil {
				t.Fatalf("%s: %v", c.Name(), err)
			}
		}
		if p.Name != "lossy" && (!hit[echo.Keepers] || !hit[echo.Mirrors]) {
			t.Errorf("%s hits only %v", p.Name, hit)
		}
	}
}

// TestShrink cuts a drawn run down, the servers of each kind as well: wanted is that a mirror crashes.
func TestShrink(t *testing.T) {
	row := echo.Row(t)
	crash := func(f config.Fault) bool {
		return f.Kind == config.Crash && f.Process == world.NewProcessID(echo.Mirrors, 1)
	}
	var whole *config.Resolved
	for seed := range 100 {
		whole = resolved(t, "crashes", "protocol=echo", "num_keepers=2", "num_mirrors=3", fmt.Sprintf("seed=%d", seed))
		if slices.ContainsFunc(whole.Faults, crash) {
			break
		}
	}
	r, err := shrink.Shrink(t.Context(), whole.Config, shrink.Options{World: shrink.World{
		Run: func(_ context.Context, c *config.Config) (*check.Violation, error) {
			if !slices.ContainsFunc(c.Faults, crash) {
				return nil, nil
			}
			return &check.Violation{Invariant: row.Run.Invariants[0], At: time.Millisecond}, nil
		},
		Messages: func(context.Context, *config.Config) ([]shrink.Message, error) { return nil, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "1 fault and 0 operations on 2 servers"; r.After.String() != want {
		t.Errorf("what is left is %s, want %s:\n%s", r.After, want, r.File())
	}
	if _, err := config.Parse("shrunk.toml", r.File()); err != nil {
		t.Errorf("%v\n%s", err, r.File())
	}
}
