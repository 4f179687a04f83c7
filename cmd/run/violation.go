package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/traces"
)

// printViolation says which invariant does not hold, the two facts that clash, what led to them since the last fault, and how to have it happen again. The exit status
// tells those who cannot be told.
func (r *runner) printViolation(ctx context.Context, w io.Writer) {
	r.tellViolation(ctx, w, terminal.StyleOf(w), terminal.Width(w), terminal.Columns(w))
}

// tellViolation is printViolation for a terminal of so many columns; 0 is none, and then an event is a line. Other texts are of a width in any case.
func (r *runner) tellViolation(ctx context.Context, w io.Writer, style terminal.Style, width, columns int) {
	v := r.result.Checks.Violation
	const below = "              "
	_, _ = fmt.Fprintf(w, "%s at %s: %s (%s, %s)\n%s%s%s",
		style.Bold(style.Red("violation")), v.At, v.Invariant.Name, v.Invariant.ID, v.Invariant.Section, terminal.Paragraph("  ", "  ", v.Invariant.Doc, width),
		terminal.Paragraph("  one fact:   ", below, v.Facts[0], width), terminal.Paragraph("  the other:  ", below, v.Facts[1], width))
	if causes := r.causes(ctx, style, columns, v); causes != "" {
		_, _ = fmt.Fprintf(w, "  what led to it:\n%s", causes)
	}
	_, _ = fmt.Fprintf(w, "  again:      %s\n", r.again())
	if !r.options.shrink {
		_, _ = fmt.Fprintf(w, "  shorter:    %s\n", r.shorter())
	}
}

// again is the command that has the run happen again.
func (r *runner) again() string {
	return "go run ./cmd/run " + command.ShellWord(filepath.Join(r.options.out, r.name(), configFile))
}

// causes are the lines of the story that led to a violation. Where nobody wanted the story the run is carried out once more for it: it is the same run.
func (r *runner) causes(ctx context.Context, style terminal.Style, columns int, v *check.Violation) string {
	story := r.story
	if story == nil {
		story = traces.NewStory()
		recorder := traces.NewRecorder(traces.RecorderOptions{Run: r.config.Hash()}, story)
		if _, err := cluster.New(r.config.Config, cluster.Options{Tracers: recorder.Tracer}).Run(ctx); err != nil {
			return "" // interrupted
		}
		if err := recorder.Close(ctx); err != nil {
			return ""
		}
	}
	process := ""
	if v.Server != 0 {
		process = v.Server.String()
	}
	told := traces.Plain
	if style.Colour {
		told = traces.ANSI
	}
	var b bytes.Buffer
	if err := story.WriteCauses(&b, told, max(0, columns-len(indent)), process, r.config.StartTime.Add(v.At)); err != nil {
		return ""
	}
	return indented(b.String())
}

const indent = "  "

// indented is a text with each line further in.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(indent + line)
	}
	return b.String()
}
