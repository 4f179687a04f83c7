package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/google/go-cmp/cmp"
)

var builtIns = []Scenario{
	{Name: "default", File: "config.toml", Text: []byte("title = \"The default\"\n")},
	{
		Name: "reference", File: "scenarios/reference.toml",
		Text: []byte("title = \"The reference\"\nraft.max_entries = 1\n"),
	},
}

// runOf resolves a request, and then the run.toml of what came out of it: that must be the same run, of the same name.
func runOf(t *testing.T, scenario Scenario, overrides ...Override) *Resolved {
	t.Helper()
	first, err := Resolve(Request{Scenario: scenario, BuiltIn: builtIns, Overrides: overrides})
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, first.Config)
	again, err := Resolve(Request{
		Scenario: Scenario{File: "traces/runs/some/run.toml", Text: first.TOML()},
		BuiltIn:  builtIns,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Config, again.Config); diff != "" || first.Name() != again.Name() ||
		first.RunName() != again.RunName() {
		t.Errorf("the run.toml of %s is the run %s, %s (-first +again):\n%s", first.RunName(), again.Name(),
			again.RunName(), diff)
	}
	return first
}

func TestName(t *testing.T) {
	file := func(name, text string) Scenario { return Scenario{File: name, Text: []byte(text)} }
	drop := AddFault("-drop", Drop, "00f067aa0ba902b7")
	delay := AddFault("-delay", Delay, "00f067aa0ba902b7=1ms")
	duplicate := AddFault("-duplicate", Duplicate, "00f067aa0ba902b7")
	clients := SetKey("-clients", "num_clients", "4")
	seed := SetKey("-seed", "seed", "7")
	for _, c := range []struct {
		name      string // # stands for the hash
		scenario  Scenario
		overrides []Override
	}{
		{"default-1", builtIns[0], nil},
		{"default-7", builtIns[0], []Override{seed}},
		{"default-7", builtIns[0], []Override{clients, seed, SetKey("-clients", "num_clients", "3")}},
		{"default-1", builtIns[0], []Override{Set("-set", "network.loss=-0.0")}},
		{"default-1-#", builtIns[0], []Override{clients}},
		{"default-7-#", builtIns[0], []Override{seed, drop}},
		{"default-1-#", builtIns[0], []Override{delay}},
		{"default-1-#", builtIns[0], []Override{duplicate}},
		{"reference-1", builtIns[1], nil},
		{"reference-1-#", builtIns[1], []Override{Set("-set", "raft.max_entries=2")}},
		{"my-1", file("some/my.toml", "num_clients = 4\n"), nil},
		{"my-5", file("my.toml", "seed = 5\n"), nil},
		{"my-1-#", file("my.toml", "num_clients = 4\n"), []Override{drop}},
		{"my-1", file("my.toml", "num_clients = 4\n"), []Override{clients}},
		{"my-very-own-1", file("my very own.toml", ""), nil},
		{"run-1", file("...toml", ""), nil},
		{"лидер-1", file("лидер.toml", ""), nil},
		{"so-1", file("my.toml", "scenario = \"so\"\n"), nil},
		// A file that is called like a scenario is measured by that scenario.
		{"reference-1-#", file("reference.toml", "num_clients = 4\n"), nil},
		{"reference-3", file("copies/reference.toml", "seed = 3\n"+string(builtIns[1].Text)), nil},
		// What was changed stays changed, for the file that it was changed from may be gone.
		{"my-2-#", file("run.toml", "scenario = \"my\"\nchanged = true\n"), []Override{SetKey("-seed", "seed", "2")}},
		// But not where the scenario's own config is at hand.
		{
			"default-1",
			file("run.toml", "scenario = \"default\"\nchanged = true\ntitle = \"The default\"\nnum_clients = 9\n"),
			[]Override{SetKey("-clients", "num_clients", "3")},
		},
	} {
		r := runOf(t, c.scenario, c.overrides...)
		want := strings.Replace(c.name, "#", fmt.Sprintf("%016x", r.Hash())[:8], 1)
		if r.Name() != want {
			t.Errorf("%s with %v is called %s, want %s", c.scenario.File, c.overrides, r.Name(), want)
		}
	}
}

// TestRunName wants two names of two runs, also where their folders have one: a file that was changed between them.
func TestRunName(t *testing.T) {
	file := func(text string) Scenario { return Scenario{File: "my.toml", Text: []byte(text)} }
	for _, c := range []struct {
		name      string // # stands for the hash
		scenario  Scenario
		overrides []Override
	}{
		{"default-1", builtIns[0], nil},
		{"default-7", builtIns[0], []Override{SetKey("-seed", "seed", "7")}},
		{"default-1-#", builtIns[0], []Override{SetKey("-clients", "num_clients", "4")}},
		{"reference-3", Scenario{
			File: "copies/reference.toml",
			Text: []byte("seed = 3\n" + string(builtIns[1].Text)),
		}, nil},
		{"my-1-#", file("num_clients = 4\n"), nil},
		{"my-1-#", file("num_clients = 5\n"), nil},
	} {
		r := runOf(t, c.scenario, c.overrides...)
		want := strings.Replace(c.name, "#", fmt.Sprintf("%016x", r.Hash())[:8], 1)
		if r.RunName() != want {
			t.Errorf("%s with %v is called %s in its trace, want %s", c.scenario.File, c.overrides, r.RunName(), want)
		}
	}
}

