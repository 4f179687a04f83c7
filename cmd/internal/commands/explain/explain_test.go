package explain

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// wants carries the command out and returns what it prints.
func wants(t *testing.T, status int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	if got := Main(t.Context(), args, &out, &wrong); got != status {
		t.Fatalf("explain %v: exit status %d, want %d\n%s%s", args, got, status, &out, &wrong)
	}
	return out.String(), wrong.String()
}

// answered asks a question about a run of a scenario; the folder's name is left out of the answer.
func answered(t *testing.T, scenario, question string, changes ...string) string {
	t.Helper()
	folder := recorded.Run(t, scenario, changes...)
	said, _ := wants(t, command.Fine, append([]string{folder}, strings.Fields(question)...)...)
	return strings.ReplaceAll(said, folder, scenario+"-1")
}

// TestGolden holds the answers to questions about built-in scenarios. Read the difference as prose before you commit
// it: a student is to follow it.
func TestGolden(t *testing.T) {
	lossy, short := []string{"num_nodes=3", "num_clients=2", "network.loss=0.15"}, []string{
		"num_nodes=3",
		"max_duration=60ms",
	}
	for _, c := range []struct {
		scenario, question string
		changes            []string
	}{
		{"default", "client-2 3", nil},
		{"default", "index 7 node-3", nil},
		{"leader-crash", "leader term 2", nil},
		{"leader-crash", "client-1 2", nil},
		{"leader-crash", "index 3 node-1", nil},
		{"leader-crash", "9b35e4b47eeca3e5", nil},
		{"split-vote", "leader term 1", nil},
		{"split-vote", "leader term 2", nil},
		{"lost-reply", "client-1 1", nil},
		{"two-leaders", "leader term 2", nil},
		{"two-leaders", "client-1 2", nil},
		{"figure-8", "index 1 node-3", nil},
		{"figure-8", "index 1 node-1", nil},
		{"figure-8", "index 2 node-1", nil},
		{"figure-7", "index 4 node-1", nil},
		{"clock-jump", "leader term 2", nil},
		{"rolling-restart", "index 2 node-1", nil},
		{"slow-follower", "index 3 node-3", nil},
		{"minority-partition", "client-1 1", nil},
		{"default", "client-1 3", lossy},
		{"default", "client-2 2", lossy},
		{"default", "index 2 node-2", short},
	} {
		name := c.scenario + "_" + strings.ReplaceAll(c.question, " ", "-")
		switch len(c.changes) {
		case len(lossy):
			name = "lossy-" + name
		case len(short):
			name = "short-" + name
		}
		t.Run(name, func(t *testing.T) {
			said := answered(t, c.scenario, c.question, c.changes...)
			golden.Compare(t, filepath.Join("testdata", name+".txt"), said)
			before, _, _ := strings.Cut(said, "\nnext ")
			for line := range strings.Lines(before) {
				if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > widest {
					t.Errorf("longer than %d columns: %s", widest, line)
				}
			}
		})
	}
}

// A trace file of another origin gives the same answer as the folder of the run: here one that Jaeger could have
// written, whose times are cut to microseconds.
func TestExplainReadsOtherFormats(t *testing.T) {
	folder := recorded.Run(t, "leader-crash")
	spans, err := read.ReadAll(folder)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "trace.json")
	var b bytes.Buffer
	if err := export.WriteJaeger(&b, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	want, _ := wants(t, command.Fine, folder, "index", "3", "node-1")
	got, _ := wants(t, command.Fine, file, "index 3 node-1")
	// Jaeger cuts a duration, so that an end may be told a microsecond early.
	times := regexp.MustCompile(`(\d+\.\d{3})ms`)
	wanted, told := times.FindAllStringSubmatch(want, -1), times.FindAllStringSubmatch(got, -1)
	for i := range min(len(wanted), len(told)) {
		w, _ := strconv.ParseFloat(wanted[i][1], 64)
		g, _ := strconv.ParseFloat(told[i][1], 64)
		if w-g > 0.0015 || g-w > 0.0015 {
			t.Errorf("time %d is %s, want %s", i+1, told[i][0], wanted[i][0])
		}
	}
	want, got = times.ReplaceAllString(want, "TIME"), times.ReplaceAllString(got, "TIME")
	if diff := cmp.Diff(strings.ReplaceAll(want, folder, "RUN"), strings.ReplaceAll(got, file, "RUN")); diff != "" {
		t.Errorf("-folder, +Jaeger's JSON:\n%s", diff)
	}
}

func TestExplainTrouble(t *testing.T) {
	folder := recorded.Run(t, "leader-crash")
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"which run, and what of it?": nil,
		"what of nosuchrun?":         {"nosuchrun"},
		"there is no run nosuchrun":  {"nosuchrun", "leader term 1"},
		"there are no spans in it":   {empty, "leader term 1"},
		"nobody stood for election in term 7; the nearest question that has an answer is\n  go run ./cmd/explain " + folder +
			" leader term 2\n": {folder, "leader", "term", "7"},
		"client-1 9; the nearest question that has an answer is\n  go run ./cmd/explain " + folder +
			" client-1 3\n": {folder, "client-1", "9"},
		`cannot tell what "ledaer term 2" asks: nothing can be made of "ledaer"; ask for a span by 6 digits`: {
			folder,
			"ledaer term 2",
		},
		"elections in the terms 1 and 2; the nearest question that has an answer is\n  go run ./cmd/explain " + folder +
			" leader term 1\n": {folder, "election"},
		" leader term 2\n": {folder, "ledaer term 2"},
		"index 3 node-1\n": {folder, "index 3"},
		"unknown flag -x":  {"-x", folder, "leader term 1"},
	} {
		if _, wrong := wants(t, command.Trouble, args...); !strings.Contains(wrong, want) {
			t.Errorf("explain %v says\n%swant in it\n%s", args, wrong, want)
		}
	}
}

func TestUsage(t *testing.T) {
	said, _ := wants(t, command.Fine, "-h")
	for _, want := range []string{
		"usage: go run ./cmd/explain [-json] RUN WHAT", "own_term (§5.4.2)", "not_traced",
		"took_ns", "Examples", "Exit status",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("-h does not say %q", want)
		}
	}
}
