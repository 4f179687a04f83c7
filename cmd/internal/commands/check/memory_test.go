package check

import (
	"fmt"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/traces/read"
)

// What a checker is said to hold of each span is what it holds.
func TestMemory(t *testing.T) {
	recorded.SaidToTake(t, recorded.Look{Command: "check", Takes: takes.Span, At: func(path string, now func()) {
		reader, err := read.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		checker := raftconform.New()
		if err := checker.Read(t.Context(), reader); err != nil {
			t.Fatal(err)
		}
		checker.Report()
		now()
		checker.Report()
	}})
	recorded.InReadme(t, fmt.Sprintf("`check` %d", takes.Span))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	recorded.GivesUp(t, Main, "check", folder)
}
