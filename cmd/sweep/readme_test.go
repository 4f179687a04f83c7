package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadme holds the table in the README against the command that it names.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "\n`go run ./cmd/sweep ")
	args, after, ok := strings.Cut(after, "` says:\n\n```\n")
	table, _, closed := strings.Cut(after, "```\n")
	if !found || !ok || !closed {
		t.Fatal("README.md shows no table of a sweep")
	}
	if diff := cmp.Diff(fine(t, strings.Fields(args)...), table); diff != "" {
		t.Errorf("README.md does not say what go run ./cmd/sweep %s says (-command +README):\n%s", args, diff)
	}
}
