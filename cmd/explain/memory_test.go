package main

import (
	"fmt"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces"
)

// What an explanation is said to hold of each span is what it holds, and up to three times as much more for what it holds for a moment.
func TestMemory(t *testing.T) {
	holds := recorded.PerSpan(t, func(folder string, now func()) {
		spans, err := traces.ReadSpans(t.Context(), folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = spans.Close() }()
		e := traces.NewExplainer(spans)
		if _, err := e.Explain("client-2 40"); err != nil {
			t.Fatal(err)
		}
		now()
		if _, err := e.Explain("leader term 1"); err != nil {
			t.Fatal(err)
		}
	})[0]
	recorded.SaidToTake(t, "explain", takes.Span, holds)
	recorded.InReadme(t, fmt.Sprintf("`explain` holds %d bytes", takes.Span))
	recorded.InReadme(t, fmt.Sprintf("`explain` and `export` hold %d,%03d bytes", takes.Document/1000, takes.Document%1000))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	recorded.GivesUp(t, run, "explain", folder, "leader term 1")
}
