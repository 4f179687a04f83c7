package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/shrink"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	protocolrun "github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/raftkv/world/race"
)

// way is how a bug is caught: in a scenario, empty where that hangs on chance, and by a seed of mixed.
type way struct {
	scenario string
	seed     uint64
}

// waysOfRaft are the ways that catch each bug of Raft. If a seed no longer does, all are tried.
var waysOfRaft = map[string]way{
	"forget-vote": {"leader-crash", 1}, "revote-on-stepdown": {"", 7}, "count-duplicate-votes": {"storm", 4},
	"ignore-higher-term": {"two-leaders", 1}, "longest-log-wins": {"disruptive-server", 52},
	"keep-conflicting-tail": {"figure-7", 9}, "next-index-stuck": {"majority-partition", 1},
	"commit-old-term": {"figure-8", 2}, "commit-beyond-match": {"minority-partition", 11},
	"no-commit-on-heartbeat": {"", 14}, "local-read": {"two-leaders", 39}, "no-dedup": {"lost-reply", 1},
	"false-failure": {"figure-8", 1},
}

// waysOfPaxos are the ways that catch each bug of MultiPaxos.
var waysOfPaxos = map[string]way{
	"accept-below-promise": {"paxos-duel", 2}, "forget-promise": {"paxos-acceptor-restart", 1},
	"reuse-ballot": {"paxos-takeover", 1}, "quorum-of-answered": {"paxos-majority-down", 1},
	"adopt-highest-slot": {"paxos-everything", 4}, "leave-hole": {"paxos-hole", 118},
	"apply-out-of-order": {"paxos-hole", 1}, "skip-hole": {"paxos-lost-commit", 1},
	"never-catch-up": {"paxos-lost-commit", 18}, "overwrite-at-replica": {"multipaxos", 1},
	"no-dedup": {"paxos-unknown-choice", 1}, "adopt-latest-arrival": {"paxos-highest-ballot", 394},
	"count-old-promises": {"paxos-old-promises", 783}, "slot-given-twice": {"paxos-lost-accept", 1},
}

// hunted are the bugs for which the test does all that `make bugs` does for each, which shrinks them all: one of what a
// node's disk held, one of what a client was answered, one of a run that no longer gets on, and one of MultiPaxos.
var hunted = []string{"commit-old-term", "local-read", "no-commit-on-heartbeat", "overwrite-at-replica"}

// TestEveryBugIsCaught switches on each bug: its scenario and a seed of mixed catch it, by an invariant that it is
// known to break. Of those that are hunted, what is left of that seed's run when it is shrunk has few faults and
// operations, and none of them can be taken away; the table of them has room in 80 columns, on a slow machine, too.
func TestEveryBugIsCaught(t *testing.T) {
	for of, ways := range map[*whole.Protocol]map[string]way{
		&protocols.Raft: waysOfRaft, &protocols.MultiPaxos: waysOfPaxos,
	} {
		for i, bug := range of.Run.Bugs {
			if race.Enabled && i%4 != 0 { // a run takes ten times as long there
				continue
			}
			t.Run(of.Run.Name+"/"+bug.Name, func(t *testing.T) {
				t.Parallel()
				known, is := ways[bug.Name]
				if !is {
					t.Fatal("no scenario and no seed is known to catch it")
				}
				if slices.Contains(hunted, bug.Name) {
					huntOne(t, of, bug, known)
				} else {
					catchOne(t, of, bug, known)
				}
			})
		}
	}
}

// huntOne does for a bug what make bugs does.
func huntOne(t *testing.T, of *whole.Protocol, bug protocolrun.Bug, known way) {
	t.Helper()
	caught, err := hunt(t.Context(), of, bug)
	if err != nil {
		t.Fatal(err)
	}
	if known.scenario != "" && !slices.Contains(caught.scenarios, known.scenario) {
		t.Errorf("it is caught in the scenarios %q, want %q among them", caught.scenarios, known.scenario)
	}
	if !caught.fine() {
		t.Fatalf("make bugs does not take it for caught: %+v", caught)
	}
	checkShrunk(t, caught.found, caught.small)
	caught.took = 999 * time.Second
	narrow(t, []prey{caught})
}