// TestStartNow begins a run at the time that the request says, to the second, and writes that time.
func TestStartNow(t *testing.T) {
	at := time.Date(2026, time.May, 4, 3, 2, 1, 987654321, time.FixedZone("", 3600))
	inFile := Scenario{File: "my.toml", Text: []byte("start_time = \"now\"\n")}
	for name, request := range map[string]Request{
		"flag":           {Scenario: builtIns[0], Now: at, Overrides: []Override{Set("-set", "start_time=now")}},
		"flag in quotes": {Scenario: builtIns[0], Now: at, Overrides: []Override{Set("-set", `start_time = "now"`)}},
		"file":           {Scenario: inFile, Now: at},
		"no clock":       {Scenario: inFile},
	} {
		r, err := Resolve(request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := "2026-05-04T02:02:01Z"
		if request.Now.IsZero() {
			want = "2000-01-01T00:00:00Z"
		}
		if got := r.StartTime.Format(time.RFC3339Nano); got != want ||
			!strings.Contains(string(r.TOML()), "\nstart_time = "+want+"\n") {
			t.Errorf("%s: the run starts at %s, want %s, and its config says\n%s", name, got, want, r.TOML())
		}
		roundTrip(t, r.Config)
	}
	if err := Set("-set", "start_time=now").Check(); err != nil {
		t.Error(err)
	}
}

func TestCounterfactualsHaveNoOrder(t *testing.T) {
	a, b := AddFault("-drop", Drop, "00f067aa0ba902b7"), AddFault("-duplicate", Duplicate, "00f067aa0ba902b6")
	if one, two := runOf(t, builtIns[0], a, b), runOf(t, builtIns[0], b, a); one.Hash() != two.Hash() {
		t.Errorf("the same counterfactuals in another order are another run:\n%s",
			cmp.Diff(string(one.TOML()), string(two.TOML())))
	}
}

func TestLaterOverridesWin(t *testing.T) {
	r := runOf(t, Scenario{
		File: "my.toml",
		Text: []byte("num_nodes = 3\nraft.first_leader = 3\nfault = [{drop = \"00f067aa0ba902b1\"}]"),
	},
		AddFault("-drop", Drop, "00f067aa0ba902b7"),
		SetKey("-nodes", "num_nodes", "2"),
		Set("-set", "raft.first_leader = 7 # for now"),
		Set("-set", "raft = {first_leader = 2, rpc_timeout = \"1s\"}"),
		Set("-set", "client.start=  1s"),
		Set("-set", "values=unique"),
		Set("-set", "title=it's a title"),
		Set("-set", "fault = [{duplicate = \"00f067aa0ba902b2\"}]"),
	)
	got := strings.TrimSpace(fmt.Sprintln(r.Counts.Total(), r.Settings.(*raftrun.Settings).FirstLeader,
		r.Settings.(*raftrun.Settings).RPCTimeout, r.Client.Start, r.Values,
		r.Title, len(r.Faults), r.Faults[0].Message, r.Faults[1].Message))
	if want := "2 2 1s 1s unique it's a title 2 00f067aa0ba902b7 00f067aa0ba902b2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := r.FaultDiagnostic(0, "no message of this run is called %s", r.Faults[0].Message).Error(),
		"-drop: no message of this run is called 00f067aa0ba902b7\n    -drop 00f067aa0ba902b7\n"+
			"          ^^^^^^^^^^^^^^^^"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPlacesOfFaultsAndExpects(t *testing.T) {
	r := runOf(t, Scenario{File: "my.toml", Text: []byte("[[fault]]\nat = \"40ms\"\n  crash = \"node-2\"\n" +
		"[[fault]]\ncrash = \"node-1\"\nat = \"4ms\"\n[[expect]]\nleader = \"node-3\"\n")})
	got := r.FaultDiagnostic(0, "a").Error() + "\n" + r.FaultDiagnostic(1, "b").Error() + "\n" +
		r.ExpectDiagnostic(0, "c").Error()
	want := `my.toml:5:9: a
    crash = "node-1"
            ^^^^^^^^
my.toml:3:11: b
      crash = "node-2"
              ^^^^^^^^
my.toml:8:10: c
    leader = "node-3"
             ^^^^^^^^`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

// TestCheckSaysWhatResolveWouldSay checks overrides by themselves.
func TestCheckSaysWhatResolveWouldSay(t *testing.T) {
	for _, o := range []Override{
		SetKey("-nodes", "num_nodes", "0"), Set("-set", "x"), SetString("-bug", "bug", "b"),
		AddFault("-delay", Delay, "x=y"),
	} {
		_, want := Resolve(Request{Scenario: builtIns[0], Overrides: []Override{o}})
		if got := o.Check(); want == nil || got == nil || got.Error() != want.Error() {
			t.Errorf("Check says %v, and Resolve %v", got, want)
		}
	}
	if err := SetKey("-nodes", "num_nodes", "101").Check(); err != nil {
		t.Errorf("101 nodes: %v", err)
	}
}
