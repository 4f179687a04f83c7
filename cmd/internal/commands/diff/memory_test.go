package diff

import (
	"fmt"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/diff"
)

// What a comparison is said to hold of each span is what it holds.
func TestMemory(t *testing.T) {
	other := recorded.Run(t, "default", "seed=2", "requests_per_client=2")
	recorded.SaidToTake(t, recorded.Look{Command: "diff", Takes: takes.Span, At: func(path string, now func()) {
		var both [2]*diff.Trace
		for i, side := range []string{path, other} {
			x, err := diff.Read(t.Context(), side, protocols.Raft.Diff, diff.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = x.Close() }()
			both[i] = x
		}
		d, err := diff.Compare(t.Context(), both[0], both[1], diff.Options{Max: 20})
		now()
		if err != nil || d.First == nil || both[0] == both[1] {
			t.Fatal(err)
		}
	}})
	recorded.InReadme(t, fmt.Sprintf("`diff` %d", takes.Span))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	recorded.GivesUp(t, Main, "compare", folder, folder)
}
