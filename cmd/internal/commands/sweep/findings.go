package sweep

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/replay"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/history"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// finding is what cmd/check finds of one rule or invariant in the trace of one run: the first in time, and how many
// there are.
type finding struct {
	Seed    uint64 `json:"seed"`
	Run     string `json:"run"` // its name, which cmd/check takes when cmd/run has written it
	ID      string `json:"id"`
	Count   int    `json:"count"`
	Rule    string `json:"rule"`
	Section string `json:"section,omitempty"`
	Span    string `json:"span"`
	Got     string `json:"got"`
	Want    string `json:"want"`
}

// ran is what the run of a seed came to.
type ran struct {
	cluster.Result

	spans    int // of its trace, if that was checked
	findings []finding
	panicked *cluster.Panic // nil if the program did not
}

// checked carries out a run, and checks its trace as cmd/check does.
func checked(ctx context.Context, c *config.Config) (ran, error) {
	j := c.Row().Conform()
	recorder := record.NewRecorder(record.RecorderOptions{}, j)
	result, err := cluster.New(c, cluster.Options{Tuned: true, Recorder: recorder}).Run(ctx)
	if err != nil {
		return ran{}, err
	}
	if err := recorder.Close(ctx); err != nil {
		return ran{}, err
	}
	r := ran{Result: result}
	r.check(ctx, j, c)
	return r, ctx.Err() // a history that nobody waited for is not decided
}

// check adds what is found in the trace of the run.
func (r *ran) check(ctx context.Context, j kvconform.Checker, c *config.Config) {
	found := j.Report()
	r.spans = found.Spans
	told := map[string]bool{}
	for i := range found.Findings {
		f := &found.Findings[i]
		if told[f.ID] {
			continue
		}
		told[f.ID] = true
		r.findings = append(r.findings, finding{
			Seed: c.Seed, Run: c.Name(), ID: f.ID, Count: found.Counts[f.ID], Rule: f.Rule, Section: f.Section, Got: f.Got,
			Want: f.Want,
			Span: fmt.Sprintf("%s %s of %s at %s", f.Span.Name, f.Span.ID, f.Span.Process, f.Span.At.Round(time.Microsecond)),
		})
	}
	if v := replay.History(ctx, found.History, found.Epoch); v != nil {
		rule, _ := c.Row().Run.Invariant(history.Invariant)
		r.findings = append(r.findings, finding{
			Seed: c.Seed, Run: c.Name(), ID: rule.Name, Count: 1, Rule: rule.Doc, Section: rule.ID + ", " + rule.Section,
			Got: v.Facts[0] + "; but " + v.Facts[1], Want: "answers that some order of the operations explains",
		})
	}
}

// check are the commands that show what is found in a run's trace. The run exits with 1 if it violates an invariant
// besides.
func (r *report) check(f *finding) string {
	return fmt.Sprintf("%s%s; %s; %s", command.Line("run", "-quiet"),
		strings.TrimPrefix(r.again(f.Seed), command.Line("run")), command.Line("check", f.Run),
		command.Line("view", f.Run))
}

// findings tells all of them in lines of a width, each with the command that shows it again.
func (r *report) findings(style terminal.Style, width int) string {
	var b strings.Builder
	for i := range r.Findings {
		f := &r.Findings[i]
		name := f.ID
		if f.Section != "" {
			name += " (" + f.Section + ")"
		}
		if f.Count > 1 {
			name += fmt.Sprintf(", the first of %d", f.Count)
		}
		where := ""
		if f.Span != "" {
			where = f.Span + ": "
		}
		text := fmt.Sprintf("%s with seed %d: %s: %sfound: %s; right: %s", style.Red("finding"), f.Seed, name, where, f.Got,
			f.Want)
		b.WriteString(terminal.Paragraph("", "    ", text, width) + "  " + r.check(f) + "\n")
	}
	return b.String()
}

// found says what cmd/check found, in how many runs.
func (t *table) found() string {
	var ids []string
	first, runs := map[string]uint64{}, map[string]uint64{}
	for _, f := range t.report.Findings {
		if runs[f.ID]++; runs[f.ID] == 1 {
			ids, first[f.ID] = append(ids, f.ID), f.Seed
		}
	}
	rows := [][]string{{"found in traces", "runs", "first by"}}
	for _, id := range ids {
		rows = append(rows, []string{t.style.Red(id), words.Grouped(runs[id]), fmt.Sprintf("seed %d", first[id])})
	}
	return terminal.Table(rows, terminal.Left, terminal.Right)
}

// blamed is how many runs have a trace that something is wrong with.
func (r *report) blamed() uint64 {
	n, last := uint64(0), uint64(0)
	for i, f := range r.Findings {
		if i == 0 || f.Seed != last {
			n++
		}
		last = f.Seed
	}
	return n
}
