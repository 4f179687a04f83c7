package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
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
		if f := formats[i]; f.takes.Span < holds || f.takes.Span > 4*holds {
			t.Errorf("%s holds %d bytes for each span, and is said to take %d", f.name, holds, f.takes.Span)
		}
		most = max(most, formats[i].takes.Span)
	}
	recorded.InReadme(t, fmt.Sprintf("`export` up to %d", most))
}

// Without memory nothing is read, and who interrupts is not kept waiting: status 2.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, wrong bytes.Buffer
	if status := run(ctx, []string{"-to", "jaeger", folder}, &out, &wrong); status != command.Trouble || !strings.HasSuffix(wrong.String(), ": interrupted\n") {
		t.Errorf("interrupted: exit status %d\n%s%s", status, &out, &wrong)
	}
	recorded.NoMemory(t)
	if _, wrong := wants(t, command.Trouble, "-to", "jaeger", folder); !strings.Contains(wrong, " of memory to export, and 0 MiB is free: set GOMEMLIMIT=1GiB\n") {
		t.Errorf("without memory it says\n%s", wrong)
	}
}
