package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestReadmeStory runs the command that README.md shows the story of: each line that it quotes is told, in that order.
func TestReadmeStory(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = "`go run ./cmd/run "
	_, after, found := strings.Cut(string(readme), command)
	arguments, after, closed := strings.Cut(after, "`")
	_, block, fenced := strings.Cut(after, "```\n")
	quoted, _, ended := strings.Cut(block, "```")
	if !found || !closed || !fenced || !ended {
		t.Fatalf("README.md quotes no story below %s…", command)
	}
	var stdout, stderr bytes.Buffer
	args := append([]string{"-out", t.TempDir()}, strings.Fields(arguments)...)
	if status := run(t.Context(), args, &stdout, &stderr); status != statusFine {
		t.Fatalf("run %v: exit status %d\n%s", args, status, &stderr)
	}
	rest := stdout.String()
	for line := range strings.Lines(quoted) {
		_, following, told := strings.Cut(rest, line)
		if !told {
			t.Fatalf("README.md quotes a line that go run ./cmd/run %s does not tell, or not here:\n%s", arguments, line)
		}
		rest = following
	}
}
