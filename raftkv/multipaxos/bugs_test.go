package multipaxos_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/multipaxos"
)

// Each bug has a name and a sentence of its own, and a row in README.md that says the same.
func TestBugs(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Count(string(text), "\n| `")
	if len(multipaxos.Bugs()) != rows {
		t.Errorf("there are %d bugs, and README.md has %d", len(multipaxos.Bugs()), rows)
	}
	seen := map[multipaxos.Bug]bool{multipaxos.BugNone: true}
	for _, b := range multipaxos.Bugs() {
		if seen[b.Bug] {
			t.Errorf("%s is there twice, or is no bug", b.Name)
		}
		seen[b.Bug] = true
		if named, known := multipaxos.BugNamed(b.Name); named != b.Bug || !known || b.Bug.String() != b.Name {
			t.Errorf("%s is the name of %q, and the bug's own is %q", b.Name, named, b.Bug)
		}
		if !strings.HasSuffix(b.Doc, ".") || strings.Count(b.Doc, ". ") > 0 {
			t.Errorf("the doc of %s is not one sentence: %s", b.Name, b.Doc)
		}
		var caughtBy []string
		for _, name := range b.CaughtBy {
			caughtBy = append(caughtBy, string(name))
		}
		row := fmt.Sprintf("| `%s` | %s | %s |\n", b.Name, strings.TrimSuffix(b.Doc, "."), strings.Join(caughtBy, ", "))
		if !strings.Contains(string(text), row) {
			t.Errorf("README.md does not have the row\n%s", row)
		}
	}
	if none, known := multipaxos.BugNamed(""); none != multipaxos.BugNone || !known || multipaxos.BugNone.String() != "" {
		t.Errorf("without a name it is %q, known: %v", none, known)
	}
	if _, known := multipaxos.BugNamed("none"); known {
		t.Error("there is a bug called none")
	}
}
