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
	if takes.Span < holds || takes.Span > 4*holds {
		t.Errorf("it holds %d bytes for each span, and is said to take %d", holds, takes.Span)
	}
	recorded.InReadme(t, fmt.Sprintf("`check` %d", takes.Span))
}

// Without memory nothing is read, and who interrupts is not kept waiting: status 2.
func TestGivesUp(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, wrong bytes.Buffer
	if status := run(ctx, []string{folder}, &out, &wrong); status != command.Trouble || !strings.HasSuffix(wrong.String(), ": interrupted\n") {
		t.Errorf("interrupted: exit status %d\n%s%s", status, &out, &wrong)
	}
	recorded.NoMemory(t)
	wrong.Reset()
	if status := run(t.Context(), []string{folder}, &out, &wrong); status != command.Trouble || !strings.Contains(wrong.String(), " of memory to check, and 0 MiB is free: set GOMEMLIMIT=1GiB\n") {
		t.Errorf("without memory: exit status %d\n%s%s", status, &out, &wrong)
	}
}
