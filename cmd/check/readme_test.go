package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadme checks the run that README.md shows: each line that it quotes is told, in that order.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "\n`go run ./cmd/check stale` says")
	_, block, opened := strings.Cut(after, "```\n")
	quoted, _, closed := strings.Cut(block, "```")
	if !found || !opened || !closed {
		t.Fatal("README.md shows no check")
	}
	file, _ := traced(t, configOf(t, "two-leaders", "", "bug=local-read"))
	t.Chdir(t.TempDir())
	folder := filepath.Join("traces", "runs", "stale")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "trace.otlp.jsonl"), file)
	_, rest, _ := call(t, "stale")
	for line := range strings.Lines(quoted) {
		_, following, told := strings.Cut(rest, line)
		if !told {
			t.Fatalf("README.md quotes a line that go run ./cmd/check stale does not tell, or not here:\n%s", line)
		}
		rest = following
	}
}
