package run

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
)

// goldenSizes is how a scenario that only has sizes is made small enough to be read by eye: the sizes change, and
// nothing else. The others are small.
var goldenSizes = []string{"-clients", "2", "-requests", "2"}

// mostGoldenSpans is how many lines of spans there are in a tree that is kept: nobody would read through a longer one,
// and the story tells the same.
const mostGoldenSpans = 130

// TestGolden compares a small run of each scenario with the one in traces/golden: its story, its config, and if they
// are few, its spans as a tree. Read the difference before you commit it.
func TestGolden(t *testing.T) {
	for _, scenario := range library.BuiltIn() {
		t.Run(scenario.Name, func(t *testing.T) {
			out := t.TempDir()
			var stderr bytes.Buffer
			args := []string{"-quiet", "-out", out, "-name", "golden", scenario.Name}
			c := resolved(t, scenario)
			if len(c.Operations) == 0 {
				args = append(args, goldenSizes...)
			}
			if len(c.Operations) == 0 && c.Row() == protocols.Usual() {
				args = append(args, "-nodes", "3")
			}
			if status := Main(t.Context(), args, &bytes.Buffer{}, &stderr); status != statusFine {
				t.Fatalf("run %v: exit status %d\n%s", args, status, &stderr)
			}
			folder := filepath.Join(out, "golden")
			spans, err := read.ReadAll(folder)
			if err != nil {
				t.Fatal(err)
			}
			var tree bytes.Buffer
			if err := traces.WriteTree(&tree, spans); err != nil {
				t.Fatal(err)
			}
			want := filepath.Join("..", "..", "..", "..", "traces", "golden", scenario.Name)
			if bytes.Count(tree.Bytes(), []byte("\n")) <= mostGoldenSpans {
				compare(t, filepath.Join(want, "spans.txt"), tree.Bytes())
			}
			for _, name := range []string{storyFile, configFile} {
				content, err := os.ReadFile(filepath.Join(folder, name))
				if err != nil {
					t.Fatal(err)
				}
				compare(t, filepath.Join(want, name), content)
			}
		})
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *golden.Update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with: make golden", err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), string(got)); diff != "" {
		t.Errorf("%s differs (-golden +now); if that is meant: make golden\n%s", file, diff)
	}
}
