package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/raft"
)

// silent are the bugs whose runs are stopped, by the checks that see the state, before a span shows what is wrong: README names the attributes that would be needed.
var silent = []string{"forget-vote", "revote-on-stepdown", "keep-conflicting-tail"}

// TestBugsAreConvicted judges runs with each bug from their traces alone.
func TestBugsAreConvicted(t *testing.T) {
	for _, bug := range raft.Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			for seed := 1; seed <= tried; seed++ {
				file, violation := traced(t, configOf(t, "", "mixed", fmt.Sprint("seed=", seed), "bug="+bug.Name))
				report := judged(t, file)
				history, err := linearizable(t.Context(), report.History, report.Epoch, t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				if len(report.Findings) == 0 && history.Holds {
					continue
				}
				if violation == nil && len(report.Findings) > 0 {
					t.Logf("seed %d: the checks of the run saw nothing, and the judge %s: %s", seed, report.Findings[0].ID, report.Findings[0].Got)
				}
				if slices.Contains(silent, bug.Name) {
					t.Errorf("seed %d convicts it: take it from the list of those that no trace shows", seed)
				}
				var ids []string
				for id := range report.Counts {
					ids = append(ids, id)
				}
				slices.Sort(ids)
				t.Logf("seed %d: %s, linearizable is %v", seed, strings.Join(ids, ", "), history.Holds)
				return
			}
			if !slices.Contains(silent, bug.Name) {
				t.Errorf("none of the first %d seeds of mixed convicts it", tried)
			}
		})
	}
}