// catchOne looks whether a bug is caught in the way that is known, or by another seed.
func catchOne(t *testing.T, of *whole.Protocol, bug protocolrun.Bug, known way) {
	t.Helper()
	if known.scenario != "" {
		is, err := catches(t.Context(), known.scenario, bug)
		if err != nil {
			t.Fatal(err)
		}
		if !is {
			t.Errorf("it is not caught in %s; see: go run ./cmd/run -bug %s %[1]s", known.scenario, bug.Name)
		}
	}
	found, err := search(t.Context(), of, bug, known.seed, known.seed)
	if err == nil && found == nil {
		t.Logf("seed %d no longer catches it: all are tried", known.seed)
		found, err = search(t.Context(), of, bug, 1, mostSeeds)
	}
	if err != nil {
		t.Fatal(err)
	}
	if found == nil {
		t.Fatalf("no seed of mixed up to %d catches it", mostSeeds)
	}
	t.Logf("seed %d: %v", found.seed, found.violation)
}

// narrow looks whether a table has room in 80 columns.
func narrow(t *testing.T, hunted []prey) {
	t.Helper()
	for line := range strings.Lines(table(protocols.Usual(), hunted, widest)) {
		if columns := terminal.Length(strings.TrimSuffix(line, "\n")); columns > widest {
			t.Errorf("make bugs prints a line of %d columns, want at most %d:\n%s", columns, widest, line)
		}
	}
}

// TestNotCaught has a bug in the table that no seed catches, and one that many scenarios catch.
func TestNotCaught(t *testing.T) {
	none := prey{
		bug:       "no-commit-on-heartbeat",
		scenarios: []string{"one-way-link", "majority-partition", "minority-partition", "figure-7", "figure-8"},
	}
	long := prey{
		bug: "keep-conflicting-tail", found: &catch{
			seed:      mostSeeds,
			violation: &check.Violation{Invariant: check.Invariant{Name: string(protocol.InvariantStateMachineSafety)}},
		},
		took: 999 * time.Second, small: &shrink.Result{After: shrink.Size{Faults: 8, Operations: 8}},
	}
	narrow(t, []prey{none, long})
	want := "bug                     seed  in  violates            shrunk to\n" +
		"no-commit-on-heartbeat  none      nothing up to 2000\n" +
		"                        scenarios: one-way-link, majority-partition,\n" +
		"                          minority-partition, 2 more\n"
	if got := table(protocols.Usual(), []prey{none}, 80); !strings.HasPrefix(got, want) {
		t.Errorf("the table does not begin with\n%s\n%s", want, got)
	}
}

// TestFine has bugs be caught that are shrunk to enough, and to too little, and one that is not caught.
func TestFine(t *testing.T) {
	for _, c := range []struct {
		caught bool
		after  shrink.Size
		want   bool
	}{
		{true, shrink.Size{Faults: 8, Operations: 8}, true},
		{true, shrink.Size{Faults: 9}, false},
		{true, shrink.Size{Operations: 9}, false},
		{false, shrink.Size{}, false},
	} {
		p := prey{bug: "b", small: &shrink.Result{After: c.after}}
		if c.caught {
			p.found = &catch{}
		}
		if got := p.fine(); got != c.want {
			t.Errorf("caught: %t, shrunk to %+v: fine is %t", c.caught, c.after, got)
		}
	}
}

func checkShrunk(t *testing.T, found *catch, small *shrink.Result) {
	t.Helper()
	if small.Violation.Invariant.Name != found.violation.Invariant.Name || !small.Minimal ||
		small.After.Faults > mostLeft || small.After.Operations > mostLeft {
		t.Errorf("seed %d is shrunk to %+v, minimal is %v, which violates %s, want at most 8 faults and 8 operations, none of which can be taken away, and %s",
			found.seed, small.After, small.Minimal, small.Violation.Invariant.Name, found.violation.Invariant.Name)
	}
	for i := range small.Config.Faults {
		less := small.Config.Clone()
		less.Faults = slices.Delete(less.Faults, i, i+1)
		stillViolated(t, less, found, "fault", i)
	}
	for i := range small.Config.Operations {
		less := small.Config.Clone()
		if less.Operations = slices.Delete(less.Operations, i, i+1); len(less.Operations) == 0 {
			less.RequestsPerClient = 0 // or chance would draw some
		}
		stillViolated(t, less, found, "operation", i)
	}
}

func stillViolated(t *testing.T, less *config.Config, found *catch, what string, i int) {
	t.Helper()
	v, err := violationOf(t.Context(), less)
	if err != nil {
		t.Fatal(err)
	}
	if v != nil && v.Invariant.Name == found.violation.Invariant.Name {
		t.Errorf("seed %d, shrunk, violates %s without its %s %d too:\n%s", found.seed, v.Invariant.Name, what, i,
			strings.TrimSpace(string(less.TOML())))
	}
}
