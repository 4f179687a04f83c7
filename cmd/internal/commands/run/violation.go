package run

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
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
)

// printViolation says which invariant does not hold, the two facts that clash, what led to them since the last fault,
// and how to have it happen again. The exit status tells those who cannot be told.
func (r *runner) printViolation(ctx context.Context, w io.Writer) {
	r.tellViolation(ctx, w, terminal.StyleOf(w), terminal.Width(w), terminal.Columns(w))
}

// tellViolation is printViolation for a terminal of so many columns; 0 is none, and then an event is a line. Other
// texts are of a width in any case.
func (r *runner) tellViolation(ctx context.Context, w io.Writer, style terminal.Style, width, columns int) {
	v := r.result.Checks.Violation
	const below = "              "
	_, _ = fmt.Fprintf(w, "%s at %s: %s (%s, %s)\n%s%s%s",
		style.Bold(style.Red("violation")), v.At, v.Invariant.Name, v.Invariant.ID, v.Invariant.Section,
		terminal.Paragraph("  ", "  ", v.Invariant.Doc, width),
		terminal.Paragraph("  one fact:   ", below, v.Facts[0], width), terminal.Paragraph("  the other:  ", below,
			v.Facts[1], width))
	if r.expectsViolation() {
		_, _ = io.WriteString(w, "  expected:   this is what the scenario is for\n")
	}
	if r.result.LyingDisk {
		p := r.config.Row()
		_, _ = io.WriteString(w, terminal.Paragraph("  lying disk: ", below, fmt.Sprintf("before, a disk lost what it had "+
			"said that it keeps, or was made to lie. %s relies on that no disk does (%s), "+
			"so that this is no mistake of the algorithm.", p.Name, p.Run.Disks), width))
	}
	lines, finding := r.retold(ctx)
	if finding != nil {
		text := fmt.Sprintf("%s, %s %s of %s at %s: %s; right is: %s", finding.ID, finding.Span.Name, finding.Span.ID,
			finding.Span.Process, finding.Span.At, finding.Got, finding.Want)
		_, _ = io.WriteString(w, terminal.Paragraph("  before it:  ", below, text, width))
	}
	if causes := r.causes(lines, style, columns, r.facts(finding)); causes != "" {
		_, _ = fmt.Fprintf(w, "  what led to it:\n%s", causes)
	}
	_, _ = fmt.Fprintf(w, "  again:      %s\n", r.again())
	if !r.options.shrink {
		_, _ = fmt.Fprintf(w, "  shorter:    %s\n", r.shorter())
	}
}

// again is the command that has the run happen again.
func (r *runner) again() string {
	return command.Line("run", filepath.Join(r.options.out, r.name(), configFile))
}

// retold carries the run out once more: it is the same run. It returns its story, and what is wrong in its trace before
// the fact at which the invariant was seen not to hold, if there is any such thing: there the mistake is. Both are nil
// when the run was interrupted.
func (r *runner) retold(ctx context.Context) (*story.Story, *conform.Finding) {
	lines, checker := story.New(r.config.Row().Story), r.config.Row().Conform()
	exporters := []record.Exporter{lines}
	if r.tally.spans <= mostChecked {
		exporters = append(exporters, checker)
	}
	recorder := record.NewRecorder(record.RecorderOptions{}, exporters...)
	if _, err := cluster.New(r.config.Config, cluster.Options{Recorder: recorder}).Run(ctx); err != nil {
		return nil, nil
	}
	if err := recorder.Close(ctx); err != nil {
		return nil, nil
	}
	found := checker.Report().Findings
	if len(found) == 0 {
		return lines, nil
	}
	at, told := lines.Told(found[0].Span.ID)
	if !told {
		at = r.config.StartTime.Add(found[0].Span.At)
	}
	if !at.Before(r.config.StartTime.Add(r.result.Checks.Violation.Places[1].At)) {
		return lines, nil
	}
	return lines, &found[0]
}

// mostChecked is how many spans are checked to say what was wrong before: more would take memory that nobody asked
// whether there is.
const mostChecked = 1_000_000

// facts are those whose causes are told, the wrong one last.
func (r *runner) facts(finding *conform.Finding) []story.Fact {
	places := r.result.Checks.Violation.Places
	var facts []story.Fact
	add := func(p check.Place) {
		f := story.Fact{At: r.config.StartTime.Add(p.At)}
		if p.Server != 0 {
			f.Process = p.Server.String()
		}
		if p.Request != (kv.RequestID{}) {
			f.Span = client.OperationID(p.Request.Client, int(p.Request.Sequence))
		}
		facts = append(facts, f)
	}
	if places[0] != (check.Place{}) {
		add(places[0])
	}
	if finding == nil || places[1].Request != (kv.RequestID{}) {
		add(places[1])
	}
	if finding != nil {
		facts = append(facts,
			story.Fact{Span: finding.Span.ID, Process: finding.Span.Process, At: r.config.StartTime.Add(finding.Span.At)})
	}
	return facts
}

// causes are the lines of the story that led to facts.
func (r *runner) causes(lines *story.Story, style terminal.Style, columns int, facts []story.Fact) string {
	if lines == nil {
		return ""
	}
	told := story.Plain
	if style.Colour {
		told = story.ANSI
	}
	var b bytes.Buffer
	if err := lines.WriteCauses(&b, told, max(0, columns-len(indent)), facts...); err != nil {
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
