package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/shrink"
	"github.com/raftkv/raftkv/raftkv/raft"
)

// scenarioOf is a scenario that each bug is caught in; those without one hang on luck, and are left to the seeds.
var scenarioOf = map[string]string{
	"forget-vote": "leader-crash", "count-duplicate-votes": "storm", "ignore-higher-term": "two-leaders", "longest-log-wins": "disruptive-server",
	"keep-conflicting-tail": "figure-7", "next-index-stuck": "majority-partition", "commit-old-term": "figure-8", "commit-beyond-match": "minority-partition",
	"local-read": "two-leaders", "no-dedup": "lost-reply", "false-failure": "figure-8", "revote-on-stepdown": "", "no-commit-on-heartbeat": "",
}

// TestEveryBugIsCaught switches on each bug: its scenario and one of the first seeds of mixed convict it, by an invariant that it is known to break; what is left of that seed's
// run when it is shrunk has few faults and operations, and none of them can be taken away.
func TestEveryBugIsCaught(t *testing.T) {
	for i, bug := range raft.Bugs() {
		if i%bugStride != 0 {
			continue
		}
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			scenarios, err := convicting(t.Context(), bug)
			want, known := scenarioOf[bug.Name]
			if err != nil || !known || want != "" && !slices.Contains(scenarios, want) {
				t.Errorf("it is caught in the scenarios %q, %v, want %q among them; see: go run ./cmd/run -bug %s %s", scenarios, err, want, bug.Name, want)
			}
			found, err := search(t.Context(), bug, mostSeeds)
			if err != nil {
				t.Fatal(err)
			}
			if found == nil {
				t.Fatalf("no seed of mixed up to %d catches it; see: go run ./cmd/sweep -bug %s -keep-going -seeds 1-%d", mostSeeds, bug.Name, mostSeeds)
			}
			t.Logf("seed %d: %v", found.seed, found.violation)
			checkShrunk(t, found)
		})
	}
}

func checkShrunk(t *testing.T, found *conviction) {
	t.Helper()
	small, err := shrink.Shrink(t.Context(), found.config, shrink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if small.Violation.Invariant.Name != found.violation.Invariant.Name || !small.Minimal || small.After.Faults > 8 || small.After.Operations > 8 {
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

func stillViolated(t *testing.T, less *config.Config, found *conviction, what string, i int) {
	t.Helper()
	v, err := violationOf(t.Context(), less)
	if err != nil {
		t.Fatal(err)
	}
	if v != nil && v.Invariant.Name == found.violation.Invariant.Name {
		t.Errorf("seed %d, shrunk, violates %s without its %s %d too:\n%s", found.seed, v.Invariant.Name, what, i, strings.TrimSpace(string(less.TOML())))
	}
}
