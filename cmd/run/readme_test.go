package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/raftkv/raft"
)

// TestReadmeBugs holds the table of bugs against what -bug knows, and runs the command that shows one.
func TestReadmeBugs(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, bug := range raft.Bugs() {
		if row := fmt.Sprintf("| `%s` | %s | %s |\n", bug.Name, strings.TrimSuffix(bug.Doc, "."), flags.CaughtBy(bug)); !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row\n%s", row)
		}
	}
	_, after, found := strings.Cut(string(readme), "\ngo run ./cmd/run -bug ")
	arguments, _, _ := strings.Cut(after, " #")
	if !found {
		t.Fatal("README.md shows no command with a bug")
	}
	var stdout, stderr bytes.Buffer
	args := append([]string{"-out", t.TempDir(), "-bug"}, strings.Fields(arguments)...)
	if status := run(t.Context(), args, &stdout, &stderr); status != statusViolation {
		t.Errorf("run %v: exit status %d, want %d\n%s", args, status, statusViolation, &stderr)
	}
}

// TestReadmeStory runs the commands that README.md shows the stories of: each line that it quotes is told, in that order.
func TestReadmeStory(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	quotes(t, string(readme), "`go run ./cmd/run ", statusFine)
	_, after, _ := strings.Cut(string(readme), "## Cut down to what it takes")
	quotes(t, after, "`go run ./cmd/run ", statusViolation)
}

// quotes carries out the first command of a text, and looks for what the block below quotes.
func quotes(t *testing.T, readme, command string, want int) {
	t.Helper()
	_, after, found := strings.Cut(readme, command)
	arguments, after, closed := strings.Cut(after, "`")
	_, block, fenced := strings.Cut(after, "```\n")
	quoted, _, ended := strings.Cut(block, "```")
	if !found || !closed || !fenced || !ended {
		t.Fatalf("README.md quotes no story below %s…", command)
	}
	var stdout, stderr bytes.Buffer
	args := append([]string{"-out", t.TempDir()}, strings.Fields(arguments)...)
	if status := run(t.Context(), args, &stdout, &stderr); status != want {
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
