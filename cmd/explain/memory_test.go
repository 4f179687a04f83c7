package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
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
	if takes.Span < holds || takes.Span > 4*holds {
		t.Errorf("it holds %d bytes for each span, and is said to take %d", holds, takes.Span)
	}
	recorded.InReadme(t, fmt.Sprintf("`explain` holds %d bytes", takes.Span))
	recorded.InReadme(t, fmt.Sprintf("`explain` and `export` hold %d,%03d bytes", takes.Document/1000, takes.Document%1000))
}

// Without memory nothing is read, and who interrupts is not kept waiting: status 2.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, wrong bytes.Buffer
	if status := run(ctx, []string{folder, "leader term 1"}, &out, &wrong); status != command.Trouble || !strings.HasSuffix(wrong.String(), ": interrupted\n") {
		t.Errorf("interrupted: exit status %d\n%s%s", status, &out, &wrong)
	}
	recorded.NoMemory(t)
	if _, wrong := wants(t, command.Trouble, folder, "leader term 1"); !strings.Contains(wrong, " of memory to explain, and 0 MiB is free: set GOMEMLIMIT=1GiB\n") {
		t.Errorf("without memory it says\n%s", wrong)
	}
}
