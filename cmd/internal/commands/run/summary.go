package run

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/telling"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/traces/words"
)

// print prints what was asked for: the story with the summary, the spans, or nothing.
func (r *runner) print(ctx context.Context) error {
	w := interruptible{ctx, r.stdout}
	switch {
	case r.options.stdout:
		return r.printSpans(w)
	case r.options.json:
		return r.printJSON(ctx, w)
	case r.options.quiet:
		return nil
	default:
		return r.printStory(ctx, w)
	}
}

// printSpans copies the file of JSON lines, wherever it is by now.
func (r *runner) printSpans(w io.Writer) error {
	path := filepath.Join(r.folder.draft.Path(), stdouttraceFile)
	if r.options.files.stdouttrace {
		path = filepath.Join(r.folder.path, stdouttraceFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return errors.Join(err, file.Close())
}

// printStory tells the story, the summary, and what to do next.
func (r *runner) printStory(ctx context.Context, to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<16)
	_, _ = w.WriteString(r.introduction()) // Flush tells
	told, err := r.story.WriteSelected(w, telling.Style(r.stdout), terminal.Columns(r.stdout), r.options.part.Selection)
	if err != nil {
		return err
	}
	rows := r.lesson()
	if r.options.part.Chosen() {
		rows = append(rows, row{"told", "", r.options.part.Said(told)})
	}
	if _, err := w.WriteString("\n" + r.laidOut(append(rows, r.summary(ctx)...))); err != nil {
		return err
	}
	return w.Flush()
}

// row is a line of the summary: its name, what stands in its first line and is copied whole, and a text that is broken
// into lines.
type row struct{ name, whole, text string }

func (r *runner) laidOut(rows []row) string {
	style, width := terminal.StyleOf(r.stdout), terminal.Width(r.stdout)
	var b strings.Builder
	for _, row := range rows {
		first := style.Bold(fmt.Sprintf("%-11s", row.name)) + " " + row.whole
		if row.text == "" {
			b.WriteString(first + "\n")
			continue
		}
		b.WriteString(terminal.Paragraph(first, strings.Repeat(" ", 12), row.text, width))
	}
	return b.String()
}

// introduction is what happens in the scenario and why it matters, for who is about to read the story.
func (r *runner) introduction() string {
	what := command.Said(r.config.What)
	if what == "" {
		return ""
	}
	if r.config.Changed {
		what += " (This run changes the scenario, which the text does not know.)"
	}
	var b strings.Builder
	for _, line := range terminal.Wrap(what, terminal.Width(r.stdout)) {
		b.WriteString(terminal.StyleOf(r.stdout).Dim(line) + "\n")
	}
	return b.String()
}

// lesson is what a scenario shows, and what to look for in the story above.
func (r *runner) lesson() []row {
	var rows []row
	for _, row := range []row{{"shows", "", r.config.Title}, {"watch", "", r.config.Watch}} {
		if row.text != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

func (r *runner) summary(ctx context.Context) []row {
	wanted, index := r.config.TotalOperations(), cmp.Or(r.config.Row().Landmarks.Position.Word, "index")
	committed := "nothing is committed"
	if r.result.Committed > 0 {
		committed = fmt.Sprintf("%s %d is committed", index, r.result.Committed)
	}
	rows := []row{
		{"operations", "", fmt.Sprintf("%d of %d answered", r.result.Operations, wanted)},
		{"commits", "", committed},
	}
	if r.config.Row().Run.Leads() {
		rows = append(rows, row{"elections", "", fmt.Sprint(r.tally.elections)})
	}
	rows = append(rows, row{"spans", "", fmt.Sprint(r.tally.spans)}, row{"messages", "", r.messages()})
	if planned := r.plannedFaults(); planned > 0 {
		rows = append(rows, row{"faults", "", fmt.Sprintf("%d of %d happened", r.result.Faults, planned)})
		for _, m := range r.result.Missed {
			rows = append(rows, row{"", "", fmt.Sprintf("not %s: %s", r.config.Faults[m.Fault].Phrase(), m.Why)})
		}
	}
	rows = append(rows, row{"time", "", r.ended()}, row{"checks", "", r.checks()})
	if len(r.config.Expects) > 0 {
		rows = append(rows, row{"expected", "", r.expected()})
	}
	rows = append(rows, r.filesRow(r.written()...))
	rows = append(rows, r.jaegerRows(ctx)...)
	next := r.next()
	if strings.Contains(next, " -drop ") {
		rows = append(rows, row{"what if", "", "this message were lost: " + r.tally.message})
	}
	rows = append(rows, row{"next", next, ""})
	if show := r.show(); show != "" {
		rows = append(rows, row{"show", show, ""})
	}
	return rows
}

// show is the command that shows the run, beside that without its counterfactuals if there is one; empty if it has no
// trace.
func (r *runner) show() string {
	if !r.options.files.otlp {
		return ""
	}
	folder := filepath.Join(r.options.out, r.name())
	if original := r.original(); original != "" {
		return command.Line("view", original, folder)
	}
	return command.Line("view", folder)
}

// filesRow says which files are where.
func (r *runner) filesRow(names ...string) row {
	return row{
		"files", filepath.Join(r.options.out, r.name()) + string(filepath.Separator) + ": ",
		strings.Join(names, ", "),
	}
}

// checks says what held, and what happened of what should happen in some runs.
func (r *runner) checks() string {
	checks := &r.result.Checks
	if v := checks.Violation; v != nil {
		return fmt.Sprintf("%s does NOT hold, after %s; sometimes: %s", v.Invariant.Name,
			words.Counted(checks.Events, "event"), sometimes(checks.Sometimes))
	}
	return fmt.Sprintf("%s held after each of %d events; sometimes: %s",
		words.Counted(checks.Invariants, "invariant"), checks.Events, sometimes(checks.Sometimes))
}

// sometimes is what happened of what should happen in some runs, each with its count in one line.
func sometimes(s check.Counts) string {
	parts := strings.Split(s.String(), ", ")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], " ", terminal.NoBreak)
	}
	return strings.Join(parts, ", ")
}

