package run

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
)

func TestParseFlags(t *testing.T) {
	all := fileSet{otlp: true, stdouttrace: true, story: true}
	runs := filepath.Join("traces", "runs")
	for _, c := range []struct {
		args string
		want options
		name string // of the run, as the overrides make it
	}{
		{"", options{out: runs, files: all}, "default-1"},
		{"reference", options{scenario: "reference", out: runs, files: all}, "reference-1"},
		{"--seed=7 default", options{scenario: "default", out: runs, files: all}, "default-7"},
		{"default -seed 7", options{scenario: "default", out: runs, files: all}, "default-7"},
		{
			"-seed 7 -seed 8 -nodes 5 -clients 3 -requests 5 -set raft.max_entries=64",
			options{out: runs, files: all},
			"default-8",
		},
		{
			"-out some/where -name x..y -files story,otlp",
			options{out: "some/where", name: "x..y", files: fileSet{otlp: true, story: true}},
			"default-1",
		},
		{
			"-quiet -otlp https://example.com:4318/v1",
			options{out: runs, files: all, quiet: true, otlp: "https://example.com:4318/v1"},
			"default-1",
		},
		{
			"-stdout -quiet=false -list",
			options{out: runs, files: all, stdout: true, list: true},
			"default-1",
		},
		{"-- reference", options{scenario: "reference", out: runs, files: all}, "reference-1"},
	} {
		got, err := parseFlags(strings.Fields(c.args))
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		resolved, err := resolve(got)
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		got.overrides = nil
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(options{}, fileSet{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.args, diff)
		}
		if resolved.Name() != c.name {
			t.Errorf("%s is the run %s, want %s", c.args, resolved.Name(), c.name)
		}
	}
}

// TestFlagsChangeTheConfig gives each flag that changes the config, and sees the change in it.
func TestFlagsChangeTheConfig(t *testing.T) {
	for args, want := range map[string]string{
		"-seed 0":                               "seed = 0\n",
		"-nodes 101":                            "num_nodes = 101\n",
		"-clients 0":                            "num_clients = 0\n",
		"-requests 0":                           "requests_per_client = 0\n",
		"-set network.latency=1ms":              "latency = \"1ms\"\n",
		"-drop 00f067aa0ba902b7":                "[[fault]]\ndrop = \"00f067aa0ba902b7\"\n",
		"-delay 00f067aa0ba902b7=40ms":          "[[fault]]\ndelay = \"00f067aa0ba902b7\"\nby = \"40ms\"\n",
		"-bug commit-old-term":                  "bug = \"commit-old-term\"\n",
		"reference -duplicate=0f067aa0ba902b70": "[[fault]]\nduplicate = \"0f067aa0ba902b70\"\n",
	} {
		o, err := parseFlags(strings.Fields(args))
		if err != nil {
			t.Errorf("%s: %v", args, err)
			continue
		}
		c, err := resolve(o)
		if err != nil || !strings.Contains(string(c.TOML()), want) {
			t.Errorf("%s: the config does not say %q: %v", args, want, err)
		}
	}
}

func TestHelpWins(t *testing.T) {
	for _, args := range []string{"-h", "--help", "-sead 5 -help", "foo bar --h"} {
		if _, err := parseFlags(strings.Fields(args)); !errors.Is(err, flags.ErrHelp) {
			t.Errorf("%s: got %v, want the usage", args, err)
		}
	}
	if _, err := parseFlags([]string{"--", "-h"}); errors.Is(err, flags.ErrHelp) {
		t.Error("-h behind -- is taken for a flag")
	}
}

// TestWrongFlags gives command lines that are wrong: all that is wrong with each is said.
func TestWrongFlags(t *testing.T) {
	var got strings.Builder
	for _, args := range [][]string{
		{
			"-sead", "5", "-nodes", "zero", "-files", "otpl,storys,", "-name", "../up", "-otlp", "localhost:4318", "-quiet",
			"-stdout", "reference-mode",
		},
		{"-seed"},
		{"-seed", "-nodes", "3"},
		{"-seed", "-1"},
		{"-seed", "18446744073709551616"},
		{"-seed="},
		{"-set", "raft.max_entires=1", "-set", "num_nodes=0"},
		{"-bug", "comit-old-term", "-drop", "x", "-delay", "00f067aa0ba902b7", "-duplicate", "00f067aa0ba902b7=1ms"},
		{"-quite", "default"},
		{"-nam", "default", "-otpl", "x"},
		{"-quiet=perhaps", "-list=yes"},
		{"default", "reference", "my.toml"},
		{"-name", ""},
		{"-name=..", "-name=.hidden", "-out="},
		{"-name", "a:b", "-name", "a\\b", "-name", "a\x00b", "-name", strings.Repeat("x", 201)},
		{"-otlp", "ftp://localhost", "-otlp", "http://", "-otlp", ":"},
		{"flags_test"},
		{"-seed", "3", "-scenario", "leader-crash"},
		{"--scenario=leader-crsh", "-quite"},
		{"-scenaro", "leader-crash"},
		{"-scenario", "nowhere"},
		{"-scenario"},
		{"-config", "my.toml"},
		{"--", "-seed"},
		{"-"},
	} {
		_, err := parseFlags(args)
		if err == nil {
			t.Errorf("%q: nothing is wrong", args)
			continue
		}
		fmt.Fprintf(&got, "%q\n", args)
		terminal.PrintErrors(&got, err)
		got.WriteByte('\n')
	}
	golden.Compare(t, "testdata/flags.golden", got.String())
}

