package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/raft"
)

// TestEachBugIsCaughtInTheMix sweeps with each bug: within 2,000 runs of mixed, an invariant that it is known to break does not hold, and that is the first thing that does not.
func TestEachBugIsCaughtInTheMix(t *testing.T) {
	for _, bug := range raft.Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			status, _, stderr := call(t, "-seeds", "1-2000", "-bug", bug.Name)
			if status != command.Violation {
				t.Errorf("exit status %d, want %d", status, command.Violation)
			}
			if !slices.ContainsFunc(bug.CaughtBy, func(name protocol.InvariantName) bool { return strings.Contains(stderr, ": "+string(name)+" (") }) {
				t.Errorf("standard error says none of %v:\n%s", bug.CaughtBy, stderr)
			}
		})
	}
}
