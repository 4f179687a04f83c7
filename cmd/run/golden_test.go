package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/traces"
)

// goldenSizes is how a scenario is made small enough to be read by eye: the sizes change, and nothing else.
var goldenSizes = []string{"-nodes", "3", "-clients", "2", "-requests", "2"}

// TestGolden compares a small run of each scenario with the one in traces/golden: its story, and its spans as a tree. Read the difference before you commit it.
func TestGolden(t *testing.T) {
	for _, scenario := range builtIn() {
		t.Run(scenario.Name, func(t *testing.T) {
			out := t.TempDir()
			var stderr bytes.Buffer
			args := append([]string{"-quiet", "-out", out, "-name", "golden", scenario.Name}, goldenSizes...)
			if status := run(t.Context(), args, &bytes.Buffer{}, &stderr); status != statusFine {
				t.Fatalf("run %v: exit status %d\n%s", args, status, &stderr)
			}
			folder := filepath.Join(out, "golden")
			spans, err := traces.ReadAll(folder)
			if err != nil {
				t.Fatal(err)
			}
			var tree bytes.Buffer
			if err := traces.WriteTree(&tree, spans); err != nil {
				t.Fatal(err)
			}
			want := filepath.Join("..", "..", "traces", "golden", scenario.Name)
			compare(t, filepath.Join(want, "spans.txt"), tree.Bytes())
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
	if *update {
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
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-golden +now); if that is meant: make golden\n%s", file, diff)
	}
}
