package raft_test

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// catches are the bugs and the invariants, by id, that are known to catch them. An invariant that is added to make a
// run pass is seen here.
var catches = map[string]string{
	"commit-old-term":        "I14 I4",
	"forget-vote":            "I10 I1 I13",
	"revote-on-stepdown":     "I10 I1",
	"count-duplicate-votes":  "I21 I1",
	"longest-log-wins":       "I4",
	"keep-conflicting-tail":  "I3",
	"commit-beyond-match":    "I5",
	"no-commit-on-heartbeat": "I17",
	"ignore-higher-term":     "I10 I17",
	"next-index-stuck":       "I17",
	"local-read":             "I15",
	"no-dedup":               "I16",
	"false-failure":          "I15",
}

func TestBugs(t *testing.T) {
	ids := map[protocol.InvariantName]string{}
	for _, invariant := range protocol.AllInvariants() {
		ids[invariant.Name] = invariant.ID
	}
	seen := map[raft.Bug]bool{raft.BugNone: true}
	for _, b := range raft.Bugs() {
		if seen[b.Bug] {
			t.Errorf("%s is there twice, or is no bug", b.Name)
		}
		seen[b.Bug] = true
		if named, known := raft.BugNamed(b.Name); named != b.Bug || !known || b.Bug.String() != b.Name {
			t.Errorf("%s is the name of %q, and the bug's own is %q", b.Name, named, b.Bug)
		}
		if !strings.HasSuffix(b.Doc, ").") || strings.Count(b.Doc, ". ") > 0 {
			t.Errorf("the doc of %s is not one sentence that ends with its section: %s", b.Name, b.Doc)
		}
		var caughtBy []string
		for _, name := range b.CaughtBy {
			caughtBy = append(caughtBy, ids[name])
		}
		if got := strings.Join(caughtBy, " "); got != catches[b.Name] {
			t.Errorf("%s is caught by %q, want %q", b.Name, got, catches[b.Name])
		}
	}
	if len(seen) != len(catches)+1 {
		t.Errorf("there are %d bugs, want %d", len(seen)-1, len(catches))
	}
	if none, known := raft.BugNamed(""); none != raft.BugNone || !known || raft.BugNone.String() != "" {
		t.Errorf("without a name it is %q, known: %v", none, known)
	}
	if _, known := raft.BugNamed("none"); known {
		t.Error("a name that no bug has is known")
	}
}
