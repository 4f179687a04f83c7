package run

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestJSON prints one object, which agrees with the summary; with -quiet, too.
func TestJSON(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	summary := summaryOf(t, here(t, "-out", out, "leader-crash").wants(t, statusFine))
	for _, quiet := range []string{"-quiet=false", "-quiet"} {
		c := here(t, "-json", quiet, "-out", out, "leader-crash").wants(t, statusFine)
		var got map[string]any
		if err := json.Unmarshal([]byte(c.stdout), &got); err != nil || c.stderr != "" {
			t.Fatalf("%v: %s\n%s%s", err, c, c.stdout, c.stderr)
		}
		for field, want := range map[string]any{
			"run": "leader-crash-1", "scenario": "leader-crash", "seed": 1.0, "committed": 5.0, "elections": 2.0,
			"leader": "node-2", "finished": true, "invariants": 24.0,
			"operations": map[string]any{"answered": 3.0, "of": 3.0}, "faults": map[string]any{
				"happened": 2.0,
				"of":       2.0,
			}, "next": summary["next"],
		} {
			if !reflect.DeepEqual(got[field], want) {
				t.Errorf("%s is %v, want %v: %s", field, got[field], want, c)
			}
		}
		for _, file := range got["files"].([]any) {
			if _, err := os.Stat(file.(string)); err != nil {
				t.Errorf("%v: %s", err, c)
			}
		}
		if all := got["expectations"].([]any); len(all) != 6 ||
			!reflect.DeepEqual(all[0], map[string]any{"expected": "node-2 leads at the end", "held": true}) {
			t.Errorf("the expectations are %v: %s", all, c)
		}
	}
	help := here(t, "-h").wants(t, statusFine).stdout
	for field := range reflect.TypeFor[report]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); !strings.Contains(help, name) {
			t.Errorf("-h does not name the field %s", name)
		}
	}
	here(t, "-json", "-stdout", "-out", out).wants(t, statusTrouble, "-json and -stdout contradict each other")
}

// TestJSONOfAViolation has the violation in the object, and what did not come true.
func TestJSONOfAViolation(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := here(t, "-json", "-out", out, "-name", "x", "-bug", "local-read", "two-leaders").wants(t, statusViolation,
		"violation")
	var got report
	if err := json.Unmarshal([]byte(c.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if v := got.Violation; v == nil || v.Invariant != "Linearizable" || v.Facts[1] == "" ||
		v.Again != "go run ./cmd/run "+filepath.Join(out, "x", configFile) {
		t.Errorf("the violation is %+v: %s", v, c)
	}
	failed := 0
	for _, e := range got.Expectations {
		if !e.Held && e.Instead != "" {
			failed++
		}
	}
	if failed == 0 || failed == len(got.Expectations) {
		t.Errorf("%d of %d expectations did not hold: %s", failed, len(got.Expectations), c)
	}
}

// TestJSONOfAShrunkRun names the files of what is left of the run, and has the command that runs it.
func TestJSONOfAShrunkRun(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := here(t, "-json", "-shrink", "-out", out, "-name", "x", "-bug", "local-read", "two-leaders").wants(t,
		statusViolation, "violation")
	var got report
	if err := json.Unmarshal([]byte(c.stdout), &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{shrunkFile, shrunkStoryFile} {
		if file := filepath.Join(out, "x", name); !slices.Contains(got.Files, file) {
			t.Errorf("%s is not among the files %q: %s", file, got.Files, c)
		}
	}
	if want := "go run ./cmd/run " + filepath.Join(out, "x", shrunkFile); got.Next != want {
		t.Errorf("next is %q, want %q", got.Next, want)
	}
}

// TestSummarySaysWhatItMeans prints what a scenario is about before its story, which expectations held, and which
// message -drop names.
func TestSummarySaysWhatItMeans(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := here(t, "-out", out, "leader-crash").wants(t, statusFine)
	about, _, _ := strings.Cut(c.stdout, "── ")
	if text := strings.Join(strings.Fields(about), " "); !strings.HasPrefix(text,
		"Node 1 has committed a value when it crashes. ") || !strings.HasSuffix(text, "(§5.2 and §5.4.1 of the paper).") {
		t.Errorf("before the story it says %q: %s", text, c)
	}
	summary := summaryOf(t, c)
	if got, want := summary["expected"], `6 of 6 held: node-2 leads at the end; it happened: crash;`; !strings.HasPrefix(got, want) {
		t.Errorf("of what was expected it says %q: %s", got, c)
	}
	_, rest, _ := strings.Cut(summary["next"], "-drop ")
	id, _, _ := strings.Cut(rest, " ")
	tree := filesOf(t, filepath.Join(out, "leader-crash-1"))[stdouttraceFile]
	if got, want := summary["what"], "if     this message were lost: the CommitNotification that node-2 sends to node-3 at 527.543ms, that index 5 is committed"; strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") || !strings.Contains(tree, id) {
		t.Errorf("of the message it says %q: %s", got, c)
	}
	changed := here(t, "-out", out, "-clients", "2").wants(t, statusFine)
	if !strings.Contains(strings.Join(strings.Fields(changed.stdout), " "),
		"(This run changes the scenario, which the text does not know.)") {
		t.Errorf("it does not say that the scenario was changed: %s", changed)
	}
}
