package sweep

import (
	"fmt"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/words"
)

// widest is how long a line is at most, but for a command, which is copied whole.
const widest = 80

// table is a report as a person reads it. Nothing in it depends on the machine but for its terminal.
type table struct {
	report *report
	style  terminal.Style
	plots  terminal.Plots
	width  int // of its lines; those of the tables in it fit into widest
}

func (t *table) String() string {
	f := &t.report.Figures
	parts := []string{t.head()}
	if t.report.Done > 0 {
		parts = append(parts, t.numbers(), t.totals(), t.happened())
	}
	if f.Unfinished > 0 {
		parts = append(parts,
			t.text(words.Counted(f.Unfinished, "run")+" "+words.Agree(f.Unfinished, "was", "were")+" cut short by max_duration"))
	}
	if len(t.report.Violations) > 0 {
		parts = append(parts, t.broken())
	}
	if len(t.report.Findings) > 0 {
		parts = append(parts, t.found())
	}
	return strings.Join(append(parts, t.next()), "\n")
}

// text is one that is broken into lines.
func (t *table) text(text string) string { return terminal.Paragraph("", "", text, t.width) }

// head says what was run, and whether all was well.
func (t *table) head() string {
	r := t.report
	what := strings.TrimPrefix(r.Run, "-faults ")
	runs := words.Counted(r.Done, "run")
	if whole := r.Shard.count(r.Seeds); r.Done < whole {
		runs = fmt.Sprintf("the first %s of %s runs", words.Grouped(r.Done), words.Grouped(whole))
	}
	part := ""
	if r.Shard.Of > 1 {
		part = ", part " + r.Shard.String()
	}
	verdict := t.style.Green(fmt.Sprintf("%s held after each of %s events",
		words.Counted(len(r.protocol().Run.Invariants), "invariant"), words.Grouped(r.Figures.Events)))
	if n := len(r.Violations); n > 0 {
		verdict = t.style.Red(fmt.Sprintf("an invariant was violated in %s", words.Counted(uint64(n), "run")))
	}
	if n := len(r.Panics); n > 0 {
		verdict += ", and " + t.style.Red("the program panicked in "+words.Counted(n, "run"))
	}
	switch n := r.blamed(); {
	case n > 0:
		verdict += ", and " + t.style.Red("cmd/check finds fault with "+words.Counted(n, "trace"))
	case r.Checked:
		verdict += ", and " + t.style.Green("cmd/check finds nothing wrong with "+words.Counted(r.Spans, "span"))
	}
	text := fmt.Sprintf("%s, %s%s: %s", t.style.Bold(what), r.Seeds, part, runs)
	if terminal.Length(text+", "+verdict) <= t.width {
		return text + ", " + verdict + "\n"
	}
	return t.text(text+",") + t.text(verdict)
}

const (
	plotWidth = 16
	barWidth  = 20
)

// numbers are those that differ from run to run.
func (t *table) numbers() string {
	f := &t.report.Figures
	count := func(n uint64) string { return words.Grouped(n) }
	rows := [][]string{{"of each run", "half", "9 of 10", "99 of 100", "all", "least to 99 of 100"}}
	for _, row := range []struct {
		name   string
		counts counts
		text   func(uint64) string
	}{
		{"elections", f.Elections, count},
		{"time to first leader", f.FirstLeader, duration},
		{"commit latency", f.Latency, duration},
		{"retries", f.Retries, count},
		{"messages a commit", f.MessagesPerCommit, count},
		{"faults injected", f.Faults, count},
	} {
		if len(row.counts) == 0 || row.name == "elections" && !t.report.protocol().Run.Leads() {
			continue
		}
		rows = append(rows, []string{
			row.name, row.text(row.counts.upTo(50)), row.text(row.counts.upTo(90)), row.text(row.counts.upTo(99)),
			row.text(row.counts.most()),
			t.plots.Columns(row.counts.columns(plotWidth)),
		})
	}
	return terminal.Table(rows, terminal.Left, terminal.Right, terminal.Right, terminal.Right, terminal.Right) +
		t.text("Each is at most that. Commit latency is a client's, of each operation: from its first asking to the "+
			"answer, retries included.")
}

