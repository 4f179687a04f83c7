package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/story"
)

// TestQuiet wants silence, and the files.
func TestQuiet(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := here(t, "-quiet", "-out", out).wants(t, statusFine)
	if c.stdout != "" {
		t.Errorf("standard output is not empty: %s\n%s", c, c.stdout)
	}
	if files := filesOf(t, filepath.Join(out, "default-1")); len(files) != 4 {
		t.Errorf("there are %d files: %s", len(files), c)
	}
	wrong := here(t, "-quiet", "-out", out, "-nodes", "0").wants(t, statusTrouble, "-nodes: num_nodes must be at least 1")
	if wrong.stdout != "" {
		t.Errorf("standard output is not empty: %s\n%s", wrong, wrong.stdout)
	}
}

// TestFiles asks for some of the files: those are as ever, the others are not there, not even from an earlier run.
func TestFiles(t *testing.T) {
	t.Parallel()
	want, _ := runFolder(t, "-requests", "1")
	for list, names := range map[string][]string{
		"otlp":                   {configFile, otlpFile},
		"stdouttrace":            {configFile, stdouttraceFile},
		"story":                  {configFile, storyFile},
		"story,otlp":             {configFile, storyFile, otlpFile},
		"otlp,stdouttrace,story": {configFile, stdouttraceFile, storyFile, otlpFile},
	} {
		subset := maps.Clone(want)
		maps.DeleteFunc(subset, func(name, _ string) bool { return !slices.Contains(names, name) })
		out := t.TempDir()
		here(t, "-quiet", "-out", out, "-name", "x", "-requests", "1").wants(t, statusFine)
		write(t, filepath.Join(out, "x"), "notes.md", "mine")
		subset["notes.md"] = "mine"
		c := here(t, "-out", out, "-name", "x", "-requests", "1", "-files", list).wants(t, statusFine)
		same(t, subset, filesOf(t, filepath.Join(out, "x")), c)
		slices.Sort(names)
		if row := summaryOf(t, c)["files"]; row != filepath.Join(out,
			"x")+string(filepath.Separator)+": "+strings.Join(written(names), ", ") {
			t.Errorf("the summary says of the files: %s: %s", row, c)
		}
	}
}

// written are files in the order of the summary.
func written(names []string) []string {
	var all []string
	for _, name := range runFiles {
		if slices.Contains(names, name) {
			all = append(all, name)
		}
	}
	return all
}

// summaryOf is what stands below the story, by the word that each line begins with.
func summaryOf(t *testing.T, c *call) map[string]string {
	t.Helper()
	_, summary, ok := strings.Cut(c.stdout, "\n\n")
	if !ok {
		t.Fatalf("there is no summary: %s\n%s", c, c.stdout)
	}
	rows := make(map[string]string)
	// with what is broken in one line again
	for line := range strings.Lines(strings.ReplaceAll(summary, "\n            ", " ")) {
		word, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		rows[word] = strings.TrimLeft(text, " ")
	}
	return rows
}

