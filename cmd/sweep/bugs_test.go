package main

import (
	"bytes"
	"regexp"
	"slices"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// TestSweepsCatchEveryBug sweeps with each bug that can be built in: within 2,000 seeds of mixed, which is the profile
// when nothing is said, the first violation is of an invariant that the bug is known to break, and the command exits
// with 1.
func TestSweepsCatchEveryBug(t *testing.T) {
	told := regexp.MustCompile(`^violation with seed \d+ at \S+: (\w+) \(`)
	for _, bug := range raft.Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := []string{"-quiet", "-seeds", "1-2000", "-bug", bug.Name}
			status := run(t.Context(), args, &stdout, &stderr)
			first := told.FindSubmatch(stderr.Bytes())
			if status != command.Violation || first == nil || !slices.Contains(bug.CaughtBy, protocol.InvariantName(first[1])) {
				t.Errorf("go run ./cmd/sweep %q: exit status %d, want 1 and a violation of one of %q\n%s", args, status,
					bug.CaughtBy, &stderr)
			}
		})
	}
}