func TestFindScenario(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "my.toml")
	if err := os.WriteFile(file, []byte("seed = 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := library.Find(file); err != nil || s.Name != "" || s.File != file || string(s.Text) != "seed = 3\n" {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err := library.Find("reference"); err != nil || s.Name != "reference" ||
		!strings.Contains(string(s.Text), "max_entries = 1\n") {
		t.Errorf("got %+v, %v", s, err)
	}
	t.Chdir(dir)
	for arg, want := range map[string]string{
		"defautl":   `unknown scenario "defautl"; the nearest is "default", and -list shows all`,
		"none.toml": "cannot read the config none.toml: no such file or directory",
		"./":        "./ is a folder; the config of a run is in its run.toml",
	} {
		if _, err := library.Find(arg); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", arg, err, want)
		}
	}
}

func TestUsage(t *testing.T) {
	var b bytes.Buffer
	if err := usage(&b); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/usage.golden", b.String())
}

func TestList(t *testing.T) {
	var b bytes.Buffer
	if err := library.List(&b, "go run ./cmd/run leader-crash"); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/list.golden", b.String())
}

// TestConfigFileIsTheDefault compares config.toml, which a person reads to learn the keys, with what a file gets that
// leaves them out.
func TestConfigFileIsTheDefault(t *testing.T) {
	c, err := config.Parse("cmd/run/default.toml", raftkv.DefaultConfig)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Title, want.What, want.Watch = c.Title, c.What, c.Watch
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("cmd/run/config.toml is not the default (-default +file):\n%s", diff)
	}
	table := ""
	for line := range strings.Lines(string(c.TOML())) {
		if name, ok := strings.CutPrefix(line, "["); ok {
			table = "[" + strings.TrimSpace(name)
		}
		key, _, ok := strings.Cut(line, " = ")
		_, rest, _ := strings.Cut("\n"+string(raftkv.DefaultConfig), "\n"+table)
		if ok && key != "scenario" && !strings.Contains(rest, "\n"+key+" = ") {
			t.Errorf("cmd/run/config.toml does not show the key %s of %s", key, table)
		}
	}
}

func TestScenarioFiles(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range library.BuiltIn() {
		r, err := config.Resolve(config.Request{Scenario: s, BuiltIn: library.BuiltIn()})
		if err != nil {
			t.Error(err)
			continue
		}
		if seen[s.Name] || library.IsFile(s.Name) {
			t.Errorf("%s cannot be named: there are two, or it looks like a file", s.Name)
		}
		seen[s.Name] = true
		if r.Title == "" || r.What == "" || r.Watch == "" {
			t.Errorf("%s does not say title, what and watch", s.File)
		}
		if want := fmt.Sprintf("%s-%d", s.Name, r.Seed); r.Name() != want || r.Scenario != s.Name {
			t.Errorf("%s is called %s, want %s: a scenario's file does not say `scenario` or `changed`", s.File, r.Name(), want)
		}
	}
}

// TestReferenceIsTheReference checks what makes the scenario what it is called.
func TestReferenceIsTheReference(t *testing.T) {
	s, err := library.Find("reference")
	if err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse("reference.toml", s.Text)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Scenario, want.Title, want.What, want.Watch = "reference", got.Title, got.What, got.Watch
	want.Settings.(*raftrun.Settings).ElectionTimeout.Min, want.Settings.(*raftrun.Settings).ElectionTimeout.Max,
		want.Settings.(*raftrun.Settings).HeartbeatInterval = 0, 0, 0
	want.Settings.(*raftrun.Settings).NoopOnElection, want.Settings.(*raftrun.Settings).MaxEntries,
		want.Settings.(*raftrun.Settings).MaxInflight, want.Client.Turns = false, 1, 1, true
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reference (-want +got):\n%s", diff)
	}
}

// TestFaults has a profile draw all of a run, or only what goes wrong in a scenario. The run comes back from its own
// run.toml, to the byte.
func TestFaults(t *testing.T) {
	out := t.TempDir()
	for args, name := range map[string]string{
		"-faults mixed -seed 1234": "mixed-1234",
		"-faults crashes default":  "default-1-", "-faults none": "default-1",
	} {
		o, err := parseFlags(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		c, err := resolve(o)
		if err != nil || !strings.HasPrefix(c.Name(), name) || (len(c.Faults) > 0) == (name == "default-1") {
			t.Fatalf("%s is the run %s with %d faults, want %s: %v", args, c.Name(), len(c.Faults), name, err)
		}
	}
	here(t, "-quiet", "-out", out, "-faults", "mixed", "-seed", "1234").wants(t, statusFine)
	first := filesOf(t, filepath.Join(out, "mixed-1234"))
	again := here(t, "-quiet", "-out", filepath.Join(out, "again"), filepath.Join(out, "mixed-1234", configFile)).wants(t,
		statusFine)
	same(t, first, filesOf(t, filepath.Join(out, "again", "mixed-1234")), again)
}
