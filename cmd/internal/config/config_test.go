package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// roundTrip checks that a config's text stands for the config and has one spelling.
func roundTrip(t *testing.T, c *Config) {
	t.Helper()
	text := c.TOML()
	again, err := Parse("again.toml", text)
	if err != nil {
		t.Fatalf("the config's own text is wrong:\n%s\n%v", text, err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Fatalf("the config's own text says something else (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(string(text), string(again.TOML())); diff != "" {
		t.Fatalf("the config has two texts (-first +second):\n%s", diff)
	}
	minimal, err := Parse("minimal.toml",
		c.Minimal(Notes{Head: []string{"a note"}, Fault: func(Fault) string { return "another" }}))
	if err != nil {
		t.Fatalf("the config's minimal text is wrong:\n%s\n%v", c.Minimal(Notes{}), err)
	}
	if diff := cmp.Diff(c, minimal); diff != "" {
		t.Fatalf("the config's minimal text says something else (-want +got):\n%s", diff)
	}
	if c.Name() != again.Name() || c.Hash() != again.Hash() {
		t.Fatalf("the config's own text has another name: %s and %s", c.Name(), again.Name())
	}
}

func TestDefaultGoesTogether(t *testing.T) {
	c, err := Parse("default.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), c); diff != "" {
		t.Errorf("an empty file is not the default (-want +got):\n%s", diff)
	}
	roundTrip(t, c)
	if c.Name() != "default-1" {
		t.Errorf("the default is called %s", c.Name())
	}
}

// everything sets each key to a value that is not the default.
const everything = `
num_nodes = 101
num_clients = 0
requests_per_client = 0
seed = 9223372036854775807
keys = ["ключ", 'b"\']
values = "unique"
start_time = 2026-02-03T04:05:06.000000007+02:00
max_duration = "1h0.5s"
title = "a \"title\""
what = """
  It happens
  on two lines. \
  And one more."""
watch = 'what \ to'
scenario = "all"
changed = true
bug = "local-read"

[raft]
rpc_timeout = "1.5ms"
request_timeout = "1h"
max_inflight = 8
first_leader = 0
election_timeout = "1ns .. 2us"
heartbeat_interval = "0"
noop_on_election = false
max_entries = 1
start_term = 4611686018427387904

[network]
latency = "0s"
loss = 1
duplicate = 1e-9
late = 0.125
late_by = "3s..1m"

[process]
step_time = "7µs"

[client]
start = "0s"
timeout = "2s"
think_time = "0s..3s"
give_up = "9s"
turns = true
`

func TestEveryKeyIsReadAndWritten(t *testing.T) {
	c, err := Parse("x.toml", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, c)
	golden.Compare(t, "testdata/everything.golden", string(c.TOML()))
	for _, s := range settings {
		if s.Write(c) == s.Write(Default()) {
			t.Errorf("%s is still the default; give it another value in `everything`", s.Name)
		}
	}
	want := Network{
		Latency: world.Range{}, Loss: 1, Duplicate: 1e-9, Late: 0.125,
		LateBy: world.Range{Min: 3 * time.Second, Max: time.Minute},
	}
	if c.Network != want {
		t.Errorf("network is %+v, want %+v", c.Network, want)
	}
	if got, want := c.Settings.(*raftrun.Settings).ElectionTimeout, (world.Range{
		Min: 1,
		Max: 2 * time.Microsecond,
	}); got != want {
		t.Errorf("election_timeout is %v, want %v", got, want)
	}
	if got, want := c.What, "It happens on two lines. And one more."; got != want {
		t.Errorf("what is %q, want %q", got, want)
	}
	if c.StartTime.Location() != time.UTC || c.StartTime.Nanosecond() != 7 || c.StartTime.Hour() != 2 {
		t.Errorf("start_time is %v", c.StartTime)
	}
}

// TestEveryKeyCounts changes one key at a time: each must change the hash, and the name of the run.
func TestEveryKeyCounts(t *testing.T) {
	changed, err := Parse("x.toml", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	builtIn := Scenario{Name: "default", File: "config.toml"}
	for _, s := range settings {
		switch s.Name {
		case "scenario", "changed", "raft.first_leader", "raft.election_timeout":
			continue // the first two are no change; the others need company, and follow
		}
		got, err := Resolve(Request{
			Scenario: builtIn, BuiltIn: []Scenario{builtIn},
			Overrides: []Override{Set("-set", s.Name+"="+s.Write(changed))},
		})
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		want := fmt.Sprintf("default-1-%08x", got.Hash()>>32)
		if s.Name == "seed" {
			want = "default-9223372036854775807"
		}
		if got.Name() != want {
			t.Errorf("with another %s the run is called %s, want %s", s.Name, got.Name(), want)
		}
		if got.Hash() == Default().Hash() {
			t.Errorf("another %s has the same hash", s.Name)
		}
	}
}

// TestEveryKeyIsChecked misspells each key, and gives it a value of each wrong type: one diagnostic, on its line,
// that names it.
func TestEveryKeyIsChecked(t *testing.T) {
	types := map[string]string{
		"int": "-7", "float": "-0.5", "string": `"\u0001"`, "bool": "true", "time": "07:32:00",
		"array": "[[]]", "table": "{}",
	}
	text := string(func() []byte {
		c := Default()
		c.Title, c.What, c.Watch = "title", "what", "watch"
		return c.TOML()
	}())
	text = strings.Replace(text, "num_nodes", "changed = false\nbug = \"\"\nnum_nodes", 1)
	text = strings.Replace(text, "\n[process]", "late = 0.0\nlate_by = \"1s\"\n\n[process]", 1)
	lines := strings.Split(text, "\n")
	in := ""
	for i, line := range lines {
		if strings.HasPrefix(line, "[") {
			in = strings.Trim(line, "[]") + "."
		}
		leaf, old, ok := strings.Cut(line, " = ")
		if !ok {
			continue
		}
		key := in + leaf
		right := "" // of the types, where it has one
		if old == "true" || old == "false" {
			right = "bool"
		}
		one := func(line string, column, width int, message string) {
			t.Helper()
			mutated := slices.Clone(lines)
			mutated[i] = line
			_, err := Parse("m.toml", []byte(strings.Join(mutated, "\n")))
			var ds positions.Diagnostics
			if !errors.As(err, &ds) || len(ds) != 1 || ds[0].Line != i+1 || ds[0].Column != column ||
				ds[0].Width != width || !strings.HasPrefix(ds[0].Message, message) {
				t.Errorf("%s: want one fault at %d:%d of width %d, %s…, got %v", line, i+1, column, width, message, err)
			}
		}
		swapped := leaf[:len(leaf)-2] + leaf[len(leaf)-1:] + leaf[len(leaf)-2:len(leaf)-1]
		if leaf == "keys" || leaf == "loss" {
			swapped = leaf + "s"
		}
		one(swapped+" = "+old, 1, len(swapped), fmt.Sprintf("unknown key %q; the nearest is %q", in+swapped, key))
		for name, v := range types {
			if name != right {
				column, width := len(leaf)+4, len(v)
				if key == "keys" && name == "array" {
					column, width = column+1, 2
				}
				one(leaf+" = "+v+" # why", column, width, key+" ")
			}
		}
	}
}

// TestAKeyOfAnotherTable says where a key belongs, and not what its name resembles.
func TestAKeyOfAnotherTable(t *testing.T) {
	for text, want := range map[string]string{
		"[[fault]]\nnum_nodes = 3": `unknown key "fault.num_nodes": ` +
			`num_nodes must stand above the tables, since all that follows [[fault]] is in it`,
		"[[expect]]\nseed = 3": `unknown key "expect.seed": ` +
			`seed must stand above the tables, since all that follows [[expect]] is in it`,
		"[raft]\nkeys = []": `unknown key "raft.keys": ` +
			`keys must stand above the tables, since all that follows [raft] is in it`,
		"[[link]]\nraft.max_entries = 1": `unknown key "link.raft": ` +
			`raft is a table beside [[link]]; give it a header of its own, [raft]`,
		"[[fault]]\n[[fault.expect]]\n": `unknown key "fault.expect": ` +
			`expect is a table beside [[fault]]; give it a header of its own, [[expect]]`,
		"[network]\na = 1":                  `unknown key "network.a"; [network] has latency, loss, duplicate, late, late_by`,
		"[network]\nlos = 1":                `unknown key "network.los"; the nearest is "network.loss"`,
		"[raft]\nlatency = \"1ms\"":         `unknown key "raft.latency"; the nearest is "network.latency"`,
		"max_entries = 1":                   `unknown key "max_entries"; the nearest is "raft.max_entries"`,
		"[[fault]]\nat = \"1ms\"\ncrsh = 1": `unknown key "fault.crsh"; the nearest is "fault.crash"`,
	} {
		_, err := Parse("x.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), ": "+want+"\n") {
			t.Errorf("%s\nsays:\n%v\nwant:\n%s", text, err, want)
		}
	}
}

// TestLineEndings reads a config as a clone has it whose lines end with CRLF.
func TestLineEndings(t *testing.T) {
	lf, err := Parse("x.toml", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	crlf, err := Parse("x.toml", []byte("\xef\xbb\xbf"+strings.ReplaceAll(everything, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lf, crlf); diff != "" {
		t.Errorf("with CRLF it is another config (-LF +CRLF):\n%s", diff)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	c, err := Parse("x.toml", []byte("fault = [{at = \"1ms\", partition = [[\"node-1\"], [\"node-2\"]]}]\n"+
		"expect = [{leader = \"node-1\"}, {log = \"node-1\", terms = [1]}]\n"+
		"link = [{from = \"node-1\", to = \"node-2\", loss = 1}]\noperation = [{client = \"client-1\", get = \"a\"}]"))
	if err != nil {
		t.Fatal(err)
	}
	before := string(c.TOML())
	clone := c.Clone()
	clone.Keys[0], clone.Faults[0].Kind, clone.Faults[0].Sides[0][0], clone.Expects[0].Leader = "x", Crash, Target{}, 0
	clone.Faults[0].Sides[0] = nil
	clone.Expects[1].Terms[0], clone.Links[0].Loss, clone.Operations[0].Get = 7, 0, "x"
	if got := string(c.TOML()); got != before {
		t.Errorf("changing a clone changed the original:\n%s", cmp.Diff(before, got))
	}
	if reflect.TypeFor[Config]().NumField() != 23 {
		t.Error("Config has a new field: see to it that Clone copies it, and that `settings` has it")
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"max_entires", "raft.max_entries"},
		{"nodes", "num_nodes"},
		{"num_node", "num_nodes"},
		{"raft.latency", "network.latency"},
		{"client.stat", "client.start"},
		{"clinet", "client"},
		{"falut", "fault"},
		{"requests", "requests_per_client"},
		{"key", "keys"},
		{"rpc_timeout", "raft.rpc_timeout"},
		{"raft.timeout", "raft.rpc_timeout"},
		{"timeout", "client.timeout"},
		{"seed.x", "seed"},
	} {
		if got := nearestKey(c.name); got != c.want {
			t.Errorf("the nearest key to %s is %s, want %s", c.name, got, c.want)
		}
	}
}

func TestDiagnosticsAreErrors(t *testing.T) {
	text, err := os.ReadFile("testdata/wrong/ranges.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("ranges.toml", text)
	var ds positions.Diagnostics
	if !errors.As(err, &ds) || len(ds) != strings.Count(string(text), "\n") {
		t.Fatalf("each line is wrong, and %d are reported as %T", len(ds), err)
	}
	for i, each := range ds.Unwrap() {
		var d positions.Diagnostic
		if !errors.As(each, &d) {
			t.Fatalf("%T is no Diagnostic", each)
		}
		line, marks := d.Excerpt()
		want := fmt.Sprintf("ranges.toml:%d:%d: %s\n    %s\n    %s", i+1, d.Column, d.What(), line, marks)
		if each.Error() != want {
			t.Errorf("got %q, want %q", each, want)
		}
	}
}