// totals are the numbers of all runs together.
func (t *table) totals() string {
	f := &t.report.Figures
	of := func(n uint64, one, done string) string { // a number stays with what it is of
		return words.Grouped(n) + terminal.NoBreak + words.Plural(n, one) + " " + done
	}
	lost := func(n uint64, how string) string { return words.Grouped(n) + terminal.NoBreak + how }
	return t.text("in all: " + strings.Join([]string{
		of(f.Operations, "operation", "answered"), of(f.Commits, "entry", "committed"), of(f.Messages, "message",
			"sent"), lost(f.Lost, "lost"), lost(f.Duplicated, "duplicated"),
	}, ", "))
}

// happened says in how many runs that happened which should happen sometimes.
func (t *table) happened() string {
	rows := [][]string{{"what happens sometimes", "runs", "", ""}}
	for _, s := range t.report.possible() {
		n := t.report.Figures.Sometimes[s.What]
		share := float64(n) / float64(t.report.Done)
		name := s.What
		if n == 0 {
			name = t.style.Yellow(name)
		}
		rows = append(rows, []string{name, words.Grouped(n), percent(share), t.plots.Bar(share, barWidth)})
	}
	return terminal.Table(rows, terminal.Left, terminal.Right, terminal.Right)
}

// broken says which invariants were violated, by how many runs.
func (t *table) broken() string {
	first := make(map[string]violation)
	runs := make(map[string]uint64)
	for _, v := range t.report.Violations {
		if runs[v.Invariant]++; runs[v.Invariant] == 1 {
			first[v.Invariant] = v
		}
	}
	rows := [][]string{{"violated", "runs", "first by"}}
	for _, invariant := range t.report.protocol().Run.Invariants {
		if v, ok := first[invariant.Name]; ok {
			rows = append(rows, []string{
				t.style.Red(v.Invariant), words.Grouped(runs[v.Invariant]), fmt.Sprintf("seed %d", v.Seed),
			})
		}
	}
	return terminal.Table(rows, terminal.Left, terminal.Right)
}

// next is the command worth trying after this sweep, with what it is for: beside it, or where there is no room, below.
func (t *table) next() string {
	line, what := t.suggestion()
	first, others := t.style.Bold("next")+"  "+line, "      # "
	if both := first + "   # " + what; what != "" && terminal.Length(both) <= t.width {
		return both + "\n"
	}
	return first + "\n" + terminal.Paragraph(others, others, what, t.width)
}

func (t *table) suggestion() (line, what string) {
	r := t.report
	switch {
	case len(r.Panics) > 0:
		return r.again(r.Panics[0].Seed), "the panic, and the trace of what was before it"
	case len(r.Violations) > 0:
		return r.again(r.Violations[0].Seed), "the story of what was violated; with -shrink, cut down to what it takes"
	case len(r.Findings) > 0:
		return r.check(&r.Findings[0]), "what is wrong with its trace"
	case r.Done == 0:
		return command.Line("sweep", "-h"), ""
	case r.Shard.Of > 1:
		return command.Line("sweep", "-merge", "FILE..."),
			fmt.Sprintf("when all %d parts are there, each with -json", r.Shard.Of)
	case !r.protocol().Run.Leads():
		return r.again(r.Figures.Busiest.Seed), "one of them, and its story"
	default:
		return r.again(r.Figures.Busiest.Seed), words.Counted(r.Figures.Busiest.Elections, "election") + ", the most of all"
	}
}

// percent never says of a few that they are none, or of almost all that they are all.
func percent(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "< 0.1%"
	case share > 0.999 && share < 1:
		return "> 99.9%"
	default:
		return fmt.Sprintf("%.1f%%", share*100)
	}
}

// duration is a number of microseconds, with three digits.
func duration(microseconds uint64) string {
	d := time.Duration(microseconds) * time.Microsecond
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2fms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%.0fms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.2fs", d.Seconds())
	}
}
