package run

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/record"
)

// salvage writes the trace so far of a run in which the program panicked, and tells of the panic.
func (r *runner) salvage(ctx context.Context, recorder *record.Recorder, failed *cluster.Panic) int {
	err := r.writeFiles(ctx, recorder)
	_, _ = io.WriteString(r.stderr, r.panicked(failed, err == nil)) // the exit status tells those who cannot be told
	if err != nil {
		return command.Failed(r.stderr, r.unwritten(err))
	}
	return statusViolation
}

// panicked says when the program panicked, with which seed, by which calls, and how to have it happen again.
func (r *runner) panicked(failed *cluster.Panic, written bool) string {
	var b strings.Builder
	style, width := terminal.StyleOf(r.stderr), terminal.Width(r.stderr)
	text := fmt.Sprintf("%s at %s, with seed %d: %s", style.Bold(style.Red("panic")), failed.At, r.config.Seed,
		failed.Reason)
	b.WriteString(terminal.Paragraph("", "  ", text, width))
	for _, call := range failed.Stack {
		b.WriteString("  " + call + "\n")
	}
	if written {
		folder := filepath.Join(r.options.out, r.name())
		b.WriteString("  so far:     " + folder + " has the trace until then\n")
		b.WriteString("  again:      " + r.again() + "\n")
	}
	return b.String()
}
