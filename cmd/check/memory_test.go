package main

import (
	"fmt"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces"
)

// What a judge is said to hold of each span is what it holds, and a half to three times as much more for what it holds for a moment.
func TestMemory(t *testing.T) {
	holds := recorded.PerSpan(t, func(folder string, now func()) {
		reader, err := traces.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		judge := traces.NewJudge()
		for span, err := range reader.All() {
			if err != nil {
				t.Fatal(err)
			}
			judge.Add(&span, reader.Line())
		}
		judge.Report()
		now()
		judge.Report()
	})[0]
	recorded.SaidToTake(t, "check", takes.Span, holds)
	recorded.InReadme(t, fmt.Sprintf("`check` %d", takes.Span))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	recorded.GivesUp(t, run, "check", folder)
}
