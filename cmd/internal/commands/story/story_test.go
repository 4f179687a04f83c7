package story

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
)

// wants carries the command out and returns what it prints.
func wants(t *testing.T, status int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	if got := Main(t.Context(), args, &out, &wrong); got != status {
		t.Fatalf("story %v: exit status %d, want %d\n%s%s", args, got, status, &out, &wrong)
	}
	return out.String(), wrong.String()
}

// TestSameAsTheRuns tells the stories in traces/golden, to the byte, of traces in each layout; where Jaeger cut times
// to microseconds, the same headings.
func TestSameAsTheRuns(t *testing.T) {
	for _, scenario := range []string{"leader-crash", "figure-8", "two-leaders", "storm", "lost-write"} {
		want, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "traces", "golden", scenario, "story.txt"))
		if err != nil {
			t.Fatal(err)
		}
		folder := recorded.Run(t, scenario)
		if got, _ := wants(t, command.Fine, folder); got != string(want) {
			t.Errorf("the story of %s is another than its story.txt", scenario)
		}
		if got, _ := wants(t, command.Fine, filepath.Join(folder, record.FileName)); got != string(want) {
			t.Errorf("the story of the trace file of %s is another than its story.txt", scenario)
		}
		spans, err := read.ReadAll(folder)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := export.WriteJaeger(&b, index.Of(spans)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "trace.json")
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		got, _ := wants(t, command.Fine, file)
		if diff := cmp.Diff(headings(string(want)), headings(got)); diff != "" {
			t.Errorf("the headings of %s (-of the run, +from Jaeger's JSON):\n%s", scenario, diff)
		}
	}
}

// headings are those of a story, without times, which Jaeger cuts.
func headings(story string) (all []string) {
	for _, m := range regexp.MustCompile(`(?m)^── \S+ms  (.*)$`).FindAllStringSubmatch(story, -1) {
		all = append(all, regexp.MustCompile(`\d+\.\d{3}ms`).ReplaceAllString(m[1], "TIME"))
	}
	return all
}

// TestPart tells a part: the lines of the whole that are of these processes and this time, and the headings above them.
func TestPart(t *testing.T) {
	folder := recorded.Run(t, "leader-crash")
	all, said := wants(t, command.Fine, folder)
	if !strings.HasPrefix(said, "\nnext  go run ./cmd/explain ") || strings.Contains(said, "told") {
		t.Errorf("of the whole it says %q", said)
	}
	event := regexp.MustCompile(`^ *(\d+\.\d{3})ms (\S+) `)
	of := len(regexp.MustCompile(`(?m)^ *\d`).FindAllString(all, -1))
	for _, c := range []struct {
		args     string
		has      func(ms float64, process string) bool
		headings []string
	}{
		{"-only node-3", func(_ float64, p string) bool { return p == "node-3" }, []string{
			"start", "election in term 1", "replication in term 1", "requests", "fault", "election in term 2",
			"replication in term 2", "recovery",
		}},
		{"-only world", func(_ float64, p string) bool { return p == "world" }, []string{"start", "fault", "recovery"}},
		{
			"-only clients", func(_ float64, p string) bool { return p == "client-1" },
			[]string{"requests", "replication in term 2", "recovery"},
		},
		{
			"-only node-1,world -only node-2",
			func(_ float64, p string) bool { return p == "node-1" || p == "node-2" || p == "world" },
			[]string{
				"start", "election in term 1", "replication in term 1", "fault", "election in term 2", "replication in term 2",
				"recovery",
			},
		},
		{
			"-from 63.235ms -to 255ms", func(ms float64, _ string) bool { return ms >= 63.235 && ms <= 255 },
			[]string{"requests", "fault", "election in term 2", "replication in term 2"},
		},
		{"-to 0s", func(ms float64, _ string) bool { return ms == 0 }, []string{"start"}},
		{"-from 5s", func(float64, string) bool { return false }, nil},
	} {
		got, said := wants(t, command.Fine, append(strings.Fields(c.args), folder)...)
		var want []string
		for line := range strings.Lines(all) {
			m := event.FindStringSubmatch(line)
			ms := 0.0
			if m != nil {
				if _, err := fmt.Sscan(m[1], &ms); err != nil {
					t.Fatal(err)
				}
			}
			if m != nil && c.has(ms, m[2]) {
				want = append(want, line)
			}
		}
		var lines, headings []string
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "── ") {
				_, text, _ := strings.Cut(line, "ms  ")
				text, _, _ = strings.Cut(text, ":")
				headings = append(headings, text)
			} else {
				lines = append(lines, line)
			}
		}
		if strings.Join(lines, "") != strings.Join(want, "") {
			t.Errorf("%s tells\n%swant\n%s", c.args, got, strings.Join(want, ""))
		}
		if missing := fmt.Sprint(headings); !containsAll(headings, c.headings) {
			t.Errorf("%s has the headings %s, want %q", c.args, missing, c.headings)
		}
		if want := fmt.Sprintf("\ntold  %d of %d lines, because of %s\n", len(want), of,
			c.args); !strings.HasPrefix(strings.Join(strings.Fields(said), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%s says\n%swant\n%s", c.args, said, want)
		}
	}
}

