package check

import (
	"fmt"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world/race"
)

// tried is how many seeds of mixed a bug may take until a trace shows it.
var tried = race.Fewer(150, 40)

// broken are the rules and invariants that check names for each bug.
var broken = map[string]string{
	"forget-vote":            string(protocol.InvariantPersistBeforeSend),
	"revote-on-stepdown":     string(protocol.InvariantTermAndVote),
	"count-duplicate-votes":  string(protocol.InvariantElectionSafety),
	"ignore-higher-term":     string(protocol.InvariantTermAndVote),
	"longest-log-wins":       "wrong_vote",
	"keep-conflicting-tail":  "wrong_log_end",
	"next-index-stuck":       "wrong_next_index",
	"commit-old-term":        string(protocol.InvariantCommitCurrentTerm),
	"commit-beyond-match":    "unjustified_commit",
	"no-commit-on-heartbeat": string(protocol.InvariantProgress),
	"local-read":             "answer_without_entry",
	"no-dedup":               string(protocol.InvariantExactlyOnce),
	"false-failure":          "answer_without_entry",
}

// TestBugsAreCaught checks runs with each bug from their traces alone: the first in which something is wrong has to
// show the rule that the bug breaks.
func TestBugsAreCaught(t *testing.T) {
	for _, bug := range raft.Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			for seed := 1; seed <= tried; seed++ {
				file, _ := traced(t, recorded.Config(t, "", "mixed", fmt.Sprint("seed=", seed), "bug="+bug.Name))
				report := checked(t, file)
				if len(report.Findings) == 0 {
					continue
				}
				if want := broken[bug.Name]; report.Counts[want] == 0 {
					t.Errorf("seed %d of mixed with -bug %s: check finds %v, want %q", seed, bug.Name, report.Counts, want)
				}
				return
			}
			t.Errorf("check finds nothing in the first %d seeds of mixed with -bug %s", tried, bug.Name)
		})
	}
}
