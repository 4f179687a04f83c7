package check

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// TestServers checks what a real Jaeger and a real Collector made of a run, as it was recorded: they are as the run's
// own file is.
func TestServers(t *testing.T) {
	head := func(name string) string {
		status, stdout, stderr := call(t, filepath.Join("..", "..", "..", "..", "traces", "testdata", "servers", name))
		if status != command.Fine {
			t.Errorf("%s: exit status %d\n%s%s", name, status, stdout, stderr)
		}
		_, said, _ := strings.Cut(stdout, name)
		said, _, _ = strings.Cut(said, "\nnext ")
		return strings.TrimSpace(said)
	}
	own := head(record.FileName)
	for name, times := range map[string]bool{"collector.jsonl": false, "jaeger-v3.json": false, "jaeger-v2.json": true} {
		got, tells := withoutTimes(head(name))
		if got != own || tells != times {
			t.Errorf("check of %s says\n%s\nand of the run's own file\n%s\nit tells of times that were cut: %t, want %t", name,
				got, own, tells, times)
		}
	}
}

// withoutTimes takes from what check says what it says of times that were cut, and says whether there was any.
func withoutTimes(said string) (rest string, tells bool) {
	var kept []string
	within := false
	for line := range strings.Lines(said) {
		if head := strings.TrimSpace(line[:min(len(line), 15)]); head != "" {
			within = head == "times"
		}
		tells = tells || within
		if !within {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "")), tells
}

// TestScenariosFromJaegerAreClean checks runs whose times were cut, as Jaeger cuts them: those of every scenario, and
// that of one server, which appends, commits and applies in one step.
func TestScenariosFromJaegerAreClean(t *testing.T) {
	for _, s := range library.BuiltIn() {
		isCleanWhenCut(t, s.Name)
	}
	isCleanWhenCut(t, "default", "num_nodes=1")
}

func isCleanWhenCut(t *testing.T, scenario string, changes ...string) {
	t.Helper()
	file, _ := traced(t, recorded.Config(t, scenario, "", changes...))
	var spans []traces.Span
	for s, err := range read.NewReader("trace", bytes.NewReader(file)).All() {
		if err != nil {
			t.Fatal(err)
		}
		spans = append(spans, s)
	}
	var cut bytes.Buffer
	if err := export.WriteJaeger(&cut, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	isClean(t, cut.Bytes(), strings.Join(append([]string{scenario}, changes...), ", "))
	report := checked(t, cut.Bytes())
	if h, err := linearizable(t.Context(), report.History, report.Epoch, t.TempDir()); err != nil || !h.Holds {
		t.Errorf("%s: %s, %v", scenario, h.Problem, err)
	}
}
