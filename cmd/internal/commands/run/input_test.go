package run

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// wrongFile is a config with many faults, and what is said about them, in order.
const wrongFile = `num_nodes = 3
num_clients = -1
requests_per_client = -5
keys = []
nonsense = 1
values = "some"

[raft]
first_leader = 4
rpc_timeout = 100
election_timeout = "300ms..150ms"
max_entires = 3

[network]
latency = "1 parsec"
loss = 1.5

[[fault]]
drop = "zz"

[[expect]]
leader = "nobody"
`

var wrongFileSays = []string{
	"my.toml:2:15: num_clients must be at least 0, not -1",
	"    num_clients = -1\n",
	"my.toml:3:23: requests_per_client must be at least 0, not -5",
	"my.toml:4:8: keys must hold at least one key",
	`my.toml:5:1: unknown key "nonsense"`,
	"my.toml:6:10: values must be",
	"my.toml:9:16: there is no node-4 to be the first leader",
	"my.toml:10:15: raft.rpc_timeout must be a duration",
	"my.toml:11:20: raft.election_timeout is a range that runs backwards",
	`my.toml:12:1: unknown key "raft.max_entires"; the nearest is "raft.max_entries"`,
	"my.toml:15:11: network.latency must be a duration",
	"my.toml:16:8: network.loss must be from 0 to 1",
	`my.toml:19:8: "zz" is no span id`,
	"my.toml:22:10: leader must name a process",
}

// TestWrongInput gives what cannot be run. All that is wrong is said, the exit status is 2, and nothing is written.
func TestWrongInput(t *testing.T) {
	for name, c := range map[string]struct {
		file string // the text of my.toml, if there is to be one
		args []string
		want []string
	}{
		"zero nodes": {
			args: []string{"-nodes", "0"},
			want: []string{"-nodes: num_nodes must be at least 1, not 0\n    -nodes 0\n           ^\n"},
		},
		"negative counts": {
			args: []string{"-nodes", "-5", "-clients=-1", "-requests", "-1"},
			want: []string{"-nodes: ", "-clients: ", "-requests: ", "not -5", "not -1"},
		},
		"too much": {
			args: []string{"-requests", "99999999999", "-clients", "1e9"},
			want: []string{"-requests: ", "-clients: "},
		},
		"first leader": {
			args: []string{"-nodes", "3", "-set", "raft.first_leader=4"},
			want: []string{"-set: there is no node-4 to be the first leader"},
		},
		"nobody ever leads": {
			args: []string{"-set", "raft.first_leader=0", "-set", "raft.election_timeout=0s"},
			want: []string{"no node would ever stand for election"},
		},
		"empty key": {
			file: "keys = [\"a\", \"\"]\n",
			want: []string{"my.toml:1:14: keys must not hold the empty string"},
		},
		"everything":      {file: wrongFile, want: wrongFileSays},
		"syntax":          {file: "seed = 1\nnum_nodes = = 3\n", want: []string{"my.toml:2:13: "}},
		"no text":         {file: "\x00\x01\x02", want: []string{"my.toml:1:"}},
		"missing file":    {args: []string{"no/such.toml"}, want: []string{"no/such.toml"}},
		"folder for file": {args: []string{"./"}, want: []string{"./ is a folder"}},
		"unknown scenario": {
			args: []string{"refrence"},
			want: []string{`unknown scenario "refrence"; the nearest is "reference"`},
		},
		"unknown flag":  {args: []string{"-sede", "1"}, want: []string{"-seed"}},
		"no value":      {args: []string{"-seed"}, want: []string{"-seed needs a value"}},
		"two scenarios": {args: []string{"default", "reference"}, want: []string{"default and reference"}},
		"unknown key": {
			args: []string{"-set", "raft.max_entires=1"},
			want: []string{`-set: unknown key "raft.max_entires"; the nearest is "raft.max_entries"`},
		},
		"wrong unit": {
			args: []string{"-set", "network.latency=5"},
			want: []string{"-set: network.latency must be a duration"},
		},
		"reversed range": {
			args: []string{"-set", "network.latency=5ms..1ms"},
			want: []string{"-set: network.latency is a range that runs backwards"},
		},
		"no span id": {
			args: []string{"-drop", "node-1", "-delay", "00f067aa0ba902b7"},
			want: []string{`-drop: "node-1" is no span id`, "-delay: want SPANID=DURATION"},
		},
		"quiet and loud":       {args: []string{"-quiet", "-stdout"}, want: []string{"-quiet and -stdout"}},
		"unknown file":         {args: []string{"-files", "otlp,sotry"}, want: []string{`"story"`}},
		"no name for a folder": {args: []string{"-name", "a/b"}, want: []string{"-name"}},
		"no URL": {
			args: []string{"-otlp", "localhost:4318"},
			want: []string{"-otlp", "http://localhost:4318"},
		},
		"flags of several kinds": {args: []string{
			"-nodes", "0", "-seed", "x", "-set", "a=b", "-files", "foo", "-bug",
			"none", "nope",
		}, want: []string{"-nodes: ", "-seed: ", "-set: ", "-files", "-bug: ", `"nope"`}},
		"file and flags, together": {file: "num_nodes = 0\n", args: []string{"-clients", "-1"}, want: []string{"-clients: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent, args := t.TempDir(), c.args
			if c.file != "" {
				args = append(args, write(t, t.TempDir(), "my.toml", c.file))
			}
			got := here(t, append([]string{"-out", filepath.Join(parent, "out")}, args...)...).wants(t, statusTrouble, c.want...)
			nothingIn(t, parent, got)
			if got.stdout != "" {
				t.Errorf("something was printed: %s\n%s", got, got.stdout)
			}
			last := -1
			for _, part := range c.want {
				if c.file == "" || len(c.args) > 0 {
					break // the order is that of the file
				}
				at := strings.Index(got.stderr, part)
				if at < last {
					t.Errorf("%q is said too early: %s\n%s", part, got, got.stderr)
				}
				last = at
			}
		})
	}
}

