package run

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
)

// TestReadmeBugs holds the table of bugs against what -bug knows.
func TestReadmeBugs(t *testing.T) {
	readme, err := os.ReadFile("../../../../raftkv/raft/README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme = bytes.ReplaceAll(readme, []byte("\r\n"), []byte("\n")) // as a clone may have it
	for _, bug := range protocols.Raft.Run.Bugs {
		if row := fmt.Sprintf("| `%s` | %s | %s |\n", bug.Name, strings.TrimSuffix(bug.Doc, "."),
			flags.CaughtBy(bug)); !strings.Contains(string(readme), row) {
			t.Errorf("raftkv/raft/README.md has no row\n%s", row)
		}
	}
}