// plannedFaults is how many faults the config has besides what happens to one message.
func (r *runner) plannedFaults() int {
	planned := 0
	for i := range r.config.Faults {
		if !r.config.Faults[i].Kind.Counterfactual() {
			planned++
		}
	}
	return planned
}

func (r *runner) messages() string {
	text := fmt.Sprint(r.result.Messages)
	if r.result.Lost > 0 {
		text += fmt.Sprintf(", %d lost", r.result.Lost)
	}
	if r.result.Duplicated > 0 {
		text += fmt.Sprintf(", %d duplicated", r.result.Duplicated)
	}
	return text
}

// ended says when the run ended, and that it was cut short if it was.
func (r *runner) ended() string {
	end := r.result.End.Round(time.Microsecond).String() + " of virtual time"
	switch {
	case r.result.Finished:
		return end
	case r.result.Checks.Violation != nil:
		return end + ": a violation stopped the run"
	case r.result.End < r.config.MaxDuration:
		return end + "; then nothing was left to happen"
	default:
		return end + ": cut short by max_duration, before everything was answered and applied"
	}
}

func (r *runner) written() []string {
	var names []string
	for _, file := range []struct {
		name string
		is   bool
	}{{otlpFile, r.options.files.otlp}, {stdouttraceFile, r.options.files.stdouttrace}, {
		storyFile,
		r.options.files.story,
	}, {configFile, true}, {runs.PageFile, r.paged}} {
		if file.is {
			names = append(names, file.name)
		}
	}
	return names
}

// next is the command worth trying after this run: what differs from the run without its counterfactuals, whether the
// trace alone shows a violation, or what one lost message would have changed.
func (r *runner) next() string {
	folder := filepath.Join(r.options.out, r.name())
	if original := r.original(); original != "" && r.options.files.otlp {
		return command.Line("diff", original, folder)
	}
	if r.result.Checks.Violation != nil && r.options.files.otlp {
		return command.Line("check", folder)
	}
	if r.tally.notification != "" {
		var words []string
		if r.options.out != defaultOut {
			words = append(words, "-out", r.options.out)
		}
		words = append(words, "-drop", r.tally.notification, filepath.Join(folder, configFile))
		return command.Line("run", words...)
	}
	return command.Line("run", "-list")
}