// TestStory prints what is in story.txt, and a summary that agrees with the files.
func TestStory(t *testing.T) {
	t.Parallel()
	files, c := runFolder(t, "-quiet=false", "-set", "network.loss=0.02", "-set", "network.duplicate=0.02")
	if got := beforeSummary(c.stdout) + "\n"; got != files[storyFile] {
		t.Errorf("the story differs from %s %s\nreproduce: %s", storyFile, difference(files[storyFile], got), c)
	}
	all := spansIn(t, files)
	elections, last := 0, time.Duration(0)
	for _, s := range all {
		if s.Name == "raft.election" {
			elections++
		}
		last = max(last, s.End.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
	}
	summary := summaryOf(t, c)
	for word, want := range map[string]string{
		"operations": "15 of 15 answered", "commits": "index 16 is committed", "elections": fmt.Sprint(elections),
		"spans": fmt.Sprint(len(all)),
	} {
		if summary[word] != want {
			t.Errorf("the summary says %s: %q, want %q: %s", word, summary[word], want, c)
		}
	}
	const step = 150 * time.Microsecond // the last one may go on for longer than what is told of it
	if took, err := time.ParseDuration(strings.TrimSuffix(summary["time"], " of virtual time")); err != nil ||
		took < last.Truncate(time.Microsecond) || took > last+step {
		t.Errorf("the summary says time: %q, and the last span ends at %s: %s", summary["time"], last, c)
	}
	lines := strings.Split(strings.TrimSpace(c.stdout), "\n")
	if last := lines[len(lines)-2:]; !strings.HasPrefix(last[0], "next ") || !strings.HasPrefix(last[1], "show ") {
		t.Errorf("the last lines are %q: %s", last, c)
	}
}

// TestCutShort ends a run before it is done: it says so.
func TestCutShort(t *testing.T) {
	t.Parallel()
	_, c := runFolder(t, "-quiet=false", "-set", "max_duration=60ms")
	summary := summaryOf(t, c)
	if !strings.Contains(summary["time"], "60ms of virtual time: cut short by max_duration") ||
		!strings.HasSuffix(summary["operations"], " of 15 answered") {
		t.Errorf("the summary does not say that the run was cut short: %s\n%v", c, summary)
	}
}

// TestFaultsThatDoNotHappen has faults wait for what never is, aim at who is not there, and be due when the run is
// over: it is told how many happened, and of each other one why it did not, in the summary or, where there is none,
// with its place on standard error. Only a run that expects them fails for it.
func TestFaultsThatDoNotHappen(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "faults.toml")
	text := "num_nodes = 3\n"
	for at, what := range map[string]string{
		"55ms": `isolate = "node-2"`, "60ms": `heal = "node-2"`, "70ms": `restart = "node-2"`, "50s": `crash = "node-2"`,
		"index 4000 commits": `crash = "node-2"`,
		"1us":                `crash = "leader"`,
	} {
		text += fmt.Sprintf("[[fault]]\nat = %q\n%s\n", at, what)
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	whys := []string{
		"there was no leader at 1µs", "node-2 was up at 70ms", "the run ended at 162.765ms, before it", "its condition did not come true before the run ended at 162.765ms",
	}
	c := here(t, "-out", t.TempDir(), file).wants(t, statusFine)
	summary := summaryOf(t, c)["faults"]
	for _, want := range append([]string{"2 of 6 happened", "not crash the leader at 1us: "}, whys...) {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary says of faults %q, want %q in it: %s", summary, want, c)
		}
	}
	for _, quiet := range []string{"-quiet", "-stdout"} {
		c := here(t, quiet, "-out", t.TempDir(), file)
		if c.status != statusFine || strings.Count(c.stderr, "it did not happen: ") != len(whys) {
			t.Errorf("with %s: exit status %d, want %d, and %d faults told that did not happen: %s", quiet, c.status, statusFine,
				len(whys), c)
		}
		for _, why := range whys {
			if !regexp.MustCompile(`faults\.toml:\d+:\d+: it did not happen: ` + regexp.QuoteMeta(why) +
				`\n    (crash|restart) = `).MatchString(c.stderr) {
				t.Errorf("with %s it is not told at its place that %s: %s", quiet, why, c)
			}
		}
	}
	var report report
	if err := json.Unmarshal([]byte(here(t, "-json", "-out", t.TempDir(), file).stdout), &report); err != nil {
		t.Fatal(err)
	}
	if want := (missedFault{"crash the leader at 1us", whys[0]}); len(report.Faults.Missed) != len(whys) ||
		report.Faults.Missed[0] != want {
		t.Errorf("with -json these did not happen: %v, want %d, and first %v", report.Faults.Missed, len(whys), want)
	}
	write(text + "[[expect]]\nfaults = 2\n")
	here(t, "-out", t.TempDir(), file).wants(t, statusFine)
	write(text + "[[expect]]\nfaults = 6\n")
	c = here(t, "-quiet", "-out", t.TempDir(), file)
	if c.status != statusViolation ||
		!strings.Contains(c.stderr,
			"2 faults happened; one that did not: crash the leader at 1us: there was no leader at 1µs") {
		t.Errorf("a run that expects all its faults: exit status %d, want %d: %s", c.status, statusViolation, c)
	}
	// What a profile draws is told in the summary alone.
	if c := here(t, "-quiet", "-out", t.TempDir(), "-faults", "mixed", "-seed", "5"); c.status != statusFine ||
		c.stderr != "" {
		t.Errorf("a drawn run: exit status %d: %s", c.status, c)
	}
}

// TestTermsOfAllSizesAreTold has servers begin in the largest term that a config may name.
func TestTermsOfAllSizesAreTold(t *testing.T) {
	t.Parallel()
	c := here(t, "-out", t.TempDir(), "-set", "raft.start_term=4611686018427387904", "-set", "num_clients=1").wants(t,
		statusFine)
	if !strings.Contains(c.stdout, "became leader for term 4611686018427387905") {
		t.Errorf("the story does not tell of term 4611686018427387905: %s", c)
	}
}

// TestLyingDiskIsNoMistake has a disk lie: what is violated is told, with what Raft relies on, and the run fails,
// unless that is what it is for.
func TestLyingDiskIsNoMistake(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lies.toml")
	const text = "[[fault]]\nat = \"60ms\"\nrollback = \"a follower\"\nby = \"60ms\"\n"
	for expect, status := range map[string]int{
		"": statusViolation, "TermAndVote": statusFine,
		"QuorumLog": statusViolation,
	} {
		more := ""
		if expect != "" {
			more = fmt.Sprintf("[[expect]]\nviolated = %q\n", expect)
		}
		if err := os.WriteFile(file, []byte(text+more), 0o600); err != nil {
			t.Fatal(err)
		}
		c := here(t, "-quiet", "-out", t.TempDir(), file)
		if c.status != status || !strings.Contains(c.stderr, "TermAndVote") ||
			!strings.Contains(strings.Join(strings.Fields(c.stderr), " "), "so that this is no mistake of the algorithm") {
			t.Errorf("expecting %q: exit status %d, want %d: %s", expect, c.status, status, c)
		}
	}
}