// containsAll says whether all that are wanted are there, and, where none are, none.
func containsAll(got, want []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	left := got
	for _, w := range want {
		for len(left) > 0 && left[0] != w {
			left = left[1:]
		}
		if len(left) == 0 {
			return false
		}
	}
	return true
}

func TestTrouble(t *testing.T) {
	folder := recorded.Run(t, "leader-crash")
	one, err := os.ReadFile(filepath.Join(folder, record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(filepath.Join(recorded.Run(t, "leader-crash", "seed=2"), record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	two := filepath.Join(t.TempDir(), "two.jsonl")
	if err := os.WriteFile(two, append(one, other...), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"which run?":                                                      nil,
		"one run at a time, and not 2: a, b":                              {"a", "b"},
		"there is no run nosuchrun":                                       {"nosuchrun"},
		"-only node-4: there is no such process; the nearest":             {"-only", "node-4,world", folder},
		"-only clinets: there is no such process; the nearest is clients": {"-only", "clinets", folder},
		`-only wants a list of processes such as node-3,world`:            {"-only", "node-1,,world", folder},
		`-from wants a time from 0 such as 250ms`:                         {"-from", "250", folder},
		`-to wants a time from 0 such as 250ms`:                           {"-to", "-1ms", folder},
		"-to 1ms is before -from 2ms":                                     {"-from", "2ms", "-to", "1ms", folder},
		"unknown flag -onyl; the nearest is -only":                        {"-onyl", "x", folder},
		"holds the traces of 2 runs, and a story is of one":               {two},
	} {
		stdout, stderr := wants(t, command.Trouble, args...)
		if stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("story %v says\n%s%swant in it\n%s", args, stdout, stderr, want)
		}
	}
}

func TestUsage(t *testing.T) {
	said, _ := wants(t, command.Fine, "-h")
	for _, want := range []string{
		"usage: go run ./cmd/story [flags] RUN", "-only LIST", "PUT k = v   inserts", "Examples",
		"Exit status",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("-h does not say %q", want)
		}
	}
	for line := range strings.Lines(said) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
}

// What a story is said to hold of each span is what it holds.
func TestMemory(t *testing.T) {
	recorded.SaidToTake(t, recorded.Look{Command: "story", Takes: takes.Span, At: func(path string, now func()) {
		spans, err := index.Read(t.Context(), index.File(path), index.Options{Lists: span.Lists(protocols.Raft.Specs)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = spans.Close() }()
		story, _ := story.TellSpans(protocols.Raft.Story, spans)
		now()
		if story.LastTerm() != "term 1" {
			t.Error("there was one election")
		}
	}})
	recorded.InReadme(t, fmt.Sprintf("`story` %d", takes.Span))
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	recorded.GivesUp(t, Main, "tell", recorded.Run(t, "lost-reply"))
}
