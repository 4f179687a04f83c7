package explain

import (
	"fmt"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
)

// What an explanation is said to hold of each span is what it holds.
func TestMemory(t *testing.T) {
	recorded.SaidToTake(t, recorded.Look{Command: "explain", Takes: takes.Span, At: func(path string, now func()) {
		spans, err := index.Read(t.Context(), index.File(path), index.Options{Lists: span.Lists(protocols.Raft.Specs)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = spans.Close() }()
		e := explain.New(spans, protocols.Raft.Explain)
		if _, err := e.Explain("client-2 40"); err != nil {
			t.Fatal(err)
		}
		now()
		if _, err := e.Explain("leader term 1"); err != nil {
			t.Fatal(err)
		}
	}})
	recorded.InReadme(t, fmt.Sprintf("`explain` holds %d bytes", takes.Span))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	recorded.GivesUp(t, Main, "explain", folder, "leader term 1")
}