// line is what stdouttrace writes of a span.
type line struct {
	Name        string
	SpanContext struct{ TraceID, SpanID string }
	Parent      struct{ TraceID, SpanID string }
	SpanKind    int
	StartTime   time.Time
	EndTime     time.Time
	Resource    []struct {
		Key   string
		Value struct {
			Type  string
			Value any
		}
	}
}

// TestStdout prints a JSON value for each span and nothing else: what spans.json holds, whether or not that is written,
// and the spans of the trace in their order.
func TestStdout(t *testing.T) {
	t.Parallel()
	files, c := runFolder(t, "-quiet=false", "-stdout")
	if c.stdout != files[stdouttraceFile] {
		t.Errorf("standard output differs from %s %s\nreproduce: %s", stdouttraceFile,
			difference(files[stdouttraceFile], c.stdout), c)
	}
	without, again := runFolder(t, "-quiet=false", "-stdout", "-files", "story")
	if again.stdout != c.stdout {
		t.Errorf("standard output differs %s\nreproduce: %s", difference(c.stdout, again.stdout), again)
	}
	if names := slices.Sorted(maps.Keys(without)); !slices.Equal(names, []string{configFile, storyFile}) {
		t.Errorf("the files are %q: %s", names, again)
	}
	var want, got []string
	for _, s := range spansIn(t, files) {
		want = append(want, fmt.Sprintf("%s %s %s %016x %s %d %d %s", s.Name, s.TraceID(), s.ID, uint64(s.Parent), s.Service,
			s.Kind, s.Start.UnixNano(), s.End.Sub(s.Start)))
	}
	for text := range strings.Lines(c.stdout) {
		var s line
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatalf("%v: %s: %s", err, c, text)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s %s %d %d %s", s.Name, s.SpanContext.TraceID, s.SpanContext.SpanID,
			s.Parent.SpanID, s.service(), s.SpanKind, s.StartTime.UnixNano(), s.EndTime.Sub(s.StartTime)))
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 300 {
		t.Errorf("%d spans (-%s +standard output): %s\n%.3000s", len(want), otlpFile, c, diff)
	}
}

func (l *line) service() string {
	for _, a := range l.Resource {
		if a.Key == "service.name" {
			return fmt.Sprint(a.Value.Value)
		}
	}
	return ""
}

// TestNoColour calls the command where nobody sees colours, but the environment speaks of terminals.
func TestNoColour(t *testing.T) {
	t.Parallel()
	env := []string{"TERM=xterm-256color", "COLORTERM=truecolor", "FORCE_COLOR=1", "CLICOLOR_FORCE=1"}
	for _, args := range [][]string{
		{},
		{"-h"},
		{"-list"},
		{"-stdout"},
		{"-nodes", "0"},
		{"nonsense"},
		{"-set", "network.loss=0.1", "-set", "max_duration=1s"},
	} {
		c := &call{dir: t.TempDir(), env: env, args: args}
		c.execute(t)
		for name, text := range map[string]string{
			"standard output": c.stdout, "standard error": c.stderr,
			storyFile: filesOf(t, c.dir)["traces/runs/default-1/"+storyFile],
		} {
			if i := strings.IndexAny(text, "\x1b\r"); i >= 0 {
				t.Errorf("%s has control characters for a terminal %s: %s", name, lineAround(text, i), c)
			}
		}
	}
}

// TestHelpAndList ask for a text, and no run.
func TestHelpAndList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"-h"}, []string{"usage: go run ./cmd/run ", "-drop SPANID", "-otlp URL", "Exit status"}},
		{[]string{"-seed", "nonsense", "--help"}, []string{"usage: go run ./cmd/run "}},
		{[]string{"-list"}, []string{"default ", "reference "}},
	} {
		dir := t.TempDir()
		got := here(t, append(c.args, "-out", filepath.Join(dir, "out"))...).wants(t, statusFine)
		for _, part := range c.want {
			if !strings.Contains(got.stdout, part) {
				t.Errorf("standard output does not say %q: %s\n%s", part, got, got.stdout)
			}
		}
		nothingIn(t, dir, got)
	}
}

// TestTraceIsReadBack reads the trace of a run as the other commands do, from its folder and from the file alone.
func TestTraceIsReadBack(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	here(t, "-quiet", "-out", out, "-files", "otlp").wants(t, statusFine)
	folder := filepath.Join(out, "default-1")
	var stories [2]bytes.Buffer
	for i, path := range []string{folder, filepath.Join(folder, otlpFile)} {
		all, err := read.ReadAll(path)
		if err != nil {
			t.Fatal(err)
		}
		told := story.New(protocols.Raft.Story)
		for j := range all {
			told.Add(&all[j])
		}
		if err := told.Write(&stories[i], story.Plain); err != nil {
			t.Fatal(err)
		}
	}
	files := ordinaryFiles(t)
	for i := range stories {
		if got := stories[i].String(); got != files[storyFile] {
			t.Errorf("the story from the trace alone differs %s\nreproduce: %s", difference(files[storyFile], got), &call{})
		}
	}
}
