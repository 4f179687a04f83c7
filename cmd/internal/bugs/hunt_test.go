package main

import (
	"context"
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

// scenarioOf is a scenario that each bug is caught in; those without one hang on chance, and are left to the seeds.
var scenarioOf = map[string]string{
	"forget-vote": "leader-crash", "count-duplicate-votes": "storm", "ignore-higher-term": "two-leaders",
	"longest-log-wins":      "disruptive-server",
	"keep-conflicting-tail": "figure-7", "next-index-stuck": "majority-partition", "commit-old-term": "figure-8",
	"commit-beyond-match": "minority-partition",
	"local-read":          "two-leaders", "no-dedup": "lost-reply", "false-failure": "figure-8", "revote-on-stepdown": "",
	"no-commit-on-heartbeat": "",
}

// slowest is the bug whose run takes thousands of others to shrink: TestShrink of cmd/run does it.
const slowest = "longest-log-wins"

// TestEveryBugIsCaught switches on each bug: its scenario and one of the first seeds of mixed catch it, by an invariant
// that it is known to break; what is left of that seed's run when it is shrunk has few faults and operations, and none
// of them can be taken away. The table of all has room in 80 columns, on a slow machine, too.
func TestEveryBugIsCaught(t *testing.T) {
	hunted := make([]prey, len(protocols.Raft.Run.Bugs))
	t.Cleanup(func() { narrow(t, slices.DeleteFunc(hunted, func(p prey) bool { return p.bug == "" })) })
	for i, bug := range protocols.Raft.Run.Bugs {
		if race.Enabled && i%4 != 0 { // a run takes ten times as long there
			continue
		}
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			look := hunt
			if bug.Name == slowest {
				look = find
			}
			caught, err := look(t.Context(), protocols.Usual(), bug)
			if err != nil {
				t.Fatal(err)
			}
			want, known := scenarioOf[bug.Name]
			if !known || want != "" && !slices.Contains(caught.scenarios, want) {
				t.Errorf("it is caught in the scenarios %q, want %q among them; see: go run ./cmd/run -bug %s %s", caught.scenarios,
					want, bug.Name, want)
			}
			if caught.found == nil {
				t.Fatalf("no seed of mixed up to %d catches it; see: go run ./cmd/sweep -bug %s -keep-going -seeds 1-%d", mostSeeds,
					bug.Name, mostSeeds)
			}
			t.Logf("seed %d: %v", caught.found.seed, caught.found.violation)
			if bug.Name == slowest {
				return
			}
			checkShrunk(t, caught.found, caught.small)
			caught.took = 999 * time.Second
			hunted[i] = caught
		})
	}
}

// paxosScenarioOf is scenarioOf for MultiPaxos.
var paxosScenarioOf = map[string]string{
	"accept-below-promise": "paxos-duel", "forget-promise": "paxos-acceptor-restart", "reuse-ballot": "paxos-takeover",
	"quorum-of-answered": "paxos-majority-down", "adopt-highest-slot": "paxos-everything", "leave-hole": "paxos-hole",
	"apply-out-of-order": "paxos-hole", "skip-hole": "paxos-lost-commit", "never-catch-up": "paxos-lost-commit",
	"overwrite-at-replica": "multipaxos", "no-dedup": "paxos-unknown-choice",
	"adopt-latest-arrival": "paxos-highest-ballot", "count-old-promises": "paxos-old-promises",
	"slot-given-twice": "paxos-lost-accept",
}

// TestEveryBugOfMultiPaxosIsCaught is TestEveryBugIsCaught for MultiPaxos.
func TestEveryBugOfMultiPaxosIsCaught(t *testing.T) {
	for i, bug := range protocols.MultiPaxos.Run.Bugs {
		if race.Enabled && i%4 != 0 {
			continue
		}
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			caught, err := find(t.Context(), &protocols.MultiPaxos, bug)
			if err != nil {
				t.Fatal(err)
			}
			if want := paxosScenarioOf[bug.Name]; !slices.Contains(caught.scenarios, want) {
				t.Errorf("it is caught in the scenarios %q, want %q among them", caught.scenarios, want)
			}
			if caught.found == nil {
				t.Fatalf("no seed of mixed up to %d catches it", mostSeeds)
			}
			small, err := shrink.Shrink(t.Context(), caught.found.config, shrink.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkShrunk(t, caught.found, small)
		})
	}
}

// rare are bugs that few seeds catch, each with one of those. It is tried before all others.
var rare = map[string]uint64{"count-old-promises": 783, "adopt-latest-arrival": 394, "leave-hole": 118}

// find is hunt without the shrinking.
func find(ctx context.Context, of *whole.Protocol, bug protocolrun.Bug) (prey, error) {
	scenarios, err := catching(ctx, of, bug)
	if err != nil {
		return prey{}, err
	}
	var found *catch
	if seed := rare[bug.Name]; seed > 0 {
		found, err = search(ctx, of, bug, seed, seed)
	}
	if found == nil && err == nil {
		found, err = search(ctx, of, bug, 1, mostSeeds)
	}
	return prey{bug: bug.Name, scenarios: scenarios, found: found}, err
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

func checkShrunk(t *testing.T, found *catch, small *shrink.Result) {
	t.Helper()
	if small.Violation.Invariant.Name != found.violation.Invariant.Name || !small.Minimal || small.After.Faults > 8 ||
		small.After.Operations > 8 {
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