// TestNoFolderForTheRun has something else be where the folder shall be.
func TestNoFolderForTheRun(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "file", "mine")
	write(t, dir, "default-1", "mine, too")
	before := filesOf(t, dir)
	for _, c := range []struct{ out, want string }{
		{file, "cannot write into the folder of the runs"},
		{filepath.Join(file, "below", "it"), "cannot write into the folder of the runs"},
		{dir, filepath.Join(dir, "default-1") + " is in the way: it is no folder"},
	} {
		got := here(t, "-out", c.out).wants(t, statusTrouble, c.want)
		same(t, before, filesOf(t, dir), got)
		if strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
			t.Errorf("one line on standard error is enough: %s\n%s%s", got, got.stderr, got.stdout)
		}
	}
}

// TestSizes runs clusters of unusual sizes.
func TestSizes(t *testing.T) {
	for args, want := range map[string]string{
		"-nodes 1":                          "15 of 15 answered",
		"-nodes 1 -requests 1 reference":    "3 of 3 answered",
		"-nodes 2":                          "15 of 15 answered",
		"-nodes 4 reference":                "15 of 15 answered",
		"-nodes 101 -clients 1 -requests 1": "1 of 1 answered",
		"-clients 0":                        "0 of 0 answered",
		"-requests 0":                       "0 of 0 answered",
		"-nodes 1 -clients 0 -requests 0":   "0 of 0 answered",
		"-clients 0 reference":              "0 of 0 answered",
		"-clients 60 -requests 1":           "60 of 60 answered",
		"-clients 1 -requests 1 -nodes 10":  "1 of 1 answered",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			files, c := runFolder(t, append(strings.Fields(args), "-quiet=false", "-files", "otlp,story")...)
			if got := summaryOf(t, c); got["operations"] != want || strings.Contains(got["time"], "cut short") {
				t.Errorf("the summary says %v, want %s: %s", got, want, c)
			}
			if len(files) != 3 {
				t.Errorf("there are %d files: %s", len(files), c)
			}
		})
	}
}

// TestExpectations asks for what comes true, and for what does not.
func TestExpectations(t *testing.T) {
	for leader, status := range map[string]int{"node-1": statusFine, "node-2": statusViolation} {
		t.Run(leader, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			file := write(t, t.TempDir(), "my.toml", fmt.Sprintf("seed = 4\n[[expect]]\nleader = %q\n", leader))
			c := here(t, "-out", out, file)
			if status == statusFine {
				c.wants(t, status)
			} else {
				c.wants(t, status, "my.toml:3:10: the leader at the end is node-1\n    leader = \"node-2\"\n             ^^^^^^^^\n")
			}
			if files := filesOf(t, filepath.Join(out, "my-4")); len(files) != len(runFiles) {
				t.Errorf("there are %d files: %s", len(files), c)
			}
		})
	}
}
