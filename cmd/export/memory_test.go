package main

import (
	"fmt"
	"sync"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces"
)

// atFirst calls now when something is written for the first time: then all that is to be written is in order.
type atFirst struct {
	once sync.Once
	now  func()
}

func (w *atFirst) Write(p []byte) (int, error) {
	w.once.Do(w.now)
	return len(p), nil
}

// What each format is said to hold of each span is what it holds, and up to three times as much more for what it holds for a moment.
func TestMemory(t *testing.T) {
	most := 0
	var looks []func(folder string, now func())
	for _, f := range formats {
		looks = append(looks, func(folder string, now func()) {
			spans, err := traces.ReadSpans(t.Context(), folder, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = spans.Close() }()
			if err := f.write(&atFirst{now: now}, spans); err != nil {
				t.Fatal(err)
			}
		})
	}
	for i, holds := range recorded.PerSpan(t, looks...) {
		recorded.SaidToTake(t, formats[i].name, formats[i].takes.Span, holds)
		most = max(most, formats[i].takes.Span)
	}
	recorded.InReadme(t, fmt.Sprintf("`export` up to %d", most))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	recorded.GivesUp(t, run, "export", "-to", "jaeger", folder)
}
