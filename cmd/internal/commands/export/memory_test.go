package export

import (
	"fmt"
	"sync"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/index"
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

// What each format is said to hold of each span is what it holds.
func TestMemory(t *testing.T) {
	most := 0
	var looks []recorded.Look
	for _, f := range formats {
		looks = append(looks, recorded.Look{Command: f.name, Takes: f.takes.Span, At: func(path string, now func()) {
			spans, err := index.Read(t.Context(), index.File(path), index.Options{Lists: span.Lists(protocols.Raft.Specs)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = spans.Close() }()
			if err := f.write(&atFirst{now: now}, spans); err != nil {
				t.Fatal(err)
			}
		}})
		most = max(most, f.takes.Span)
	}
	recorded.SaidToTake(t, looks...)
	recorded.InReadme(t, fmt.Sprintf("`export` up to %d", most))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	recorded.GivesUp(t, Main, "export", "-to", "jaeger", folder)
}
